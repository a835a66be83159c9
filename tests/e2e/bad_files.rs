//! Files that cannot be used: a sentence with the file (and the line), a hint, and nobody else notices.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use awsd_tests::harness::{Output, TestEnv, programs};

use crate::{
    people::log_in,
    strangers::{STRANGER, can_be_a_stranger},
};

/// A person whose config is this file, and another one who uses the same daemon with files that are in order.
struct Bad {
    env: TestEnv,
}

impl Bad {
    fn new() -> Self {
        let env = TestEnv::guide();
        log_in(&env, "my_resource_account");
        Self { env }
    }

    /// What a request with this config comes to.
    fn with_config(&self, config: &Path) -> Output {
        let run = self.env.awsd(["exec", "my_resource_account", "--no-prompt", "--", "echo", "it runs"]);
        run.env("AWS_CONFIG_FILE", config).run()
    }

    /// It is refused with the path and these words; doctor says the same; and everybody else is served.
    #[track_caller]
    fn refused(&self, config: &Path, words: &[&str]) {
        let daemon = self.env.daemons();
        let refused = self.with_config(config).exits(1);
        assert_eq!(refused.stdout, "");
        let doctor = self.env.awsd(["doctor"]).env("AWS_CONFIG_FILE", config).run().exits(1);
        let path = config.display().to_string();
        for word in words.iter().chain([&path.as_str()]) {
            assert!(refused.stderr.contains(word), "{word:?} in: {}", refused.stderr);
            // There it may begin a sentence.
            let found = doctor.stdout.to_lowercase().contains(&word.to_lowercase());
            assert!(found, "{word:?} in doctor: {}", doctor.stdout);
        }
        assert!(refused.stderr.contains("\n  "), "a hint: {}", refused.stderr);
        let others = self.env.awsd(["exec", "my_resource_account", "--no-prompt", "--", "true"]);
        others.run().success().quiet();
        assert_eq!(self.env.daemons(), daemon);
    }
}

#[test]
fn a_directory() {
    let bad = Bad::new();
    let config = bad.env.home().join("directory");
    fs::create_dir(&config).unwrap();
    bad.refused(&config, &["cannot be read", "is a directory", "make it a file that you can read"]);
}

#[test]
fn a_link_to_itself_and_a_pipe() {
    let bad = Bad::new();
    let config = bad.env.home().join("link");
    symlink(&config, &config).unwrap();
    bad.refused(&config, &["cannot be read", "make it a file that you can read"]);
    bad.refused(Path::new("/dev/zero"), &["cannot be read", "not a regular file"]);
}

/// The usual way to leave a file out.
#[test]
fn the_empty_device_is_an_empty_file() {
    let env = TestEnv::guide();
    let doctor = env.awsd(["doctor"]).env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").run();
    assert!(!doctor.stdout.contains("/dev/null"), "{}", doctor.stdout);
    let unknown =
        env.exec("my_resource_account", ["true"]).env("AWS_CONFIG_FILE", "/dev/null").run().exits(1);
    assert!(unknown.stderr.contains("there is no profile 'my_resource_account'"), "{}", unknown.stderr);
    let list = env.awsd(["list"]).env("AWS_CONFIG_FILE", "/dev/null").run().success();
    assert!(list.stdout.contains("my_account"), "{}", list.stdout);
}

/// Who may read the credentials file matters as much as what is in it.
#[test]
fn a_credentials_file_that_others_may_read() {
    let env = TestEnv::guide();
    let key = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n";
    let warning = |text: &str| {
        let file = env.write("readable", text);
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        let doctor = env.awsd(["doctor"]).env("AWS_SHARED_CREDENTIALS_FILE", &file).run().stdout;
        assert!(doctor.contains(&format!("chmod 600 {}", file.display())), "{doctor}");
        doctor
    };
    let long_lived = "It holds long-lived keys.";
    assert!(warning(&format!("[a]\n{key}")).contains(long_lived));
    for token in ["aws_session_token", "aws_security_token"] {
        let expires = format!("[a]\n{key}{token} = t\n");
        let doctor = warning(&expires);
        assert!(doctor.contains("keys of sessions") && !doctor.contains(long_lived), "{doctor}");
        assert!(warning(&format!("{expires}[b]\n{key}")).contains(long_lived));
    }
    let doctor = warning("[a]\nregion = us-west-2\n");
    assert!(doctor.contains("where programs put keys") && !doctor.contains(long_lived), "{doctor}");
}

#[test]
fn bytes_that_are_not_text() {
    let bad = Bad::new();
    let mut bytes = b"[profile my_resource_account]\nregion = us-west-2\nrole_arn = caf\xe9\n".to_vec();
    let config = bad.env.write("latin1", &bytes);
    bad.refused(&config, &["latin1:3", "not UTF-8", "save the file as UTF-8"]);
    // What is wrong in somebody else's section does not matter here.
    bytes = b"[profile other]\nrole_arn = caf\xe9\n".to_vec();
    bytes.extend(fs::read(bad.env.home().join(".aws/config")).unwrap());
    let config = bad.env.write("mixed", &bytes);
    bad.with_config(&config).success();
}

#[test]
fn fifty_megabytes() {
    let bad = Bad::new();
    let config = bad.env.home().join("large");
    fs::copy(bad.env.home().join(".aws/config"), &config).unwrap();
    fs::File::options().write(true).open(&config).unwrap().set_len(50 * 1024 * 1024).unwrap();
    bad.refused(&config, &["larger than 8 MiB", "check AWS_CONFIG_FILE"]);
}

#[test]
fn profiles_in_a_circle() {
    let bad = Bad::new();
    let role = "role_arn = arn:aws:iam::111122223333:role/developer";
    let config = bad.env.write(
        "circle",
        format!(
            "[profile my_resource_account]\n{role}\nsource_profile = b\n[profile b]\n{role}\nsource_profile = c\n\
             [profile c]\n{role}\nsource_profile = b\n"
        ),
    );
    bad.refused(&config, &["circle:9", "source_profile goes in a circle: b -> c -> b"]);
}

/// Root reads everything, so root has to be somebody else for this.
#[test]
fn a_file_that_may_not_be_read() {
    if !can_be_a_stranger() || !programs_are_for_everybody() {
        return;
    }
    let env = TestEnv::guide();
    env.command("/bin/chown").args(["-R", &STRANGER.to_string()]).args([env.root()]).run().success();
    let config = env.home().join(".aws/config");
    fs::set_permissions(&config, Permissions::from_mode(0o000)).unwrap();
    let exec = || env.exec("my_resource_account", ["true"]).user(STRANGER).run();
    let refused = exec().exits(1);
    assert!(refused.stderr.contains(&config.display().to_string()), "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot be read"), "{}", refused.stderr);
    assert!(refused.stderr.contains("\n  make it a file that you can read"), "{}", refused.stderr);
    fs::set_permissions(&config, Permissions::from_mode(0o600)).unwrap();
    exec().exits(75);
}

/// Whether the other user can run what was built.
fn programs_are_for_everybody() -> bool {
    let open = |path: &Path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    let all = programs::directory().ancestors().all(open);
    if !all {
        programs::skipped("the programs are in a directory that other users may not enter");
    }
    all
}

#[test]
fn a_profile_that_is_not_there_is_never_guessed() {
    let bad = Bad::new();
    for (name, hint) in [
        ("my_resource_acount", "did you mean 'my_resource_account'?"),
        ("MY_ACCOUNT", "did you mean 'my_account'?"),
        ("default", "`awsd list` shows the profiles there are"),
        ("", "`awsd list`"),
    ] {
        let unknown = bad.env.awsd(["exec", name, "--", "echo", "it runs"]).run().exits(1);
        assert_eq!(unknown.stdout, "");
        assert!(unknown.stderr.contains(&format!("there is no profile '{name}'")), "{}", unknown.stderr);
        assert!(unknown.stderr.contains(&format!("\n  {hint}")), "{}", unknown.stderr);
    }
}

/// `list` and `doctor` agree on what is an error: what does not work, and not what is merely unusual.
#[test]
fn what_is_an_error_is_one_wherever_it_is_shown() {
    let env = TestEnv::guide();
    let config = env.config(
        "[profile typo]\nrole_arn = arn:aws:iam::444455556666:role/my_role\nsource_profile = my_acount\n\
         [profile mere_settings]\nregion = us-west-2\n",
    );
    let (list, doctor) = (env.awsd(["list"]).run().success(), env.awsd(["doctor"]).run().exits(1));
    for (how_bad, profile, line) in [("error", "typo", 3), ("warning", "mere_settings", 4)] {
        let place = format!("{}:{line}: Profile '{profile}'", config.display());
        assert!(list.stdout.contains(&format!("\n{how_bad}: {profile}: {place}")), "{}", list.stdout);
        assert!(doctor.stdout.contains(&format!("{how_bad}: {place}")), "{}", doctor.stdout);
    }
    let config = env.config("\u{feff}[profile p\n");
    let list = env.awsd(["list"]).run().success();
    assert!(list.stderr.contains(&format!("error: {}: Lines", config.display())), "{}", list.stderr);
}

/// Requests that depend on the settings fail; what is needed to mend them works.
#[test]
fn settings_of_our_own_that_are_broken() {
    let bad = Bad::new();
    let settings = bad.env.root().join("config/awsd/config.toml");
    fs::create_dir(settings.parent().unwrap()).unwrap();
    let line = |line: usize| format!("{}:{line}", settings.display());
    for (text, words) in [
        ("[defaults]\nmfa_duration = \n", [line(2), "correct the line".to_owned()]),
        ("[defaults]\nmfa_duratoin = \"8h\"\n", [line(2), "mfa_duration".to_owned()]),
        ("\n[profil.dev]\nallow_long_lived = true\n", [line(2), "profile".to_owned()]),
        ("[defaults]\nwait = \"forever\"\n", [line(2), "wait".to_owned()]),
    ] {
        fs::write(&settings, text).unwrap();
        for verb in [&["exec", "my_resource_account", "--", "true"][..], &["config"]] {
            let refused = bad.env.awsd(verb).run().exits(1);
            for word in &words {
                assert!(refused.stderr.contains(word), "{verb:?}: {word} in: {}", refused.stderr);
            }
        }
        let doctor = bad.env.awsd(["doctor"]).run().exits(1);
        assert!(doctor.stdout.contains(&words[0]), "{}", doctor.stdout);
        bad.env.awsd(["status"]).run().success();
    }
    fs::write(&settings, "[defaults]\nwait = \"10s\"\n").unwrap();
    bad.env.awsd(["exec", "my_resource_account", "--no-prompt", "--", "true"]).run().success().quiet();
}

/// The daemon starts all the same: otherwise nobody could ask it what is wrong.
#[test]
fn a_daemon_starts_also_with_broken_settings() {
    let env = TestEnv::guide();
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir(settings.parent().unwrap()).unwrap();
    fs::write(&settings, "this is not TOML").unwrap();
    let refused = env.awsd(["config"]).run().exits(1);
    assert!(refused.stderr.contains("config.toml:1"), "{}", refused.stderr);
    fs::write(&settings, "").unwrap();
    env.awsd(["config"]).run().success();
    assert_eq!(env.daemons().len(), 1);
}
