//! Calls to AWS: one request each, signed with the keys the core chose. Whether to try again is the core's decision, so the
//! SDK's own retries are off: a code must never be sent twice.
//!
//! Nothing of a request or an answer is logged but the action, the key's last characters and the outcome's code.

mod client;
mod connector;
mod failure;
mod federation;
mod observe;
mod sources;

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use awsd_core::chain::{Keys, Role};
use awsd_core::effect::{Action, Mfa, Operation};
use awsd_core::event::{Failure, Granted, Outcome};
use awsd_core::time::Wall;
use secrecy::ExposeSecret as _;
use tracing::info;

use connector::Connectors;
use observe::Observer;
use sources::Guards;

pub(crate) use observe::ReadWall;

/// The way to AWS.
#[derive(Debug)]
pub(crate) struct Aws {
    connectors: Connectors,
    clock: ReadWall,
    guards: Guards,
}

impl Aws {
    /// Nothing is read or connected before the first call.
    pub(crate) fn new(clock: ReadWall) -> Self {
        Self { connectors: Connectors::default(), clock, guards: Guards::default() }
    }

    /// Prepares a call; the future makes it. It takes what it needs along, so that it can run as a task.
    pub(crate) fn call(&self, operation: Operation) -> impl Future<Output = Outcome> + Send + 'static {
        let (connectors, clock) = (self.connectors.clone(), self.clock);
        async move {
            let observer = Observer::new(clock);
            let result = call(&connectors, &operation, &observer).await;
            let result = whole(result, &observer).map_err(|failure| named(failure, &observer));
            let (action, key) = (name(&operation.action), awsd_core::masked(&operation.signer.access_key_id));
            match &result {
                Ok(_) => info!(action, key, "AWS answered"),
                Err(failure) => info!(action, key, ?failure, "AWS did not"),
            }
            Outcome { result, skew: observer.skew() }
        }
    }
}

/// What was found in half an answer is not used.
fn whole(result: Result<Granted, Failure>, observer: &Observer) -> Result<Granted, Failure> {
    match result {
        Ok(_) if observer.cut() => Err(Failure::NoAnswer("AWS's answer cannot be read".to_owned())),
        result => result,
    }
}

/// A connection that could not be made: to which host, because that is often the mistake.
fn named(failure: Failure, observer: &Observer) -> Failure {
    match (failure, observer.destination()) {
        (Failure::NotSent(why), Some(destination)) => Failure::NotSent(format!("{destination}: {why}")),
        (other, _) => other,
    }
}

fn name(action: &Action) -> &'static str {
    match action {
        Action::GetSessionToken { .. } => "GetSessionToken",
        Action::AssumeRole { .. } => "AssumeRole",
        Action::ListMfaDevices => "ListMFADevices",
        Action::GetCallerIdentity => "GetCallerIdentity",
    }
}

async fn call(
    connectors: &Connectors,
    operation: &Operation,
    observer: &Observer,
) -> Result<Granted, Failure> {
    match &operation.action {
        Action::GetSessionToken { duration, mfa } => {
            let client = client::sts(connectors, operation, observer)?;
            let request = client
                .get_session_token()
                .duration_seconds(seconds(*duration))
                .set_serial_number(mfa.as_ref().map(|mfa| mfa.serial.clone()))
                .set_token_code(mfa.as_ref().map(code));
            let output = request.send().await.map_err(|error| failure::judge(&error, observer.tried()))?;
            session(output.credentials, None)
        }
        Action::AssumeRole { role, arn, duration, mfa } => {
            let client = client::sts(connectors, operation, observer)?;
            let request = assume_role(client.assume_role(), role)
                .role_arn(arn)
                .duration_seconds(seconds(*duration))
                .set_serial_number(mfa.as_ref().map(|mfa| mfa.serial.clone()))
                .set_token_code(mfa.as_ref().map(code));
            let output = request.send().await.map_err(|error| failure::judge(&error, observer.tried()))?;
            let account = output.assumed_role_user.as_ref().and_then(|user| account_of(&user.arn));
            session(output.credentials, account)
        }
        Action::ListMfaDevices => {
            let client = client::iam(connectors, operation, observer)?;
            let output = client
                .list_mfa_devices()
                .send()
                .await
                .map_err(|error| failure::judge(&error, observer.tried()))?;
            Ok(Granted::Devices(output.mfa_devices.into_iter().map(|device| device.serial_number).collect()))
        }
        Action::GetCallerIdentity => {
            let client = client::sts(connectors, operation, observer)?;
            let output = client
                .get_caller_identity()
                .send()
                .await
                .map_err(|error| failure::judge(&error, observer.tried()))?;
            output.account.map(Granted::Account).ok_or_else(|| unusable("no account"))
        }
    }
}

/// The parameters that are the role's own.
fn assume_role(request: AssumeRoleFluentBuilder, role: &Role) -> AssumeRoleFluentBuilder {
    let tags = role.tags.iter().filter_map(|(key, value)| {
        // Both are set, which is all that the builder checks.
        aws_sdk_sts::types::Tag::builder().key(key).value(value).build().ok()
    });
    let policy = |arn| aws_sdk_sts::types::PolicyDescriptorType::builder().arn(arn).build();
    let policies = role.policies.arns.iter().map(policy);
    let some = |list: Vec<_>| Some(list).filter(|list| !list.is_empty());
    request
        .role_session_name(&role.session_name)
        .set_external_id(role.external_id.clone())
        .set_source_identity(role.source_identity.clone())
        .set_tags(Some(tags.collect()).filter(|tags: &Vec<_>| !tags.is_empty()))
        .set_transitive_tag_keys(some(role.transitive_tags.clone()))
        .set_policy(role.policies.inline.clone())
        .set_policy_arns(Some(policies.collect()).filter(|policies: &Vec<_>| !policies.is_empty()))
}

fn session(
    credentials: Option<aws_sdk_sts::types::Credentials>,
    account_id: Option<String>,
) -> Result<Granted, Failure> {
    let credentials = credentials.ok_or_else(|| unusable("no credentials"))?;
    let since_epoch = std::time::SystemTime::try_from(credentials.expiration)
        .ok()
        .and_then(|moment| moment.duration_since(UNIX_EPOCH).ok())
        .ok_or_else(|| unusable("no usable expiration"))?;
    Ok(Granted::Session(Keys {
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.into(),
        session_token: Some(credentials.session_token.into()),
        expiration: Some(Wall(since_epoch)),
        account_id,
    }))
}

fn unusable(what: &str) -> Failure {
    Failure::NoAnswer(format!("AWS's answer has {what}"))
}

/// `arn:aws:sts::111122223333:assumed-role/…`
fn account_of(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then(|| account.to_owned())
}

fn code(mfa: &Mfa) -> String {
    mfa.code.expose_secret().to_owned()
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
