//! Test support of awsd: the AWS sandbox, and the harness that runs the real programs against it.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test support: what cannot go on should stop the test, loudly and at once"
)]

pub mod harness;
pub mod sandbox;
