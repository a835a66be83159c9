//! `eval "$(awsd export P)"`: a shell gets credentials, from the first command of the day on.

use awsd_tests::harness::{TestEnv, programs};

use crate::{
    odd::{self, PROFILE, environment, with_left_overs},
    people::type_code,
};

const ROLE_SESSION: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-";

/// Who the AWS CLI is in a shell that has run `load`; `{code}` in it is the code of the moment.
///
/// No daemon is running before, and the harness waits until nobody has the shell's output open any more: a daemon that kept
/// a descriptor of the shell would never let it end.
fn assert_works(variable: &str, name: &str, load: &str) {
    let (Some(shell), Some(aws)) = (programs::found(variable, name), programs::aws()) else { return };
    let env = TestEnv::guide();
    let code = env.sandbox.next_code("alice");
    let script = format!(
        "{}; exec {} sts get-caller-identity --query Arn --output text",
        load.replace("{code}", &code),
        aws.display()
    );
    let arn = with_left_overs(env.command(shell).args(["-c", &script])).run().success().quiet();
    // The session's name is the person's; fish sets USER itself.
    assert!(arn.stdout.starts_with(ROLE_SESSION), "{}", arn.stdout);
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role", "GetCallerIdentity"]);
    assert_eq!(env.daemons().len(), 1, "it goes on without the shell");
}

#[test]
fn bash_has_credentials_whatever_was_left_over() {
    // Two more descriptors of the substitution, as scripts that keep a log have them.
    let load = r#"set -eu; eval "$(awsd export my_resource_account --code {code} 7>&1 9>&1)""#;
    assert_works("AWSD_TEST_BASH", "bash", load);
}

#[test]
fn dash_has_credentials_whatever_was_left_over() {
    let load = r#"set -eu; eval "$(awsd export my_resource_account --code {code})""#;
    assert_works("AWSD_TEST_DASH", "dash", load);
}

#[test]
fn zsh_has_credentials_whatever_was_left_over() {
    let load = r#"set -eu; eval "$(awsd export my_resource_account --code {code})""#;
    assert_works("AWSD_TEST_ZSH", "zsh", load);
}

#[test]
fn fish_has_credentials_whatever_was_left_over() {
    let load = "awsd export my_resource_account --code {code} --format fish | source";
    assert_works("AWSD_TEST_FISH", "fish", load);
}

/// Standard output is a pipe then, and standard input is not asked either.
#[test]
fn the_code_is_asked_for_at_the_terminal_while_the_shell_reads_the_output() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    let script = r#"eval "$(awsd export my_resource_account </dev/null 2>/dev/null)"; exec "$0" ec2 describe-instances"#;
    let mut terminal = env.command("/bin/sh").args(["-c", script]).args([aws]).terminal();
    type_code(&env, &mut terminal, "my_resource_account");
    terminal.expect("\"Reservations\": []");
    terminal.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role", "DescribeInstances"]);
}

#[test]
fn a_refusal_leaves_the_shell_as_it_was() {
    let env = odd::home();
    for (arguments, code, says) in [
        (&["export", "nobody"][..], 1, "nobody"),
        (&["export", PROFILE, "--format", "yaml"], 64, "yaml"),
        (&["export"], 64, "PROFILE"),
    ] {
        let output = env.awsd(arguments).run().exits(code);
        assert_eq!(output.stdout, "", "{arguments:?}");
        assert!(output.stderr.contains(says), "{arguments:?}: {}", output.stderr);
    }
    let shell = env.command("/bin/sh").args(["-c", r#"eval "$(awsd export nobody)"; exec env -0"#]);
    let kept = environment(&shell.env("AWS_PROFILE", "kept").run().success().stdout);
    assert_eq!(kept["AWS_PROFILE"], "kept");
}

#[test]
fn without_anybody_to_ask_it_says_so_at_once() {
    let env = TestEnv::guide();
    let output = env.awsd(["export", "my_resource_account"]).run().exits(75);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("awsd mfa"), "{}", output.stderr);
}

#[test]
fn a_daemon_that_cannot_be_reached_has_an_exit_code_of_its_own() {
    let env = odd::home();
    let run = env.awsd(["export", PROFILE]).env("AWSD_SOCKET", "/dev/null/socket");
    assert_eq!(run.run().exits(2).stdout, "");
}

#[test]
fn an_output_that_is_full_is_an_error_and_one_that_nobody_reads_is_none() {
    let env = odd::home();
    let shell = |script: &str| env.command("/bin/sh").args(["-c", script]).env("P", PROFILE).run();
    let full = shell(r#"exec awsd export "$P" > /dev/full"#).exits(1);
    assert!(full.stderr.contains("standard output"), "{}", full.stderr);
    // The reader lets the writer begin when it has closed its end.
    let script = r#"exec 3>&1
        { read -r _; awsd export "$P" 2>&3; echo "ended with $?" >&3; } < "$FIFO" | { exec <&-; : > "$FIFO"; }"#;
    let fifo = env.home().join("fifo");
    env.command("mkfifo").args([&fifo]).run().success();
    let unread = env.command("/bin/sh").args(["-c", script]).env("P", PROFILE).env("FIFO", &fifo).run();
    assert_eq!(unread.success().quiet().stdout, "ended with 0\n");
}

/// A shell goes from profile to profile: commands must not go to the region of the one before.
#[test]
fn each_profile_brings_its_own_region_unless_the_person_has_set_one() {
    let env = odd::home();
    env.config(
        "[profile here]\nregion = eu-west-1\n[profile there]\nregion = us-west-2\n[profile nowhere]\n",
    );
    let keys = "aws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\n";
    env.write(
        ".aws/credentials",
        ["here", "there", "nowhere"].map(|name| format!("[{name}]\n{keys}")).concat(),
    );
    let regions = |before: &str| {
        let script = format!("{before} awsd exec there -- printenv AWS_REGION AWS_DEFAULT_REGION");
        env.command("/bin/sh").args(["-c", &script]).run().success().quiet().stdout
    };
    let export = |arguments: &str| format!("eval \"$(awsd export {arguments})\";");
    for before in [
        export("here"),
        export("here") + &export("nowhere"),
        export("here --region ap-south-1"),
        "awsd exec here --".to_owned(),
    ] {
        assert_eq!(regions(&before), "us-west-2\nus-west-2\n", "{before}");
    }
    for before in [
        "export AWS_REGION=sa-east-1;".to_owned(),
        "export AWS_DEFAULT_REGION=sa-east-1;".to_owned(),
        export("here") + "AWS_REGION=sa-east-1;",
        "export AWS_REGION=sa-east-1;".to_owned() + &export("here"),
    ] {
        assert_eq!(regions(&before), "sa-east-1\nsa-east-1\n", "{before}");
    }
}
