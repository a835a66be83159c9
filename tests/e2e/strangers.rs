//! Another user of the machine: neither side talks to the other, even where the door was left open.

use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    thread,
};

use awsd_tests::harness::{TestEnv, programs::skipped};

use crate::{
    people::log_in,
    wire::{refusal, request, rest},
};

/// `nobody`, who owns nothing anywhere.
pub(crate) const STRANGER: u32 = 65534;

/// Only root can be somebody else, and only Linux knows users of threads.
pub(crate) fn can_be_a_stranger() -> bool {
    let can = cfg!(target_os = "linux") && rustix::process::geteuid().is_root();
    if !can {
        skipped("it takes root on Linux to be another user");
    }
    can
}

/// Does something as the other user: in a thread of its own, whose user nobody else shares.
pub(crate) fn as_stranger<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    let acting = || {
        become_stranger();
        act()
    };
    thread::scope(|scope| scope.spawn(acting).join().expect("no panic"))
}

#[cfg(target_os = "linux")]
fn become_stranger() {
    use rustix::process::{Gid, Uid};

    let (user, group) = (Uid::from_raw(STRANGER), Gid::from_raw(STRANGER));
    rustix::thread::set_thread_groups(&[]).unwrap();
    rustix::thread::set_thread_res_gid(group, group, group).unwrap();
    rustix::thread::set_thread_res_uid(user, user, user).unwrap();
}

#[cfg(not(target_os = "linux"))]
fn become_stranger() {
    unreachable!("nobody can be a stranger here");
}

/// Everybody may go through these directories.
fn open_up(env: &TestEnv, mode: u32) {
    let socket_directory = env.socket_directory();
    for directory in [env.root(), &env.root().join("run"), &socket_directory] {
        fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn the_daemon_serves_no_other_user_even_through_an_open_door() {
    if !can_be_a_stranger() {
        return;
    }
    let env = TestEnv::guide();
    log_in(&env, "my_resource_account");
    let daemon = env.daemons();
    let socket = env.socket_directory().join("socket");
    open_up(&env, 0o755);
    fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
    let said = as_stranger(|| {
        let mut stream = UnixStream::connect(&socket).expect("the door is open");
        let _cut_off = stream.write_all(&request("stop"));
        rest(stream)
    });
    assert_eq!(refusal(&said), "forbidden");

    open_up(&env, 0o700);
    env.awsd(["exec", "my_resource_account", "--no-prompt", "--", "true"]).run().success().quiet();
    assert_eq!(env.daemons(), daemon);
}

/// Somebody who could put a socket where ours should be would get the next code.
#[test]
fn no_code_is_given_to_a_daemon_of_another_user() {
    if !can_be_a_stranger() {
        return;
    }
    let env = TestEnv::guide();
    let listener = foreign_listener(&env, &env.socket_directory().join("socket"));
    let code = env.sandbox.next_code("alice");
    for arguments in [&["login", "my_account", "--code", &code][..], &["mfa", &code], &["daemon", "stop"]] {
        let refused = env.awsd(arguments).run().exits(2);
        assert!(refused.stderr.contains("it belongs to another user"), "{}", refused.stderr);
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        assert!(heard.is_empty(), "it heard {} bytes", heard.len());
    }
    assert_eq!(env.daemons(), []);
}

/// A socket at `path`, in a directory of our own, behind which the other user listens.
fn foreign_listener(env: &TestEnv, path: &Path) -> UnixListener {
    let lair = env.root().join("lair");
    fs::create_dir(&lair).unwrap();
    chown(&lair, Some(STRANGER), None).unwrap();
    fs::set_permissions(env.root(), Permissions::from_mode(0o755)).unwrap();
    let listener = as_stranger(|| UnixListener::bind(lair.join("socket")).unwrap());
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o700)).unwrap();
    fs::rename(lair.join("socket"), path).unwrap();
    listener
}

#[test]
fn a_socket_directory_of_another_user_is_not_used() {
    if !can_be_a_stranger() {
        return;
    }
    let env = TestEnv::guide();
    fs::create_dir(env.socket_directory()).unwrap();
    fs::set_permissions(env.socket_directory(), Permissions::from_mode(0o700)).unwrap();
    chown(env.socket_directory(), Some(STRANGER), None).unwrap();
    for verb in [&["list"][..], &["daemon", "start"], &["daemon", "run"], &["mfa"]] {
        let refused = env.awsd(verb).run();
        assert!(refused.stderr.contains("it belongs to another user"), "{verb:?}: {}", refused.stderr);
        assert!(!refused.status.success());
    }
    assert_eq!(env.daemons(), []);
}
