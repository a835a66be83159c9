//! The files as wholes: there or not, readable or not, how large, and what is said about each.

use awsd_core::config_file::{File, Kind, Origin, ProblemKind, Profiles, parse};
use awsd_core::plan::{Environment, Finding, Severity, findings, plan};
use proptest::prelude::*;

use crate::request;

/// How a file is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Missing,
    /// It cannot be opened.
    Unreadable,
    Empty,
    /// One of its lines cannot be read.
    Broken,
}

/// A path, and whether a file that stands there usually is the one that it is taken for.
type Path = (&'static str, bool);

const CONFIG_PATHS: [Path; 4] =
    [("/h/.aws/config", true), ("/h/.aws/credentials", false), ("/work.ini", false), ("", false)];
const CREDENTIALS_PATHS: [Path; 4] =
    [("/h/.aws/credentials", true), ("/h/.aws/config", false), ("/keys.ini", false), ("", false)];

const REASON: &str = "it is a directory";

/// One of the two files.
#[derive(Debug, Clone, Copy)]
struct Place {
    kind: Kind,
    path: &'static str,
    usual: bool,
    found: Found,
}

fn place(kind: Kind, paths: [Path; 4]) -> impl Strategy<Value = Place> {
    let found = vec![Found::Missing, Found::Missing, Found::Unreadable, Found::Empty, Found::Broken];
    let parts = (prop::sample::select(paths.to_vec()), prop::sample::select(found));
    parts.prop_map(move |((path, usual), found)| Place { kind, path, usual, found })
}

fn places() -> impl Strategy<Value = [Place; 2]> {
    [place(Kind::Config, CONFIG_PATHS), place(Kind::Credentials, CREDENTIALS_PATHS)]
}

impl Place {
    fn file(self) -> File {
        match self.found {
            Found::Missing => File::missing(self.kind, self.path),
            Found::Unreadable => File::unreadable(self.kind, self.path, REASON),
            Found::Empty => parse(self.kind, self.path, b""),
            Found::Broken => parse(self.kind, self.path, b"nonsense"),
        }
    }

    fn origin(self, line: u32) -> Origin {
        Origin { kind: self.kind, file: self.path.into(), line }
    }

    fn is(self, found: Found) -> bool {
        self.found == found
    }
}

fn read([config, credentials]: [Place; 2]) -> Profiles {
    Profiles::merge(config.file(), credentials.file())
}

fn first(places: [Place; 2], found: Found) -> Option<Place> {
    places.into_iter().find(|place| place.is(found))
}

/// Those that were looked for and are not there.
fn absent(places: [Place; 2]) -> Vec<Place> {
    places.into_iter().filter(|place| place.is(Found::Missing) && !place.path.is_empty()).collect()
}

/// What a person is told who asks for a profile.
fn refusal(places: [Place; 2]) -> String {
    if let Some(place) = first(places, Found::Unreadable) {
        let at = if place.path.is_empty() { String::new() } else { place.path.to_owned() };
        return format!("{at}: Profile 'p' cannot be used. The file cannot be read: {REASON}.");
    }
    let paths: Vec<_> = absent(places).iter().map(|place| place.path).collect();
    let why = if places.iter().any(|place| !place.is(Found::Missing)) {
        let broken = first(places, Found::Broken);
        broken.map_or(String::new(), |place| format!(", but lines of {} cannot be read", place.path))
    } else {
        match paths[..] {
            [] => ": nothing says where the AWS files are".to_owned(),
            [path] => format!(": {path} does not exist"),
            _ => format!(": none of these exists: {}", paths.join(", ")),
        }
    };
    format!("There is no profile 'p'{why}.")
}

/// The codes of what is said about the files, with their places.
fn expected_findings(places: [Place; 2]) -> Vec<(&'static str, Severity, Origin)> {
    let nothing_there = places.iter().all(|place| place.is(Found::Missing));
    let mut expected = Vec::new();
    // The first file that cannot be read is enough to stop at.
    let unreadable = first(places, Found::Unreadable);
    expected.extend(unreadable.map(|place| ("unreadable-file", Severity::Error, place.origin(0))));
    for place in places.into_iter().filter(|place| place.is(Found::Broken)) {
        expected.push(("malformed-line", Severity::Error, place.origin(1)));
    }
    for place in absent(places).into_iter().filter(|place| nothing_there || !place.usual) {
        expected.push(("missing-file", Severity::Warning, place.origin(0)));
    }
    expected
}

fn by_place(findings: &mut [(&'static str, Severity, Origin)]) {
    findings
        .sort_by_key(|(_, _, origin)| (origin.file.clone(), origin.line, origin.kind == Kind::Credentials));
}

proptest! {
    #[test]
    fn it_is_known_which_files_there_are(places in places()) {
        let profiles = read(places);
        prop_assert_eq!(profiles.exist(), !places.iter().all(|place| place.is(Found::Missing)));
        let missing: Vec<_> = absent(places).iter().map(|place| place.origin(0)).collect();
        prop_assert_eq!(profiles.missing(), missing);
        let unusable = profiles.unusable().map(|problem| (problem.kind.clone(), problem.origin.clone()));
        let kind = ProblemKind::Unreadable { reason: REASON.to_owned() };
        prop_assert_eq!(unusable, first(places, Found::Unreadable).map(|place| (kind, place.origin(0))));
    }

    #[test]
    fn who_asks_for_a_profile_is_told_what_may_lie_behind_its_absence(places in places()) {
        let error = plan(&read(places), &request("p")).expect_err("there are no profiles");
        prop_assert_eq!(error.to_string(), refusal(places));
        let fix = error.finding().fix;
        if places.iter().all(|place| place.is(Found::Missing)) {
            prop_assert!(fix.contains("HOME") && fix.contains("AWS_CONFIG_FILE"), "{}", fix);
        } else if first(places, Found::Unreadable).is_none() {
            prop_assert_eq!(fix.contains("doctor"), first(places, Found::Broken).is_some());
        }
    }

    #[test]
    fn doctor_tells_of_each_file_once_and_of_missing_ones_that_matter(places in places()) {
        let found = findings(&read(places), &Environment::default());
        let told = |f: &Finding| (f.code, f.severity, f.origin.clone().expect("a place"));
        let (mut said, mut expected) = (found.iter().map(told).collect::<Vec<_>>(), expected_findings(places));
        by_place(&mut said);
        by_place(&mut expected);
        prop_assert_eq!(said, expected);
        for finding in &found {
            let origin = finding.origin.as_ref().expect("a place");
            prop_assert_eq!(finding.file(), Some(&*origin.file));
            prop_assert_eq!(finding.line(), (origin.line > 0).then_some(origin.line));
            let variable = match origin.kind {
                Kind::Config => "check AWS_CONFIG_FILE",
                Kind::Credentials => "check AWS_SHARED_CREDENTIALS_FILE",
            };
            prop_assert_eq!(finding.fix.contains(variable), finding.code == "missing-file");
        }
    }

    #[test]
    fn places_are_written_as_other_tools_write_them(file in "[a-zA-Z0-9/._ :-]{0,20}", line in 1_u32..) {
        let at = |line| Origin { kind: Kind::Config, file: file.as_str().into(), line }.to_string();
        prop_assert_eq!(at(line), format!("{file}:{line}"));
        prop_assert_eq!(at(0), file);
    }
}

/// 8 MiB are read, a byte more is another file than the one that was meant.
#[test]
fn the_largest_file_that_is_read() {
    const LARGEST: usize = 8 << 20;
    let mut text = b"[profile a]\n".to_vec();
    for (length, is_read) in
        [(LARGEST - 1, true), (LARGEST, true), (LARGEST + 1, false), (LARGEST + 2, false)]
    {
        text.resize(length, b'#');
        let file = parse(Kind::Config, "config", &text);
        assert_eq!(
            (file.sections.len(), file.unusable.is_none()),
            (usize::from(is_read), is_read),
            "{length}"
        );
        let Some(problem) = file.unusable else { continue };
        assert_eq!((problem.kind.code(), problem.origin.to_string().as_str()), ("file-too-large", "config"));
        assert_eq!(problem.kind.sentence(), "The file is larger than 8 MiB.");
    }
}
