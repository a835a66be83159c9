//! Generated pairs of files.

use std::fmt;

/// The profiles of every generated pair that no peculiarity touches.
pub(crate) const BYSTANDERS: [&str; 3] = ["before", "after", "keys"];
/// The profile that a peculiarity may touch.
pub(crate) const VICTIM: &str = "victim";

/// The text of both files; bytes, because they need not be UTF-8.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) config: Vec<u8>,
    pub(crate) credentials: Vec<u8>,
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (config, credentials) = (self.config.escape_ascii(), self.credentials.escape_ascii());
        write!(f, "config: {config}\ncredentials: {credentials}")
    }
}

impl Files {
    /// With one piece of the config file replaced.
    pub(crate) fn config_with(&self, old: &str, new: &[u8]) -> Self {
        Self { config: replaced(&self.config, old, new), credentials: self.credentials.clone() }
    }

    /// With one piece of the credentials file replaced.
    pub(crate) fn credentials_with(&self, old: &str, new: &[u8]) -> Self {
        Self { config: self.config.clone(), credentials: replaced(&self.credentials, old, new) }
    }
}

fn replaced(text: &[u8], old: &str, new: &[u8]) -> Vec<u8> {
    let at = text.windows(old.len()).position(|piece| piece == old.as_bytes()).expect("the piece is there");
    [&text[..at], new, &text[at + old.len()..]].concat()
}

/// Files as everybody reads them the same. The header of the victim is `[profile victim]`, its first line `region = ...`.
pub(crate) fn plain(random: &mut fastrand::Rng) -> Files {
    let mut config = String::new();
    let mut credentials = String::new();
    if random.bool() {
        config.push_str("# settings\n\n");
    }
    for name in ["before", VICTIM, "after"] {
        config.push_str(&format!("[profile {name}]\n"));
        if name == VICTIM {
            config.push_str("region = eu-central-1\n");
        }
        lines(&mut config, random, if name == VICTIM { "victim-" } else { "" });
        if random.u8(..4) == 0 {
            credentials.push_str(&format!("[{name}]\n"));
            key(&mut credentials, random);
        }
    }
    if random.bool() {
        credentials.push_str("[default]\noutput = json\n");
    }
    if random.bool() {
        config.push_str("[plugins]\nx = y\n[toolkit settings]\nz = 1\n");
    }
    credentials.push_str("[keys]\n");
    key(&mut credentials, random);
    Files { config: config.into_bytes(), credentials: credentials.into_bytes() }
}

/// Some lines of a profile, each key once.
fn lines(text: &mut String, random: &mut fastrand::Rng, prefix: &str) {
    let candidates = [
        ("output", "json"),
        ("role_arn", "arn:aws:iam::111122223333:role/a+b=c,d.e@f-g"),
        ("source_profile", "keys"),
        ("mfa_serial", "arn:aws:iam::111122223333:mfa/alice"),
        ("external_id", "a#b;c=d:e/f=="),
        ("Duration_Seconds", "3600"),
        ("s3", "\n  max_queue_size = 10\n\tuse_accelerate_endpoint=true"),
        ("cli_pager", ""),
        ("note", "käse"),
        ("endpoint_url", "http://127.0.0.1:5555/?a=b&c=d"),
    ];
    for (key, value) in candidates {
        let separator = ["=", " = ", "= ", " =\t"][random.usize(..4)];
        match random.u8(..6) {
            0 | 1 => text.push_str(&format!("{prefix}{key}{separator}{value}\n")),
            2 => text.push_str("\n; comment\n"),
            _ => {}
        }
    }
}

fn key(text: &mut String, random: &mut fastrand::Rng) {
    let secret: String = std::iter::repeat_with(|| random.alphanumeric()).take(38).collect();
    let ending = if random.bool() { "=" } else { "" };
    text.push_str(&format!(
        "aws_access_key_id = AKIA{}\naws_secret_access_key = {secret}/+{ending}\n",
        random.u32(..)
    ));
}
