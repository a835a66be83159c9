//! Section headers: what each way to write one names, in either file.

use awsd_core::config_file::{File, Kind, ProblemKind, SectionName, parse};
use proptest::prelude::*;
use proptest::strategy::Union;

/// What stands between the brackets, and what it names in the config file and in the credentials file.
#[derive(Debug, Clone)]
struct Header {
    text: String,
    config: SectionName,
    credentials: SectionName,
}

/// A word before a name, and what it makes of the name.
type Prefix = (&'static str, fn(String) -> SectionName);

const PREFIXES: [Prefix; 3] = [
    ("profile", SectionName::Profile),
    ("sso-session", SectionName::SsoSession),
    ("services", SectionName::Services),
];

/// Keys that make a section look like a profile.
const PROFILE_KEYS: [&str; 5] =
    ["role_arn", "source_profile", "aws_access_key_id", "credential_process", "sso_account_id"];

/// A name, and how it is written so that it is one word.
fn names() -> impl Strategy<Value = (String, String)> {
    let plain = "[a-z0-9#;.@é\\[][a-z0-9#;.@é\\[-]{0,6}".prop_map(|name| (name.clone(), name));
    let single = "[a-z \t#;\"\\[\\]]{1,6}".prop_map(|name| (name.clone(), format!("'{name}'")));
    let double = "[a-z \t#;'\\[\\]]{1,6}".prop_map(|name| (name.clone(), format!("\"{name}\"")));
    prop_oneof![plain, single, double]
}

/// Headers that name a profile, an SSO session or a group of services. Not in the credentials file: it has profiles
/// only, without a prefix, and whoever writes one there does not mean a profile of that name.
fn prefixed() -> impl Strategy<Value = Header> {
    let parts = (prop::sample::select(PREFIXES.to_vec()), "[ \t]{1,2}", names());
    parts.prop_map(|((prefix, named), space, (name, written))| {
        let text = format!("{prefix}{space}{written}");
        Header { config: named(name), credentials: SectionName::Other(text.clone()), text }
    })
}

/// A prefix and something that is not one word.
fn prefixed_wrongly() -> impl Strategy<Value = Header> {
    let odd = Union::new([
        "[a-z]{1,3} [a-z]{1,3}",
        "''",
        "\"\"",
        "[a-z]{0,3}'[a-z]{1,3}",
        "[a-z]{1,3} \"[a-z]{1,3}\"",
    ]);
    (prop::sample::select(PREFIXES.to_vec()), odd).prop_map(|((prefix, _), odd)| {
        let text = format!("{prefix} {odd}");
        let other = SectionName::Other(text.clone());
        Header { config: other.clone(), credentials: other, text }
    })
}

/// No prefix, or nothing but one: the name of a profile in the credentials file, where quotes mean nothing.
fn bare() -> impl Strategy<Value = Header> {
    let prefixes = prop::sample::select(PREFIXES.to_vec()).prop_map(|(prefix, _)| prefix.to_owned());
    let words = Union::new([
        "[a-z#;.é]{1,6}",
        "[a-z]{1,3}[ \t][a-z]{1,3}",
        "\"[a-z\\]]{1,3}\"",
        "[a-z]{1,3}'[a-z]{0,3}",
    ]);
    prop_oneof![prefixes, words].prop_map(|text| Header {
        config: SectionName::Other(text.clone()),
        credentials: SectionName::Profile(text.clone()),
        text,
    })
}

/// The two whose case matters.
fn defaults() -> impl Strategy<Value = Header> {
    prop::bool::ANY.prop_map(|plain| {
        if plain {
            let credentials = SectionName::Profile("default".to_owned());
            Header { text: "default".to_owned(), config: SectionName::PlainDefault, credentials }
        } else {
            let upper = SectionName::UpperCaseDefault;
            Header { text: "DEFAULT".to_owned(), config: upper.clone(), credentials: upper }
        }
    })
}

fn headers() -> impl Strategy<Value = Header> {
    prop_oneof![4 => prefixed(), 2 => prefixed_wrongly(), 2 => bare(), 1 => defaults()]
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Config, Kind::Credentials])
}

impl Header {
    fn named(&self, kind: Kind) -> &SectionName {
        match kind {
            Kind::Config => &self.config,
            Kind::Credentials => &self.credentials,
        }
    }
}

/// The one section of a file that is one header and a line below it.
fn check(file: &File, name: &SectionName, key: &str, problem: Option<&ProblemKind>) {
    assert!(file.problems.is_empty(), "{:?}", file.problems);
    assert_eq!(file.sections.len(), 1);
    let section = &file.sections[0];
    assert_eq!(&section.name, name);
    let keys: Vec<_> = section.properties.iter().map(|p| (p.key.as_str(), p.value.origin.line)).collect();
    assert_eq!(keys, [(key, 2)]);
    let looks_like_a_profile = matches!(name, SectionName::Other(_)) && PROFILE_KEYS.contains(&key);
    let looks = looks_like_a_profile.then_some(ProblemKind::NotAProfile);
    let told: Vec<_> = section.problems.iter().map(|p| (&p.kind, p.origin.line)).collect();
    assert_eq!(told, problem.into_iter().chain(&looks).map(|kind| (kind, 1)).collect::<Vec<_>>());
}

fn keys() -> impl Strategy<Value = &'static str> {
    prop_oneof![prop::sample::select(PROFILE_KEYS.to_vec()), prop::sample::select(vec!["region", "output"])]
}

proptest! {
    #[test]
    fn a_header_names_the_same_with_white_space_and_comments_around(
        header in headers(), kind in kinds(), key in keys(),
        before in "[ \t]{0,2}", behind in "[ \t]{0,2}", after in "[ \t]{0,2}([#;][a-z #;=\\[\\]]{0,6})?",
    ) {
        let text = format!("[{before}{}{behind}]{after}\n{key} = x\n", header.text);
        let name = header.named(kind);
        let upper = matches!(name, SectionName::UpperCaseDefault).then_some(&ProblemKind::UpperCaseDefault);
        check(&parse(kind, "f", text.as_bytes()), name, key, upper);
    }

    #[test]
    fn a_header_with_something_after_it_spoils_the_section_it_probably_names(
        header in headers(), kind in kinds(), key in keys(), after in "[ \t]{0,2}[a-z=\\[\\]][a-z #;]{0,4}",
    ) {
        let text = format!("[{}]{after}\n{key} = x\n", header.text);
        let file = parse(kind, "f", text.as_bytes());
        check(&file, header.named(kind), key, Some(&ProblemKind::BadHeader));
    }

    #[test]
    fn so_does_one_that_does_not_end(header in headers(), kind in kinds(), key in keys()) {
        prop_assume!(!header.text.contains(']'));
        let file = parse(kind, "f", format!("[{}\n{key} = x\n", header.text).as_bytes());
        check(&file, header.named(kind), key, Some(&ProblemKind::BadHeader));
    }

    #[test]
    fn nothing_is_not_the_name_of_a_section(space in "[ \t]{0,3}", key in keys()) {
        let file = parse(Kind::Config, "f", format!("[{space}]\n{key} = x\n").as_bytes());
        check(&file, &SectionName::Other(String::new()), key, Some(&ProblemKind::BadHeader));
    }
}
