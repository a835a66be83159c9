//! What `awsd doctor` says: everything that planning any profile brings to light, once, and in whole sentences.

use std::collections::HashSet;

use awsd_core::plan::{Environment, Finding, PlanRequest, Severity, findings, list};
use proptest::prelude::*;

use crate::world::{worlds, written};
use crate::{cases, profiles, request};

const KEYS: &str = "[keys]\naws_access_key_id = AKID\naws_secret_access_key = s\n";

/// Whether a finding is told in whole sentences.
pub(crate) fn says_everything(finding: &Finding) -> bool {
    let sentences = [&finding.sentence, &finding.reason, &finding.fix];
    sentences.iter().all(|text| text.len() > 10 && text.ends_with(['.', '?']))
}

/// Environments in which profiles mean something else, or nothing at all.
fn environments() -> impl Strategy<Value = Environment> {
    let values = |values: [&str; 2]| {
        prop::option::weighted(0.2, prop::sample::select(values.map(str::to_owned).to_vec()))
    };
    let parts =
        (values(["sa-east-1", "no region"]), values(["http://x", "no url"]), values(["false", "no flag"]));
    parts.prop_map(|(region, endpoint_url, use_fips_endpoint)| Environment {
        region,
        endpoint_url,
        use_fips_endpoint,
        ..Environment::default()
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn findings_are_said_once_and_cover_everything(world in worlds(), environment in environments()) {
        let profiles = written(&world);
        let found = findings(&profiles, &environment);
        let distinct: HashSet<_> = found.iter().map(|f| (f.code, f.origin.clone())).collect();
        prop_assert_eq!(distinct.len(), found.len());
        let asked = PlanRequest { environment, ..request("") };
        let is_said = |code, origin| found.iter().any(|f| f.code == code && f.origin == origin);
        let mut works = true;
        for (name, result) in list(&profiles, &asked) {
            match result {
                Ok(planned) => {
                    for warning in planned.warnings {
                        prop_assert!(is_said(warning.code, warning.origin.clone()), "{:?}", warning);
                    }
                }
                Err(error) => {
                    prop_assert!(is_said(error.kind.code(), error.origin.clone()), "{}", error);
                    works &= error.kind.code() == "no-credentials" && error.profile == name;
                }
            }
        }
        prop_assert_eq!(found.iter().any(|f| f.severity == Severity::Error), !works);
    }
}

proptest! {
    #[test]
    fn settings_without_credentials_are_fine_where_nobody_needs_any(
        name in prop::sample::select(vec!["default", "base"]), included: bool, other_included: bool, needed: bool,
    ) {
        let include = match (included, other_included) {
            (true, _) => format!("include_profile = {name}\n"),
            (false, true) => "include_profile = other\n[profile other]\noutput = json\n".to_owned(),
            (false, false) => String::new(),
        };
        let source = if needed { name } else { "keys" };
        let config = format!(
            "[profile {name}]\nregion = eu-west-1\n\
             [profile user]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = {source}\n{include}"
        );
        let found = findings(&profiles(&config, KEYS), &Environment::default());
        let found: Vec<_> = found.iter().map(|f| (f.code, f.severity, f.line())).collect();
        let severity = match (name, included) {
            _ if needed => Some(Severity::Error),
            ("default", _) | (_, true) => None,
            _ => Some(Severity::Warning),
        };
        let expected: Vec<_> = severity.map(|severity| ("no-credentials", severity, Some(1))).into_iter().collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn everything_doctor_says_is_whole(lines in prop::collection::vec(prop::sample::select(ODDITIES.to_vec()), 0..8)) {
        let config: String = lines.iter().enumerate().map(|(n, line)| format!("[profile p{n}]\n{line}\n")).collect();
        let found = findings(&profiles(&config, KEYS), &Environment::default());
        for finding in &found {
            assert!(says_everything(finding), "{finding:?}");
            assert_eq!(finding.file(), Some("config"));
        }
        let said: Vec<_> = found.iter().filter_map(Finding::line).collect();
        assert!(said.is_sorted());
        assert!(said.len() >= lines.len(), "{found:?}");
    }
}

/// Lines that doctor has a word about, each in a profile of its own.
const ODDITIES: [&str; 15] = [
    "nonsense",
    "= x",
    "  x",
    "a b = c",
    "x = 1\nx = 2",
    "role_arn = r",
    "role_arn = r\nsource_profile = nobody",
    "role_arn = r\nsource_profile = keys\ncredential_source = Environment",
    "role_arn = r\nsource_profile = keys\nmfa_arn = GAHT12345678",
    "role_arn = r\nsource_profile = keys\nmfa_arn = GAHT12345678\nmfa_serial = GAHT12345678",
    "role_arn = r\nsource_profile = keys\nmfa_arn = GAHT12345678\nmfa_serial = GAHT00000000",
    "role_arn = r\nsource_profile = keys\nmfa_process = 'x",
    "aws_access_key_id = AKID",
    "credential_process = x\naws_access_key_id = AKID\naws_secret_access_key = s",
    "region = eu-west-1",
];
