//! The command line of the daemon. People use `awsd daemon`; this is what that starts.

use std::ffi::OsString;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
awsd-daemon: holds one user's AWS sessions for awsd

Usage: awsd-daemon [--detach]

Without an option it runs in the foreground until it is told to stop. The awsd command
starts it when it is needed; to do so by hand, use: awsd daemon start

Options:
  --detach   leave the terminal; write `ready`, or what is wrong, to standard output
  --version  print the version
  --help     print this
";

/// What the daemon starts itself with, to show a notification. Nobody else does.
#[cfg(any(test, target_os = "macos", windows))]
pub(crate) const SHOW_NOTIFICATION: &str = "--show-notification";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// Be the daemon.
    Run {
        /// Leave the terminal first.
        detach: bool,
    },
    /// Show one notification, as the daemon asks for it.
    #[cfg(any(target_os = "macos", windows))]
    ShowNotification,
    /// Print the version.
    Version,
    /// Print the help.
    Help,
    /// An argument that does not exist.
    Unknown(OsString),
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Invocation {
    let mut detach = false;
    for argument in arguments {
        match argument.to_str() {
            Some("--detach") => detach = true,
            #[cfg(any(target_os = "macos", windows))]
            Some(SHOW_NOTIFICATION) => return Invocation::ShowNotification,
            Some("--version" | "-V") => return Invocation::Version,
            Some("--help" | "-h") => return Invocation::Help,
            _ => return Invocation::Unknown(argument),
        }
    }
    Invocation::Run { detach }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ignored() {
        let parse = |arguments: &[&str]| super::parse(arguments.iter().map(OsString::from));
        assert_eq!(parse(&[]), Invocation::Run { detach: false });
        assert_eq!(parse(&["--detach"]), Invocation::Run { detach: true });
        assert_eq!(parse(&["--help"]), Invocation::Help);
        assert_eq!(parse(&["--version"]), Invocation::Version);
        assert_eq!(parse(&["--detach", "x"]), Invocation::Unknown("x".into()));
    }
}
