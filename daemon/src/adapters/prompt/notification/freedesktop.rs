//! A question on the D-Bus notification service, from the first look at the bus until it is withdrawn.
//!
//! The connection is made for one question and ends with it, so an idle daemon is on no bus. A server that hangs is waited
//! for, but not in silence: after [`PATIENCE`] it counts as absent, and what it does show in the end is still ours to
//! answer and to close. As long as something is on the screen it is looked at every few seconds whether its server lives.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use zbus::message::Sequence;

use super::super::Kind;
use super::super::text::{self, LINE};
use super::bus::{Bus, Posted, Signal, What};
use super::pulse::{Beat, Pulse};
use super::showings::Showings;
use super::wording::{self, Features, Notification};
use super::{Change, Heard, View};

/// How long connecting, showing or any other answer may take before the server counts as absent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Callers come in crowds, and are counted on the notification no more often than this. It is also how long an answer may
/// come after the end of the notification that it was given in.
const MOMENT: Duration = Duration::from_secs(1);

/// The specification's number for "closed by the person".
const DISMISSED: u32 = 2;

/// Shows the views until they end, which means that the question is withdrawn.
pub(in super::super) async fn run(mut views: watch::Receiver<View>, tell: mpsc::Sender<Heard>) {
    let view = views.borrow_and_update().clone();
    let Some(address) = view.card.display.bus() else {
        return say(&tell, Heard::Silent("the caller has no session bus".to_owned())).await;
    };
    match patiently(&tell, Bus::connect(&address)).await {
        Ok(bus) => {
            let (pulse, due) = (Pulse::new(), None);
            let (features, posted, place) = (None, None, Place::Absent);
            let showings = Showings::default();
            Notice { bus, pulse, showings, features, posted, place, due, view, tell }.live(views).await;
        }
        Err(error) => say(&tell, Heard::Silent(sentence("the session bus cannot be reached", &error))).await,
    }
}

/// A notification, or the wish for one.
struct Notice {
    bus: Bus,
    pulse: Pulse,
    showings: Showings,
    /// What the present server can do, once it was asked.
    features: Option<Features>,
    /// As it was last shown. Kept when it is closed: some servers close first and tell the answer afterwards.
    posted: Option<Posted>,
    place: Place,
    /// When the details are brought up to date, or that the notification was closed counts.
    due: Option<Instant>,
    view: View,
    tell: mpsc::Sender<Heard>,
}

/// Where the notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// There is no server that shows it.
    Absent,
    /// On the screen, as far as is known.
    Shown,
    /// Clicked: most servers take it off the screen then. Wanted back if nothing comes of the click.
    Used,
    /// Clicked, and taken off the screen by the server.
    Gone,
    /// Taken off the screen with nobody having done anything. Some servers tell the answer only after that; where none
    /// comes, the server is one that cannot keep a question.
    Lost,
    /// Taken off the screen by the person. That is no answer, so the question stays open; but this notification has been
    /// seen, and only something new, or for somebody new, is shown again.
    Dismissed,
}

impl Notice {
    async fn live(mut self, mut views: watch::Receiver<View>) {
        self.show().await;
        loop {
            tokio::select! {
                changed = views.changed() => match changed {
                    Ok(()) => {
                        let view = views.borrow_and_update().clone();
                        self.update(view).await;
                    }
                    Err(_withdrawn) => break,
                },
                () = moment(self.due) => self.moment_has_come().await,
                signal = self.bus.next() => match signal {
                    Some(signal) => self.signal(signal).await,
                    None => return say(&self.tell, Heard::Silent("the session bus is gone".to_owned())).await,
                },
                beat = self.pulse.next(), if matches!(self.place, Place::Shown | Place::Lost) => {
                    self.beat(beat).await;
                }
            }
        }
        if let (Some(posted), Place::Shown | Place::Used) = (&self.posted, self.place) {
            // A bus that fails now has taken the notification with it.
            let _gone = self.bus.close(posted.id).await;
        }
    }

    async fn update(&mut self, view: View) {
        let change = self.view.until(&view);
        let is_wanted_back = view.is_wanted_back(&self.view);
        self.view = view;
        if change == Change::Detail && self.place == Place::Shown {
            self.due.get_or_insert_with(|| Instant::now() + MOMENT);
        }
        let wanted = match self.place {
            Place::Shown => change == Change::News,
            // That a code is being checked, or that fewer wait, is worth a change, but no new notification.
            Place::Absent | Place::Used | Place::Gone | Place::Lost | Place::Dismissed => {
                is_wanted_back && !self.view.card.verifying
            }
        };
        if wanted {
            self.show().await;
        }
    }

    async fn moment_has_come(&mut self) {
        self.due = None;
        match self.place {
            Place::Shown => self.show().await,
            Place::Dismissed => say(&self.tell, Heard::PutAside).await,
            Place::Absent | Place::Used | Place::Gone | Place::Lost => {}
        }
    }

    async fn beat(&mut self, beat: Beat) {
        match (beat, self.place) {
            (Beat::Due, Place::Lost) => {
                self.place = Place::Gone;
                let why = "the notification server has taken the notification off the screen";
                say(&self.tell, Heard::Silent(why.to_owned())).await;
            }
            (Beat::Due, _) => self.pulse.ask(self.bus.call_out(), PATIENCE),
            (Beat::Missed, _) => say(&self.tell, hangs()).await,
            (Beat::Back, Place::Shown) => self.shown().await,
            (Beat::Back, _) => {}
        }
    }

    async fn show(&mut self) {
        self.due = None;
        let tell = self.tell.clone();
        if self.place != Place::Shown && !self.showings.one_more() {
            return say(
                &tell,
                Heard::Silent("the notification server keeps nothing on the screen".to_owned()),
            )
            .await;
        }
        match patiently(&tell, self.post()).await {
            Ok(()) => self.shown().await,
            Err(error) => {
                (self.place, self.features) = (Place::Absent, None);
                say(&tell, Heard::Silent(sentence("no notification can be shown", &error))).await;
            }
        }
    }

    /// It is on the screen, which is enough where it can be answered.
    async fn shown(&mut self) {
        let Some(features) = &self.features else { return };
        // That somebody has to sign in is worth telling where there are no buttons, too.
        let is_message = matches!(self.view.card.kind, Kind::SignIn { .. });
        let heard = if features.can_answer() || is_message {
            Heard::Shown { server: features.server.clone(), has_field: features.inline_reply }
        } else {
            Heard::Silent("the notification server has no buttons".to_owned())
        };
        say(&self.tell, heard).await;
    }

    async fn post(&mut self) -> zbus::Result<()> {
        let features = match &self.features {
            Some(features) => features.clone(),
            None => self.bus.features().await?,
        };
        self.features = Some(features.clone());
        let replaces = match (&self.posted, self.place) {
            (Some(posted), Place::Shown) => Some(posted.id),
            // The server may be about to take it off the screen; KDE Plasma would then take away what came in its place.
            (Some(posted), Place::Used) => {
                self.bus.close(posted.id).await?;
                None
            }
            _ => None,
        };
        self.posted = Some(self.bus.notify(&Notification::new(&self.view, &features), replaces).await?);
        self.place = Place::Shown;
        Ok(())
    }

    async fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::Server(server) => self.server_changed(server).await,
            Signal::Happened(of, what) if self.posted.as_ref().is_some_and(|posted| posted.is_same(&of)) => {
                self.happened(what, of.at).await;
            }
            // Another program's notification, or somebody who has not shown it.
            Signal::Happened(..) => {}
        }
    }

    async fn happened(&mut self, what: What, at: Sequence) {
        match what {
            What::Invoked(action) => {
                if let Some(meaning) = wording::meaning(self.view.card.kind, &action) {
                    self.answer(meaning).await;
                }
            }
            What::Replied(text) => self.answer(Heard::Reply(text)).await,
            What::Closed(reason) if self.is_about_shown(at) => self.closed(reason),
            What::Closed(_) => {}
        }
    }

    /// What is gone cannot go once more, whatever is said.
    fn closed(&mut self, reason: u32) {
        self.place = match (self.place, reason) {
            (Place::Shown, DISMISSED) => Place::Dismissed,
            (Place::Shown, _) => Place::Lost,
            (Place::Used, _) => Place::Gone,
            (Place::Absent | Place::Gone | Place::Lost | Place::Dismissed, _) => return,
        };
        self.due = (self.place == Place::Dismissed).then(|| Instant::now() + MOMENT);
    }

    async fn answer(&mut self, meaning: Heard) {
        // Some servers take it off the screen first.
        self.place = match self.place {
            Place::Shown | Place::Used => Place::Used,
            Place::Absent | Place::Gone | Place::Lost | Place::Dismissed => Place::Gone,
        };
        say(&self.tell, meaning).await;
    }

    /// Whoever is about to take a notification off the screen may be asked meanwhile to show something in its place, with the
    /// same number: the one that went is the one before.
    fn is_about_shown(&self, at: Sequence) -> bool {
        self.posted.as_ref().is_some_and(|posted| at > posted.at)
    }

    async fn server_changed(&mut self, server: Option<String>) {
        if server.is_some() && self.posted.as_ref().is_some_and(|posted| posted.server == server) {
            // It was started by our own call.
            return;
        }
        (self.posted, self.features) = (None, None);
        let was_dismissed = self.place == Place::Dismissed;
        match server {
            _ if was_dismissed => {}
            Some(_) => {
                self.place = Place::Absent;
                self.show().await;
            }
            None => {
                self.place = Place::Absent;
                say(&self.tell, Heard::Silent("the notification server is gone".to_owned())).await;
            }
        }
    }
}

/// Never comes where none is set.
async fn moment(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Waits to the end, and says when that takes too long.
async fn patiently<T>(tell: &mpsc::Sender<Heard>, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    if let Ok(done) = timeout(PATIENCE, &mut call).await {
        return done;
    }
    say(tell, hangs()).await;
    call.await
}

fn hangs() -> Heard {
    Heard::Silent("the notification server does not answer".to_owned())
}

async fn say(tell: &mpsc::Sender<Heard>, heard: Heard) {
    // Nobody listens once the question is withdrawn.
    let _withdrawn = tell.send(heard).await;
}

/// What a bus or a server says comes from another program.
fn sentence(what: &str, error: &zbus::Error) -> String {
    format!("{what}: {}", text::line(&error.to_string(), LINE))
}
