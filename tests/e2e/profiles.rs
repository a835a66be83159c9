//! alice's profiles where a test is not about how they are written.

use awsd_tests::{
    harness::TestEnv,
    sandbox::{
        Sandbox, World,
        guide::{DEVELOPER, HUB, LONG_DAY, MY_ROLE},
    },
};

/// alice herself, roles of an hour, and one of twelve that needs a code of its own.
pub(crate) fn alice() -> TestEnv {
    alice_in(Sandbox::start(World::guide()))
}

/// The same where AWS is this sandbox.
pub(crate) fn alice_in(sandbox: Sandbox) -> TestEnv {
    let env = TestEnv::new(sandbox);
    env.credentials([("my_account", "alice")]);
    env.config(&format!(
        "[profile my_account]
region = us-west-2
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile my_role]
role_arn = {MY_ROLE}
source_profile = my_account

[profile developer]
role_arn = {DEVELOPER}
source_profile = my_account

[profile hub]
role_arn = {HUB}
source_profile = my_account

[profile long_day]
role_arn = {LONG_DAY}
source_profile = my_account
duration_seconds = 43200
"
    ));
    env
}
