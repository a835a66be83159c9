//! What a test can make go wrong. Each fault waits for a call of its action and happens once.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::error::ApiError;

/// Something that goes wrong with one call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 500 `InternalFailure`; nothing was done.
    InternalFailure,
    /// 503 `ServiceUnavailable`; nothing was done.
    ServiceUnavailable,
    /// 400 `Throttling`; nothing was done.
    Throttling,
    /// 403 `RegionDisabledException`; nothing was done.
    RegionDisabled,
    /// The connection closes before anything was done.
    Dropped,
    /// Everything was done (a code is spent), then the connection closes without an answer.
    AnswerLost,
    /// Everything was done (a code is spent), then nothing comes until the client leaves.
    AnswerHangs,
    /// 200 with a page of HTML, as a captive portal gives; nothing was done.
    Html,
    /// Everything was done, the answer is cut in half.
    Truncated,
    /// Everything was done, the answer is followed by more than anybody would send.
    Huge,
    /// The call waits at the gate, then goes on as if nothing had happened.
    Held(Gate),
}

impl Fault {
    /// As the log names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InternalFailure => "InternalFailure",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::Throttling => "Throttling",
            Self::RegionDisabled => "RegionDisabled",
            Self::Dropped => "Dropped",
            Self::AnswerLost => "AnswerLost",
            Self::AnswerHangs => "AnswerHangs",
            Self::Html => "Html",
            Self::Truncated => "Truncated",
            Self::Huge => "Huge",
            Self::Held(_) => "Held",
        }
    }

    /// The error answer of the faults that are one.
    pub fn error(&self) -> Option<ApiError> {
        Some(match self {
            Self::InternalFailure => ApiError::new(
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error.",
            ),
            Self::ServiceUnavailable => {
                ApiError::new(503, "ServiceUnavailable", "The request has failed due to a temporary failure.")
            }
            Self::Throttling => ApiError::new(400, "Throttling", "Rate exceeded"),
            Self::RegionDisabled => ApiError::new(
                403,
                "RegionDisabledException",
                "STS is not activated in this region for account:444455556666. Your account administrator can activate STS in this region using the IAM Console.",
            ),
            _ => return None,
        })
    }
}

/// Faults waiting for their calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(VecDeque<(String, Fault)>);

impl Faults {
    /// The next call of `action` that has no fault yet gets this one.
    pub(super) fn push(&mut self, action: &str, fault: Fault) {
        self.0.push_back((action.to_owned(), fault));
    }

    /// Takes the fault for a call of `action`, in the order they were pushed.
    pub(super) fn take(&mut self, action: &str) -> Option<Fault> {
        let index = self.0.iter().position(|(wanted, _)| wanted == action)?;
        self.0.remove(index).map(|(_, fault)| fault)
    }

    /// Forgets all that is still waiting.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Holds calls until a test lets them go on, so that "while a call is under way" needs no timing.
#[derive(Clone, Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    arrived: Arc<(Mutex<usize>, Condvar)>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { open: watch::Sender::new(false), arrived: Arc::default() }
    }
}

impl Gate {
    /// Lets everybody through, now and later.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until `count` calls have arrived at the gate; false when that took too long.
    pub fn wait_arrived(&self, count: usize, timeout: Duration) -> bool {
        let (arrived, changed) = &*self.arrived;
        let guard = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let (_guard, waited) = changed
            .wait_timeout_while(guard, timeout, |arrived| *arrived < count)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out()
    }

    /// Returns when the gate is open.
    pub(super) async fn pass(&self) {
        *self.arrived.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.arrived.1.notify_all();
        // The only error is that the gate is gone; it cannot be, we hold one end.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}
