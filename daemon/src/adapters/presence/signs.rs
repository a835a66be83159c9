//! What the sources say, and what that comes to. Several of them say the same thing, or half of it.
//!
//! A screen counts as locked as soon as one source says so, and as unlocked only when every source has been heard and none
//! says that it is locked: it is worse to show something at a locked screen than to be late with it.

use super::PresenceNews;

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
    /// Somebody wants the session locked; not every locker says when it has done so.
    Lock,
    /// Somebody wants it unlocked; the locker says when it has done so.
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
    /// A lock was asked for, and nothing has ended since.
    lock_asked: bool,
    locked_hint: Option<bool>,
    idle_hint: Option<bool>,
    freedesktop: Option<bool>,
    gnome: Option<bool>,
}

impl Signs {
    /// Takes it into account.
    pub(super) fn take(&mut self, sign: Sign) {
        match sign {
            Sign::Lock => self.lock_asked = true,
            Sign::Unlock => self.lock_asked = false,
            Sign::LockedHint(locked) => self.screen(locked, |signs| &mut signs.locked_hint),
            Sign::Saver(Saver::Freedesktop, on) => self.screen(on, |signs| &mut signs.freedesktop),
            Sign::Saver(Saver::Gnome, on) => self.screen(on, |signs| &mut signs.gnome),
            Sign::IdleHint(idle) => self.idle_hint = Some(idle),
            Sign::Silence(source) => self.of(source).into_iter().for_each(|said| {
                said.get_or_insert(false);
            }),
            Sign::Resumed => {}
        }
    }

    /// The source will be heard anew.
    pub(super) fn forget(&mut self, source: Source) {
        self.of(source).into_iter().for_each(|said| *said = None);
        if source == Source::LoginManager {
            self.lock_asked = false;
        }
    }

    fn screen(&mut self, locked: bool, said: impl Fn(&mut Self) -> &mut Option<bool>) {
        let before = said(self).replace(locked);
        if before == Some(true) && !locked {
            // What was asked for has come and gone.
            self.lock_asked = false;
        }
    }

    fn of(&mut self, source: Source) -> [&mut Option<bool>; 2] {
        match source {
            Source::LoginManager => [&mut self.locked_hint, &mut self.idle_hint],
            Source::ScreenSavers => [&mut self.freedesktop, &mut self.gnome],
        }
    }

    /// None while that is not certain.
    fn locked(&self) -> Option<bool> {
        let said = [self.locked_hint, self.freedesktop, self.gnome];
        if self.lock_asked || said.contains(&Some(true)) {
            return Some(true);
        }
        if said.contains(&None) { None } else { Some(false) }
    }
}

/// What was told last. At the beginning nothing was: whoever is told takes the person to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reported {
    locked: bool,
    idle: bool,
}

impl Reported {
    /// What has not been told yet.
    pub(super) fn news(&mut self, signs: &Signs) -> Option<PresenceNews> {
        if let Some(locked) = signs.locked()
            && locked != self.locked
        {
            self.locked = locked;
            return Some(if locked { PresenceNews::Locked } else { PresenceNews::Unlocked });
        }
        if let Some(idle) = signs.idle_hint
            && idle != self.idle
        {
            self.idle = idle;
            return Some(if idle { PresenceNews::Idle } else { PresenceNews::Active });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceNews::{Active, Idle, Locked, Unlocked};

    /// What is told of these signs, one after the other.
    fn told(signs: &[Sign]) -> Vec<PresenceNews> {
        tell(&mut Signs::default(), &mut Reported::default(), signs)
    }

    fn tell(state: &mut Signs, reported: &mut Reported, signs: &[Sign]) -> Vec<PresenceNews> {
        let mut told = Vec::new();
        for sign in signs {
            state.take(*sign);
            told.extend(std::iter::from_fn(|| reported.news(state)));
        }
        told
    }

    /// Everybody has been heard, and the person is there.
    const THERE: [Sign; 4] = [
        Sign::LockedHint(false),
        Sign::IdleHint(false),
        Sign::Saver(Saver::Freedesktop, false),
        Sign::Saver(Saver::Gnome, false),
    ];

    fn after_all_were_heard(signs: &[Sign]) -> Vec<PresenceNews> {
        told(&[&THERE, signs].concat())
    }

    #[test]
    fn what_many_say_is_told_once() {
        let locking = [
            Sign::Lock,
            Sign::Saver(Saver::Gnome, true),
            Sign::LockedHint(true),
            Sign::Saver(Saver::Freedesktop, true),
        ];
        assert_eq!(after_all_were_heard(&locking), [Locked]);
        let unlocking = [
            Sign::Saver(Saver::Gnome, false),
            Sign::LockedHint(false),
            Sign::Unlock,
            Sign::Saver(Saver::Freedesktop, false),
        ];
        assert_eq!(after_all_were_heard(&[locking, unlocking].concat()), [Locked, Unlocked]);
        assert_eq!(after_all_were_heard(&[Sign::IdleHint(true), Sign::IdleHint(true)]), [Idle]);
        assert_eq!(after_all_were_heard(&[Sign::IdleHint(true), Sign::IdleHint(false)]), [Idle, Active]);
    }

    #[test]
    fn each_of_them_suffices_for_a_lock() {
        for sign in [
            Sign::Lock,
            Sign::LockedHint(true),
            Sign::Saver(Saver::Gnome, true),
            Sign::Saver(Saver::Freedesktop, true),
        ] {
            assert_eq!(told(&[sign]), [Locked], "{sign:?}");
        }
    }

    #[test]
    fn a_wish_to_unlock_unlocks_nothing() {
        let wish = [Sign::Lock, Sign::LockedHint(true), Sign::Unlock];
        assert_eq!(after_all_were_heard(&wish), [Locked]);
        assert_eq!(after_all_were_heard(&[Sign::Lock, Sign::Unlock]), [Locked, Unlocked]);
    }

    #[test]
    fn a_lock_that_was_asked_for_ends_with_any_lock_and_not_with_what_was_never_locked() {
        let ended = [Sign::Lock, Sign::Saver(Saver::Gnome, true), Sign::Saver(Saver::Gnome, false)];
        assert_eq!(after_all_were_heard(&ended), [Locked, Unlocked]);
        let other = [Sign::Lock, Sign::LockedHint(false), Sign::Saver(Saver::Gnome, false)];
        assert_eq!(after_all_were_heard(&other), [Locked]);
    }

    #[test]
    fn it_is_unlocked_only_when_all_have_been_heard() {
        let (mut signs, mut reported) = (Signs::default(), Reported::default());
        assert_eq!(
            tell(&mut signs, &mut reported, &[Sign::LockedHint(true), Sign::IdleHint(true)]),
            [Locked, Idle]
        );
        // Another session.
        let mut signs = Signs::default();
        assert_eq!(tell(&mut signs, &mut reported, &[Sign::Saver(Saver::Gnome, false)]), []);
        assert_eq!(
            tell(&mut signs, &mut reported, &[Sign::LockedHint(false), Sign::IdleHint(false)]),
            [Active]
        );
        assert_eq!(tell(&mut signs, &mut reported, &[Sign::Silence(Source::ScreenSavers)]), [Unlocked]);
    }

    #[test]
    fn who_falls_silent_says_nothing_new_and_is_heard_anew() {
        let locked = [Sign::LockedHint(true), Sign::IdleHint(true), Sign::Silence(Source::LoginManager)];
        let (mut signs, mut reported) = (Signs::default(), Reported::default());
        assert_eq!(tell(&mut signs, &mut reported, &THERE), []);
        assert_eq!(tell(&mut signs, &mut reported, &locked), [Locked, Idle]);
        signs.forget(Source::LoginManager);
        assert_eq!(tell(&mut signs, &mut reported, &[]), []);
        assert_eq!(
            tell(&mut signs, &mut reported, &[Sign::Silence(Source::LoginManager)]),
            [Unlocked, Active]
        );
    }
}
