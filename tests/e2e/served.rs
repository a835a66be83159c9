//! What `awsd credential-process` serves, held against what AWS granted.

use std::time::Duration;

use awsd_tests::{
    harness::{Run, TestEnv},
    sandbox::Session,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Credentials as a caller got them.
#[derive(Debug)]
pub(crate) struct Served {
    /// Tells one session from another.
    pub key: String,
    /// When they end.
    pub expiration: Timestamp,
    /// When they had not been asked for yet.
    pub before: Timestamp,
}

/// A caller that asks again whenever it needs to, and must not need a person.
pub(crate) fn caller(env: &TestEnv, profile: &str) -> Run {
    env.awsd(["credential-process", profile, "--no-prompt"]).expect_secrets()
}

/// What such a caller gets. It must be a session that AWS granted, with AWS's word for its end.
#[track_caller]
pub(crate) fn ask(env: &TestEnv, profile: &str) -> Served {
    let before = Timestamp::now();
    let output = caller(env, profile).run().success().quiet();
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    let key = json["AccessKeyId"].as_str().unwrap().to_owned();
    let said: Timestamp = json["Expiration"].as_str().unwrap().parse().unwrap();
    let expiration = granted(env, &key).credentials.expiration;
    assert_eq!(said.as_second(), expiration.as_second());
    Served { key, expiration, before }
}

impl Served {
    /// What was left of their life when they were served, or more: nobody knows how long the answer took.
    pub(crate) fn left(&self) -> SignedDuration {
        self.before.duration_until(self.expiration)
    }

    /// Nobody is served what is about to end: a third of a short life is left. A second is allowed for the way from
    /// AWS, which is part of the life.
    #[track_caller]
    pub(crate) fn has_a_third_of(self, life: Duration) -> Self {
        let third = SignedDuration::try_from(life / 3).unwrap();
        assert!(self.left() > third - SignedDuration::from_secs(1), "{:?} is left", self.left());
        self
    }
}

/// What AWS knows of a session.
#[track_caller]
pub(crate) fn granted(env: &TestEnv, key: &str) -> Session {
    env.sandbox.world().sessions.get(key).expect("a session that AWS granted").clone()
}
