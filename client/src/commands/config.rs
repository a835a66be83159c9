//! `awsd config`: the settings.

use awsd_proto::{Event, Request};

use super::{Outcome, done, finish, print_json};
use crate::cli::Listing;
use crate::converse;
use crate::output;
use crate::render::listing;

pub(super) fn run(options: &Listing) -> Outcome {
    let mut settings = Vec::new();
    finish(converse::ask(&Request::Config, None, |event| {
        if let Event::Setting(setting) = event {
            settings.push(setting);
        }
    })?)?;
    done(if options.json {
        print_json(&settings)
    } else {
        output::print(listing::settings(&settings).as_bytes())
    })
}
