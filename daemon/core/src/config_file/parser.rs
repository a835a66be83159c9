//! The parser: one pass over the lines.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;

use super::header::{self, SectionName};
use super::line::{self, Line, NotAProperty};
use super::{File, Kind, MAX_FILE, Origin, Problem, ProblemKind, Property, Section, Value, set};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Keys that only profiles have: a section with one of them was meant as one.
const PROFILE_KEYS: [&str; 5] =
    ["role_arn", "source_profile", "aws_access_key_id", "credential_process", "sso_account_id"];

/// Reads the text of a file; `path` is for messages. Never fails: what cannot be read is a [`Problem`] of its section.
pub fn parse(kind: Kind, path: &str, text: &[u8]) -> File {
    if text.len() > MAX_FILE {
        return File::spoiled(kind, path, ProblemKind::TooLarge);
    }
    let mut parser = Parser {
        file: File::empty(kind, path),
        by_name: HashMap::new(),
        place: Place::BeforeFirstSection,
        pending: Pending::Nothing,
        line: 0,
    };
    for bytes in text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).split(|&byte| byte == b'\n') {
        parser.line += 1;
        parser.read(bytes.strip_suffix(b"\r").unwrap_or(bytes));
    }
    parser.finish()
}

/// Where the parser is.
#[derive(Clone, Copy)]
enum Place {
    BeforeFirstSection,
    /// In the section with this index.
    Section(usize),
}

/// The property that an indented line would continue.
enum Pending<'a> {
    Nothing,
    /// One that could not be read: its continuation lines are part of the same mistake.
    Spoiled,
    Property(Unfinished<'a>),
}

/// A property whose lines are still being collected. Slices of the text, so that no half of a secret is ever copied
/// into memory that nobody wipes.
struct Unfinished<'a> {
    key: String,
    line: u32,
    lines: Vec<&'a str>,
    nested: Vec<Property>,
}

struct Parser<'a> {
    file: File,
    by_name: HashMap<SectionName, usize>,
    place: Place,
    pending: Pending<'a>,
    line: u32,
}

impl<'a> Parser<'a> {
    fn read(&mut self, bytes: &'a [u8]) {
        let Ok(line) = str::from_utf8(bytes) else {
            return self.read_foreign(bytes);
        };
        match line::classify(line) {
            Line::Blank => {}
            Line::Header(line) => self.read_header(line),
            Line::Continuation(line) => self.read_continuation(line),
            Line::Property(line) => self.read_property(line),
        }
    }

    /// A line that is not UTF-8. A header among them ends the section above: its lines are somebody else's.
    fn read_foreign(&mut self, bytes: &[u8]) {
        if matches!(bytes.first(), Some(b'#' | b';')) {
            return;
        }
        self.complete();
        if bytes.first() == Some(&b'[') {
            self.enter(SectionName::Other(String::from_utf8_lossy(bytes).into_owned()));
        }
        self.pending = Pending::Spoiled;
        self.report(ProblemKind::NotUtf8);
    }

    fn read_header(&mut self, line: &str) {
        self.complete();
        match header::read(line, self.file.kind) {
            Ok(name) => {
                let index = self.enter(name);
                let section = &self.file.sections[index];
                let first = section.origin.line;
                if section.name == SectionName::UpperCaseDefault {
                    self.report(ProblemKind::UpperCaseDefault);
                } else if first != self.line {
                    self.report(ProblemKind::DuplicateSection { first });
                }
            }
            Err(broken) => {
                self.enter(broken.probably);
                self.report(ProblemKind::BadHeader);
            }
        }
    }

    fn read_property(&mut self, line: &'a str) {
        self.complete();
        self.pending = Pending::Spoiled;
        if let Place::BeforeFirstSection = self.place {
            return self.report(ProblemKind::NoSection);
        }
        match line::property(line) {
            Err(mistake) => self.report(mistake.into()),
            Ok((key, _)) if !line::is_identifier(&key) => self.report(ProblemKind::OddKey),
            Ok((key, value)) => {
                self.pending = Pending::Property(Unfinished {
                    key,
                    line: self.line,
                    lines: vec![value],
                    nested: Vec::new(),
                });
            }
        }
    }

    fn read_continuation(&mut self, text: &'a str) {
        let origin = self.origin(self.line);
        let mistake = match &mut self.pending {
            Pending::Nothing => Some(ProblemKind::NothingToContinue),
            Pending::Spoiled => None,
            Pending::Property(property) => property.continued(text, origin).err().map(ProblemKind::from),
        };
        if let Some(mistake) = mistake {
            self.report(mistake);
        }
    }

    /// Puts the property whose lines have been collected where it belongs.
    fn complete(&mut self) {
        let Pending::Property(property) = std::mem::replace(&mut self.pending, Pending::Nothing) else {
            return;
        };
        let Place::Section(index) = self.place else { return };
        let (key, line) = (property.key.clone(), property.line);
        let value = property.into_value(self.origin(line));
        let section = &mut self.file.sections[index];
        if let Some(old) = set(&mut section.properties, key.clone(), value) {
            let origin = Origin { line, ..old.clone() };
            let kind = ProblemKind::DuplicateKey { key, first: old.line };
            section.problems.push(Problem { kind, origin });
        }
    }

    fn enter(&mut self, name: SectionName) -> usize {
        let origin = self.origin(self.line);
        let index = *self.by_name.entry(name.clone()).or_insert_with(|| {
            self.file.sections.push(Section { name, origin, properties: Vec::new(), problems: Vec::new() });
            self.file.sections.len() - 1
        });
        self.place = Place::Section(index);
        index
    }

    fn report(&mut self, kind: ProblemKind) {
        let problem = Problem { kind, origin: self.origin(self.line) };
        match self.place {
            Place::Section(index) => self.file.sections[index].problems.push(problem),
            Place::BeforeFirstSection => self.file.problems.push(problem),
        }
    }

    fn origin(&self, line: u32) -> Origin {
        Origin { kind: self.file.kind, file: Arc::clone(&self.file.path), line }
    }

    fn finish(mut self) -> File {
        self.complete();
        for section in &mut self.file.sections {
            let meant_as_profile = section.properties.iter().any(|p| PROFILE_KEYS.contains(&p.key.as_str()));
            if matches!(section.name, SectionName::Other(_)) && meant_as_profile {
                let origin = section.origin.clone();
                section.problems.push(Problem { kind: ProblemKind::NotAProfile, origin });
            }
        }
        self.file
    }
}

impl<'a> Unfinished<'a> {
    fn continued(&mut self, text: &'a str, origin: Origin) -> Result<(), NotAProperty> {
        let is_group = self.lines[0].is_empty();
        if is_group && !line::is_comment(text) {
            let (key, value) = line::nested_property(text)?;
            set(&mut self.nested, key, Value { text: SecretString::from(value), nested: Vec::new(), origin });
        }
        self.lines.push(text);
        Ok(())
    }

    fn into_value(self, origin: Origin) -> Value {
        Value { text: SecretString::from(self.lines.join("\n")), nested: self.nested, origin }
    }
}

impl From<NotAProperty> for ProblemKind {
    fn from(mistake: NotAProperty) -> Self {
        match mistake {
            NotAProperty::NoEquals => Self::NoEquals,
            NotAProperty::NoName => Self::NoName,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> File {
        parse(Kind::Config, "config", text.as_bytes())
    }

    fn profile<'a>(file: &'a File, name: &str) -> &'a Section {
        let name = SectionName::Profile(name.to_owned());
        file.sections.iter().find(|section| section.name == name).expect("the section is there")
    }

    fn lines(section: &Section) -> Vec<(String, String, u32)> {
        let shown = |p: &Property| (p.key.clone(), p.value.text().to_owned(), p.value.origin.line);
        section.properties.iter().map(shown).collect()
    }

    fn row(key: &str, value: &str, line: u32) -> (String, String, u32) {
        (key.to_owned(), value.to_owned(), line)
    }

    fn problems(section: &Section) -> Vec<(ProblemKind, u32)> {
        section.problems.iter().map(|p| (p.kind.clone(), p.origin.line)).collect()
    }

    #[test]
    fn values_keep_their_order_and_their_lines() {
        let file = config("\n# c\n[profile a]\nb = 1\n\na = 2 ; c\r\n[profile b]\nB=3");
        assert_eq!(lines(profile(&file, "a")), [row("b", "1", 4), row("a", "2", 6)]);
        assert_eq!(lines(profile(&file, "b")), [row("b", "3", 8)]);
        assert!(file.problems.is_empty() && file.sections.iter().all(|s| s.problems.is_empty()));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(lines(profile(&config("\u{feff}[profile a]\nb=1"), "a")), [row("b", "1", 2)]);
    }

    #[test]
    fn continued_and_nested_values() {
        let file = config("[profile a]\nb = 1\n  2\n\n\t# 3 \ns3 =\n x = 1\n # c\n\n x = 2\n y = 3 # 4\n");
        let section = profile(&file, "a");
        assert_eq!(section.properties[0].value.text(), "1\n2\n# 3");
        let s3 = &section.properties[1].value;
        assert_eq!(s3.text(), "\nx = 1\n# c\nx = 2\ny = 3 # 4");
        assert_eq!(s3.nested("x").map(|x| (x.text(), x.origin.line)), Some(("2", 10)));
        assert_eq!(s3.nested("y").map(Value::text), Some("3 # 4"));
        assert!(problems(section).is_empty());
    }

    #[test]
    fn a_mistake_spoils_its_own_section_only() {
        let table = [
            ("[profile a]\nnonsense\n", ProblemKind::NoEquals, 2),
            ("[profile a]\nnonsense\n  and more\n", ProblemKind::NoEquals, 2),
            ("[profile a]\n= 1\n", ProblemKind::NoName, 2),
            ("[profile a]\n  b = 1\n", ProblemKind::NothingToContinue, 2),
            ("[profile a]\ns3 =\n  nonsense\n", ProblemKind::NoEquals, 3),
            ("[profile a]\ns3 =\n  = 1\n", ProblemKind::NoName, 3),
            ("[profile a\n", ProblemKind::BadHeader, 1),
            ("[profile a] x\n", ProblemKind::BadHeader, 1),
        ];
        for (text, kind, line) in table {
            let file = config(&format!("{text}[profile good]\nb = 1\n"));
            assert_eq!(problems(profile(&file, "a")), [(kind, line)], "{text}");
            assert!(problems(profile(&file, "good")).is_empty(), "{text}");
            assert_eq!(lines(profile(&file, "good")).len(), 1, "{text}");
        }
    }

    #[test]
    fn lines_before_the_first_section_are_nobodys() {
        let file = config("a = 1\n  b\n[profile a]\n");
        assert_eq!(file.problems.len(), 1);
        assert_eq!((&file.problems[0].kind, file.problems[0].origin.line), (&ProblemKind::NoSection, 1));
        assert!(profile(&file, "a").problems.is_empty());
    }

    #[test]
    fn bytes_that_are_not_utf8() {
        let file =
            parse(Kind::Config, "config", b"[profile a]\nb=\xff\n  c\n# \xff\n[\xff]\nc=1\n[profile b]\nc=2");
        assert_eq!(problems(profile(&file, "a")), [(ProblemKind::NotUtf8, 2)]);
        assert!(lines(profile(&file, "a")).is_empty());
        assert_eq!(lines(profile(&file, "b")), [row("c", "2", 8)]);
    }

    #[test]
    fn what_other_tools_refuse_is_noted() {
        let file = config(
            "[profile a]\nb=1\nB=2\na b=3\n[profile b]\n[profile a]\nc=4\n[DEFAULT]\nd=5\n[DEFAULT]\n[x]\nrole_arn=y",
        );
        let section = profile(&file, "a");
        assert_eq!(lines(section), [row("b", "2", 3), row("c", "4", 7)]);
        let expected = [
            (ProblemKind::DuplicateKey { key: "b".to_owned(), first: 2 }, 3),
            (ProblemKind::OddKey, 4),
            (ProblemKind::DuplicateSection { first: 1 }, 6),
        ];
        assert_eq!(problems(section), expected);
        assert_eq!(
            problems(&file.sections[2]),
            [(ProblemKind::UpperCaseDefault, 8), (ProblemKind::UpperCaseDefault, 10)]
        );
        assert_eq!(problems(&file.sections[3]), [(ProblemKind::NotAProfile, 11)]);
        assert!(section.problems.iter().all(|p| !p.kind.spoils()));
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let mut text = b"[profile a]\n".to_vec();
        text.resize(MAX_FILE, b'#');
        assert_eq!(parse(Kind::Config, "config", &text).sections.len(), 1);
        text.push(b'#');
        let file = parse(Kind::Config, "config", &text);
        assert!(file.sections.is_empty());
        assert_eq!(file.unusable.map(|p| (p.kind, p.origin.line)), Some((ProblemKind::TooLarge, 0)));
    }

    #[test]
    fn debug_output_shows_no_value() {
        let file =
            config("[profile a]\naws_secret_access_key = hunter2\n  hunter3\ns3 =\n x = hunter4\nhunter5\n");
        let shown = format!("{file:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
