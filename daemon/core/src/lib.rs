//! awsd's decisions, and nothing else: no I/O, no async, no clock, no logging, nothing of the wire.
//!
//! Time, answers of AWS and people's codes come in as [`event::Event`]s; what is to be done goes out as
//! [`effect::Effect`]s. So the same code runs in the daemon and in a simulation of thousands of bad days.

pub mod chain;
pub mod child_config;
pub mod config_file;
pub mod console;
pub mod effect;
pub mod event;
pub mod memory;
pub mod plan;
pub mod policy;
pub mod session;
pub mod source;
pub mod time;
pub mod verdict;

mod advance;
mod calls;
mod choice;
mod codes;
mod denial;
mod desktop;
mod failures;
mod graph;
mod offers;
mod programs;
mod prompt;
mod questions;
mod reach;
mod renewal;
mod route;
mod seat;
mod sign_ins;
mod sources;
mod view;

pub use denial::masked;
