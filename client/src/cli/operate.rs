//! The command line of what looks at awsd itself: what it has, what is wrong, and the daemon's life.

use clap::{Args, Subcommand};

/// Options of everything that prints rows.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Listing {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say what is wrong with the AWS files, why, and what mends it
///
/// Ends with 1 if something does not work, with 0 if there is nothing or only warnings.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Show a test question on the desktop instead, and say what works and what does not
    ///
    /// Ends with 1 if you cannot be asked anywhere but at the terminal.
    #[arg(long)]
    pub(crate) prompts: bool,
}

/// Show the daemon and its sessions
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Status {
    /// Print JSON; with --watch a document a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Show it again every two seconds, until interrupted
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Verbs of `awsd daemon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum Daemon {
    /// Run it here, in the foreground, until it is interrupted
    Run,
    /// Start it, if it is not running
    Start,
    /// Forget all sessions and end it
    Stop,
    /// Stop it and start it again; all sessions are forgotten
    Restart,
    /// Say whether it is running; exit code 2 if not
    Status,
    /// Print its log
    Logs,
    /// Become nobody's child and run the daemon detached; what starting it uses
    #[command(hide = true)]
    Launch,
}
