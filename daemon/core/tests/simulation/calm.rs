//! What must hold on a good day: AWS answers at once, clocks are right, nothing is revoked. Then it can be said exactly what
//! a caller gets, who is told what, and when sessions are renewed. The numbers stand here once more, on purpose.

use std::time::Duration;

use awsd_core::effect::{Denial, Notice, NoticeKind, Reason, Served, SessionKind};
use awsd_core::event::{Patience, Purpose};
use awsd_core::time::Boot;

use crate::aws::Identity;
use crate::world::{Clocks, Held, Open, World};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const NOISE: Duration = Duration::from_secs(3);

impl World {
    /// Whether an MFA session of this user and device is held that roles can be taken with, and was at a moment.
    pub(crate) fn mfa_session_lives(&self, root: &str, device: Option<&str>, since: Boot) -> bool {
        let logouts = self.logouts.get(root).copied().unwrap_or(0);
        let what = format!("session {root} Some(");
        let lives = |(key, held): (&String, &Held)| {
            let left = held.expires.since(self.aws.now);
            held.logouts == logouts
                && left > MINUTE.min(held.life / 12) + NOISE
                && !self.aws.revoked.contains(key)
        };
        // A newer one replaces it, also where the settings made it shorter.
        let of_device = |held: &Held| held.what.starts_with(&what) && held.device.as_deref() == device;
        let known = self.leases.iter().filter(|(_, held)| of_device(held) && held.given <= since);
        known.max_by_key(|(_, held)| held.given).is_some_and(lives)
    }

    /// Whether the newest MFA session of a user was made more than an hour ago.
    fn mfa_session_is_old(&self, root: &str) -> bool {
        let what = format!("session {root} Some(");
        let given =
            self.leases.values().filter(|held| held.what.starts_with(&what)).map(|held| held.given).max();
        given.is_some_and(|given| self.now().boot.since(given) > HOUR + NOISE)
    }

    /// Nobody is refused what could be served, and the reason fits the keys.
    pub(crate) fn check_reason(&self, open: &Open, reason: Reason) {
        let passing = matches!(reason, Reason::AwsUnavailable | Reason::Throttled | Reason::ClockSkew);
        let left = self.core.remaining(self.now(), &open.chain).unwrap_or_default();
        if passing
            && open.purpose != Purpose::Login
            && open.min_ttl.is_none()
            && !open.wants_new_mfa()
            && left > MINUTE * 5 + NOISE
        {
            self.fail(&format!("{reason:?}, although a session with {left:?} is there"));
        }
        let source = open.root().starts_with("ASIASAML");
        if !source && reason == Reason::SourceExpired {
            self.fail("a key is taken for a sign-in that is over");
        }
        if source && matches!(reason, Reason::KeyRevoked) {
            self.fail("a sign-in that is over is taken for a deleted key");
        }
    }

    /// A session is served with less than its caller should have only where a person would have had to give a code.
    pub(crate) fn check_calm_life(&self, open: &Open, identity: &Identity, life: Duration, what: &str) {
        let left = identity.expires.since(self.aws.now);
        let enough = match open.purpose {
            Purpose::Snapshot => MINUTE * 45,
            _ => MINUTE * 20,
        };
        let coded = what.ends_with("\")") || what.contains("session ") || what.contains("/young ");
        let over = self.clocks != Clocks::Right
            || open.source_end().is_some_and(|end| end.since(self.aws.now) < NOISE)
            || open.root().starts_with("ASIASAML") && self.aws.saml_end.since(self.aws.now) < NOISE;
        let lives = self.mfa_session_lives(&identity.root, identity.device.as_deref(), self.now().boot);
        let lost = over || identity.by_mfa && !lives;
        let at_once = self.now().boot.since(open.asked) < SECOND * 2;
        if (self.calm || at_once)
            && left + NOISE < enough.min(life / 3)
            && !coded
            && !lost
            && !self.trouble_since(open.asked)
        {
            self.fail(&format!("a session with {left:?} left is served although it could be renewed"));
        }
    }

    /// After a login most of the session is still to come.
    pub(crate) fn check_login(&self, open: &Open) {
        let Some(device) = open.chain.device.as_ref().filter(|_| !open.takes_its_own_code()) else { return };
        let what = format!("session {} Some({device:?})", open.root());
        let newest = self.leases.values().filter(|held| held.what == what).max_by_key(|held| held.given);
        let Some(mfa) = newest else { self.fail("a login without a session") };
        if self.clocks == Clocks::Right && mfa.expires.since(self.aws.now) + NOISE < mfa.life / 2 {
            self.fail("a login leaves less than half a session");
        }
    }

    /// What is unusual about a session is said to those for whom it is made, and only then.
    pub(crate) fn check_notices(&self, open: &Open, identity: &Identity, served: &Served) {
        let told = |kind| served.notices.iter().find(|notice| notice.kind == kind);
        let Some(held) = self.leases.get(&served.keys.access_key_id) else { return };
        let fresh = held.given >= open.asked;
        let wanted = open.chain.roles.last().and_then(|role| role.duration).unwrap_or(HOUR);
        let shorter = identity.roles.last().is_some_and(|taken| taken.duration < wanted);
        let clamped = told(NoticeKind::DurationClamped);
        if clamped.is_some() != ((fresh || open.purpose == Purpose::Snapshot) && shorter)
            || clamped.is_some_and(|notice| !notice.text.contains("12 h"))
        {
            self.fail(&format!("a shorter session, and {clamped:?} is said about it"));
        }
        let no_device = identity.roles.is_empty() && identity.mfa.is_none();
        if told(NoticeKind::NoDevice).is_some() != (fresh && no_device) {
            self.fail("the notice of a user without a device");
        }
        let left = identity.expires.since(self.aws.now);
        let source = open.root().starts_with("ASIASAML");
        if self.clocks == Clocks::Right
            && !source
            && told(NoticeKind::NearEnd).is_some()
            && left > (MINUTE * 45).min(held.life / 3) + NOISE
        {
            self.fail("a warning of an end that is far");
        }
        let due = left + NOISE < (MINUTE * 45).min(held.life / 3);
        if self.calm
            && !source
            && due
            && told(NoticeKind::NearEnd).is_some() != (open.purpose == Purpose::Snapshot)
        {
            self.fail("who keeps a copy is told that it ends soon, and nobody else");
        }
        let minutes = |notice: &Notice| {
            let said = [left, left + NOISE].map(|left| format!("{} min", left.as_secs() / 60));
            said.iter().any(|said| notice.text.contains(said))
        };
        if self.clocks == Clocks::Right
            && !source
            && told(NoticeKind::NearEnd).is_some_and(|notice| !minutes(notice))
        {
            self.fail("the wrong number of minutes is told");
        }
        let of_sign_in = told(NoticeKind::NearEnd).is_some_and(|notice| notice.text.contains("sign in"));
        if self.clocks == Clocks::Right && of_sign_in && open.purpose != Purpose::Snapshot {
            self.fail("the end of a sign-in is told to those whom it does not concern");
        }
        let account = identity.roles.last().and_then(|taken| taken.arn.split(':').nth(4));
        if account.is_some() && served.account_id.as_deref() != account {
            self.fail("the wrong account");
        }
    }

    /// On a good day there are few reasons to refuse anything.
    pub(crate) fn check_calm_denied(&mut self, open: &Open, denial: &Denial) {
        if denial.reason == Reason::AwsUnavailable
            && !["RequestTimeout", "connection", "timed out", "before it arrived", "Rate exceeded"]
                .iter()
                .any(|why| denial.sentence.contains(why))
        {
            self.fail(&format!("the sentence does not say why: {}", denial.sentence));
        }
        if self.clocks == Clocks::Right && denial.sentence.contains("clock is") {
            self.fail(&format!("the clock is blamed wrongly: {}", denial.sentence));
        }
        if !self.calm {
            return;
        }
        let root = open.root().to_owned();
        let has_device = matches!(root.as_str(), "AKIAALICE" | "AKIABOB");
        let (now, dismissed) = (self.now().boot, self.dismissed);
        let fair = match denial.reason {
            Reason::AccessDenied => {
                // Whoever can be asked is asked for a new code before an old session is blamed.
                let old = open.first_role() == "young" && matches!(open.patience, Patience::Terminal(None));
                let asked = !(old && self.mfa_session_is_old(&root) && open.simple());
                (matches!(open.first_role(), "closed" | "young") || !has_device) && asked
            }
            Reason::BadDevice => {
                let strange = open.has_a_strangers_device();
                if strange != denial.sentence.contains("is not an MFA device of the user") {
                    self.fail(&format!("whose device it is was looked up: {}", denial.sentence));
                }
                root == "AKIADAVE" && !open.can_choose() || root == "AKIAEVE" || strange
            }
            Reason::AwsRefused => open.first_role().starts_with("odd"),
            Reason::CodeRequired => {
                self.question_expected = open.choosing.is_none();
                if open.coded && open.patience == Patience::Never && !self.trouble_since(open.asked) {
                    self.fail("a code is said to be missing that came with the request");
                }
                let asked = open.purpose == Purpose::Login || matches!(open.patience, Patience::Terminal(_));
                let new = (asked && open.wants_new_mfa())
                    || open.has_a_strangers_device()
                    || open.takes_its_own_code();
                new || open.chain.roles.is_empty()
                    || !self.mfa_session_lives(&root, self.device_of(open).map(String::as_str), now)
            }
            Reason::NotNow => dismissed.is_some_and(|at| now.since(at) <= MINUTE * 15),
            Reason::SpentCode => self.seen_codes.values().any(|codes| !codes.is_empty()),
            Reason::TooManyTries => {
                // Whoever waited may hear of it when AWS's next window has begun.
                let window = self.aws.now.0.as_secs() / 180;
                let windows = [window, window - 1];
                self.aws.devices.values().any(|device| {
                    // AWS refuses a call now and then before it looks at the code, which nobody is told.
                    let many = |window| device.tries.get(window).is_some_and(|tries| *tries >= 7);
                    windows.iter().any(|window| device.used_up == Some(*window) || many(window))
                })
            }
            Reason::SourceExpired => {
                root.starts_with("ASIASAML") && self.aws.saml_end.since(self.aws.now) < MINUTE * 5 + NOISE
                    || !root.ends_with(&self.saml.to_string())
            }
            Reason::LifeTooShort => {
                let asked = open.chain.roles.last().map(|role| role.duration.unwrap_or(HOUR).min(HOUR));
                let asked = asked.unwrap_or(self.settings.mfa_duration);
                let granted = self.leases.values().filter(|held| held.given >= open.asked);
                let longest = granted.map(|held| held.life).min().unwrap_or(asked).min(asked);
                let source = open.source_end().filter(|_| open.chain.roles.is_empty());
                let left = source.map_or(longest, |end| end.since(self.aws.now));
                open.min_ttl.is_some_and(|least| least > longest.min(left))
            }
            Reason::WrongCode | Reason::LoggedOut => true,
            Reason::AwsUnavailable | Reason::Throttled => self.trouble_since(open.asked),
            _ => false,
        };
        if !fair {
            self.fail(&format!("{:?} on a good day: {}", denial.reason, denial.sentence));
        }
    }

    /// After time has passed with the machine awake: nobody waits while a good session is there; and on a good day what is in
    /// use has been renewed, nobody waits longer than they said, and no question stays open that nobody waits for.
    pub(crate) fn check_rest(&self) {
        for open in self.open.values().filter(|open| !open.wants_new_mfa()) {
            let left = self.core.remaining(self.now(), &open.chain).unwrap_or_default();
            if left > open.min_ttl.unwrap_or_default().max(MINUTE * 5) + NOISE
                && self.now().boot.since(open.asked) > NOISE
            {
                self.fail(&format!("somebody waits although a session with {left:?} is there"));
            }
        }
        if !self.calm {
            return;
        }
        for held in self.leases.values().filter(|held| held.used && held.what.starts_with("role ")) {
            let newest = self
                .leases
                .values()
                .filter(|other| other.what == held.what)
                .all(|other| other.given <= held.given);
            let root = held.what["role ".len()..].split(['+', '[', ' ']).next().unwrap_or_default();
            let gone = held.logouts != self.logouts.get(root).copied().unwrap_or(0);
            let chained = held.what.contains("Taken");
            // The earliest moment: what it is taken from must have been there by then.
            let margin = (MINUTE * 20).min(held.life / 3) + (MINUTE * 2).min(held.life / 12);
            let due = held.given + held.life.saturating_sub(margin);
            let renewable = !root.starts_with("ASIASAML") && !held.what.contains("+mfa")
                || self.mfa_session_lives(root, held.device.as_deref(), due);
            let left = held.expires.since(self.aws.now);
            let coded = held.what.ends_with("\")") || held.what.contains("/young ");
            // After a failure renewal rests for a while.
            let trouble = self.trouble.is_some_and(|at| at + MINUTE * 17 >= due);
            if newest
                && !trouble
                && !gone
                && !chained
                && !coded
                && renewable
                && left + NOISE < (MINUTE * 20).min(held.life / 3)
            {
                self.fail(&format!("in use, {left:?} left, and not renewed: {}", held.what));
            }
        }
        self.check_last_call();
        let now = self.now().boot;
        for open in self.open.values() {
            let limit = match open.patience {
                Patience::Terminal(limit) => limit,
                Patience::Silent(limit) => Some(limit.unwrap_or(SECOND * 50)),
                Patience::Never => Some(Duration::ZERO),
            };
            // A call that AWS asked to make later keeps everybody waiting.
            let trouble = self.trouble.is_some_and(|at| at + SECOND * 20 >= open.asked);
            if limit.is_some_and(|limit| now.since(open.asked) > limit + SECOND) && !trouble {
                self.fail("somebody waits longer than they said");
            }
        }
        for (id, since) in &self.alone {
            if now.since(*since) > MINUTE * 10 + SECOND {
                self.fail(&format!("{id:?} stays open although nobody waits"));
            }
        }
    }

    /// When an MFA session is about to end, what is in use has been taken from it once more.
    fn check_last_call(&self) {
        let ending = |held: &&Held| {
            let left = held.expires.since(self.aws.now);
            held.what.starts_with("session ")
                && held.what.contains(":mfa/")
                && left > MINUTE.min(held.life / 12) + NOISE
                && left + NOISE < (MINUTE * 5).min(held.life / 6)
        };
        let newest = |held: &&Held| {
            self.leases.values().all(|other| other.what != held.what || other.given <= held.given)
        };
        for mfa in self.leases.values().filter(ending).filter(newest) {
            let root = mfa.what["session ".len()..].split(' ').next().unwrap_or_default();
            let gone = mfa.logouts != self.logouts.get(root).copied().unwrap_or(0);
            let of_it = format!("role {root}+mfa[] ");
            let moment = mfa.given + mfa.life.saturating_sub((MINUTE * 5).min(mfa.life / 6));
            let missed = self.leases.values().find(|role| {
                let newest =
                    self.leases.values().all(|other| other.what != role.what || other.given <= role.given);
                let taken_from_it =
                    role.line >= mfa.line && role.device == mfa.device && !role.what.contains("/young ");
                let alive = role.expires.since(self.aws.now) > Duration::ZERO;
                newest
                    && alive
                    && taken_from_it
                    && role.used
                    && role.what.starts_with(&of_it)
                    && role.given + NOISE < moment
            });
            let trouble = self.trouble_since(moment);
            if let Some(role) = missed.filter(|_| !gone && !trouble) {
                self.fail(&format!(
                    "in use, and not taken once more before the MFA session ends: {}",
                    role.what
                ));
            }
        }
    }

    /// Follows which questions nobody waits for; such a one stays for ten minutes.
    pub(crate) fn follow_questions(&mut self) {
        let now = self.now().boot;
        let questions = self.core.questions(self.now());
        if self.question_expected && questions.is_empty() {
            self.fail("a code is said to be needed, and no question is open");
        }
        self.question_expected = false;
        let early = self.alone.iter().find(|(id, since)| {
            now.since(**since) + SECOND < MINUTE * 10 && !questions.iter().any(|question| question.id == **id)
        });
        if self.only_time && early.is_some() {
            self.fail("a question closes too early");
        }
        let alone = |id| {
            questions.iter().any(|question| question.id == id && question.waiting == 0 && !question.verifying)
        };
        self.alone.retain(|id, _| alone(*id));
        for question in &questions {
            if question.user != question.device.rsplit('/').next().unwrap_or_default()
                || !question.device.contains(":mfa/")
            {
                self.fail(&format!("whose device is {}?", question.device));
            }
            if question.waiting > self.open.len() {
                self.fail("more callers wait than there are");
            }
            if alone(question.id) {
                self.alone.entry(question.id).or_insert(now);
            }
        }
    }

    /// What is shown of sessions names them and keeps their keys to itself.
    pub(crate) fn check_view(&self) {
        for session in self.core.sessions(self.now()) {
            let named = match session.kind {
                SessionKind::Role => {
                    session.name.starts_with("arn:aws:iam::") && session.name.contains(":role/")
                }
                SessionKind::Source => true,
                SessionKind::Mfa => session.name.contains(":mfa/"),
                SessionKind::User => {
                    let tail = session
                        .name
                        .chars()
                        .rev()
                        .take(4)
                        .collect::<String>()
                        .chars()
                        .rev()
                        .collect::<String>();
                    session.name.starts_with("AKIA")
                        && self.aws.users.keys().any(|key| key.ends_with(&tail) && *key != session.name)
                }
            };
            if !named || session.profiles.is_empty() {
                self.fail(&format!("a session is shown as {session:?}"));
            }
        }
    }
}
