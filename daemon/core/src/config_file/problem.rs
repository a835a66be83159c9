//! What can be wrong with a file, in words. Never the text of a line: it may be a secret.

use super::Origin;

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// Where.
    pub origin: Origin,
}

/// What can be wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The file exists and cannot be read.
    Unreadable {
        /// In words.
        reason: String,
    },
    /// The file is larger than [`super::MAX_FILE`].
    TooLarge,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line starts with `[` and is not a section header.
    BadHeader,
    /// The line has no `=`.
    NoEquals,
    /// Nothing stands before the `=`.
    NoName,
    /// An indented line that belongs to nothing.
    NothingToContinue,
    /// A property before the first section.
    NoSection,
    /// A key that already stood in the section; the later one is used.
    DuplicateKey {
        /// Its name.
        key: String,
        /// The line of the first.
        first: u32,
    },
    /// A section that already stood in the file; the two are merged.
    DuplicateSection {
        /// The line of the first.
        first: u32,
    },
    /// A key with characters that keys do not have; it is ignored.
    OddKey,
    /// `[default]` beside `[profile default]`; the former is ignored.
    ReplacedDefault,
    /// `[DEFAULT]`.
    UpperCaseDefault,
    /// A section that looks like a profile and is not one.
    NotAProfile,
}

impl ProblemKind {
    /// Whether the section (or the file) cannot be used; else it can, though not as it may look.
    pub fn spoils(&self) -> bool {
        use ProblemKind as P;
        match self {
            P::Unreadable { .. }
            | P::TooLarge
            | P::NotUtf8
            | P::BadHeader
            | P::NoEquals
            | P::NoName
            | P::NothingToContinue
            | P::NoSection => true,
            P::DuplicateKey { .. }
            | P::DuplicateSection { .. }
            | P::OddKey
            | P::ReplacedDefault
            | P::UpperCaseDefault
            | P::NotAProfile => false,
        }
    }

    /// For programs.
    pub fn code(&self) -> &'static str {
        use ProblemKind as P;
        match self {
            P::Unreadable { .. } => "unreadable-file",
            P::TooLarge => "file-too-large",
            P::NotUtf8 => "not-utf8",
            P::BadHeader | P::NoEquals | P::NoName | P::NothingToContinue | P::NoSection => "malformed-line",
            P::DuplicateKey { .. } => "duplicate-key",
            P::DuplicateSection { .. } => "duplicate-section",
            P::OddKey => "odd-key",
            P::ReplacedDefault => "replaced-default",
            P::UpperCaseDefault => "upper-case-default",
            P::NotAProfile => "not-a-profile",
        }
    }

    /// What is wrong: one sentence, to be read after the file and line.
    pub fn sentence(&self) -> String {
        use ProblemKind as P;
        match self {
            P::Unreadable { reason } => format!("The file cannot be read: {reason}."),
            P::TooLarge => format!("The file is larger than {} MiB.", super::MAX_FILE / (1024 * 1024)),
            P::NotUtf8 => "The line is not UTF-8 text.".to_owned(),
            P::BadHeader => "The line starts a section that does not end with ']'.".to_owned(),
            P::NoEquals => "The line has no '='.".to_owned(),
            P::NoName => "The line has nothing before its '='.".to_owned(),
            P::NothingToContinue => {
                "The line is indented, but there is nothing it could continue.".to_owned()
            }
            P::NoSection => "The line stands before the first section.".to_owned(),
            P::DuplicateKey { key, first } => format!("{key} already stands on line {first}."),
            P::DuplicateSection { first } => format!("The section already stands on line {first}."),
            P::OddKey => "The key has characters that no setting has.".to_owned(),
            P::ReplacedDefault => "[default] stands beside [profile default].".to_owned(),
            P::UpperCaseDefault => "[DEFAULT] is not the default profile.".to_owned(),
            P::NotAProfile => "The section looks like a profile and is none.".to_owned(),
        }
    }

    /// Why it matters: one sentence.
    pub fn reason(&self) -> &'static str {
        use ProblemKind as P;
        match self {
            P::Unreadable { .. } => "Without the file no profile can be resolved reliably.",
            P::TooLarge => "No file of profiles is that large; it is most likely another file.",
            P::NotUtf8 => "AWS's tools cannot read it either.",
            P::BadHeader | P::NoEquals | P::NoName | P::NothingToContinue => {
                "The section's profile cannot be used until it is mended; AWS's tools refuse the whole file."
            }
            P::NoSection => "It belongs to no profile, and AWS's tools refuse the whole file.",
            P::DuplicateKey { .. } | P::DuplicateSection { .. } => {
                "awsd takes the later value; the AWS CLI and boto3 refuse the whole file."
            }
            P::ReplacedDefault => {
                "awsd and most SDKs ignore [default] then; the AWS CLI takes the one that stands last."
            }
            P::UpperCaseDefault => {
                "awsd and most SDKs ignore it; the AWS CLI and boto3 read its lines into every section of the file."
            }
            P::OddKey | P::NotAProfile => "It is ignored.",
        }
    }

    /// What mends it.
    pub fn fix(&self) -> &'static str {
        use ProblemKind as P;
        match self {
            P::Unreadable { .. } => "Make it a file that you can read.",
            P::TooLarge => "Check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.",
            P::NotUtf8 => "Save the file as UTF-8.",
            P::BadHeader | P::NotAProfile => {
                "Write [profile NAME] in the config file, [NAME] in the credentials file."
            }
            P::NoEquals => "Write it as key = value, or remove it.",
            P::NoName => "Write the key before the '=', or remove the line.",
            P::NothingToContinue => "Remove the white space at its beginning.",
            P::NoSection => "Move it below a section header.",
            P::DuplicateKey { .. } => "Keep one of the two lines.",
            P::DuplicateSection { .. } => "Make the two sections one.",
            P::OddKey => "Correct or remove it.",
            P::ReplacedDefault => "Keep one of the two sections.",
            P::UpperCaseDefault => "Write [default], or move the lines to the profiles that need them.",
        }
    }
}
