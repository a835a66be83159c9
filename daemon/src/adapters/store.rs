//! What the core remembers across restarts, as `state.json` in the state directory. It holds no secret.
//!
//! Losing it costs one more question to AWS, so nothing here is ever fatal: a file that cannot be read is set aside, a
//! directory that cannot be written to means that nothing is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use awsd_core::memory::{Memory, UserFacts};
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The file's format; a file of another one is set aside.
const FORMAT: u32 = 1;

/// The file and its directory.
#[derive(Debug)]
pub(crate) struct Store {
    directory: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct State {
    format: u32,
    users: BTreeMap<String, Facts>,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    roles_with_mfa: BTreeSet<String>,
}

impl Store {
    /// A store in this directory, which is made, for this user only, if it is not there.
    pub(crate) fn new(directory: PathBuf) -> Self {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
        if let Err(error) = made {
            warn!(%error, "the state directory cannot be made: nothing will be remembered");
        }
        Self { directory }
    }

    /// What was kept; nothing if there is nothing usable.
    pub(crate) fn load(&self) -> Memory {
        let path = self.path();
        match fs::read(&path) {
            Ok(text) => parse(&text).unwrap_or_else(|| {
                self.set_aside(&path);
                Memory::default()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Memory::default(),
            Err(error) => {
                warn!(%error, "what was remembered cannot be read");
                Memory::default()
            }
        }
    }

    /// Replaces what was kept: a crash at any moment leaves the old file or the new one.
    pub(crate) fn save(&self, memory: &Memory) {
        if let Err(error) = self.replace(memory) {
            warn!(%error, "what was found out cannot be kept");
        }
    }

    fn replace(&self, memory: &Memory) -> io::Result<()> {
        let temporary = self.directory.join(".state.json.new");
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        serde_json::to_writer_pretty(&mut file, &State::from(memory))?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&temporary, self.path())?;
        File::open(&self.directory)?.sync_all()
    }

    fn set_aside(&self, path: &Path) {
        let aside = self.directory.join("state.json.damaged");
        match fs::rename(path, &aside) {
            Ok(()) => warn!("state.json is damaged and was set aside as state.json.damaged"),
            Err(error) => warn!(%error, "state.json is damaged and cannot be set aside"),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("state.json")
    }
}

fn parse(text: &[u8]) -> Option<Memory> {
    let state: State = serde_json::from_slice(text).ok()?;
    (state.format == FORMAT).then(|| state.into())
}

impl From<&Memory> for State {
    fn from(memory: &Memory) -> Self {
        let users = memory.users.iter().map(|(key, facts)| (key.clone(), Facts::from(facts))).collect();
        Self { format: FORMAT, users }
    }
}

impl From<&UserFacts> for Facts {
    fn from(facts: &UserFacts) -> Self {
        let UserFacts { device, account, roles_with_mfa } = facts.clone();
        Self { device, account, roles_with_mfa }
    }
}

impl From<State> for Memory {
    fn from(state: State) -> Self {
        let facts = |Facts { device, account, roles_with_mfa }| UserFacts { device, account, roles_with_mfa };
        Self { users: state.users.into_iter().map(|(key, value)| (key, facts(value))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn memory() -> Memory {
        let facts = UserFacts {
            device: Some("arn:aws:iam::111122223333:mfa/alice".into()),
            account: None,
            roles_with_mfa: ["arn:aws:iam::111122223333:role/admin".to_owned()].into(),
        };
        Memory { users: [("AKIAIOSFODNN7EXAMPLE".to_owned(), facts)].into() }
    }

    #[test]
    fn what_is_saved_is_loaded_and_is_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path().join("a/b"));
        assert_eq!(store.load(), Memory::default());
        store.save(&memory());
        store.save(&memory());
        assert_eq!(store.load(), memory());
        assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(directory.path().join("a/b")).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn a_damaged_file_is_set_aside() {
        for text in ["", "{", "[]", r#"{"format":2,"users":{}}"#, "\u{fffd}"] {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::new(directory.path().to_owned());
            fs::write(store.path(), text).unwrap();
            assert_eq!(store.load(), Memory::default());
            assert_eq!(fs::read_to_string(directory.path().join("state.json.damaged")).unwrap(), text);
            assert!(!store.path().exists());
        }
    }

    #[test]
    fn a_directory_that_cannot_be_used_is_not_fatal() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let store = Store::new(file.join("below"));
        store.save(&memory());
        assert_eq!(store.load(), Memory::default());
    }
}
