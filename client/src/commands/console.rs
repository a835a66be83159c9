//! `awsd console`: the web console, signed in.

use awsd_proto::{Console as ConsoleRequest, Purpose, Reply, Request, Secret};

use super::{Outcome, Wanted, done, narrowing, pick, tell, unexpected};
use crate::browser::{self, NoBrowser};
use crate::cli::Console;
use crate::converse;
use crate::failure::{Exit, Failure};
use crate::output;

pub(super) fn run(options: Console) -> Outcome {
    let Console { profile, destination, print, session, asking } = options;
    let narrowing = narrowing::of(&session.less)?;
    let profile = pick::profile(profile, asking.no_prompt)?;
    // Before anybody is asked for a code.
    let browser = if print { None } else { Some(browser::find().map_err(|why| not_opened(&why, &profile))?) };
    let wanted = Wanted {
        command: format!("awsd console {profile}"),
        profile: profile.clone(),
        // The console keeps its copy.
        purpose: Purpose::Snapshot,
        session,
        narrowing,
        asking,
    };
    let (credentials, asker) = wanted.request()?;
    let request = Request::Console(Box::new(ConsoleRequest { credentials, destination }));
    let Reply::Console(signed_in) = converse::ask(&request, asker, drop)? else { return Err(unexpected()) };
    tell(&signed_in.notices);
    match browser {
        Some(browser) => {
            browser.open(signed_in.url.expose()).map_err(|why| not_opened(&why, &profile))?;
            done(Ok(()))
        }
        None => done(output::print(line(&signed_in.url).expose().as_bytes())),
    }
}

fn line(url: &Secret) -> Secret {
    Secret::new(format!("{}\n", url.expose()))
}

fn not_opened(why: &NoBrowser, profile: &str) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("the console cannot be opened: {why}"),
        format!("for a browser elsewhere: awsd console {profile} --print"),
    )
}
