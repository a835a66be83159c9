//! The text of `~/.aws/config` and `~/.aws/credentials`, as sections of values that know where they stand.
//!
//! The grammar is the one the AWS SDKs share, with these liberties: a byte-order mark is skipped, profile names may be
//! quoted (or hold characters that botocore accepts), and a line that cannot be read spoils only the section it stands
//! in: a typo at the end of a file must not take every other profile with it. Every value keeps its file and line.
//!
//! This module reads bytes that somebody else fetched. It never opens a file, never resolves a profile, and never puts
//! the text of a line into a message: the line it cannot read may hold a secret.

mod header;
mod line;
mod parser;
mod problem;
mod profiles;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

pub use header::SectionName;
pub use parser::parse;
pub use problem::{Problem, ProblemKind};
pub use profiles::{Profile, Profiles};

/// The largest file that is read. The largest real ones have a few thousand profiles, well under 1 MiB.
pub const MAX_FILE: usize = 8 * 1024 * 1024;

/// Which of the two files; they name their sections differently, and the credentials file wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `~/.aws/config`
    Config,
    /// `~/.aws/credentials`
    Credentials,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Which of the two files.
    pub kind: Kind,
    /// Its path, for messages.
    pub file: Arc<str>,
    /// Counted from 1; 0 is the file as a whole.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// A value and where it stands. Any value may be a secret, so none is shown by `Debug` and all are wiped on drop.
#[derive(Clone)]
pub struct Value {
    text: SecretString,
    nested: Vec<Property>,
    /// The line of the key.
    pub origin: Origin,
}

impl Value {
    /// The text. Lines of a continued value are joined with `\n`.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// The indented `key = value` lines below a key that has no value of its own.
    pub fn nested(&self, key: &str) -> Option<&Value> {
        find(&self.nested, key)
    }

    /// All of these lines.
    pub fn all_nested(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nested.iter().map(|property| (property.key.as_str(), property.value.text()))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.origin)
    }
}

/// A key, in lower case, and its value.
#[derive(Debug, Clone)]
pub struct Property {
    /// In lower case.
    pub key: String,
    /// What stands after the `=`.
    pub value: Value,
}

/// A section of one file; sections of the same name in one file have been merged.
#[derive(Debug, Clone)]
pub struct Section {
    /// What the header says.
    pub name: SectionName,
    /// The line of the (first) header.
    pub origin: Origin,
    /// In the order of the file; of a repeated key the last value, in the first place.
    pub properties: Vec<Property>,
    /// What is wrong with this section's lines.
    pub problems: Vec<Problem>,
}

/// One file, read.
#[derive(Debug, Clone)]
pub struct File {
    /// Which of the two.
    pub kind: Kind,
    /// Its path, for messages.
    pub path: Arc<str>,
    /// In the order of the file.
    pub sections: Vec<Section>,
    /// What is wrong outside of any section that could be named.
    pub problems: Vec<Problem>,
    /// Whether there is such a file.
    pub exists: bool,
    /// Why nothing of this file can be trusted: it could not be read, or is too large.
    pub unusable: Option<Problem>,
}

impl File {
    /// A file that does not exist: nearly the same as an empty one.
    pub fn missing(kind: Kind, path: &str) -> Self {
        Self { exists: false, ..Self::empty(kind, path) }
    }

    fn empty(kind: Kind, path: &str) -> Self {
        let (sections, problems) = (Vec::new(), Vec::new());
        Self { kind, path: path.into(), sections, problems, exists: true, unusable: None }
    }

    /// A file that exists but cannot be read, with the reason in words (`it is a directory`).
    pub fn unreadable(kind: Kind, path: &str, reason: &str) -> Self {
        Self::spoiled(kind, path, ProblemKind::Unreadable { reason: reason.to_owned() })
    }

    fn spoiled(kind: Kind, path: &str, problem: ProblemKind) -> Self {
        let file = Self::empty(kind, path);
        let origin = Origin { kind, file: Arc::clone(&file.path), line: 0 };
        Self { unusable: Some(Problem { kind: problem, origin }), ..file }
    }
}

/// The value of a key.
fn find<'a>(properties: &'a [Property], key: &str) -> Option<&'a Value> {
    properties.iter().find(|property| property.key == key).map(|property| &property.value)
}

/// Sets a key, in the place where it stood before if it did. Returns where it stood.
fn set(properties: &mut Vec<Property>, key: String, value: Value) -> Option<Origin> {
    if let Some(old) = properties.iter_mut().find(|property| property.key == key) {
        return Some(std::mem::replace(&mut old.value, value).origin);
    }
    properties.push(Property { key, value });
    None
}
