//! The invariants: what must hold after every event, whatever happened.

use std::collections::BTreeSet;
use std::time::Duration;

use awsd_core::chain::{Base, RoleName};
use awsd_core::effect::{Action, NoticeKind, Operation, Question, Served};
use awsd_core::event::{Patience, Purpose};

use crate::aws::ACCOUNT;
use crate::world::{Clocks, Held, Open, World};

/// Clocks that count as agreeing may differ by this much.
const NOISE: Duration = Duration::from_secs(3);

/// The numbers of the design, once more: the core's own would hide a change of them.
const FLOOR: Duration = Duration::from_mins(5);
const SNAPSHOT_MARGIN: Duration = Duration::from_mins(45);
const BACKGROUND_MARGIN: Duration = Duration::from_mins(22);
const HOUR: Duration = Duration::from_hours(1);

impl World {
    /// What is served is what was asked for, alive, and not from before a logout.
    pub(crate) fn check_served(&self, open: &Open, served: &Served) {
        let Base::Keys(base) = &open.chain.base else { return };
        if open.purpose == Purpose::Login {
            self.fail("a login is answered with credentials");
        }
        if served.region != open.chain.region {
            self.fail("the region is another caller's");
        }
        let key = &served.keys.access_key_id;
        if open.chain.roles.is_empty() && base.access_key_id.starts_with("ASIA") {
            if *key != base.access_key_id {
                self.fail("the source's own keys are wanted");
            }
            let left = base.expiration.map_or(Duration::MAX / 2, |end| end.since(self.aws.now));
            let warned = served.notices.iter().any(|notice| notice.kind == NoticeKind::NearEnd);
            if self.clocks == Clocks::Right && left + NOISE < FLOOR {
                self.fail(&format!("a source's keys with {left:?} left are served"));
            }
            if self.calm && open.purpose == Purpose::Snapshot && left + NOISE < SNAPSHOT_MARGIN && !warned {
                self.fail("nothing is said about a source that ends soon");
            }
            return;
        }
        let Some(identity) = self.aws.sessions.get(key) else { self.fail("a long-lived key is handed out") };
        if identity.root != base.access_key_id {
            self.fail("a session of another user");
        }
        let left = identity.expires.since(self.aws.now);
        // An answer can be long on its way; the core knows the life that was left when it came.
        let life = self.leases.get(key).map_or(Duration::ZERO, |held| held.life);
        let late = if self.clocks == Clocks::Right { NOISE } else { NOISE * 2 };
        if left + late < FLOOR.min(life / 3) {
            self.fail(&format!("a session with {left:?} left is served"));
        }
        // An hour that was granted a few seconds ago counts as one.
        if open.min_ttl.is_some_and(|least| left + late + Duration::from_secs(5) < least) {
            self.fail(&format!("a session with {left:?} left is served to who wants {:?}", open.min_ttl));
        }
        if identity.logouts < open.logouts {
            self.fail("a session from before a logout is served");
        }
        if served.expiration != Some(identity.expires) {
            self.fail("the wrong expiration is told");
        }
        self.check_roles(open, identity);
        self.check_notices(open, identity, served);
        self.check_way_remembered(open, identity);
        if self.calm {
            self.check_seen(open, identity, left);
        }
        let what = self.leases.get(key).map_or("", |held| held.what.as_str());
        self.check_calm_life(open, identity, life, what);
    }

    /// What is served can be seen: in the list of sessions, and as what is left for the profile.
    fn check_seen(&self, open: &Open, identity: &crate::aws::Identity, left: Duration) {
        let sessions = self.core.sessions(self.now());
        let close = |remaining: Duration| remaining <= left + NOISE && left <= remaining + NOISE;
        let named = |name: &str| match identity.roles.last() {
            Some(taken) => taken.arn == name,
            None => !name.contains(":role/"),
        };
        if !sessions.iter().any(|session| named(&session.name) && close(session.remaining)) {
            self.fail("what is served is not among the sessions");
        }
        let remaining = self.core.remaining(self.now(), &open.chain);
        if open.purpose == Purpose::Repeated && !remaining.is_some_and(close) {
            self.fail(&format!("what is served has {left:?} left, and {remaining:?} is told"));
        }
    }

    fn check_roles(&self, open: &Open, identity: &crate::aws::Identity) {
        if identity.roles.len() != open.chain.roles.len() {
            self.fail("not the roles that were asked for");
        }
        let mut account = ACCOUNT.to_owned();
        for (taken, role) in identity.roles.iter().zip(&open.chain.roles) {
            let arn = match &role.arn {
                RoleName::Arn(arn) => arn.clone(),
                RoleName::Bare(name) => format!("arn:aws:iam::{account}:role/{name}"),
            };
            arn.split(':').nth(4).unwrap_or_default().clone_into(&mut account);
            let wanted = role.duration.unwrap_or(HOUR);
            let duration = taken.duration == wanted || taken.duration == wanted.min(HOUR);
            if taken.arn != arn
                || taken.session_name != role.session_name
                || taken.external_id != role.external_id
                || !duration
            {
                self.fail(&format!("{taken:?} is served for {role:?}"));
            }
            if arn.ends_with("/odd-long")
                && wanted > HOUR
                && open.chain.roles.len() == 1
                && base_lives_long(open)
            {
                self.fail("AWS refused more than the duration, and it is served for a shorter one");
            }
        }
        if identity.roles.is_empty() && open.chain.device.is_some() && identity.mfa.is_none() {
            self.fail("a session without MFA for a user with a device");
        }
    }

    /// After "Not now" a device is left alone until somebody insists.
    fn check_quiet(&self, questions: &[Question]) {
        let now = self.now().boot;
        let asked = |device: &String| questions.iter().any(|question| question.device == *device);
        if self.put_off.iter().any(|(device, until)| now < *until && asked(device)) {
            self.fail("somebody said not now, and is asked again");
        }
        for question in questions.iter().filter(|question| question.waiting > 0) {
            let shown = |open: &&Open| open.shown.as_ref().is_some_and(|shown| shown.id == question.id);
            if self.open.values().filter(shown).count() > question.waiting
                || !self.open.values().any(|open| open.chain.profile == question.profile)
            {
                self.fail(&format!("who waits is not who is said to wait: {question:?}"));
            }
        }
    }

    /// Whoever waits for a person only so long is thought of when that is over.
    fn check_limits(&self) {
        let wake = self.core.next_wake(self.now());
        for open in self.open.values().filter(|_| self.idle()) {
            let limit = match open.patience {
                Patience::Terminal(limit) | Patience::Silent(limit) => limit,
                Patience::Never => None,
            };
            let Some(limit) = limit else { continue };
            // A call that AWS asked to be made later may come after that.
            let latest = (open.asked + limit).max(self.now().boot + Duration::from_secs(16));
            if wake.is_none_or(|wake| wake > latest) {
                self.fail("nobody thinks of the end of somebody's patience");
            }
        }
    }

    /// Calls are signed with keys that are alive.
    pub(crate) fn check_signer(&self, operation: &Operation) {
        if self.resigned.is_some() {
            return;
        }
        let Some(identity) = self.aws.sessions.get(&operation.signer.access_key_id) else { return };
        let life = self.leases.get(&operation.signer.access_key_id).map_or(Duration::ZERO, |held| held.life);
        let late = if self.clocks == Clocks::Right { NOISE } else { NOISE * 2 };
        if identity.expires.since(self.aws.now) + late < Duration::from_mins(1).min(life / 12) {
            self.fail("a call is signed with a session that is over or about to be");
        }
    }

    /// A user's own session is asked for as long as the settings say.
    pub(crate) fn check_duration(&self, operation: &Operation) {
        if let Action::GetSessionToken { duration, .. } = &operation.action
            && *duration != self.settings.mfa_duration
        {
            self.fail(&format!("a session is asked for {duration:?}"));
        }
    }

    /// The clock's error is what AWS's answers say, but for what is within the answers' own precision.
    pub(crate) fn check_skew(&self) {
        let known = if self.error.abs() <= 2 { 0 } else { -self.error };
        if self.core.skew() != known {
            self.fail(&format!(
                "the clock is off by {} s and said to be by {}",
                self.error,
                self.core.skew()
            ));
        }
    }

    /// A user's own session is made without a code only after AWS has said that there is no device.
    pub(crate) fn check_looked_up(&self, operation: &Operation) {
        if !matches!(operation.action, Action::GetSessionToken { mfa: None, .. }) {
            return;
        }
        let root = self.root_of(&operation.signer.access_key_id);
        let logouts = self.logouts.get(&root).copied().unwrap_or(0);
        if self.looked_up.get(&root) != Some(&logouts) {
            self.fail(&format!("a session without MFA, and nobody asked whether {root} has a device"));
        }
    }

    /// A call is made only where what is held is not enough for anybody.
    pub(crate) fn check_needed(&self, what: &str, operation: &Operation) {
        let held = self.leases.values().filter(|held| held.what == what).max_by_key(|held| held.given);
        let Some(held) = held else { return };
        let root = self.root_of(&operation.signer.access_key_id);
        let dropped = held.logouts < self.logouts.get(&root).copied().unwrap_or(0)
            || self
                .aws
                .revoked
                .iter()
                .any(|key| self.leases.get(key).is_some_and(|revoked| revoked.what == what))
            || self.clocks != Clocks::Right
            || self.resigned.as_deref() == Some(what);
        if dropped {
            return;
        }
        let left = held.expires.since(self.aws.now);
        if self.open.values().any(|open| open.min_ttl.is_some_and(|least| left <= least + NOISE)) {
            // Somebody wants more, if not of this session.
            return;
        }
        match &operation.action {
            Action::GetSessionToken { mfa: Some(mfa), .. } => {
                let wanted = self.abandoned || self.open.values().any(Open::wants_new_mfa);
                // Who wanted more of it has left, and the question is still open.
                let asked = self.core.questions(self.now());
                let mut lingering = asked.iter().filter(|question| question.device == mfa.serial);
                let lingers = lingering.any(|question| question.waiting == 0);
                let enough = left > SNAPSHOT_MARGIN.min(held.life / 3) + NOISE;
                if !wanted && !lingers && enough {
                    self.fail(&format!("a code is used although the session has {left:?} left"));
                }
            }
            Action::AssumeRole { mfa: None, .. } | Action::GetSessionToken { mfa: None, .. } => {
                // A session is also in use through those that are taken from it.
                let through = match &operation.action {
                    Action::AssumeRole { arn, .. } => format!("Taken {{ arn: {arn:?}"),
                    _ => format!("role {root}"),
                };
                let through = |lately: bool| {
                    let used = |other: &&Held| other.used || (lately && other.used_before);
                    self.leases.values().filter(used).any(|other| other.what.contains(&through))
                };
                let used = held.used || through(false);
                let ending =
                    operation.signer.expiration.is_some_and(|end| end.since(self.aws.now) <= FLOOR + NOISE);
                if ending
                    && (held.used || held.used_before || through(true))
                    && !self.was_last_call(held, operation)
                {
                    return;
                }
                let bar = SNAPSHOT_MARGIN.max(BACKGROUND_MARGIN).min(held.life / 3 + held.life / 12);
                if left > bar + NOISE {
                    self.fail(&format!("a session is made anew although {left:?} is left"));
                }
                let somebody = self
                    .open
                    .values()
                    .any(|open| matches!(&open.chain.base, Base::Keys(keys) if keys.access_key_id == root));
                if self.calm && !somebody && !ending && held.used && self.trouble.is_none() {
                    self.note_jitter(held.life, left);
                }
                if !somebody && !used {
                    self.fail("a session is renewed although nobody used it");
                }
            }
            _ => {}
        }
    }

    /// Sessions are not all renewed at the same distance from their end.
    fn note_jitter(&self, life: Duration, left: Duration) {
        let least = Duration::from_mins(20).min(life / 3);
        let most = Duration::from_mins(2).min(life / 12);
        let part = left.saturating_sub(least).as_millis() * 10_000 / most.as_millis().max(1);
        self.jitter.borrow_mut().push(u64::try_from(part).unwrap_or(u64::MAX));
    }

    /// At the end of a schedule: jitter is no jitter if it is always the same.
    pub(crate) fn check_jitter(&self) {
        let jitter = self.jitter.borrow();
        if jitter.len() > 2 && jitter.iter().all(|part| *part == jitter[0]) {
            self.fail(&format!("sessions are all renewed at one moment: {jitter:?}"));
        }
    }

    /// Whether a role session was itself taken when the MFA session that signs now was about to end.
    fn was_last_call(&self, held: &Held, operation: &Operation) -> bool {
        let Some(mfa) = self.leases.get(&operation.signer.access_key_id) else { return false };
        let left_then = mfa.expires.since(self.aws.now) + self.now().boot.since(held.given);
        left_then + NOISE <= FLOOR.min(mfa.life / 6)
    }

    /// Nothing is signed with a sign-in's keys that are known to be over.
    pub(crate) fn check_source(&self, operation: &Operation) {
        let end =
            operation.signer.expiration.filter(|_| operation.signer.access_key_id.starts_with("ASIASAML"));
        if self.clocks == Clocks::Right
            && self.resigned.is_none()
            && end.is_some_and(|end| end <= self.aws.now)
        {
            self.fail("a call is signed with a sign-in that is over");
        }
    }

    /// What must hold between events.
    pub(crate) fn check_state(&self) {
        let now = self.now();
        let skew = self.core.skew();
        if skew.abs() == 1 || skew.abs() == 2 || (self.clocks == Clocks::Right && skew != 0) {
            self.fail(&format!("the clock is said to be off by {skew} s"));
        }
        let wake = self.core.next_wake(now);
        if wake.is_some_and(|wake| wake <= now.boot) {
            self.fail("the next moment to wake has passed");
        }
        let questions = self.core.questions(now);
        let devices: BTreeSet<_> = questions.iter().map(|question| &question.device).collect();
        if devices.len() != questions.len() {
            self.fail("two questions for one device");
        }
        for session in self.core.sessions(now) {
            if session.remaining.is_zero() || session.remaining > session.life {
                self.fail("a session is kept after its end");
            }
        }
        for shown in self.open.values().filter_map(|open| open.shown.as_ref()) {
            let Some(question) = questions.iter().find(|question| question.id == shown.id) else {
                self.fail("a question is shown that is closed")
            };
            if question.verifying != shown.verifying || (question.reason.is_some() && shown.reason.is_none())
            {
                self.fail("a terminal shows what is not so any more");
            }
        }
        let listed = self.open.values().filter(|open| open.choosing.is_some()).count();
        let shown = questions.iter().any(|question| !question.verifying) || listed > 0;
        if self.idle() && !self.open.is_empty() && wake.is_none() && !shown && !self.desktop.programs.any() {
            self.fail("requests wait for nothing");
        }
        let asked = self.open.values().filter(|open| open.shown.is_some()).count() + listed;
        self.check_limits();
        self.check_quiet(&questions);
        let able = self.open.values().filter(|open| matches!(open.patience, Patience::Terminal(_))).count();
        if self.idle() && wake.is_none() && asked == 0 && able > 0 && !self.desktop.programs.any() {
            self.fail("somebody at a terminal waits and sees nothing");
        }
    }
}

fn base_lives_long(open: &Open) -> bool {
    matches!(&open.chain.base, Base::Keys(keys) if !keys.temporary())
}

impl Open {
    /// Whether it may want an MFA session anew although the old one is good: a login, or a role that looks at its age.
    pub(crate) fn wants_new_mfa(&self) -> bool {
        self.purpose == Purpose::Login
            || self.chain.roles.first().is_some_and(|role| {
                matches!(&role.arn, RoleName::Arn(arn) if arn.ends_with("/young") || arn.ends_with("/closed"))
            })
    }
}
