//! `client -> proto <- daemon -> core`, as cargo sees it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::root;

/// Everything that only somebody who waits for many things at once needs, or who talks to AWS.
const NOT_IN_THE_CLIENT: [&str; 8] =
    ["async", "aws", "futures", "hyper", "mio", "reqwest", "rustls", "tokio"];

/// Everything that touches the world.
const NOT_IN_THE_CORE: [&str; 14] = [
    "async",
    "aws",
    "clap",
    "directories",
    "futures",
    "hyper",
    "log",
    "mio",
    "nix",
    "rustix",
    "rustls",
    "tempfile",
    "tokio",
    "tracing",
];

/// The crates that a crate is built from, itself excluded: only with the features it asks for itself.
fn needs(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("names are UTF-8");
    let names = tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| *name != package);
    names.map(str::to_owned).collect()
}

fn ours(package: &str) -> Vec<String> {
    needs(package).into_iter().filter(|name| name == "awsd" || name.starts_with("awsd-")).collect()
}

/// `tokio` forbids `tokio-util` as well.
fn forbidden(package: &str, names: &[&str]) -> Vec<String> {
    let is_forbidden = |found: &String| {
        names
            .iter()
            .any(|name| found == name || found.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')))
    };
    needs(package).into_iter().filter(|name| !name.starts_with("awsd-")).filter(is_forbidden).collect()
}

#[test]
fn dependencies_run_one_way() {
    assert_eq!(ours("awsd-proto"), [""; 0]);
    assert_eq!(ours("awsd-core"), [""; 0]);
    assert_eq!(ours("awsd"), ["awsd-proto"]);
    assert_eq!(ours("awsd-daemon"), ["awsd-core", "awsd-proto"]);
}

#[test]
fn the_client_has_no_async_runtime_and_no_aws_sdk() {
    assert_eq!(forbidden("awsd", &NOT_IN_THE_CLIENT), [""; 0]);
}

#[test]
fn what_is_said_over_the_socket_needs_no_runtime() {
    assert_eq!(forbidden("awsd-proto", &NOT_IN_THE_CLIENT), [""; 0]);
}

#[test]
fn the_core_touches_nothing() {
    assert_eq!(forbidden("awsd-core", &NOT_IN_THE_CORE), [""; 0]);
}

#[test]
fn the_daemon_has_one_tls_stack() {
    let stacks = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys", "ring"];
    let found: Vec<_> =
        needs("awsd-daemon").into_iter().filter(|name| stacks.contains(&name.as_str())).collect();
    assert_eq!(found, ["ring"]);
}
