//! The files in which the AWS CLI keeps sign-ins, so that every AWS program can use and renew them. What is renewed is
//! written back, as the SDKs do; what is not understood stays as it is.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use awsd_core::event::Failure;
use awsd_core::time::Wall;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::moment;
use crate::regular;

/// Larger than any such file.
const MAX_FILE: usize = 256 * 1024;

/// A sign-in as the file has it.
pub(super) struct Kept {
    path: PathBuf,
    fields: Map<String, Value>,
}

impl Kept {
    /// Reads the file. One that is not there, or is not what it should be, is for a new sign-in to replace.
    pub(super) fn read(path: PathBuf) -> Result<Self, Failure> {
        let text = match regular::read(&path, MAX_FILE) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Failure::SignIn("has not been made yet".to_owned()));
            }
            Err(error) => {
                let why = regular::reason(&error);
                return Err(Failure::Source(format!("{} cannot be read: {why}", path.display())));
            }
        };
        let fields = serde_json::from_slice(&text).map_err(|_quotes_it| broken(&path))?;
        Ok(Self { path, fields })
    }

    /// A text at the top, or one level below.
    pub(super) fn text(&self, group: Option<&str>, key: &str) -> Option<&str> {
        let fields = match group {
            Some(group) => self.fields.get(group)?.as_object()?,
            None => &self.fields,
        };
        fields.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// A text that has to be there.
    pub(super) fn needed(&self, group: Option<&str>, key: &str) -> Result<&str, Failure> {
        self.text(group, key).ok_or_else(|| broken(&self.path))
    }

    /// A moment that has to be there.
    pub(super) fn end(&self, group: Option<&str>, key: &str) -> Result<Wall, Failure> {
        moment(self.needed(group, key)?).ok_or_else(|| broken(&self.path))
    }

    /// Changes a text.
    pub(super) fn set(&mut self, group: Option<&str>, key: &str, text: &str) {
        let fields = match group.map(|group| self.fields.get_mut(group).and_then(Value::as_object_mut)) {
            Some(Some(below)) => below,
            Some(None) => return,
            None => &mut self.fields,
        };
        fields.insert(key.to_owned(), Value::String(text.to_owned()));
    }

    /// Writes the file again, all at once: other programs read it.
    pub(super) fn write(&self) -> io::Result<()> {
        let text = Zeroizing::new(serde_json::to_vec(&self.fields)?);
        let new = self.path.with_extension(format!("awsd-{}", std::process::id()));
        let written = write_new(&new, &text).and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            let _never_made = fs::remove_file(&new);
        }
        written
    }
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    // What an earlier attempt left behind is nobody's.
    let _usually_none = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)
}

fn broken(path: &Path) -> Failure {
    Failure::SignIn(format!("cannot be read from {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn kept(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn what_is_renewed_is_written_and_all_else_stays() {
        let (directory, path) = kept(r#"{"accessToken":"old","more":{"a":[1]},"in":{"x":"y"}}"#);
        let mut file = Kept::read(path.clone()).unwrap();
        file.set(None, "accessToken", "new");
        file.set(Some("in"), "x", "z");
        file.write().unwrap();
        let read = Kept::read(path.clone()).unwrap();
        assert_eq!(read.text(None, "accessToken"), Some("new"));
        assert_eq!(read.text(Some("in"), "x"), Some("z"));
        assert_eq!(read.fields["more"], serde_json::json!({ "a": [1] }));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_there_or_not_right_wants_a_sign_in() {
        let (directory, path) = kept("hunter2");
        let refused = |path| match Kept::read(path) {
            Err(Failure::SignIn(why)) => why,
            _ => panic!("it was read"),
        };
        assert!(!refused(path).contains("hunter2"));
        assert_eq!(refused(directory.path().join("none")), "has not been made yet");
        let (_directory, path) = kept(r#"{"expiresAt":"soon"}"#);
        assert!(matches!(Kept::read(path).unwrap().end(None, "expiresAt"), Err(Failure::SignIn(_))));
    }
}
