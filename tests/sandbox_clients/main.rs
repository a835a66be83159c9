//! The sandbox as botocore and the AWS CLI see it. Where there is no botocore, these tests say so and do nothing.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test: what cannot go on should stop it, and what it skips it says"
)]
#![allow(clippy::needless_pass_by_value, reason = "parameters are written as literals in the tests")]

mod cli;
mod client;
mod durations;
mod faults;
mod iam;
mod keys;
mod mfa;
mod trust;
