//! `awsd list`: the profiles.

use awsd_proto::{Event, Finding, Request};

use super::{Outcome, done, finish, print_json};
use crate::cli::Listing;
use crate::context;
use crate::converse;
use crate::output;
use crate::render::{listing, text::safe};

pub(super) fn run(options: &Listing) -> Outcome {
    let mut profiles = Vec::new();
    let request = Request::List { profile: None, context: Box::new(context::of_this_process()?) };
    let mut files = Vec::new();
    finish(converse::ask(&request, None, |event| match event {
        Event::Profile(profile) => profiles.push(*profile),
        Event::Finding(finding) => files.push(finding),
        _ => {}
    })?)?;
    for Finding { severity, file, sentence, fix, .. } in &files {
        let (severity, file) = (listing::severity(*severity), file.as_deref().unwrap_or_default());
        output::complain(&format_args!("{severity}: {}: {} {}", safe(file), safe(sentence), safe(fix)));
    }
    done(if options.json {
        print_json(&profiles)
    } else {
        output::print(listing::profiles(&profiles).as_bytes())
    })
}
