//! Sources of credentials other than keys in a file: what a profile says of one, resolved. Asking them is an adapter's work.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A source, by everything that decides what it gives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `credential_process`.
    Process(Process),
    /// `sso_session`, or the older `sso_*` keys in the profile itself.
    Sso(Sso),
    /// `login_session` (`aws login`).
    Login(Login),
    /// `web_identity_token_file`.
    WebIdentity(WebIdentity),
    /// `credential_source = Ec2InstanceMetadata`.
    InstanceMetadata(InstanceMetadata),
    /// `credential_source = EcsContainer`.
    Container(Container),
}

/// A program that prints keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// The line as it is written; a shell runs it. It may hold a secret.
    pub command: String,
    /// What of the caller's environment says where the AWS files are and how AWS is reached: the program may be an AWS
    /// program itself.
    pub environment: Vec<(String, String)>,
}

/// IAM Identity Center.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sso {
    /// The name of the `[sso-session]`; none where the older keys are used.
    pub session: Option<String>,
    /// `sso_start_url`.
    pub start_url: String,
    /// `sso_region`.
    pub region: String,
    /// `sso_account_id`.
    pub account_id: String,
    /// `sso_role_name`.
    pub role_name: String,
    /// The caller's home directory, below which the AWS CLI keeps what a sign-in brought.
    pub home: Option<String>,
    /// An endpoint that replaces the portal's own.
    pub endpoint: Option<String>,
    /// An endpoint that replaces the own one of the service that renews sign-ins.
    pub oidc_endpoint: Option<String>,
}

/// A sign-in at the AWS console.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login {
    /// The ARN that the line names.
    pub session: String,
    /// The region that is asked.
    pub region: String,
    /// The caller's home directory, below which the AWS CLI keeps what a sign-in brought.
    pub home: Option<String>,
    /// Where it is kept instead (`AWS_LOGIN_CACHE_DIRECTORY`).
    pub directory: Option<String>,
    /// An endpoint that replaces the service's own.
    pub endpoint: Option<String>,
}

/// A token of somebody whom a role trusts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebIdentity {
    /// The file with the token.
    pub token_file: String,
    /// `role_arn`.
    pub role_arn: String,
    /// `role_session_name`, or the default one.
    pub session_name: String,
    /// `duration_seconds`; none means an hour.
    pub duration_seconds: Option<u64>,
}

/// The metadata service of a machine in the cloud.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceMetadata {
    /// An address that replaces the usual one.
    pub endpoint: Option<String>,
}

/// What gives credentials to the programs of a container.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Container {
    /// The whole address.
    pub uri: String,
    /// The file with what goes into the `Authorization` header; it wins over `token`.
    pub token_file: Option<String>,
    /// What goes into that header. A secret.
    pub token: Option<String>,
}

impl Source {
    /// A short name for it that tells nothing of it, and is another one for every other source.
    pub fn mark(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("source-{:016x}", hasher.finish())
    }

    /// Which key of a profile, or which value, leads to it.
    pub fn way(&self) -> &'static str {
        match self {
            Self::Process(_) => "credential_process",
            Self::Sso(_) => "SSO",
            Self::Login(_) => "login_session",
            Self::WebIdentity(_) => "web_identity_token_file",
            Self::InstanceMetadata(_) => "Ec2InstanceMetadata",
            Self::Container(_) => "EcsContainer",
        }
    }

    /// What people know it by. Of a command only the program: its arguments may hold a secret.
    pub fn name(&self) -> String {
        match self {
            Self::Process(process) => format!("credential_process {}", process.program()),
            Self::Sso(sso) => format!("sso {}/{}", sso.account_id, sso.role_name),
            Self::Login(login) => format!("login {}", login.session),
            Self::WebIdentity(identity) => format!("web identity {}", identity.role_arn),
            Self::InstanceMetadata(_) | Self::Container(_) => self.way().to_owned(),
        }
    }

    /// The account of what it gives, where that is known beforehand.
    pub(crate) fn account_id(&self) -> Option<&str> {
        match self {
            Self::Sso(sso) => Some(&sso.account_id),
            Self::WebIdentity(identity) => crate::route::account_of(&identity.role_arn),
            _ => None,
        }
    }

    /// Whether a person may be asked for something when it is used: a password manager opens a window. Such a source is
    /// used only while somebody waits for it.
    pub(crate) fn may_ask(&self) -> bool {
        matches!(self, Self::Process(_))
    }

    /// Whether it can give nothing but temporary keys.
    pub(crate) fn is_temporary(&self) -> bool {
        !matches!(self, Self::Process(_))
    }

    /// Whether AWS calls it chaining to take a role with what it gives. What a machine in the cloud has is the exception.
    pub(crate) fn is_chained(&self) -> bool {
        !matches!(self, Self::InstanceMetadata(_))
    }

    /// What the person types to sign in again; `profile` has it.
    pub(crate) fn sign_in(&self, profile: &str) -> Option<String> {
        match self {
            Self::Sso(Sso { session: Some(session), .. }) => {
                Some(format!("aws sso login --sso-session {}", quoted(session)))
            }
            Self::Sso(_) => Some(format!("aws sso login --profile {}", quoted(profile))),
            Self::Login(_) => Some(format!("aws login --profile {}", quoted(profile))),
            _ => None,
        }
    }
}

fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "NAME".to_owned(), std::borrow::Cow::into_owned)
}

impl Process {
    /// The program's name, without its path and its arguments. Settings of variables before it are none.
    fn program(&self) -> String {
        let words = shlex::split(&self.command).unwrap_or_default();
        let program = words.iter().find(|word| !word.contains('=')).map_or("", String::as_str);
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
        name.chars().filter(char::is_ascii_graphic).take(40).collect()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.mark(), self.way())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(command: &str) -> Source {
        Source::Process(Process { command: command.to_owned(), environment: Vec::new() })
    }

    #[test]
    fn nothing_of_a_command_is_shown_but_the_program() {
        for (command, name) in [
            ("/usr/bin/op read --secret hunter2", "op"),
            ("TOKEN=hunter2 op read", "op"),
            ("\"/opt/a b/keys\" hunter2", "keys"),
            ("op 'hunter2", ""),
        ] {
            let source = process(command);
            assert_eq!(source.name(), format!("credential_process {name}"));
            assert!(!format!("{source:?}").contains("hunter2"));
        }
    }

    #[test]
    fn another_source_has_another_mark() {
        assert_eq!(process("a").mark(), process("a").mark());
        assert_ne!(process("a").mark(), process("b").mark());
    }
}
