//! `awsd list`: the profiles.

use awsd_proto::{Event, Request};

use super::{Outcome, done, finish, print_json};
use crate::cli::Listing;
use crate::context;
use crate::converse;
use crate::output;
use crate::render::listing;

pub(super) fn run(options: &Listing) -> Outcome {
    let mut profiles = Vec::new();
    let request = Request::List { context: Box::new(context::of_this_process()?) };
    finish(converse::ask(&request, None, |event| {
        if let Event::Profile(profile) = event {
            profiles.push(*profile);
        }
    })?)?;
    done(if options.json {
        print_json(&profiles)
    } else {
        output::print(listing::profiles(&profiles).as_bytes())
    })
}
