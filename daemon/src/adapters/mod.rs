//! Everything that touches the world. Adapters decide nothing and do not import each other; the hardening of the process
//! is the one thing that detaching shares with `main`.

pub(crate) mod aws;
pub(crate) mod aws_files;
pub(crate) mod clock;
pub(crate) mod container_endpoint;
pub(crate) mod credential_process;
pub(crate) mod detach;
pub(crate) mod generated;
pub(crate) mod harden;
pub(crate) mod ipc;
pub(crate) mod lock;
pub(crate) mod presence;
pub(crate) mod prompt;
pub(crate) mod store;
pub(crate) mod watch;
