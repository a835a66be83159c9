//! The first command of a newcomer: the guide's files as they stand, one code typed at the terminal.

use awsd_tests::harness::{TestEnv, programs};

const PROMPT: &str = "MFA code for alice (my_resource_account): ";

#[test]
fn one_code_typed_at_the_terminal_and_the_command_runs() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    let command = [aws.as_os_str(), "ec2".as_ref(), "describe-instances".as_ref()];

    let mut terminal = env.exec("my_resource_account", command).terminal();
    terminal.expect(PROMPT);
    assert!(!terminal.echoes(), "the code could be read over the shoulder");
    let code = env.sandbox.next_code("alice");
    terminal.send_line(&code);
    terminal.expect("\"Reservations\": []");
    assert!(terminal.echoes(), "the terminal was left as it was");
    let output = terminal.wait().success();
    assert!(!output.stdout.contains(&code), "the code is not shown");
    assert_eq!(output.stdout.matches("MFA code").count(), 1, "asked once: {}", output.stdout);
    assert!(!output.stdout.contains("mfa_arn"), "no warning on the way to work: {}", output.stdout);
    assert_eq!(env.new_calls(), ["GetSessionToken with code", "AssumeRole my_role", "DescribeInstances"]);

    // The rest of the day, in any other shell.
    let again = env.exec("my_resource_account", command).run().success().quiet();
    assert!(again.stdout.contains("\"Reservations\": []"), "{}", again.stdout);
    assert_eq!(env.new_calls(), ["DescribeInstances"]);
}

#[test]
fn the_unofficial_line_is_mentioned_where_one_looks_and_not_on_the_way_to_work() {
    let env = TestEnv::guide();
    for verb in ["list", "doctor"] {
        let output = env.awsd([verb]).run().success();
        let said = output.stdout + &output.stderr;
        assert!(said.contains("mfa_arn") && said.contains("mfa_serial"), "{verb}: {said}");
    }
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "my_resource_account", "--code", &code, "--", "true"]).run().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
}
