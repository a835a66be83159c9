//! Makes ids, keys and tokens: random looking, the same for the same seed, and recognisable.
//!
//! Every secret contains [`CANARY`], so that a test can look for leaks in whatever a program wrote. No id does.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Contained in every secret access key and session token that the sandbox hands out.
pub const CANARY: &str = "CANARY";

/// Access key ids and the like are upper-case base 32.
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Secrets are base 64, so they hold characters that need care in URLs, forms and shells.
const SECRET_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 40;

/// Real tokens are of this order; they have no guaranteed maximum.
const TOKEN_LENGTH: usize = 700;

/// A deterministic source of values that never repeat.
#[derive(Clone, Debug)]
pub(super) struct Mint {
    seed: u64,
    counter: u64,
}

impl Mint {
    /// Worlds with the same seed mint the same values in the same order.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// An id such as `AKIA…`, `ASIA…` or `AROA…`.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        prefix.to_owned() + &self.text(ID_ALPHABET, ID_LENGTH)
    }

    /// A secret access key.
    pub(super) fn secret(&mut self) -> String {
        // `+` and `/` always occur: a client that encodes them wrongly fails at once, not one time in ten.
        format!("{CANARY}+/{}", self.text(SECRET_ALPHABET, SECRET_LENGTH - CANARY.len() - 2))
    }

    /// A session token.
    pub(super) fn token(&mut self) -> String {
        let half = TOKEN_LENGTH / 2;
        format!(
            "IQoJ{}{CANARY}+/{}==",
            self.text(SECRET_ALPHABET, half),
            self.text(SECRET_ALPHABET, TOKEN_LENGTH - half)
        )
    }

    /// The seed of an MFA device.
    pub(super) fn device_seed(&mut self) -> Vec<u8> {
        self.bytes()[..20].to_vec()
    }

    /// A request id in the shape of a UUID.
    pub(super) fn request_id(&mut self) -> String {
        let hex = hex::encode(&self.bytes()[..16]);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let bytes = self.bytes();
            text.extend(
                bytes
                    .iter()
                    .take(length - text.len())
                    .map(|&byte| char::from(alphabet[usize::from(byte) % alphabet.len()])),
            );
        }
        text
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.counter += 1;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.seed.to_be_bytes()).expect("HMAC takes keys of any length");
        mac.update(&self.counter.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}
