//! What was written by everything a test ran, and the search for secrets in it.
//!
//! A finding names the place and the kind, never the secret.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::sandbox::CANARY;

/// As many characters from either end of a secret are a secret: what was cut off still leaks.
const PIECE: usize = 12;

/// Digits of a one-time code.
const CODE_LENGTH: usize = 6;

/// Bytes that something writes while others look at them.
pub(super) type Shared = Arc<Mutex<Vec<u8>>>;

/// Everything that may not hold a secret, and the codes that were typed.
#[derive(Debug, Default)]
pub(super) struct Records(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    outputs: Vec<(String, Shared)>,
    codes: BTreeSet<String>,
    own_files: BTreeSet<PathBuf>,
}

impl Records {
    /// What `name` writes into the returned bytes is looked at in the end.
    pub(super) fn output(&self, name: String) -> Shared {
        let bytes = Shared::default();
        self.lock().outputs.push((name, Arc::clone(&bytes)));
        bytes
    }

    /// Remembers the text if it is a one-time code: it may not get into any log or file.
    pub(super) fn said(&self, text: &str) {
        let text = text.trim();
        if text.len() == CODE_LENGTH && text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.lock().codes.insert(text.to_owned());
        }
    }

    /// A file that the test itself filled with secrets.
    pub(super) fn own_file(&self, path: &Path) {
        self.lock().own_files.insert(path.to_owned());
    }

    /// Looks for the secrets in all outputs, and for secrets and codes in all files below `directory`.
    pub(super) fn leaks(&self, secrets: &[String], directory: &Path) -> Vec<String> {
        let state = self.lock();
        let mut leaks = Vec::new();
        for (name, bytes) in &state.outputs {
            let text = text(&bytes.lock().unwrap_or_else(PoisonError::into_inner));
            leaks.extend(secret_in(&text, secrets).map(|what| format!("{what} in the output of {name}")));
        }
        for path in files(directory).into_iter().filter(|path| !state.own_files.contains(path)) {
            // Gone or closed to us since it was listed: nothing is left to be read.
            let text = text(&fs::read(&path).unwrap_or_default());
            let found = secret_in(&text, secrets).or_else(|| code_in(&text, &state.codes));
            leaks.extend(found.map(|what| format!("{what} in the file {}", path.display())));
        }
        leaks
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn secret_in(text: &str, secrets: &[String]) -> Option<&'static str> {
    let ends =
        |secret: &String| text.contains(&secret[..PIECE]) || text.contains(&secret[secret.len() - PIECE..]);
    if text.contains(CANARY) {
        return Some("a secret");
    }
    secrets.iter().any(ends).then_some("a piece of a secret")
}

/// A code as a word of its own. The fraction of a time stamp is none: it has as many digits, and any value.
fn code_in(text: &str, codes: &BTreeSet<String>) -> Option<&'static str> {
    let is_code = |code: &String| {
        text.match_indices(code.as_str()).any(|(at, _)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + code.len()..].chars().next());
            let in_number = [before, after].iter().flatten().any(char::is_ascii_digit);
            let fraction = before == Some('.') && after == Some('Z');
            !in_number && !fraction
        })
    };
    codes.iter().any(is_code).then_some("a code")
}

/// All regular files below a directory. Links are not followed.
pub(super) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "CANARY+/abcdefghijklmnopqrstuvwxyz0123456";

    fn leaks_of(records: &Records, directory: &Path) -> Vec<String> {
        records.leaks(&[SECRET.to_owned()], directory)
    }

    #[test]
    fn a_secret_or_either_end_of_it_is_found_in_outputs_and_files() {
        let directory = tempfile::tempdir().unwrap();
        for piece in [SECRET, "xx CANARY+/abcd", "pqrstuvwxyz0123456\n"] {
            let records = Records::default();
            records.output("a command".to_owned()).lock().unwrap().extend(piece.bytes());
            assert_eq!(leaks_of(&records, directory.path()).len(), 1, "{piece}");
        }
        let records = Records::default();
        fs::create_dir(directory.path().join("below")).unwrap();
        let file = directory.path().join("below/file");
        fs::write(&file, SECRET).unwrap();
        let leaks = leaks_of(&records, directory.path());
        assert_eq!(leaks, [format!("a secret in the file {}", file.display())]);
        records.own_file(&file);
        assert!(leaks_of(&records, directory.path()).is_empty());
    }

    #[test]
    fn a_code_is_found_in_a_file_and_not_within_a_number_or_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let records = Records::default();
        records.said("123456\n");
        for (line, leaks) in [
            ("code=123456", 1),
            ("123456", 1),
            ("1234567", 0),
            ("0123456", 0),
            ("12:00:00.123456Z started", 0),
        ] {
            fs::write(directory.path().join("log"), line).unwrap();
            assert_eq!(leaks_of(&records, directory.path()).len(), leaks, "{line}");
        }
    }

    #[test]
    fn only_six_digits_are_a_code() {
        let records = Records::default();
        for word in ["12345", "1234567", "12345a", ""] {
            records.said(word);
        }
        assert!(records.lock().codes.is_empty());
    }
}
