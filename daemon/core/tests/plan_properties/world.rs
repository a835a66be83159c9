//! Random profiles: generated as values, written out as the two files.

use std::fmt::Write as _;

use awsd_core::config_file::Profiles;
use proptest::prelude::*;

/// How many profiles a world has.
pub(crate) const PROFILES: usize = 6;

/// Profiles by number; number `n` is called `p<n>`.
pub(crate) type World = Vec<Profile>;

/// What one profile says.
#[allow(clippy::struct_excessive_bools)] // each is a line that is there or not
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) role: Role,
    pub(crate) keys: Keys,
    pub(crate) keys_in_credentials: bool,
    pub(crate) token: bool,
    pub(crate) web_identity: bool,
    pub(crate) sso: Sso,
    pub(crate) login: bool,
    pub(crate) process: Process,
    pub(crate) serial: Option<&'static str>,
    pub(crate) arn: Option<&'static str>,
    pub(crate) region: Option<&'static str>,
    pub(crate) duration: Option<u64>,
}

/// The lines about a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    None,
    /// `source_profile`; a number beyond the last profile is one that does not exist.
    From(usize),
    /// `credential_source`
    Elsewhere,
    NoSource,
    TwoSources,
}

/// The lines of an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    None,
    Whole,
    OnlyId,
    OnlySecret,
}

/// The lines about SSO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sso {
    None,
    Whole,
    NoRole,
    OnlyStartUrl,
}

/// The line `credential_process`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    None,
    Foreign,
    /// awsd itself, for another profile.
    Awsd(usize),
}

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    prop::collection::vec(profiles(), PROFILES)
}

fn profiles() -> impl Strategy<Value = Profile> {
    let begin = (keys(), any::<bool>(), any::<bool>(), rarely(), sso(), rarely(), process());
    let devices = [Some("arn:aws:iam::111122223333:mfa/a"), Some("GAHT12345678"), None, None];
    let regions = [Some("eu-west-1"), Some("us-west-2"), None];
    let durations = [Some(900), Some(43200), None, None];
    let rest = (
        prop::sample::select(devices.to_vec()),
        prop::sample::select(devices.to_vec()),
        prop::sample::select(regions.to_vec()),
        prop::sample::select(durations.to_vec()),
    );
    (roles(), begin, rest).prop_map(|(role, begin, (serial, arn, region, duration))| {
        let (keys, keys_in_credentials, token, web_identity, sso, login, process) = begin;
        Profile {
            role,
            keys,
            keys_in_credentials,
            token,
            web_identity,
            sso,
            login,
            process,
            serial,
            arn,
            region,
            duration,
        }
    })
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.06)
}

fn roles() -> impl Strategy<Value = Role> {
    prop_oneof![
        3 => Just(Role::None),
        9 => (0..PROFILES).prop_map(Role::From),
        1 => Just(Role::From(PROFILES)),
        1 => Just(Role::Elsewhere),
        1 => Just(Role::NoSource),
        1 => Just(Role::TwoSources),
    ]
}

fn keys() -> impl Strategy<Value = Keys> {
    prop_oneof![6 => Just(Keys::None), 6 => Just(Keys::Whole), 1 => Just(Keys::OnlyId), 1 => Just(Keys::OnlySecret)]
}

fn sso() -> impl Strategy<Value = Sso> {
    prop_oneof![20 => Just(Sso::None), 1 => Just(Sso::Whole), 1 => Just(Sso::NoRole), 1 => Just(Sso::OnlyStartUrl)]
}

fn process() -> impl Strategy<Value = Process> {
    prop_oneof![6 => Just(Process::None), 1 => Just(Process::Foreign), 3 => (0..=PROFILES).prop_map(Process::Awsd)]
}

pub(crate) fn name(number: usize) -> String {
    format!("p{number}")
}

/// The role of profile `number`.
pub(crate) fn role_arn(number: usize) -> String {
    format!("arn:aws:iam::111122223333:role/r{number}")
}

/// The access key id of profile `number`.
pub(crate) fn key_id(number: usize) -> String {
    format!("AKIA{number:012}")
}

/// The profiles as the planner sees them.
pub(crate) fn written(world: &[Profile]) -> Profiles {
    let (config, credentials) = files(world);
    crate::profiles(&config, &credentials)
}

/// The text of the config file and of the credentials file.
pub(crate) fn files(world: &[Profile]) -> (String, String) {
    let (mut config, mut credentials) = (String::new(), String::new());
    for (number, profile) in world.iter().enumerate() {
        let name = name(number);
        let _ = writeln!(config, "[profile {name}]");
        for (key, value) in lines(number, profile) {
            let _ = writeln!(config, "{key} = {value}");
        }
        let keys = if profile.keys_in_credentials { &mut credentials } else { &mut config };
        if profile.keys_in_credentials {
            let _ = writeln!(keys, "[{name}]");
        }
        for (key, value) in key_lines(number, profile) {
            let _ = writeln!(keys, "{key} = {value}");
        }
    }
    (config, credentials)
}

fn lines(number: usize, profile: &Profile) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut add = |key, value: &str| lines.push((key, value.to_owned()));
    if profile.role != Role::None || profile.web_identity {
        add("role_arn", &role_arn(number));
    }
    match profile.role {
        Role::From(source) => add("source_profile", &name(source)),
        Role::Elsewhere => add("credential_source", "Ec2InstanceMetadata"),
        Role::TwoSources => {
            add("source_profile", &name(0));
            add("credential_source", "Environment");
        }
        Role::None | Role::NoSource => {}
    }
    if profile.web_identity {
        add("web_identity_token_file", "/token");
    }
    if profile.sso != Sso::None {
        add("sso_start_url", "https://example.awsapps.com/start");
        add("sso_region", "eu-west-1");
    }
    if matches!(profile.sso, Sso::Whole | Sso::NoRole) {
        add("sso_account_id", "111122223333");
    }
    if profile.sso == Sso::Whole {
        add("sso_role_name", "r");
    }
    if profile.login {
        add("login_session", "arn:aws:iam::111122223333:user/u");
    }
    match profile.process {
        Process::None => {}
        Process::Foreign => add("credential_process", "/bin/other"),
        Process::Awsd(target) => {
            add("credential_process", &format!("awsd credential-process {}", name(target)));
        }
    }
    for (key, value) in [("mfa_serial", profile.serial), ("mfa_arn", profile.arn), ("region", profile.region)]
    {
        if let Some(value) = value {
            add(key, value);
        }
    }
    if let Some(seconds) = profile.duration {
        add("duration_seconds", &seconds.to_string());
    }
    lines
}

fn key_lines(number: usize, profile: &Profile) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if matches!(profile.keys, Keys::Whole | Keys::OnlyId) {
        lines.push(("aws_access_key_id", key_id(number)));
    }
    if matches!(profile.keys, Keys::Whole | Keys::OnlySecret) {
        lines.push(("aws_secret_access_key", format!("secret{number}")));
    }
    if profile.keys != Keys::None && profile.token {
        lines.push(("aws_session_token", format!("token{number}")));
    }
    lines
}
