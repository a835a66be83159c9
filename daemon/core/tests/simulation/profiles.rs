//! The profiles that simulated callers ask for.

use std::sync::Arc;
use std::time::Duration;

use awsd_core::chain::{Base, Chain, Keys, Policies, Role, RoleName, Service};
use awsd_core::event::Found;
use secrecy::SecretString;

use crate::aws::ACCOUNT;
use crate::random::Random;

const REGIONS: [&str; 3] = ["eu-central-1", "us-east-1", "ap-south-1"];

/// Whose profiles a schedule is about: often a few, so that their sessions live through much.
pub(crate) fn cast(random: &mut Random) -> Vec<&'static str> {
    let all = ["ALICE", "ALICE", "BOB", "BOB", "CAROL", "DAVE", "EVE", "SAML"];
    match random.below(3) {
        0 => all.to_vec(),
        _ => (0..=random.below(2)).map(|_| *random.pick(&all)).collect(),
    }
}

/// A chain like those that the planner makes.
pub(crate) fn chain(random: &mut Random, cast: &[&str], saml: &Found, calm: bool) -> Chain {
    let user = *random.pick(cast);
    let wrong_secret = !calm && random.percent(2);
    let id = match user {
        "SAML" => saml.access_key_id.clone(),
        name => format!("AKIA{name}"),
    };
    let device = |name: &str| Some(format!("arn:aws:iam::{ACCOUNT}:mfa/{name}"));
    let device = match user {
        "ALICE" if random.percent(3) => device("stranger"),
        "ALICE" => device("alice"),
        "BOB" if random.percent(20) => device("bob"),
        "DAVE" if random.percent(50) => device("dave1"),
        _ => None,
    };
    let secret = if wrong_secret { "wrong".to_owned() } else { format!("secret of {id}") };
    let keys = Keys {
        session_token: (user == "SAML").then(|| SecretString::from("saml")),
        secret_access_key: SecretString::from(secret),
        access_key_id: id,
        expiration: saml.expiration.filter(|_| user == "SAML"),
        account_id: None,
    };
    let region = *random.pick(&REGIONS);
    Chain {
        profile: format!("profile{}", random.below(6)),
        base: Base::Keys(Arc::new(keys)),
        mfa_process: (device.is_some() && random.percent(12)).then(|| Arc::from(["ykman".to_owned()])),
        device,
        roles: roles(random),
        region: Some(region.to_owned()),
        service: Arc::new(Service { region: region.to_owned(), ..Service::default() }),
    }
}

fn roles(random: &mut Random) -> Vec<Role> {
    let arn = |name: &str| RoleName::Arn(format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
    let mut roles = match random.below(14) {
        0 => vec![],
        1 => vec![arn("closed")],
        2 => vec![arn("young")],
        3 => vec![arn("short")],
        4 => vec![arn("open-short")],
        5 => vec![RoleName::Bare("needs-mfa".to_owned())],
        6 => vec![RoleName::Arn("arn:aws:iam::444455556666:role/other".to_owned())],
        7 => vec![arn("external")],
        8 => vec![arn("open"), arn("next")],
        9 => vec![arn("needs-mfa"), RoleName::Bare("next".to_owned())],
        10 => vec![arn("open")],
        11 => vec![arn(if random.percent(50) { "odd" } else { "odd-long" })],
        _ => vec![arn("needs-mfa")],
    };
    let external = roles.iter().any(|role| matches!(role, RoleName::Arn(arn) if arn.ends_with("external")));
    let external_id = external.then(|| "agreed".to_owned());
    let session_name = random.pick(&["awsd-alice", "awsd-alice", "ci"]).to_string();
    let duration = match random.below(5) {
        0 => Some(Duration::from_hours(12)),
        1 => Some(Duration::from_mins(20)),
        2 => Some(Duration::from_hours(1)),
        _ => None,
    };
    let last = roles.len().saturating_sub(1);
    roles
        .drain(..)
        .enumerate()
        .map(|(index, arn)| Role {
            profile: "p".to_owned(),
            arn,
            external_id: external_id.clone(),
            session_name: session_name.clone(),
            duration: duration.filter(|_| index == last),
            source_identity: None,
            tags: Vec::new(),
            transitive_tags: Vec::new(),
            policies: Policies::default(),
        })
        .collect()
}
