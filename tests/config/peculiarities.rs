//! What files have that not everybody reads the same: the one list of known differences, with their reasons.

use crate::files::Files;

/// How another reader takes a peculiarity.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// As awsd does, to the last key.
    Agrees,
    /// It reads nothing of the file; awsd reads the other profiles as if the peculiarity were not there.
    Refuses(&'static str),
    /// It reads the profile otherwise; the other profiles the same.
    Differs(&'static str),
    /// It reads every profile of the file otherwise; awsd does not.
    DiffersEverywhere(&'static str),
}

use Outcome::{Agrees, Differs, DiffersEverywhere, Refuses};

/// One peculiarity.
pub(crate) struct Peculiarity {
    pub(crate) name: &'static str,
    /// Writes it into plain files.
    pub(crate) write: fn(&Files, &mut fastrand::Rng) -> Files,
    pub(crate) sdk: Outcome,
    pub(crate) botocore: Outcome,
}

const HEADER: &str = "[profile victim]\n";
const LINE: &str = "region = eu-central-1\n";
const SPOILED: &str =
    "one unreadable line makes it refuse the file; awsd refuses the profile, the others keep working";
const OWN_NAMES: &str = "it drops names with other characters; botocore has them, so people use them";
const INI: &str =
    "its parser is Python's for INI files, which takes this differently from the grammar of the SDKs";

macro_rules! peculiarity {
    ($name:literal, $write:expr, $sdk:expr, $botocore:expr) => {
        Peculiarity { name: $name, write: $write, sdk: $sdk, botocore: $botocore }
    };
}

/// Writes something in place of the victim's header.
macro_rules! header {
    ($text:expr) => {
        |files, _| files.config_with(HEADER, $text)
    };
}

/// Writes something in place of the victim's line.
macro_rules! line {
    ($text:expr) => {
        |files, _| files.config_with(LINE, $text)
    };
}

/// Every peculiarity.
pub(crate) const ALL: &[Peculiarity] = &[
    // Lines.
    peculiarity!(
        "inline comment",
        line!(b"region = eu-central-1 # c\n"),
        Agrees,
        Differs("it keeps the comment")
    ),
    peculiarity!(
        "inline comment after a tab",
        line!(b"region = eu-central-1\t; c\n"),
        Agrees,
        Differs("it keeps it")
    ),
    peculiarity!("no comment without white space", line!(b"region = eu#central;1\n"), Agrees, Agrees),
    peculiarity!("upper-case key", line!(b"REGION = eu-central-1\n"), Agrees, Agrees),
    peculiarity!("white space around everything", line!(b"region\t =  eu-central-1 \t\n"), Agrees, Agrees),
    peculiarity!("no-break space", line!("region =\u{a0}eu-central-1\n".as_bytes()), Agrees, Differs(INI)),
    peculiarity!("colon", line!(b"colon : x\n"), Refuses(SPOILED), Differs(INI)),
    peculiarity!("no equals sign", line!(b"region\n"), Refuses(SPOILED), Refuses(SPOILED)),
    peculiarity!("no key", line!(b"= x\n"), Refuses(SPOILED), Refuses(SPOILED)),
    peculiarity!("odd key", line!(b"a b = c\n"), Agrees, Differs("it has keys with spaces")),
    peculiarity!("key twice", line!(b"region = a\nregion = b\n"), Agrees, Refuses("it takes no key twice")),
    peculiarity!(
        "key twice by case",
        line!(b"region = a\nRegion = b\n"),
        Agrees,
        Refuses("it takes no key twice")
    ),
    // Continuation and nesting.
    peculiarity!("continuation", line!(b"region = a\n  b\n\tc\n"), Agrees, Agrees),
    peculiarity!(
        "comment in a continuation",
        line!(b"region = a\n  # b\n"),
        Agrees,
        Differs("it drops the comment")
    ),
    peculiarity!("indented second key", line!(b"region = a\n  output = b\n"), Agrees, Agrees),
    peculiarity!("indented first key", line!(b"  region = a\n"), Refuses(SPOILED), Differs(INI)),
    peculiarity!("nested without equals sign", line!(b"s3 =\n  a\n"), Refuses(SPOILED), Refuses(SPOILED)),
    peculiarity!(
        "nested without key",
        line!(b"s3 =\n  = a\n"),
        Refuses(SPOILED),
        Differs("it has empty keys")
    ),
    peculiarity!(
        "comment between nested",
        line!(b"s3 =\n  # b\n  a = b\n"),
        Refuses("it takes it for a value"),
        Agrees
    ),
    peculiarity!("nested comment-like value", line!(b"s3 =\n  a = b # c\n"), Agrees, Agrees),
    // Headers.
    peculiarity!("comment after a header", header!(b"[profile victim] # c\n"), Agrees, Agrees),
    peculiarity!("comment close to a header", header!(b"[profile victim];c\n"), Agrees, Agrees),
    peculiarity!(
        "spaces in a header",
        header!(b"[  profile  victim\t]\n"),
        Agrees,
        Differs("it sees no profile")
    ),
    peculiarity!("double quotes", header!(b"[profile \"a b\"]\n"), Differs(OWN_NAMES), Agrees),
    peculiarity!("single quotes", header!(b"[profile 'victim']\n"), Differs(OWN_NAMES), Agrees),
    peculiarity!("other characters", header!("[profile käse*]\n".as_bytes()), Differs(OWN_NAMES), Agrees),
    peculiarity!("open quote", header!(b"[profile o'brien]\n"), Agrees, Agrees),
    peculiarity!("two words", header!(b"[profile a b]\n"), Agrees, Agrees),
    peculiarity!("no space", header!(b"[profilevictim]\n"), Agrees, Agrees),
    peculiarity!("no prefix", header!(b"[victim]\n"), Agrees, Agrees),
    peculiarity!("no closing bracket", header!(b"[profile victim\n"), Refuses(SPOILED), Refuses(SPOILED)),
    peculiarity!(
        "text after a header",
        header!(b"[profile victim] x\n"),
        Refuses(SPOILED),
        Differs("it ignores it")
    ),
    peculiarity!(
        "profile twice",
        header!(b"[profile victim]\nx = 1\n[profile victim]\n"),
        Agrees,
        Refuses(INI)
    ),
    peculiarity!("plain default", header!(b"[default]\nx = 1\n[profile victim]\n"), Agrees, Agrees),
    peculiarity!(
        "prefixed default",
        header!(b"[profile default]\nx = 1\n[profile victim]\n"),
        Agrees,
        Agrees
    ),
    peculiarity!(
        "both defaults",
        header!(b"[profile default]\nx = 1\n[default]\ny = 2\n[profile victim]\n"),
        Agrees,
        Differs("it takes the one that stands last")
    ),
    peculiarity!(
        "upper-case default",
        header!(b"[DEFAULT]\nleak = 1\n[profile victim]\n"),
        Agrees,
        DiffersEverywhere("its lines are read into every section")
    ),
    // Files.
    peculiarity!("line before any section", before_everything, Refuses(SPOILED), Refuses(SPOILED)),
    peculiarity!(
        "byte-order mark",
        byte_order_mark,
        Refuses("it takes the mark for text"),
        Refuses("likewise")
    ),
    peculiarity!("CRLF", crlf, Agrees, Agrees),
    peculiarity!(
        "not UTF-8",
        line!(b"region = \xff\n"),
        Refuses("the file is not text"),
        Refuses("likewise")
    ),
    peculiarity!(
        "profile prefix in the credentials",
        prefixed_credentials,
        Agrees,
        Differs("it is part of the name")
    ),
    peculiarity!("space in the credentials", spaced_credentials, Differs(OWN_NAMES), Agrees),
    peculiarity!("role in the credentials", role_in_credentials, Agrees, Agrees),
];

fn before_everything(files: &Files, _: &mut fastrand::Rng) -> Files {
    Files { config: [b"region = x\n", files.config.as_slice()].concat(), ..files.clone() }
}

fn byte_order_mark(files: &Files, _: &mut fastrand::Rng) -> Files {
    Files { config: [b"\xef\xbb\xbf[default]\n", files.config.as_slice()].concat(), ..files.clone() }
}

fn crlf(files: &Files, random: &mut fastrand::Rng) -> Files {
    let mut config = Vec::new();
    for line in files.config.split_inclusive(|&byte| byte == b'\n') {
        let ending: &[u8] = if random.bool() { b"\r\n" } else { b"\n" };
        config.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        config.extend_from_slice(ending);
    }
    Files { config, ..files.clone() }
}

fn prefixed_credentials(files: &Files, _: &mut fastrand::Rng) -> Files {
    files.credentials_with("[keys]\n", b"[profile x]\nregion = y\n[keys]\n")
}

fn spaced_credentials(files: &Files, _: &mut fastrand::Rng) -> Files {
    files.credentials_with("[keys]\n", b"[x y]\nregion = y\n[keys]\n")
}

fn role_in_credentials(files: &Files, _: &mut fastrand::Rng) -> Files {
    files.credentials_with("[keys]\n", b"[x]\nrole_arn = y\nsource_profile = keys\n[keys]\n")
}
