//! What people do in many of the tests.

use std::path::Path;

use awsd_tests::harness::{Output, Run, Terminal, TestEnv};

/// Types the code that alice's device shows at the prompt for this profile.
#[track_caller]
pub(crate) fn type_code(env: &TestEnv, terminal: &mut Terminal, profile: &str) {
    terminal.expect(&format!("MFA code for alice ({profile}): "));
    terminal.send_line(&env.sandbox.next_code("alice"));
}

/// Logs alice in with a profile.
#[track_caller]
pub(crate) fn log_in(env: &TestEnv, profile: &str) {
    let code = env.sandbox.next_code("alice");
    env.awsd(["login", profile, "--code", &code]).run().success();
}

/// What a person is told, and what to do next, where a command has nothing else to say.
#[track_caller]
pub(crate) fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(output.stderr.contains(word), "{} does not say {word:?}: {}", output.name, output.stderr);
    }
    assert_eq!(output.stdout, "", "{}", output.name);
}

/// The AWS CLI wants a region, even for services without one, where `AWS_ENDPOINT_URL` is set.
pub(crate) const REGION: [&str; 2] = ["--region", "us-west-2"];

/// The AWS CLI, run by `awsd exec` of a profile that must not need a person.
pub(crate) fn aws_as<const N: usize>(env: &TestEnv, aws: &Path, profile: &str, arguments: [&str; N]) -> Run {
    env.awsd(["exec", profile, "--no-prompt", "--"]).args([aws]).args(arguments)
}

/// Who the AWS CLI says it is, run by `awsd exec` of a profile that must not need a person.
#[track_caller]
pub(crate) fn who(env: &TestEnv, aws: &Path, profile: &str) -> String {
    let arguments = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"];
    aws_as(env, aws, profile, arguments).args(REGION).run().success().quiet().stdout.trim().to_owned()
}
