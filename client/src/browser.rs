//! The person's browser: that of `BROWSER`, else that of the desktop.
//!
//! What it opens is a secret: it is never shown, also not where something goes wrong.

use std::ffi::OsString;
use std::fmt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a program that is to open a browser is watched for failing at once. Whoever has nothing to open says so
/// within milliseconds; whoever is still there then has opened something.
const HANDED_OVER: Duration = Duration::from_millis(500);

/// Where the address stands in a command of `BROWSER`. Without it, it comes last.
const ADDRESS: &str = "%s";

/// Any of these says that there is a screen: a display server's, and that of the Windows around this system.
const SCREENS: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];

/// A browser that can be tried.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    /// The commands of `BROWSER`, as words, in this order.
    Named(Vec<Vec<String>>),
    /// The desktop knows which.
    Usual,
}

/// Why nothing was opened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoBrowser {
    /// There is no screen, and `BROWSER` names none.
    NoScreen,
    /// Nothing of what was tried has worked.
    Failed,
}

/// Looks whether there can be one.
pub(crate) fn find() -> Result<Browser, NoBrowser> {
    find_in(|name| std::env::var_os(name))
}

fn find_in(var: impl Fn(&str) -> Option<OsString>) -> Result<Browser, NoBrowser> {
    let is_set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
    let named = var("BROWSER").map(|value| commands(&value.to_string_lossy())).unwrap_or_default();
    if !named.is_empty() {
        return Ok(Browser::Named(named));
    }
    let has_screen = cfg!(any(target_os = "macos", windows)) || SCREENS.iter().any(|name| is_set(name));
    if has_screen { Ok(Browser::Usual) } else { Err(NoBrowser::NoScreen) }
}

/// `BROWSER` is a list like `PATH`, of commands.
fn commands(value: &str) -> Vec<Vec<String>> {
    let words = |command: &str| command.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    value.split(':').map(words).filter(|words| !words.is_empty()).collect()
}

/// The command with the address.
fn filled(words: &[String], url: &str) -> Vec<String> {
    let mut filled: Vec<_> = words.iter().map(|word| word.replace(ADDRESS, url)).collect();
    if !words.iter().any(|word| word.contains(ADDRESS)) {
        filled.push(url.to_owned());
    }
    filled
}

impl Browser {
    /// Opens an address, and does not wait for the browser's end.
    pub(crate) fn open(&self, url: &str) -> Result<(), NoBrowser> {
        let opened = match self {
            Self::Named(commands) => commands.iter().any(|words| runs(&filled(words, url))),
            // The error is not looked at: it quotes the address.
            Self::Usual => open::that_detached_with_timeout(url, HANDED_OVER).is_ok(),
        };
        if opened { Ok(()) } else { Err(NoBrowser::Failed) }
    }
}

/// Whether the program starts, and does not fail at once. It is not of this terminal: its output is nobody's here, and an
/// interruption does not mean it.
fn runs(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else { return false };
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait().is_ok_and(|status| status.success())));
    ended.recv_timeout(HANDED_OVER).unwrap_or(true)
}

impl fmt::Display for NoBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoScreen => "there is no screen here, and BROWSER is not set",
            Self::Failed => "no browser has started",
        })
    }
}

impl std::error::Error for NoBrowser {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn a_browser_is_named_or_there_is_a_screen() {
        let found = |vars: &[(&str, &str)]| {
            find_in(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value)))
        };
        assert_eq!(found(&[("DISPLAY", ":0")]), Ok(Browser::Usual));
        assert_eq!(found(&[("WSL_DISTRO_NAME", "Debian")]), Ok(Browser::Usual));
        assert_eq!(found(&[("DISPLAY", ""), ("BROWSER", "")]), Err(NoBrowser::NoScreen));
        assert_eq!(found(&[("BROWSER", " : ")]), Err(NoBrowser::NoScreen));
        let named = Browser::Named(vec![vec!["a".to_owned(), "-n".to_owned()], vec!["b".to_owned()]]);
        assert_eq!(found(&[("BROWSER", "a -n:b")]), Ok(named));
    }

    #[test]
    fn the_address_is_one_word_where_it_is_wanted() {
        let url = "https://x/?a=b&c=%73";
        for (words, expected) in [
            (&["b"][..], &["b", url][..]),
            (&["b", "-n", "%s"], &["b", "-n", url]),
            (&["b", "u=%s", "-x"], &["b", "u=https://x/?a=b&c=%73", "-x"]),
        ] {
            let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(filled(&words, url), expected);
        }
    }

    #[test]
    fn the_first_command_that_does_not_fail_has_opened_it() {
        let open = |commands: &str| Browser::Named(super::commands(commands)).open("x");
        assert_eq!(open("/nonexistent:false:true"), Ok(()));
        assert_eq!(open("false"), Err(NoBrowser::Failed));
        assert_eq!(open("/nonexistent"), Err(NoBrowser::Failed));
    }
}
