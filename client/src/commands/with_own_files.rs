//! `awsd with-own-files`: becomes the command, with the person's own AWS files in its environment.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::{Outcome, exec};
use crate::cli::WithOwnFiles;
use crate::context::{self, SOURCE_CONFIG_FILE, SOURCE_CREDENTIALS_FILE};

pub(super) fn run(options: &WithOwnFiles) -> Outcome {
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(exec::not_started("".as_ref(), &io::ErrorKind::NotFound.into()));
    };
    let mut child = Command::new(program);
    child.args(arguments);
    if !options.if_it_writes || changes_files(arguments) {
        let context = context::of_this_process()?;
        let own = [
            ("AWS_CONFIG_FILE", context.config_file),
            ("AWS_SHARED_CREDENTIALS_FILE", context.credentials_file),
        ];
        child.envs(own.into_iter().filter_map(|(name, path)| Some((name, path?))));
        for name in [SOURCE_CONFIG_FILE, SOURCE_CREDENTIALS_FILE] {
            child.env_remove(name);
        }
    }
    Err(exec::not_started(program, &child.exec()))
}

/// Options of the AWS CLI that stand before the command and have a value.
const WITH_VALUE: [&str; 11] = [
    "--ca-bundle",
    "--cli-binary-format",
    "--cli-connect-timeout",
    "--cli-error-format",
    "--cli-read-timeout",
    "--color",
    "--endpoint-url",
    "--output",
    "--profile",
    "--query",
    "--region",
];

/// Whether a command of the AWS CLI changes the person's files, or reads what only they have, such as how to sign in.
/// `configure list` and `export-credentials` would ask for a code of their own.
fn changes_files(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let mut next = || loop {
        let word = words.next()?;
        if WITH_VALUE.contains(&&*word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    };
    match next().as_deref() {
        Some("configure") => !matches!(next().as_deref(), Some("list" | "export-credentials")),
        Some("login" | "logout" | "sso") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_persons_files_is_recognised() {
        let changes = |line: &str| changes_files(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in [
            "configure",
            "configure set region eu-west-1 --profile dev",
            "--profile dev configure set region eu-west-1",
            "--no-cli-pager --region=eu-west-1 --output json configure sso",
            "configure --profile dev",
            "login --profile dev",
            "sso login",
            "--debug logout",
        ] {
            assert!(changes(line), "{line}");
        }
        for line in [
            "",
            "--version",
            "s3 cp configure login",
            "--profile configure s3 ls",
            "configure list",
            "--profile dev configure export-credentials",
            "ecr get-login-password",
        ] {
            assert!(!changes(line), "{line}");
        }
    }
}
