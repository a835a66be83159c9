//! One code a day: every role of the user, however it is written down.

use awsd_tests::{
    harness::{TestEnv, programs},
    sandbox::guide::{DEVELOPER, EXTERNAL_ID, HUB, MY_ROLE, PARTNER, SPOKE},
};

use crate::people::{aws_as, log_in, who};

/// A profile for each way to write a role down.
fn config() -> String {
    format!(
        "[profile my_account]
region = us-west-2
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile my_resource_account]
role_arn = {MY_ROLE}
source_profile = my_account

[profile developer]
role_arn = {DEVELOPER}
source_profile = my_account
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile bare]
role_arn = developer
source_profile = my_account

[profile partner]
role_arn = {PARTNER}
source_profile = my_account
external_id = {EXTERNAL_ID}

[profile hub]
role_arn = {HUB}
source_profile = my_account

[profile spoke]
role_arn = {SPOKE}
source_profile = hub
role_session_name = on-the-way
"
    )
}

fn logged_in() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&config());
    log_in(&env, "my_account");
    assert_eq!(env.new_calls(), ["GetSessionToken with code"]);
    env
}

#[test]
fn every_role_of_the_user_comes_from_the_one_session() {
    let Some(aws) = programs::aws() else { return };
    let env = logged_in();
    for (profile, arn, calls) in [
        ("developer", "111122223333:assumed-role/developer/awsd-tester", &["AssumeRole developer"][..]),
        ("my_resource_account", "444455556666:assumed-role/my_role/awsd-tester", &["AssumeRole my_role"]),
        ("partner", "444455556666:assumed-role/partner/awsd-tester", &["AssumeRole partner"]),
        // The role of the first one, and its session.
        ("bare", "111122223333:assumed-role/developer/awsd-tester", &[]),
        ("spoke", "444455556666:assumed-role/spoke/on-the-way", &["AssumeRole hub", "AssumeRole spoke"]),
        // On the way to the last one.
        ("hub", "111122223333:assumed-role/hub/awsd-tester", &[]),
    ] {
        assert_eq!(who(&env, &aws, profile), format!("arn:aws:sts::{arn}"), "{profile}");
        assert_eq!(env.new_calls(), [calls, &["GetCallerIdentity"]].concat(), "{profile}");
    }
}

#[test]
fn a_chain_from_nothing_needs_one_code() {
    let env = TestEnv::guide();
    env.config(&config());
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "spoke", "--code", &code, "--", "true"]).run().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole hub", "AssumeRole spoke"]);
}

#[test]
fn another_region_is_the_commands_and_not_the_sessions() {
    let Some(aws) = programs::aws() else { return };
    let env = logged_in();
    let arguments = ["ec2", "describe-instances"];
    aws_as(&env, &aws, "my_account", arguments).run().success();
    env.awsd(["exec", "my_account", "--region", "eu-central-1", "--no-prompt", "--"])
        .args([&aws])
        .args(arguments)
        .run()
        .success();
    aws_as(&env, &aws, "my_account", arguments).env("AWS_REGION", "ap-south-1").run().success();
    let calls = env.sandbox.calls();
    assert_eq!(env.calls(), ["DescribeInstances"; 3]);
    let region = |at: usize| calls[at].region.clone().unwrap();
    assert_eq!(region(0), "us-west-2");
    assert_eq!(region(1), "eu-central-1");
    assert_eq!(region(2), "ap-south-1");
    let key = |at: usize| calls[at].access_key_id.clone().unwrap();
    assert!(key(0) == key(1) && key(1) == key(2), "one session for every region");
}

#[test]
fn another_shell_with_other_files_has_the_same_session() {
    let Some(aws) = programs::aws() else { return };
    let env = logged_in();
    let key = env.sandbox.world().user("alice").keys[0].clone();
    let config = env.write(
        "project/aws-config",
        format!(
            "[profile here]\nrole_arn = {MY_ROLE}\nsource_profile = keys\n\
             [profile keys]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n"
        ),
    );
    let keys = format!("[keys]\naws_access_key_id={}\naws_secret_access_key={}\n", key.id, key.secret);
    env.write("project/aws-credentials", keys);
    let arn =
        aws_as(&env, &aws, "here", ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"])
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", "aws-credentials")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .current_dir(env.home().join("project"))
            .run()
            .success()
            .quiet();
    assert_eq!(arn.stdout.trim(), "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester");
    assert_eq!(env.new_calls(), ["AssumeRole my_role", "GetCallerIdentity"]);
    // And the first shell has the role of the second.
    who(&env, &aws, "my_resource_account");
    assert_eq!(env.calls(), ["GetCallerIdentity"]);
}
