//! The seat in front of the screen: whether somebody is there, and whether what is shown would be seen by others.
//!
//! What a lock has taken, no unlocking brings back.

use std::fmt;
use std::time::Duration;

use crate::effect::{Effect, ScreenLock};
use crate::event::{LockedBy, Presence};
use crate::graph::Device;
use crate::policy;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

/// What is known of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seat {
    lock: Option<Lock>,
    /// The first word on the lock is waited for until then.
    unheard_until: Boot,
    pub idle: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lock {
    since: Boot,
    by: LockedBy,
}

impl Seat {
    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether it is too early to show something that is not there yet.
    pub(crate) fn is_unheard(&self, now: Now) -> bool {
        self.unheard_until > now.boot
    }

    /// The moment at which that is over.
    pub(crate) fn next_wake(&self) -> Boot {
        self.unheard_until
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
    /// The screen was locked or unlocked, or the person came or left.
    pub(crate) fn presence(&mut self, now: Now, presence: Presence, out: &mut Vec<Effect>) {
        match presence {
            Presence::Unheard => self.seat.unheard_until = now.boot + policy::FIRST_WORD,
            Presence::Locked(by) => self.locked(now, by, out),
            Presence::Unlocked => self.seat = Seat { idle: self.seat.idle, ..Seat::default() },
            Presence::Idle => self.seat.idle = true,
            Presence::Active => self.seat.idle = false,
        }
    }

    fn locked(&mut self, now: Now, by: LockedBy, out: &mut Vec<Effect>) {
        let since = self.seat.lock.map(|lock| lock.since);
        self.seat.lock = Some(Lock { since: since.unwrap_or(now.boot), by });
        self.seat.unheard_until = Boot::default();
        if since.is_none() && self.settings.lock_on_screen_lock {
            self.forget(|_| true, out);
        }
    }

    /// The lock of the screen, as long as it counts as locked.
    pub fn screen_lock(&self, now: Now) -> Option<ScreenLock> {
        let age = |since| Duration::from_secs(now.boot.since(since).as_secs());
        self.seat.lock.map(|lock| ScreenLock { by: lock.by, age: age(lock.since) })
    }

    /// The lock, where it alone keeps the desktop from asking for a code that this request waits for.
    pub(crate) fn lock_in_the_way(&self, now: Now, device: &Device, pending: &Pending) -> Option<ScreenLock> {
        let reached = self.desk.open(device).is_none_or(|open| open.reaches(pending));
        self.screen_lock(now).filter(|_| self.settings.desktop && reached)
    }
}
