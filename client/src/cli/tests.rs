//! What command lines mean, and what is refused.

use clap::CommandFactory as _;

use super::*;

fn read(line: &str) -> Result<Parsed, Failure> {
    parse(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_profile_is_never_guessed_and_unknown_words_are_usage_errors() {
    for line in [
        "awsd",
        "awsd exec dev true",
        "awsd export",
        "awsd credential-process",
        "awsd logout",
        "awsd logout dev --all",
        "awsd list --yaml",
        "awsd exec dev --wait 5",
        "awsd mfa --for dev",
        "awsd mfa 123456 --json",
        "awsd daemon",
        "awsd frobnicate",
    ] {
        assert_eq!(read(line).unwrap_err().exit, Exit::Usage, "{line}");
    }
}

#[test]
fn a_duration_that_no_session_can_have_is_a_usage_error_with_the_range() {
    for verb in ["exec", "export", "credential-process"] {
        for duration in ["0s", "14m", "899s", "13h", "43201s"] {
            let failure = read(&format!("awsd {verb} dev --duration {duration}")).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{verb} {duration}");
            assert!(failure.sentence.contains("15m to 12h"), "{failure}");
        }
        for duration in ["15m", "12h"] {
            read(&format!("awsd {verb} dev --duration {duration}")).unwrap();
        }
    }
}

#[test]
fn help_and_version_are_answers() {
    for line in ["awsd --help", "awsd -h", "awsd --version", "awsd exec --help"] {
        assert!(matches!(read(line), Ok(Parsed::Text(_))), "{line}");
    }
    let Ok(Parsed::Text(help)) = read("awsd --help") else { panic!("no help") };
    assert!(help.contains("Exit codes:") && help.contains("Examples:"));
}

#[test]
fn the_help_of_everything_that_may_need_a_code_says_where_it_is_asked() {
    for verb in ["exec", "export", "credential-process", "login"] {
        let Ok(Parsed::Text(help)) = read(&format!("awsd {verb} --help")) else { panic!("no help") };
        for word in ["at the terminal", "on the desktop", "awsd mfa 123456", "--wait", "--no-prompt", "75"] {
            assert!(help.contains(word), "{verb}: {word}");
        }
    }
}

#[test]
fn the_help_of_mfa_says_what_the_daemon_and_the_readme_say() {
    let Ok(Parsed::Text(help)) = read("awsd mfa --help") else { panic!("no help") };
    let readme = include_str!("../../../README.md");
    // The program's present name for it.
    let program = "ykman oath accounts code --single aws";
    assert!(help.contains(program) && readme.contains(program), "{help}");
    assert!(help.contains("A profile or the ARN of a device"), "{help}");
}

#[test]
fn a_code_is_not_shown_by_debug() {
    let Ok(parsed) = read("awsd mfa 123456") else { panic!("not read") };
    assert!(!format!("{parsed:?}").contains("123456"));
}
