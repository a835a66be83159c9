//! One place that is watched: a session of the login manager's and a session bus.

use tokio::time::Instant;

use super::ear::Ear;
use super::signs::{Reported, Sign, Signs, Source};
use super::{PresenceNews, sources};
use crate::display::Display;

/// What tells one place from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    session: Option<String>,
    bus: Option<String>,
}

/// The watch over one of them. Dropping it closes its connections.
#[derive(Debug)]
pub(super) struct Watch {
    place: Place,
    login: Ear,
    savers: Ear,
    signs: Signs,
    reported: Reported,
}

impl Place {
    /// Where the display names no session bus, it is the one of the daemon's own environment.
    fn of(display: &Display) -> Self {
        let bus = display.bus().or_else(|| Display::own().bus());
        Self { session: display.session().map(str::to_owned), bus }
    }
}

impl Watch {
    /// Nothing is listened to before the first [`Self::follow`].
    pub(super) fn of(display: &Display) -> Self {
        Self {
            place: Place::of(display),
            login: Ear::new(Source::LoginManager),
            savers: Ear::new(Source::ScreenSavers),
            signs: Signs::default(),
            reported: Reported::default(),
        }
    }

    /// See [`super::PresenceWatch::follow`].
    pub(super) fn follow(&mut self, system_bus: Option<&String>, display: &Display) -> bool {
        let place = Place::of(display);
        if self.place != place {
            self.login.close();
            self.savers.close();
            self.signs = Signs::default();
            self.place = place;
        }
        let unheard = !self.login.is_open() || !self.savers.is_open();
        if unheard {
            self.reported.begin_anew();
        }
        if !self.login.is_open() {
            self.signs.forget(Source::LoginManager);
            let (bus, session) = (system_bus.cloned(), self.place.session.clone());
            self.login.open(|tell| sources::login(bus, session, tell));
        }
        if !self.savers.is_open() {
            self.signs.forget(Source::ScreenSavers);
            let bus = self.place.bus.clone();
            self.savers.open(|tell| sources::savers(bus, tell));
        }
        unheard
    }

    /// Whether its login manager would tell that the machine is awake again.
    pub(super) fn hears_of_sleep(&self) -> bool {
        self.login.is_open() && self.signs.has_heard_login()
    }

    /// Waits for news. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> PresenceNews {
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

/// Waits until that moment; without one, for ever.
async fn pass(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
