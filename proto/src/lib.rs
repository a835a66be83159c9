//! What awsd's client and daemon say to each other: newline-delimited JSON over a Unix socket or a named pipe.
//!
//! `PROTOCOL.md` at the top of the repository is the document; this crate is the same thing as types. It must never
//! depend on an async runtime or on the command line, so that another program can use it to speak to the daemon.

pub mod display;
pub mod duration;
pub mod endpoint;
pub mod frame;
pub mod lock;
pub mod places;
pub mod reply;
pub mod request;
pub mod rows;
pub mod secret;
pub mod text;

pub use reply::{
    ChildFiles, Choice, Credentials, Error, ErrorCode, Event, Notice, NoticeKind, Question, Reply,
    ServerLine, Serving, ShellFiles, SignedIn, Versioned, Via,
};
pub use request::{
    Answer, Caller, Console, Context, CredentialsRequest, Envelope, Forward, Login, Narrowing, Prompting,
    Purpose, Request,
};
pub use rows::{
    Finding, LockedBy, ProfileRow, PromptCheck, ScreenLock, SessionRow, Setting, Severity, Status,
};
pub use secret::Secret;

/// The variable by which the programs of sources know that they are some; see [`Context::inside`].
pub const INSIDE: &str = "AWSD_INSIDE";

/// The version of the protocol this build speaks. An integer of its own, beside the product's version.
pub const PROTOCOL: u32 = 1;

/// The oldest protocol version this build's daemon still answers.
pub const OLDEST_PROTOCOL: u32 = 1;
