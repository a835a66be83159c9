//! `awsd logout`: sessions forgotten.

use awsd_proto::Request;

use super::{Outcome, done, finish};
use crate::cli::Logout;
use crate::context;
use crate::converse;

pub(super) fn run(options: Logout) -> Outcome {
    let context = Box::new(context::of_this_process()?);
    // No profiles means all sessions; the command line makes sure that this was said with --all.
    let request = Request::Logout { profiles: options.profiles, context };
    match converse::ask_if_running(&request, drop)? {
        Some(reply) => done(finish(reply)),
        // Sessions live in the daemon's memory only.
        None => done(Ok(())),
    }
}
