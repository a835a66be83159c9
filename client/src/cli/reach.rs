//! The command line of what takes credentials to where the work is: a browser, another machine, a container.

use clap::Args;

use super::{Asking, Wish};

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
