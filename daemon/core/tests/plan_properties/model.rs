//! What a profile should come to, said a second time: recursively, over the generated values instead of the files.

use crate::world::{Keys, Process, Profile, Role, Sso, World};

/// What a plan should say, by the numbers of the profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The profiles on the way, the one asked for first.
    pub(crate) stops: Vec<usize>,
    /// Those whose role is assumed, the last one first.
    pub(crate) roles: Vec<usize>,
    /// What the last stop gives.
    pub(crate) base: Base,
}

/// What the last profile gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Keys,
    Process,
    Sso,
    Login,
    WebIdentity,
    CredentialSource,
}

/// Resolves profile `number`, or gives the code of the error.
pub(crate) fn resolve(world: &World, number: usize) -> Result<Expected, &'static str> {
    asked(world, number, Vec::new())
}

/// A profile as a person asks for it: its role first.
fn asked(world: &World, number: usize, before: Vec<usize>) -> Result<Expected, &'static str> {
    let profile = &world[number];
    if profile.role != Role::None && !profile.web_identity {
        assumed(world, number, before)
    } else {
        own(world, number, before)
    }
}

/// A profile as another one's source: its keys first.
fn source(world: &World, number: usize, before: Vec<usize>) -> Result<Expected, &'static str> {
    if world[number].keys == Keys::None { asked(world, number, before) } else { own(world, number, before) }
}

fn assumed(world: &World, number: usize, before: Vec<usize>) -> Result<Expected, &'static str> {
    let profile = &world[number];
    let mut expected = match profile.role {
        Role::None | Role::NoSource => return Err("no-role-source"),
        Role::TwoSources => return Err("two-role-sources"),
        Role::Elsewhere => here(number, before, Base::CredentialSource),
        Role::From(other) if other == number && profile.keys != Keys::None => own(world, number, before)?,
        Role::From(other) if other >= world.len() => return Err("unknown-source-profile"),
        Role::From(other) if other == number || before.contains(&other) => return Err("loop"),
        Role::From(other) => source(world, other, with(before, number))?,
    };
    let place = expected.roles.iter().position(|&role| comes_before(&expected.stops, role, number));
    expected.roles.insert(place.unwrap_or(expected.roles.len()), number);
    Ok(expected)
}

/// Roles are told from the profile asked for downwards.
fn comes_before(stops: &[usize], role: usize, number: usize) -> bool {
    let place = |wanted| stops.iter().position(|&stop| stop == wanted);
    place(number) < place(role)
}

fn own(world: &World, number: usize, before: Vec<usize>) -> Result<Expected, &'static str> {
    let profile = &world[number];
    if profile.web_identity {
        return Ok(here(number, before, Base::WebIdentity));
    }
    match profile.sso {
        Sso::Whole => return Ok(here(number, before, Base::Sso)),
        Sso::NoRole => return Err("missing-key"),
        Sso::None | Sso::OnlyStartUrl => {}
    }
    let has_id = matches!(profile.keys, Keys::Whole | Keys::OnlyId);
    if profile.keys_in_credentials && has_id {
        return keys(profile, number, before);
    }
    if profile.login {
        return Ok(here(number, before, Base::Login));
    }
    match profile.process {
        Process::Foreign => return Ok(here(number, before, Base::Process)),
        Process::Awsd(other) if other >= world.len() => return Err("unknown-referenced-profile"),
        Process::Awsd(other) if before.contains(&other) => return Err("served-by-itself"),
        Process::Awsd(other) if other != number => return asked(world, other, with(before, number)),
        Process::Awsd(_) if profile.keys == Keys::None => return Err("served-by-itself"),
        Process::Awsd(_) | Process::None => {}
    }
    match (profile.keys, profile.sso) {
        (Keys::None, Sso::OnlyStartUrl) => Err("missing-key"),
        (Keys::None, _) => Err("no-credentials"),
        _ => keys(profile, number, before),
    }
}

fn keys(profile: &Profile, number: usize, before: Vec<usize>) -> Result<Expected, &'static str> {
    if profile.keys == Keys::Whole { Ok(here(number, before, Base::Keys)) } else { Err("missing-key") }
}

fn here(number: usize, before: Vec<usize>, base: Base) -> Expected {
    Expected { stops: with(before, number), roles: Vec::new(), base }
}

fn with(mut before: Vec<usize>, number: usize) -> Vec<usize> {
    before.push(number);
    before
}

/// The device: the first that is named on the way.
pub(crate) fn device(world: &World, stops: &[usize]) -> Option<&'static str> {
    stops.iter().find_map(|&stop| world[stop].serial.or(world[stop].arn))
}

/// The region: that of the profile asked for, or of the one it is another name of.
pub(crate) fn region(world: &World, expected: &Expected) -> Option<&'static str> {
    for &stop in &expected.stops {
        if let Some(region) = world[stop].region {
            return Some(region);
        }
        if expected.roles.contains(&stop) {
            return None;
        }
    }
    None
}

/// The codes of what is unusual about the profiles on the way, sorted.
pub(crate) fn warnings(world: &World, expected: &Expected) -> Vec<&'static str> {
    let mut codes: Vec<_> = expected.roles.iter().flat_map(|&role| beside_role(world, role)).collect();
    let last = expected.stops.last().map(|&stop| &world[stop]);
    if expected.base == Base::Process && last.is_some_and(|last| last.keys != Keys::None) {
        codes.push("unused-keys");
    }
    // Nobody looks further than to the first profile that names a device.
    let first =
        expected.stops.iter().map(|&stop| &world[stop]).find(|stop| stop.serial.or(stop.arn).is_some());
    match first.map(|stop| (stop.serial, stop.arn)) {
        Some((Some(serial), Some(arn))) if serial != arn => codes.push("mfa-arn-differs"),
        Some((_, Some(_))) => codes.push("mfa-arn"),
        _ => {}
    }
    codes.sort_unstable();
    codes
}

/// What stands beside a role and is not used for it.
fn beside_role(world: &World, number: usize) -> impl Iterator<Item = &'static str> {
    let profile = &world[number];
    let unused_keys = profile.keys != Keys::None && profile.role != Role::From(number);
    let process = matches!(profile.process, Process::Awsd(_)).then_some("role-beside-process");
    process.into_iter().chain(unused_keys.then_some("unused-keys"))
}
