//! The prompt at the terminal: one for each terminal, only where the terminal listens, and gone without a trace.

use std::fs;

use awsd_tests::{
    harness::{Terminal, TestEnv, programs},
    sandbox::guide::DEVELOPER,
};
use rustix::{
    process::{Pid, Signal},
    termios::LocalModes,
};
use serde_json::Value;

use crate::wire::wait_until_waiting;

const PROMPT: &str = "MFA code for alice (developer): ";

/// Back to the beginning of the line, and the line is empty.
const ERASED: &str = "\r\x1b[K";

fn guide() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&format!(
        "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         [profile developer]\nrole_arn = {DEVELOPER}\nsource_profile = my_account\n"
    ));
    env
}

/// A shell in a terminal of its own that runs this and then says how it ended and stays until a line is typed, so that the
/// terminal can be looked at. It shows the line that it got.
fn shell(env: &TestEnv, script: &str) -> Terminal {
    let script =
        format!("trap : INT TERM HUP; {script}; echo \"ended with $?\"; read line; echo \"got [$line]\"");
    env.command("/bin/sh").args(["-c", &script]).terminal()
}

/// The process that the question is asked for.
fn caller(question: &Value) -> Pid {
    let pid = question["caller"]["pid"].as_i64().expect("a process id");
    Pid::from_raw(pid.try_into().unwrap()).unwrap()
}

/// The terminal as a test compares it.
fn modes(terminal: &Terminal) -> String {
    let modes = terminal.modes();
    format!("{:?}", (modes.local_modes, modes.input_modes, modes.output_modes, modes.special_codes))
}

#[test]
fn a_prompt_is_withdrawn_when_the_code_is_given_elsewhere() {
    for elsewhere in [&["mfa"][..], &["login", "my_account", "--code"]] {
        let env = guide();
        let mut terminal = shell(&env, "echo it begins; read go; awsd exec developer -- echo it runs");
        terminal.expect("it begins");
        let before = modes(&terminal);
        terminal.send_line("go");
        terminal.expect(PROMPT);
        assert_ne!(modes(&terminal), before);
        // Somebody has begun to type: that is not for the command that comes.
        terminal.send("123");
        let code = env.sandbox.next_code("alice");
        env.awsd(elsewhere).args([code]).run().success().quiet();
        terminal.expect(&format!("{ERASED}it runs\r\nended with 0"));
        assert_eq!(modes(&terminal), before, "{elsewhere:?}");
        terminal.send_line("x");
        let shown = terminal.wait().success().stdout;
        assert!(shown.ends_with("got [x]\r\n") && !shown.contains("123"), "{shown}");
        assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
    }
}

#[test]
fn two_clients_on_one_terminal_show_one_prompt() {
    let env = guide();
    let client = "awsd exec developer -- echo it runs";
    let mut terminal = shell(&env, &format!("{client} & {client} & wait"));
    terminal.expect(PROMPT);
    wait_until_waiting(&env, 2);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
    terminal.expect("it runs");
    terminal.send_line("x");
    let shown = terminal.wait().success().stdout;
    assert_eq!(shown.matches("MFA code").count(), 1, "{shown}");
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
    assert_eq!(locks(&env), 0, "no lock outlives its prompt");
}

/// The files that stand for prompts.
fn locks(env: &TestEnv) -> usize {
    let files = fs::read_dir(env.socket_directory()).unwrap().map(|entry| entry.unwrap().file_name());
    files.filter(|name| name.to_string_lossy().starts_with("terminal-")).count()
}

/// Closes the window at the prompt, ten times: the client may read the end of the terminal or get the signal first.
const CLOSED: &str = "
import os, pty
for _ in range(10):
    client, window = pty.fork()
    if client == 0:
        os.execvp('awsd', ['awsd', 'login', 'developer'])
    shown = b''
    while b'MFA code' not in shown:
        shown += os.read(window, 1024)
    os.close(window)
    os.waitpid(client, 0)
";

#[test]
fn a_terminal_that_is_closed_leaves_no_lock_behind() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = guide();
    env.command(python).args(["-c", CLOSED]).run().success();
    assert_eq!(locks(&env), 0);
}

#[test]
fn when_the_client_that_asks_is_gone_the_next_one_on_the_terminal_asks() {
    let env = guide();
    let go = env.home().join("go");
    let script =
        "mkfifo go; awsd login developer & read line < go; awsd exec developer -- echo it runs & wait";
    let mut terminal = shell(&env, script);
    terminal.expect(PROMPT);
    fs::write(&go, "now the second one\n").unwrap();
    let question = wait_until_waiting(&env, 2);
    rustix::process::kill_process(caller(&question), Signal::TERM).unwrap();
    terminal.expect(PROMPT);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
    terminal.expect("ended with");
    assert!(terminal.echoes());
}

#[test]
fn whoever_ends_the_client_finds_the_terminal_as_it_was() {
    let signals = [
        (Signal::INT, 130),
        (Signal::TERM, 143),
        (Signal::HUP, 129),
        (Signal::QUIT, 131),
        (Signal::USR1, 138),
        (Signal::ALARM, 142),
        (Signal::VTALARM, 154),
    ];
    for (signal, status) in signals {
        let env = guide();
        let script = "ulimit -c 0; echo it begins; read go; awsd exec developer -- echo it runs";
        let mut terminal = shell(&env, script);
        terminal.expect("it begins");
        let before = modes(&terminal);
        terminal.send_line("go");
        terminal.expect(PROMPT);
        let question = wait_until_waiting(&env, 1);
        rustix::process::kill_process(caller(&question), signal).unwrap();
        terminal.expect(&format!("ended with {status}"));
        assert_eq!(modes(&terminal), before, "{signal:?}");
        terminal.send_line("x");
        assert!(!terminal.wait().success().stdout.contains("it runs"));
    }
}

#[test]
fn ctrl_c_gives_up_for_this_client_alone() {
    let env = guide();
    let mut terminal = shell(&env, "awsd exec developer -- echo it runs");
    terminal.expect(PROMPT);
    let other = env.awsd(["exec", "developer", "--wait", "1m", "--", "echo", "the other runs"]).spawn();
    wait_until_waiting(&env, 2);
    terminal.send("\x03");
    terminal.expect("\r\nended with 130");
    assert!(terminal.echoes());
    wait_until_waiting(&env, 1);
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    assert_eq!(other.wait().success().quiet().stdout, "the other runs\n");
}

/// A program that was killed may have left a terminal that makes no signals of keys.
#[test]
fn ctrl_c_gives_up_whatever_the_terminal_makes_of_it() {
    let env = guide();
    let mut terminal = shell(&env, "stty -isig; awsd exec developer -- echo it runs");
    terminal.expect(PROMPT);
    terminal.send("\x03");
    terminal.expect("ended with 130");
    assert!(!terminal.modes().local_modes.contains(LocalModes::ISIG), "as it was found");
}

#[test]
fn what_was_typed_before_the_question_is_no_answer_to_it() {
    let env = guide();
    let mut terminal = shell(&env, "echo it begins; read go; awsd exec developer -- echo it runs");
    terminal.expect("it begins");
    terminal.send("go\r123456\r");
    terminal.expect(PROMPT);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}

#[test]
fn an_end_of_file_is_no_code() {
    let env = guide();
    let mut terminal = shell(&env, "awsd exec developer -- echo it runs");
    terminal.expect(PROMPT);
    terminal.send("\x04");
    terminal.expect("no code was typed");
    terminal.expect("ended with 75");
    assert!(terminal.echoes());
    assert!(env.calls().is_empty(), "{:?}", env.calls());
}

/// A program that was killed may have left a terminal whose Enter key ends no line.
#[test]
fn enter_ends_the_code_whatever_the_terminal_makes_of_it() {
    for mode in ["-icrnl", "igncr", "inlcr"] {
        let env = guide();
        let mut terminal = shell(&env, &format!("stty {mode}; awsd exec developer -- echo it runs"));
        terminal.expect(PROMPT);
        terminal.send_line(&env.sandbox.next_code("alice"));
        terminal.expect("it runs");
    }
}

/// `tostop` makes the terminal stop whatever writes to it from the background.
#[test]
fn a_job_in_the_background_is_never_stopped_and_does_not_ask() {
    let Some(bash) = programs::found("AWSD_TEST_BASH", "bash") else { return };
    let env = guide();
    let script = "set -m; stty tostop; awsd login developer & wait $!; echo ended with $?; read line";
    let mut terminal = env.command(bash).args(["-c", script]).terminal();
    terminal.expect("answer from any terminal: awsd mfa CODE");
    assert!(terminal.echoes());
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    terminal.expect("ended with 0");
    terminal.send_line("x");
    let shown = terminal.wait().success().stdout;
    assert!(!shown.contains(PROMPT), "{shown}");
}

#[test]
fn a_job_asks_as_soon_as_it_comes_to_the_foreground() {
    let Some(bash) = programs::found("AWSD_TEST_BASH", "bash") else { return };
    let env = guide();
    let script = "set -m; awsd login developer & read line; fg; echo ended with $?; read line";
    let mut terminal = env.command(bash).args(["-c", script]).terminal();
    terminal.expect("answer from any terminal: awsd mfa CODE");
    terminal.send_line("x");
    terminal.expect(PROMPT);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("ended with 0");
    assert!(terminal.echoes());
}

#[test]
fn a_prompt_that_is_stopped_gives_the_terminal_back_and_asks_again_when_it_goes_on() {
    let Some(bash) = programs::found("AWSD_TEST_BASH", "bash") else { return };
    let env = guide();
    let script = "set -m; echo it begins; read line; awsd login developer; echo stopped; read line; fg; \
                  echo ended with $?; read line";
    let mut terminal = env.command(bash).args(["-c", script]).terminal();
    terminal.expect("it begins");
    let before = modes(&terminal);
    terminal.send_line("x");
    terminal.expect(PROMPT);
    terminal.send("\x1a");
    terminal.expect("stopped\r\n");
    assert_eq!(modes(&terminal), before);
    terminal.send_line("x");
    terminal.expect(PROMPT);
    assert!(!terminal.echoes());
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("ended with 0");
    assert_eq!(modes(&terminal), before);
}

#[test]
fn while_one_prompt_is_stopped_another_client_may_ask() {
    let Some(bash) = programs::found("AWSD_TEST_BASH", "bash") else { return };
    let env = guide();
    let script = "set -m; awsd login developer; echo stopped; awsd exec developer -- echo it runs; read line";
    let mut terminal = env.command(bash).args(["-c", script]).terminal();
    terminal.expect(PROMPT);
    terminal.send("\x1a");
    terminal.expect("stopped\r\n");
    terminal.expect(PROMPT);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
}

/// Stopped by a signal that nobody can hold back, it could not put the terminal right; when it goes on in the background
/// the terminal is the shell's.
#[test]
fn a_prompt_that_wakes_up_in_the_background_leaves_the_terminal_alone() {
    let Some(bash) = programs::found("AWSD_TEST_BASH", "bash") else { return };
    let env = guide();
    let script = "set -m; awsd login developer; stty sane -ixon; echo stopped; read line; bg; wait %1; \
                  echo ended with $?; read line";
    let mut terminal = env.command(bash).args(["-c", script]).terminal();
    terminal.expect(PROMPT);
    let question = wait_until_waiting(&env, 1);
    rustix::process::kill_process(caller(&question), Signal::STOP).unwrap();
    terminal.expect("stopped\r\n");
    let of_the_shell = modes(&terminal);
    terminal.send_line("x");
    terminal.expect("answer from any terminal: awsd mfa CODE");
    assert_eq!(modes(&terminal), of_the_shell);
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    terminal.expect("ended with 0");
}
