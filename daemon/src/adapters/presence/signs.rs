//! What the sources say, and what that comes to. Several of them say the same thing, or half of it.
//!
//! A screen counts as locked as soon as one source says so, and as unlocked only when every source has been heard and none
//! says that it is locked: it is worse to show something at a locked screen than to be late with it. That somebody types or
//! moves the mouse means nothing here: a locked screen can be woken up, too.
//!
//! A lock that was only asked for is another matter. Not everybody listens to the wish (nobody does at a server, or with a
//! window manager alone), and of those who do, some never tell what came of it: swayidle and xss-lock start a locker, and
//! neither they nor swaylock or i3lock say that the screen is locked, or that it is not any more. So the wish counts for
//! [`WISH`], and longer only if a source says that it came true.

use std::time::Duration;

use awsd_core::event::LockedBy;
use tokio::time::Instant;

use super::PresenceNews;

/// How long a lock that was asked for counts without anybody's word that there is one. A locker says it within a second or
/// two; one that has to be read from a slow disk first, on a busy machine, within some more. While the machine sleeps, this
/// time does not pass: who closes the lid may have asked for a lock just before.
pub(super) const WISH: Duration = Duration::from_mins(1);

/// A place where signs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It tells of locks, of idleness and of sleep.
    LoginManager,
    /// Both kinds of them, as they are on the same bus.
    ScreenSavers,
}

/// A kind of screen saver.
#[cfg_attr(target_os = "macos", allow(dead_code, reason = "its own are not listened to"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saver {
    Freedesktop,
    Gnome,
}

/// Something that a source said.
#[cfg_attr(target_os = "macos", allow(dead_code, reason = "it tells less than others"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Somebody wants the session locked.
    Lock,
    /// Somebody wants it unlocked; who has said that it is locked says when it is not any more.
    Unlock,
    /// The session is locked, or it is not.
    LockedHint(bool),
    /// Nobody touches anything, or somebody does.
    IdleHint(bool),
    /// A screen saver is on, or it is off.
    Saver(Saver, bool),
    /// The machine is awake again.
    Resumed,
    /// The source has no more to say. What it has said before still counts.
    Silence(Source),
}

/// What each source said last; none as long as it has not been heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Until when a lock that was asked for counts.
    wished_until: Option<Instant>,
    locked_hint: Option<bool>,
    idle_hint: Option<bool>,
    freedesktop: Option<bool>,
    gnome: Option<bool>,
    /// The session bus has ended.
    gone: bool,
}

impl Signs {
    /// Takes it into account.
    pub(super) fn take(&mut self, now: Instant, sign: Sign) {
        match sign {
            Sign::Lock => self.wished_until = Some(now + WISH),
            Sign::Unlock => self.wished_until = None,
            Sign::LockedHint(locked) => self.screen(locked, |signs| &mut signs.locked_hint),
            Sign::Saver(Saver::Freedesktop, on) => self.screen(on, |signs| &mut signs.freedesktop),
            Sign::Saver(Saver::Gnome, on) => self.screen(on, |signs| &mut signs.gnome),
            Sign::IdleHint(idle) => self.idle_hint = Some(idle),
            Sign::Silence(source) => {
                for said in self.of(source) {
                    said.get_or_insert(false);
                }
                // Those who are on it say themselves that they are off, or not there.
                self.gone |= source == Source::ScreenSavers;
            }
            Sign::Resumed => {}
        }
    }

    /// The source will be heard anew.
    pub(super) fn forget(&mut self, source: Source) {
        self.of(source).into_iter().for_each(|said| *said = None);
        match source {
            Source::LoginManager => self.wished_until = None,
            Source::ScreenSavers => self.gone = false,
        }
    }

    /// Whether the login manager has said something, or that it has nothing to say.
    pub(super) fn has_heard_login(&self) -> bool {
        self.locked_hint.is_some()
    }

    /// When something changes without a sign.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.wished_until
    }

    /// Time has passed.
    pub(super) fn tidy(&mut self, now: Instant) {
        self.wished_until = self.wished_until.filter(|until| *until > now);
    }

    fn screen(&mut self, locked: bool, said: impl Fn(&mut Self) -> &mut Option<bool>) {
        let before = said(self).replace(locked);
        if before == Some(true) && !locked {
            // What was asked for has come and gone.
            self.wished_until = None;
        }
    }

    fn of(&mut self, source: Source) -> [&mut Option<bool>; 2] {
        match source {
            Source::LoginManager => [&mut self.locked_hint, &mut self.idle_hint],
            Source::ScreenSavers => [&mut self.freedesktop, &mut self.gnome],
        }
    }

    /// By whose word the screen is locked; the best word of several.
    fn locked_by(&self) -> Option<LockedBy> {
        let saver = [self.freedesktop, self.gnome].contains(&Some(true));
        (self.locked_hint == Some(true))
            .then_some(LockedBy::LoginManager)
            .or(saver.then_some(LockedBy::ScreenSaver))
            .or(self.wished_until.map(|_| LockedBy::Request))
    }

    /// Locked or unlocked; none while that is not certain.
    fn lock(&self) -> Option<PresenceNews> {
        let said = [self.locked_hint, self.freedesktop, self.gnome];
        let unlocked = (!said.contains(&None)).then_some(PresenceNews::Unlocked);
        self.locked_by().map(PresenceNews::Locked).or(unlocked)
    }
}

/// What was told last. At the beginning nothing was: whoever is told takes the person to be active, and knows nothing of the
/// lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reported {
    lock: Option<PresenceNews>,
    idle: bool,
    gone: bool,
}

impl Reported {
    /// Whether the screen is locked is to be told as soon as it is known, also if that is what was told last.
    pub(super) fn begin_anew(&mut self) {
        (self.lock, self.gone) = (None, false);
    }

    /// What has not been told yet.
    pub(super) fn news(&mut self, signs: &Signs) -> Option<PresenceNews> {
        let lock = signs.lock().filter(|lock| self.lock != Some(*lock));
        if lock.is_some() {
            self.lock = lock;
            return lock;
        }
        if let Some(idle) = signs.idle_hint.filter(|idle| *idle != self.idle) {
            self.idle = idle;
            return Some(if idle { PresenceNews::Idle } else { PresenceNews::Active });
        }
        let is_news = signs.gone && !self.gone;
        self.gone |= signs.gone;
        is_news.then_some(PresenceNews::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceNews::{Active, Gone, Idle, Unlocked};

    /// Locked, by the word of each.
    const BY_LOGIN: PresenceNews = PresenceNews::Locked(LockedBy::LoginManager);
    const BY_SAVER: PresenceNews = PresenceNews::Locked(LockedBy::ScreenSaver);
    const BY_WISH: PresenceNews = PresenceNews::Locked(LockedBy::Request);

    const GNOME: Saver = Saver::Gnome;
    const FREEDESKTOP: Saver = Saver::Freedesktop;

    /// Somebody who listens, and the time that passes for them.
    struct Listener {
        now: Instant,
        signs: Signs,
        reported: Reported,
    }

    impl Listener {
        fn new() -> Self {
            Self { now: Instant::now(), signs: Signs::default(), reported: Reported::default() }
        }

        /// Everybody has been heard, and the person is there.
        fn after_all_were_heard() -> Self {
            let mut listener = Self::new();
            let there = [Sign::LockedHint(false), Sign::IdleHint(false)];
            assert_eq!(listener.hears(&there), []);
            let off = [FREEDESKTOP, GNOME].map(|saver| Sign::Saver(saver, false));
            assert_eq!(listener.hears(&off), [Unlocked]);
            listener
        }

        /// What is told of these signs, one after the other.
        fn hears(&mut self, signs: &[Sign]) -> Vec<PresenceNews> {
            let mut told = Vec::new();
            for sign in signs {
                self.signs.take(self.now, *sign);
                told.extend(std::iter::from_fn(|| self.reported.news(&self.signs)));
            }
            told
        }

        /// What is told because this much time passes.
        fn waits(&mut self, time: Duration) -> Option<PresenceNews> {
            self.now += time;
            self.signs.tidy(self.now);
            self.reported.news(&self.signs)
        }
    }

    fn after_all_were_heard(signs: &[Sign]) -> Vec<PresenceNews> {
        Listener::after_all_were_heard().hears(signs)
    }

    #[test]
    fn what_many_say_is_told_once_for_each_better_word() {
        let locking = [
            Sign::Lock,
            Sign::Saver(GNOME, true),
            Sign::Saver(FREEDESKTOP, true),
            Sign::LockedHint(true),
            Sign::Lock,
        ];
        assert_eq!(after_all_were_heard(&locking), [BY_WISH, BY_SAVER, BY_LOGIN]);
        let unlocking = [
            Sign::Saver(GNOME, false),
            Sign::LockedHint(false),
            Sign::Unlock,
            Sign::Saver(FREEDESKTOP, false),
        ];
        let told = after_all_were_heard(&[&locking[..], &unlocking].concat());
        assert_eq!(told[3..], [BY_SAVER, Unlocked]);
        assert_eq!(after_all_were_heard(&[Sign::IdleHint(true), Sign::IdleHint(true)]), [Idle]);
        assert_eq!(after_all_were_heard(&[Sign::IdleHint(true), Sign::IdleHint(false)]), [Idle, Active]);
    }

    #[test]
    fn each_of_them_suffices_for_a_lock() {
        for (sign, told) in [
            (Sign::Lock, BY_WISH),
            (Sign::LockedHint(true), BY_LOGIN),
            (Sign::Saver(GNOME, true), BY_SAVER),
            (Sign::Saver(FREEDESKTOP, true), BY_SAVER),
        ] {
            assert_eq!(Listener::new().hears(&[sign]), [told], "{sign:?}");
        }
    }

    #[test]
    fn a_wish_to_unlock_unlocks_nothing() {
        let wish = [Sign::LockedHint(true), Sign::Unlock];
        assert_eq!(after_all_were_heard(&wish), [BY_LOGIN]);
        assert_eq!(after_all_were_heard(&[Sign::Lock, Sign::Unlock]), [BY_WISH, Unlocked]);
    }

    #[test]
    fn a_lock_that_was_asked_for_ends_with_any_lock_and_not_with_what_was_never_locked() {
        let ended = [Sign::Lock, Sign::Saver(GNOME, true), Sign::Saver(GNOME, false)];
        assert_eq!(after_all_were_heard(&ended), [BY_WISH, BY_SAVER, Unlocked]);
        let other = [Sign::Lock, Sign::LockedHint(false), Sign::Saver(GNOME, false), Sign::IdleHint(false)];
        assert_eq!(after_all_were_heard(&other), [BY_WISH]);
    }

    #[test]
    fn a_lock_that_was_only_asked_for_counts_for_a_while() {
        let mut listener = Listener::after_all_were_heard();
        assert_eq!(listener.signs.next_wake(), None);
        assert_eq!(listener.hears(&[Sign::Lock]), [BY_WISH]);
        assert_eq!(listener.signs.next_wake(), Some(listener.now + WISH));
        let (almost, rest) = (WISH * 59 / 60, WISH / 60);
        assert_eq!(listener.waits(almost), None);
        // Who asks again means it again.
        assert_eq!(listener.hears(&[Sign::Lock]), []);
        assert_eq!(listener.waits(almost), None);
        assert_eq!(listener.waits(rest), Some(Unlocked));
        assert_eq!(listener.signs.next_wake(), None);
        // One that takes longer than anybody expects is believed all the same.
        assert_eq!(listener.hears(&[Sign::LockedHint(true)]), [BY_LOGIN]);
    }

    #[test]
    fn a_lock_that_somebody_confirms_lasts() {
        for (locks, told, unlocks) in [
            (Sign::LockedHint(true), BY_LOGIN, Sign::LockedHint(false)),
            (Sign::Saver(GNOME, true), BY_SAVER, Sign::Saver(GNOME, false)),
        ] {
            let mut listener = Listener::after_all_were_heard();
            assert_eq!(listener.hears(&[Sign::Lock, locks]), [BY_WISH, told]);
            assert_eq!(listener.waits(WISH * 1000), None);
            assert_eq!(listener.hears(&[unlocks]), [Unlocked]);
        }
    }

    #[test]
    fn it_is_unlocked_only_when_all_have_been_heard() {
        let mut listener = Listener::new();
        assert_eq!(listener.hears(&[Sign::LockedHint(true), Sign::IdleHint(true)]), [BY_LOGIN, Idle]);
        // Another session.
        listener.signs = Signs::default();
        assert_eq!(listener.hears(&[Sign::Saver(GNOME, false)]), []);
        assert_eq!(listener.hears(&[Sign::LockedHint(false), Sign::IdleHint(false)]), [Active]);
        assert_eq!(listener.hears(&[Sign::Silence(Source::ScreenSavers)]), [Unlocked, Gone]);
    }

    #[test]
    fn who_is_asked_anew_tells_also_what_has_not_changed() {
        let mut listener = Listener::after_all_were_heard();
        assert_eq!(listener.waits(Duration::ZERO), None);
        listener.reported.begin_anew();
        assert_eq!(listener.waits(Duration::ZERO), Some(Unlocked));
    }

    #[test]
    fn who_falls_silent_says_nothing_new_and_is_heard_anew() {
        let mut listener = Listener::after_all_were_heard();
        let locked = [Sign::LockedHint(true), Sign::IdleHint(true), Sign::Silence(Source::LoginManager)];
        assert_eq!(listener.hears(&locked), [BY_LOGIN, Idle]);
        listener.signs.forget(Source::LoginManager);
        assert_eq!(listener.hears(&[]), []);
        assert_eq!(listener.hears(&[Sign::Silence(Source::LoginManager)]), [Unlocked, Active]);
    }
}
