//! The real programs, run as a person runs them, with the sandbox as AWS.
//!
//! Build what is tested first: `cargo build -p awsd -p awsd-daemon`. Tests that need a program which is not there (the
//! AWS CLI, a shell) say so and do nothing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: what cannot go on should stop it"
)]

mod answers;
mod bad_files;
mod clocks;
mod clouds;
mod codes;
mod command;
mod console;
mod daemon_life;
mod devices;
mod doors;
mod elsewhere;
mod every_way;
mod export;
mod first_use;
mod forward;
mod forward_ssh;
mod frames;
mod long_lived;
mod long_roles;
mod narrowed;
mod networks;
mod odd;
mod passed_on;
mod people;
mod picking;
mod playing;
mod process;
mod processes;
mod profiles;
mod prompts;
mod quoting;
mod roles;
mod rush;
mod safety;
mod saml;
mod served;
mod sessions_end;
mod shell_words;
mod shells;
mod short_lives;
mod sign_ins;
mod sources_end;
mod strangers;
mod transparent;
mod transparent_edges;
mod trouble;
mod users;
mod via_process;
mod via_server;
mod wire;
