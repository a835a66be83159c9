//! The core's words, as they are shown; and what a person says, in the core's words.

use std::time::Duration;

use awsd_core::effect::{Offer, Question};
use awsd_core::event::{self, Event, OfferAnswer, ProgramNews, Surface};
use jiff::ZonedDateTime;

use super::{Card, Choice, Display, Kind, Said, Tools, text};

/// The longest name of a profile, in characters: what else is on its line must be seen too.
const NAME: usize = 48;

/// A question for a code.
pub(crate) fn question(asked: Question, own: &Display, tools: Tools) -> Card {
    let Question {
        id,
        device,
        user,
        profile,
        caller,
        waiting,
        waited,
        newest,
        reason,
        verifying,
        attempts,
        wanted,
        display,
        ..
    } = asked;
    let profile = text::line(&profile, NAME);
    let mut lines = vec![match &caller.command {
        _ if wanted => format!("To renew the session of {profile}"),
        Some(command) => format!("{profile}: {command}"),
        None => format!("Profile {profile}"),
    }];
    if let Some(pid) = caller.pid {
        let others = match waiting.saturating_sub(1) {
            0 => String::new(),
            1 => " and one more".to_owned(),
            more => format!(" and {more} more"),
        };
        lines.push(format!("Waiting since {} (process {pid}{others})", clock_time(waited)));
    }
    lines.push(format!("Device {device}"));
    Card {
        question: id,
        kind: Kind::Code { straight_to_dialog: wanted },
        title: format!("AWS MFA code for {user}"),
        lines,
        reason: reason.map(|reason| sentence(&reason)),
        attempts,
        newest,
        verifying,
        display: chosen(&display, own),
        tools,
    }
}

/// An offer to renew a session.
pub(crate) fn offer(offer: &Offer, own: &Display, tools: Tools) -> Card {
    let profiles: Vec<_> = offer.profiles.iter().map(|profile| text::line(profile, NAME)).collect();
    let minutes = offer.remaining.as_secs().div_ceil(60);
    Card {
        question: offer.id,
        kind: Kind::Offer { pause: offer.pause },
        title: format!("AWS session of {} ends in {minutes} min", offer.user),
        lines: vec![
            format!("In use by {}", profiles.join(", ")),
            "One MFA code renews it, and nothing stops".to_owned(),
        ],
        reason: None,
        attempts: 0,
        newest: None,
        verifying: false,
        display: chosen(&offer.display, own),
        tools,
    }
}

/// What was said.
pub(crate) fn event(said: Said) -> Event {
    match said {
        Said::Code { question, code } => Event::Typed { at: Surface::Desktop, question, code },
        Said::ProgramCode { question, code } => Event::Program(question, ProgramNews::Code(code)),
        Said::ProgramSlow { question } => Event::Program(question, ProgramNews::Slow),
        Said::ProgramFailed { question, why } => Event::Program(question, ProgramNews::Failed(why)),
        Said::NotNow(question) => Event::Dismissed(question),
        Said::PutAside(question) => Event::PutAside(question),
        Said::Offer { question, choice } => Event::Offered(question, answer(choice)),
        Said::Unreachable { question, .. } => Event::Unreachable(question),
    }
}

fn answer(choice: Choice) -> OfferAnswer {
    match choice {
        Choice::Renew => OfferAnswer::Renew,
        Choice::Later => OfferAnswer::Later,
        Choice::NotToday => OfferAnswer::NotToday,
    }
}

/// The caller's desktop, else the one that the daemon was started in.
pub(crate) fn chosen(display: &event::Display, own: &Display) -> Display {
    if display.desktop.is_some() { display.into() } else { own.clone() }
}

/// The time of day so long ago, as this machine's people read it.
fn clock_time(ago: Duration) -> String {
    ZonedDateTime::now().saturating_sub(ago).strftime("%H:%M").to_string()
}

/// What is wrong stands alone there, so it is a sentence.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
