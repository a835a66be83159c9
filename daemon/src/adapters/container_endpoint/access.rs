//! Who may have what: tokens, each for one command.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

use super::run::Waiter;

/// Random bytes of a token.
const BYTES: usize = 32;

/// Requests that may wait for one command's credentials; the next one is told to come again.
const WAITING: usize = 256;

/// A token's hash. Looking one up takes a time that says nothing about any token, as nobody can choose a hash; and what
/// is looked up is not in the daemon's memory.
type Hash = [u8; 32];

/// The tokens that are good. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    good: Arc<Mutex<HashMap<Hash, mpsc::Sender<Waiter>>>>,
    /// How many there are.
    count: watch::Sender<usize>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { good: Arc::default(), count: watch::Sender::new(0) }
    }
}

/// Where those arrive who have the token. Dropping it makes the token worthless.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) arrivals: mpsc::Receiver<Waiter>,
    tokens: Tokens,
    hash: Hash,
}

impl Tokens {
    /// A token that nobody has had before.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub(super) fn issue(&self) -> io::Result<(Zeroizing<String>, Place)> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes)?;
        let token = Zeroizing::new(hex::encode(*bytes));
        let hash = hash(token.as_bytes());
        let (sender, arrivals) = mpsc::channel(WAITING);
        self.change(|good| good.insert(hash, sender));
        Ok((token, Place { arrivals, tokens: self.clone(), hash }))
    }

    /// Where those go who bring this token; none if it is not good.
    pub(super) fn find(&self, token: &[u8]) -> Option<mpsc::Sender<Waiter>> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.get(&hash(token)).cloned()
    }

    /// Waits until no token is good.
    pub(super) async fn used_up(&self) {
        let mut count = self.count.subscribe();
        // This is a sender itself, so the channel does not close.
        let _closed = count.wait_for(|count| *count == 0).await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<Hash, mpsc::Sender<Waiter>>) -> T) {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut good);
        self.count.send_replace(good.len());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tokens.change(|good| good.remove(&self.hash));
    }
}

fn hash(token: &[u8]) -> Hash {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_place_is_gone() {
        let tokens = Tokens::default();
        let (token, place) = tokens.issue().unwrap();
        let (other, _other_place) = tokens.issue().unwrap();
        assert_ne!(token, other);
        assert_eq!(token.len(), 2 * BYTES);
        assert!(tokens.find(token.as_bytes()).is_some());
        assert!(tokens.find(&token.as_bytes()[1..]).is_none());
        assert!(tokens.find(b"").is_none());
        drop(place);
        assert!(tokens.find(token.as_bytes()).is_none());
        assert!(tokens.find(other.as_bytes()).is_some());
    }
}
