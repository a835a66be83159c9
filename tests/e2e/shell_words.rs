//! What shells show and complete: `awsd prompt`, and the words of awsd and of the person.

use awsd_tests::harness::{TestEnv, programs};

use crate::{
    people::log_in,
    profiles::alice,
    transparent::{BASH, FISH, ZSH},
};

fn prompt(env: &TestEnv, variables: &[(&str, &str)]) -> String {
    let run = variables.iter().fold(env.awsd(["prompt"]), |run, (name, value)| run.env(name, value));
    run.run().success().quiet().stdout
}

#[test]
fn a_prompt_shows_the_profile_and_the_time_left() {
    let env = alice();
    assert_eq!(prompt(&env, &[]), "");
    assert_eq!(prompt(&env, &[("AWS_PROFILE", "my_role")]), "my_role");
    assert!(env.daemons().is_empty(), "it starts nothing");
    log_in(&env, "my_role");
    env.awsd(["credential-process", "my_role"]).expect_secrets().run().success();
    let shown = prompt(&env, &[("AWS_PROFILE", "my_role")]);
    assert!(shown == "my_role 1h 0m" || shown == "my_role 59m", "{shown}");
    assert_eq!(prompt(&env, &[("AWS_PROFILE", "nobody")]), "nobody");
    let inside = env.exec("my_role", ["awsd", "prompt"]).run().success().quiet().stdout;
    assert!(inside == "my_role 1h 0m" || inside == "my_role 59m", "{inside}");
    let calls = env.new_calls();
    assert_eq!(calls, ["GetSessionToken with code", "AssumeRole my_role"], "it asks nobody");
}

#[test]
fn a_prompt_does_not_wait_for_a_daemon_that_hangs() {
    let env = alice();
    log_in(&env, "my_role");
    let daemon = env.daemons()[0];
    rustix::process::kill_process(daemon, rustix::process::Signal::STOP).unwrap();
    assert_eq!(prompt(&env, &[("AWS_PROFILE", "my_role")]), "my_role");
    rustix::process::kill_process(daemon, rustix::process::Signal::CONT).unwrap();
}

#[test]
fn bash_completes_verbs_and_profiles() {
    let env = alice();
    let complete = |words: &str| {
        let script = format!(
            "COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); __awsd_complete; echo \"${{COMPREPLY[@]}}\""
        );
        BASH.script(&env, &script).unwrap().run().success().quiet().stdout
    };
    assert_eq!(complete("awsd exec my"), "my_account my_role\n");
    assert_eq!(complete("awsd exe"), "exec\n");
    assert_eq!(complete("awsd exec my_role -- my"), "\n");
}

#[test]
fn names_are_quoted_as_the_shell_reads_them() {
    let env = alice();
    env.config("[profile \"it's odd\"]\nregion = eu-west-1\n");
    let script = "COMP_WORDS=(awsd exec ''); COMP_CWORD=2; __awsd_complete; echo \"${COMPREPLY[@]}\"";
    let output = BASH.script(&env, script).unwrap().run().success().quiet();
    assert_eq!(output.stdout, "it\\'s\\ odd my_account\n");
}

#[test]
fn fish_completes_verbs_and_profiles() {
    let env = alice();
    let Some(run) = FISH.script(&env, "complete -C 'awsd exec my'; complete -C 'awsd dae'") else { return };
    assert_eq!(run.run().success().quiet().stdout, "my_account\nmy_role\ndaemon\n");
}

#[test]
fn zsh_completes_verbs_profiles_and_the_variable() {
    let env = alice();
    let Some(zsh) = ZSH.found() else { return };
    let mut terminal = env.command(zsh).args(["-f"]).terminal();
    terminal.send_line("autoload -Uz compinit; compinit -u -D; eval \"$(awsd init zsh)\"; echo rea''dy");
    terminal.expect("ready");
    for (typed, completed) in [
        ("echo awsd; : awsd; awsd exec my_r\t--help | head -1; echo en''d-1", "end-1"),
        ("AWS_PROFILE=dev\t sh -c 'echo =$AWS_PROFILE='", "=developer="),
    ] {
        terminal.send_line(typed);
        terminal.expect(completed);
    }
    assert!(terminal.shown().contains("my_role"), "{}", terminal.shown());
    terminal.send_line("exit");
    terminal.wait().success();
}

#[test]
fn completions_can_be_had_alone() {
    let env = alice();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = env.awsd(["completions", shell]).run().success().quiet().stdout;
        assert!(text.contains("complete") && !text.contains("AWS_CONFIG_FILE"), "{text}");
    }
    assert!(env.daemons().is_empty(), "it is a text");
}

/// Debian has neither.
#[test]
fn shells_that_cannot_be_had_everywhere_read_what_they_are_given() {
    let env = alice();
    if let Some(nu) = programs::found("AWSD_TEST_NU", "nu") {
        let text = env.awsd(["init", "nu"]).run().success().quiet().stdout;
        env.write("awsd.nu", text);
        let script = "source awsd.nu; open $env.AWS_CONFIG_FILE --raw";
        let output = env.command(nu).args(["--no-config-file", "-c", script]).run().success();
        assert!(output.stdout.contains("[profile developer]"), "{}", output.stdout);
    }
    if let Some(powershell) = programs::found("AWSD_TEST_PWSH", "pwsh") {
        let script =
            "awsd init powershell | Out-String | Invoke-Expression; Get-Content $Env:AWS_CONFIG_FILE";
        let output = env.command(powershell).args(["-NoProfile", "-Command", script]).run().success();
        assert!(output.stdout.contains("[profile developer]"), "{}", output.stdout);
    }
}
