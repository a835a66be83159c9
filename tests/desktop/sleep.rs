//! The machine sleeps and wakes up: what ended meanwhile is nobody's business until somebody asks, what is in use and about to
//! end is renewed once, and the network may come later than the person.
//!
//! A machine cannot be put to sleep by a test. To the daemon it is the same if it is stopped, time goes on, and the login
//! manager says what it says of a sleep.

use std::time::{Duration, Instant};

use awsd_tests::{
    harness::{
        PATIENCE, Running, TestEnv,
        desktop::{Desktop, Server},
    },
    sandbox::{
        Fault,
        guide::{DEVELOPER, HUB, MY_ROLE},
    },
};
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Signal, kill_process};

use crate::{
    live_until,
    questions::{CALLS, REPLY, wait_until_waiting, waiting},
    settings, silently,
};

const ROLES: [(&str, &str); 3] = [("developer", DEVELOPER), ("hub", HUB), ("my_role", MY_ROLE)];

/// A person at a desktop who is offered nothing.
fn person() -> Option<(TestEnv, Desktop)> {
    let mut env = TestEnv::guide();
    let role = |(name, arn)| format!("[profile {name}]\nrole_arn = {arn}\nsource_profile = my_account\n");
    env.config(&format!(
        "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n{}",
        ROLES.map(role).concat()
    ));
    settings(&env, "offer_before = \"0s\"\n");
    let desktop = env.desktop(Server::Mock(REPLY))?;
    Some((env, desktop))
}

/// Gives a code, and uses these roles.
fn work<'a>(env: &TestEnv, roles: impl IntoIterator<Item = &'a str>) {
    env.awsd(["login", "my_account", "--code", &env.sandbox.next_code("alice")]).run().success();
    for role in roles {
        silently(env, role);
        silently(env, role);
    }
}

/// The machine sleeps until this moment.
fn sleep(env: &TestEnv, desktop: &Desktop, until: Timestamp) {
    let logind = desktop.logind();
    let signal = |signal| env.daemons().into_iter().try_for_each(|daemon| kill_process(daemon, signal));
    logind.sleep(true);
    signal(Signal::STOP).expect("it is ours");
    live_until(until);
    signal(Signal::CONT).expect("it is ours");
    logind.sleep(false);
    logind.signal("PrepareForSleep", "(false,)");
}

/// The daemon says that it looks at everything again: its own clock would have told it of what was due, and of nothing else.
/// It may have been about to listen when the machine fell asleep, so it is told until it has heard.
#[track_caller]
fn wait_until_awake(env: &TestEnv, desktop: &Desktop) {
    let start = Instant::now();
    while !env.log().contains("the machine has woken up") {
        assert!(start.elapsed() < PATIENCE, "nobody has told the daemon: {}", env.log());
        desktop.logind().signal("PrepareForSleep", "(false,)");
    }
}

/// When the first and the last of all sessions end.
fn ends(env: &TestEnv) -> (Timestamp, Timestamp) {
    let world = env.sandbox.world();
    let ends = || world.sessions.values().map(|session| session.credentials.expiration);
    ends().min().zip(ends().max()).expect("a session")
}

#[test]
fn what_ended_in_a_sleep_is_asked_for_once_when_somebody_needs_it() {
    const CALLERS: usize = 10;
    let Some((env, desktop)) = person() else { return };
    env.sandbox.world().user_session_life = Some(Duration::from_secs(12));
    env.sandbox.world().role_session_life = Some(Duration::from_secs(12));
    desktop.logind();
    work(&env, ["developer"]);
    assert_eq!(env.new_calls(), CALLS);
    sleep(&env, &desktop, ends(&env).1);
    wait_until_awake(&env, &desktop);
    assert!(!env.awsd(["status"]).run().success().stdout.contains("developer"));
    assert!(env.calls().is_empty(), "{:?}", env.calls());
    assert!(desktop.notifications().is_empty());
    // The day begins, and everything on the machine with it.
    env.sandbox.world().user_session_life = None;
    env.sandbox.world().role_session_life = None;
    let callers: Vec<Running> = (0..CALLERS).map(|_| waiting(&env)).collect();
    desktop.notification();
    wait_until_waiting(&env, CALLERS);
    desktop.reply(&env.sandbox.next_code("alice"));
    for caller in callers {
        caller.wait().success();
    }
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn what_is_in_use_is_renewed_once_after_a_sleep_also_where_the_network_is_late() {
    let Some((env, desktop)) = person() else { return };
    env.sandbox.world().role_session_life = Some(Duration::from_secs(30));
    desktop.logind();
    work(&env, ROLES.map(|(name, _)| name));
    assert_eq!(env.new_calls().len(), 1 + ROLES.len());
    for _ in ROLES {
        env.sandbox.world().fail("AssumeRole", Fault::Dropped);
    }
    // Every renewal was due in the sleep, and nothing has ended yet.
    sleep(&env, &desktop, ends(&env).0 - SignedDuration::from_secs(7));
    assert!(env.sandbox.wait_for_count("AssumeRole", 2 * ROLES.len(), PATIENCE), "{:?}", env.calls());
    for (name, _) in ROLES {
        silently(&env, name);
    }
    let calls = env.calls();
    let (lost, answered): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.ends_with(": Dropped"));
    assert_eq!(lost.len(), ROLES.len(), "{calls:?}");
    let mut answered: Vec<_> = answered.into_iter().map(String::as_str).collect();
    answered.sort_unstable();
    assert_eq!(answered, ["AssumeRole developer", "AssumeRole hub", "AssumeRole my_role"]);
    assert!(desktop.notifications().is_empty());
}
