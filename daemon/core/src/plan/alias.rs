//! `credential_process = awsd credential-process NAME`: how other programs get a profile's credentials from awsd. To awsd
//! itself such a line means the profile NAME; running it would be awsd calling itself.

use super::finding::Finding;
use super::settings::Settings;

/// Options of `awsd credential-process` whose value is a word of its own.
const OPTIONS_WITH_VALUE: [&str; 3] = ["--code", "--duration", "--wait"];

/// The profile that a command asks awsd for, if it does that.
pub(super) fn target(command: &str) -> Option<String> {
    // The backslashes of a Windows path are no escapes.
    let mut words = shlex::split(&command.replace('\\', "/"))?.into_iter();
    let program = words.next()?;
    let program = program.rsplit('/').next()?;
    let is_awsd = program == "awsd" || program.eq_ignore_ascii_case("awsd.exe");
    if !is_awsd || words.next()? != "credential-process" {
        return None;
    }
    while let Some(word) = words.next() {
        if OPTIONS_WITH_VALUE.contains(&word.as_str()) {
            words.next();
        } else if word == "--" {
            return words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

/// The AWS programs never run the line of a profile that has a role.
pub(super) fn beside_role(settings: &Settings<'_>) -> Option<Finding> {
    let line = settings.get("credential_process")?;
    target(line.text())?;
    let sentence =
        format!("Profile '{}' has role_arn as well as a credential_process of awsd.", settings.name());
    let reason = "The AWS programs take role_arn: they do not ask awsd, and ask for codes themselves.";
    let fix = "Move credential_process to a profile of its own, without role_arn.";
    Some(Finding::warning("role-beside-process", &line.origin, sentence, reason, fix))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn commands() {
        let table = [
            ("awsd credential-process P", Some("P")),
            ("/usr/local/bin/awsd credential-process 'a b'", Some("a b")),
            ("\"C:\\Program Files\\awsd\\AWSD.EXE\" credential-process P", Some("P")),
            ("awsd credential-process --no-prompt --wait 5s P", Some("P")),
            ("awsd credential-process --wait=5s P", Some("P")),
            ("awsd credential-process P --no-prompt", Some("P")),
            ("awsd credential-process -- -P", Some("-P")),
            ("awsd credential-process", None),
            ("awsd credential-process --code 123456", None),
            ("awsd export P", None),
            ("aws-vault credential-process P", None),
            ("notawsd credential-process P", None),
            ("awsd credential-process 'P", None),
            ("", None),
        ];
        for (command, expected) in table {
            assert_eq!(target(command).as_deref(), expected, "{command}");
        }
    }
}
