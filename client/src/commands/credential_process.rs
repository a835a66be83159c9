//! `awsd credential-process`: credentials for the SDKs, which call it from `~/.aws/config`.

use awsd_proto::{Narrowing, Purpose};

use super::{Outcome, Wanted, credentials, done, unwritable};
use crate::cli::{CredentialProcess, Wish};
use crate::output;
use crate::render::credentials::process_json;

pub(super) fn run(options: CredentialProcess) -> Outcome {
    let CredentialProcess { profile, duration, asking } = options;
    let credentials = credentials(Wanted {
        command: format!("awsd credential-process {profile}"),
        profile,
        purpose: Purpose::Repeated,
        session: Wish { duration, ..Wish::default() },
        narrowing: Narrowing::default(),
        asking,
    })?;
    let json = process_json(&credentials).map_err(|error| unwritable(&error))?;
    done(output::print(&json))
}
