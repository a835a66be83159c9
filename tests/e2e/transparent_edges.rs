//! `awsd init` where something is unusual: the paths, the directory, other shells, and programs that write where they should
//! not.

use std::fs;

use awsd_tests::harness::{TestEnv, programs};

use crate::{
    people::log_in,
    profiles::alice,
    transparent::{BASH, DASH, FISH, ZSH},
};

#[test]
fn paths_may_have_any_character() {
    for shell in [BASH, ZSH, DASH, FISH] {
        let env = alice();
        let line_end = if shell.start == FISH.start { "" } else { "\n" };
        let directory = format!("it's \"odd\" $HOME `id` \\{line_end}/");
        let own = env.write(directory + "config", fs::read(env.home().join(".aws/config")).unwrap());
        let script = "printf '%s\\0' $AWSD_SOURCE_CONFIG_FILE; cat $AWS_CONFIG_FILE";
        let script = script.replace("$AWSD_SOURCE_CONFIG_FILE", "\"$AWSD_SOURCE_CONFIG_FILE\"");
        let Some(run) = shell.script(&env, &script) else { continue };
        let output = run.env("AWS_CONFIG_FILE", &own).run().success().quiet().stdout;
        let (path, text) = output.split_once('\0').unwrap();
        assert_eq!(path, own.to_str().unwrap());
        assert!(text.contains("[profile developer]\ncredential_process"), "{text}");
    }
}

#[test]
fn once_more_is_the_same_as_once() {
    let env = alice();
    let shown = "echo \"$PS0\"; env | grep AWS | sort; declare -f | md5sum";
    let script = |script: &str| BASH.script(&env, script).unwrap().run().success().quiet().stdout;
    let once = script(shown);
    let start = BASH.start;
    assert_eq!(script(&format!("{start}\n{shown}")), once);
    let nested = script(&format!("export PS0; bash --norc -c '{start}; {shown}'"));
    assert_eq!(nested, once);
}

#[test]
fn shells_with_different_files_do_not_meet() {
    let env = alice();
    let other = env.write("other", "[profile other]\nrole_arn = r\nsource_profile = my_account\n");
    let run = || BASH.script(&env, "cat $AWS_CONFIG_FILE").unwrap();
    let first = run().run().success().stdout;
    let second = run().env("AWS_CONFIG_FILE", &other).run().success().stdout;
    assert!(first.contains("[profile developer]") && !first.contains("[profile other]"), "{first}");
    assert!(second.contains("[profile other]") && !second.contains("[profile developer]"), "{second}");
    // The person names another file afterwards: awsd reads what the AWS programs read.
    let script = format!("export AWS_CONFIG_FILE={}; awsd renew; awsd list", other.display());
    let list = BASH.script(&env, &script).unwrap().run().success().stdout;
    assert!(list.contains("other") && !list.contains("developer"), "{list}");
}

#[test]
fn what_awsd_exec_chose_stays() {
    let Some(_) = programs::aws() else { return };
    let env = alice();
    // Programs would take these before they ask the address.
    let text = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    let developer =
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/developer\nsource_profile = my_account";
    env.config(&format!("{text}\n{developer}\n"));
    log_in(&env, "my_role");
    let who = "aws sts get-caller-identity --query Arn --output text --region us-west-2";
    for via in ["env", "process", "server"] {
        let script =
            format!("{start}; awsd exec my_role --via {via} -- bash -c '{start}; {who}'", start = BASH.start);
        let output = env.command("bash").args(["-c", &script]).run().success().quiet();
        let my_role = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";
        assert_eq!(output.stdout.trim(), my_role, "{via}");
    }
}

#[test]
fn a_profile_that_only_has_settings_stays_what_it_is() {
    let Some(_) = programs::aws() else { return };
    let env = alice();
    let keys = {
        let world = env.sandbox.world();
        let key = &world.user("alice").keys[0];
        (key.id.clone(), key.secret.clone())
    };
    let text = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.config(&format!("{text}\n[default]\nregion = us-west-2\n"));
    let script = "aws sts get-caller-identity --query Arn --output text";
    let run = DASH.script(&env, script).unwrap();
    let output = run.env("AWS_ACCESS_KEY_ID", keys.0).env("AWS_SECRET_ACCESS_KEY", keys.1).run();
    assert_eq!(output.success().stdout.trim(), "arn:aws:iam::111122223333:user/alice");
}

#[test]
fn nothing_is_started_where_nothing_has_changed() {
    let env = alice();
    let script = "awsd daemon stop; awsd renew; awsd daemon status; echo $?";
    let output = BASH.script(&env, script).unwrap().run();
    assert!(output.stdout.ends_with("2\n"), "{} {}", output.stdout, output.stderr);
    let script = "awsd daemon stop; touch ~/.aws/config; awsd renew; awsd daemon status";
    BASH.script(&env, script).unwrap().run().success();
}

#[test]
fn a_directory_that_is_gone_is_made_again() {
    let env = alice();
    let directory = env.socket_directory();
    let script = format!(
        "awsd daemon stop; rm -r {}; ls $AWS_CONFIG_FILE; awsd renew; cat $AWS_CONFIG_FILE",
        directory.display()
    );
    let output = BASH.script(&env, &script).unwrap().run().success();
    assert!(output.stdout.contains("[profile developer]"), "{}", output.stdout);
}

#[test]
fn what_is_written_nevertheless_is_kept_and_told() {
    let env = alice();
    // As a program does that may write everywhere, and one that puts a new file in the place of the old one.
    let script = "file=$(readlink $AWS_CONFIG_FILE); chmod u+w $file; echo '[profile astray]' >>$file
        echo '[astray]' >new; mv new $AWS_SHARED_CREDENTIALS_FILE
        awsd renew; awsd renew; grep -c astray $AWS_CONFIG_FILE $AWS_SHARED_CREDENTIALS_FILE
        awsd doctor";
    let output = BASH.script(&env, script).unwrap().run();
    assert_eq!(output.stderr.matches("the change is kept in").count(), 2, "each once: {}", output.stderr);
    assert_eq!(output.stdout.matches("config:0\n").count(), 1, "{}", output.stdout);
    assert_eq!(output.stdout.matches("[changed-file]").count(), 2, "{}", output.stdout);
    let kept = env.socket_directory().join("changed");
    let texts = ["credentials-1", "file-1"].map(|name| fs::read_to_string(kept.join(name)).unwrap());
    assert!(texts.iter().all(|text| text.contains("astray")), "{texts:?}");
}

#[test]
fn files_that_cannot_be_read_are_said_and_take_nothing_away() {
    let env = alice();
    let script = "mv ~/.aws/config ~/.aws/away; mkdir ~/.aws/config; awsd renew; cat $AWS_CONFIG_FILE";
    let output = BASH.script(&env, script).unwrap().run().success();
    assert!(output.stderr.contains("it is a directory"), "{}", output.stderr);
    assert!(output.stdout.contains("[profile developer]"), "{}", output.stdout);
}

#[test]
fn the_variables_alone_are_for_programs() {
    let env = alice();
    let read = |env: &TestEnv| env.awsd(["init", "json"]).run().success().quiet().stdout;
    let variables: serde_json::Value = serde_json::from_str(&read(&env)).unwrap();
    assert!(fs::metadata(variables["AWS_CONFIG_FILE"].as_str().unwrap()).is_ok());
    assert_eq!(variables["AWSD_SOURCE_CONFIG_FILE"], env.home().join(".aws/config").to_str().unwrap());
}
