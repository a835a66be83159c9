//! What is refused or mentioned, and the line that is named.

use std::time::Duration;

use awsd_core::config_file::{File, Kind, MAX_FILE, Profiles, parse};
use awsd_core::plan::{Environment, Finding, PlanErrorKind, PlanRequest, Severity, findings, plan};

use crate::{KEYS, ROLE, failure, planned, profiles, request, role_with, some};

#[test]
fn values_that_aws_would_refuse_are_refused_with_their_line() {
    let lines = [
        "external_id = x",
        "role_session_name = me and you",
        "duration_seconds = 1h",
        "duration_seconds = 899",
        "duration_seconds = 43201",
        "source_identity = aws:me",
        "session_tags = a",
        "session_tags = a=1,A=2",
        "session_tags = aws:a=1",
        "transitive_session_tags = a,b*",
        "mfa_serial = 12345678",
        "mfa_serial = arn:aws:iam::111122223333:user/alice",
        "mfa_arn = arn:aws:iam::111122223333:user/alice",
        "region = eu-west-1/@example.org",
        "endpoint_url = example.org",
        "use_fips_endpoint = yes",
        "ignore_configured_endpoint_urls = 1",
    ];
    for line in lines {
        assert_eq!(failure(role_with(line)), ("bad-value", some("config:4")), "{line}");
    }
    let many = (0..=50).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(failure(role_with(&format!("session_tags = {many}"))).0, "bad-value");
    let fifty = many.rsplit_once(',').expect("more than one").0;
    assert!(role_with(&format!("session_tags = {fifty}")).is_ok());
    for arn in ["arn:aws:iam::111122223333:user/u", "a:b", "arn:aws:iam::1:role/r"] {
        let result = planned(&format!("[profile p]\nrole_arn = {arn}\nsource_profile = keys"));
        assert_eq!(failure(result), ("bad-value", some("config:2")), "{arn}");
    }
}

#[test]
fn contradictions_name_the_line_to_look_at() {
    let role = "role_arn = r";
    let table = [
        (format!("[profile p]\n{role}\n"), "no-role-source", "config:2"),
        (
            format!("[profile p]\n{role}\nsource_profile = keys\ncredential_source = Environment"),
            "two-role-sources",
            "config:4",
        ),
        (format!("[profile p]\n{role}\ncredential_source = environment"), "bad-value", "config:3"),
        (format!("[profile p]\n{role}\nsource_profile = kexs"), "unknown-source-profile", "config:3"),
        (format!("[profile p]\n{role}\nsource_profile = p"), "loop", "config:3"),
        ("[profile p]\nregion = eu-west-1".to_owned(), "no-credentials", "config:1"),
        ("[profile p]\nweb_identity_token_file = x".to_owned(), "missing-key", "config:2"),
        ("[profile p]\nsso_session = x".to_owned(), "missing-key", "config:2"),
        ("[profile p]\nsso_role_name = r\nsso_session = x".to_owned(), "missing-key", "config:2"),
        (
            "[profile p]\nsso_role_name = r\nsso_account_id = 1\nsso_session = x".to_owned(),
            "unknown-section",
            "config:4",
        ),
        (
            "[profile p]\nsso_role_name = r\nsso_account_id = 1\nsso_session = x\n[sso-session x]\nsso_region = y"
                .to_owned(),
            "missing-key",
            "config:4",
        ),
        ("[profile p]\naws_access_key_id = AKID".to_owned(), "missing-key", "config:2"),
        ("[profile p]\naws_secret_access_key = s".to_owned(), "missing-key", "config:2"),
        (
            "[profile p]\naws_access_key_id = AKID\naws_secret_access_key = s\n  t".to_owned(),
            "bad-value",
            "config:3",
        ),
        ("[profile p]\nservices = s\naws_access_key_id = A\naws_secret_access_key = s".to_owned(), "unknown-section", "config:2"),
        ("[profile p]\ninclude_profile = q".to_owned(), "unknown-referenced-profile", "config:2"),
        ("[profile p]\ninclude_profile = q\n[profile q]\ninclude_profile = p".to_owned(), "loop", "config:4"),
        ("[profile p]\ncredential_process = awsd credential-process q".to_owned(), "unknown-referenced-profile", "config:2"),
        ("[profile p]\ncredential_process = awsd credential-process p".to_owned(), "served-by-itself", "config:2"),
        (
            "[profile p]\ncredential_process = awsd credential-process q\n\
             [profile q]\ncredential_process = awsd credential-process p"
                .to_owned(),
            "served-by-itself",
            "config:4",
        ),
        ("[profile p]\nbroken".to_owned(), "malformed-line", "config:2"),
    ];
    for (config, code, place) in table {
        assert_eq!(failure(planned(&config)), (code, some(place)), "{config}");
    }
}

#[test]
fn names_nobody_has_get_the_nearest_one() {
    let profiles = profiles("[profile Production]\n[default]\nregion = eu-west-1", KEYS);
    for (wanted, nearest) in
        [("production", Some("Production")), ("prodcution", Some("Production")), ("xyz", None)]
    {
        let error = plan(&profiles, &request(wanted)).expect_err("no such profile");
        let nearest = nearest.map(str::to_owned);
        assert_eq!(error.kind, PlanErrorKind::UnknownProfile { nearest, absence: None }, "{wanted}");
        assert_eq!(error.to_string(), format!("There is no profile '{wanted}'."));
    }
    let error =
        role_with("").and(planned("[profile p]\nrole_arn = r\nsource_profile = kexs")).expect_err("unknown");
    assert_eq!(error.finding().fix, "Did you mean 'keys'?");
}

#[test]
fn a_profile_that_may_stand_in_lines_that_cannot_be_read_is_not_simply_unknown() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let text = "[profile p]\nregion = eu-west-1\n";
    let appended = [b"[default]\n".to_vec(), utf16(text)].concat();
    for bytes in [utf16(&format!("\u{feff}{text}")), utf16(text), appended] {
        let config = parse(Kind::Config, "config", &bytes);
        let profiles = Profiles::merge(config, parse(Kind::Credentials, "credentials", KEYS.as_bytes()));
        let error = plan(&profiles, &request("p")).expect_err("unreadable");
        assert_eq!(error.to_string(), "There is no profile 'p', but lines of config cannot be read.");
        assert_eq!(error.finding().fix, "`awsd doctor` names the lines.");
        assert!(findings(&profiles, &Environment::default()).iter().any(|f| f.severity == Severity::Error));
    }
}

#[test]
fn files_that_do_not_exist_are_named() {
    let missing = |config, credentials| {
        Profiles::merge(File::missing(Kind::Config, config), File::missing(Kind::Credentials, credentials))
    };
    let told = |profiles: &Profiles| plan(profiles, &request("p")).expect_err("no files").to_string();
    let found = |profiles: &Profiles| {
        let found = findings(profiles, &Environment::default());
        found.iter().map(|f| format!("{}: {}", f.file().expect("a file"), f.code)).collect::<Vec<_>>()
    };
    let usual = missing("/h/.aws/config", "/h/.aws/credentials");
    assert!(told(&usual).ends_with("exists: /h/.aws/config, /h/.aws/credentials."), "{}", told(&usual));
    assert_eq!(found(&usual), ["/h/.aws/config: missing-file", "/h/.aws/credentials: missing-file"]);
    assert!(told(&missing("", "")).ends_with("nothing says where the AWS files are."));

    let one = |path| {
        Profiles::merge(File::missing(Kind::Config, path), parse(Kind::Credentials, "c", KEYS.as_bytes()))
    };
    assert_eq!(found(&one("/h/.aws/config")), [""; 0]);
    assert_eq!(found(&one("/h/work.ini")), ["/h/work.ini: missing-file"]);
    assert_eq!(told(&one("/h/.aws/config")), "There is no profile 'p'.");
}

#[test]
fn a_line_that_no_aws_program_follows_is_mentioned() {
    let codes =
        |lines: &str| role_with(lines).expect("a plan").warnings.iter().map(|w| w.code).collect::<Vec<_>>();
    assert_eq!(codes("credential_process = awsd credential-process p"), ["role-beside-process"]);
    assert!(codes("credential_process = other").is_empty());
}

#[test]
fn the_way_round_a_circle_is_told() {
    let config = "[profile p]\nrole_arn = r\nsource_profile = a\n[profile a]\nrole_arn = r\nsource_profile = b\n\
                  [profile b]\nrole_arn = r\nsource_profile = a";
    let error = planned(config).expect_err("a circle");
    assert_eq!(error.to_string(), "config:9: source_profile goes in a circle: a -> b -> a.");
    assert_eq!(error.profile, "b");
}

#[test]
fn security_keys_are_refused_with_the_reason() {
    let error =
        role_with("mfa_serial = arn:aws:iam::111122223333:u2f/user/alice/key-ABC").expect_err("refused");
    assert_eq!(error.kind, PlanErrorKind::SecurityKey);
    assert!(error.finding().reason.contains("not for its API"));
}

#[test]
fn keys_that_are_not_used_are_mentioned() {
    let own = "aws_access_key_id = AKIDOWN\naws_secret_access_key = s\n";
    let codes =
        |config: &str| planned(config).expect("a plan").warnings.iter().map(|w| w.code).collect::<Vec<_>>();
    assert_eq!(codes(&format!("[profile p]\n{ROLE}{own}")), ["unused-keys"]);
    assert_eq!(
        codes(&format!("[profile p]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n{own}")),
        ["unused-keys"]
    );
    assert_eq!(codes(&format!("[profile p]\ncredential_process = x\n{own}")), ["unused-keys"]);
    assert!(codes(&format!("[profile p]\nrole_arn = r\nsource_profile = p\n{own}")).is_empty());
}

#[test]
fn a_duration_of_the_caller_is_checked_too() {
    let config = format!("[profile p]\n{ROLE}duration_seconds = 900");
    let asked = |profile: &str, seconds| {
        let request = PlanRequest { duration: Some(Duration::from_secs(seconds)), ..request(profile) };
        plan(&profiles(&config, KEYS), &request)
    };
    assert_eq!(failure(asked("p", 43201)), ("bad-duration", None));
    // Who asks may be another program, which knows of no option and has no line.
    let finding = asked("p", 1).expect_err("too short").finding();
    assert_eq!(
        (finding.sentence.as_str(), finding.fix.as_str()),
        (
            "The duration asked for 'p' must be a whole number of seconds from 900 to 43200.",
            "Ask for 15 minutes to 12 hours."
        )
    );
    assert_eq!(failure(asked("keys", 3600)), ("duration-without-role", None));
}

/// There is no line to correct, and AWS has nothing to do with it. What is wrong for every profile is said once.
#[test]
fn a_variable_that_cannot_be_right_is_named_as_one() {
    let region = || Environment { region: some("no region"), ..Environment::default() };
    let endpoint = || Environment { endpoint_url: some("no url"), ..Environment::default() };
    let flag = || Environment { use_fips_endpoint: some("yes"), ..Environment::default() };
    for (environment, variable) in [
        (region(), "AWS_REGION or AWS_DEFAULT_REGION"),
        (endpoint(), "AWS_ENDPOINT_URL"),
        (flag(), "AWS_USE_FIPS_ENDPOINT"),
    ] {
        let found = findings(&profiles(&format!("[profile p]\n{ROLE}"), KEYS), &environment);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.code, finding.severity, finding.file()), ("bad-variable", Severity::Error, None));
        assert!(
            finding.sentence.starts_with(&format!("In the environment, {variable} must be ")),
            "{finding:?}"
        );
        assert_eq!(finding.fix, "Correct the variable, or unset it.");
        assert!(!finding.reason.contains("AWS"), "{finding:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_of_every_profile() {
    let huge = vec![b'\n'; MAX_FILE + 1];
    for file in
        [File::unreadable(Kind::Config, "config", "it is a directory"), parse(Kind::Config, "config", &huge)]
    {
        let profiles = Profiles::merge(file, parse(Kind::Credentials, "credentials", KEYS.as_bytes()));
        assert_eq!(failure(plan(&profiles, &request("keys"))).1, some("config"));
        let found = findings(&profiles, &Environment::default());
        assert_eq!(
            found.iter().map(|f| (f.severity, f.line())).collect::<Vec<_>>(),
            [(Severity::Error, None)]
        );
    }
}

#[test]
fn what_doctor_says() {
    let config = "[default]\nregion = eu-west-1\n[profile base]\nregion = eu-west-1\n[profile p]\ninclude_profile = base\n\
                  role_arn = r\nsource_profile = keys\nmfa_arn = GAHT12345678\n[profile q]\nregion = x\n[DEFAULT]\nx = y\n\
                  [profile s]\nrole_arn = r\nrole_arn = r\nsource_profile = q\n";
    let found = findings(&profiles(config, KEYS), &Environment::default());
    let shown = |f: &Finding| (f.severity, f.code, f.line());
    let expected = [
        (Severity::Warning, "mfa-arn", Some(9)),
        (Severity::Error, "no-credentials", Some(10)),
        (Severity::Warning, "upper-case-default", Some(12)),
        (Severity::Warning, "duplicate-key", Some(16)),
    ];
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(found.iter().all(|f| !f.sentence.is_empty() && !f.reason.is_empty() && !f.fix.is_empty()));
}
