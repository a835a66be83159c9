//! What the client says and shows where a question is asked on the desktop as well. In most of these the test stands in for
//! the daemon, so that it is known what the client hears and when.

use std::{
    fs::DirBuilder,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::{
        fs::DirBuilderExt as _,
        net::{UnixListener, UnixStream},
    },
};

use awsd_tests::harness::{PATIENCE, Terminal, TestEnv};
use serde_json::{Value, json};

/// Makes a terminal so narrow that a prompt which names the notification takes two rows.
const NARROW: &str = "stty cols 30";

/// The daemon's socket, taken by the test.
struct StandIn(UnixListener);

/// A client that is connected to it.
struct Client {
    stream: BufReader<UnixStream>,
    /// What it asks for.
    request: Value,
}

impl StandIn {
    fn new(env: &TestEnv) -> Self {
        DirBuilder::new().mode(0o700).create(env.socket_directory()).unwrap();
        Self(UnixListener::bind(env.socket_directory().join("socket")).unwrap())
    }

    fn client(&self) -> Client {
        let (stream, _) = self.0.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { stream: BufReader::new(stream), request: Value::Null };
        client.request = client.heard();
        client
    }
}

impl Client {
    /// The next line that it sends.
    fn heard(&mut self) -> Value {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the client says something");
        assert!(line.len() < 64 * 1024, "{} bytes", line.len());
        serde_json::from_str(&line).expect("each line is JSON")
    }

    fn say(&mut self, line: &Value) {
        self.stream.get_mut().write_all(format!("{line}\n").as_bytes()).expect("the client listens");
    }

    /// The question for a code, as it stands.
    fn ask(&mut self, on_desktop: bool) {
        self.say(&json!({
            "event": "question", "id": 7, "device": "arn:aws:iam::111122223333:mfa/alice", "user": "alice",
            "profile": "dev", "caller": {}, "waiting": 1, "age": 0, "on_desktop": on_desktop,
        }));
    }

    /// The final line.
    fn done(&mut self) {
        self.say(&json!({"protocol": 1, "version": "test", "reply": "done"}));
    }
}

/// A client that waits for the stand-in, in a terminal that can be looked at after it.
fn login(env: &TestEnv, before: &str) -> Terminal {
    let script = format!("{before}; awsd login dev; echo \"ended with $?\"");
    env.command("/bin/sh").args(["-c", &script]).terminal()
}

#[test]
fn a_prompt_says_so_and_keeps_what_has_been_typed() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let mut terminal = login(&env, "true");
    let mut client = daemon.client();
    client.ask(false);
    terminal.expect("MFA code for alice (dev): ");
    terminal.send("123");
    client.ask(true);
    terminal.expect("\r\x1b[KMFA code for alice (dev), or answer the notification: ");
    terminal.send("45");
    client.ask(false);
    terminal.expect("\r\x1b[KMFA code for alice (dev): ");
    client.ask(false);
    terminal.send("6\r");
    assert_eq!(client.heard(), json!({"answer": "code", "question": 7, "code": "123456"}));
    client.done();
    terminal.expect("\r\nended with 0");
    let shown = terminal.wait().success().stdout;
    assert_eq!(shown.matches("MFA code").count(), 3, "nothing changed the last time: {shown:?}");
}

#[test]
fn a_prompt_of_several_rows_is_changed_and_withdrawn_with_all_of_them() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let mut terminal = login(&env, NARROW);
    let mut client = daemon.client();
    client.ask(true);
    terminal.expect("MFA code for alice (dev), or answer the notification: ");
    client.ask(false);
    terminal.expect("\r\x1b[1A\x1b[JMFA code for alice (dev): ");
    client.ask(true);
    terminal.expect("\r\x1b[KMFA code for alice (dev), or answer the notification: ");
    client.say(&json!({"event": "answered", "question": 7}));
    client.done();
    terminal.expect("\r\x1b[1A\x1b[Jended with 0");
    terminal.wait().success();
}

/// Characters of some scripts take two columns each.
#[test]
fn rows_are_counted_as_the_terminal_shows_them() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let mut terminal = login(&env, NARROW);
    let mut client = daemon.client();
    client.say(&json!({
        "event": "question", "id": 7, "device": "GAHT12345678", "user": "alice", "profile": "名前".repeat(3),
        "caller": {}, "waiting": 1, "age": 0,
    }));
    terminal.expect("): ");
    client.say(&json!({"event": "answered", "question": 7}));
    client.done();
    terminal.expect("\r\x1b[1A\x1b[Jended with 0");
    terminal.wait().success();
}

#[test]
fn a_terminal_that_cannot_go_back_keeps_the_words_it_has() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let mut terminal = login(&env, "TERM=dumb; export TERM");
    let mut client = daemon.client();
    client.ask(false);
    terminal.expect("MFA code for alice (dev): ");
    client.ask(true);
    client.say(&json!({"event": "progress", "text": "this comes after it"}));
    terminal.expect("this comes after it");
    // An empty line is no answer, and the prompt is shown anew.
    terminal.send("\r");
    terminal.expect("MFA code for alice (dev), or answer the notification: ");
    client.done();
    let shown = terminal.wait().success().stdout;
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn a_job_in_the_background_is_told_of_the_notification() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let script = "set -m; awsd login dev & wait $!; echo ended with $?";
    let mut terminal = env.command("/bin/sh").args(["-c", script]).terminal();
    let mut client = daemon.client();
    client.ask(true);
    terminal.expect("answer the notification, or from any terminal: awsd mfa CODE");
    client.done();
    terminal.expect("ended with 0");
}

#[test]
fn a_request_says_where_its_person_can_be_asked() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let display = |arguments: &[&str]| {
        let run = env.awsd(arguments).env("DISPLAY", ":7").env("LC_ALL", "").env("LD_LIBRARY_PATH", "/x");
        let run = run.env("WAYLAND_DISPLAY", "x".repeat(4097)).env("GPG_TTY", "/dev/pts/\u{1b}");
        let running = run.spawn();
        let mut client = daemon.client();
        client.say(&json!({"protocol": 1, "version": "test", "error": "access-denied", "sentence": "no"}));
        running.wait().exits(1);
        client.request["prompting"]["display"].take()
    };
    let here = json!({
        "DISPLAY": ":7", "LANG": "C.UTF-8", "TERM": "xterm", "XDG_RUNTIME_DIR": env.root().join("run"),
    });
    for arguments in [
        &["exec", "dev", "--", "true"][..],
        &["export", "dev"],
        &["credential-process", "dev"],
        &["login", "dev"],
        &["doctor", "--prompts"],
    ] {
        assert_eq!(display(arguments), here, "{arguments:?}");
    }
    assert_eq!(display(&["exec", "dev", "--no-prompt", "--", "true"]), Value::Null, "it is not to be asked");
}

#[test]
fn an_environment_that_is_all_too_long_is_no_reason_to_be_refused() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let names =
        ["DISPLAY", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TERM", "XAUTHORITY", "XDG_SESSION_ID"];
    let run = names.iter().fold(env.awsd(["login", "dev"]), |run, name| run.env(name, "\"".repeat(4096)));
    let running = run.spawn();
    // The stand-in looks at the length of the line.
    let mut client = daemon.client();
    assert_eq!(client.request["request"], "login");
    client.done();
    running.wait().success();
}

#[test]
fn the_test_of_the_ways_to_ask_shows_each_and_ends_with_1_where_only_the_terminal_works() {
    let env = TestEnv::guide();
    let daemon = StandIn::new(&env);
    let check = |surface: &str, ok: bool| json!({"event": "prompt-check", "surface": surface, "ok": ok, "sentence": "it was tried", "hint": "do this"});
    let tried = |arguments: &[&str], checks: &[Value]| {
        let running = env.awsd(arguments).spawn();
        let mut client = daemon.client();
        assert_eq!(client.request["request"], "prompt-test");
        client.say(&json!({"event": "progress", "text": "click on the notification"}));
        for check in checks {
            client.say(check);
        }
        client.done();
        let output = running.wait();
        assert_eq!(output.stderr, "awsd: click on the notification\n");
        output
    };
    let works = [check("notification", true), check("dialog", false), check("terminal", true)];
    let output = tried(&["doctor", "--prompts"], &works).success();
    assert!(output.stdout.starts_with("works: it was tried [notification]\n"), "{}", output.stdout);
    assert!(output.stdout.contains("\nfails: it was tried [dialog]\n  fix: do this\n"), "{}", output.stdout);
    let output = tried(&["doctor", "--prompts"], &works[1..]).exits(1);
    assert!(output.stdout.contains("at the terminal only"), "{}", output.stdout);
    let output = tried(&["doctor", "--prompts"], &works[1..2]).exits(1);
    assert!(output.stdout.contains("you can be asked nowhere"), "{}", output.stdout);
    let output = tried(&["doctor", "--prompts", "--json"], &works[..1]).success();
    let rows: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(rows[0]["surface"], "notification");
}

#[test]
fn without_a_desktop_and_a_terminal_the_test_says_that_nobody_can_be_asked() {
    let env = TestEnv::guide();
    let output = env.awsd(["doctor", "--prompts"]).run().exits(1);
    assert!(output.stdout.ends_with("you can be asked nowhere; answer with: awsd mfa CODE\n"), "{output:?}");
    let rows: Vec<Value> =
        serde_json::from_str(&env.awsd(["doctor", "--prompts", "--json"]).run().exits(1).stdout).unwrap();
    let surfaces: Vec<_> = rows.iter().map(|row| &row["surface"]).collect();
    assert_eq!(surfaces, ["notification", "dialog"]);
    for row in &rows {
        // Nothing that could be installed would help.
        assert_eq!(row["ok"], false);
        assert!(row["hint"].as_str().is_some_and(|hint| hint.contains("at a desktop")), "{row}");
    }
}
