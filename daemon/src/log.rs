//! The daemon's log: a file of its own, that only its user may read.
//!
//! Only this program's events are written: the libraries below log requests and answers, secrets included. What a peer
//! sent is never logged as it came, and access keys only by their last four characters ([`awsd_core::masked`]).

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use awsd_proto::places::LOG;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// A log that would become larger than this is set aside, in place of the one set aside before.
const MAX_LOG: u64 = 1024 * 1024;

/// The name of the log that was set aside.
const OLD: &str = "daemon.log.old";

/// Starts the log in this directory. Where that fails the daemon works without one.
pub(crate) fn start(directory: &Path) -> io::Result<()> {
    let file = Mutex::new(LogFile::open(directory)?);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(file);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), Level::INFO);
    tracing_subscriber::registry().with(layer.with_filter(ours)).try_init().map_err(io::Error::other)
}

/// The file that is written to, which never becomes larger than [`MAX_LOG`].
#[derive(Debug)]
struct LogFile {
    directory: PathBuf,
    file: File,
    size: u64,
}

impl LogFile {
    fn open(directory: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let file = File::options().append(true).create(true).mode(0o600).open(directory.join(LOG))?;
        let size = file.metadata()?.len();
        Ok(Self { directory: directory.to_owned(), file, size })
    }

    fn start_anew(&mut self) -> io::Result<()> {
        match fs::rename(self.directory.join(LOG), self.directory.join(OLD)) {
            // Somebody has tidied it away.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        *self = Self::open(&self.directory)?;
        Ok(())
    }
}

impl Write for LogFile {
    /// A line is written at once, so it is never divided. Where there is no room and none can be made, it is lost.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.size.saturating_add(line.len() as u64) > MAX_LOG {
            self.start_anew()?;
        }
        let written = self.file.write(line)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_log_is_private_and_a_full_one_is_set_aside_for_a_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        drop(LogFile::open(directory.path()).unwrap());
        File::options().write(true).open(at(LOG)).unwrap().set_len(MAX_LOG - 5).unwrap();
        let mut log = LogFile::open(directory.path()).unwrap();
        log.write_all(b"last\n").unwrap();
        assert_eq!(fs::metadata(at(LOG)).unwrap().len(), MAX_LOG);
        log.write_all(b"new\n").unwrap();
        log.write_all(b"newer\n").unwrap();
        assert_eq!(fs::read(at(LOG)).unwrap(), b"new\nnewer\n");
        assert!(fs::read(at(OLD)).unwrap().ends_with(b"last\n"));
        for name in [LOG, OLD] {
            assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
