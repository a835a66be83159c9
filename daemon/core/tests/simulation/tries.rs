//! Codes as people give them, also those that AWS does not look at: which may be given again, and when to go on.

use awsd_core::chain::{Base, Chain};
use awsd_core::effect::{Denial, Reason};
use awsd_core::event::{Caller, Event, Patience, Purpose, Request};
use awsd_core::time::Boot;
use secrecy::{ExposeSecret as _, SecretString};

use crate::aws;
use crate::pauses::Outage;
use crate::world::{Clocks, Open, World};

/// AWS's windows of tries are aligned to UTC, in seconds.
const WINDOW: u64 = 180;
/// More often than AWS looks at codes in one window.
const OFTEN: usize = 10;

impl World {
    /// What somebody might type: mostly the right code, sometimes an old one, a wrong one or nonsense.
    pub(crate) fn some_code(&mut self, device: &str) -> SecretString {
        let now = self.aws.now;
        let right = aws::code(device, now);
        let code = SecretString::from(match self.random.below(22) {
            0 => "000000".to_owned(),
            1 => "12345".to_owned(),
            2 => "letters".to_owned(),
            3 => aws::code(device, aws::earlier(now, 600)),
            4 => aws::code(device, aws::earlier(now, 30)),
            5 => format!(" {right}  "),
            // Whoever has written it down gives it again.
            6 | 7 => self.given.get(device).map_or(right, |code| code.expose_secret().to_owned()),
            _ => right,
        });
        self.given.insert(device.to_owned(), code.clone());
        code
    }

    /// A code that was just given is not sent, for a reason that is so.
    pub(crate) fn check_unfit(&self, device: &str, code: &SecretString, sentence: &str) {
        if sentence.contains("has been used") {
            self.check_spent(device, code.expose_secret());
        }
        if let Some((_, wait)) = sentence.split_once("go on in ") {
            self.check_wait(wait);
        }
    }

    /// AWS looks at no more codes for now.
    pub(crate) fn check_exhausted(&self, denial: &Denial) {
        let hint = denial.hint.as_deref().unwrap_or_default();
        if denial.reason == Reason::TooManyTries
            && let Some((_, wait)) = hint.split_once("again in ")
        {
            self.check_wait(wait);
        }
    }

    /// The wait that is said ends with AWS's window, to the second.
    fn check_wait(&self, said: &str) {
        let left = WINDOW - self.aws.now.0.as_secs() % WINDOW;
        let seconds = said.split(' ').next().and_then(|seconds| seconds.parse::<u64>().ok());
        let right = seconds.is_some_and(|seconds| seconds.abs_diff(left) <= 1);
        if self.clocks == Clocks::Right && !right {
            self.fail(&format!("AWS looks at codes again in {left} s, and {said} is said"));
        }
    }

    /// AWS is out of reach, and somebody gives one code again and again. It cannot have seen it, so that may go on.
    pub(crate) fn give_in_vain(&mut self) {
        let Some(chain) = self.last_chain.clone() else { return };
        let Some(device) = chain.device.clone().filter(|_| self.flights.is_empty()) else { return };
        let outage = self.outage.replace(Outage::Network);
        let code = aws::code(&device, self.aws.now);
        for times in 0..OFTEN {
            self.give_with(&chain, &code);
            let sent = self.flights.values().any(|flight| Self::code_of(&flight.operation) == Some(&code));
            if !sent && times > 0 {
                self.fail("a code that AWS cannot have seen may not be given again");
            }
            if !sent {
                break;
            }
            self.finish_calls();
        }
        self.outage = outage;
    }

    /// `awsd login --no-prompt --code CODE`.
    fn give_with(&mut self, chain: &Chain, code: &str) {
        let id = self.request();
        let Base::Keys(keys) = &chain.base else { unreachable!("profiles have keys") };
        self.log(&format!("in vain {id:?} {} {code}", keys.access_key_id));
        let caller = Caller::default();
        let open = Open {
            chain: chain.clone(),
            purpose: Purpose::Login,
            patience: Patience::Never,
            chooses: false,
            min_ttl: None,
            asked: Boot(self.boot),
            line: self.history.len(),
            display: caller.display.clone(),
            coded: true,
            shown: None,
            choosing: None,
            logouts: self.logouts.get(&keys.access_key_id).copied().unwrap_or(0),
        };
        self.open.insert(id, open);
        self.new_moment();
        self.last_ask = Boot(self.boot);
        self.put_off.clear();
        let request = Request {
            chain: chain.clone(),
            purpose: Purpose::Login,
            patience: Patience::Never,
            chooses: false,
            caller,
            min_ttl: None,
            code: Some(SecretString::from(code)),
            sign_in: None,
            inside: Vec::new(),
        };
        self.give(Event::Requested(id, Box::new(request)));
    }
}
