//! Requests to sign in to the web console: credentials as for anybody else, which are not handed out but shown to AWS.

use std::sync::Arc;

use awsd_core::console::{ConsoleSignIn, NoConsole};
use awsd_core::event::{Event, Failure, RequestId};
use awsd_proto::{Console, Error, ErrorCode};

use super::{Action, credentials};
use crate::world::{ConsoleAccess, World};

/// The credentials, and what they are for. Whoever cannot sign in is not asked for a code first.
pub(super) fn ask<W: World>(world: &mut W, id: RequestId, request: Console) -> Result<Action, Error> {
    let Console { credentials, destination } = request;
    let mut action = credentials::ask(world, id, credentials)?;
    if let Action::Tell { event, console, .. } = &mut action
        && let Event::Requested(_, request) = &**event
    {
        let planned =
            ConsoleSignIn::plan(&request.chain, destination.as_deref()).map_err(|why| refused(&why))?;
        *console =
            Some(Box::new(ConsoleAccess { console: planned, service: Arc::clone(&request.chain.service) }));
    }
    Ok(action)
}

fn refused(why: &NoConsole) -> Error {
    Error { error: ErrorCode::NoSignIn, sentence: why.to_string(), hint: Some(why.hint()) }
}

/// Why AWS has signed nobody in. What it said instead is not repeated: it may be a page, and of any length.
pub(crate) fn failed(failure: &Failure) -> Error {
    let (error, sentence, hint) = match failure {
        Failure::NotSent(why) => (
            ErrorCode::AwsUnavailable,
            format!("AWS's sign-in endpoint could not be asked: {why}"),
            "look at the network, and at HTTPS_PROXY and AWS_CA_BUNDLE",
        ),
        Failure::NoAnswer(why) | Failure::SignIn(why) | Failure::Source(why) => {
            (ErrorCode::AwsUnavailable, format!("AWS's sign-in endpoint gave no token: {why}"), "try again")
        }
        Failure::Refused { status: 500.., .. } => (
            ErrorCode::AwsUnavailable,
            format!("AWS's sign-in endpoint is out of order{}", code(failure)),
            "try again",
        ),
        Failure::Refused { .. } => (
            ErrorCode::AwsRefused,
            format!("AWS does not sign these credentials in{}", code(failure)),
            "they may be no role's, or the role may be gone; awsd logout forgets them",
        ),
    };
    Error { error, sentence, hint: Some(hint.to_owned()) }
}

fn code(failure: &Failure) -> String {
    match failure {
        Failure::Refused { status, .. } => format!(" (HTTP {status})"),
        _ => String::new(),
    }
}
