//! Sessions that are to live longer, or to be allowed less, than usual: `--min-ttl`, `--policy`, `--policy-arn`, `--read-only`.

use std::time::Duration;

use awsd_tests::{
    harness::{TestEnv, programs},
    sandbox::guide::MY_ROLE,
};

use crate::{
    people::{REGION, log_in, says},
    profiles::alice,
};

const LOOK: [&str; 2] = ["ec2", "describe-instances"];
const MAKE: [&str; 2] = ["iam", "create-access-key"];

const ONLY_EC2: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]
}"#;

/// What the AWS CLI is told by AWS: nothing, where it is allowed.
fn refused(env: &TestEnv, options: &[&str], call: [&str; 2]) -> bool {
    let aws = programs::aws().unwrap();
    let run = env.awsd(["exec", "my_role", "--no-prompt"]).args(options).args(["--"]).args([&aws]);
    let output = run.args(call).args(REGION).run();
    output.stderr.contains("no session policy allows")
}

#[test]
fn a_session_may_do_what_its_policies_allow() {
    if programs::aws().is_none() {
        return;
    }
    let env = alice();
    log_in(&env, "my_role");
    let policy = env.write("only-ec2.json", ONLY_EC2);
    let policy = ["--policy", policy.to_str().unwrap()];
    let arn = ["--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"];
    for (options, look, make) in [
        (&[][..], false, false),
        (&policy[..], false, true),
        (&["--read-only"], false, true),
        (&arn, false, true),
        (&["--policy-arn", "arn:aws:iam::444455556666:policy/nothing"], true, true),
        (&["--via", "server", "--read-only"], false, true),
        // The whole session is still the whole session.
        (&[], false, false),
    ] {
        assert_eq!((refused(&env, options, LOOK), refused(&env, options, MAKE)), (look, make), "{options:?}");
    }
    let sessions = env.calls().into_iter().filter(|call| call == "AssumeRole my_role").count();
    assert_eq!(sessions, 4, "one for each set of policies");
}

#[test]
fn what_cannot_be_narrowed_is_said() {
    let env = alice();
    let narrowed = |arguments: &[&str]| env.awsd(arguments).run();
    let refused = narrowed(&["exec", "my_account", "--read-only", "--", "true"]).exits(1);
    says(&refused, &["my_account", "only a role's session can be narrowed"]);
    let refused = narrowed(&["exec", "my_role", "--via", "process", "--read-only", "--", "true"]).exits(64);
    says(&refused, &["--via process", "--via server"]);
    let refused = narrowed(&["export", "my_role", "--policy", "missing.json"]).exits(64);
    says(&refused, &["missing.json"]);
    env.write("no.json", "[]");
    let refused = narrowed(&["exec", "my_role", "--policy", "no.json", "--", "true"]).exits(64);
    says(&refused, &["no.json", "no object"]);
    let refused = narrowed(&["exec", "my_role", "--read-only", "--no-session", "--", "true"]).exits(64);
    says(&refused, &["--no-session"]);
    assert!(env.calls().is_empty());
}

#[test]
fn a_session_has_at_least_the_life_that_is_asked_for() {
    let env = alice();
    let with = |options: &[&str]| {
        env.awsd(["exec", "my_role", "--no-prompt"]).args(options).args(["--", "true"]).run()
    };
    env.sandbox.world().role_session_life = Some(Duration::from_mins(30));
    log_in(&env, "my_role");
    env.new_calls();
    with(&["--min-ttl", "20m"]).success();
    assert!(env.new_calls().is_empty(), "it has that already");
    env.sandbox.world().role_session_life = None;
    with(&["--min-ttl", "50m"]).success();
    assert_eq!(env.new_calls(), ["AssumeRole my_role"], "it is renewed for that");
    with(&["--min-ttl", "1h"]).success();
    env.new_calls();
    let refused = with(&["--min-ttl", "90m"]).exits(1);
    says(&refused, &["60 min at most", "90 min", "--duration"]);
    assert!(env.new_calls().is_empty(), "what cannot be had is not tried");
    env.sandbox.world().role_session_life = Some(Duration::from_mins(30));
    env.config(&format!(
        "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\n[profile my_role]\nrole_arn = {MY_ROLE}\n\
         source_profile = my_account\nrole_session_name = another\n"
    ));
    let refused = with(&["--min-ttl", "45m"]).exits(1);
    says(&refused, &["30 min at most"]);
    assert_eq!(env.new_calls(), ["AssumeRole my_role"], "once, and not again and again");
}
