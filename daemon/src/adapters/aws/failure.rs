//! What a failed call means for the core: was it sent, was it answered, what was said.
//!
//! A code counts as spent once AWS may have seen it, so whatever is not known to have stayed here is [`Failure::NoAnswer`].

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use awsd_core::event::Failure;

/// Judges an SDK error; `tried` says whether the SDK had come to the point of sending.
pub(super) fn judge<E>(error: &SdkError<E, HttpResponse>, tried: bool) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        _ if !tried => Failure::NotSent(cause(error)),
        SdkError::ConstructionFailure(_) => Failure::NotSent(cause(error)),
        SdkError::DispatchFailure(dispatch) if stayed_here(dispatch) => Failure::NotSent(cause(error)),
        SdkError::DispatchFailure(_) => Failure::NoAnswer(cause(error)),
        SdkError::TimeoutError(_) => Failure::NoAnswer("AWS did not answer in time".to_owned()),
        SdkError::ServiceError(refused) => {
            let (status, error) = (refused.raw().status(), refused.err());
            // A success that cannot be read is no refusal.
            if status.is_success() {
                return Failure::NoAnswer("AWS's answer cannot be read".to_owned());
            }
            Failure::Refused {
                status: status.as_u16(),
                code: error.code().unwrap_or_default().to_owned(),
                message: error.message().unwrap_or_default().to_owned(),
            }
        }
        // The response error quotes the answer, which may hold what was asked for.
        _ => Failure::NoAnswer("AWS's answer cannot be read".to_owned()),
    }
}

/// Whether no connection was made, or nothing could be written to it.
fn stayed_here(dispatch: &DispatchFailure) -> bool {
    dispatch.is_user() || dispatch.as_connector_error().is_some_and(not_connected)
}

pub(super) fn not_connected(error: &ConnectorError) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect)
}

/// The innermost error says what happened; those around it say that something did.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
