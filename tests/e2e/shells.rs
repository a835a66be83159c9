//! `awsd export` in every format, read by the shells themselves where they can be had.

use std::path::Path;

use awsd_tests::harness::{Run, TestEnv, programs};

use crate::{
    odd::{
        self, Environment, PROFILE, TAME_PROFILE, assert_served, environment, left_overs, with_left_overs,
    },
    quoting,
};

/// What every shell must be able to take.
const REGIONS: [&str; 5] = ["us-west-2", r#"a 'b' "c" $HOME $(id) `id` \"#, "''", "-n", "Łódź ‘x’ ü"];

/// Control characters, line ends at the end among them.
const CONTROL: [&str; 4] = ["a\nb\n\n", "\ttab\r", "\u{1b}[2J\u{7}", "\u{1}\u{7f}\u{81}"];

/// A region may be anything here, also what looks like an option.
fn export(env: &TestEnv, profile: &str, region: &str, format: &str) -> Run {
    env.awsd(["export", profile, &format!("--region={region}"), "--format", format])
}

/// What `awsd export` prints for these values.
fn exported(env: &TestEnv, profile: &str, region: &str, format: &str) -> String {
    export(env, profile, region, format).expect_secrets().run().success().quiet().stdout
}

/// The environment that a shell gives to a program, after the script has loaded the credentials.
fn after(env: &TestEnv, shell: &Path, script: &str, region: &str) -> Environment {
    let run = env.command(shell).args(["-c", script]).env("P", PROFILE).env("R", region);
    environment(&with_left_overs(run).expect_secrets().run().success().quiet().stdout)
}

fn assert_loads(variable: &str, name: &str, script: &str, regions: &[&str]) {
    let Some(shell) = programs::found(variable, name) else { return };
    let env = odd::home();
    for region in regions {
        let by = format!("{name}, {region:?}");
        assert_served(&after(&env, &shell, script, region), PROFILE, region, &by);
    }
}

/// Prints the credentials of a profile, with a NUL between the values.
const BOTO3_READS: &str = "import boto3, sys
session = boto3.Session(profile_name=sys.argv[1])
keys = session.get_credentials()
print(keys.access_key, keys.secret_key, keys.token, session.region_name, sep='\\0', end='')";

const POSIX: &str = r#"set -eu; eval "$(awsd export "$P" --region="$R")"; exec env -0"#;

#[test]
fn bash_takes_every_character() {
    assert_loads("AWSD_TEST_BASH", "bash", POSIX, &[&REGIONS[..], &CONTROL].concat());
}

#[test]
fn dash_takes_every_character() {
    assert_loads("AWSD_TEST_DASH", "dash", POSIX, &[&REGIONS[..], &CONTROL].concat());
}

#[test]
fn zsh_takes_every_character() {
    assert_loads("AWSD_TEST_ZSH", "zsh", POSIX, &[&REGIONS[..], &CONTROL].concat());
}

#[test]
fn fish_takes_every_character_but_control_characters() {
    for script in [
        "awsd export $P --region=$R --format fish | source; exec env -0",
        "eval (awsd export $P --region=$R --format fish); exec env -0",
    ] {
        assert_loads("AWSD_TEST_FISH", "fish", script, &REGIONS);
    }
}

#[test]
fn powershell_cmd_and_nushell_read_what_was_meant() {
    type Read = fn(&str, &mut Environment);
    let formats: [(&str, Read, &str, &[&str]); 3] = [
        ("powershell", quoting::powershell, PROFILE, &REGIONS),
        ("nu", quoting::nu, PROFILE, &[&REGIONS[..], &CONTROL].concat()),
        ("windows-cmd", quoting::windows_cmd, TAME_PROFILE, &["us-west-2", "a 'b' $(id) ^ & | < >", "Łódź"]),
    ];
    let env = odd::home();
    for (format, read, profile, regions) in formats {
        for region in regions {
            let mut environment = left_overs();
            read(&exported(&env, profile, region, format), &mut environment);
            assert_served(&environment, profile, region, format);
        }
    }
}

#[test]
fn nushell_takes_every_character() {
    let Some(shell) = programs::found("AWSD_TEST_NU", "nu") else { return };
    let env = odd::home();
    for region in [&REGIONS[..], &CONTROL].concat() {
        env.write("loaded.nu", exported(&env, PROFILE, region, "nu"));
        let run = env.command(&shell).args(["--no-config-file", "-c", "source loaded.nu; ^env -0"]);
        let output = with_left_overs(run).expect_secrets().run().success().quiet();
        assert_served(&environment(&output.stdout), PROFILE, region, "nu");
    }
}

#[test]
fn a_file_of_lines_has_the_values_and_nothing_else() {
    let env = odd::home();
    for region in REGIONS {
        let text = exported(&env, PROFILE, region, "env-no-export");
        let lines = text.lines().map(|line| line.split_once('=').unwrap());
        let read: Environment = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert!(read == odd::variables(PROFILE, region), "{region}");
    }
}

#[test]
fn json_has_the_values_and_nothing_else() {
    let env = odd::home();
    for region in [&REGIONS[..], &CONTROL].concat() {
        let read: Environment =
            serde_json::from_str(&exported(&env, PROFILE, region, "json")).expect("an object of strings");
        assert!(read == odd::variables(PROFILE, region), "{region}");
    }
}

#[test]
fn a_section_for_a_credentials_file_is_read_by_boto3_and_by_awsd() {
    let env = odd::home();
    for profile in [PROFILE, TAME_PROFILE] {
        let section = exported(&env, profile, "us-west-2", "ini");
        let file = env.write("elsewhere/credentials", &section);
        let again = env
            .awsd(["export", profile, "--format", "ini"])
            .env("AWS_SHARED_CREDENTIALS_FILE", &file)
            .expect_secrets()
            .run()
            .success();
        assert!(again.stdout == section, "{profile}: awsd reads what it has written");

        let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
        let read = env
            .command(python)
            .args(["-c", BOTO3_READS, profile])
            .env("AWS_SHARED_CREDENTIALS_FILE", &file)
            .expect_secrets()
            .run()
            .success();
        let wanted = odd::variables(profile, "us-west-2");
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"];
        assert!(read.stdout.split('\0').eq(names.map(|name| wanted[name].as_str())), "{profile}");
    }
}

#[test]
fn what_a_format_cannot_carry_is_refused_and_not_shown() {
    let env = odd::home();
    let refused = |profile: &str, region: &str, format: &str| {
        let output = export(&env, profile, region, format).run().exits(1);
        assert_eq!(output.stdout, "", "{format}: nothing for a shell to run");
        output.stderr
    };
    for control in CONTROL {
        for format in ["env-no-export", "fish", "powershell", "windows-cmd", "ini"] {
            let said = refused(TAME_PROFILE, control, format);
            assert!(said.contains("AWS_REGION") && said.contains("--format"), "{format}: {said}");
        }
    }
    for text in ["a\"b", "%PATH%", "a!b!"] {
        assert!(refused(TAME_PROFILE, text, "windows-cmd").contains("AWS_REGION"), "{text}");
    }
    for text in [" us-west-2", "us-west-2 # home", ";b"] {
        assert!(refused(TAME_PROFILE, text, "ini").contains("AWS_REGION"), "{text}");
    }
    let said = refused(PROFILE, "us-west-2", "windows-cmd");
    assert!(said.contains("AWS_SECRET_ACCESS_KEY"), "{said}");
}
