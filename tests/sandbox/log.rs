//! The calls that were made, in order, for tests to count and to wait for. No secret and no code gets into it.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// One call, logged when it was decided and before its answer leaves.
#[derive(Clone, Debug)]
pub struct Call {
    /// `AssumeRole`, `ListMFADevices`, …
    pub action: String,
    /// The key that signed, as far as the request said.
    pub access_key_id: Option<String>,
    /// The region it was signed for.
    pub region: Option<String>,
    /// The role that was asked for.
    pub role_arn: Option<String>,
    /// A code was sent.
    pub had_code: bool,
    /// What was decided: `OK`, the code of the error, or the name of the fault where nothing was done at all.
    pub outcome: String,
    /// The fault that happened to it.
    pub fault: Option<&'static str>,
    /// Every parameter but the code.
    pub parameters: BTreeMap<String, String>,
    /// The request was sent as to a proxy.
    pub through_proxy: bool,
    /// The server's time.
    pub at: Timestamp,
}

/// All calls so far.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: Mutex<Vec<Call>>,
    changed: Condvar,
}

impl CallLog {
    /// Adds a call and wakes who waits for one.
    pub(super) fn push(&self, call: Call) {
        self.lock().push(call);
        self.changed.notify_all();
    }

    /// A copy of the log.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().clone()
    }

    /// Forgets what was logged.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Waits until the log satisfies `done`; false when that took too long.
    pub(super) fn wait_for(&self, done: impl Fn(&[Call]) -> bool, timeout: Duration) -> bool {
        let (_calls, waited) = self
            .changed
            .wait_timeout_while(self.lock(), timeout, |calls| !done(calls))
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
