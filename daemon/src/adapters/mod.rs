//! Everything that touches the world. Adapters decide nothing and do not import each other; the hardening of the process
//! is the one thing that detaching shares with `main`.

pub(crate) mod clock;
pub(crate) mod detach;
pub(crate) mod harden;
pub(crate) mod ipc;
pub(crate) mod lock;
#[cfg_attr(not(test), expect(dead_code, reason = "the app does not ask who is there yet"))]
pub(crate) mod presence;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the app does not ask on the desktop yet"))]
pub(crate) mod prompt;
pub(crate) mod sources;
pub(crate) mod store;
pub(crate) mod sts;
pub(crate) mod watch;
