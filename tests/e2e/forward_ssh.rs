//! `awsd forward` and ssh: credentials on another machine, by the real programs of OpenSSH.

use awsd_tests::harness::{TestEnv, sshd::Sshd};

use crate::{
    people::{log_in, says},
    profiles::alice,
};

/// On the other machine: nothing but the client, a socket that comes from here, and an environment that names files and
/// endpoints there.
fn there(sshd: &Sshd, arguments: &str) -> String {
    let home = sshd.home().display();
    format!(
        "env AWSD_SOCKET={home}/awsd.sock AWS_CONFIG_FILE={home}/passwd AWS_ENDPOINT_URL=http://127.0.0.1:1 \
         {home}/awsd {arguments}"
    )
}

/// The forwarding that lives as long as this ssh.
fn forwarded(env: &TestEnv, sshd: &Sshd, command: &str) -> awsd_tests::harness::Run {
    env.awsd(["forward", "--profile", "my_role", "--", "ssh"])
        .args(sshd.options())
        .args(["-R".to_owned(), format!("{}/awsd.sock:{{}}", sshd.home().display())])
        .args(["there", command])
}

#[test]
fn another_machine_has_the_credentials_of_the_profile_while_ssh_runs() {
    let env = alice();
    let Some(sshd) = Sshd::start(&env) else { return };
    log_in(&env, "my_role");
    let output =
        forwarded(&env, &sshd, &there(&sshd, "credential-process my_role")).expect_secrets().run().success();
    assert!(output.stdout.contains("\"AccessKeyId\":\"ASIA"), "{}", output.stderr);
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);

    // sshd leaves its socket behind. No daemon is started in its place.
    let over = sshd.run(&env, &there(&sshd, "credential-process my_role")).run().exits(2);
    says(&over, &["what had forwarded it to here has ended", "StreamLocalBindUnlink"]);
    // And where there is not even that.
    let remove =
        format!("rm {}/awsd.sock && {}", sshd.home().display(), there(&sshd, "credential-process my_role"));
    says(&sshd.run(&env, &remove).run().exits(2), &["if AWSD_SOCKET is to be forwarded to here"]);
}

#[test]
fn a_command_there_runs_with_them_and_other_profiles_are_not_to_be_had() {
    let env = alice();
    let Some(sshd) = Sshd::start(&env) else { return };
    log_in(&env, "my_role");
    let script =
        there(&sshd, "exec my_role -- sh -c 'echo $AWSD_PROFILE ${AWS_ACCESS_KEY_ID%????????????????}'");
    let output = forwarded(&env, &sshd, &script).run().success();
    assert_eq!(output.stdout, "my_role ASIA\n", "{}", output.stderr);
    let remove = format!("rm {}/awsd.sock", sshd.home().display());
    sshd.run(&env, &remove).run().success();
    let other = forwarded(&env, &sshd, &there(&sshd, "credential-process developer")).run().exits(1);
    says(&other, &["this socket gives credentials of 'my_role'"]);
}
