//! `awsd console`: the web console, signed in with a role, in the person's browser or by a printed address.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use awsd_tests::{
    harness::{Output, Proxy, Run, TestEnv},
    sandbox::{Fault, Sandbox, World, guide::MY_ROLE},
};
use jiff::SignedDuration;

use crate::{
    people::{log_in, says, type_code},
    profiles::{alice, alice_in},
};

const SIGNED_IN: &str =
    "Signed in as arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester, on the way to ";
const CALLS: [&str; 3] = ["GetSessionToken with code", "AssumeRole my_role", "getSigninToken"];

fn console(env: &TestEnv, options: &[&str]) -> Run {
    env.awsd(["console", "my_role"]).args(options)
}

/// The address, and nothing else.
#[track_caller]
fn printed(env: &TestEnv, options: &[&str]) -> String {
    let output = console(env, options).args(["--print"]).expect_secrets().run().success().quiet();
    let (url, rest) = output.stdout.split_once('\n').unwrap();
    assert_eq!(rest, "");
    url.to_owned()
}

/// What a browser shows.
fn opened(env: &TestEnv, url: &str) -> Output {
    // From standard input: the address is a secret.
    let arguments = ["--silent", "--show-error", "--noproxy", "*", "--config", "-"];
    env.command("curl").args(arguments).stdin(&format!("url = \"{url}\"\n")).run().success()
}

#[test]
fn a_code_at_the_terminal_and_the_browser_is_signed_in_as_the_role() {
    let env = alice();
    let file = env.write("address", "");
    let browser = browser(&env, &file);
    let run =
        console(&env, &["--destination", "ec2"]).env("BROWSER", &browser).env("AWS_REGION", "us-west-2");
    let mut terminal = run.terminal();
    type_code(&env, &mut terminal, "my_role");
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
    let url = fs::read_to_string(file).unwrap();
    let page = opened(&env, url.trim_end()).stdout;
    assert!(
        page.contains(&format!("{SIGNED_IN}https://console.aws.amazon.com/ec2/home?region=us-west-2")),
        "{page}"
    );
}

/// A program that writes down which address it is given.
fn browser(env: &TestEnv, file: &Path) -> PathBuf {
    let program = env.write("browser", format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >{}\n", file.display()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[test]
fn a_printed_address_signs_in_once_and_within_a_quarter_of_an_hour() {
    let env = alice();
    log_in(&env, "my_role");
    let url = printed(&env, &[]);
    assert!(url.starts_with(&format!("{}/federation?Action=login&", env.sandbox.url())));
    assert!(
        opened(&env, &url)
            .stdout
            .contains(&format!("{SIGNED_IN}https://console.aws.amazon.com/console/home"))
    );
    assert!(!opened(&env, &url).stdout.contains("Signed in"));
    let late = printed(&env, &[]);
    env.sandbox.world().set_clock_offset(SignedDuration::from_mins(16));
    assert!(!opened(&env, &late).stdout.contains("Signed in"));
}

#[test]
fn less_than_the_role_may_do_is_what_the_console_may_do() {
    let env = alice();
    log_in(&env, "my_role");
    env.new_calls();
    assert!(opened(&env, &printed(&env, &["--read-only"])).stdout.contains(SIGNED_IN));
    let taken = env.sandbox.calls().into_iter().find(|call| call.action == "AssumeRole").unwrap();
    assert!(taken.parameters.values().any(|value| value.ends_with(":policy/ReadOnlyAccess")), "{taken:?}");
}

#[test]
fn a_user_cannot_sign_in_and_is_not_asked_for_a_code() {
    let env = alice();
    for options in [&[][..], &["--no-session"]] {
        let refused = env.awsd(["console", "my_account", "--print"]).args(options).run().exits(1);
        assert_eq!(refused.stdout, "");
    }
    let refused = env.awsd(["console", "my_account", "--print"]).run().exits(1);
    says(&refused, &["only a role can sign in", "role_arn"]);
    assert_eq!(env.calls(), [""; 0]);
}

/// Temporary keys in the files do not tell whose they are: only AWS knows.
#[test]
fn temporary_keys_sign_in_if_they_are_a_roles() {
    let env = TestEnv::new(Sandbox::start(World::guide()));
    let keys = env.sandbox.world().federate(MY_ROLE, "saml", Duration::from_hours(1));
    env.write(
        ".aws/credentials",
        format!(
            "[saml]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            keys.access_key_id, keys.secret_access_key, keys.session_token
        ),
    );
    let output = env.awsd(["console", "saml", "--print"]).expect_secrets().run().success();
    assert!(opened(&env, output.stdout.trim_end()).stdout.contains("assumed-role/my_role/saml"));
}

#[test]
fn a_page_that_is_none_of_the_console_is_refused_before_anything_is_asked() {
    let env = alice();
    for page in [
        "https://evil.example/",
        "http://console.aws.amazon.com/",
        "https://console.aws.amazon.com@evil.example/",
    ] {
        let refused = console(&env, &["--print", "--destination", page]).run().exits(1);
        says(&refused, &["not a page of the console", "https://console.aws.amazon.com/"]);
    }
    let iso = console(&env, &["--print"]).env("AWS_REGION", "us-iso-east-1").run().exits(1);
    says(&iso, &["the partition aws-iso cannot be signed in to"]);
    let open =
        console(&env, &["--print"]).env("AWS_ENDPOINT_URL_SIGNIN", "http://signin.example").run().exits(1);
    says(&open, &["not encrypted", "AWS_ENDPOINT_URL_SIGNIN"]);
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn without_a_browser_the_way_out_is_said_before_anything_is_asked() {
    let env = alice();
    let refused = console(&env, &[]).run().exits(1);
    says(&refused, &["there is no screen here", "awsd console my_role --print"]);
    assert_eq!(env.calls(), [""; 0]);
    log_in(&env, "my_role");
    let failing = console(&env, &[]).env("BROWSER", "/nonexistent:false").run().exits(1);
    says(&failing, &["no browser has started", "awsd console my_role --print"]);
    // The desktop's own programs are not there, or have nothing to open an address with.
    let empty = env.write("empty", "").parent().unwrap().join("bin");
    let nothing = console(&env, &[]).env("DISPLAY", ":none").env("PATH", &empty).run().exits(1);
    says(&nothing, &["no browser has started"]);
}

#[test]
fn an_endpoint_in_trouble_is_told_in_a_sentence() {
    let env = alice();
    log_in(&env, "my_role");
    for (fault, words) in [
        (Fault::InternalFailure, "out of order (HTTP 500)"),
        (Fault::Throttling, "does not sign these credentials in (HTTP 400)"),
        (Fault::Dropped, "gave no token"),
        (Fault::AnswerLost, "gave no token"),
        (Fault::Html, "answer cannot be read"),
        (Fault::Truncated, "answer cannot be read"),
        (Fault::Huge, "was too long"),
    ] {
        env.sandbox.world().fail("getSigninToken", fault);
        says(&console(&env, &["--print"]).run().exits(1), &["AWS", words]);
    }
    env.sandbox.world().remove_role(MY_ROLE);
    says(
        &console(&env, &["--print"]).run().exits(1),
        &["does not sign these credentials in (HTTP 400)", "no role's"],
    );
}

#[test]
fn whoever_leaves_while_the_endpoint_hangs_leaves_nothing_behind() {
    let env = alice();
    log_in(&env, "my_role");
    env.sandbox.world().fail("getSigninToken", Fault::AnswerHangs);
    let running = console(&env, &["--print"]).spawn();
    assert!(env.sandbox.wait_for_count("getSigninToken", 1, awsd_tests::harness::PATIENCE));
    running.signal(rustix::process::Signal::INT);
    running.wait();
    assert!(opened(&env, &printed(&env, &[])).stdout.contains(SIGNED_IN));
}

#[test]
fn the_endpoint_is_reached_as_sts_is() {
    let env = alice_in(Sandbox::start_tls(World::guide()));
    let bundle = env.write("office.pem", env.sandbox.ca_pem().unwrap());
    let proxy = Proxy::start();
    let code = env.sandbox.next_code("alice");
    let output = console(&env, &["--print", "--code", &code])
        .env("AWS_CA_BUNDLE", &bundle)
        .env("HTTPS_PROXY", format!("http://{}", proxy.address()))
        .expect_secrets()
        .run()
        .success();
    assert!(output.stdout.starts_with(&format!("{}/federation?", env.sandbox.url())));
    assert_eq!(env.calls(), CALLS);
    assert_eq!(proxy.requests().len(), CALLS.len());
}

/// The setting that the AWS SDKs have for this service; a profile may have it, too.
#[test]
fn another_endpoint_is_a_setting_of_the_environment_or_of_the_profile() {
    let env = alice();
    log_in(&env, "my_role");
    let elsewhere = Sandbox::start(World::guide());
    let refused = console(&env, &["--print"]).env("AWS_ENDPOINT_URL_SIGNIN", elsewhere.url()).run().exits(1);
    says(&refused, &["does not sign these credentials in"]);
    assert_eq!(elsewhere.count("getSigninToken"), 1);
    assert_eq!(env.sandbox.count("getSigninToken"), 0);
}
