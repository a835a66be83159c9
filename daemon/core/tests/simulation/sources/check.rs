//! What must hold of sources, whatever happens. The numbers of the design stand here once more.

use std::time::Duration;

use awsd_core::effect::{Action, Denial, Fetch, Operation, Reason, Served};
use awsd_core::event::{Purpose, RequestId};
use awsd_core::source::Source;
use awsd_core::time::Boot;

use crate::sources::world::{Flight, Issued, Mode, World};

const NOISE: Duration = Duration::from_secs(3);
const HOUR: Duration = Duration::from_hours(1);
const FLOOR: Duration = Duration::from_mins(5);
/// How long keys are believed in of which nobody says when they end.
const UNSAID: Duration = Duration::from_mins(15);

impl World {
    /// A source is asked: by one at a time, for somebody, and not for what is there.
    pub(crate) fn check_fetch(&self, source: usize, fetch: &Fetch) {
        let real = &self.sources[source];
        if self.flights.values().any(|flight| matches!(flight, Flight::Fetch(other) if *other == source)) {
            self.fail("a source is asked a second time meanwhile");
        }
        if fetch.inside.last() != Some(&real.source.mark()) {
            self.fail("a program does not know what it is run for");
        }
        let somebody = self.open.values().any(|open| open.source == source);
        if matches!(&*real.source, Source::Process(_)) && !somebody {
            self.fail("a program is run although nobody waits for it");
        }
        // What was given a moment ago, to all who had asked by then, is all that it has.
        let lately = |gave: Boot| gave >= real.asked && Boot(self.boot).since(gave) < Duration::from_secs(20);
        if real.gave.is_some_and(lately) && !real.distrusted && !self.left_of_source(source).is_zero() {
            self.fail("a source is asked again at once");
        }
        let left = self.left_of_source(source);
        let picky = self.open.values().any(|open| open.source == source && open.min_ttl.is_some());
        if left > HOUR && !picky && !real.distrusted {
            self.fail(&format!("a source is asked although what it gave lives for {left:?}"));
        }
    }

    fn left_of_source(&self, source: usize) -> Duration {
        let real = &self.sources[source];
        let Some((id, end)) = real.last.as_ref().filter(|_| real.gave.is_some()) else {
            return Duration::ZERO;
        };
        if self.revoked.contains(id) {
            return Duration::ZERO;
        }
        if !real.tells && real.life.is_some() {
            let since = real.gave.map(|gave| Boot(self.boot).since(gave)).unwrap_or_default();
            return UNSAID.saturating_sub(since).min(end.since(self.wall));
        }
        end.since(self.wall)
    }

    /// AWS is called with keys that live, and as it wants to be called with such keys.
    pub(crate) fn check_call(&self, signer: &Issued, operation: &Operation) {
        let tells = self.sources[signer.source].tells || signer.kind != "source";
        if tells && signer.expires.is_some_and(|end| end <= self.wall) {
            self.fail("a call is signed with keys that are over");
        }
        if signer.logouts != self.sources[signer.source].logouts {
            self.fail("a call is signed with keys from before a logout");
        }
        match &operation.action {
            Action::GetSessionToken { .. } if signer.expires.is_some() => {
                self.fail("GetSessionToken with temporary keys");
            }
            Action::AssumeRole { duration, mfa, .. } => {
                if mfa.is_some() && signer.expires.is_some() {
                    self.fail("a code for temporary keys");
                }
                let machine = signer.source == 4;
                if *duration > HOUR && signer.expires.is_some() && !machine {
                    self.fail("a chained role for longer than an hour");
                }
            }
            _ => {}
        }
    }

    pub(crate) fn served(&mut self, id: RequestId, served: &Served) {
        let Some(open) = self.open.remove(&id) else { self.fail("somebody is served who has not asked") };
        let key = &served.keys.access_key_id;
        self.log(&format!("served {id:?} {key}"));
        let Some(issued) = self.issued.get(key).cloned() else { self.fail("nobody has given these keys") };
        if open.purpose == Purpose::Login {
            self.fail("a login is answered with credentials");
        }
        if issued.source != open.source || (issued.kind == "role") != open.role {
            self.fail("not what was asked for");
        }
        let Some(end) = issued.expires else { self.fail("a long-lived key is handed out") };
        let real = &self.sources[issued.source];
        if issued.logouts != real.logouts || issued.logouts < open.logouts {
            self.fail("keys from before a logout are served");
        }
        let tells = real.tells || issued.kind != "source";
        if served.expiration != tells.then_some(end) {
            self.fail("the wrong end is told");
        }
        let left = end.since(self.wall);
        if tells && left + NOISE < FLOOR.min(issued.life / 3) {
            self.fail(&format!("keys with {left:?} left are served"));
        }
        if tells && left.is_zero() {
            self.fail("keys that are over are served");
        }
        if tells && open.min_ttl.is_some_and(|least| left + NOISE * 2 < least) {
            self.fail("less is served than was wanted");
        }
        self.seen.insert(format!("served {}", issued.kind));
    }

    pub(crate) fn denied(&mut self, id: RequestId, denial: &Denial) {
        self.log(&format!("denied {id:?} {:?} {}", denial.reason, denial.sentence));
        let Some(open) = self.open.remove(&id) else {
            // An answer to a question that was closed meanwhile, for instance.
            return;
        };
        self.seen.insert(format!("{:?}", denial.reason));
        let real = &self.sources[open.source];
        let fair = match denial.reason {
            Reason::SourceExpired if denial.sentence.contains("sign-in") => real.mode == Mode::SignIn,
            Reason::SourceExpired => denial.sentence.contains("just now") || denial.sentence.contains("over"),
            Reason::SourceFailed => {
                real.mode == Mode::Broken
                    || denial.sentence.contains("wait for itself")
                    || real.life.is_some()
            }
            Reason::AwsUnavailable => real.mode == Mode::Away,
            Reason::LoggedOut => open.logouts < real.logouts,
            Reason::LifeTooShort => open.min_ttl.is_some(),
            // The source is asked once more for other keys: only what is revoked meanwhile is told.
            Reason::KeyRevoked => self.revoked.len() > open.revoked,
            Reason::AwsRefused | Reason::AccessDenied => !self.revoked.is_empty() || !real.tells,
            _ => false,
        };
        if !fair {
            self.fail(&format!("refused for no reason: {denial:?}, and the source is {:?}", real.mode));
        }
        let command = denial.hint.as_deref().unwrap_or_default();
        if matches!(&*real.source, Source::Sso(_))
            && denial.sentence.contains("sign-in")
            && !command.contains("aws sso login --sso-session corp")
        {
            self.fail("nobody says what to type");
        }
        if denial.sentence.contains("hunter2") || command.contains("hunter2") {
            self.fail("a command's arguments are told");
        }
    }

    pub(crate) fn check_logout(&self, one: Option<usize>) {
        let goes = |source: usize| one.is_none_or(|one| one == source);
        if self.open.values().any(|open| goes(open.source)) {
            self.fail("after a logout somebody still waits");
        }
        let under_way = |flight: &Flight| matches!(flight, Flight::Fetch(source) if goes(*source));
        if self.flights.values().any(under_way) {
            self.fail("after a logout a source is still being asked");
        }
    }

    pub(crate) fn check_state(&self) {
        let now = self.now();
        let wake = self.core.next_wake(now);
        if wake.is_some_and(|wake| wake <= now.boot) {
            self.fail("the next moment to wake has passed");
        }
        if wake.is_some_and(|wake| wake.0 > self.boot + Duration::from_hours(24 * 365)) {
            self.fail("an end is waited for that never comes");
        }
        for session in self.core.sessions(now) {
            if session.remaining.is_zero() || session.profiles.is_empty() || session.name.contains("hunter2")
            {
                self.fail(&format!("a session is shown as {session:?}"));
            }
        }
        let asked = !self.core.questions(now).is_empty();
        if !self.open.is_empty() && self.flights.is_empty() && wake.is_none() && !asked {
            self.fail("requests wait for nothing");
        }
    }
}
