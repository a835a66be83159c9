//! However a command gets its credentials, it is run as it would be without awsd.

use std::path::Path;

use awsd_tests::harness::{TestEnv, programs};

use crate::{people::log_in, profiles::alice};

const MY_ROLE: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";

const WAYS: [&str; 3] = ["env", "process", "server"];

/// What a shell prints in which `$AWSD` is the beginning of the command line.
fn prints(env: &TestEnv, way: &str, script: &str) -> String {
    let run = env.command("/bin/sh").args(["-c", script]);
    run.env("AWSD", format!("awsd exec my_role --no-prompt --via {way} --")).run().success().quiet().stdout
}

#[test]
fn every_exit_code_is_the_commands_own() {
    let env = alice();
    log_in(&env, "my_role");
    let script = r#"code=0
        while [ $code -lt 256 ]; do
            $AWSD sh -c "exit $code"
            ended=$?
            [ $ended = $code ] || echo "$ended instead of $code"
            code=$((code + 1))
        done"#;
    for way in WAYS {
        assert_eq!(prints(&env, way, script), "", "{way}");
    }
}

#[test]
fn a_command_that_is_stopped_goes_on() {
    let env = alice();
    log_in(&env, "my_role");
    let script = r"$AWSD sh -c 'kill -STOP $$; exit 9' &
        until grep -q '^State:.T' /proc/$!/status; do :; done
        kill -CONT $!
        wait $!
        echo $?";
    for way in WAYS {
        assert_eq!(prints(&env, way, script), "9\n", "{way}");
    }
}

#[test]
fn two_megabytes_of_arguments_arrive() {
    let env = alice();
    log_in(&env, "my_role");
    let script = r#"ulimit -s 65536
        set -- $(head -c 2000000 /dev/zero | tr '\0' a | fold -w 1000)
        $AWSD sh -c 'echo $# ${#1}' sh "$@""#;
    for way in WAYS {
        assert_eq!(prints(&env, way, script), "2000 1000\n", "{way}");
    }
}

#[test]
fn it_runs_without_standard_input_and_output() {
    let env = alice();
    log_in(&env, "my_role");
    for way in WAYS {
        assert_eq!(prints(&env, way, "$AWSD sh -c 'exit 3' <&- >&- 2>&-; echo $?"), "3\n", "{way}");
    }
}

#[test]
fn a_profile_may_have_blanks_in_its_name() {
    let Some(aws) = programs::aws() else { return };
    let env = alice();
    log_in(&env, "my_role");
    let config = std::fs::read_to_string(env.home().join(".aws/config")).unwrap();
    let name = "all my work, really";
    env.config(&config.replace("[profile my_role]", &format!("[profile \"{name}\"]")));
    for way in WAYS {
        let who =
            ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--region", "us-west-2"];
        let run =
            env.awsd(["exec", name, "--no-prompt", "--via", way, "--"]).args([Path::new(&aws)]).args(who);
        assert_eq!(run.run().success().quiet().stdout.trim(), MY_ROLE, "{way}");
    }
}
