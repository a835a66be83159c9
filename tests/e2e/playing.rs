//! The lines of the README for playing in the sandbox: what is done there has nothing to do with one's own settings and daemon.

use std::{fs, path::Path};

use awsd_tests::harness::{Run, TestEnv, programs};

/// The variables that the README has a person set, as lines of a shell.
fn exports() -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let (_, section) = readme.split_once("### To play on your own\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    section.split_inclusive('\n').filter(|line| line.starts_with("export ")).collect()
}

/// What comes of a command in a shell with these variables. A proxy that is not there, and settings that cannot be read,
/// would be in its way.
fn playing(env: &TestEnv, command: &str) -> Run {
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(settings, "these are not the settings").unwrap();
    let run = env.command("/bin/sh").args(["-c", &format!("{}{command}", exports())]);
    run.env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("no_proxy", "example.com")
}

#[test]
fn the_socket_the_settings_and_the_log_are_in_the_checkout() {
    let env = TestEnv::guide();
    let code = env.sandbox.next_code("alice");
    let command = format!("awsd exec my_resource_account --code {code} -- printenv AWS_REGION");
    assert_eq!(playing(&env, &command).run().success().stdout, "us-west-2\n");
    let own = env.home().join("target/alice");
    assert!(own.join("run/socket").exists() && own.join("state/awsd/daemon.log").exists());
    assert!(!env.socket_directory().exists() && env.log().is_empty());
    playing(&env, "awsd daemon stop").run().success();
    assert!(env.daemons().is_empty());
}

#[test]
fn the_aws_cli_finds_the_sandbox_whatever_proxy_there_is() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    let code = env.sandbox.next_code("alice");
    let aws = aws.display();
    let command = format!(
        "awsd exec my_resource_account --code {code} -- '{aws}' sts get-caller-identity --query Account"
    );
    assert_eq!(playing(&env, &command).run().success().stdout, "\"444455556666\"\n");
    playing(&env, "awsd daemon stop").run().success();
}
