//! Rules that are read off the sources themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// A file that is longer does more than one thing. Comments and blank lines do not count: explaining costs nothing.
const LINES: usize = 400;

/// Where our sources are.
const ROOMS: [&str; 4] = ["client", "daemon", "proto", "tests"];

/// The files that put the daemon together; only they may name concrete adapters.
const WIRING: [&str; 4] = ["main.rs", "life.rs", "machine.rs", "report.rs"];

/// Marks of work that was left for later.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Lines that are neither blank nor only a comment.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"))
    }
}

/// Every source below a directory of the workspace.
fn sources(directory: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(directory), &mut found);
    assert!(!found.is_empty(), "no sources in {directory}");
    found
}

fn collect(directory: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("a directory of ours") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is UTF-8");
            found.push(Source { path, text });
        }
    }
}

/// The first name of the path below the adapters: `sts` for `sts.rs` and for everything in `sts/`.
fn adapter(source: &Source) -> Option<String> {
    let below = source.path.strip_prefix(root().join("daemon/src/adapters")).ok()?;
    let first = Path::new(below.components().next()?.as_os_str()).file_stem()?;
    Some(first.to_str()?.to_owned())
}

#[test]
fn adapters_never_import_each_other() {
    let adapters = sources("daemon/src/adapters");
    let names: BTreeSet<_> = adapters.iter().filter_map(adapter).filter(|name| name != "mod").collect();
    // An adapter's tests may wire it up with others.
    for source in adapters.iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let own = adapter(source).expect("an adapter");
        // In a file directly below `adapters`, `super` is the room of all adapters; deeper, it is the adapter itself.
        let is_flat = source.path.parent() == Some(root().join("daemon/src/adapters").as_path());
        for other in names.iter().filter(|name| **name != own && own != "mod") {
            let mut spellings = vec![format!("adapters::{other}")];
            spellings.push(if is_flat {
                format!("super::{other}")
            } else {
                format!("super::super::{other}")
            });
            for line in source.code() {
                let spelt = spellings.iter().find(|spelling| line.contains(spelling.as_str()));
                assert_eq!(spelt, None, "{}: {line}", source.path.display());
            }
        }
    }
}

#[test]
fn only_the_wiring_names_adapters() {
    for source in sources("daemon/src") {
        let below = source.path.strip_prefix(root().join("daemon/src")).expect("it was found there");
        if below.starts_with("adapters") || WIRING.iter().any(|wiring| below == Path::new(wiring)) {
            continue;
        }
        let named = source.code().find(|line| line.contains("adapters::"));
        assert_eq!(named, None, "{}", source.path.display());
    }
}

#[test]
fn the_core_reads_no_clock_no_file_and_no_environment() {
    for source in sources("daemon/core/src") {
        for world in ["std::env", "std::fs", "std::io", "std::net", "std::process", "std::thread", "::now()"]
        {
            let named = source.code().find(|line| line.contains(world));
            assert_eq!(named, None, "{}", source.path.display());
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let too_long = |source: &Source| {
        let lines = source.code().count();
        (lines > LINES).then(|| format!("{}: {lines} lines of code", source.path.display()))
    };
    let found: Vec<_> =
        ROOMS.iter().flat_map(|room| sources(room)).filter_map(|source| too_long(&source)).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn nothing_is_left_for_later() {
    for source in ROOMS.iter().flat_map(|room| sources(room)) {
        let mark = UNFINISHED.iter().find(|mark| source.text.contains(**mark));
        assert_eq!(mark, None, "{}", source.path.display());
    }
}

#[test]
fn the_documents_link_to_files_that_are_there() {
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(document)).expect("a document of ours");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with('#') && !link.contains("://")) {
            assert!(root().join(link).exists(), "{document} links to {link}");
        }
    }
}
