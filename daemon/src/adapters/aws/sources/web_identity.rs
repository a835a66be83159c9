//! A role that trusts whoever gives out tokens: the token in a file is all that is needed.

use std::path::Path;

use awsd_core::event::{Failure, Granted};
use awsd_core::source::WebIdentity;

use super::super::{account_of, failure, session as granted, whole};
use super::{Asking, client};
use crate::regular;

/// AWS takes 20,000 characters.
const MAX_TOKEN: usize = 20_000;

/// Asks for a session.
pub(super) async fn session(asking: &Asking, identity: &WebIdentity) -> Result<Granted, Failure> {
    // The file is written anew whenever the token in it is about to end.
    let path = &identity.token_file;
    let token = regular::read(Path::new(path), MAX_TOKEN)
        .map_err(|error| Failure::Source(format!("{path} cannot be read: {}", regular::reason(&error))))?;
    let token = str::from_utf8(&token).map_err(|_| Failure::Source(format!("{path} holds no token")))?;
    let duration = identity.duration_seconds.and_then(|seconds| i32::try_from(seconds).ok());
    let answer = client::sts(asking)?
        .assume_role_with_web_identity()
        .role_arn(&identity.role_arn)
        .role_session_name(&identity.session_name)
        .set_duration_seconds(duration)
        .web_identity_token(token.trim())
        .send()
        .await
        .map_err(|error| failure::judge(&error, asking.observer.tried()))?;
    let account = answer.assumed_role_user.as_ref().and_then(|user| account_of(&user.arn));
    whole(granted(answer.credentials, account), &asking.observer)
}
