//! The daemon's log: a file of its own, that only its user may read.
//!
//! Only this program's events are written: the libraries below log requests and answers, secrets included. What a peer
//! sent is never logged as it came, and access keys only by their last four characters ([`key`]).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Mutex;

use awsd_proto::places::LOG;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// A log larger than this at the start is set aside, in place of the one set aside before.
const MAX_LOG: u64 = 1024 * 1024;

/// Starts the log in this directory. Where that fails the daemon works without one.
pub(crate) fn start(directory: &Path) -> io::Result<()> {
    let file = open(directory)?;
    let layer =
        tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(Mutex::new(file));
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), Level::INFO);
    tracing_subscriber::registry().with(layer.with_filter(ours)).try_init().map_err(io::Error::other)
}

fn open(directory: &Path) -> io::Result<File> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = directory.join(LOG);
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > MAX_LOG) {
        fs::rename(&path, directory.join("daemon.log.old"))?;
    }
    File::options().append(true).create(true).mode(0o600).open(path)
}

/// An access key id as it may be shown: its kind and its end.
pub(crate) fn key(access_key_id: &str) -> String {
    let kind: String = access_key_id.chars().take(4).collect();
    let skip = access_key_id.chars().count().saturating_sub(4);
    let end: String = access_key_id.chars().skip(skip).collect();
    if skip < 8 { "…".to_owned() } else { format!("{kind}…{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_log_is_private_and_a_large_one_is_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(LOG);
        drop(open(directory.path()).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        File::options().write(true).open(&path).unwrap().set_len(MAX_LOG + 1).unwrap();
        drop(open(directory.path()).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        assert_eq!(fs::metadata(directory.path().join("daemon.log.old")).unwrap().len(), MAX_LOG + 1);
    }

    #[test]
    fn of_a_key_only_kind_and_end_are_shown() {
        assert_eq!(key("ASIAIOSFODNN7EXAMPLE"), "ASIA…MPLE");
        assert_eq!(key("short"), "…");
    }
}
