//! Calls that fail and may succeed later: how soon they are made again, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use awsd_core::effect::{Action, Operation};
use awsd_core::event::Failure;
use awsd_core::time::Boot;

use crate::aws;
use crate::world::{Clocks, Open, World};

/// A call is made this often in a row before whoever waits is told.
const ATTEMPTS: u32 = 3;

/// A call with one code is made at most this often: once more if it was refused for its time, or had not left the machine.
const WITH_ONE_CODE: u32 = 2;

/// Any other call is made at most this often in one moment, each time for others who come to need it.
const AT_ONCE: u32 = 8;

/// Background renewal pauses so long the first time.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// How AWS is out of reach for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    Network,
    Overload,
    Faults,
}

impl Outage {
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Network => Failure::NotSent("connection refused".to_owned()),
            Self::Overload => throttling(),
            Self::Faults => Failure::Refused {
                status: 503,
                code: "ServiceUnavailable".to_owned(),
                message: "timed out".to_owned(),
            },
        }
    }
}

pub(crate) fn throttling() -> Failure {
    Failure::Refused { status: 400, code: "Throttling".to_owned(), message: "Rate exceeded".to_owned() }
}

/// What is known of calls that failed, by what they were for.
#[derive(Default)]
pub(crate) struct Pauses {
    failed: BTreeMap<String, Failed>,
    /// How often each call was made in this moment.
    at_once: BTreeMap<String, u32>,
    /// When somebody was last told that AWS cannot be asked.
    pub told: Option<Boot>,
}

/// A call that failed and may succeed later.
struct Failed {
    at: Boot,
    /// In a row since it was last given up.
    attempts: u32,
    /// How often it was given up.
    given_up: u32,
    given_up_at: Option<Boot>,
    throttled: bool,
    /// The machine slept when it was to be made again: how often it has been tried is not known any more.
    slept: bool,
}

fn carries_code(operation: &Operation) -> bool {
    matches!(
        &operation.action,
        Action::GetSessionToken { mfa: Some(_), .. } | Action::AssumeRole { mfa: Some(_), .. }
    )
}

fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::NotSent(_) | Failure::NoAnswer(_) => true,
        Failure::SignIn(_) | Failure::Source(_) => false,
        Failure::Refused { status, code, .. } => {
            *status >= 500 || matches!(code.as_str(), "Throttling" | "RequestTimeout")
        }
    }
}

impl World {
    /// Somebody did something, or time passed: calls may be made once more.
    pub(crate) fn new_moment(&mut self) {
        self.pauses.at_once.clear();
    }

    /// What was known of a user's failures, or of everybody's, is of no account any more.
    pub(crate) fn forget_pauses(&mut self, root: Option<&str>) {
        self.new_moment();
        self.pauses.failed.retain(|what, _| root.is_some_and(|root| root_of(what) != root));
    }

    /// Timers do not ring for a while.
    pub(crate) fn sleep_over_pauses(&mut self) {
        self.pauses.failed.values_mut().for_each(|failed| failed.slept = true);
    }

    /// AWS goes out of reach, or comes back.
    pub(crate) fn begin_or_end_outage(&mut self) {
        self.outage = match self.outage {
            None => Some(*self.random.pick(&[Outage::Network, Outage::Overload, Outage::Faults])),
            Some(_) => None,
        };
        self.log(&format!("outage {:?}", self.outage));
    }

    /// Whether AWS has been out of reach since a moment.
    pub(crate) fn trouble_since(&self, moment: Boot) -> bool {
        self.trouble.is_some_and(|at| at >= moment)
    }

    /// A call is about to be made again, not too soon and not too often.
    pub(crate) fn check_pause(&mut self, what: &str, code: Option<&str>) {
        let times = self.pauses.at_once.entry(format!("{what} {code:?}")).or_default();
        *times += 1;
        if *times > if code.is_some() { WITH_ONE_CODE } else { AT_ONCE } {
            self.fail(&format!("the same call over and over: {what}"));
        }
        if self.resigned.as_deref() == Some(what) {
            return;
        }
        let now = self.now().boot;
        let of_user = |open: &&Open| open.root() == root_of(what);
        let asked_for = self.open.values().filter(of_user).any(|open| open.shown.is_none());
        let Some(failed) = self.pauses.failed.get_mut(what).filter(|failed| !failed.slept) else { return };
        let since = now.since(failed.at);
        let most = pause(failed.attempts.max(1), failed.throttled);
        // It was given up before, and now comes the time of its renewal, whoever has tried meanwhile.
        let rest = RENEWAL_PAUSE * 2_u32.pow(failed.given_up.saturating_sub(1).min(5));
        let is_renewal =
            failed.given_up_at.is_some_and(|at| now.since(at).abs_diff(rest) < Duration::from_millis(10));
        if failed.attempts > 0
            && ((is_renewal && !asked_for) || since > most || (since >= most / 2 && !self.only_time))
        {
            // Nobody waited for it any more when its moment came, so this is a new beginning.
            failed.attempts = 0;
            return;
        }
        let Some(failed) = self.pauses.failed.get(what) else { return };
        let least = if failed.attempts > 0 || failed.throttled {
            pause(if failed.attempts > 0 { failed.attempts } else { ATTEMPTS }, failed.throttled) / 2
        } else if self.last_ask < failed.at
            && !self.somebody_waits(what)
            && !self.mfa_session_ends(what)
            && !self.is_over(what)
        {
            self.renewal_pause(what, failed.given_up)
        } else {
            Duration::ZERO
        };
        // Somebody was told then that AWS cannot be asked; whoever comes next asks again.
        let begins_anew = self.pauses.told == Some(failed.at);
        if since < least && !begins_anew {
            self.fail(&format!("failed, and {since:?} later it is made again: {what}"));
        }
    }

    /// Whether somebody is here who may need it, by now or in another way than before.
    fn somebody_waits(&self, what: &str) -> bool {
        self.open.values().any(|open| open.root() == root_of(what))
    }

    /// Whether this is taken from an MFA session that is about to end: it is taken once more then, without a pause.
    fn mfa_session_ends(&self, what: &str) -> bool {
        let of_it = format!("session {} Some(", root_of(what));
        what.contains("+mfa")
            && self
                .leases
                .values()
                .filter(|held| held.what.starts_with(&of_it))
                .any(|held| held.expires.since(self.aws.now) <= Duration::from_mins(5).min(held.life / 6))
    }

    /// How long background renewal rests at least.
    fn renewal_pause(&self, what: &str, given_up: u32) -> Duration {
        let root = root_of(what);
        let of_it = self.leases.values().filter(|held| held.what.contains(root));
        let shortest = of_it.map(|held| held.life / 12).min().unwrap_or_default();
        (RENEWAL_PAUSE * 2_u32.pow(given_up.saturating_sub(1).min(5)))
            .min(shortest.max(Duration::from_secs(1)))
    }

    /// A call has failed: the next moment to do something is neither missed nor far.
    pub(crate) fn note_failure(&mut self, what: &str, operation: &Operation, failure: &Failure) {
        self.trouble = Some(Boot(self.boot));
        if carries_code(operation) {
            return;
        }
        if !may_pass(failure) {
            // What is refused for its time is signed again: that is the same attempt.
            if !aws::code_unseen(failure) {
                self.pauses.failed.remove(what);
            }
            return;
        }
        let at = Boot(self.boot);
        let throttled = *failure == throttling();
        let failed = self.pauses.failed.entry(what.to_owned()).or_insert(Failed {
            at,
            attempts: 0,
            given_up: 0,
            given_up_at: None,
            throttled,
            slept: false,
        });
        failed.at = at;
        failed.throttled = throttled;
        failed.attempts = (failed.attempts + 1) % ATTEMPTS;
        if failed.attempts == 0 {
            failed.given_up += 1;
            failed.given_up_at = Some(at);
        }
    }

    /// A session from which none can be taken any more is made again when the renewal of one that was comes due.
    fn is_over(&self, what: &str) -> bool {
        let mut held = self.leases.values().filter(|held| held.what == what);
        let usable = |life: Duration| Duration::from_mins(1).min(life / 12) + Duration::from_secs(3);
        held.all(|held| held.expires.since(self.aws.now) < usable(held.life))
    }

    /// After a failure it is not forgotten to try again.
    pub(crate) fn check_retry(&self, what: &str) {
        let Some(failed) =
            self.pauses.failed.get(what).filter(|failed| failed.at == Boot(self.boot) && !failed.slept)
        else {
            return;
        };
        let wake = self.core.next_wake(self.now());
        let in_time = |limit: Duration| wake.is_some_and(|wake| wake <= failed.at + limit);
        if self.calm && failed.attempts > 0 && !in_time(pause(failed.attempts, failed.throttled)) {
            self.fail(&format!("failed, and it is not tried again soon: {what}"));
        }
        let newest = self.leases.values().filter(|held| held.what == what).max_by_key(|held| held.given);
        let Some(held) = newest.filter(|held| held.used && self.clocks == Clocks::Right) else { return };
        let root = root_of(what);
        let gone = held.logouts != self.logouts.get(root).copied().unwrap_or(0);
        let alive = held.expires.since(self.aws.now) > Duration::ZERO;
        let limit = (held.life / 12).max(Duration::from_secs(1)) + Duration::from_millis(1);
        if failed.attempts == 0 && alive && !gone && !in_time(limit) {
            self.fail(&format!("in use, not renewed, and not tried again: {what}"));
        }
    }

    /// A call was answered.
    pub(crate) fn note_answer(&mut self, what: &str) {
        self.pauses.at_once.retain(|made, _| !made.starts_with(what));
        self.pauses.failed.remove(what);
    }
}

/// The key that a call's purpose begins with.
fn root_of(what: &str) -> &str {
    what.split(' ').nth(1).and_then(|signer| signer.split(['+', '[']).next()).unwrap_or_default()
}

/// The longest pause after so many failures.
fn pause(failures: u32, throttled: bool) -> Duration {
    Duration::from_millis(if throttled { 1000 } else { 250 }) * 4_u32.pow(failures - 1)
}
