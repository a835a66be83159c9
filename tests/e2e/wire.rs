//! The daemon's socket without the client: requests as bytes, and what is said to them.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use awsd_tests::harness::{PATIENCE, TestEnv};
use serde_json::{Value, json};

/// How long it may take until hundreds of callers have been started.
const CROWD: Duration = Duration::from_mins(4);

/// A connection to the daemon, which must be running.
pub(crate) fn connect(env: &TestEnv) -> UnixStream {
    let stream = UnixStream::connect(env.socket_directory().join("socket")).expect("a daemon listens");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A request line of the version that is spoken today.
pub(crate) fn request(kind: &str) -> Vec<u8> {
    let mut line = json!({"protocol": 1, "version": "test", "request": kind}).to_string().into_bytes();
    line.push(b'\n');
    line
}

/// Everything that is said until the daemon closes the connection.
pub(crate) fn rest(mut stream: UnixStream) -> Vec<Value> {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        // It was closed while something that nobody wanted to read was on its way.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the daemon does not close the connection: {error}"),
    }
    let lines = said.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("each line is JSON")).collect()
}

/// Writes these bytes, and hears what is said.
pub(crate) fn say(env: &TestEnv, bytes: &[u8]) -> Vec<Value> {
    let mut stream = connect(env);
    // A daemon that has heard enough does not read the rest.
    let _cut_off = stream.write_all(bytes);
    rest(stream)
}

/// The code of the error, which must be the only thing that is said.
#[track_caller]
pub(crate) fn refusal(said: &[Value]) -> String {
    let [error] = said else { panic!("one line and no more: {said:?}") };
    assert!(error["sentence"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{error}");
    error["error"].as_str().expect("an error").to_owned()
}

/// The open questions.
pub(crate) fn questions(env: &TestEnv) -> Vec<Value> {
    let mut said = say(env, &request("questions"));
    assert_eq!(said.pop().expect("a reply")["reply"], "done");
    said
}

/// Asks until this many callers wait at the only question, and returns it.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a limit in real time, so that a test cannot hang")]
pub(crate) fn wait_until_waiting(env: &TestEnv, callers: usize) -> Value {
    let start = Instant::now();
    loop {
        let open = questions(env);
        if let [question] = open.as_slice()
            && question["waiting"] == callers
        {
            return question.clone();
        }
        assert!(start.elapsed() < CROWD, "{callers} callers do not come to wait: {open:?}");
        std::thread::yield_now();
    }
}
