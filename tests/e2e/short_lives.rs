//! Sessions of seconds, in real time: what is in use is renewed before its end, and what is not is left alone.
//!
//! A caller that is served something says what was left of it; the sandbox's log says when AWS was asked.

use std::{thread, time::Duration};

use awsd_tests::{
    harness::{PATIENCE, TestEnv},
    sandbox::{Call, Fault, SessionKind, Trust, guide::DEVELOPER},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    people::{log_in, type_code},
    profiles::alice,
    served::{Served, ask, caller, granted},
};

/// The life of a role session that is watched being renewed: long enough for a slow machine to renew it in time.
const SHORT: Duration = Duration::from_secs(15);

/// Alice logged in, and role sessions that live as long as this.
fn logged_in(role_life: Duration) -> TestEnv {
    let env = alice();
    env.sandbox.world().role_session_life = Some(role_life);
    log_in(&env, "my_account");
    assert_eq!(env.new_calls(), ["GetSessionToken with code"]);
    env
}

/// The calls for a role, in order.
fn calls_for(calls: &[Call], role: &str) -> Vec<Call> {
    let for_it = |call: &&Call| call.role_arn.as_ref().is_some_and(|arn| arn.ends_with(&format!("/{role}")));
    calls.iter().filter(for_it).cloned().collect()
}

/// Waits for AWS to be asked for a role for the `count`-th time.
#[track_caller]
fn wait_for_call(env: &TestEnv, role: &str, count: usize) {
    let done = env.sandbox.wait_for(|calls| calls_for(calls, role).len() >= count, PATIENCE);
    assert!(done, "AWS was not asked for {role} {count} times: {:?}", env.calls());
}

/// Asks until the answer is another session than this: the renewal's answer may still be on its way.
#[track_caller]
fn ask_for_another(env: &TestEnv, role: &str, than: &Served, life: Duration) -> Served {
    let limit = Timestamp::now() + PATIENCE;
    loop {
        let served = ask(env, role).has_a_third_of(life);
        if served.key != than.key {
            return served;
        }
        assert!(Timestamp::now() < limit, "the renewed session is not served");
    }
}

/// Lets real time pass until a moment of a session's life. It cannot be hurried: everybody reads the machine's clock.
fn live_until(moment: Timestamp) {
    let left = Timestamp::now().duration_until(moment);
    thread::sleep(left.try_into().unwrap_or_default());
}

/// A part of a life, for moments.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap()
}

#[test]
fn a_role_is_renewed_in_the_background_while_it_is_used_and_never_otherwise() {
    let env = logged_in(SHORT);
    // One that nobody comes back for, one that is used for one life.
    ask(&env, "my_role");
    ask(&env, "hub");
    ask(&env, "hub");
    let mut served = ask(&env, "developer").has_a_third_of(SHORT);
    for renewals in 1..=3 {
        let again = ask(&env, "developer").has_a_third_of(SHORT);
        assert_eq!(again.key, served.key, "renewed too early");
        // Nobody asks now.
        wait_for_call(&env, "developer", 1 + renewals);
        let renewed = ask_for_another(&env, "developer", &served, SHORT);
        let issued = granted(&env, &renewed.key).issued;
        let left = issued.duration_until(served.expiration);
        let margin = signed(SHORT / 3 + SHORT / 12);
        assert!(left.is_positive() && left <= margin, "renewed with {left:?} of its life left");
        served = renewed;
    }
    // As many calls as sessions, and not one more.
    let calls = env.sandbox.calls();
    let counts = ["developer", "hub", "my_role"].map(|role| calls_for(&calls, role).len());
    assert_eq!(counts, [4, 2, 1], "{:?}", env.calls());
    assert_eq!(calls.len(), 7, "and of nothing else: {:?}", env.calls());

    // Who comes back after the end is served a new one.
    ask(&env, "my_role").has_a_third_of(SHORT);
    assert_eq!(calls_for(&env.sandbox.calls(), "my_role").len(), 2);
}

#[test]
fn a_renewal_that_fails_is_made_again_before_anybody_notices() {
    let env = logged_in(SHORT);
    let first = ask(&env, "developer");
    assert_eq!(ask(&env, "developer").key, first.key);
    assert_eq!(env.new_calls(), ["AssumeRole developer"]);
    env.sandbox.world().fail("AssumeRole", Fault::InternalFailure);
    wait_for_call(&env, "developer", 2);
    ask_for_another(&env, "developer", &first, SHORT);
    assert_eq!(env.calls(), ["AssumeRole developer: InternalFailure", "AssumeRole developer"]);
}

#[test]
fn what_cannot_be_renewed_is_refused_before_it_ends() {
    let env = logged_in(SHORT);
    let served = ask(&env, "developer");
    let trust = std::mem::replace(
        &mut env.sandbox.world().role_mut(DEVELOPER).trust,
        Trust::of(["arn:aws:iam::111122223333:user/bob"]),
    );
    // Still good, and nothing is asked of AWS for it.
    assert_eq!(ask(&env, "developer").key, served.key);
    live_until(served.expiration - signed(SHORT / 3));
    let refused = caller(&env, "developer").run().exits(1);
    assert_eq!(refused.stdout, "", "not a credential that is about to end");
    assert!(refused.stderr.contains("AWS does not allow sts:AssumeRole of"), "{}", refused.stderr);
    assert!(refused.stderr.contains("trust policy"), "what to look at: {}", refused.stderr);
    live_until(served.expiration);
    caller(&env, "developer").run().exits(1);

    env.sandbox.world().role_mut(DEVELOPER).trust = trust;
    assert_ne!(ask(&env, "developer").has_a_third_of(SHORT).key, served.key);
}

/// The end of the MFA session that the calls so far were made with.
fn mfa_expiration(env: &TestEnv) -> Timestamp {
    let world = env.sandbox.world();
    let mut sessions = world.sessions.values();
    let mfa = sessions.find(|session| matches!(session.kind, SessionKind::User { mfa_at: Some(_), .. }));
    mfa.expect("an MFA session").credentials.expiration
}

#[test]
fn roles_in_use_are_taken_once_more_before_the_mfa_session_ends_and_outlive_it() {
    const MFA: Duration = Duration::from_secs(36);
    const ROLE: Duration = Duration::from_mins(1);
    let env = alice();
    env.sandbox.world().user_session_life = Some(MFA);
    env.sandbox.world().role_session_life = Some(ROLE);
    log_in(&env, "my_account");
    let mfa_end = mfa_expiration(&env);
    let unused = ask(&env, "my_role");
    let first = ask(&env, "developer");
    assert_eq!(ask(&env, "developer").key, first.key, "in use");

    // Long before its own renewal, and nobody asks now.
    wait_for_call(&env, "developer", 2);
    let last = ask_for_another(&env, "developer", &first, ROLE);
    let left = granted(&env, &last.key).issued.duration_until(mfa_end);
    assert!(left.is_positive() && left <= signed(MFA / 6), "with {left:?} of the MFA session left");

    // The session is over: what is there still serves, quietly, and what is not there needs a person.
    live_until(mfa_end);
    assert_eq!(ask(&env, "developer").has_a_third_of(ROLE).key, last.key);
    let refused = caller(&env, "hub").run().exits(75);
    assert!(refused.stderr.contains("MFA code") && refused.stderr.contains("awsd mfa"), "{}", refused.stderr);
    live_until(unused.expiration - signed(ROLE / 3));
    caller(&env, "my_role").run().exits(75);
    assert_eq!(ask(&env, "developer").has_a_third_of(ROLE).key, last.key);
    let expected =
        ["GetSessionToken with code", "AssumeRole my_role", "AssumeRole developer", "AssumeRole developer"];
    assert_eq!(env.new_calls(), expected);

    // One code, and the day goes on.
    let mut terminal = env.exec("hub", ["true"]).terminal();
    type_code(&env, &mut terminal, "hub");
    terminal.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole hub"]);
}
