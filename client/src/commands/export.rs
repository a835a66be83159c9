//! `awsd export`: credentials as text.

use awsd_proto::Purpose;

use super::{Outcome, Wanted, credentials, done, narrowing, unwritable};
use crate::child_env::Regions;
use crate::cli::Export;
use crate::context;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::credentials::{ExportError, export};

pub(super) fn run(options: Export) -> Outcome {
    let Export { profile, format, session, region, asking } = options;
    let narrowing = narrowing::of(&session.less)?;
    let credentials = credentials(Wanted {
        command: format!("awsd export {profile}"),
        profile: profile.clone(),
        purpose: Purpose::Snapshot,
        session,
        narrowing,
        asking,
    })?;
    let own = context::of_this_process()?.region;
    let regions = Regions { asked: region.as_deref(), own: own.as_deref() };
    let text = export(format, &profile, &credentials, regions).map_err(|error| match error {
        ExportError::Json(error) => unwritable(&error),
        ExportError::Unfit(unfit) => Failure::new(
            Exit::Failed,
            format!(
                "the value of {} cannot be written in this format: it has {}",
                unfit.variable, unfit.problem
            ),
            "choose another --format, or rename what the value comes from",
        ),
    })?;
    done(output::print(&text))
}
