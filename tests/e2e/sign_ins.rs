//! Profiles that stand on a sign-in the AWS CLI keeps: `aws sso login` and `aws login`.

use std::{fs, path::PathBuf, time::Duration};

use awsd_tests::{
    harness::{PATIENCE, TestEnv, programs},
    sandbox::{
        Fault, LoginSignIn, Sandbox, SsoSignIn, Trust, World,
        guide::{AFTER_SAML, SAML_LOGIN},
    },
};
use jiff::Timestamp;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::{
    people::{says, who},
    served::{ask, caller, granted},
};

const HOUR: Duration = Duration::from_hours(1);
const LONG_AGO: Duration = Duration::ZERO;

/// An ARN as `aws login` writes it into a profile.
const CONSOLE: &str = "arn:aws:iam::111122223333:user/alice";

/// Profiles on a sign-in of each kind, by themselves and below a role.
fn home() -> TestEnv {
    let mut world = World::guide();
    world.around.assigned.insert(("111122223333".to_owned(), "Admin".to_owned()), SAML_LOGIN.to_owned());
    let env = TestEnv::new(Sandbox::start(world));
    let sso = "sso_account_id = 111122223333\nsso_role_name = Admin";
    env.config(&format!(
        "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://example.awsapps.com/start\n\
         [profile sso]\nsso_session = corp\n{sso}\n\
         [profile old_sso]\nsso_region = eu-central-1\nsso_start_url = https://example.awsapps.com/start\n{sso}\n\
         [profile no_access]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Other\n\
         [profile console]\nlogin_session = {CONSOLE}\n\
         [profile after_sso]\nrole_arn = {AFTER_SAML}\nsource_profile = sso\n\
         [profile after_old_sso]\nrole_arn = {AFTER_SAML}\nsource_profile = old_sso\n\
         [profile after_console]\nrole_arn = {AFTER_SAML}\nsource_profile = console\n"
    ));
    env
}

fn sso_file(named: &str) -> PathBuf {
    PathBuf::from(format!(".aws/sso/cache/{}.json", hex::encode(Sha1::digest(named))))
}

fn console_file() -> PathBuf {
    PathBuf::from(format!(".aws/login/cache/{}.json", hex::encode(Sha256::digest(CONSOLE))))
}

/// `aws sso login`
fn sign_in_to_sso(env: &TestEnv, life: Duration) -> SsoSignIn {
    let signed_in = env.sandbox.world().sign_in_to_sso(life);
    env.write(sso_file("corp"), signed_in.file());
    signed_in
}

/// `aws login`
fn sign_in_to_console(env: &TestEnv, life: Duration) -> LoginSignIn {
    let signed_in = env.sandbox.world().sign_in_to_console(SAML_LOGIN, life);
    env.write(console_file(), signed_in.file());
    signed_in
}

#[test]
fn sso_gives_keys_and_roles_are_taken_with_them() {
    let env = home();
    sign_in_to_sso(&env, HOUR);
    let served = ask(&env, "sso");
    ask(&env, "after_sso");
    assert_eq!(ask(&env, "sso").key, served.key);
    assert_eq!(env.new_calls(), ["GetRoleCredentials", "AssumeRole after_saml"]);
    let status = env.awsd(["status"]).run().success();
    assert!(status.stdout.contains("sso 111122223333/Admin"), "{}", status.stdout);
    let list = env.awsd(["list"]).run().success();
    assert!(list.stdout.contains("source"), "{}", list.stdout);
    env.awsd(["doctor"]).run().success();

    env.awsd(["logout", "after_sso"]).run().success();
    ask(&env, "sso");
    assert_eq!(env.calls(), ["GetRoleCredentials"]);
}

#[test]
fn the_older_keys_of_sso_are_found_by_their_start_url() {
    let env = home();
    let signed_in = env.sandbox.world().sign_in_to_sso(HOUR);
    env.write(sso_file("https://example.awsapps.com/start"), signed_in.file_without_refresh_token());
    ask(&env, "after_old_sso");
    assert_eq!(env.calls(), ["GetRoleCredentials", "AssumeRole after_saml"]);
}

#[test]
fn who_has_to_sign_in_is_told_what_to_type_and_it_works_afterwards() {
    let env = home();
    let asked = |profile: &str, command: &str| {
        let refused = env.awsd(["credential-process", profile, "--no-prompt"]).run().exits(75);
        says(
            &refused,
            &[&format!("the sign-in that {profile} starts from "), &format!("sign in with: {command}; ")],
        );
        refused.stderr
    };
    let sso = "aws sso login --sso-session corp";
    // Not yet, or too long ago, as far as the file says.
    assert!(asked("after_sso", sso).contains("has not been made yet"));
    assert!(asked("after_old_sso", "aws sso login --profile old_sso").contains("has not been made yet"));
    assert!(asked("after_console", "aws login --profile console").contains("has not been made yet"));
    let over = env.sandbox.world().sign_in_to_sso(LONG_AGO);
    env.write(sso_file("corp"), over.file_without_refresh_token());
    assert!(asked("sso", sso).contains(" is over\n"));
    assert_eq!(env.calls(), [""; 0]);
    // As far as the service says.
    sign_in_to_sso(&env, HOUR);
    env.sandbox.world().end_sso_sign_ins();
    asked("sso", sso);
    sign_in_to_console(&env, LONG_AGO);
    env.sandbox.world().end_console_sign_ins();
    asked("after_console", "aws login --profile console");
    assert_eq!(
        env.new_calls(),
        ["GetRoleCredentials: UnauthorizedException", "CreateOAuth2Token: AccessDeniedException"]
    );
    // The daemon has been running all the time.
    sign_in_to_sso(&env, HOUR);
    sign_in_to_console(&env, HOUR);
    for profile in ["sso", "after_sso", "after_console"] {
        ask(&env, profile);
    }
    assert_eq!(env.daemons().len(), 1);
}

#[test]
fn a_sign_in_to_sso_is_renewed_without_the_person_and_kept_for_others() {
    let env = home();
    let first = sign_in_to_sso(&env, LONG_AGO);
    ask(&env, "sso");
    assert_eq!(env.new_calls(), ["CreateToken", "GetRoleCredentials"]);
    let path = env.home().join(sso_file("corp"));
    let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(kept["accessToken"] != *first.access_token && kept["refreshToken"] != *first.refresh_token);
    assert_eq!(kept["startUrl"], "https://example.awsapps.com/start", "what else is in it stays");
    let end: Timestamp = kept["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(end > Timestamp::now());
    // Whoever comes next finds a sign-in that is good.
    env.awsd(["logout", "--all"]).run().success();
    ask(&env, "sso");
    assert_eq!(env.calls(), ["GetRoleCredentials"]);
}

/// What renews a sign-in can be used once: two at a time would take it from each other.
#[test]
fn a_sign_in_that_several_profiles_stand_on_is_renewed_once() {
    let env = home();
    let sso = "sso_session = corp\nsso_account_id = 111122223333";
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    let more: Vec<_> = (0..4).map(|n| format!("[profile p{n}]\n{sso}\nsso_role_name = R{n}\n")).collect();
    env.config(&format!("{config}{}", more.concat()));
    for n in 0..4 {
        let role = ("111122223333".to_owned(), format!("R{n}"));
        env.sandbox.world().around.assigned.insert(role, SAML_LOGIN.to_owned());
    }
    sign_in_to_sso(&env, LONG_AGO);
    let running: Vec<_> =
        (0..4).map(|n| env.awsd(["credential-process", &format!("p{n}")]).expect_secrets().spawn()).collect();
    for one in running {
        one.wait().success();
    }
    assert_eq!(env.sandbox.count("CreateToken"), 1, "{:?}", env.calls());
    assert_eq!(env.sandbox.count("GetRoleCredentials"), 4);
}

#[test]
fn what_the_portal_refuses_is_told_and_what_passes_is_tried_again() {
    let env = home();
    sign_in_to_sso(&env, HOUR);
    let refused = env.awsd(["credential-process", "no_access", "--no-prompt"]).run().exits(1);
    says(&refused, &["SSO gives no keys to no_access: No access"]);
    assert_eq!(env.new_calls(), ["GetRoleCredentials: ForbiddenException"]);
    for fault in [Fault::InternalFailure, Fault::Dropped] {
        env.sandbox.world().fail("GetRoleCredentials", fault);
    }
    ask(&env, "sso");
    assert_eq!(env.calls().len(), 3, "{:?}", env.calls());
}

#[test]
fn keys_of_sso_are_renewed_in_the_background_while_they_are_used() {
    const LIFE: Duration = Duration::from_secs(12);
    let env = home();
    env.sandbox.world().role_session_life = Some(LIFE);
    sign_in_to_sso(&env, HOUR);
    let mut served = ask(&env, "sso").has_a_third_of(LIFE);
    for lives in 2..=4 {
        assert_eq!(ask(&env, "sso").key, served.key);
        assert!(env.sandbox.wait_for_count("GetRoleCredentials", lives, PATIENCE), "nobody asks meanwhile");
        let limit = Timestamp::now() + PATIENCE;
        let key = served.key.clone();
        while served.key == key {
            assert!(Timestamp::now() < limit, "the new keys are not served");
            served = ask(&env, "sso").has_a_third_of(LIFE);
        }
    }
    assert_eq!(env.sandbox.calls().len(), 4, "{:?}", env.calls());
}

/// The key that is served for the console's profile. Its end is known to the second only: the service tells what is left.
fn console_key(env: &TestEnv) -> String {
    let output = caller(env, "console").run().success().quiet();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let key = json["AccessKeyId"].as_str().unwrap().to_owned();
    let said: Timestamp = json["Expiration"].as_str().unwrap().parse().unwrap();
    let expiration = granted(env, &key).credentials.expiration;
    assert!((0..=1).contains(&(expiration.as_second() - said.as_second())), "{said} {expiration}");
    key
}

#[test]
fn a_sign_in_at_the_console_is_used_and_renewed_with_its_proof() {
    let env = home();
    let first = sign_in_to_console(&env, HOUR);
    assert_eq!(console_key(&env), first.keys.access_key_id);
    ask(&env, "after_console");
    assert_eq!(env.new_calls(), ["AssumeRole after_saml"]);

    sign_in_to_console(&env, Duration::from_secs(30));
    env.awsd(["logout", "--all"]).run().success();
    let renewed = console_key(&env);
    assert_eq!(env.new_calls(), ["CreateOAuth2Token"]);
    let kept = fs::read_to_string(env.home().join(console_file())).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["accessToken"]["accessKeyId"], *renewed);
    assert_eq!(kept["accessToken"]["accountId"], "111122223333");

    // What the file has now renews it again.
    env.sandbox.world().role_session_life = Some(Duration::from_mins(1));
    env.write(
        console_file(),
        kept.to_string().replace(kept["accessToken"]["expiresAt"].as_str().unwrap(), "2020-01-01T00:00:00Z"),
    );
    env.awsd(["logout", "--all"]).run().success();
    assert_ne!(console_key(&env), renewed);
    assert_eq!(env.calls(), ["CreateOAuth2Token"]);
}

/// The account of a bare role's name is that of the sign-in.
#[test]
fn a_bare_role_is_in_the_account_of_its_source() {
    let env = home();
    let role = "arn:aws:iam::111122223333:role/beside";
    env.sandbox.world().add_role(role, Trust::of([SAML_LOGIN]));
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.config(&format!("{config}[profile bare]\nrole_arn = beside\nsource_profile = sso\n"));
    sign_in_to_sso(&env, HOUR);
    let served = ask(&env, "bare");
    assert_eq!(env.calls(), ["GetRoleCredentials", "AssumeRole beside"]);
    assert!(format!("{:?}", granted(&env, &served.key).kind).contains(role));
}

#[test]
fn the_aws_cli_is_the_same_with_awsd_and_without() {
    let Some(aws) = programs::aws() else { return };
    let env = home();
    sign_in_to_sso(&env, HOUR);
    let arguments =
        ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--region", "us-west-2"];
    // By itself it leaves keys in files.
    let alone = env.command(&aws).args(arguments).env("AWS_PROFILE", "sso").run();
    let _ = fs::remove_dir_all(env.home().join(".aws/cli"));
    assert_eq!(who(&env, &aws, "sso"), alone.success().stdout.trim());
}
