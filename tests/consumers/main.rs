//! Other people's AWS programs, each through each way in which awsd hands over credentials: that they work, that they outlive
//! sessions without a code, and how often they ask. README shows the table that comes of it.
//!
//! Programs that are not installed are said to be skipped, and so are their rows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: what cannot go on should stop it"
)]

mod consumers;
mod counter;
mod ways;

use std::{collections::BTreeSet, env, fs, path::Path, thread, time::Duration};

use awsd_tests::{
    harness::{Running, TestEnv},
    sandbox::{Sandbox, World},
};

use consumers::Consumer;
use ways::{Stage, Way};

/// The end of the head of README's table.
const HEAD: &str =
    "| | `env` | `process` | `server` | `credential_process` | `awsd init` |\n|---|---|---|---|---|---|";

/// Calls of one program.
const CALLS: u32 = 5;

/// How long a role's session lives where programs have to outlive some.
const LIFE: Duration = Duration::from_secs(8);

/// So many of them.
const LIVES: usize = 3;

/// What a program may take that outlives them, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_mins(4);

#[test]
fn each_program_works_through_each_way_and_the_table_says_how_often_it_asks() {
    let rows: Vec<_> = consumers::all()
        .iter()
        .map(|consumer| {
            let cells = Way::ALL.map(|way| {
                if consumer.knows(way) { asks(consumer, way).to_string() } else { "-".to_owned() }
            });
            format!("| {} | {} |", consumer.name, cells.join(" | "))
        })
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    if env::var_os("AWSD_TEST_WRITE_TABLE").is_some() {
        fs::write(&path, with_table(&readme, &rows)).unwrap();
        return;
    }
    for row in &rows {
        assert!(
            readme.lines().any(|line| line == row),
            "README's table lacks this row: {row}\nto write it anew: tests/run --table\nall of them:\n{}",
            rows.join("\n")
        );
    }
}

/// README with these rows in the place of those below its table's head.
fn with_table(readme: &str, rows: &[String]) -> String {
    let (head, rest) = readme.split_once(HEAD).expect("README has the table's head");
    let after = rest.trim_start_matches('\n').lines().skip_while(|line| line.starts_with('|'));
    let after: Vec<_> = after.collect();
    format!("{head}{HEAD}\n{}\n{}\n", rows.join("\n"), after.join("\n"))
}

/// How often awsd is asked while a program calls AWS a few times.
fn asks(consumer: &Consumer, way: Way) -> usize {
    let stage = Stage::set(TestEnv::new(Sandbox::start(World::guide())));
    done(consumer, way, stage.start(way, &consumer.few_calls(CALLS)));
    let calls = stage.env.calls();
    let sessions = calls.iter().filter(|call| call.starts_with("AssumeRole")).count();
    assert_eq!(sessions, 1, "{} by {way:?}: {calls:?}", consumer.name);
    stage.asks(way)
}

#[test]
fn each_program_outlives_sessions_without_a_code() {
    let consumers: Vec<_> = consumers::all().into_iter().filter(Consumer::calls_aws).collect();
    let pairs = consumers.iter().flat_map(|consumer| Way::LASTING.map(|way| (consumer, way)));
    let pairs = pairs.filter(|(consumer, way)| consumer.knows(*way));
    // Most of the time they wait.
    thread::scope(|scope| {
        for (consumer, way) in pairs {
            scope.spawn(move || outlive(consumer, way));
        }
    });
}

fn outlive(consumer: &Consumer, way: Way) {
    let stage = Stage::set(TestEnv::new(Sandbox::start(World::guide())));
    stage.env.sandbox.world().role_session_life = Some(LIFE);
    done(consumer, way, stage.start(way, &consumer.until_lives(LIVES, LIFE.as_secs())));
    let calls = stage.env.calls();
    assert!(calls.iter().filter(|call| call.starts_with("AssumeRole")).count() >= LIVES, "{calls:?}");
    let kinds: BTreeSet<_> = calls.iter().map(String::as_str).collect();
    let expected = ["AssumeRole my_role", "GetCallerIdentity", "GetSessionToken with code"];
    assert_eq!(kinds, expected.into(), "{} by {way:?}", consumer.name);
}

fn done(consumer: &Consumer, way: Way, running: Running) {
    let output = running.wait().success();
    let said = format!("{} by {way:?}: {}{}", consumer.name, output.stdout, output.stderr);
    assert!(output.stdout.contains(consumer.says()), "{said}");
}
