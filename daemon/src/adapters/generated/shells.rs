//! Links that stay where they are, for shells and all that is started from them. Each pair of the person's own files has a
//! directory, named after their paths, so that a shell finds it again whatever happened to the daemon or the directory.
//!
//! A link is replaced in one step: a program sees the old file or the new one. It is made anew whenever the person's files
//! were read again, also where it leads to the same file: that a link is up to date can be seen by its age, without the daemon.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use awsd_core::child_config;
use awsd_core::config_file::Profiles;

use super::{Files, name, private_directory, remove};

/// The names of the links to the files.
const NAMES: [&str; 2] = ["config", "credentials"];

/// The link to the program that the files name: what follows the person's files later on finds it there.
const PROGRAM: &str = "awsd";

/// How much of a hash names a directory. Nobody but the person chooses what is hashed.
const NAME: usize = 16;

/// How many pairs are remembered. Usually there is one.
const FOLLOWED: usize = 16;

/// Where the person's own files are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) config: Option<&'a str>,
    pub(crate) credentials: Option<&'a str>,
}

/// The directories.
#[derive(Debug)]
pub(super) struct Shells {
    directory: PathBuf,
    /// Which profiles each was last looked at for. They hold keys: they are not kept for this.
    followed: HashMap<PathBuf, Weak<Profiles>>,
}

impl Shells {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, followed: HashMap::new() }
    }

    /// The links, made anew.
    pub(super) fn files(
        &mut self,
        files: &Files,
        own: Own<'_>,
        awsd: &str,
        profiles: &Arc<Profiles>,
    ) -> io::Result<[PathBuf; 2]> {
        let place = self.place(own);
        make(files, &place, own, awsd, profiles)?;
        let links = NAMES.map(|name| place.join(name));
        self.remember(place, profiles);
        Ok(links)
    }

    /// Makes the links anew where there are some and the profiles are others than before.
    pub(super) fn follow(&mut self, files: &Files, own: Own<'_>, profiles: &Arc<Profiles>) -> io::Result<()> {
        let place = self.place(own);
        let now = Arc::downgrade(profiles);
        let is_same = self.followed.get(&place).is_some_and(|before| Weak::ptr_eq(before, &now));
        // A file that cannot be read must not take everything away from the shells.
        if is_same || profiles.unusable().is_some() {
            return Ok(());
        }
        match fs::read_link(place.join(PROGRAM)) {
            Ok(awsd) => {
                let awsd = awsd.to_str().ok_or(io::ErrorKind::InvalidData)?;
                make(files, &place, own, awsd, profiles)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.remember(place, profiles);
        Ok(())
    }

    fn remember(&mut self, place: PathBuf, profiles: &Arc<Profiles>) {
        if self.followed.len() >= FOLLOWED {
            self.followed.clear();
        }
        self.followed.insert(place, Arc::downgrade(profiles));
    }

    fn place(&self, own: Own<'_>) -> PathBuf {
        // No path has a NUL.
        let both = [own.config, own.credentials].map(Option::unwrap_or_default).join("\0");
        self.directory.join(&name(both.as_bytes())[..NAME])
    }
}

fn make(files: &Files, place: &Path, own: Own<'_>, awsd: &str, profiles: &Profiles) -> io::Result<()> {
    private_directory(place)?;
    let texts = [child_config::asking(profiles, awsd, own.config), child_config::no_keys(own.credentials)];
    for (name, text) in NAMES.into_iter().zip(&texts) {
        let link = place.join(name);
        keep_what_is_there(files, &link, name)?;
        replace(&link, &files.with(text)?)?;
    }
    replace(&place.join(PROGRAM), Path::new(awsd))
}

/// A program may have written through the link, or put a file in its place.
fn keep_what_is_there(files: &Files, link: &Path, name: &str) -> io::Result<()> {
    match fs::read_link(link) {
        Ok(file) => files.keep_if_changed(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // It is no link.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => files.changed.keep(link, name),
        Err(error) => Err(error),
    }
}

/// Puts a link in the place of another one.
fn replace(link: &Path, to: &Path) -> io::Result<()> {
    let temporary = link.with_extension("new");
    remove(&temporary)?;
    symlink(to, &temporary)?;
    fs::rename(&temporary, link)
}
