//! Temporary keys that a tool of the person's writes: who is told that they end, and the command that brings new ones. The
//! tool is a script that copies keys which AWS has just granted.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    time::Duration,
};

use awsd_tests::{
    harness::{
        Output, Run, TestEnv,
        desktop::{Desktop, Notification, Server},
    },
    sandbox::{
        Sandbox, World,
        guide::{AFTER_SAML, SAML_LOGIN},
    },
};
use jiff::{SignedDuration, Timestamp};

use crate::{live_until, locks::wait_until_locked, picture, questions::REPLY, settings, silently};

/// In the titles of what is told about a sign-in, and of nothing else.
const ENDS: &str = "AWS sign-in for saml ends in";
const OVER: &str = "AWS sign-in for saml is over";
const RUNS: &str = "Signing in to AWS for saml";

const ASSUMED: &str = "AssumeRole after_saml";

/// What is on the desktop goes before the files that it uses.
pub(crate) struct Stage {
    pub(crate) desktop: Desktop,
    pub(crate) env: TestEnv,
}

/// A person at a desktop who has signed in; the keys end in so many seconds.
pub(crate) fn signed_in(server: Server, seconds: i64, lines: &str) -> Option<Stage> {
    let mut env = TestEnv::new(Sandbox::start(World::guide()));
    env.config(&format!("[profile after_saml]\nrole_arn = {AFTER_SAML}\nsource_profile = saml\n"));
    env.write(".aws/credentials", keys(&env, seconds).1);
    settings(&env, lines);
    let desktop = env.desktop(server)?;
    Some(Stage { desktop, env })
}

/// The same, with a command that signs in; the keys are in use.
fn at_work(server: Server, script: &str) -> Option<Stage> {
    let stage = signed_in(server, 600, "")?;
    with_command(&stage.env, script);
    work(&stage.env);
    Some(stage)
}

/// Keys that AWS grants now: their id, and the file that a tool would write.
fn keys(env: &TestEnv, seconds: i64) -> (String, String) {
    let keys = env.sandbox.world().federate(SAML_LOGIN, "alice@example.com", Duration::from_hours(1));
    let end = Timestamp::now() + SignedDuration::from_secs(seconds);
    let text = format!(
        "[saml]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n\
         x_security_token_expires = {end}\n",
        keys.access_key_id, keys.secret_access_key, keys.session_token
    );
    (keys.access_key_id, text)
}

/// The command that signs in: a script named `sign-in`.
fn with_command(env: &TestEnv, script: &str) {
    let program = env.write("bin/sign-in", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("it is ours");
    settings(env, "[profile.saml]\nsource_refresh_command = \"sign-in --account 'one account'\"\n");
}

/// Signs in once somebody has written into the pipe `go`, if there are new keys by then.
const SIGN_IN: &str = "echo \"$@\" >> \"$HOME/runs\"\n\
                       if [ ! -e \"$HOME/next\" ]; then echo first >&2; echo 'no <second> factor' >&2; exit 3; fi\n\
                       cat \"$HOME/go\" && cat \"$HOME/next\" > \"$AWS_SHARED_CREDENTIALS_FILE\"";

/// The pipe that the command reads.
fn pipe(env: &TestEnv) -> PathBuf {
    let pipe = env.home().join("go");
    env.command("mkfifo").args([&pipe]).run().success();
    pipe
}

/// The command goes on, and signs in.
fn go(pipe: &PathBuf) {
    OpenOptions::new().write(true).open(pipe).expect("the command reads").write_all(b"go").expect("it reads");
}

/// With which key the last role session was asked for.
fn assumed_with(env: &TestEnv) -> String {
    let calls = env.sandbox.calls();
    calls.last().and_then(|call| call.access_key_id.clone()).expect("a call")
}

fn labels(shown: &Notification) -> Vec<&str> {
    shown.actions.iter().map(|(_, label)| label.as_str()).collect()
}

/// A program at the desktop asks, and needs nobody.
#[track_caller]
pub(crate) fn work(env: &TestEnv) {
    at_home(env, env.awsd(["credential-process", "after_saml"])).expect_secrets().run().success().quiet();
}

/// The person's own programs are in PATH, of the daemon, too.
fn at_home(env: &TestEnv, run: Run) -> Run {
    run.env("PATH", format!("{}/bin:{}", env.home().display(), std::env::var("PATH").expect("a path")))
}

/// A program without a terminal that is refused, and does not wait.
fn refused(env: &TestEnv) -> Output {
    at_home(env, env.awsd(["exec", "after_saml", "--", "echo", "it runs"])).run().exits(75)
}

#[test]
fn a_click_signs_in_and_work_goes_on_with_the_new_keys() {
    let Some(stage) = at_work(Server::Xfce, SIGN_IN) else { return };
    let Stage { desktop, env } = &stage;
    let (new, text) = keys(env, 3600);
    env.write("next", text);
    let pipe = pipe(env);
    let offer = desktop.notification_with(ENDS);
    assert!(
        offer.body.starts_with("In use by after_saml\nTo sign in again: sign-in --account 'one account'"),
        "{offer:?}"
    );
    assert_eq!(labels(&offer), ["Sign in", "In 5 minutes", "Not today"]);
    desktop.click("renew");
    let runs = desktop.notification_with(RUNS);
    assert_eq!(labels(&runs), ["Stop"]);
    desktop.photograph(&picture("signing-in.png"));
    // Old keys are good until then.
    work(env);
    go(&pipe);
    desktop.no_notification();
    work(env);
    assert_eq!(assumed_with(env), new);
    assert_eq!(env.calls(), [ASSUMED, ASSUMED]);
    assert_eq!(fs::read_to_string(env.home().join("runs")).expect("it ran"), "--account one account\n");
}

#[test]
fn a_command_that_fails_says_why_and_is_offered_again() {
    let Some(stage) = at_work(Server::Mock("actions body body-markup"), SIGN_IN) else { return };
    let Stage { desktop, env } = &stage;
    desktop.notification_with(ENDS);
    desktop.click("renew");
    let failed = desktop.notification_with("factor");
    let why = "The program sign-in failed (exit status: 3): no &lt;second&gt; factor\n";
    assert!(failed.body.starts_with(why), "{failed:?}");
    let pipe = pipe(env);
    let (new, text) = keys(env, 3600);
    env.write("next", text);
    desktop.click("renew");
    desktop.notification_with(RUNS);
    go(&pipe);
    desktop.no_notification();
    work(env);
    assert_eq!(assumed_with(env), new);
    assert!(!env.log().contains("factor"), "{}", env.log());
}

#[test]
fn a_command_that_brings_no_new_keys_has_failed() {
    let Some(stage) = at_work(Server::Mock(REPLY), "echo 'Logged in.'") else { return };
    let Stage { desktop, .. } = &stage;
    desktop.notification_with(ENDS);
    desktop.click("renew");
    desktop.notification_with("It has ended, but the keys of profile saml are the same as before");
}

#[test]
fn a_command_that_hangs_is_stopped_with_all_that_it_has_started() {
    let script = "exec 3> \"$HOME/held\"; sleep 1000000 & wait";
    let Some(stage) = at_work(Server::Mock(REPLY), script) else { return };
    let Stage { desktop, env } = &stage;
    let held = env.home().join("held");
    env.command("mkfifo").args([&held]).run().success();
    let ends = env.command("timeout").args(["60", "cat"]).args([&held]).spawn();
    desktop.notification_with(ENDS);
    desktop.click("renew");
    desktop.notification_with(RUNS);
    desktop.click("later");
    ends.wait().success();
    desktop.no_notification();
}

#[test]
fn a_caller_that_finds_the_keys_over_is_told_and_so_is_the_person() {
    let Some(stage) = signed_in(Server::Mock(REPLY), -1, "") else { return };
    let Stage { desktop, env } = &stage;
    let pipe = pipe(env);
    with_command(env, SIGN_IN);
    let said = refused(env).stderr;
    assert!(said.contains("run: sign-in --account 'one account'; then do this again"), "{said}");
    let offer = desktop.notification_with(OVER);
    assert!(offer.body.starts_with("echo it runs needs new keys for after_saml\n"), "{offer:?}");
    assert_eq!(labels(&offer), ["Sign in", "Sign in", "In 15 minutes", "Not today"]);
    env.write("next", keys(env, 3600).1);
    desktop.click("renew");
    desktop.notification_with(RUNS);
    go(&pipe);
    desktop.no_notification();
    work(env);
    assert_eq!(env.calls(), [ASSUMED]);
}

#[test]
fn who_does_not_want_to_hear_of_it_does_not() {
    let Some(stage) = signed_in(Server::Mock(REPLY), -1, "") else { return };
    let Stage { desktop, env } = &stage;
    refused(env);
    desktop.notification_with(OVER);
    desktop.click("never");
    desktop.no_notification();
    refused(env);
    // Whoever asks for no person does not bring one either.
    env.awsd(["credential-process", "after_saml", "--no-prompt"]).run().exits(75);
    assert_eq!(desktop.notifications().len(), 1);
}

#[test]
fn an_offer_that_is_put_off_comes_back() {
    let Some(stage) = signed_in(Server::Mock(REPLY), 600, "offer_pause = \"1s\"\n") else { return };
    let Stage { desktop, env } = &stage;
    work(env);
    let told = desktop.notification_with(ENDS);
    assert!(told.body.ends_with("Sign in again with the tool that writes its keys"), "{told:?}");
    assert_eq!(labels(&told), ["In 1 second", "In 1 second", "Not today"]);
    desktop.click("later");
    let start = Timestamp::now();
    live_until(start + SignedDuration::from_secs(1));
    desktop.notification_with(ENDS);
    // To close it says the same.
    desktop.dismiss();
    live_until(Timestamp::now() + SignedDuration::from_secs(1));
    desktop.notification_with(ENDS);
    assert!(desktop.notifications().len() > 2);
}

#[test]
fn where_there_are_no_buttons_it_is_a_plain_message_that_goes_with_new_keys() {
    let Some(stage) = signed_in(Server::Mock("body"), 600, "") else { return };
    let Stage { desktop, env } = &stage;
    work(env);
    let told = desktop.notification_with(ENDS);
    assert!(told.body.ends_with("Sign in again with the tool that writes its keys"), "{told:?}");
    assert!(told.actions.is_empty(), "{told:?}");
    env.write(".aws/credentials", keys(env, 3600).1);
    work(env);
    desktop.no_notification();
    assert_eq!(desktop.notifications().len(), 1);
}

#[test]
fn nobody_is_told_at_a_locked_screen() {
    let Some(stage) = signed_in(Server::Mock(REPLY), 600, "") else { return };
    let Stage { desktop, env } = &stage;
    let logind = desktop.logind();
    logind.lock();
    work(env);
    wait_until_locked(env, Some("the login manager has said so"));
    work(env);
    assert!(!desktop.was_asked_to_show());
    logind.unlock();
    desktop.notification_with(ENDS);
    logind.lock();
    desktop.no_notification();
}

#[test]
fn nobody_is_told_who_was_never_there() {
    let Some(stage) = signed_in(Server::Mock(REPLY), 600, "") else { return };
    let Stage { desktop, env } = &stage;
    silently(env, "after_saml");
    silently(env, "after_saml");
    assert!(!desktop.was_asked_to_show());
    // Somebody comes.
    work(env);
    desktop.notification_with(ENDS);
}

#[test]
fn who_has_signed_in_by_hand_is_not_told_to() {
    let stages: Vec<_> =
        (0..2).filter_map(|_| signed_in(Server::Mock(REPLY), 3600, "offer_before = \"10m\"\n")).collect();
    let [again, not] = stages.as_slice() else { return };
    let begin = |env: &TestEnv| {
        // The desktops have taken their time.
        env.write(".aws/credentials", keys(env, 605).1);
        work(env);
    };
    begin(&again.env);
    // Nothing has asked since.
    again.env.write(".aws/credentials", keys(&again.env, 3600).1);
    begin(&not.env);
    not.desktop.notification_with(ENDS);
    live_until(Timestamp::now() + SignedDuration::from_secs(3));
    assert!(!again.desktop.was_asked_to_show());
}
