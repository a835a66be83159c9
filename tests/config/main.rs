//! awsd's reading of the shared files, compared with two other readings of the same files: the AWS SDK for Rust's parser
//! and botocore's parser and credential providers.
//!
//! Files are generated from a seed. Most are plain, and all must agree; the others have exactly one peculiarity of
//! [`peculiarities::ALL`], which says for each of the two whether it agrees and, if not, why not. A difference that is
//! not in that table fails, and so does an entry of the table that is no longer a difference.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test: it stops loudly, says what it skipped, and may allocate"
)]

mod botocore;
mod chains;
mod files;
mod peculiarities;
mod sdk;
mod view;

use std::collections::BTreeSet;

use files::Files;
use peculiarities::{ALL, Outcome, Peculiarity};
use view::{Reading, View};

const SEED: u64 = 20_261_123;
const PLAIN: u64 = 600;
const EACH: u64 = 20;

/// A pair of files without and with a peculiarity.
struct Case {
    plain: Files,
    peculiar: Files,
    of: &'static Peculiarity,
    seed: u64,
}

fn cases() -> Vec<Case> {
    let case = |(of, seed): (&'static Peculiarity, u64)| {
        let mut random = fastrand::Rng::with_seed(seed);
        let plain = files::plain(&mut random);
        let peculiar = (of.write)(&plain, &mut random);
        Case { plain, peculiar, of, seed }
    };
    let numbered =
        ALL.iter().zip(1..).flat_map(|(of, n)| (0..EACH).map(move |i| (of, SEED + n * 10_000 + i)));
    numbered.map(case).collect()
}

fn plain_files() -> Vec<(u64, Files)> {
    let seeds = SEED..SEED + PLAIN;
    seeds.map(|seed| (seed, files::plain(&mut fastrand::Rng::with_seed(seed)))).collect()
}

/// Compares awsd's reading of every file with another one.
fn compare(read: impl Fn(&[Files]) -> Vec<Reading>, expected: fn(&Peculiarity) -> Outcome) {
    let (seeds, plain): (Vec<_>, Vec<_>) = plain_files().into_iter().unzip();
    for ((seed, files), theirs) in seeds.iter().zip(&plain).zip(read(&plain)) {
        assert_eq!(Ok(view::of(files)), theirs, "seed {seed}:\n{files}");
    }
    let cases = cases();
    let theirs_plain = read(&cases.iter().map(|case| case.plain.clone()).collect::<Vec<_>>());
    let theirs_peculiar = read(&cases.iter().map(|case| case.peculiar.clone()).collect::<Vec<_>>());
    let mut different = BTreeSet::new();
    for ((case, theirs_plain), theirs) in cases.iter().zip(theirs_plain).zip(theirs_peculiar) {
        let ours = view::of(&case.peculiar);
        if theirs.as_ref() != Ok(&ours) {
            different.insert(case.of.name);
        }
        check(case, &ours, &theirs_plain, &theirs, expected(case.of));
    }
    let listed = ALL.iter().filter(|of| !matches!(expected(of), Outcome::Agrees)).map(|of| of.name);
    assert_eq!(
        different,
        listed.collect(),
        "the peculiarities with a difference, and those said to have one"
    );
}

fn check(case: &Case, ours: &View, theirs_plain: &Reading, theirs: &Reading, expected: Outcome) {
    let told = || format!("{} (seed {}):\n{}", case.of.name, case.seed, case.peculiar);
    let theirs_plain = theirs_plain.as_ref().expect("plain files are read by everybody");
    match expected {
        Outcome::Agrees => assert_eq!(theirs.as_ref(), Ok(ours), "{}", told()),
        Outcome::Refuses(why) => {
            assert!(theirs.is_err(), "read, though {why}: {}", told());
            assert_eq!(bystanders(ours), bystanders(theirs_plain), "{why}: {}", told());
        }
        Outcome::Differs(why) => {
            let theirs = theirs.as_ref().unwrap_or_else(|refused| panic!("{refused}, {why}: {}", told()));
            assert_eq!(bystanders(ours), bystanders(theirs), "{why}: {}", told());
        }
        Outcome::DiffersEverywhere(why) => {
            assert!(theirs.is_ok(), "{why}: {}", told());
            assert_eq!(bystanders(ours), bystanders(theirs_plain), "{why}: {}", told());
        }
    }
}

/// The profiles that a peculiarity must not touch.
fn bystanders(view: &View) -> View {
    let untouched = |name: &String| files::BYSTANDERS.contains(&name.as_str());
    view.iter().filter(|(name, _)| untouched(name)).map(|(n, keys)| (n.clone(), keys.clone())).collect()
}

#[test]
fn the_sdks_parser() {
    compare(|files| files.iter().map(sdk::read).collect(), |of| of.sdk);
}

#[test]
fn botocores_parser() {
    let Some(python) = botocore::python() else {
        println!("SKIPPED: there is no Python with botocore");
        return;
    };
    compare(|files| botocore::read(&python, files), |of| of.botocore);
}

#[test]
fn botocores_credential_providers() {
    let Some(python) = botocore::python() else {
        println!("SKIPPED: there is no Python with botocore");
        return;
    };
    chains::compare(&python, SEED);
}
