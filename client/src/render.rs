//! From values to text: tables for people, JSON for programs, the syntax of shells.
//!
//! Nothing here reads or writes anything. What the daemon sends may come from files that others wrote, so it never
//! reaches a terminal as it is.

pub(crate) mod credentials;
pub(crate) mod init;
pub(crate) mod listing;
pub(crate) mod shell;
pub(crate) mod text;
