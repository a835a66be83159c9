//! `credential_process = awsd credential-process P`: programs that read `~/.aws/config` themselves.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use awsd_tests::{
    harness::{Run, TestEnv, programs},
    sandbox::guide,
};
use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use serde_json::Value;

use crate::people::{REGION, log_in, type_code, who};

const ROLE_SESSION: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";

/// The line for a person's config.
const AWSD: &str = "awsd credential-process";

/// The same, but it notes each run before it becomes awsd.
const COUNTED: &str = "sh counted.sh";

/// The guide's files, and a profile `tools` that this command serves from the guide's role.
fn home(command: &str) -> TestEnv {
    let env = TestEnv::guide();
    env.write("counted.sh", "echo run >> runs; exec awsd credential-process \"$@\"\n");
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.config(&format!(
        "{config}\n[profile tools]\nregion = eu-central-1\ncredential_process = {command} my_resource_account\n"
    ));
    env
}

/// How often [`COUNTED`] was run.
fn runs(env: &TestEnv) -> usize {
    fs::read_to_string(env.home().join("runs")).map_or(0, |runs| runs.lines().count())
}

/// The AWS CLI itself, without `awsd exec`, asking who it is.
fn cli(env: &TestEnv, aws: &Path, profile: &str) -> Run {
    let arguments =
        ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--profile", profile];
    env.command(aws).args(arguments).args(REGION)
}

/// boto3 asks six times who it is.
fn boto3(env: &TestEnv, python: &Path) -> Run {
    let script = "import boto3
sts = boto3.Session(profile_name='tools').client('sts')
for _ in range(6): print(sts.get_caller_identity()['Arn'])";
    env.command(python).args(["-c", script])
}

#[test]
fn the_aws_cli_lets_awsd_ask_for_the_code() {
    let Some(aws) = programs::aws() else { return };
    let env = home(AWSD);
    let mut terminal = cli(&env, &aws, "tools").terminal();
    type_code(&env, &mut terminal, "my_resource_account");
    terminal.expect(ROLE_SESSION);
    terminal.wait().success();
    assert_eq!(env.new_calls(), ["GetSessionToken with code", "AssumeRole my_role", "GetCallerIdentity"]);
    assert_eq!(cli(&env, &aws, "tools").run().success().quiet().stdout.trim(), ROLE_SESSION);
    assert_eq!(env.calls(), ["GetCallerIdentity"]);
}

#[test]
fn where_nobody_can_be_asked_the_aws_cli_shows_what_to_do() {
    let Some(aws) = programs::aws() else { return };
    let env = home(AWSD);
    let output = cli(&env, &aws, "tools").run();
    assert!(!output.status.success());
    assert!(output.stderr.contains("MFA code") && output.stderr.contains("awsd mfa"), "{}", output.stderr);
    assert_eq!(env.awsd(["credential-process", "my_resource_account"]).run().exits(75).stdout, "");
}

#[test]
fn boto3_runs_it_once_and_not_for_every_call() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = home(COUNTED);
    log_in(&env, "my_resource_account");
    env.new_calls();
    for count in 1..=2 {
        let output = boto3(&env, &python).run().success().quiet();
        assert_eq!(output.stdout.lines().collect::<Vec<_>>(), [ROLE_SESSION; 6]);
        assert_eq!(env.new_calls(), ["GetCallerIdentity"; 6]);
        assert_eq!(runs(&env), count, "once for each process");
    }
}

/// With less than 15 minutes left botocore runs it for every call. AWS must not notice.
#[test]
fn a_session_too_short_for_botocore_is_made_once_all_the_same() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = home(COUNTED);
    env.sandbox.world().role_session_life = Some(Duration::from_mins(14));
    log_in(&env, "my_resource_account");
    env.new_calls();
    boto3(&env, &python).run().success().quiet();
    assert!(runs(&env) >= 6, "{} runs", runs(&env));
    assert_eq!(env.calls(), ["GetCallerIdentity"; 6]);
}

#[test]
fn the_json_is_what_every_sdk_can_read() {
    let env = home(AWSD);
    log_in(&env, "my_resource_account");
    let output = env.awsd(["credential-process", "my_resource_account"]).expect_secrets().run();
    let text = output.success().quiet().stdout;
    assert!(text.lines().count() == 1 && text.ends_with('\n'), "one line");
    let json: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    let keys: BTreeSet<_> = json.keys().map(String::as_str).collect();
    let known = ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "SessionToken", "Version"];
    assert_eq!(keys, known.into());
    assert_eq!(json["Version"], Value::from(1), "a number, not a string");
    assert_eq!(json["AccountId"], "444455556666");
    let expiration = json["Expiration"].as_str().unwrap();
    // The one form that every SDK reads: UTC, to the second.
    let moment = strtime::parse("%Y-%m-%dT%H:%M:%SZ", expiration).unwrap().to_datetime().unwrap();
    let left = Timestamp::now().duration_until(TimeZone::UTC.to_timestamp(moment).unwrap());
    assert!((50..=60).contains(&left.as_mins()), "{expiration}");
}

#[test]
fn to_awsd_it_is_another_name_of_the_profile_and_nothing_is_run() {
    let Some(aws) = programs::aws() else { return };
    let env = home(AWSD);
    log_in(&env, "my_resource_account");
    env.new_calls();
    assert_eq!(who(&env, &aws, "tools"), ROLE_SESSION);
    assert_eq!(env.calls(), ["GetCallerIdentity"], "the session that was there");
    let region = env.exec("tools", ["sh", "-c", "echo $AWSD_PROFILE $AWS_REGION"]).run().success().quiet();
    assert_eq!(region.stdout, "tools eu-central-1\n", "the region is its own");
}

#[test]
fn a_profile_served_by_itself_is_told_so_and_awsd_does_not_run_itself() {
    let Some(aws) = programs::aws() else { return };
    let env = home(AWSD);
    let section = |name: &str, next: &str| {
        format!("[profile {name}]\nregion = us-west-2\ncredential_process = {AWSD} {next}\n")
    };
    let sections = [("itself", "itself"), ("there", "back"), ("back", "there")];
    env.config(&sections.map(|(name, next)| section(name, next)).concat());
    for (profile, line) in [("itself", "config:3"), ("there", "config:9")] {
        for verb in [&["credential-process", profile][..], &["exec", profile, "--", "true"]] {
            let output = env.awsd(verb).run().exits(1);
            assert_eq!(output.stdout, "");
            assert!(output.stderr.contains("served by awsd itself"), "{}", output.stderr);
            assert!(output.stderr.contains(line), "{}", output.stderr);
        }
    }
    let output = cli(&env, &aws, "itself").run();
    assert!(!output.status.success());
    assert!(output.stderr.contains("served by awsd itself"), "{}", output.stderr);
    assert_eq!(env.calls(), [""; 0]);
}

/// To the AWS CLI the command comes before keys in the same file; to awsd these keys are where the session comes from.
#[test]
fn a_profile_may_name_itself_where_its_keys_are() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    let key = env.sandbox.world().user("alice").keys[0].clone();
    env.write(".aws/credentials", "");
    let keys = guide::credentials_section("profile keys", &key);
    env.config(&format!("{keys}credential_process = {AWSD} keys\n"));
    log_in(&env, "keys");
    env.new_calls();
    let arn = cli(&env, &aws, "keys").run().success().quiet();
    assert_eq!(arn.stdout.trim(), "arn:aws:iam::111122223333:user/alice");
    let with = env.sandbox.calls()[0].access_key_id.clone().unwrap();
    assert!(with.starts_with("ASIA"), "a session, not the key itself: {with}");
}
