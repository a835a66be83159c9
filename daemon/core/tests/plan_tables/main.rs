//! The planner's rules one by one: a few lines of the files, and what they come to.

#![allow(clippy::expect_used)] // in helpers of tests; a failed expectation is a failed test

mod chains;
mod errors;
mod service;
mod sources;

use awsd_core::chain::{Base, Chain, Keys};
use awsd_core::config_file::{Kind, Profiles, parse};
use awsd_core::plan::{Environment, PlanError, PlanRequest, Planned, plan};

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n";
const KEYS: &str = "[keys]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = hunter2\n";

fn profiles(config: &str, credentials: &str) -> Profiles {
    Profiles::merge(
        parse(Kind::Config, "config", config.as_bytes()),
        parse(Kind::Credentials, "credentials", credentials.as_bytes()),
    )
}

fn request(profile: &str) -> PlanRequest {
    PlanRequest {
        profile: profile.to_owned(),
        default_session_name: "awsd-me".to_owned(),
        ..PlanRequest::default()
    }
}

/// Plans `p` in a config file, beside a credentials file with the profile `keys`.
fn planned(config: &str) -> Result<Planned, PlanError> {
    plan(&profiles(config, KEYS), &request("p"))
}

/// Plans a role profile `p` with these lines in addition.
fn role_with(lines: &str) -> Result<Planned, PlanError> {
    planned(&format!("[profile p]\n{ROLE}{lines}"))
}

fn chain(config: &str) -> Chain {
    planned(config).expect("a plan").chain
}

fn in_environment(config: &str, environment: Environment) -> Result<Chain, PlanError> {
    let request = PlanRequest { environment, ..request("p") };
    plan(&profiles(config, KEYS), &request).map(|planned| planned.chain)
}

#[allow(clippy::unnecessary_wraps)] // what it is compared with is optional everywhere
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The code and the place of an error.
fn failure<T: std::fmt::Debug>(result: Result<T, PlanError>) -> (&'static str, Option<String>) {
    let error = result.expect_err("an error");
    (error.kind.code(), error.origin.map(|origin| origin.to_string()))
}

fn keys(chain: &Chain) -> &Keys {
    let Base::Keys(keys) = &chain.base else { panic!("{:?}", chain.base) };
    keys
}
