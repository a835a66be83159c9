//! What a section header names.

use super::Kind;
use super::line::{is_comment, trim};

/// What a section is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SectionName {
    /// `[profile NAME]`, in the credentials file `[NAME]`.
    Profile(String),
    /// `[default]` in the config file, which `[profile default]` replaces.
    PlainDefault,
    /// `[sso-session NAME]`
    SsoSession(String),
    /// `[services NAME]`
    Services(String),
    /// `[DEFAULT]`: to botocore, values for every section of the file; to all others, nothing.
    UpperCaseDefault,
    /// Anything else, as written. Other programs keep settings here.
    Other(String),
}

/// A header that has no end, or something after it that is not a comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// What it most likely names, so that the section is known to be spoiled instead of missing.
    pub(super) probably: SectionName,
}

/// Reads `[profile name] # comment`.
pub(super) fn read(line: &str, kind: Kind) -> Result<SectionName, Broken> {
    let inside = line.strip_prefix('[').unwrap_or(line);
    let end = closing_bracket(inside);
    let text = trim(&inside[..end.unwrap_or(inside.len())]);
    let name = interpret(text, kind);
    let after = end.map(|end| trim(&inside[end + 1..]));
    match after {
        Some(rest) if !text.is_empty() && (rest.is_empty() || is_comment(rest)) => Ok(name),
        _ => Err(Broken { probably: name }),
    }
}

/// Where the header ends; a bracket within quotes does not end it.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, ']') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed is a character like any other.
    text.find(']')
}

fn interpret(text: &str, kind: Kind) -> SectionName {
    let (prefix, rest) =
        text.split_once([' ', '\t']).map_or((text, ""), |(prefix, rest)| (prefix, trim(rest)));
    let other = || SectionName::Other(text.to_owned());
    match (kind, prefix, rest) {
        (_, "DEFAULT", "") => SectionName::UpperCaseDefault,
        (Kind::Config, "default", "") => SectionName::PlainDefault,
        (Kind::Config, "profile", rest) => name(rest).map_or_else(other, SectionName::Profile),
        (Kind::Config, "sso-session", rest) => name(rest).map_or_else(other, SectionName::SsoSession),
        (Kind::Config, "services", rest) => name(rest).map_or_else(other, SectionName::Services),
        (Kind::Config, ..) => other(),
        // The prefixes belong to the other file; whoever writes them here does not mean a profile of that name.
        (Kind::Credentials, "profile" | "sso-session" | "services", rest) if !rest.is_empty() => other(),
        (Kind::Credentials, ..) => SectionName::Profile(text.to_owned()),
    }
}

/// One word, by the rules of a shell as botocore reads it: `a`, `"a b"`, `'a b'`.
fn name(text: &str) -> Option<String> {
    // To a shell a word that starts with '#' is a comment; in a header it is a name.
    let escaped = text.strip_prefix('#').map(|rest| format!("\\#{rest}"));
    match shlex::split(escaped.as_deref().unwrap_or(text))?.as_slice() {
        [word] if !word.is_empty() => Some(word.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> SectionName {
        SectionName::Profile(name.to_owned())
    }

    fn other(name: &str) -> SectionName {
        SectionName::Other(name.to_owned())
    }

    #[test]
    fn headers_of_the_config_file() {
        let table = [
            ("[default]", SectionName::PlainDefault),
            ("[profile default]", profile("default")),
            ("[profile a]", profile("a")),
            ("[\t profile \t a ]", profile("a")),
            ("[profile a] # c", profile("a")),
            ("[profile a];c", profile("a")),
            ("[profile \"a b\"]", profile("a b")),
            ("[profile 'a]b']", profile("a]b")),
            ("[profile o'brien]", other("profile o'brien")),
            ("[profile a#b]", profile("a#b")),
            ("[profile a b]", other("profile a b")),
            ("[profile]", other("profile")),
            ("[profile \"\"]", other("profile \"\"")),
            ("[profilea]", other("profilea")),
            ("[a]", other("a")),
            ("[DEFAULT]", SectionName::UpperCaseDefault),
            ("[sso-session x]", SectionName::SsoSession("x".to_owned())),
            ("[services x]", SectionName::Services("x".to_owned())),
        ];
        for (line, expected) in table {
            assert_eq!(read(line, Kind::Config), Ok(expected), "{line}");
        }
    }

    #[test]
    fn headers_of_the_credentials_file() {
        let table = [
            ("[default]", profile("default")),
            ("[a b]", profile("a b")),
            ("[profile]", profile("profile")),
            ("[profile a]", other("profile a")),
            ("[DEFAULT]", SectionName::UpperCaseDefault),
        ];
        for (line, expected) in table {
            assert_eq!(read(line, Kind::Credentials), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_broken_header_still_tells_whose_it_probably_was() {
        let table = [
            ("[profile a", profile("a")),
            ("[profile a] b", profile("a")),
            ("[]", other("")),
            ("[", other("")),
        ];
        for (line, probably) in table {
            assert_eq!(read(line, Kind::Config), Err(Broken { probably }), "{line}");
        }
    }
}
