//! Where the daemon keeps its state. The client knows the rule too, so that it can show the log of a daemon that has ended.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The log's name in the state directory.
pub const LOG: &str = "daemon.log";

/// awsd's state directory for a home directory: in `$XDG_STATE_HOME`, else in `~/.local/state`; on macOS, which has no such
/// variable, in `~/Library/Application Support`. A variable that is not an absolute path is ignored, as XDG says.
pub fn state_directory(home: &Path, var: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let parent = if cfg!(target_os = "macos") {
        home.join("Library/Application Support")
    } else {
        let set = var("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        set.unwrap_or_else(|| home.join(".local/state"))
    };
    parent.join("awsd")
}

#[cfg(all(test, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn only_an_absolute_variable_wins_over_the_home() {
        let directory = |set: Option<&str>| {
            let set = set.map(OsString::from);
            state_directory(Path::new("/home/a"), |name| set.clone().filter(|_| name == "XDG_STATE_HOME"))
        };
        assert_eq!(directory(Some("/s")), Path::new("/s/awsd"));
        for ignored in [None, Some(""), Some("relative")] {
            assert_eq!(directory(ignored), Path::new("/home/a/.local/state/awsd"));
        }
    }
}
