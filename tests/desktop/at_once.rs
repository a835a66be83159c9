//! Two answers at the same moment, from two places: one counts, and nobody hears anything wrong.

use std::{
    sync::Barrier,
    thread::{self, ScopedJoinHandle},
};

use awsd_tests::harness::desktop::Server;

use crate::{
    questions::{CALLS, REPLY, guide, waiting},
    settings,
};

/// How often two different codes meet: which is first is up to the machine.
const MEETINGS: usize = 5;

/// Does both, as nearly at once as can be.
fn both<A: Send, B>(there: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let other: ScopedJoinHandle<'_, A> = scope.spawn(|| {
            start.wait();
            there()
        });
        start.wait();
        let mine = here();
        (other.join().expect("it does what it is to do"), mine)
    })
}

#[test]
fn one_code_in_two_places_is_one_answer() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    let shown = desktop.notification();
    let code = env.sandbox.next_code("alice");
    let typed = env.awsd(["mfa", &code]);
    both(|| typed.run(), || desktop.reply_to(&shown, &code));
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

/// At a terminal, and in the notification beside it.
fn two_codes_meet() -> Option<()> {
    let mut env = guide();
    settings(&env, "notify_after = \"0s\"\n");
    let desktop = env.desktop(Server::Mock(REPLY))?;
    let mut terminal = env.exec("developer", ["true"]).terminal();
    terminal.expect("MFA code for alice (developer), or answer the notification: ");
    let other = env.exec("developer", ["true"]).spawn();
    let notification = desktop.notification();
    let codes = env.sandbox.unused_codes("alice");
    let [typed, replied, ..] = codes.as_slice() else { panic!("not two codes: {codes:?}") };
    both(|| terminal.send_line(typed), || desktop.reply_to(&notification, replied));
    let shown = terminal.wait().success().stdout;
    other.wait().success();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
    for wrong in ["accept", "used", "checked", "digits"] {
        assert!(!shown.contains(wrong), "the terminal shows {shown:?}");
    }
    assert!(desktop.notifications().iter().all(|one| one.summary.contains("MFA code for alice")));
    let left = env.sandbox.unused_codes("alice");
    let good = match [typed, replied].map(|code| left.contains(code)) {
        [true, false] => typed,
        [false, true] => replied,
        _ => panic!("not one of {typed} and {replied} was spent: {left:?}"),
    };
    // The other one is as good as before, also to awsd.
    env.awsd(["logout", "--all"]).run().success();
    env.awsd(["login", "my_account", "--code", good]).run().success();
    Some(())
}

#[test]
fn of_two_codes_in_two_places_one_is_used() {
    for _ in 0..MEETINGS {
        if two_codes_meet().is_none() {
            return;
        }
    }
}
