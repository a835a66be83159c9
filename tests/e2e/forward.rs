//! `awsd forward`: a socket for others, which gives credentials of one profile and nothing else, until its process ends.

use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use awsd_tests::harness::{
    Output, PATIENCE, Run, Terminal, TestEnv,
    programs::{self, skipped},
};

use crate::{
    people::{log_in, says},
    profiles::alice,
    strangers::{as_stranger, can_be_a_stranger},
    wire::{questions, refusal, request, rest, wait_until_waiting},
};

/// A forwarding in the foreground, and its socket.
pub(crate) struct Forward {
    pub(crate) terminal: Terminal,
    pub(crate) socket: PathBuf,
}

impl Forward {
    pub(crate) fn start(env: &TestEnv, options: &[&str]) -> Self {
        let run = env.awsd(["forward", "--profile", "my_role"]).args(options);
        let mut terminal = run.terminal();
        terminal.expect("until this command ends");
        let shown = terminal.shown();
        let socket = shown.lines().map(str::trim).find(|line| line.starts_with('/')).expect("a path");
        Self { socket: socket.into(), terminal }
    }

    /// The same client, for whom this is the only daemon.
    fn awsd<const N: usize>(&self, env: &TestEnv, arguments: [&str; N]) -> Run {
        env.awsd(arguments).env("AWSD_SOCKET", &self.socket)
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).expect("somebody listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn interrupt(mut self) -> Output {
        self.terminal.send("\x03");
        self.terminal.wait()
    }
}

#[test]
fn whoever_reaches_it_gets_credentials_of_the_profile_and_needs_nothing_else() {
    let env = alice();
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&forward.socket), 0o600);
    assert_eq!(mode(forward.socket.parent().unwrap()), 0o700);
    // As in a container: nothing of this home, not even its variables.
    let awsd = programs::directory().join("awsd");
    let bare = env.command("env").args(["-i"]).args([format!("AWSD_SOCKET={}", forward.socket.display())]);
    let output =
        bare.args([&awsd]).args(["credential-process", "my_role"]).expect_secrets().run().success().quiet();
    assert!(output.stdout.contains("ASIA"));
    // Whatever the settings here say of commands here.
    env.write(".config/awsd/config.toml", "");
    fs::create_dir_all(env.root().join("config/awsd")).unwrap();
    fs::write(env.root().join("config/awsd/config.toml"), "[defaults]\nvia = \"process\"\n").unwrap();
    let command =
        ["exec", "my_role", "--", "sh", "-c", "test \"$AWS_SESSION_TOKEN\" && echo \"$AWSD_PROFILE\""];
    assert_eq!(forward.awsd(&env, command).run().success().quiet().stdout, "my_role\n");
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
}

/// What makes a container: other users, other processes. The one who runs it is root there.
#[test]
fn in_a_container_the_daemons_process_has_no_number_and_is_known_by_its_user() {
    let env = alice();
    let contained = ["--user", "--map-root-user", "--pid", "--fork"];
    if !env.command("unshare").args(contained).args(["true"]).run().status.success() {
        return skipped("this machine makes no containers, or not for this user");
    }
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    let command = ["credential-process", "my_role"];
    let run = env.command("unshare").args(contained).args([programs::directory().join("awsd")]).args(command);
    let output = run.env("AWSD_SOCKET", &forward.socket).expect_secrets().run().success().quiet();
    assert!(output.stdout.contains("ASIA"));
}

#[test]
fn everything_else_is_refused_by_a_name_of_its_own() {
    let env = alice();
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    let daemons = env.daemons();
    env.new_calls();
    for arguments in [
        &["credential-process", "developer"][..],
        &["credential-process", "my_account"],
        &["credential-process", "my_role", "--duration", "1h"],
        &["credential-process", "my_role", "--code", "123456"],
        &["export", "my_role", "--no-session"],
        &["export", "my_role", "--read-only"],
        &["exec", "my_role", "--via", "process", "--", "true"],
        &["exec", "my_role", "--via", "server", "--", "true"],
        &["login", "my_role"],
        &["console", "my_role", "--print"],
        &["forward", "--profile", "my_role"],
        &["logout", "--all"],
        &["mfa", "123456"],
        &["mfa"],
        &["list"],
        &["status"],
        &["config"],
        &["doctor"],
        &["init", "sh"],
        &["daemon", "stop"],
    ] {
        let refused = env.awsd(arguments).env("AWSD_SOCKET", &forward.socket).run();
        assert!(!refused.status.success(), "{}", refused.name);
        says(&refused, &["this socket gives credentials of 'my_role', and ", "awsd forward"]);
    }
    assert_eq!(env.calls(), [""; 0]);
    assert_eq!(env.daemons(), daemons);
    forward.awsd(&env, ["credential-process", "my_role"]).expect_secrets().run().success();
}

#[test]
fn whoever_asks_there_chooses_no_files_and_no_endpoints_here() {
    let env = alice();
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    let evil = env.write("evil", "[profile my_role]\ncredential_process = touch /tmp/never\n");
    let output = forward
        .awsd(&env, ["export", "my_role", "--format", "env-no-export"])
        .env("AWS_CONFIG_FILE", &evil)
        .env("AWS_SHARED_CREDENTIALS_FILE", &evil)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("AWS_CA_BUNDLE", &evil)
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .expect_secrets()
        .run()
        .success();
    assert!(output.stdout.contains("AWS_ACCESS_KEY_ID=ASIA"));
}

#[test]
fn what_the_socket_gives_may_be_less_than_the_role() {
    let env = alice();
    log_in(&env, "my_role");
    env.new_calls();
    let forward = Forward::start(&env, &["--read-only"]);
    forward.awsd(&env, ["credential-process", "my_role"]).expect_secrets().run().success();
    let taken = env.sandbox.calls().into_iter().find(|call| call.action == "AssumeRole").unwrap();
    assert!(taken.parameters.values().any(|value| value.ends_with(":policy/ReadOnlyAccess")), "{taken:?}");
}

/// Somebody there could ask for a code at any time: the person hears who, and answers nowhere but here.
#[test]
fn a_code_is_asked_for_here_and_never_there() {
    let env = alice();
    let forward = Forward::start(&env, &[]);
    let there = forward.awsd(&env, ["credential-process", "my_role"]).terminal();
    let refused = there.wait().exits(75);
    assert!(!refused.stdout.contains("MFA code for"), "{}", refused.stdout);
    assert!(refused.stdout.contains("where the socket comes from: "), "{}", refused.stdout);
    let waiting =
        forward.awsd(&env, ["credential-process", "my_role", "--wait", "10m"]).expect_secrets().spawn();
    let question = wait_until_waiting(&env, 1);
    assert_eq!(question["caller"]["command"], "forwarded: awsd forward --profile my_role");
    assert_eq!(question["caller"]["pid"], forward.terminal.pid().as_raw_nonzero().get());
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    assert!(waiting.wait().success().stdout.contains("ASIA"));
    assert_eq!(questions(&env), [""; 0]);
}

#[test]
fn with_its_process_go_the_socket_and_all_who_were_there() {
    let env = alice();
    let forward = Forward::start(&env, &[]);
    let waiting = forward.awsd(&env, ["credential-process", "my_role", "--wait", "10m"]).spawn();
    wait_until_waiting(&env, 1);
    let (mut idle, socket) = (forward.connect(), forward.socket.clone());
    forward.interrupt();
    // Closed, without a word; reset, if nobody had come to the door.
    let heard = idle.read(&mut [0]);
    assert!(matches!(&heard, Ok(0) | Err(_)), "{heard:?}");
    assert!(!socket.exists());
    let cut_off = waiting.wait().exits(2);
    says(&cut_off, &["what had forwarded it to here has ended"]);
    assert_eq!(wait_until_waiting(&env, 0)["waiting"], 0);
    assert!(!socket.parent().unwrap().exists());
    assert_eq!(env.daemons().len(), 1, "none was started in its place");
    assert!(env.log().contains("no longer forwarding"));
}

#[test]
fn a_command_lives_in_its_place() {
    let env = alice();
    log_in(&env, "my_role");
    let box_directory = env.root().join("box");
    let script = "test -S \"$1\" && echo \"$1 $2\" && exit 7";
    let output = env
        .awsd(["forward", "--profile", "my_role", "--socket", "../box/socket", "--"])
        .args(["sh", "-c", script, "sh", "{}", "x{}y"])
        .run()
        .exits(7);
    let socket = fs::canonicalize(env.root()).unwrap().join("home/../box/socket");
    let shown = socket.display();
    assert_eq!(output.stdout, format!("{shown} x{shown}y\n"));
    assert_eq!(fs::metadata(&box_directory).unwrap().permissions().mode() & 0o777, 0o700);
    env.awsd(["forward", "--profile", "my_role", "--", "/nonexistent"]).run().exits(127);
}

#[test]
fn a_place_that_others_could_reach_or_that_is_taken_is_refused() {
    let env = alice();
    log_in(&env, "my_role");
    let open = env.root().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
    let forward = |socket: &Path| {
        env.awsd(["forward", "--profile", "my_role", "--socket"]).args([socket]).run().exits(1)
    };
    says(&forward(&open.join("socket")), &["may be entered by other users", "--socket", "mode 0700"]);
    says(&forward(&env.socket_directory().join("socket")), &["somebody listens at this socket"]);
    let theirs = env.root().join("run/theirs");
    let _listener = UnixListener::bind(&theirs).unwrap();
    says(&forward(&theirs), &["somebody listens at this socket"]);
    let file = env.write("precious", "precious");
    fs::set_permissions(env.home(), Permissions::from_mode(0o700)).unwrap();
    says(&forward(&file), &["something that is not a socket"]);
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
    says(&forward(&env.root().join("x".repeat(120))), &["longer than"]);
    // The daemon's own is as it was.
    env.awsd(["exec", "my_role", "--no-prompt", "--", "true"]).run().success().quiet();
    let unknown = env.awsd(["forward", "--profile", "nobodys"]).run().exits(1);
    says(&unknown, &["nobodys"]);
}

#[test]
fn whoever_ends_the_daemon_ends_it() {
    let env = alice();
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    env.awsd(["daemon", "stop"]).run().success();
    let told = forward.terminal.wait().exits(2);
    assert!(told.stdout.contains("the daemon has ended"), "{}", told.stdout);
    assert!(!forward.socket.exists());
}

#[test]
fn another_user_is_not_served_even_through_an_open_door() {
    if !can_be_a_stranger() {
        return;
    }
    let env = alice();
    log_in(&env, "my_role");
    let place = env.root().join("box");
    let forward = Forward::start(&env, &["--socket", place.join("socket").to_str().unwrap()]);
    for directory in [env.root(), &place] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(&forward.socket, Permissions::from_mode(0o666)).unwrap();
    let socket = &forward.socket;
    let said = as_stranger(|| {
        let mut stream = UnixStream::connect(socket).expect("the door is open");
        let _cut_off = stream.write_all(&request("status"));
        rest(stream)
    });
    assert_eq!(refusal(&said), "forbidden");
}

#[test]
fn a_crowd_is_turned_away_and_nobody_else_suffers() {
    let env = alice();
    log_in(&env, "my_role");
    let forward = Forward::start(&env, &[]);
    let crowd: Vec<_> = (0..64).map(|_| forward.connect()).collect();
    assert_eq!(refusal(&rest(forward.connect())), "unavailable");
    env.awsd(["exec", "my_role", "--no-prompt", "--", "true"]).run().success().quiet();
    drop(crowd);
}
