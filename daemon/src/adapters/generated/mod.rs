//! Files that awsd makes for other programs. Never for secrets.
//!
//! They are named after what is in them: what a program was given stays as it was, and the same text is written once.
//! For shells, which live for days, there are links to them that follow the person's files ([`shells`]). A program may
//! write to any of these nevertheless: what it wrote is kept, and said.

mod changed;
mod shells;

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_core::config_file::Profiles;
use sha2::{Digest as _, Sha256};

use self::changed::Changed;
pub(crate) use self::shells::Own;
use self::shells::Shells;
use crate::world::ShellPaths;

/// Nobody writes to it again.
const MODE: u32 = 0o400;

/// All of them, in the socket's directory.
#[derive(Debug)]
pub(crate) struct Generated {
    files: Files,
    shells: Shells,
    /// What has been said since the daemon started.
    told: BTreeSet<PathBuf>,
}

impl Generated {
    pub(crate) fn new(directory: &Path) -> Self {
        let changed = Changed::new(directory.join("changed"));
        Self {
            files: Files { directory: directory.join("generated"), changed },
            shells: Shells::new(directory.join("shell")),
            told: BTreeSet::new(),
        }
    }

    /// The file with this text.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn file(&self, text: &str) -> io::Result<PathBuf> {
        self.files.with(text)
    }

    /// Files for shells whose own are these, and whose programs run `awsd`.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) fn for_shells(
        &mut self,
        own: Own<'_>,
        awsd: &str,
        profiles: &Arc<Profiles>,
    ) -> io::Result<ShellPaths> {
        let [config, credentials] = self.shells.files(&self.files, own, awsd, profiles)?;
        let changed = self.changed().into_iter().filter(|path| self.told.insert(path.clone())).collect();
        Ok(ShellPaths { config, credentials, changed })
    }

    /// Brings them up to date, if there are any. It costs nothing while the profiles are the same.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) fn follow(&mut self, own: Own<'_>, profiles: &Arc<Profiles>) -> io::Result<()> {
        self.shells.follow(&self.files, own, profiles)
    }

    /// What programs have written to files that awsd had made, as long as it is kept.
    pub(crate) fn changed(&self) -> Vec<PathBuf> {
        self.files.changed.all()
    }
}

/// The files that are named after their text.
#[derive(Debug)]
struct Files {
    directory: PathBuf,
    changed: Changed,
}

impl Files {
    /// The directory is made for this user only.
    fn with(&self, text: &str) -> io::Result<PathBuf> {
        let path = self.directory.join(name(text.as_bytes()));
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(path);
        }
        self.keep_if_changed(&path)?;
        private_directory(&self.directory)?;
        let temporary = self.directory.join(".new");
        remove(&temporary)?;
        let mut file: File = File::options().write(true).create_new(true).mode(MODE).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&temporary, &path)?;
        Ok(path)
    }

    /// Moves what a program has written over one of these files out of the way.
    fn keep_if_changed(&self, path: &Path) -> io::Result<()> {
        match fs::read(path) {
            // Where there is nothing left, there is nothing to keep.
            Ok(text) if text.is_empty() || path.file_name() == Some(name(&text).as_ref()) => Ok(()),
            Ok(_) => self.changed.keep(path, "file"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn name(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}

fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes a file that a crash may have left.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
