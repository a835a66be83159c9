//! What a program may get wrong on the socket: it is told so and cut off, and nobody else notices.

use std::{io::Write as _, os::unix::net::UnixStream};

use awsd_tests::harness::TestEnv;
use rustix::process::Pid;

use crate::{
    people::log_in,
    wire::{connect, refusal, request, rest, say},
};

/// The longest line that is read.
const MAX_REQUEST: usize = 64 * 1024;

/// As many as a program might leave open that forgets to close them.
const SILENT: usize = 300;

/// A daemon with a session, and everybody else who uses it.
struct Served {
    env: TestEnv,
    daemon: Vec<Pid>,
}

impl Served {
    fn new() -> Self {
        let env = TestEnv::guide();
        log_in(&env, "my_resource_account");
        let daemon = env.daemons();
        Self { env, daemon }
    }

    /// The same daemon still has its sessions and hands them out.
    #[track_caller]
    fn still(&self) {
        self.env.awsd(["exec", "my_resource_account", "--no-prompt", "--", "true"]).run().success().quiet();
        assert_eq!(self.env.daemons(), self.daemon);
        assert_eq!(self.env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
    }
}

#[test]
fn what_is_no_request_gets_its_error() {
    let served = Served::new();
    let mut too_long = vec![b' '; MAX_REQUEST];
    too_long.extend(request("status"));
    for (bytes, error) in [
        (&b"hello\n"[..], "bad-request"),
        (b"\n", "bad-request"),
        (b"\0\xff\xfe\n", "bad-request"),
        (b"[]\n", "bad-request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "bad-request"),
        (b"{\"protocol\":1,\"version\":\"test\"}\n", "bad-request"),
        (b"{\"protocol\":1,\"version\":\"test\",\"request\":\"credentials\"}\n", "bad-request"),
        (b"{\"protocol\":1,\"version\":\"test\",\"request\":\"of-the-future\"}\n", "unknown-request"),
        (b"{\"protocol\":99,\"version\":\"test\",\"request\":\"status\"}\n", "version-mismatch"),
        (b"{\"protocol\":0,\"version\":\"test\",\"request\":\"status\"}\n", "version-mismatch"),
        (&too_long, "too-large"),
        (&[b'x'].repeat(4 * MAX_REQUEST), "too-large"),
    ] {
        let said = say(&served.env, bytes);
        assert_eq!(refusal(&said), error, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(80)]));
    }
    served.still();
}

#[test]
fn a_deeply_nested_line_is_refused_and_overflows_nothing() {
    let served = Served::new();
    let mut nested = b"{\"protocol\":1,\"request\":".to_vec();
    nested.resize(MAX_REQUEST - 1, b'[');
    nested.push(b'\n');
    assert_eq!(refusal(&say(&served.env, &nested)), "bad-request");
    served.still();
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let served = Served::new();
    let mut stream = connect(&served.env);
    for byte in request("status") {
        stream.write_all(&[byte]).unwrap();
        // Others are served in between.
        if byte == b':' {
            served.still();
        }
    }
    let said = rest(stream);
    assert_eq!(said.last().unwrap()["reply"], "status", "{said:?}");
}

#[test]
fn who_says_nothing_or_never_ends_is_cut_off_and_keeps_nobody_waiting() {
    let served = Served::new();
    let mut streams: Vec<UnixStream> = (0..SILENT).map(|_| connect(&served.env)).collect();
    streams[0].write_all(b"{\"protocol\":1,\"ver").unwrap();
    served.still();
    for stream in streams {
        assert_eq!(refusal(&rest(stream)), "bad-request");
    }
    served.still();
}

#[test]
fn who_leaves_in_the_middle_is_nobody() {
    let served = Served::new();
    for bytes in [&b""[..], b"{\"proto", &request("list"), &request("questions")] {
        connect(&served.env).write_all(bytes).unwrap();
    }
    served.still();
}
