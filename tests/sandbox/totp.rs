//! One-time codes (RFC 6238, SHA-1, six digits, steps of 30 seconds) and the rules by which AWS takes them.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;

/// Seconds in one step.
const STEP: i64 = 30;

/// How many steps a code may be early or late.
const TOLERANCE: i64 = 2;

/// Length of the window, aligned to UTC, in which verifications of one device are counted, in seconds.
const BUDGET_WINDOW: i64 = 180;

/// Verifications per device and window; accepted, wrong and reused codes all count.
const BUDGET: u32 = 9;

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Wrong, out of the window, or used before.
    Invalid,
    /// Too many verifications in this window: even a right code is refused.
    BudgetSpent,
}

/// A virtual MFA device and what AWS remembers about it.
#[derive(Clone)]
pub struct Device {
    serial: String,
    seed: Vec<u8>,
    spent: Vec<i64>,
    window: i64,
    attempts: u32,
}

impl Device {
    /// A device with the given serial (its ARN) and seed.
    pub fn new(serial: impl Into<String>, seed: impl Into<Vec<u8>>) -> Self {
        Self { serial: serial.into(), seed: seed.into(), spent: Vec::new(), window: 0, attempts: 0 }
    }

    /// The serial number: for a virtual device its ARN.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The code the device shows at `at`.
    pub fn code(&self, at: Timestamp) -> String {
        self.code_of_step(step_of(at))
    }

    /// A code that would be accepted at `at`: the one shown, or if that was used, one of its neighbours in the window.
    /// None when all of them were used.
    pub fn unused_code(&self, at: Timestamp) -> Option<String> {
        self.unused_codes(at).next()
    }

    /// All of them, in the order in which they are to be used.
    pub fn unused_codes(&self, at: Timestamp) -> impl Iterator<Item = String> {
        // The oldest step is left out: it might leave the window while the code is on its way.
        let steps = [0, 1, 2, -1].into_iter().map(move |offset| step_of(at) + offset);
        steps.filter(|step| !self.spent.contains(step)).map(|step| self.code_of_step(step))
    }

    /// Six digits that are no code of this device anywhere near `at`.
    pub fn wrong_code(&self, at: Timestamp) -> String {
        self.wrong_codes(at).next().unwrap_or_default()
    }

    /// All of them.
    pub fn wrong_codes(&self, at: Timestamp) -> impl Iterator<Item = String> {
        let near: Vec<String> =
            (-2 * TOLERANCE..=2 * TOLERANCE).map(|offset| self.code_of_step(step_of(at) + offset)).collect();
        (0..1_000_000).map(|number| format!("{number:06}")).filter(move |code| !near.contains(code))
    }

    /// Verifies `code`. It counts against the budget and, if accepted, is spent.
    pub fn verify(&mut self, code: &str, at: Timestamp) -> Result<(), Refusal> {
        let window = at.as_second().div_euclid(BUDGET_WINDOW);
        if window != self.window {
            self.window = window;
            self.attempts = 0;
        }
        self.attempts += 1;
        if self.attempts > BUDGET {
            return Err(Refusal::BudgetSpent);
        }
        let now = step_of(at);
        self.spent.retain(|step| (now - step).abs() <= TOLERANCE);
        // No high-water mark: an unused older code is fine after a newer one.
        let matching = (now - TOLERANCE..=now + TOLERANCE)
            .find(|step| !self.spent.contains(step) && self.code_of_step(*step) == code);
        self.spent.push(matching.ok_or(Refusal::Invalid)?);
        Ok(())
    }

    /// As if no code had been verified for a while.
    pub fn forget(&mut self) {
        self.spent.clear();
        self.attempts = 0;
    }

    fn code_of_step(&self, step: i64) -> String {
        let number = truncate(&hmac_sha1(&self.seed, &step.to_be_bytes()));
        format!("{:06}", number % 1_000_000)
    }
}

fn step_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP)
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The dynamic truncation of RFC 4226.
fn truncate(hash: &[u8; 20]) -> u32 {
    let offset = usize::from(hash[19] & 0x0f);
    let word = [hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]];
    u32::from_be_bytes(word) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn device() -> Device {
        Device::new("arn:aws:iam::111122223333:mfa/alice", "12345678901234567890")
    }

    /// Appendix B of RFC 6238 (SHA-1), its eight digits cut to six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (second, code) in vectors {
            assert_eq!(device().code(at(second)), code);
        }
    }

    #[test]
    fn two_steps_either_way_are_accepted_and_no_more() {
        let now = 1_000_000_000;
        for offset in -3..=3_i64 {
            let code = device().code(at(now + offset * STEP));
            assert_eq!(device().verify(&code, at(now)).is_ok(), offset.abs() <= 2, "offset {offset}");
        }
    }

    #[test]
    fn a_code_works_once_and_an_unused_older_one_still_works() {
        let (now, mut device) = (1_000_000_000, device());
        let (older, current) = (device.code(at(now - STEP)), device.code(at(now)));
        assert_eq!(device.verify(&current, at(now)), Ok(()));
        assert_eq!(device.verify(&current, at(now + 1)), Err(Refusal::Invalid));
        assert_eq!(device.verify(&older, at(now + 1)), Ok(()));
        assert_eq!(device.verify(&older, at(now + 1)), Err(Refusal::Invalid));
        let next = device.unused_code(at(now + 1)).unwrap();
        assert_eq!(device.verify(&next, at(now + 1)), Ok(()));
    }

    #[test]
    fn nine_verifications_per_aligned_window() {
        let (start, mut device) = (180 * 5_000_000, device());
        for _ in 0..9 {
            assert_eq!(device.verify(&device.wrong_code(at(start)), at(start)), Err(Refusal::Invalid));
        }
        assert_eq!(device.verify(&device.code(at(start)), at(start)), Err(Refusal::BudgetSpent));
        assert_eq!(device.verify(&device.code(at(start + 179)), at(start + 179)), Err(Refusal::BudgetSpent));
        assert_eq!(device.verify(&device.code(at(start + 180)), at(start + 180)), Ok(()));
    }
}
