//! The command line of what shells call: most of it by the text that `awsd init` gives them.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// Make every AWS program of a shell use awsd
///
/// Prints what a shell evaluates at its start. From then on AWS_PROFILE is all that AWS programs need, in this shell and in
/// everything that is started from it: its AWS_CONFIG_FILE names a file of awsd's own, in which every profile asks awsd, and which
/// follows your files. What is meant to change your files (aws configure, aws sso login, saml2aws) gets your own.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = "\
Examples:
  eval \"$(awsd init bash)\"                              in ~/.bashrc
  eval \"$(awsd init zsh)\"                               in ~/.zshrc, after compinit
  awsd init fish | source                               in ~/.config/fish/config.fish
  awsd init powershell | Out-String | Invoke-Expression in $PROFILE
  eval \"$(awsd init sh)\"                                in ~/.profile: for the whole session
  awsd init nu | save --force ~/.config/nushell/awsd.nu once; and source awsd.nu in config.nu

Then:
  AWS_PROFILE=dev aws s3 ls")]
pub(crate) struct Init {
    /// Whose text
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Print the completion of awsd's words and of profile names for a shell
///
/// It is part of what `awsd init` prints.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Completions {
    /// Whose text
    #[arg(value_enum)]
    pub(crate) shell: CompletingShell,
}

/// Whom `init` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// bash; files are followed from 4.4 on
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// Nushell
    Nu,
    /// The variables alone, for any shell of the family of sh
    Sh,
    /// The variables alone, for programs
    Json,
}

/// Whom `completions` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletingShell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// Run a command with your own AWS files, in a shell that has used `awsd init`
///
/// For programs that are to change them. Where nothing was put in their place it is the same as without awsd.
#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_long_help = "\
Example:
  awsd with-own-files gimme-aws-creds")]
pub(crate) struct WithOwnFiles {
    /// The command is the AWS CLI; its own files are only for what changes them
    #[arg(long, hide = true)]
    pub(crate) if_it_writes: bool,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Complete a command line of awsd; what completions call
///
/// Prints a word a line.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Complete {
    /// Which of the words is completed; the first is 0
    pub(crate) index: usize,

    /// The words, `awsd` among them; the one that is completed may be missing
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<OsString>,
}
