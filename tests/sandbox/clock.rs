//! The sandbox's clock: the host's clock plus an offset that a test may set.
//!
//! Nothing else in the sandbox reads a clock. The offset applies to everything the server says and checks (the
//! `Date` header, signatures, codes, expiry), as it would on a host whose clock is right while the client's is wrong.

use jiff::{SignedDuration, Timestamp};

/// What time it is on the server.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    offset: SignedDuration,
}

impl Clock {
    /// How far the server's clock is ahead of the host's (negative: behind).
    pub(super) fn set_offset(&mut self, offset: SignedDuration) {
        self.offset = offset;
    }

    /// The server's time.
    pub(super) fn now(self) -> Timestamp {
        Timestamp::now() + self.offset
    }
}
