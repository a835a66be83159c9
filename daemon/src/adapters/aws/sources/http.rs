//! A plain GET or PUT to what is around this machine.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use awsd_core::event::Failure;
use http_body_util::{BodyExt as _, Limited};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::super::connector::Way;
use super::Asking;

/// Ten times what keys take.
const MAX_ANSWER: usize = 64 * 1024;

/// A request.
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) uri: &'a str,
    pub(super) header: Option<(&'static str, SecretString)>,
    /// How long the answer may take.
    pub(super) limit: Duration,
}

/// An answer: its status and what it says.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// Sends it. What is around this machine is reached without a proxy.
pub(super) async fn send(asking: &Asking, request: Request<'_>) -> Result<Answer, Failure> {
    let host = request.uri.split('/').nth(2).unwrap_or_default().to_owned();
    let failed = |why: &str| format!("{host}: {why}");
    match timeout(request.limit, exchange(asking, request)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Failure::NotSent(why))) => Err(Failure::NotSent(failed(&why))),
        Ok(Err(Failure::NoAnswer(why))) => Err(Failure::NoAnswer(failed(&why))),
        Ok(Err(failure)) => Err(failure),
        Err(_) => Err(Failure::NoAnswer(failed("nobody answers in time"))),
    }
}

async fn exchange(asking: &Asking, request: Request<'_>) -> Result<Answer, Failure> {
    let unfit = || Failure::Source("its address cannot be used".to_owned());
    let mut message = HttpRequest::new(SdkBody::empty());
    message.set_method(request.method).map_err(|_| unfit())?;
    message.set_uri(request.uri.to_owned()).map_err(|_| unfit())?;
    message.headers_mut().insert("accept", "application/json");
    if let Some((name, value)) = &request.header {
        let value = value.expose_secret().to_owned();
        message.headers_mut().try_insert(*name, value).map_err(|_quotes_it| {
            Failure::Source("its token holds characters that cannot be sent".to_owned())
        })?;
    }
    let way = Way::nearby(&asking.service, request.uri);
    let answer = asking.connectors.get(&way)?.call(message).await;
    let answer = answer.map_err(|error| Failure::NotSent(cause(&error)))?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
    let body = body.map_err(|_cut| Failure::NoAnswer("the answer cannot be read".to_owned()))?;
    Ok(Answer { status, body: Zeroizing::new(body.to_bytes().to_vec()) })
}

fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
