//! The listener, played by a script.

use super::super::ear::Ear;
use super::super::signs::Source;
use super::*;

/// What is heard until the listener has ended.
async fn heard(program: &str) -> Vec<Sign> {
    let mut ear = Ear::new(Source::LoginManager);
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/src/adapters/presence/macos/").to_owned() + program;
    ear.open(|tell| async move { listen(program.as_ref(), tell).await });
    let mut signs = Vec::new();
    while ear.is_open() {
        signs.push(ear.next().await);
    }
    signs
}

#[tokio::test]
async fn what_the_system_tells_is_understood_and_all_else_is_not() {
    let locked = [Sign::LockedHint(true), Sign::LockedHint(false), Sign::Resumed];
    let all: Vec<_> = locked.into_iter().chain([Sign::Silence(Source::LoginManager)]).collect();
    assert_eq!(heard("listener-plays").await, all);
}

#[tokio::test]
async fn without_a_listener_nothing_is_known() {
    assert_eq!(heard("no-such-program").await, [Sign::Silence(Source::LoginManager)]);
}

#[test]
fn the_script_listens_to_what_is_understood() {
    for (name, _) in NEWS {
        assert!(SCRIPT.contains(&format!("'{name}'")), "{name}");
    }
}
