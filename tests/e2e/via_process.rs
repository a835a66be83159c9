//! `awsd exec --via process`: the command's AWS programs ask awsd themselves, and no secret is in its environment.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use awsd_tests::harness::{Run, TestEnv, programs};

use crate::{
    people::{log_in, type_code},
    profiles::alice,
};

fn exec(env: &TestEnv, profile: &str) -> Run {
    env.awsd(["exec", profile, "--via", "process", "--"])
}

/// Who the AWS CLI says it is.
const WHO: &str = "aws sts get-caller-identity --query Arn --output text --region us-west-2";

const MY_ROLE: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";
const DEVELOPER: &str = "arn:aws:sts::111122223333:assumed-role/developer/awsd-tester";

/// A variable of the command's environment; empty where it is not set.
fn variable(env: &TestEnv, profile: &str, name: &str) -> String {
    let output = exec(env, profile).args(["sh", "-c", &format!("echo \"${name}\"")]).run();
    output.success().quiet().stdout.trim().to_owned()
}

fn config_file(env: &TestEnv) -> PathBuf {
    variable(env, "my_role", "AWS_CONFIG_FILE").into()
}

#[test]
fn the_commands_programs_ask_awsd_for_any_profile() {
    if programs::aws().is_none() {
        return;
    }
    let env = alice();
    let script = format!("{WHO}; {WHO} --profile developer; env >environment");
    let mut terminal = exec(&env, "my_role").args(["sh", "-c", &script]).terminal();
    // Before the command, not in the middle of it.
    type_code(&env, &mut terminal, "my_role");
    terminal.expect(MY_ROLE);
    terminal.expect(DEVELOPER);
    terminal.wait().success();
    let identity = "GetCallerIdentity";
    assert_eq!(
        env.calls(),
        ["GetSessionToken with code", "AssumeRole my_role", identity, "AssumeRole developer", identity]
    );
    // Which the harness reads as well, looking for secrets.
    let environment = fs::read_to_string(env.home().join("environment")).unwrap();
    assert!(environment.contains("AWS_PROFILE=my_role\n") && environment.contains("AWSD_PROFILE=my_role\n"));
    for secret in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(!environment.contains(secret), "{secret}");
    }
}

#[test]
fn the_files_are_nobody_elses_hold_no_secret_and_are_written_once() {
    let env = alice();
    log_in(&env, "my_role");
    let config = config_file(&env);
    let credentials = PathBuf::from(variable(&env, "my_role", "AWS_SHARED_CREDENTIALS_FILE"));
    assert_eq!(fs::read_to_string(&credentials).unwrap(), "");
    for file in [&config, &credentials] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o400);
    }
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("[profile developer]\ncredential_process = "), "{text}");
    for way in ["role_arn", "source_profile", "mfa_serial", "aws_access_key_id"] {
        assert!(!text.contains(way), "{way}: {text}");
    }
    let count = || fs::read_dir(config.parent().unwrap()).unwrap().count();
    assert_eq!((config_file(&env), count()), (config.clone(), 2));
    let own = env.home().join(".aws/config");
    fs::write(&own, fs::read_to_string(&own).unwrap() + "\n[profile another]\nregion = eu-west-1\n").unwrap();
    let edited = config_file(&env);
    assert!(fs::read_to_string(&edited).unwrap().contains("[profile another]"));
    assert_eq!(fs::read_to_string(&config).unwrap(), text, "a command that runs keeps what it was given");
}

/// Whose `AWS_CONFIG_FILE` is not the person's own.
#[test]
fn awsd_in_the_command_reads_the_persons_files() {
    let env = alice();
    log_in(&env, "my_role");
    let plain = env.awsd(["list", "--json"]).run().success().quiet().stdout;
    let inside = exec(&env, "my_role").args(["awsd", "list", "--json"]).run().success().quiet().stdout;
    let names = |text: &str| -> BTreeSet<String> {
        text.lines().map(|row| row.split('"').nth(3).unwrap().to_owned()).collect()
    };
    assert_eq!(names(&inside), names(&plain));
    let nested = ["awsd", "exec", "developer", "--via", "process", "--", "sh", "-c", "cat $AWS_CONFIG_FILE"];
    let nested = exec(&env, "my_role").args(nested).run().success().quiet().stdout;
    assert_eq!(nested, fs::read_to_string(config_file(&env)).unwrap());
}

#[test]
fn what_the_shell_had_before_does_not_win() {
    let Some(aws) = programs::aws() else { return };
    let env = alice();
    log_in(&env, "my_role");
    let stale = |run: Run| {
        run.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "stale")
            .env("AWS_PROFILE", "nobody")
            .env("AWS_REGION", "eu-north-1")
            .env("AWSD_REGION", "eu-north-1")
    };
    let who = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--region", "us-west-2"];
    let output = stale(exec(&env, "my_role")).args([&aws]).args(who).run();
    assert_eq!(output.success().quiet().stdout.trim(), MY_ROLE);
    let shown = |run: Run| {
        let run = run.args(["--", "sh", "-c", "echo $AWS_REGION $AWS_DEFAULT_REGION"]);
        run.run().success().quiet().stdout
    };
    let region =
        |options: &[&str]| shown(stale(env.awsd(["exec", "my_account", "--via", "process"]).args(options)));
    assert_eq!(region(&[]), "\n", "it came with another profile, and this one has its own");
    assert_eq!(region(&["--region", "ap-south-1"]), "ap-south-1 ap-south-1\n");
    // botocore reads only the one that was handed out.
    let own = stale(env.awsd(["exec", "my_account", "--via", "process"]))
        .env("AWS_REGION", "sa-east-1")
        .env("AWS_DEFAULT_REGION", "eu-north-1");
    assert_eq!(shown(own), "sa-east-1 sa-east-1\n");
}

#[test]
fn options_without_a_meaning_are_refused() {
    let env = alice();
    for option in [&["--duration", "4h"][..], &["--no-session"]] {
        for via in ["process", "server"] {
            let refused = env.awsd(["exec", "my_role", "--via", via]).args(option).args(["--", "true"]);
            let refused = refused.run().exits(64);
            assert!(refused.stderr.contains("only with --via env"), "{}", refused.stderr);
        }
    }
    assert!(env.calls().is_empty());
}

#[test]
fn the_settings_say_how_where_the_person_does_not() {
    let env = alice();
    log_in(&env, "my_role");
    let ways = ["AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let way = |arguments: &[&str]| -> Vec<&str> {
        let environment =
            env.awsd(["exec", "my_role"]).args(arguments).args(["--", "env"]).expect_secrets().run();
        let environment = environment.success().quiet().stdout;
        let is_set = |name: &&str| environment.lines().any(|line| line.starts_with(&format!("{name}=")));
        ways.into_iter().filter(is_set).collect()
    };
    assert_eq!(way(&[]), [ways[0]]);
    for (via, sets) in ["env", "process", "server"].into_iter().zip(ways) {
        env.write(env.root().join("config/awsd/config.toml"), format!("[defaults]\nvia = \"{via}\"\n"));
        assert_eq!(way(&[]), [sets], "{via}");
        assert_eq!(way(&["--via", "env"]), [ways[0]], "{via}");
        assert_eq!(way(&["--via", "process"]), [ways[1]], "{via}");
        assert_eq!(way(&["--duration", "30m"]), [ways[0]], "a copy, as it was asked for, in spite of {via}");
    }
}

/// How long a role's session lives here.
const LIFE: Duration = Duration::from_secs(8);

/// Calls AWS until it has done so with eight sessions. A call that fails ends it.
pub(crate) const EIGHT_SESSIONS: &str = "
import boto3, time
session, keys = boto3.Session(), set()
sts = session.client('sts', region_name='us-west-2')
while len(keys) < 8:
    sts.get_caller_identity()
    keys.add(session.get_credentials().get_frozen_credentials().access_key)
    time.sleep(0.2)
print('done')";

#[test]
fn a_command_outlives_eight_sessions_without_a_code() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = alice();
    env.sandbox.world().role_session_life = Some(LIFE);
    log_in(&env, "my_role");
    env.new_calls();
    let output = exec(&env, "my_role")
        .args([Path::new(&python)])
        .args(["-c", EIGHT_SESSIONS])
        .patience(LIFE * 30)
        .run();
    assert_eq!(output.success().quiet().stdout, "done\n");
    let calls: BTreeSet<_> = env.calls().into_iter().collect();
    assert_eq!(calls, ["AssumeRole my_role", "GetCallerIdentity"].map(str::to_owned).into());
}
