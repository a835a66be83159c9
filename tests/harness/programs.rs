//! Where the programs are that the tests run.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The directory that the programs under test were built into: the one above that of the running test.
///
/// # Panics
/// Where a program is missing.
pub fn directory() -> PathBuf {
    let test = env::current_exe().expect("this program has a path");
    let directory = test.ancestors().nth(2).expect("tests are two directories down").to_owned();
    for program in ["awsd", "awsd-daemon", "awsd-test-session"] {
        let path = directory.join(program);
        assert!(
            path.is_file(),
            "{} is missing; build what is tested first: cargo build -p awsd -p awsd-daemon -p awsd-tests",
            path.display()
        );
    }
    directory
}

/// The real AWS CLI: `AWSD_TEST_AWS`, else `aws` in the search path. `None`, after saying so, where there is none.
pub fn aws() -> Option<PathBuf> {
    found("AWSD_TEST_AWS", "aws")
}

/// A program: from the variable if it is set, else from the search path. `None`, after saying so, where there is none.
pub fn found(variable: &str, name: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    let program = set.or_else(|| in_search_path(name));
    if program.is_none() {
        skipped(&format!("there is no {name} in PATH, and {variable} is not set"));
    }
    program
}

/// The directory that a package was unpacked into. `None`, after saying so, where it was not.
pub fn unpacked(variable: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if set.is_none() {
        skipped(&format!("{variable} is not set"));
    }
    set
}

/// Says that the rest of this test was skipped. The test command counts these lines.
#[allow(clippy::print_stdout, reason = "the test runner shows it together with the test")]
pub fn skipped(reason: &str) {
    println!("SKIPPED: {reason}");
}

/// A program in the search path of the tests.
pub(super) fn in_search_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|program| Path::is_file(program))
}
