//! Profiles whose keys are around the program that asks, as in the cloud: a token in a file, the machine, the container.

use std::time::Duration;

use awsd_tests::{
    harness::{PATIENCE, Run, TestEnv},
    sandbox::{
        Sandbox, SessionKind, Trust, World,
        guide::{AFTER_SAML, SAML_LOGIN},
    },
};

use crate::{
    people::says,
    served::{ask, caller, granted},
};

const HOUR: Duration = Duration::from_hours(1);

/// A role that is given for longer than an hour.
const LONG: &str = "arn:aws:iam::444455556666:role/long_after_machine";

fn home() -> TestEnv {
    let mut world = World::guide();
    world.add_role(LONG, Trust::of([SAML_LOGIN])).max_session = 12 * HOUR;
    world.around.machine_role = Some(SAML_LOGIN.to_owned());
    world.around.container = Some((SAML_LOGIN.to_owned(), "CANARY-of-the-container".to_owned()));
    let env = TestEnv::new(Sandbox::start(world));
    env.config(&format!(
        "[profile token]\nrole_arn = {SAML_LOGIN}\nrole_session_name = ci\nduration_seconds = 1800\n\
         web_identity_token_file = {token}\n\
         [profile after_token]\nrole_arn = {AFTER_SAML}\nsource_profile = token\n\
         [profile machine]\nrole_arn = {AFTER_SAML}\ncredential_source = Ec2InstanceMetadata\n\
         [profile long]\nrole_arn = {LONG}\ncredential_source = Ec2InstanceMetadata\nduration_seconds = 7200\n\
         [profile container]\nrole_arn = {AFTER_SAML}\ncredential_source = EcsContainer\n\
         [profile environment]\nrole_arn = {AFTER_SAML}\ncredential_source = Environment\n",
        token = env.home().join("token").display(),
    ));
    env
}

fn on_the_machine(env: &TestEnv, profile: &str) -> Run {
    caller(env, profile)
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", env.sandbox.url())
}

fn in_the_container(env: &TestEnv, token: &str) -> Run {
    caller(env, "container")
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/container/keys", env.sandbox.url()))
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)
}

#[test]
fn a_token_in_a_file_is_a_role() {
    let env = home();
    let refused = caller(&env, "after_token").run().exits(1);
    says(&refused, &["web_identity_token_file gives no keys to after_token: ", "token cannot be read"]);
    let token = env.sandbox.world().web_identity_token(SAML_LOGIN, HOUR);
    env.write("token", format!("{token}\n"));
    let served = ask(&env, "token");
    let SessionKind::Role { session_name, .. } = granted(&env, &served.key).kind else { panic!("no role") };
    assert_eq!(session_name, "ci");
    assert!(served.left().as_secs() <= 1800);
    ask(&env, "after_token");
    assert_eq!(env.new_calls(), ["AssumeRoleWithWebIdentity saml_login", "AssumeRole after_saml"]);

    // One that AWS does not take (any more) is told, and the file is read again the next time.
    env.awsd(["logout", "--all"]).run().success();
    let over = env.sandbox.world().web_identity_token(SAML_LOGIN, Duration::ZERO);
    env.write("token", over);
    says(&caller(&env, "token").run().exits(75), &["AWS says that what token starts from", "is over"]);
    env.write("token", "eyJnobodys");
    says(&caller(&env, "token").run().exits(1), &["is not a valid JWT"]);
    let token = env.sandbox.world().web_identity_token(SAML_LOGIN, HOUR);
    env.write("token", token);
    ask(&env, "token");
}

#[test]
fn a_token_is_used_again_before_its_session_ends() {
    const LIFE: Duration = Duration::from_secs(12);
    let env = home();
    env.sandbox.world().role_session_life = Some(LIFE);
    let token = env.sandbox.world().web_identity_token(SAML_LOGIN, HOUR);
    env.write("token", token);
    ask(&env, "token").has_a_third_of(LIFE);
    for lives in 2..=3 {
        ask(&env, "token").has_a_third_of(LIFE);
        assert!(env.sandbox.wait_for_count("AssumeRoleWithWebIdentity", lives, PATIENCE));
    }
}

#[test]
fn a_machine_in_the_cloud_has_a_role() {
    let env = home();
    on_the_machine(&env, "machine").run().success();
    on_the_machine(&env, "machine").run().success();
    assert_eq!(env.new_calls(), ["MetadataToken", "Metadata", "Metadata", "AssumeRole after_saml"]);
    let disabled = on_the_machine(&env, "machine").env("AWS_EC2_METADATA_DISABLED", "true").run().exits(1);
    says(&disabled, &["metadata service, which is switched off", "unset AWS_EC2_METADATA_DISABLED"]);
    env.sandbox.world().around.machine_role = None;
    env.awsd(["logout", "--all"]).run().success();
    says(&on_the_machine(&env, "machine").run().exits(1), &["this machine has no role"]);
}

/// AWS does not call it chaining to take a role with the keys of a machine. The sandbox does, as for all sessions.
#[test]
fn a_role_of_a_machine_is_asked_for_as_long_as_its_profile_says() {
    let env = home();
    on_the_machine(&env, "long").run().success();
    let asked: Vec<_> = env
        .sandbox
        .calls()
        .into_iter()
        .filter(|call| call.action == "AssumeRole")
        .map(|call| call.parameters["DurationSeconds"].clone())
        .collect();
    assert_eq!(asked, ["7200", "3600"]);
}

#[test]
fn a_container_is_that_of_whoever_asks() {
    let env = home();
    let nowhere = caller(&env, "container").run().exits(1);
    says(&nowhere, &["takes its keys from a container, and the environment names none"]);
    says(
        &in_the_container(&env, "wrong").run().exits(1),
        &["EcsContainer gives no keys to container", "status 403"],
    );
    in_the_container(&env, "CANARY-of-the-container").run().success();
    assert_eq!(
        env.calls(),
        ["ContainerCredentials: Forbidden", "ContainerCredentials", "AssumeRole after_saml"]
    );
    env.write("token", "CANARY-of-the-container\n");
    env.awsd(["logout", "--all"]).run().success();
    in_the_container(&env, "wrong")
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", env.home().join("token"))
        .run()
        .success();
}

#[test]
fn whose_environment_would_that_be() {
    let env = home();
    let refused = caller(&env, "environment").run().exits(1);
    says(
        &refused,
        &["credential_source = Environment would mean the daemon's environment", "write source_profile = "],
    );
    let doctor = env.awsd(["doctor"]).run().exits(1);
    assert!(doctor.stdout.contains("[environment-source]"), "{}", doctor.stdout);
}
