//! Offers to renew a session before it ends: to whom, when, and what comes of their buttons. Sessions live for seconds here,
//! in real time; what awsd does is told by the exact calls that AWS got.

use std::time::{Duration, Instant};

use awsd_tests::{
    harness::{
        PATIENCE, TestEnv,
        desktop::{Desktop, Notification, Server},
    },
    sandbox::{SessionKind, guide::HUB},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    live_until, picture,
    questions::{CALLS, REPLY, guide, waiting},
    settings, silently,
};

/// How long MFA sessions live: a third of it before their end the renewal is offered, which is time enough for a person to
/// answer on a slow machine.
const LIFE: Duration = Duration::from_secs(30);

/// In the title of an offer, and of nothing else.
const OFFER: &str = "AWS session of alice ends in";

/// What is on the desktop goes before the files that it uses.
struct Stage {
    desktop: Desktop,
    env: TestEnv,
}

/// A person at a desktop, with sessions that end soon.
fn soon_over(server: Server, lines: &str) -> Option<Stage> {
    let mut env = guide();
    let config = env.home().join(".aws/config");
    let text = std::fs::read_to_string(&config).expect("it was written");
    env.config(&format!("{text}[profile hub]\nrole_arn = {HUB}\nsource_profile = my_account\n"));
    settings(&env, lines);
    env.sandbox.world().user_session_life = Some(LIFE);
    let desktop = env.desktop(server)?;
    Some(Stage { desktop, env })
}

/// The same, and the session is in use.
fn at_work(server: Server, lines: &str) -> Option<Stage> {
    let stage = soon_over(server, lines)?;
    work(&stage.env);
    Some(stage)
}

/// The person runs something and gives the code for it.
fn work(env: &TestEnv) {
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "--code", &code, "developer", "--", "true"]).run().success();
    assert_eq!(env.new_calls(), CALLS);
}

/// When the newest MFA session ends.
fn end(env: &TestEnv) -> Timestamp {
    let world = env.sandbox.world();
    let is_mfa = |kind: &SessionKind| matches!(kind, SessionKind::User { mfa_at: Some(_), .. });
    let sessions = world.sessions.values().filter(|session| is_mfa(&session.kind));
    sessions.map(|session| session.credentials.expiration).max().expect("an MFA session")
}

/// All that was offered, answered or not.
fn offers(desktop: &Desktop) -> Vec<Notification> {
    let shown = desktop.notifications().into_iter();
    shown.filter(|shown| shown.summary.starts_with(OFFER)).collect()
}

#[test]
fn renewing_takes_one_code_and_no_caller_notices() {
    let Some(stage) = at_work(Server::Xfce, "") else { return };
    let Stage { desktop, env } = &stage;
    let old_end = end(env);
    let offer = desktop.notification_with(OFFER);
    assert!(offer.body.starts_with("In use by developer\n"), "{offer:?}");
    let labels: Vec<_> = offer.actions.iter().map(|(_, label)| label.as_str()).collect();
    // In a quarter of an hour it would be too late.
    assert_eq!(labels, ["Renew", "Not today"]);
    desktop.screenshot(&picture("offer.png"));
    desktop.click("renew");
    let dialog = desktop.dialog();
    silently(env, "developer");
    dialog.type_code(&env.sandbox.next_code("alice"));
    dialog.gone();
    desktop.no_notification();
    // The new session is there, and serves what the old one cannot any more.
    live_until(old_end);
    silently(env, "hub");
    silently(env, "developer");
    assert_eq!(env.calls(), [CALLS[0], "AssumeRole hub"]);
    assert_eq!(offers(desktop).len(), 1);
}

#[test]
fn an_offer_that_is_put_off_rests_as_long_as_was_said() {
    const PAUSE: Duration = Duration::from_secs(5);
    let stages: Vec<_> = ["later", "never"]
        .iter()
        .filter_map(|_| at_work(Server::Mock(REPLY), "offer_pause = \"5s\"\n"))
        .collect();
    let [Stage { desktop: one, env: later }, Stage { desktop: other, env: never }] = stages.as_slice() else {
        return;
    };
    let offer = one.notification_with(OFFER);
    assert!(offer.actions.contains(&("later".to_owned(), "In 5 seconds".to_owned())), "{offer:?}");
    let clicked = Instant::now();
    one.click("later");
    other.notification_with(OFFER);
    other.click("never");
    other.no_notification();
    one.notification_with(OFFER);
    assert!(clicked.elapsed() >= PAUSE, "it is back after {:?}", clicked.elapsed());
    live_until(end(never));
    one.no_notification();
    assert_eq!([one, other].map(|desktop| offers(desktop).len()), [2, 1]);
    assert!(
        [later, never].iter().all(|env| env.calls().is_empty()),
        "{:?} {:?}",
        later.calls(),
        never.calls()
    );
    // Who needs a code is asked for it all the same.
    let caller = never.exec("hub", ["true"]).spawn();
    other.notification_with("MFA code for alice");
    other.reply(&never.sandbox.next_code("alice"));
    caller.wait().success();
    assert_eq!(never.calls(), [CALLS[0], "AssumeRole hub"]);
}

#[test]
fn nothing_is_offered_to_who_is_not_there_or_has_not_used_it() {
    let stages: Vec<_> = (0..3).filter_map(|_| soon_over(Server::Mock(REPLY), "")).collect();
    let [nobody, locked, idle] = stages.as_slice() else { return };
    let [nothing, behind, alone] = [nobody, locked, idle].map(|stage| &stage.desktop);
    let [unused, locked, idle] = [nobody, locked, idle].map(|stage| &stage.env);
    let (lock, seat) = (behind.logind(), alone.logind());
    unused.awsd(["login", "my_account", "--code", &unused.sandbox.next_code("alice")]).run().success();
    for env in [locked, idle] {
        work(env);
        silently(env, "developer");
    }
    lock.lock();
    seat.idle(true);
    // An offer is due by then.
    live_until(end(idle) - SignedDuration::try_from(LIFE / 4).expect("seconds"));
    assert_eq!([nothing, behind, alone].map(|desktop| offers(desktop).len()), [0; 3]);
    lock.unlock();
    behind.notification_with(OFFER);
    seat.idle(false);
    alone.notification_with(OFFER);
    live_until(end(idle));
    assert_eq!([nothing, behind, alone].map(|desktop| offers(desktop).len()), [0, 1, 1]);
    assert_eq!(unused.calls(), [CALLS[0]]);
    for env in [locked, idle] {
        // Before its MFA session ended, the role in use was taken once more.
        assert_eq!(env.calls(), [CALLS[1]]);
    }
}

#[test]
fn a_locked_screen_forgets_sessions_where_that_is_wanted() {
    let mut env = guide();
    settings(&env, "lock_on_screen_lock = true\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let logind = desktop.logind();
    let client = waiting(&env);
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert!(env.awsd(["status"]).run().success().stdout.contains("developer"));
    logind.lock();
    let start = Instant::now();
    while env.awsd(["status"]).run().success().stdout.contains("developer") {
        assert!(start.elapsed() < PATIENCE, "the sessions are still there");
    }
    // Nobody is there to be asked.
    waiting(&env).wait().exits(75);
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}
