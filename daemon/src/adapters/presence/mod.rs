//! Tells whether the person is there: the screen gets locked and unlocked, nobody touches anything, the machine wakes up.
//!
//! [`PresenceWatch`] listens where the desktop says such things of its own accord; it never polls, starts no service and
//! changes nothing. What the news mean, the core decides. As long as nobody needs to know, it is on no bus, and the daemon is
//! not woken. A bus or a service that is absent, hangs or dies is no error: nothing is known then.
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
mod place;
mod signs;

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use awsd_core::event::{Desktop, LockedBy};

#[cfg(all(unix, not(target_os = "macos")))]
use freedesktop as sources;
#[cfg(target_os = "macos")]
use macos as sources;
#[cfg(windows)]
use nowhere as sources;
use place::Watch;

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
    /// There is no session bus (any more). What was told before still holds, as far as the login manager does not contradict.
    Gone,
    /// The machine has slept and is awake again. This has nothing to do with the desktop that it comes from.
    Resumed,
}

/// The watch over the desktops of one person. Owned by the app; everything takes place in tasks.
///
/// Each desktop is listened to on connections of its own, and what is heard there counts for this desktop alone: its callers
/// say which bus is its. How many there are, the core decides.
#[derive(Debug)]
pub(crate) struct PresenceWatch {
    /// The system's bus, where the environment names another than the usual one.
    system_bus: Option<String>,
    /// None is the daemon's own desktop.
    watches: BTreeMap<Option<Desktop>, Watch>,
    /// Who is heard first of those who speak at the same time: another one each time, so that nobody drowns the others.
    turn: usize,
}

impl PresenceWatch {
    /// Nothing is connected before the first [`Self::follow`].
    pub(crate) fn new() -> Self {
        Self::on(std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok())
    }

    fn on(system_bus: Option<String>) -> Self {
        Self { system_bus, watches: BTreeMap::new(), turn: 0 }
    }

    /// Follows the person at this desktop from now on, who is where the display says; where it names no session bus, that is the
    /// one of the daemon's own environment. What differs from what was told of this desktop before is told first. Following
    /// the same session again only tries again what could not be reached, or has ended. Needs a running runtime.
    ///
    /// Says whether somebody is listened to from now on who has not been heard yet: then whether the screen is locked is
    /// told as soon as that is known, whatever it was before.
    #[must_use]
    pub(crate) fn follow(&mut self, desktop: Option<Desktop>, display: &Display) -> bool {
        let watch = self.watches.entry(desktop).or_insert_with(|| Watch::of(display));
        watch.follow(self.system_bus.as_ref(), display)
    }

    /// Follows nobody there any more: the connections are closed, and nothing is told of this desktop.
    pub(crate) fn look_away(&mut self, desktop: Desktop) {
        self.watches.remove(&Some(desktop));
    }

    /// Waits for news, and for the desktop that they are about; for ever while nobody is followed. Dropping the future loses
    /// nothing.
    pub(crate) async fn next(&mut self) -> (Option<Desktop>, PresenceNews) {
        loop {
            let (desktop, news) = self.hear().await;
            self.turn = self.turn.wrapping_add(1);
            if news != PresenceNews::Resumed || self.tells_of_sleep(desktop.as_ref()) {
                return (desktop, news);
            }
        }
    }

    async fn hear(&mut self) -> (Option<Desktop>, PresenceNews) {
        let listening = self.watches.iter_mut();
        let listening = listening.map(|(at, watch)| Box::pin(async { (at.clone(), watch.next().await) }));
        let mut listening: Vec<_> = listening.collect();
        if !listening.is_empty() {
            let first = self.turn % listening.len();
            listening.rotate_left(first);
        }
        poll_fn(|context| {
            for heard in &mut listening {
                if let Poll::Ready(news) = heard.as_mut().poll(context) {
                    return Poll::Ready(news);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// All hear at the same time that the machine is awake again: the first of them tells it.
    fn tells_of_sleep(&self, desktop: Option<&Desktop>) -> bool {
        let first = self.watches.iter().find(|(_, watch)| watch.hears_of_sleep());
        first.is_none_or(|(first, _)| first.as_ref() == desktop)
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
