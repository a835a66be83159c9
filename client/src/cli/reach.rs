//! The command line of what takes credentials to where the work is: a browser, another machine, a container.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Asking, Less, Wish};

/// Open the web console, signed in with the role of a profile
///
/// The console's session lives as long as the role's; with --duration it can be longer than an hour, and needs a code of its own.
/// A profile without a role cannot sign in this way.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(mut_arg("no_session", |argument| argument.hide(true)), after_long_help = and_where_a_code_is_asked!("\
Examples:
  awsd console dev
  awsd console dev --destination ec2
  awsd console dev --destination 'cloudwatch/home#logsV2:log-groups'
  awsd console dev --read-only                           may look, and nothing else
  awsd console dev --print                               for a browser elsewhere

What --print prints signs in whoever opens it within 15 minutes: treat it as a password. Without it the \
address is handed to your browser, as an argument: while that program starts, and as long as it runs if \
it was not running before, other users of the machine may see it in the list of processes."))]
pub(crate) struct Console {
    /// The profile, as in ~/.aws/config; without it you are asked which, at the terminal
    pub(crate) profile: Option<String>,

    /// The page to open: a path in the console, such as ec2 or s3/buckets/NAME, or a URL of the console
    #[arg(long, value_name = "PAGE")]
    pub(crate) destination: Option<String>,

    /// Print the address instead of opening it: a secret, for 15 minutes
    #[arg(long)]
    pub(crate) print: bool,

    #[command(flatten)]
    pub(crate) session: Wish,

    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// Let another machine or a container have the credentials of one profile
///
/// Makes a socket that gives these and nothing else, as long as awsd forward runs, or the command after `--`. There, AWSD_SOCKET
/// names it, and `awsd credential-process`, `export` and `exec` work as here, for this profile. Codes are asked for here only.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = "\
Examples:
  awsd forward --profile dev -- ssh -R /run/user/1000/awsd.sock:{} build-machine
  there:  AWSD_SOCKET=/run/user/1000/awsd.sock awsd exec dev -- aws s3 ls

  awsd forward --profile dev --socket ~/box/socket -- \\
    docker run --rm -it -u 1000 -v ~/box:/box -e AWSD_SOCKET=/box/socket IMAGE
  there:  awsd exec dev -- aws s3 ls

  awsd forward --profile dev --read-only      prints the socket's path and waits for Ctrl-C

Whoever can be that user there, and root, gets these credentials from it, and may use what it has got until that expires. \
Nothing there chooses files or endpoints here, or sees other profiles. The directory of a socket must be its user's own and \
closed to others, here and there.")]
pub(crate) struct Forward {
    /// The profile, as in ~/.aws/config
    #[arg(long)]
    pub(crate) profile: String,

    /// Where the socket is to be: in a directory that only you may enter
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,

    /// The command and its arguments, after `--`; {} stands for the socket's path
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// Ask for no codes on its behalf
    #[arg(long)]
    pub(crate) no_prompt: bool,

    #[command(flatten)]
    pub(crate) less: Less,
}
