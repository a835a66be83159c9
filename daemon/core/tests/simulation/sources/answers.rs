//! What sources and AWS answer.

use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::effect::{Action, Operation};
use awsd_core::event::{Event, Failure, Granted, Outcome};
use awsd_core::time::{Boot, Wall};
use secrecy::SecretString;

use crate::sources::world::{Flight, Issued, Mode, World};

const HOUR: Duration = Duration::from_hours(1);

impl World {
    /// Something that is under way comes to an end.
    pub(crate) fn answer(&mut self) {
        let index = self.random.index(self.flights.len().max(1));
        let Some(call) = self.flights.keys().nth(index).copied() else { return };
        // Nothing comes back in no time.
        self.move_to(self.boot + Duration::from_millis(1));
        let result = match self.flights.remove(&call) {
            Some(Flight::Fetch(source)) => self.source_answers(source),
            Some(Flight::Call(source, operation)) => self.aws_answers(source, &operation),
            None => return,
        };
        self.log(&format!("answer {call:?} {}", result.is_ok()));
        self.give(Event::Finished { call, outcome: Outcome { result, skew: Some(0) } });
    }

    fn source_answers(&mut self, source: usize) -> Result<Granted, Failure> {
        let now = self.wall;
        let real = &mut self.sources[source];
        match real.mode {
            Mode::Good => {}
            Mode::SignIn => return Err(Failure::SignIn("is over".to_owned())),
            Mode::Broken => return Err(Failure::Source("it says no".to_owned())),
            Mode::Away => return Err(Failure::NotSent("connection refused".to_owned())),
        }
        let good = |last: &&(String, Wall)| real.repeats && last.1 > now && !self.revoked.contains(&last.0);
        let kept = real.last.as_ref().filter(good).cloned();
        if kept.is_some() {
            self.seen.insert("same keys".to_owned());
        }
        let (id, end) = kept.unwrap_or_else(|| {
            self.last_key += 1;
            let prefix = if real.life.is_some() { "ASIA" } else { "AKIA" };
            (format!("{prefix}{:08}", self.last_key), now + real.life.unwrap_or(HOUR * 100_000))
        });
        real.last = Some((id.clone(), end));
        real.gave = Some(Boot(self.boot));
        let forgotten = std::mem::replace(&mut real.distrusted, false);
        let temporary = real.life.is_some();
        let (logouts, tells) = (real.logouts, real.tells);
        let issued = Issued {
            source,
            kind: "source",
            expires: temporary.then_some(end),
            life: real.life.unwrap_or(Duration::MAX),
            logouts,
        };
        let again = |known: &mut Issued| {
            // Of keys that were forgotten meanwhile no more is known than what is left of them.
            if forgotten || known.logouts != logouts {
                known.life = end.since(now);
            }
            known.logouts = logouts;
        };
        self.issued.entry(id.clone()).and_modify(again).or_insert(issued);
        Ok(Granted::Session(Keys {
            secret_access_key: SecretString::from("s"),
            session_token: temporary.then(|| SecretString::from("t")),
            expiration: (temporary && tells).then_some(end),
            account_id: None,
            access_key_id: id,
        }))
    }

    fn aws_answers(&mut self, source: usize, operation: &Operation) -> Result<Granted, Failure> {
        let key = &operation.signer.access_key_id;
        let refused =
            |code: &str| Failure::Refused { status: 403, code: code.to_owned(), message: String::new() };
        if self.revoked.contains(key) {
            return Err(refused("InvalidClientTokenId"));
        }
        if self.issued[key].expires.is_some_and(|end| end <= self.wall) {
            return Err(refused("ExpiredToken"));
        }
        let (kind, duration) = match &operation.action {
            Action::ListMfaDevices => return Ok(Granted::Devices(Vec::new())),
            Action::GetCallerIdentity => return Ok(Granted::Account("111122223333".to_owned())),
            Action::GetSessionToken { duration, .. } => ("user", *duration),
            Action::AssumeRole { duration, .. } => ("role", *duration),
        };
        self.last_key += 1;
        let id = format!("ASIA{:08}", self.last_key);
        let end = self.wall + duration;
        let logouts = self.sources[source].logouts;
        self.issued.insert(id.clone(), Issued { source, kind, expires: Some(end), life: duration, logouts });
        Ok(Granted::Session(Keys {
            secret_access_key: SecretString::from("s"),
            session_token: Some(SecretString::from("t")),
            expiration: Some(end),
            account_id: None,
            access_key_id: id,
        }))
    }
}
