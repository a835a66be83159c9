//! Tells whether the person is there: the screen gets locked and unlocked, nobody touches anything, the machine wakes up.
//!
//! [`PresenceWatch`] listens where the desktop says such things of its own accord; it never polls, starts no service and
//! changes nothing. What the news mean, the core decides. Nobody may need to know: then it rests, is on no bus, and the
//! daemon is not woken. A bus or a service that is absent, hangs or dies is no error: nothing is known then.
//!
//! On Linux and the BSDs the login manager and the screen savers tell; on macOS a listener in its scripting language, as
//! far as that goes. On Windows nothing is known: `WTSRegisterSessionNotification` and `PBT_APMRESUMEAUTOMATIC`, which
//! would tell, need unsafe code.

mod ear;
#[cfg(all(unix, not(target_os = "macos")))]
mod freedesktop;
// Its tests need no Mac.
#[cfg(any(test, target_os = "macos"))]
mod macos;
mod signs;

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests;

use awsd_core::event::LockedBy;
use tokio::time::Instant;

use ear::Ear;
#[cfg(all(unix, not(target_os = "macos")))]
use freedesktop as sources;
#[cfg(target_os = "macos")]
use macos as sources;
#[cfg(windows)]
use nowhere as sources;
use signs::{Reported, Sign, Signs, Source};

use crate::display::Display;

/// What became known of the person, or of the machine. Each change is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PresenceNews {
    /// The screen counts as locked, by this word.
    Locked(LockedBy),
    /// It does not.
    Unlocked,
    /// Nobody has touched anything for a while.
    Idle,
    /// Somebody is there again.
    Active,
    /// The machine has slept and is awake again.
    Resumed,
}

/// The watch over one person's session. Owned by the app; everything takes place in tasks.
#[derive(Debug)]
pub(crate) struct PresenceWatch {
    /// The system's bus, where the environment names another than the usual one.
    system_bus: Option<String>,
    place: Option<Place>,
    login: Ear,
    savers: Ear,
    signs: Signs,
    reported: Reported,
}

/// What tells one person's session from another's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    session: Option<String>,
    session_bus: Option<String>,
}

impl PresenceWatch {
    /// Nothing is connected before the first [`Self::follow`].
    pub(crate) fn new() -> Self {
        Self::on(std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok())
    }

    fn on(system_bus: Option<String>) -> Self {
        Self {
            system_bus,
            place: None,
            login: Ear::new(Source::LoginManager),
            savers: Ear::new(Source::ScreenSavers),
            signs: Signs::default(),
            reported: Reported::default(),
        }
    }

    /// Follows this person's session from now on; where the display names no session bus, the one of the daemon's own
    /// environment. What differs from what was told before is told first. Following the same session again only tries
    /// again what could not be reached, or has ended. Needs a running runtime.
    ///
    /// Says whether somebody is listened to from now on who has not been heard yet: then whether the screen is locked is
    /// told as soon as that is known, whatever it was before.
    #[must_use]
    pub(crate) fn follow(&mut self, display: &Display) -> bool {
        let session = display.session().map(str::to_owned);
        let session_bus = display.bus().or_else(|| Display::own().bus());
        let place = Place { session, session_bus };
        if self.place.as_ref() != Some(&place) {
            self.rest();
        }
        let unheard = !self.login.is_open() || !self.savers.is_open();
        if unheard {
            self.reported.begin_anew();
        }
        if !self.login.is_open() {
            self.signs.forget(Source::LoginManager);
            let (bus, session) = (self.system_bus.clone(), place.session.clone());
            self.login.open(|tell| sources::login(bus, session, tell));
        }
        if !self.savers.is_open() {
            self.signs.forget(Source::ScreenSavers);
            let bus = place.session_bus.clone();
            self.savers.open(|tell| sources::savers(bus, tell));
        }
        self.place = Some(place);
        unheard
    }

    /// Follows nobody: all connections are closed, and nothing is told.
    pub(crate) fn rest(&mut self) {
        self.login.close();
        self.savers.close();
        self.signs = Signs::default();
        self.place = None;
    }

    /// Waits for news; for ever while it rests. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> PresenceNews {
        loop {
            self.signs.tidy(Instant::now());
            if let Some(news) = self.reported.news(&self.signs) {
                return news;
            }
            let sign = tokio::select! {
                sign = self.login.next() => sign,
                sign = self.savers.next() => sign,
                () = pass(self.signs.next_wake()) => continue,
            };
            if sign == Sign::Resumed {
                return PresenceNews::Resumed;
            }
            self.signs.take(Instant::now(), sign);
        }
    }
}

/// Waits for that moment; without one, for ever.
async fn pass(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

#[cfg(windows)]
mod nowhere {
    use std::future::{Ready, ready};

    use super::ear::Tell;

    /// Says that nothing can be known on this system.
    pub(super) fn login(_bus: Option<String>, _session: Option<String>, _tell: Tell) -> Ready<String> {
        ready("awsd does not know this system's way to tell".to_owned())
    }

    /// Says that nothing can be known on this system.
    pub(super) fn savers(_bus: Option<String>, _tell: Tell) -> Ready<String> {
        ready("awsd does not know this system's way to tell".to_owned())
    }
}
