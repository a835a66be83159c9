//! Sources of credentials other than keys: what they are, and whose environment counts.

use awsd_core::chain::Base;
use awsd_core::plan::{Environment, PlanError, PlanRequest, plan};
use awsd_core::source::{InstanceMetadata, Login, Process, Source, Sso, WebIdentity};

use crate::{KEYS, profiles, request};

const ROLE: &str = "role_arn = arn:aws:iam::444455556666:role/r";

/// What a source is, and which profile is named to the person.
fn source(config: &str, environment: &Environment) -> Result<(Source, String), PlanError> {
    let request = PlanRequest { environment: environment.clone(), ..request("p") };
    plan(&profiles(config, KEYS), &request).map(|planned| match planned.chain.base {
        Base::Source { source, profile } => ((*source).clone(), profile),
        Base::Keys(_) => panic!("keys"),
    })
}

fn sso() -> Sso {
    Sso {
        session: None,
        start_url: "u".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "1".to_owned(),
        role_name: "r".to_owned(),
        home: Some("/home/alice".to_owned()),
        endpoint: None,
        oidc_endpoint: None,
    }
}

#[test]
fn other_sources() {
    let home = || Some("/home/alice".to_owned());
    let environment = Environment { home: home(), ..Environment::default() };
    let process = |command: &str| {
        let environment = vec![("HOME".to_owned(), "/home/alice".to_owned())];
        Source::Process(Process { command: command.to_owned(), environment })
    };
    let login = Login {
        session: "arn:x".to_owned(),
        region: "sa-east-1".to_owned(),
        home: home(),
        directory: None,
        endpoint: None,
    };
    let web_identity = WebIdentity {
        token_file: "/t".to_owned(),
        role_arn: "arn:aws:iam::444455556666:role/r".to_owned(),
        session_name: "ci".to_owned(),
        duration_seconds: Some(900),
    };
    let ec2 = |endpoint: Option<&str>| {
        Source::InstanceMetadata(InstanceMetadata { endpoint: endpoint.map(str::to_owned) })
    };
    let table = [
        ("credential_process = /bin/x --y".to_owned(), process("/bin/x --y")),
        (
            "login_session = arn:x\nregion = sa-east-1\ncredential_process = /bin/x".to_owned(),
            Source::Login(login),
        ),
        (
            format!(
                "web_identity_token_file = /t\n{ROLE}\nsource_profile = keys\nrole_session_name = ci\nduration_seconds = 900"
            ),
            Source::WebIdentity(web_identity),
        ),
        (
            "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = eu-west-1".to_owned(),
            Source::Sso(sso()),
        ),
        (
            "sso_account_id = 1\nsso_role_name = r\nsso_session = s\nsso_region = no\n\
             [sso-session s]\nsso_start_url = u\nsso_region = eu-west-1"
                .to_owned(),
            Source::Sso(Sso { session: Some("s".to_owned()), ..sso() }),
        ),
        (format!("{ROLE}\ncredential_source = Ec2InstanceMetadata"), ec2(None)),
        (
            format!(
                "{ROLE}\ncredential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = http://127.0.0.1:1"
            ),
            ec2(Some("http://127.0.0.1:1")),
        ),
        (
            format!(
                "{ROLE}\ncredential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint_mode = IPv6"
            ),
            ec2(Some("http://[fd00:ec2::254]")),
        ),
    ];
    for (lines, expected) in table {
        let found = source(&format!("[profile p]\n{lines}"), &environment).unwrap();
        assert_eq!(found, (expected, "p".to_owned()), "{lines}");
    }
}

#[test]
fn the_profile_that_has_the_source_is_the_one_to_sign_in_to() {
    let config = format!(
        "[profile p]\n{ROLE}\nsource_profile = base\n[profile base]\nsso_account_id = 1\nsso_role_name = r\n\
         sso_start_url = u\nsso_region = eu-west-1"
    );
    assert_eq!(source(&config, &Environment::default()).unwrap().1, "base");
}

#[test]
fn where_a_source_is_asked_follows_the_caller() {
    let url = |port: u16| Some(format!("http://127.0.0.1:{port}"));
    let environment = Environment {
        endpoint_url: url(1),
        endpoint_url_sso: url(2),
        endpoint_url_signin: url(3),
        login_cache_directory: Some("/cache".to_owned()),
        ec2_metadata_service_endpoint: url(4),
        ..Environment::default()
    };
    let of = |lines: &str| source(&format!("[profile p]\n{lines}"), &environment).unwrap().0;
    let Source::Sso(sso) =
        of("sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = eu-west-1")
    else {
        panic!("another source")
    };
    assert_eq!((sso.endpoint, sso.oidc_endpoint), (url(2), url(1)));
    let Source::Login(login) = of("login_session = x") else { panic!("another source") };
    assert_eq!((login.endpoint, login.directory.as_deref()), (url(3), Some("/cache")));
    let ec2 = of(&format!(
        "{ROLE}\ncredential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = http://x"
    ));
    assert_eq!(ec2, Source::InstanceMetadata(InstanceMetadata { endpoint: url(4) }));
    let Source::Process(process) = of("credential_process = x") else { panic!("another source") };
    assert!(
        process.environment.contains(&("AWS_ENDPOINT_URL_SSO".to_owned(), "http://127.0.0.1:2".to_owned()))
    );
}

#[test]
fn a_container_is_the_callers() {
    let config = format!("[profile p]\n{ROLE}\ncredential_source = EcsContainer");
    let of = |relative: Option<&str>, full: Option<&str>| {
        let environment = Environment {
            container_credentials_relative_uri: relative.map(str::to_owned),
            container_credentials_full_uri: full.map(str::to_owned),
            container_authorization_token: Some("hunter2".to_owned()),
            ..Environment::default()
        };
        source(&config, &environment)
    };
    for (relative, full, uri) in [
        (Some("/v2/x"), Some("https://x/y"), "http://169.254.170.2/v2/x"),
        (None, Some("https://x/y"), "https://x/y"),
        (Some(""), Some("http://[::1]:80/"), "http://[::1]:80/"),
    ] {
        let Source::Container(container) = of(relative, full).unwrap().0 else { panic!("another source") };
        assert_eq!((container.uri.as_str(), container.token.as_deref()), (uri, Some("hunter2")));
    }
    let code = |relative, full| of(relative, full).unwrap_err().kind.code();
    assert_eq!(code(None, None), "no-container");
    for (relative, full) in [(Some("x"), None), (None, Some("http://example.com/")), (None, Some("x"))] {
        assert_eq!(code(relative, full), "bad-variable", "{relative:?} {full:?}");
    }
}

#[test]
fn a_machine_whose_metadata_is_switched_off_is_no_source() {
    let environment =
        Environment { ec2_metadata_disabled: Some("True".to_owned()), ..Environment::default() };
    let config = format!("[profile p]\n{ROLE}\ncredential_source = Ec2InstanceMetadata");
    assert_eq!(source(&config, &environment).unwrap_err().kind.code(), "metadata-disabled");
}

#[test]
fn the_lines_whose_commands_are_run_are_told() {
    let lines = |config: &str| -> Vec<_> {
        let planned = plan(&profiles(config, KEYS), &request("p")).unwrap();
        planned.commands.iter().map(ToString::to_string).collect()
    };
    let config = format!(
        "[profile p]\n{ROLE}\nsource_profile = q\n[profile q]\ncredential_process = x\nmfa_process = y"
    );
    assert_eq!(lines(&config), ["config:6", "config:5"]);
    assert_eq!(lines(&format!("[profile p]\n{ROLE}\nsource_profile = keys")), [""; 0]);
}
