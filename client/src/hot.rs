//! The verbs that programs call all day, recognised without building the command-line parser.
//!
//! Building it costs more than the rest of a warm request together. What is not recognised here for certain goes to
//! [`crate::cli`], which alone knows options and writes help and errors; the test below holds both to the same reading.

use std::ffi::OsString;

use clap::ValueEnum as _;

use crate::cli::{Asking, CredentialProcess, Exec, Export, Format, Verb, Wish};

/// Reads `awsd credential-process P`, `awsd export P [--format F]`, `awsd exec P -- COMMAND...`, `awsd renew` and `awsd
/// prompt`; `None` for anything else.
pub(crate) fn recognise(arguments: &[OsString]) -> Option<Verb> {
    let (verb, rest) = arguments.get(1..)?.split_first()?;
    match (verb.to_str()?, rest) {
        ("renew", []) => return Some(Verb::Renew),
        ("prompt", []) => return Some(Verb::Prompt),
        _ => {}
    }
    let (profile, rest) = rest.split_first()?;
    let profile = plain(profile)?.to_owned();
    match (verb.to_str()?, rest) {
        ("credential-process", []) => Some(Verb::CredentialProcess(CredentialProcess {
            profile,
            duration: None,
            asking: Asking::default(),
        })),
        ("export", []) => Some(Verb::Export(export(profile, Format::Env))),
        ("export", [option, format]) if option == "--format" => {
            Some(Verb::Export(export(profile, Format::from_str(plain(format)?, false).ok()?)))
        }
        ("exec", [dashes, command @ ..]) if dashes == "--" && !command.is_empty() => Some(Verb::Exec(Exec {
            profile: Some(profile),
            command: command.to_vec(),
            session: Wish::default(),
            region: None,
            via: None,
            asking: Asking::default(),
        })),
        _ => None,
    }
}

fn export(profile: String, format: Format) -> Export {
    Export { profile, format, session: Wish::default(), region: None, asking: Asking::default() }
}

/// A word that cannot be an option.
fn plain(word: &OsString) -> Option<&str> {
    word.to_str().filter(|word| !word.is_empty() && !word.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Parsed, parse};

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_is_recognised_is_what_the_parser_reads() {
        for line in [
            "awsd credential-process dev",
            "awsd credential-process default",
            "awsd credential-process help",
            "awsd export dev",
            "awsd export dev --format env",
            "awsd export dev --format env-no-export",
            "awsd export dev --format process",
            "awsd export dev --format nu",
            "awsd export a.b@c=d",
            "awsd exec dev -- true",
            "awsd exec dev -- aws s3 ls --recursive",
            "awsd exec dev -- --version",
            "awsd exec dev -- -- x",
            "awsd exec dev -- awsd exec other -- true",
            "awsd exec exec -- exec",
            "awsd renew",
            "awsd prompt",
        ] {
            let arguments = words(line);
            let hot = recognise(&arguments).unwrap_or_else(|| panic!("not recognised: {line}"));
            assert_eq!(Parsed::Verb(hot), parse(&arguments).unwrap(), "{line}");
        }
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        for line in [
            "awsd",
            "awsd exec",
            "awsd export",
            "awsd credential-process",
            "awsd credential-process --help",
            "awsd credential-process -h",
            "awsd credential-process ",
            "awsd credential-process dev --no-prompt",
            "awsd credential-process dev other",
            "awsd export dev --format",
            "awsd export dev --format yaml",
            "awsd export dev --format ENV",
            "awsd export dev --format=env",
            "awsd export --format env dev",
            "awsd export dev --region eu-west-1",
            "awsd exec dev",
            "awsd exec dev --",
            "awsd exec dev true",
            "awsd exec -- true",
            "awsd exec --region r dev -- true",
            "awsd list",
            "awsd renew now",
            "awsd prompt --help",
            "awsd --version",
            "awsd login dev",
        ] {
            assert_eq!(recognise(&words(line)), None, "{line}");
        }
        assert_eq!(recognise(&[]), None);
    }
}
