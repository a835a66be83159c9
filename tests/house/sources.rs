//! Rules that are read off the sources themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::paths::{Named, paths};
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

    /// Its code without the tests that stand at its end.
    fn product(&self) -> impl Iterator<Item = &str> {
        self.code().take_while(|line| *line != "mod tests {")
    }

    /// Its module below `daemon/src`.
    fn module(&self) -> Named {
        let below = self.path.strip_prefix(root().join("daemon/src")).expect("a source of the daemon");
        let names = below.with_extension("");
        let names = names.iter().map(|name| name.to_str().expect("a name").to_owned());
        names.filter(|name| name != "mod").collect()
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

/// What a path names, counted from `daemon/src`; `None` where that is not in sight.
fn resolved(path: &[String], module: &[String]) -> Option<Named> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([&module[..module.len().checked_sub(supers)?], &path[supers..]].concat()),
        _ => path.iter().position(|name| name == "adapters").map(|at| path[at..].to_vec()),
    }
}

/// Whether a path leads from an adapter to another one, or to the room of all of them.
fn leaves_the_adapter(path: &[String], module: &[String], adapters: &BTreeSet<String>) -> bool {
    let Some(resolved) = resolved(path, module) else { return false };
    match &resolved[..] {
        [room] => room == "adapters" && path.last() == Some(room),
        [room, name, ..] => {
            room == "adapters" && *name != module[1] && (name == "*" || adapters.contains(name))
        }
        [] => false,
    }
}

#[test]
fn adapters_never_import_each_other() {
    let adapters = sources("daemon/src/adapters");
    let names: BTreeSet<_> = adapters.iter().filter_map(adapter).filter(|name| name != "mod").collect();
    for source in adapters.iter().filter(|source| adapter(source).is_some_and(|name| name != "mod")) {
        let module = source.module();
        // An adapter's tests may wire it up with others.
        if module.contains(&"tests".to_owned()) {
            continue;
        }
        let left = paths(source.product()).into_iter().find(|path| leaves_the_adapter(path, &module, &names));
        assert_eq!(left, None, "{}", source.path.display());
    }
}

#[test]
fn a_path_to_another_adapter_is_seen_from_everywhere() {
    let names = BTreeSet::from(["clock".to_owned(), "aws".to_owned()]);
    let names_of = |path: &str| path.split("::").map(str::to_owned).collect::<Named>();
    let leaves = |path, module| leaves_the_adapter(&names_of(path), &names_of(module), &names);
    for path in
        ["super::clock", "super::*", "crate::adapters::clock::now", "adapters::clock", "crate::adapters"]
    {
        assert!(leaves(path, "adapters::aws"), "{path}");
    }
    assert!(leaves("super::super::clock", "adapters::aws::fault"));
    for path in ["super::clock", "super::super::aws", "super", "crate::adapters::aws::fault", "crate::log"] {
        assert!(!leaves(path, "adapters::aws::fault"), "{path}");
    }
}

#[test]
fn only_the_wiring_names_adapters() {
    for source in sources("daemon/src") {
        let below = source.path.strip_prefix(root().join("daemon/src")).expect("it was found there");
        if below.starts_with("adapters") || WIRING.iter().any(|wiring| below == Path::new(wiring)) {
            continue;
        }
        let named = paths(source.code())
            .into_iter()
            .find(|path| path.len() > 1 && path.iter().any(|name| name == "adapters"));
        assert_eq!(named, None, "{}", source.path.display());
    }
}

#[test]
fn the_core_reads_no_clock_no_file_and_no_environment() {
    let world = ["env", "fs", "io", "net", "process", "thread", "*"];
    let touches = |path: &Named| match &path[..] {
        [root, name, ..] if root == "std" && world.contains(&name.as_str()) => true,
        [_, .., last] => last == "now",
        _ => false,
    };
    for source in sources("daemon/core/src") {
        let named = paths(source.code()).into_iter().find(touches);
        assert_eq!(named, None, "{}", source.path.display());
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
    let files = fs::read_dir(root()).expect("the checkout").map(|entry| entry.expect("a file").path());
    let documents: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    assert!(documents.iter().any(|path| path.ends_with("PROTOCOL.md")), "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document of ours");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with('#') && !link.contains("://")) {
            assert!(root().join(link).exists(), "{} links to {link}", document.display());
        }
    }
}
