//! The codes of one MFA device: which are spent, and how many more AWS would look at.
//!
//! A code belongs to one call. It is judged here before AWS sees it, and it is never used twice.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::effect::Reason;
use crate::policy::{SPENT_MEMORY, TRIES, TRIES_WINDOW};
use crate::time::{Boot, Wall};

/// How many digits AWS takes.
const DIGITS: usize = 6;

/// What was done with a device's codes lately.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    spent: Vec<(Boot, SecretString)>,
    /// When AWS was asked about a code, on its own clock.
    tries: Vec<Wall>,
}

/// Why a code is not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub reason: Reason,
    pub sentence: String,
}

impl Codes {
    /// Makes a code out of what was typed, or says why it is not sent. `wall` is AWS's clock.
    pub(crate) fn judge(&self, now: Boot, wall: Wall, typed: &SecretString) -> Result<SecretString, Unfit> {
        let unfit = |reason, sentence| Err(Unfit { reason, sentence });
        let code: String = typed.expose_secret().chars().filter(|c| !c.is_whitespace()).collect();
        let code = SecretString::from(code);
        let digits = code.expose_secret();
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return unfit(Reason::WrongCode, "an MFA code has six digits".to_owned());
        }
        if self.spent.iter().any(|(at, old)| is_remembered(now, *at) && old.expose_secret() == digits) {
            let sentence = "that code has been used, and AWS takes each only once: wait for the next one";
            return unfit(Reason::SpentCode, sentence.to_owned());
        }
        let Err(wait) = self.tries_left(wall) else { return Ok(code) };
        let seconds = wait.as_secs().max(1);
        let sentence =
            format!("too many codes were tried: AWS would refuse even a right one; go on in {seconds} s");
        unfit(Reason::TooManyTries, sentence)
    }

    /// A judged code goes out.
    pub(crate) fn sent(&mut self, now: Boot, wall: Wall, code: &SecretString) {
        self.tidy(now);
        self.spent.push((now, code.clone()));
        self.tries.retain(|at| window(*at) == window(wall));
        self.tries.push(wall);
    }

    /// The same code goes out once more, as AWS cannot have seen it. The machine may have slept in between: what counts
    /// is when AWS can see it.
    pub(crate) fn sent_again(&mut self, now: Boot, code: &SecretString) {
        self.spent.push((now, code.clone()));
    }

    /// AWS looks at no more codes in its present window, whoever tried them. Returns how long that lasts.
    pub(crate) fn exhausted(&mut self, wall: Wall) -> Duration {
        self.tries = vec![wall; TRIES];
        until_next_window(wall)
    }

    /// AWS never saw a code that went out at this moment: it may be typed again.
    pub(crate) fn take_back(&mut self, code: &SecretString, sent: Wall) {
        self.spent.retain(|(_, spent)| spent.expose_secret() != code.expose_secret());
        if let Some(position) = self.tries.iter().position(|at| *at == sent) {
            self.tries.remove(position);
        }
    }

    /// Forgets codes that are too old for AWS in any case.
    pub(crate) fn tidy(&mut self, now: Boot) {
        self.spent.retain(|(at, _)| is_remembered(now, *at));
    }

    /// When [`Codes::tidy`] has something to do.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Boot> {
        self.spent.iter().map(|(at, _)| *at + SPENT_MEMORY)
    }

    /// Whether AWS would look at one more code now; if not, how long until it does.
    fn tries_left(&self, wall: Wall) -> Result<(), Duration> {
        let tries = self.tries.iter().filter(|at| window(**at) == window(wall)).count();
        if tries < TRIES {
            return Ok(());
        }
        Err(until_next_window(wall))
    }
}

fn is_remembered(now: Boot, spent: Boot) -> bool {
    now.since(spent) < SPENT_MEMORY
}

fn until_next_window(wall: Wall) -> Duration {
    Wall(TRIES_WINDOW * u32::try_from(window(wall) + 1).unwrap_or(u32::MAX)).since(wall)
}

/// Which of AWS's windows a moment is in: they are aligned to UTC.
fn window(wall: Wall) -> u64 {
    wall.0.as_secs() / TRIES_WINDOW.as_secs()
}
