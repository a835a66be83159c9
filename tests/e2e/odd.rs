//! Temporary keys whose characters mean something to every shell, and what they must arrive as.
//!
//! Keys with a session token are handed on as they stand in the credentials file, so a test chooses their characters. They
//! contain the sandbox's mark of a secret: where a test does not expect them, they count as a leak.

use std::collections::BTreeMap;

use awsd_tests::{
    harness::{Run, TestEnv},
    sandbox::{CANARY, Sandbox, World},
};

/// The profile, with a blank, both kinds of quotes, a variable, a substitution and a backslash.
pub(crate) const PROFILE: &str = r#"it's "odd" $HOME `id` \ *"#;

/// As much as a quoted text of a shell could stumble over, in one word, as keys are.
const SECRET: &str = r#"CANARY+/'"$HOME$(id)`id`\\!!%PATH%^&|<>;#~*?[]{}(),''""$''\'"#;

/// A profile whose values even cmd.exe can be given.
pub(crate) const TAME_PROFILE: &str = "it's tame & simple";

/// Without quotes, `%` and `!`.
const TAME_SECRET: &str = "CANARY+/$HOME$(id)`id`'\\^&|<>;#~*?[]{}(),^^&&'\\";

const ACCESS_KEY_ID: &str = "ASIAODDODDODDODDODD1";
const EXPIRATION: &str = "2099-12-31T23:59:59Z";

/// What may be left over in a shell and would win over the keys that it is given, at least with one SDK.
const LEFT_OVER: [&str; 22] = [
    "AWSD_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "BOTO_CONFIG",
    "SECRET_ACCESS_KEY",
];

const STALE: &str = "stale";

/// The environment of a program.
pub(crate) type Environment = BTreeMap<String, String>;

/// A home with both profiles. Nothing here needs AWS.
pub(crate) fn home() -> TestEnv {
    let env = TestEnv::new(Sandbox::start(World::guide()));
    let section = |profile: &str| {
        let secret = secret(profile);
        format!(
            "[{profile}]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {secret}\n\
             aws_session_token = {secret}==\nx_security_token_expires = {EXPIRATION}\n\n"
        )
    };
    env.write(".aws/credentials", section(PROFILE) + &section(TAME_PROFILE));
    env
}

fn secret(profile: &str) -> &'static str {
    let secret = if profile == PROFILE { SECRET } else { TAME_SECRET };
    assert!(secret.contains(CANARY), "a leak would be missed");
    secret
}

/// What must be in the environment.
pub(crate) fn variables(profile: &str, region: &str) -> Environment {
    let secret = secret(profile);
    let token = format!("{secret}==");
    let variables = [
        ("AWSD_PROFILE", profile),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", &token),
        ("AWS_CREDENTIAL_EXPIRATION", EXPIRATION),
        ("AWS_SESSION_EXPIRATION", EXPIRATION),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWSD_REGION", region),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Runs something where everything is left over that could be.
pub(crate) fn with_left_overs(run: Run) -> Run {
    LEFT_OVER.into_iter().fold(run, |run, name| run.env(name, STALE))
}

/// The same for a shell that a test plays itself.
pub(crate) fn left_overs() -> Environment {
    LEFT_OVER.into_iter().map(|name| (name.to_owned(), STALE.to_owned())).collect()
}

/// What `env -0` printed.
pub(crate) fn environment(output: &str) -> Environment {
    let variables = output.split_terminator('\0').filter_map(|variable| variable.split_once('='));
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The credentials are there, to the last character, and nothing is left over. Values are not shown: they could be real.
#[track_caller]
pub(crate) fn assert_served(environment: &Environment, profile: &str, region: &str, by: &str) {
    for (name, value) in variables(profile, region) {
        assert!(environment.get(&name) == Some(&value), "{by}: {name} is not what it should be");
    }
    let left_over: Vec<_> = environment.iter().filter(|(_, value)| *value == STALE).collect();
    assert!(left_over.is_empty(), "{by}: {left_over:?}");
}
