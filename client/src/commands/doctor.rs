//! `awsd doctor`: what is wrong with the AWS files.

use awsd_proto::{Event, Request, Severity};

use super::{Outcome, finish, print_json};
use crate::cli::Listing;
use crate::context;
use crate::converse;
use crate::failure::Exit;
use crate::output;
use crate::render::listing;

pub(super) fn run(options: &Listing) -> Outcome {
    let mut findings = Vec::new();
    let request = Request::Doctor { context: Box::new(context::of_this_process()?) };
    finish(converse::ask(&request, None, |event| {
        if let Event::Finding(finding) = event {
            findings.push(finding);
        }
    })?)?;
    if options.json {
        print_json(&findings)?;
    } else {
        output::print(listing::findings(&findings).as_bytes())?;
    }
    let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if broken { Exit::Failed } else { Exit::Done })
}
