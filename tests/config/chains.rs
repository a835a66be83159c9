//! Which credentials a profile comes to, compared with botocore's providers over random profiles.

use std::fmt::Write as _;

use awsd_core::chain::{Base, Chain, RoleName};
use awsd_core::config_file::{Kind, Profiles, parse};
use awsd_core::plan::{Environment, PlanRequest, plan};
use awsd_core::source::Source;

use crate::botocore;
use crate::files::Files;

const WORLDS: u64 = 1500;
const PROFILES: usize = 5;

/// Something that the two take differently on purpose.
struct Difference {
    name: &'static str,
    why: &'static str,
    /// Whether it applies, by the text of the config file.
    applies: fn(&str) -> bool,
}

const DIFFERENCES: &[Difference] = &[Difference {
    name: "the halves of a key in two files",
    why: "botocore wants both in one file; awsd merges the files key by key, as the SDKs do",
    applies: |config| config.contains("# split"),
}];

pub(crate) fn compare(python: &str, seed: u64) {
    let names: Vec<_> = (0..PROFILES).map(name).collect();
    let worlds: Vec<_> =
        (seed..seed + WORLDS).map(|seed| world(&mut fastrand::Rng::with_seed(seed))).collect();
    let mut known = vec![0; DIFFERENCES.len()];
    let mut found = 0;
    for (files, theirs) in worlds.iter().zip(botocore::chains(python, &worlds, &names)) {
        for name in &names {
            let (ours, theirs) = (ours(files, name), theirs[name].clone());
            found += usize::from(ours.is_some());
            if ours == theirs {
                continue;
            }
            let config = String::from_utf8_lossy(&files.config);
            let excuse = DIFFERENCES.iter().position(|known| (known.applies)(&config));
            let excuse = excuse.unwrap_or_else(|| panic!("{name}: {ours:?}, botocore {theirs:?}\n{files}"));
            known[excuse] += 1;
        }
    }
    assert!(found > 1000, "only {found} profiles had credentials: the comparison says little");
    for (listed, times) in DIFFERENCES.iter().zip(known) {
        assert!(times > 0, "no longer a difference: {} ({})", listed.name, listed.why);
    }
}

/// The base and the roles on top of it, as the script tells botocore's.
fn ours(files: &Files, profile: &str) -> Option<Vec<String>> {
    let profiles = Profiles::merge(
        parse(Kind::Config, "config", &files.config),
        parse(Kind::Credentials, "credentials", &files.credentials),
    );
    let container_credentials_relative_uri = Some("/x".to_owned());
    let environment = Environment { container_credentials_relative_uri, ..Environment::default() };
    let request = PlanRequest { profile: profile.to_owned(), environment, ..PlanRequest::default() };
    plan(&profiles, &request).ok().map(|planned| told(&planned.chain))
}

fn told(chain: &Chain) -> Vec<String> {
    let base = match &chain.base {
        Base::Keys(keys) => keys.access_key_id.clone(),
        Base::Source { source, .. } => match &**source {
            Source::Process(_) => "process",
            Source::Sso(_) => "sso",
            Source::Login(_) => "login",
            Source::WebIdentity(_) => "web-identity",
            Source::InstanceMetadata(_) | Source::Container(_) => "credential-source",
        }
        .to_owned(),
    };
    let roles = chain.roles.iter().map(|role| match &role.arn {
        RoleName::Arn(name) | RoleName::Bare(name) => name.clone(),
    });
    std::iter::once(base).chain(roles).collect()
}

fn name(number: usize) -> String {
    format!("p{number}")
}

/// Profiles that lead to each other, to keys and to other sources, and often nowhere.
fn world(random: &mut fastrand::Rng) -> Files {
    let (mut config, mut credentials) = (String::new(), String::new());
    for number in 0..PROFILES {
        let _ = writeln!(config, "[profile {}]", name(number));
        role(&mut config, random, number);
        others(&mut config, random);
        keys(&mut config, &mut credentials, random, number);
    }
    Files { config: config.into_bytes(), credentials: credentials.into_bytes() }
}

fn role(config: &mut String, random: &mut fastrand::Rng, number: usize) {
    let role = |config: &mut String| {
        let _ = writeln!(config, "role_arn = arn:aws:iam::111122223333:role/r{number}");
    };
    let source = name(random.usize(..PROFILES));
    match random.u8(..16) {
        0..8 => {
            role(config);
            let _ = writeln!(config, "source_profile = {source}");
        }
        8 => {
            role(config);
            config.push_str("credential_source = EcsContainer\n");
        }
        9 => {
            role(config);
            let _ = writeln!(config, "credential_source = Environment\nsource_profile = {source}");
        }
        10 => role(config),
        11 => {
            role(config);
            config.push_str("source_profile = nobody\n");
        }
        _ => {}
    }
    if random.u8(..4) == 0 {
        config.push_str("mfa_serial = arn:aws:iam::111122223333:mfa/alice\n");
    }
}

fn others(config: &mut String, random: &mut fastrand::Rng) {
    let lines = [
        "credential_process = /bin/other\n",
        "login_session = arn:aws:iam::111122223333:user/u\n",
        "web_identity_token_file = /token\n",
    ];
    for line in lines {
        if random.u8(..12) == 0 {
            config.push_str(line);
        }
    }
    match random.u8(..24) {
        0 => config
            .push_str("sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = eu-west-1\n"),
        1 => config.push_str("sso_account_id = 1\nsso_start_url = u\nsso_region = eu-west-1\n"),
        2 => config.push_str("sso_start_url = u\nsso_region = eu-west-1\n"),
        _ => {}
    }
}

fn keys(config: &mut String, credentials: &mut String, random: &mut fastrand::Rng, number: usize) {
    let id = format!("aws_access_key_id = AKIA{number}\n");
    let secret = "aws_secret_access_key = s\n";
    let header = format!("[{}]\n", name(number));
    match random.u8(..40) {
        0..9 => *credentials += &format!("{header}{id}{secret}"),
        9..18 => *config += &format!("{id}{secret}"),
        18 => *credentials += &format!("{header}{id}"),
        19 => *credentials += &format!("{header}{secret}"),
        20 => *config += &id,
        21 => *config += secret,
        22 => {
            *config += &format!("# split\n{secret}");
            *credentials += &format!("{header}{id}");
        }
        _ => {}
    }
}
