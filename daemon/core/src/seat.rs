//! The seats in front of the screens, one at each desktop: whether somebody is there, and whether what is shown would be
//! seen by others.
//!
//! What a lock has taken, no unlocking brings back. What is said of one desktop must never count at another, and nothing
//! must be shown on a desktop of which nobody would say that it is locked.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::effect::{Effect, ScreenLock};
use crate::event::{Desktop, Display, LockedBy, Presence};
use crate::graph::Device;
use crate::policy;
use crate::prompt::Open;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

/// The seats of the desktops that are watched. None is the daemon's own desktop.
pub(crate) type Seats = BTreeMap<Option<Desktop>, Seat>;

/// What is known of one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seat {
    lock: Option<Lock>,
    /// The first word on the lock is waited for until then.
    unheard_until: Boot,
    idle: bool,
    /// Its bus has ended.
    gone: bool,
    /// When somebody last came from there.
    seen: Boot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lock {
    since: Boot,
    by: LockedBy,
}

impl Seat {
    /// Whether it is too early to show something that is not there yet.
    pub(crate) fn is_unheard(&self, now: Now) -> bool {
        self.unheard_until > now.boot
    }

    fn screen_lock(&self, now: Now) -> Option<ScreenLock> {
        let age = |since| Duration::from_secs(now.boot.since(since).as_secs());
        self.lock.map(|lock| ScreenLock { by: lock.by, age: age(lock.since) })
    }
}

/// By whose word, and since when.
impl fmt::Display for ScreenLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = match self.age.as_secs() {
            seconds @ 0..120 => format!("{seconds} s"),
            seconds => format!("{} min", seconds / 60),
        };
        match self.by {
            LockedBy::LoginManager => write!(f, "the login manager has said so for {age}"),
            LockedBy::ScreenSaver => write!(f, "a screen saver has been on for {age}"),
            LockedBy::Request => {
                write!(f, "that was asked for {age} ago, and no locker has said that it did so")
            }
        }
    }
}

impl Core {
    /// What is known of the seat at a desktop; none where nobody watches, and nothing may be shown.
    ///
    /// The daemon's own desktop is watched from its first caller on, if there is one; before that, or where there is none,
    /// nothing is known of it.
    pub(crate) fn seat_at(&self, at: &Display) -> Option<Seat> {
        let own = at.desktop.is_none().then(Seat::default);
        self.seats.get(&at.desktop).copied().or(own)
    }

    /// Whether anything is asked or offered on a desktop now.
    pub(crate) fn may_show(&self, at: &Display) -> bool {
        self.settings.desktop && self.seat_at(at).is_some_and(|seat| seat.lock.is_none())
    }

    /// Whether somebody is at a desktop to whom something new may be offered.
    pub(crate) fn takes_offers(&self, now: Now, at: &Display) -> bool {
        let is_there = |seat: Seat| !seat.idle && !seat.is_unheard(now);
        self.may_show(at) && self.seat_at(at).is_some_and(is_there)
    }

    /// A screen was locked or unlocked, or the person came there or left.
    pub(crate) fn presence(
        &mut self,
        now: Now,
        at: Option<Desktop>,
        presence: Presence,
        out: &mut Vec<Effect>,
    ) {
        if presence == Presence::Unheard {
            return self.watch(now, at, out);
        }
        // What is still said of a desktop that is not watched any more is of no account.
        let Some(seat) = self.seats.get_mut(&at) else { return };
        match presence {
            Presence::Unheard => {}
            Presence::Locked(by) => {
                let since = seat.lock.map(|lock| lock.since);
                seat.lock = Some(Lock { since: since.unwrap_or(now.boot), by });
                seat.unheard_until = Boot::default();
                if since.is_none() && self.settings.lock_on_screen_lock {
                    self.forget(|_| true, out);
                }
            }
            Presence::Unlocked => (seat.lock, seat.unheard_until) = (None, Boot::default()),
            Presence::Idle => seat.idle = true,
            Presence::Active => seat.idle = false,
            Presence::Gone => seat.gone = true,
        }
    }

    /// A desktop is watched from now on, and another one is not any more where there are too many. If none can be spared, it is
    /// this one that is not watched.
    fn watch(&mut self, now: Now, at: Option<Desktop>, out: &mut Vec<Effect>) {
        let is_full = self.seats.keys().flatten().count() >= policy::DESKTOPS;
        if let Some(newcomer) = at.as_ref().filter(|_| is_full && !self.seats.contains_key(&at)) {
            let Some(spare) = self.spare_desktop() else {
                return out.push(Effect::LookAway(newcomer.clone()));
            };
            out.push(Effect::LookAway(spare.clone()));
            self.seats.remove(&Some(spare));
        }
        let seat = self.seats.entry(at).or_default();
        (seat.unheard_until, seat.gone, seat.seen) = (now.boot + policy::FIRST_WORD, false, now.boot);
    }

    /// The desktop that is of the least use: nothing is shown there and nobody waits there; one whose bus has ended, or else
    /// the one from which nobody has come for the longest time.
    ///
    /// Never the daemon's own: what is not known of it keeps nothing from being shown there.
    fn spare_desktop(&self) -> Option<Desktop> {
        let needed = |desktop: &Option<Desktop>| {
            let waits = |pending: &Pending| pending.caller.display.desktop == *desktop;
            let is_wanted = |open: &Open| open.wanted.as_ref().is_some_and(|at| at.desktop == *desktop);
            self.requests.values().any(waits)
                || self.desk.all().any(|(_, open)| is_wanted(open))
                || self.on_desktop.values().any(|shown| shown.at().desktop == *desktop)
        };
        let spare = self.seats.iter().filter(|(desktop, _)| !needed(desktop));
        let spare = spare.filter_map(|(desktop, seat)| Some((desktop.as_ref()?, seat)));
        spare.min_by_key(|(_, seat)| (!seat.gone, seat.seen)).map(|(desktop, _)| desktop.clone())
    }

    /// Somebody has come from a desktop.
    pub(crate) fn note_seen(&mut self, now: Now, at: &Display) {
        if let Some(seat) = self.seats.get_mut(&at.desktop) {
            seat.seen = now.boot;
        }
    }

    /// The moments at which it is not too early any more to show something.
    pub(crate) fn seat_moments(&self) -> impl Iterator<Item = Boot> {
        self.seats.values().map(|seat| seat.unheard_until)
    }

    /// The lock of the screen, as long as it counts as locked.
    pub fn screen_lock(&self, now: Now, at: &Display) -> Option<ScreenLock> {
        self.seat_at(at)?.screen_lock(now)
    }

    /// The desktop whose screen has counted as locked for the longest time.
    pub fn longest_locked(&self, now: Now) -> Option<(Option<&Desktop>, ScreenLock)> {
        let locks = self.seats.iter().filter_map(|(at, seat)| Some((at.as_ref(), seat.screen_lock(now)?)));
        locks.max_by_key(|(_, lock)| lock.age)
    }

    /// How many desktops are watched.
    pub fn desktops(&self) -> usize {
        self.seats.len()
    }

    /// The lock, where it alone keeps the desktop of this request from asking for the code that it waits for.
    pub(crate) fn lock_in_the_way(&self, now: Now, device: &Device, pending: &Pending) -> Option<ScreenLock> {
        let reached = self.desk.open(device).is_none_or(|open| open.reaches(pending));
        self.screen_lock(now, &pending.caller.display).filter(|_| self.settings.desktop && reached)
    }
}
