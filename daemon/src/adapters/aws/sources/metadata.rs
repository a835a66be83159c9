//! Keys that are around a program in the cloud: those of its machine (`Ec2InstanceMetadata`) or of its container
//! (`EcsContainer`).

use std::path::Path;
use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::event::Failure;
use awsd_core::source::{Container, InstanceMetadata};
use secrecy::SecretString;
use serde::Deserialize;

use super::http::{Answer, Request, send};
use super::{Asking, moment, unusable};
use crate::regular;

/// Where machines in the cloud ask.
const METADATA: &str = "http://169.254.169.254";

/// Where they find the name of their role, and below it the keys.
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// How long the machine's service may take. It is at hand; on a machine that is in no cloud nobody answers.
const MACHINE: Duration = Duration::from_secs(2);

/// How long a container's platform may take: it may have to ask others.
const CONTAINER: Duration = Duration::from_secs(5);

/// The longest name of a role, and more than any token.
const MAX_WORD: usize = 4096;

/// A file with a token.
const MAX_TOKEN_FILE: usize = 64 * 1024;

/// The keys of this machine's role.
pub(super) async fn of_machine(asking: &Asking, machine: &InstanceMetadata) -> Result<Keys, Failure> {
    let base = machine.endpoint.as_deref().unwrap_or(METADATA).trim_end_matches('/');
    let request = |method, uri, header| Request { method, uri, header: Some(header), limit: MACHINE };
    // Only with a token, which is what keeps others from having requests made: version 2 of the service.
    let life = ("x-aws-ec2-metadata-token-ttl-seconds", SecretString::from("60"));
    let uri = format!("{base}/latest/api/token");
    let token = word(&good(send(asking, request("PUT", &uri, life)).await?)?)?;
    let header = || ("x-aws-ec2-metadata-token", SecretString::from(token.clone()));
    let uri = format!("{base}{ROLES}");
    let answer = send(asking, request("GET", &uri, header())).await?;
    if answer.status == 404 {
        return Err(Failure::Source("this machine has no role".to_owned()));
    }
    let role = word(&good(answer)?)?;
    let uri = format!("{base}{ROLES}{role}");
    read(&good(send(asking, request("GET", &uri, header())).await?)?)
}

/// The keys of the caller's container.
pub(super) async fn of_container(asking: &Asking, container: &Container) -> Result<Keys, Failure> {
    let token = match &container.token_file {
        Some(path) => {
            let text = regular::read(Path::new(path), MAX_TOKEN_FILE).map_err(|error| {
                Failure::Source(format!("{path} cannot be read: {}", regular::reason(&error)))
            })?;
            let text =
                str::from_utf8(&text).map_err(|_| Failure::Source(format!("{path} holds no token")))?;
            Some(text.trim_end().to_owned())
        }
        None => container.token.clone(),
    };
    let header = token.map(|token| ("authorization", SecretString::from(token)));
    let request = Request { method: "GET", uri: &container.uri, header, limit: CONTAINER };
    read(&good(send(asking, request).await?)?)
}

/// An answer that is no error. What others say is not quoted: it is not known who they are.
fn good(answer: Answer) -> Result<Answer, Failure> {
    match answer.status {
        200 => Ok(answer),
        429 | 500.. => Err(Failure::NoAnswer(format!("it answers with status {}", answer.status))),
        status => Err(Failure::Source(format!("it answers with status {status}"))),
    }
}

fn word(answer: &Answer) -> Result<String, Failure> {
    let text = str::from_utf8(&answer.body).unwrap_or_default().lines().next().unwrap_or_default().trim();
    let is_word = (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_word { Ok(text.to_owned()) } else { Err(unusable("nothing that can be used")) }
}

/// Both say it in the same words.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    code: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<SecretString>,
    token: Option<SecretString>,
    expiration: Option<String>,
    account_id: Option<String>,
}

fn read(answer: &Answer) -> Result<Keys, Failure> {
    let said: Said = serde_json::from_slice(&answer.body).map_err(|_quotes_it| unusable("no keys in it"))?;
    if said.code.is_some_and(|code| code != "Success") {
        return Err(Failure::Source("it says that there are none now".to_owned()));
    }
    let expiration = said.expiration.as_deref().and_then(moment);
    Ok(Keys {
        access_key_id: said.access_key_id.ok_or_else(|| unusable("no access key id"))?,
        secret_access_key: said.secret_access_key.ok_or_else(|| unusable("no secret"))?,
        session_token: Some(said.token.ok_or_else(|| unusable("no session token"))?),
        expiration: Some(expiration.ok_or_else(|| unusable("no usable expiration"))?),
        account_id: said.account_id,
    })
}
