//! The core's words, as they are shown; and what a person says, in the core's words.

use std::time::Duration;

use awsd_core::effect::{Offer, Question, SignInOffer, SignInProgress};
use awsd_core::event::{self, Event, OfferAnswer, ProgramNews, Surface};
use jiff::ZonedDateTime;

use super::{Card, Choice, Display, Kind, Said, Stage, Tools, text};

/// The longest name of a profile, in characters: what else is on its line must be seen too.
const NAME: usize = 48;

/// The longest command line, in characters.
const COMMAND: usize = 80;

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
        at_terminals,
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
        at_terminals,
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
        at_terminals: false,
        verifying: false,
        display: chosen(&offer.display, own),
        tools,
    }
}

/// An offer to sign in again, or how far that is.
pub(crate) fn sign_in(offer: SignInOffer, own: &Display, tools: Tools) -> Card {
    let SignInOffer { id, source, profiles, remaining, refused, command, progress, runs, pause, display } =
        offer;
    let source = text::line(&source, NAME);
    let command = command.map(|words| command_line(&words));
    let stage = match (&command, &progress) {
        (_, SignInProgress::Runs) => Stage::Runs,
        (None, _) => Stage::ByHand,
        (Some(_), _) => Stage::Offered,
    };
    let names = profiles.iter().map(|profile| text::line(profile, NAME)).collect::<Vec<_>>().join(", ");
    let user = refused.map_or_else(
        || format!("In use by {names}"),
        |(profile, caller)| {
            let who = caller.command.as_deref().unwrap_or("A program");
            format!("{} needs new keys for {}", text::line(who, NAME), text::line(&profile, NAME))
        },
    );
    let how = match (&command, stage) {
        (Some(command), Stage::Runs) => format!("{command} is running; it may have opened your browser"),
        (Some(command), _) => format!("To sign in again: {command}"),
        (None, _) => "Sign in again with the tool that writes its keys".to_owned(),
    };
    let reason = match progress {
        SignInProgress::Failed(why) => Some(sentence(&why)),
        SignInProgress::Offered | SignInProgress::Runs => None,
    };
    let minutes = remaining.as_secs().div_ceil(60);
    Card {
        question: id,
        kind: Kind::SignIn { stage, pause },
        title: match (stage, minutes) {
            (Stage::Runs, _) => format!("Signing in to AWS for {source}…"),
            (_, 0) => format!("AWS sign-in for {source} is over"),
            (_, minutes) => format!("AWS sign-in for {source} ends in {minutes} min"),
        },
        lines: vec![user, how],
        reason,
        // Each run is news, and so is its end.
        attempts: 2 * runs - u32::from(stage == Stage::Runs),
        newest: None,
        at_terminals: false,
        verifying: false,
        display: chosen(&display, own),
        tools,
    }
}

/// As the person would type it, or the beginning of that.
fn command_line(words: &[String]) -> String {
    text::line(&shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default(), COMMAND)
}

/// What was said.
pub(crate) fn event(said: Said) -> Event {
    match said {
        Said::Code { question, code } => Event::Typed { at: Surface::Desktop, question, code },
        Said::ProgramCode { question, code } => Event::Program(question, ProgramNews::Code(code)),
        Said::ProgramSlow { question } => Event::Program(question, ProgramNews::Slow),
        Said::ProgramFailed { question, why } => Event::Program(question, ProgramNews::Failed(why)),
        Said::SignedIn { question, result } => Event::SignedIn(question, result),
        Said::Shown(question, is_shown) => Event::Shown(question, is_shown),
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
