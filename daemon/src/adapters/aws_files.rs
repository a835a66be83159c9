//! Reads `~/.aws/config` and `~/.aws/credentials`, wherever the request says they are. Never writes them.
//!
//! Files are compared by their metadata on each request and parsed again only when they have changed, so an edit counts
//! from the next request on and a thousand profiles cost nothing.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awsd_core::config_file::{self, Kind, MAX_FILE, Profiles};
use awsd_core::time::Wall;

use crate::regular;

/// How many pairs of files are kept parsed. Usually there is one.
const KEPT: usize = 16;

/// A file changed less than this before it was read may change again without a new time stamp: clocks of file systems
/// tick every few milliseconds.
const SETTLED: Duration = Duration::from_millis(100);

/// Where the two files are; none is the same as an empty file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Paths {
    /// `AWS_CONFIG_FILE`, or its default.
    pub(crate) config: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`, or its default.
    pub(crate) credentials: Option<String>,
}

/// A path is not absolute: relative to the daemon's directory it would mean something else than its sender meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAbsolute;

/// The files that were read, and what they contained.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    known: HashMap<Paths, Known>,
}

#[derive(Debug)]
struct Known {
    stamps: [Stamp; 2],
    settled: bool,
    profiles: Arc<Profiles>,
}

/// Changes whenever the file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Missing,
    Unreadable(io::ErrorKind),
    File { device: u64, inode: u64, size: u64, modified: (i64, i64), changed: (i64, i64) },
}

impl Sources {
    /// The profiles of these files, as they are now.
    pub(crate) fn profiles(&mut self, paths: &Paths, now: Wall) -> Result<Arc<Profiles>, NotAbsolute> {
        let both = [&paths.config, &paths.credentials];
        if both.into_iter().flatten().any(|path| !Path::new(path).is_absolute()) {
            return Err(NotAbsolute);
        }
        let stamps = both.map(|path| path.as_deref().map_or(Stamp::Missing, stamp));
        if let Some(known) = self.known.get(paths)
            && known.settled
            && known.stamps == stamps
        {
            return Ok(Arc::clone(&known.profiles));
        }
        let config = read(Kind::Config, paths.config.as_deref());
        let credentials = read(Kind::Credentials, paths.credentials.as_deref());
        let profiles = Arc::new(Profiles::merge(config, credentials));
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        let settled = stamps.iter().all(|stamp| stamp.settled(now));
        self.known.insert(paths.clone(), Known { stamps, settled, profiles: Arc::clone(&profiles) });
        Ok(profiles)
    }

    /// Forgets what was read, long-lived keys included; the next request reads again.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

impl Stamp {
    fn settled(&self, now: Wall) -> bool {
        let Self::File { changed: (seconds, nanoseconds), .. } = *self else { return true };
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds)) else {
            return false;
        };
        now.since(Wall(Duration::new(seconds, nanoseconds))) > SETTLED
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self::File {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn stamp(path: &str) -> Stamp {
    match std::fs::metadata(path) {
        Ok(metadata) => Stamp::from(&metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Stamp::Missing,
        Err(error) => Stamp::Unreadable(error.kind()),
    }
}

fn read(kind: Kind, path: Option<&str>) -> config_file::File {
    let Some(path) = path else { return config_file::File::missing(kind, "") };
    match regular::read(Path::new(path), MAX_FILE) {
        Ok(text) => config_file::parse(kind, path, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => config_file::File::missing(kind, path),
        Err(error) => config_file::File::unreadable(kind, path, &regular::reason(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment when every file of the tests has settled.
    const LATER: Wall = Wall::from_secs(u32::MAX as u64);

    fn paths(directory: &Path) -> Paths {
        let path = |name: &str| Some(directory.join(name).to_str().unwrap().to_owned());
        Paths { config: path("config"), credentials: path("credentials") }
    }

    #[test]
    fn a_file_is_parsed_again_only_when_it_has_changed() {
        let directory = tempfile::tempdir().unwrap();
        let (paths, mut sources) = (paths(directory.path()), Sources::default());
        assert_eq!(sources.profiles(&paths, LATER).unwrap().iter().count(), 0);
        std::fs::write(directory.path().join("config"), "[profile a]\nregion = eu-west-1\n").unwrap();
        let first = sources.profiles(&paths, LATER).unwrap();
        assert!(first.get("a").is_some());
        assert!(Arc::ptr_eq(&first, &sources.profiles(&paths, LATER).unwrap()));
        std::fs::write(directory.path().join("config.new"), "[profile b]\nregion = eu-west-1\n").unwrap();
        std::fs::rename(directory.path().join("config.new"), directory.path().join("config")).unwrap();
        assert!(sources.profiles(&paths, LATER).unwrap().get("b").is_some());
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_trusted_to_be_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let (paths, mut sources) = (paths(directory.path()), Sources::default());
        std::fs::write(directory.path().join("config"), "[profile a]\n").unwrap();
        let just_now = Wall(Duration::ZERO);
        let first = sources.profiles(&paths, just_now).unwrap();
        assert!(!Arc::ptr_eq(&first, &sources.profiles(&paths, just_now).unwrap()));
    }

    #[test]
    fn what_cannot_be_read_is_said_and_hurts_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let mut sources = Sources::default();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir(path("directory")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        std::fs::File::create(path("huge")).unwrap().set_len(MAX_FILE as u64 + 1).unwrap();
        std::fs::write(path("good"), "[profile a]\n").unwrap();
        for (name, sentence) in
            [("directory", "directory"), ("pipe", "not a regular file"), ("huge", "larger than")]
        {
            let paths = Paths { config: Some(path(name)), credentials: None };
            let profiles = sources.profiles(&paths, LATER).unwrap();
            let problem = profiles.unusable().unwrap().kind.sentence();
            assert!(problem.contains(sentence), "{problem}");
        }
        for device in ["/dev/zero", "/dev/tty"] {
            let paths = Paths { config: None, credentials: Some(device.to_owned()) };
            assert!(sources.profiles(&paths, LATER).unwrap().unusable().is_some(), "{device}");
        }
        let good = Paths { config: Some(path("good")), credentials: None };
        assert!(sources.profiles(&good, LATER).unwrap().unusable().is_none());
        let relative = Paths { config: Some("config".into()), credentials: None };
        assert_eq!(sources.profiles(&relative, LATER).unwrap_err(), NotAbsolute);
    }

    #[test]
    fn the_empty_device_is_an_empty_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut paths = paths(directory.path());
        std::fs::write(directory.path().join("config"), "[profile a]\n").unwrap();
        let link = directory.path().join("credentials");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for nothing in ["/dev/null", link.to_str().unwrap()] {
            paths.credentials = Some(nothing.to_owned());
            let profiles = Sources::default().profiles(&paths, LATER).unwrap();
            assert!(profiles.unusable().is_none() && profiles.missing().is_empty(), "{nothing}");
            assert!(profiles.get("a").is_some(), "{nothing}");
        }
    }
}
