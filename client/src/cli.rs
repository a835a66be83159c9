//! The command line: clap derive and its texts, nothing else. Help comes from here.

// The comments on options are the help: backticks would be shown.
#![allow(clippy::doc_markdown)]

/// Examples, and below them how a code is asked for: the end of the help of everything that may need one.
macro_rules! and_where_a_code_is_asked {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\n",
            "\
Where a code is asked, if one is needed:
  at the terminal   at once, where there is one; never on standard output
  on the desktop    by a notification or a dialog; after the terminal, if any
  anywhere else     awsd mfa 123456

The first answer counts, for all that wait for it, and the question disappears everywhere. Where \
nobody can be asked, the command ends with 75 at once and the question stays open: answer it \
with awsd mfa 123456 and run the command again. With --wait 10m the command waits for that \
answer; with --no-prompt it ends with 75 wherever it runs. To see where you can be asked: \
awsd doctor --prompts"
        )
    };
}

mod operate;
mod reach;
mod shell;

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use awsd_proto::{Secret, duration};
use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::operate::{Daemon, Doctor, Listing, Status};
pub(crate) use self::reach::{Console, Forward};
pub(crate) use self::shell::{Complete, CompletingShell, Completions, Init, Shell, WithOwnFiles};
use crate::failure::{Exit, Failure};

/// What a command line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// Something to do.
    Verb(Verb),
    /// Help or the version: print it.
    Text(String),
}

/// The definition of the command line, for completion.
pub(crate) fn definition() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Reads a command line. Everything that is wrong with it is a usage failure.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Parsed, Failure> {
    let error = match Cli::try_parse_from(arguments) {
        Ok(cli) => return Ok(Parsed::Verb(cli.verb)),
        Err(error) => error,
    };
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Ok(Parsed::Text(text));
    }
    let (sentence, rest) = match error.kind() {
        // `awsd` alone: the whole help.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => ("say what to do", text.as_str()),
        _ => text.strip_prefix("error: ").unwrap_or(&text).split_once('\n').unwrap_or((&text, "")),
    };
    Err(Failure { exit: Exit::Usage, sentence: sentence.to_owned(), hint: Some(rest.trim().to_owned()) })
}

const EXAMPLES: &str = "\
Examples:
  awsd exec dev -- aws s3 ls          run one command with the credentials of the profile dev
  awsd exec dev                       start a shell with them
  eval \"$(awsd export dev)\"           put them into this shell
  awsd login dev                      type the code now, so that nothing asks later
  awsd mfa 123456                     give the code that a program in the background waits for
  awsd console dev                    open the web console, signed in
  awsd list                           the profiles, and how long their sessions last
  eval \"$(awsd init bash)\"           from here on: AWS_PROFILE=dev aws s3 ls

For programs that read ~/.aws/config themselves:
  [profile dev-for-tools]
  credential_process = awsd credential-process dev

Exit codes:
  0    done
  1    refused or failed
  2    the daemon cannot be reached or started
  64   the command line makes no sense
  75   a person must act first: answer on the desktop, at a terminal or with
       awsd mfa 123456, wait until codes are accepted again, or sign in again
  exec ends with the command's own code; 126 if it cannot be executed, 127 if it is not found";

/// One MFA code, then every shell has AWS credentials.
///
/// A daemon of your own keeps the sessions; it starts by itself when it is needed. The first command that needs a session
/// asks for a six-digit code; for the rest of the day everything else gets its credentials without asking.
#[derive(Debug, Parser)]
#[command(name = "awsd", version, after_long_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Verb {
    Exec(Exec),
    Export(Export),
    CredentialProcess(CredentialProcess),
    Console(Console),
    Forward(Forward),
    Login(Login),
    Logout(Logout),
    Mfa(Mfa),
    /// List the profiles, and how long their sessions last
    List(Listing),
    Status(Status),
    /// Show every setting, its value and where it comes from
    Config(Listing),
    Doctor(Doctor),
    /// Start, stop and look at the daemon
    ///
    /// The daemon starts by itself when a command needs it; these are for looking after it.
    #[command(subcommand)]
    Daemon(Daemon),
    Init(Init),
    /// Print the profile of this shell and the time left, for its prompt
    ///
    /// Prints nothing where no profile is set. It never asks for a code and never starts the daemon.
    Prompt,
    Completions(Completions),
    WithOwnFiles(WithOwnFiles),
    /// Bring the files of awsd init up to date; what shells call before each command
    #[command(hide = true)]
    Renew,
    #[command(hide = true)]
    Complete(Complete),
}

/// How a code is found, for everything that may need one.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "When a code is needed")]
pub(crate) struct Asking {
    /// Use this MFA code if one is needed
    #[arg(long, value_name = "CODE", value_parser = secret())]
    pub(crate) code: Option<Secret>,

    /// Ask nowhere; fail with 75 if a code is needed
    #[arg(long)]
    pub(crate) no_prompt: bool,

    /// Wait this long for a code, such as 50s, 15m or 12h
    ///
    /// Without it: as long as it takes where there is a terminal to ask at, else as long as programs bear to wait (50s) where
    /// there is a desktop to ask on, else not at all.
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) wait: Option<Duration>,
}

/// What kind of session it is to be.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "The session")]
pub(crate) struct Wish {
    /// How long it should last, from 15m to 12h
    #[arg(long, value_name = "TIME", value_parser = session_duration)]
    pub(crate) duration: Option<Duration>,

    /// Have at least this much life left at the start: it is renewed if it has less, and refused if it cannot have that
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) min_ttl: Option<Duration>,

    #[command(flatten)]
    pub(crate) less: Less,

    /// Hand out the long-lived key itself, where the settings allow it
    #[arg(long, conflicts_with_all = ["min_ttl", "policy", "policy_arn", "read_only"])]
    pub(crate) no_session: bool,
}

/// What a session may do less than its role.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "The session")]
pub(crate) struct Less {
    /// Allow it no more than this policy does, a file with JSON; for roles
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Allow it no more than this policy does, in the role's account or AWS's own; may be given several times; for roles
    #[arg(long, value_name = "ARN")]
    pub(crate) policy_arn: Vec<String>,

    /// Allow it no more than AWS's policy ReadOnlyAccess does; for roles
    #[arg(long)]
    pub(crate) read_only: bool,
}

/// Run a command with the credentials of a profile
///
/// The command replaces awsd: signals, job control and its exit code are its own. Without a command it is your shell.
/// Variables that would win over the credentials, such as AWS_PROFILE, are removed from its environment.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = and_where_a_code_is_asked!("\
Examples:
  awsd exec dev -- aws ec2 describe-instances
  awsd exec dev --region us-east-1 -- terraform plan
  awsd exec dev --via process -- terraform apply          runs longer than a session
  awsd exec dev --read-only -- ./report.sh                may look, and nothing else
  awsd exec dev
  awsd exec                                               asks which profile, the last ones first"))]
pub(crate) struct Exec {
    /// The profile, as in ~/.aws/config; without it you are asked which, at the terminal
    pub(crate) profile: Option<String>,

    /// The command and its arguments, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// The region the command sees
    #[arg(long)]
    pub(crate) region: Option<String>,

    /// How the command gets credentials; without it, as `via` in awsd's settings says
    #[arg(long, value_enum)]
    pub(crate) via: Option<Via>,

    #[command(flatten)]
    pub(crate) session: Wish,

    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// How a command gets credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// In its environment: any program understands them, also what is no AWS program. They end when the session ends
    Env,
    /// Its AWS programs run awsd whenever they need some, also for other profiles: always fresh, and no secret in the
    /// environment. Fits what runs for long, such as terraform
    Process,
    /// Its AWS programs ask the daemon over HTTP: always fresh, for this profile only, and only while the command lives.
    /// Fits what cannot run programs, and what asks very often
    Server,
}

impl From<awsd_proto::Via> for Via {
    fn from(via: awsd_proto::Via) -> Self {
        match via {
            awsd_proto::Via::Env => Self::Env,
            awsd_proto::Via::Process => Self::Process,
            awsd_proto::Via::Server => Self::Server,
        }
    }
}

/// Print the credentials of a profile for a shell or a program
///
/// The text for a shell also removes variables that would win over the credentials, such as AWS_PROFILE.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = and_where_a_code_is_asked!("\
Examples:
  eval \"$(awsd export dev)\"                                              bash, dash, zsh
  awsd export dev --format fish | source                                 fish
  awsd export dev --format powershell | Out-String | Invoke-Expression   PowerShell
  docker run --env-file <(awsd export dev --format env-no-export) ...    a file of NAME=VALUE"))]
pub(crate) struct Export {
    /// The profile, as in ~/.aws/config
    pub(crate) profile: String,

    /// How to write them
    #[arg(long, value_enum, default_value_t = Format::Env)]
    pub(crate) format: Format,

    /// The region to print
    #[arg(long)]
    pub(crate) region: Option<String>,

    #[command(flatten)]
    pub(crate) session: Wish,

    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// The formats of `export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For bash, dash, zsh and other shells of that family
    Env,
    /// NAME=VALUE, a line each, nothing quoted
    EnvNoExport,
    /// For fish
    Fish,
    /// For PowerShell
    Powershell,
    /// For cmd.exe
    WindowsCmd,
    /// The JSON of credential_process
    Process,
    /// The variables as a JSON object
    Json,
    /// A section for a credentials file
    Ini,
    /// For Nushell
    Nu,
}

/// Print the credentials for the credential_process setting of ~/.aws/config
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = and_where_a_code_is_asked!("\
Example, in ~/.aws/config:
  [profile dev-for-tools]
  credential_process = awsd credential-process dev"))]
pub(crate) struct CredentialProcess {
    /// The profile, as in ~/.aws/config
    pub(crate) profile: String,

    /// How long the credentials should last, from 15m to 12h
    #[arg(long, value_name = "TIME", value_parser = session_duration)]
    pub(crate) duration: Option<Duration>,

    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// Make the sessions of profiles now, so that nothing asks later
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = and_where_a_code_is_asked!("\
Examples:
  awsd login dev
  awsd login dev prod
  awsd login dev --code 123456"))]
pub(crate) struct Login {
    /// The profiles; without one you are asked which, at the terminal
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,

    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// Forget the sessions of profiles, or all of them
///
/// For a profile: every session that comes from the same access key, also those of other profiles.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["profiles", "all"]))]
pub(crate) struct Logout {
    /// The profiles
    #[arg(value_name = "PROFILE")]
    pub(crate) profiles: Vec<String>,

    /// Forget every session
    #[arg(long)]
    pub(crate) all: bool,
}

/// Answer an open question for a code, or list the open ones
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = "\
Examples:
  awsd mfa                    which codes are waited for
  awsd mfa 123456             answer the only one
  awsd mfa 123456 --for dev   answer the one that the profile dev waits for
  ykman oath accounts code --single aws | awsd mfa -
                              read the code from standard input")]
pub(crate) struct Mfa {
    /// The code; `-` reads it from standard input
    #[arg(value_parser = secret())]
    pub(crate) code: Option<Secret>,

    /// A profile or the ARN of a device, where codes of several devices are waited for
    #[arg(long = "for", value_name = "PROFILE", requires = "code")]
    pub(crate) profile: Option<String>,

    /// List the questions as JSON
    #[arg(long, conflicts_with = "code")]
    pub(crate) json: bool,
}

/// What `AssumeRole` accepts.
const SESSION: RangeInclusive<Duration> = Duration::from_mins(15)..=Duration::from_hours(12);

fn session_duration(text: &str) -> Result<Duration, String> {
    let duration = duration::parse(text).map_err(|error| error.to_string())?;
    if SESSION.contains(&duration) {
        return Ok(duration);
    }
    let [least, most] = [SESSION.start(), SESSION.end()].map(|&end| duration::format(end));
    Err(format!("AWS makes sessions of {least} to {most}"))
}

/// So that a code is redacted wherever the parsed command line is shown.
fn secret() -> impl TypedValueParser<Value = Secret> {
    StringValueParser::new().map(Secret::new)
}

#[cfg(test)]
mod tests;
