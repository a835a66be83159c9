//! The seats in front of the desktops: who watches which of them, what is said there, and that it counts nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use awsd_core::event::{self, Event, LockedBy, Presence, QuestionId};
use awsd_core::time::Boot;

use crate::world::World;

/// One of several desktops; none is the daemon's own.
pub(crate) type Place = Option<event::Desktop>;

/// The longest that a desktop waits to learn whether its screen is locked.
const FIRST_WORD: Duration = Duration::from_millis(500);

/// So many desktops are watched at a time, beside the daemon's own.
const DESKTOPS: usize = 12;

/// What has been said of a desktop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seat {
    /// Since when the screen has been locked, and by whose word.
    pub locked: Option<(Boot, LockedBy)>,
    /// Until when it is not known whether it is.
    unheard_until: Boot,
    idle: bool,
    gone: bool,
    /// When somebody last came from there.
    seen: Boot,
}

/// The desktops that are watched.
pub(crate) type Seats = BTreeMap<Place, Seat>;

pub(crate) fn named(name: &str) -> event::Desktop {
    event::Desktop(Arc::new([("DISPLAY".to_owned(), name.to_owned())].into()))
}

fn display(place: &Place) -> event::Display {
    event::Display { desktop: place.clone(), ..event::Display::default() }
}

impl World {
    /// What is known of a desktop; of the daemon's own nothing may be, as there may be none.
    pub(crate) fn seat(&self, place: &Place) -> Option<Seat> {
        self.desktop.seats.get(place).cloned().or(place.is_none().then(Seat::default))
    }

    /// Whether something may be shown there.
    pub(crate) fn may_show(&self, place: &Place) -> bool {
        self.settings.desktop && self.seat(place).is_some_and(|seat| seat.locked.is_none())
    }

    /// Whether nobody has said yet if that screen is locked.
    pub(crate) fn unheard(&self, place: &Place) -> bool {
        self.unheard_until(place) > Boot(self.boot)
    }

    pub(crate) fn unheard_until(&self, place: &Place) -> Boot {
        self.seat(place).unwrap_or_default().unheard_until
    }

    /// Whether something may be offered there to somebody.
    pub(crate) fn takes_offers(&self, place: &Place) -> bool {
        let idle = self.seat(place).is_some_and(|seat| seat.idle);
        self.may_show(place) && !self.unheard(place) && !idle
    }

    /// Somebody comes from a desktop: it is watched from then on, if it was not or if its bus has to be tried again.
    pub(crate) fn come_from(&mut self, place: &Place) {
        let watched = self.desktop.seats.contains_key(place);
        // The daemon may have been started from nowhere.
        let nowhere = place.is_none() && self.seed.is_multiple_of(4);
        if !nowhere && (!watched || self.random.percent(20)) {
            self.tell_presence(place.clone(), Presence::Unheard);
        }
        if let Some(seat) = self.desktop.seats.get_mut(place) {
            seat.seen = Boot(self.boot);
        }
    }

    /// The person comes, leaves, locks or unlocks a screen.
    pub(crate) fn come_or_go(&mut self) {
        let mut places: Vec<Place> = self.desktop.seats.keys().cloned().collect();
        // Where nobody watches, or not any more.
        places.extend([None, Some(named(":1"))]);
        let place = self.random.pick(&places).clone();
        let by = [LockedBy::LoginManager, LockedBy::ScreenSaver, LockedBy::Request];
        let presence = match self.random.below(7) {
            0 | 1 => Presence::Locked(*self.random.pick(&by)),
            2 | 3 => Presence::Unlocked,
            4 => Presence::Idle,
            5 => Presence::Active,
            _ => Presence::Gone,
        };
        self.tell_presence(place, presence);
    }

    /// Nobody touches anything anywhere.
    pub(crate) fn all_leave(&mut self) {
        for place in self.desktop.seats.keys().cloned().collect::<Vec<_>>() {
            self.tell_presence(place, Presence::Idle);
        }
    }

    pub(crate) fn tell_presence(&mut self, place: Place, presence: Presence) {
        // What only time changes has changed before.
        self.new_moment();
        self.give(Event::Woken);
        let is_locked =
            |world: &Self| world.desktop.seats.get(&place).is_some_and(|seat| seat.locked.is_some());
        let before = is_locked(self);
        self.note_presence(&place, presence);
        self.log(&format!("{place:?} {presence:?}"));
        let wiped = !before && is_locked(self) && self.settings.lock_on_screen_lock;
        if wiped {
            for key in self.aws.users.keys() {
                *self.logouts.entry(key.clone()).or_default() += 1;
            }
            self.forget_pauses(None);
            self.forget_sign_in(None);
        }
        let shown = self.desktop.questions.len() + self.desktop.offers.len();
        self.give(Event::Presence(place, presence));
        if presence == Presence::Unheard && self.desktop.questions.len() + self.desktop.offers.len() < shown {
            self.fail("what could be seen is taken away because another desktop is looked at");
        }
        if wiped && (!self.core.sessions(self.now()).is_empty() || !self.open.is_empty()) {
            self.fail("a screen was locked, and sessions or requests are left");
        }
    }

    fn note_presence(&mut self, place: &Place, presence: Presence) {
        let now = Boot(self.boot);
        if presence == Presence::Unheard {
            let seat = self.desktop.seats.entry(place.clone()).or_default();
            (seat.unheard_until, seat.gone, seat.seen) = (now + FIRST_WORD, false, now);
        }
        let Some(seat) = self.desktop.seats.get_mut(place) else { return };
        match presence {
            Presence::Unheard => {}
            Presence::Locked(by) => {
                seat.locked = Some((seat.locked.map_or(now, |(since, _)| since), by));
                seat.unheard_until = Boot::default();
            }
            Presence::Unlocked => (seat.locked, seat.unheard_until) = (None, Boot::default()),
            Presence::Idle => seat.idle = true,
            Presence::Active => seat.idle = false,
            Presence::Gone => seat.gone = true,
        }
    }

    /// Whether something is at that desktop, or somebody waits there.
    fn needs(&self, place: &Place) -> bool {
        let desktop = &self.desktop;
        let asked = self.core.questions(self.now());
        let is_open = |id: QuestionId| asked.iter().any(|question| question.id == id);
        self.open.values().any(|open| open.display.desktop == *place)
            || desktop.questions.values().any(|shown| shown.display.desktop == *place)
            || desktop.offers.values().any(|shown| shown.display.desktop == *place)
            || desktop.sign_ins.shown().is_some_and(|shown| shown.display.desktop == *place)
            || desktop.wanted.iter().any(|(id, wanted)| wanted == place && is_open(*id))
    }

    /// A desktop is not watched any more: there are too many, and it is the one that is missed least.
    pub(crate) fn looked_away(&mut self, desktop: event::Desktop) {
        self.log(&format!("look away {desktop:?}"));
        if self.desktop.seats.keys().flatten().count() <= DESKTOPS {
            self.fail("a desktop is not watched any more although there is room for it");
        }
        let place = Some(desktop);
        let newest = self.desktop.seats.values().map(|seat| seat.seen).max();
        let Some(seat) = self.desktop.seats.remove(&place) else {
            self.fail("nobody has watched that desktop")
        };
        let spare: Vec<&Seat> = self
            .desktop
            .seats
            .iter()
            .filter(|(place, _)| place.is_some() && !self.needs(place))
            .map(|(_, seat)| seat)
            .collect();
        let newcomer =
            |seat: &Seat| Some(seat.seen) == newest && seat.unheard_until == seat.seen + FIRST_WORD;
        if self.needs(&place) && !newcomer(&seat) {
            self.fail("a desktop is not watched any more that is needed");
        }
        let other = spare.iter().find(|other| (!other.gone, other.seen) < (!seat.gone, seat.seen));
        if let Some(other) = other {
            self.fail(&format!("{seat:?} is not watched any more, and {other:?} is"));
        }
    }

    /// What has been said of each desktop is what is told of it, and what has to wait for a word does not wait for ever.
    pub(crate) fn check_seats(&self) {
        let now = self.now();
        if self.desktop.seats.keys().flatten().count() > DESKTOPS {
            self.fail("too many desktops are watched");
        }
        if self.core.desktops() != self.desktop.seats.len() {
            self.fail("another number of desktops is watched than is said");
        }
        for (place, seat) in &self.desktop.seats {
            let told = self.core.screen_lock(now, &display(place)).map(|lock| (lock.age.as_secs(), lock.by));
            let known = seat.locked.map(|(since, by)| (now.boot.since(since).as_secs(), by));
            if told != known {
                self.fail(&format!("{place:?} is locked ({known:?}), and {told:?} is told"));
            }
            let until = seat.unheard_until;
            if self.unheard(place) && self.core.next_wake(now).is_none_or(|wake| wake > until) {
                self.fail("nobody thinks of showing what had to wait");
            }
        }
        let longest = self.core.longest_locked(now).map(|(place, lock)| (place.cloned(), lock.age));
        let locked = self.desktop.seats.values().filter_map(|seat| seat.locked.map(|(since, _)| since));
        let oldest = locked.min().map(|since| now.boot.since(since).as_secs());
        if longest.map(|(_, age)| age.as_secs()) != oldest {
            self.fail("not the oldest lock is told");
        }
    }
}
