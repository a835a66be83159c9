//! The user itself, without a role: a session of its own, with MFA where there is a device.

use awsd_tests::harness::{TestEnv, programs};

use crate::people::{REGION, aws_as, type_code, who};

#[test]
fn a_user_with_a_device_works_with_iam() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    let list_devices = env.exec("my_account", [&aws]).args(["iam", "list-mfa-devices"]).args(REGION);
    let mut terminal = list_devices.terminal();
    type_code(&env, &mut terminal, "my_account");
    terminal.expect("arn:aws:iam::111122223333:mfa/alice");
    terminal.wait().success();
    assert_eq!(env.new_calls(), ["ListMFADevices", "GetSessionToken with code", "ListMFADevices"]);

    let keys =
        aws_as(&env, &aws, "my_account", ["iam", "list-access-keys"]).args(REGION).run().success().quiet();
    let key = env.sandbox.world().user("alice").keys[0].id.clone();
    assert!(keys.stdout.contains(&key), "{}", keys.stdout);
    assert_eq!(env.new_calls(), ["ListAccessKeys"]);
    assert_eq!(who(&env, &aws, "my_account"), "arn:aws:iam::111122223333:user/alice");

    // The long-lived key itself never gets into the command's environment.
    let child = env.exec("my_account", ["sh", "-c", "echo $AWS_ACCESS_KEY_ID"]).run().success();
    assert!(child.stdout.starts_with("ASIA"), "{}", child.stdout);
}

#[test]
fn a_user_without_a_device_gets_a_session_and_is_told_what_cannot_work_with_it() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    env.credentials([("bobs", "bob")]);
    let first = aws_as(&env, &aws, "bobs", ["sts", "get-caller-identity", "--output", "text"])
        .args(REGION)
        .run()
        .success();
    assert!(first.stdout.contains("arn:aws:iam::111122223333:user/bob"), "{}", first.stdout);
    assert!(first.stderr.contains("IAM") && first.stderr.contains("MFA"), "the notice: {}", first.stderr);
    assert_eq!(env.new_calls(), ["ListMFADevices", "GetSessionToken", "GetCallerIdentity"]);

    // As AWS has it: the answer looks like a dead key, which is why the notice is needed.
    let iam = aws_as(&env, &aws, "bobs", ["iam", "list-access-keys"]).args(REGION).run();
    assert!(!iam.status.success() && iam.stderr.contains("InvalidClientTokenId"), "{}", iam.stderr);
    assert_eq!(env.calls(), ["ListAccessKeys: InvalidClientTokenId"]);
}
