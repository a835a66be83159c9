//! What a profile comes to.

use std::time::Duration;

use awsd_core::chain::RoleName;
use awsd_core::plan::{Planned, Severity, plan};
use awsd_core::time::Wall;

use crate::{KEYS, ROLE, chain, failure, keys, planned, profiles, request, role_with, some};

#[test]
fn the_guides_profile() {
    let planned = planned(&format!(
        "[profile p]\nregion = eu-west-1\n{ROLE}mfa_arn = arn:aws:iam::111122223333:mfa/alice\n"
    ))
    .expect("a plan");
    let chain = &planned.chain;
    assert_eq!(keys(chain).access_key_id, "AKIDEXAMPLE");
    assert_eq!(chain.device.as_deref(), Some("arn:aws:iam::111122223333:mfa/alice"));
    assert_eq!(chain.region.as_deref(), Some("eu-west-1"));
    assert_eq!(chain.service.region, "eu-west-1");
    assert_eq!(chain.roles.len(), 1);
    assert_eq!(planned.base_profile, "keys");
    let [warning] = &planned.warnings[..] else { panic!("{:?}", planned.warnings) };
    assert_eq!((warning.code, warning.file(), warning.line()), ("mfa-arn", Some("config"), Some(5)));
    assert_eq!(warning.severity, Severity::Warning);
    assert!(!format!("{planned:?}").contains("hunter2"));
}

#[test]
fn what_a_role_says_about_itself() {
    let planned = role_with(
        "external_id = a:b/c\nrole_session_name = me@work\nduration_seconds = 5000\nsource_identity = me\n\
         session_tags = Team = core , A=b=c\ntransitive_session_tags = Team,A,Team\n",
    );
    let role = planned.expect("a plan").chain.roles.remove(0);
    assert_eq!(role.arn, RoleName::Arn("arn:aws:iam::111122223333:role/r".to_owned()));
    assert_eq!(role.external_id.as_deref(), Some("a:b/c"));
    assert_eq!(role.session_name, "me@work");
    assert_eq!(role.duration, Some(Duration::from_secs(5000)));
    assert_eq!(role.source_identity.as_deref(), Some("me"));
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(role.tags, [tag("A", "b=c"), tag("Team", "core")]);
    assert_eq!(role.transitive_tags, ["A", "Team"]);
}

#[test]
fn a_bare_role_name() {
    let arn =
        |name| chain(&format!("[profile p]\nrole_arn = {name}\nsource_profile = keys")).roles.remove(0).arn;
    assert_eq!(arn("admin"), RoleName::Bare("admin".to_owned()));
    assert_eq!(arn("/team/admin"), RoleName::Bare("team/admin".to_owned()));
}

#[test]
fn a_program_for_codes_is_named_by_the_profile_or_its_source() {
    let words = |planned: Planned| planned.chain.mfa_process.map(|words| words.join("|"));
    let on_role =
        role_with("mfa_serial = GAHT12345678\nmfa_process = ykman oath 'AWS: me' -s").expect("a plan");
    assert_eq!(words(on_role), some("ykman|oath|AWS: me|-s"));
    let source = |line: &str| planned(&format!("[profile p]\n{ROLE}[profile keys]\nmfa_process = {line}"));
    assert_eq!(words(source("oathtool").expect("a plan")), some("oathtool"));
    let of_both = format!("[profile p]\nmfa_process =\n{ROLE}[profile keys]\nmfa_process = oathtool");
    assert_eq!(words(planned(&of_both).expect("a plan")), some("oathtool"));
    let unfinished = source("oathtool 'x").expect_err("a quote that is not closed");
    assert_eq!((unfinished.kind.code(), unfinished.finding().line()), ("bad-value", Some(5)));
}

#[test]
fn of_two_devices_the_official_one_is_used() {
    let both = |arn| role_with(&format!("mfa_serial = GAHT12345678\nmfa_arn = {arn}")).expect("a plan");
    for (arn, code) in [("GAHT12345678", "mfa-arn"), ("GAHT87654321", "mfa-arn-differs")] {
        let planned = both(arn);
        assert_eq!(planned.chain.device.as_deref(), Some("GAHT12345678"));
        assert_eq!(planned.warnings.iter().map(|w| w.code).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn the_device_of_a_source_profile_counts_where_none_is_nearer() {
    let credentials = format!("{KEYS}mfa_serial = GAHT12345678\n");
    let device = |lines: &str| {
        let profiles = profiles(&format!("[profile p]\n{ROLE}{lines}"), &credentials);
        plan(&profiles, &request("p")).expect("a plan").chain.device
    };
    assert_eq!(device(""), some("GAHT12345678"));
    assert_eq!(device("mfa_serial = GAHT00000000"), some("GAHT00000000"));
    assert_eq!(device("mfa_serial ="), some("GAHT12345678"));
}

#[test]
fn temporary_keys_and_their_end() {
    let read = |lines: &str| {
        let credentials = format!("[p]\naws_access_key_id = ASIA\naws_secret_access_key = s\n{lines}");
        plan(&profiles("", &credentials), &request("p")).expect("a plan")
    };
    let table = [
        ("aws_session_token = t\nx_security_token_expires = 2026-11-23T12:00:00Z", Some(1_795_435_200)),
        ("aws_security_token = t\nexpiration = 2026-11-23T14:00:00+02:00", Some(1_795_435_200)),
        ("aws_session_token = t\naws_expiration = 2026-11-23T12:00:00.500Z", Some(1_795_435_200)),
        ("aws_session_token = t", None),
    ];
    for (lines, end) in table {
        let planned = read(lines);
        assert!(keys(&planned.chain).temporary(), "{lines}");
        assert_eq!(keys(&planned.chain).expiration, end.map(Wall::from_secs), "{lines}");
        assert!(planned.warnings.is_empty(), "{lines}");
    }
    let odd = read("aws_session_token = t\nexpiration = tomorrow");
    assert_eq!(keys(&odd.chain).expiration, None);
    assert_eq!(
        odd.warnings.iter().map(|w| (w.code, w.line())).collect::<Vec<_>>(),
        [("unreadable-expiration", Some(5))]
    );
    let lasting = read("expiration = 2026-11-23T12:00:00Z\naws_account_id = 111122223333");
    assert_eq!((keys(&lasting.chain).temporary(), keys(&lasting.chain).expiration), (false, None));
    assert_eq!(keys(&lasting.chain).account_id.as_deref(), Some("111122223333"));
}

#[test]
fn another_name_of_a_profile_is_that_profile() {
    let config = format!(
        "[profile p]\nregion = us-west-2\ncredential_process = /opt/awsd credential-process q\n\
         [profile q]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n{ROLE}"
    );
    let chain = chain(&config);
    assert_eq!(chain.profile, "p");
    assert_eq!(chain.roles.iter().map(|r| r.profile.as_str()).collect::<Vec<_>>(), ["q"]);
    assert_eq!(chain.region.as_deref(), Some("us-west-2"));
    assert_eq!(chain.service.sts_endpoint.as_deref(), Some("http://127.0.0.1:1"));
    // To the profile itself the line says nothing: it may stand beside what awsd makes its credentials from.
    let own = format!("[profile p]\n{ROLE}credential_process = awsd credential-process p");
    assert_eq!(super::chain(&own).roles.len(), 1);
}

#[test]
fn an_included_profile_fills_in_what_is_not_said() {
    let config = format!(
        "[profile p]\ninclude_profile = common\nregion = eu-west-1\n\
         [profile common]\n{ROLE}region = us-west-2\ninclude_profile = more\n[profile more]\nmfa_serial = GAHT12345678"
    );
    let chain = chain(&config);
    assert_eq!(chain.roles[0].profile, "p");
    assert_eq!(chain.region.as_deref(), Some("eu-west-1"));
    assert_eq!(chain.device.as_deref(), Some("GAHT12345678"));
    // Halves of two keys are not a key.
    let halves =
        "[profile p]\ninclude_profile = q\naws_access_key_id = AKID\n[profile q]\naws_secret_access_key = s";
    assert_eq!(failure(planned(halves)), ("missing-key", some("config:3")));
}
