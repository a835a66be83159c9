//! Profiles whose keys a program prints (`credential_process`): password managers, sign-in tools, scripts.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use awsd_tests::{
    harness::{Output, PATIENCE, TestEnv, programs},
    sandbox::{
        Credentials, Sandbox, World,
        guide::{AFTER_SAML, DEVELOPER, MY_ROLE, SAML_LOGIN},
    },
};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    people::{says, type_code, who},
    served::{ask, caller},
};

/// A profile whose program prints what is in `~/keys.json` and says in `~/runs` that it ran, and roles that are taken with
/// what it prints.
fn home() -> TestEnv {
    running("echo run >> ~/runs; cat ~/keys.json")
}

/// The same with another program.
fn running(command: &str) -> TestEnv {
    let env = TestEnv::new(Sandbox::start(World::guide()));
    env.config(&format!(
        "[profile vault]\ncredential_process = {command}\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         [profile developer]\nrole_arn = {DEVELOPER}\nsource_profile = vault\n\
         [profile my_role]\nrole_arn = {MY_ROLE}\nsource_profile = vault\n\
         [profile after_saml]\nrole_arn = {AFTER_SAML}\nsource_profile = vault\n"
    ));
    env
}

fn runs(env: &TestEnv) -> usize {
    fs::read_to_string(env.home().join("runs")).unwrap_or_default().lines().count()
}

/// The program prints alice's long-lived key.
fn alices_key(env: &TestEnv) {
    let key = env.sandbox.world().user("alice").keys[0].clone();
    let printed = json!({ "Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret });
    env.write("keys.json", printed.to_string());
}

/// The program prints the keys of a sign-in that lives as long as this.
fn sign_in(env: &TestEnv, life: Duration) -> Credentials {
    let keys = env.sandbox.world().federate(SAML_LOGIN, "alice@example.com", life);
    let printed = json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": keys.expiration.to_string(),
    });
    // All at once: a program may be reading it.
    let new = env.write("keys.new", printed.to_string());
    fs::rename(new, env.write("keys.json", "")).unwrap();
    keys
}

/// Waits for a file that something writes.
#[track_caller]
fn appears(path: &Path) -> String {
    let limit = Timestamp::now() + PATIENCE;
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => assert!(Timestamp::now() < limit, "{} does not appear", path.display()),
        }
        thread::yield_now();
    }
}

/// Waits for a process to be gone.
#[track_caller]
fn is_gone(pid: &str) {
    let limit = Timestamp::now() + PATIENCE;
    let process = PathBuf::from(format!("/proc/{pid}"));
    while process.exists() {
        assert!(Timestamp::now() < limit, "the process {pid} is still there");
        thread::yield_now();
    }
}

/// The main use: a password manager has the key, one code is asked, and every role follows from that.
#[test]
fn a_long_lived_key_is_used_like_one_of_the_files() {
    let env = home();
    alices_key(&env);
    let mut terminal = env.exec("developer", ["true"]).terminal();
    type_code(&env, &mut terminal, "developer");
    terminal.wait().success();
    for profile in ["developer", "my_role", "vault", "my_role"] {
        ask(&env, profile);
    }
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer", "AssumeRole my_role"]);
    assert_eq!(runs(&env), 1);
    let status = env.awsd(["status"]).run().success();
    assert!(status.stdout.contains("mfa/alice") && !status.stdout.contains("credential_process"));
}

#[test]
fn the_key_itself_is_handed_out_only_where_the_settings_allow_it() {
    let env = home();
    alices_key(&env);
    let export = ["export", "vault", "--no-session", "--format", "json"];
    says(&env.awsd(export).run().exits(1), &["the long-lived key of 'vault' is not handed out"]);
    assert_eq!(runs(&env), 0);
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(settings, "[profile.vault]\nallow_long_lived = true\n").unwrap();
    let exported = env.awsd(export).expect_secrets().run().success();
    let json: serde_json::Value = serde_json::from_str(&exported.stdout).unwrap();
    let key = env.sandbox.world().user("alice").keys[0].clone();
    assert_eq!(json["AWS_ACCESS_KEY_ID"], *key.id);
    assert!(json.get("AWS_SESSION_TOKEN").is_none_or(serde_json::Value::is_null));
    assert_eq!(env.calls(), [""; 0]);
}

/// A key that AWS does not know (any more) is asked for once more, and only then is that told.
#[test]
fn a_key_that_was_rotated_in_the_password_manager_is_fetched_again() {
    let env = home();
    alices_key(&env);
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(settings, "[profile.vault]\nallow_long_lived = true\n").unwrap();
    env.awsd(["exec", "vault", "--no-session", "--", "true"]).run().success();
    let other = env.sandbox.world().user("bob").keys[0].clone();
    let printed = json!({ "Version": 1, "AccessKeyId": other.id, "SecretAccessKey": other.secret });
    env.sandbox.world().revoke_keys("alice");
    env.config("[profile vault]\ncredential_process = echo run >> ~/runs; cat ~/keys.json\n");
    env.write("keys.json", printed.to_string());
    // The user of the first key is gone, that of the second has no device.
    env.exec("vault", ["true"]).run().success();
    assert_eq!(runs(&env), 2);
    let calls = env.calls();
    assert_eq!(calls[0], "ListMFADevices: InvalidClientTokenId", "{calls:?}");
    assert_eq!(calls.last().map(String::as_str), Some("GetSessionToken"), "{calls:?}");
}

#[test]
fn temporary_keys_are_served_and_roles_are_taken_with_them_without_a_code() {
    let env = home();
    let keys = sign_in(&env, Duration::from_hours(8));
    assert_eq!(ask(&env, "vault").key, keys.access_key_id);
    ask(&env, "after_saml");
    ask(&env, "after_saml");
    assert_eq!(env.calls(), ["AssumeRole after_saml"]);
    assert_eq!(runs(&env), 1);
    let status = env.awsd(["status"]).run().success();
    assert!(status.stdout.contains("credential_process echo"), "{}", status.stdout);

    env.awsd(["logout", "vault"]).run().success();
    ask(&env, "after_saml");
    assert_eq!(runs(&env), 2, "a logout forgets what a source gave");
}

#[test]
fn the_aws_cli_is_the_same_with_awsd_and_without() {
    let Some(aws) = programs::aws() else { return };
    // The AWS CLI runs no shell.
    let env = running("cat HOME/keys.json");
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.config(&config.replace("HOME", env.home().to_str().unwrap()));
    sign_in(&env, Duration::from_hours(8));
    let arguments =
        ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--region", "us-west-2"];
    let alone = env.command(&aws).args(arguments).env("AWS_PROFILE", "vault").run().success();
    assert_eq!(who(&env, &aws, "vault"), alone.stdout.trim());
    // By itself it would leave the role's session in a file.
    assert!(who(&env, &aws, "after_saml").contains(":assumed-role/after_saml/"));
}

#[test]
fn short_sessions_are_renewed_in_time_and_never_served_after_their_end() {
    const LIFE: Duration = Duration::from_secs(9);
    let env = home();
    let mut key = sign_in(&env, LIFE).access_key_id;
    let mut served = ask(&env, "vault").has_a_third_of(LIFE);
    for renewals in 1..=3 {
        assert_eq!(served.key, key);
        key = sign_in(&env, LIFE + Duration::from_secs(6)).access_key_id;
        let limit = Timestamp::now() + PATIENCE;
        while served.key != key {
            assert!(Timestamp::now() < limit, "it is not renewed");
            served = ask(&env, "vault");
            assert!(served.left().is_positive(), "{:?} is left", served.left());
        }
        assert_eq!(runs(&env), 1 + renewals, "once for each life");
    }
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn what_a_program_does_wrong_is_told_once_and_it_works_when_that_is_mended() {
    let env = home();
    let tell = |env: &TestEnv, command: &str, words: &[&str]| {
        env.write("run", command);
        let refused = env.awsd(["credential-process", "broken", "--no-prompt"]).run().exits(1);
        says(&refused, &["credential_process gives no keys to broken: "]);
        says(&refused, words);
    };
    env.config("[profile broken]\ncredential_process = echo run >> ~/runs; . ~/run\n");
    let keys = "\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"hunter2\"";
    tell(
        &env,
        "printf 'item \\033[2Jnot found\\nsecond\\n' >&2; exit 7",
        &["says: item \u{fffd}[2Jnot found\n"],
    );
    tell(&env, "echo hunter2", &["something else than the JSON"]);
    tell(&env, "true", &["printed nothing"]);
    tell(&env, &format!("echo '{{\"Version\":2,{keys}}}'"), &["Version 2"]);
    tell(&env, "yes", &["more than 64000 bytes"]);
    let over = "\"SessionToken\":\"t\",\"Expiration\":\"2020-01-01T00:00:00Z\"";
    tell(&env, &format!("echo '{{\"Version\":1,{keys},{over}}}'"), &["keys that are over"]);
    tell(&env, "kill -9 $$", &["failed (signal: 9"]);
    assert_eq!(runs(&env), 7, "a request, a run");
    assert!(!env.log().contains("hunter2") && !env.log().contains("not found"));

    sign_in(&env, Duration::from_hours(1));
    env.write("run", "cat ~/keys.json");
    ask(&env, "broken");
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn a_program_runs_once_for_all_who_wait_and_keeps_nobody_else_waiting() {
    let env = running("echo run >> ~/runs; mkfifo ~/gate; cat ~/gate > /dev/null; cat ~/keys.json");
    sign_in(&env, Duration::from_hours(1));
    let waiting: Vec<_> = (0..8).map(|_| caller(&env, "vault").spawn()).collect();
    let gate = env.home().join("gate");
    let limit = Timestamp::now() + PATIENCE;
    while !gate.exists() {
        assert!(Timestamp::now() < limit, "the program does not run");
        thread::yield_now();
    }
    // Somebody else is not kept waiting by that.
    env.awsd(["list"]).run().success();
    fs::write(gate, "open\n").unwrap();
    for one in waiting {
        one.wait().success();
    }
    ask(&env, "vault");
    assert_eq!(runs(&env), 1);
}

#[test]
fn a_program_that_hangs_is_ended_by_a_logout() {
    let env = running("echo $$ > ~/pid; sleep 1000 & echo $! > ~/child; wait");
    let waiting = env.exec("developer", ["true"]).spawn();
    let (pid, child) = (appears(&env.home().join("pid")), appears(&env.home().join("child")));
    env.awsd(["logout", "vault"]).run().success();
    says(&waiting.wait().exits(1), &["logged out while this waited"]);
    is_gone(&pid);
    is_gone(&child);
}

#[test]
fn a_program_that_hangs_ends_with_the_daemon() {
    let env = running("echo $$ > ~/pid; exec sleep 1000");
    let waiting = env.exec("developer", ["true"]).spawn();
    let pid = appears(&env.home().join("pid"));
    env.awsd(["daemon", "stop"]).run().success();
    is_gone(&pid);
    waiting.wait().exits(2);
}

#[test]
fn a_program_that_asks_awsd_for_its_own_profile_does_not_wait_for_itself() {
    let env = running("sh -c 'awsd credential-process after_saml'");
    for profile in ["vault", "after_saml"] {
        let refused = env.awsd(["credential-process", profile, "--no-prompt"]).run().exits(1);
        let said = "says: awsd: the credential_process of after_saml asks awsd for after_saml";
        says(&refused, &[&format!("credential_process gives no keys to {profile}: "), said]);
    }
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn a_program_may_ask_awsd_for_another_profile() {
    let env = home();
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.config(&format!(
        "{config}[profile outer]\ncredential_process = sh -c 'awsd credential-process after_saml'\n"
    ));
    sign_in(&env, Duration::from_hours(1));
    let served = ask(&env, "outer");
    assert_eq!(served.key, ask(&env, "after_saml").key);
    assert_eq!((env.calls(), runs(&env)), (vec!["AssumeRole after_saml".to_owned()], 1));
}

#[test]
fn a_command_that_somebody_else_could_have_written_is_not_run() {
    let env = home();
    sign_in(&env, Duration::from_hours(1));
    let config = env.home().join(".aws/config");
    let set = |mode| fs::set_permissions(&config, fs::Permissions::from_mode(mode)).unwrap();
    set(0o666);
    let refused = env.awsd(["credential-process", "after_saml", "--no-prompt"]).run().exits(1);
    says(&refused, &["is not run: other users of this machine may change the file", "chmod go-w "]);
    assert_eq!(runs(&env), 0);
    set(0o644);
    ask(&env, "after_saml");
}

/// It gets the person's display and files, and nothing else of anybody's environment.
#[test]
fn what_a_program_sees_of_its_caller() {
    let env = running("env > ~/env; cat ~/keys.json");
    sign_in(&env, Duration::from_hours(1));
    let run = caller(&env, "vault")
        .env("DISPLAY", ":77")
        .env("AWS_CA_BUNDLE", "/etc/ca.pem")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let _: Output = run.run().success();
    let seen = fs::read_to_string(env.home().join("env")).unwrap();
    for line in [
        "DISPLAY=:77\n".to_owned(),
        "AWS_CA_BUNDLE=/etc/ca.pem\n".to_owned(),
        format!("AWS_CONFIG_FILE={}\n", env.home().join(".aws/config").display()),
        format!("HOME={}\n", env.home().display()),
        "AWSD_INSIDE=source-".to_owned(),
    ] {
        assert!(seen.contains(&line), "{line:?} is not in {seen}");
    }
    assert!(!seen.contains("hunter2") && !seen.contains("AWS_REGION"), "{seen}");
}
