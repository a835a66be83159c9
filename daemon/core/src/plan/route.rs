//! The way from the profile that was asked for to the one that has credentials.
//!
//! The rules, which are those of the AWS CLI:
//!
//! - The profile asked for: its role comes first, then web identity, SSO, keys in the credentials file, `login_session`,
//!   `credential_process`, keys in the config file.
//! - A source profile: the same, but keys of its own come before its role.
//! - `source_profile` may name the profile itself if that has keys: they are assumed the role with.
//! - Any other return to a profile is an error, whatever keys it has.
//! - `credential_process = awsd credential-process NAME` means NAME: awsd does not call itself.

use super::absence::Absence;
use super::alias;
use super::base::{self, Beginning, Found, Way};
use super::error::{PlanError, PlanErrorKind};
use super::finding::Finding;
use super::keys;
use super::nearest::nearest;
use super::settings::{Settings, named};
use crate::config_file::{Profiles, Value};

const SOURCE_PROFILE: &str = "source_profile";
const CREDENTIAL_SOURCE: &str = "credential_source";

/// The way that was found.
#[derive(Debug)]
pub(super) struct Route<'a> {
    /// The profiles visited, the one asked for first.
    pub(super) stops: Vec<Settings<'a>>,
    /// Which of the stops have a role that is assumed, in the order of `stops`.
    pub(super) roles: Vec<usize>,
    /// How many of the first stops are the profile asked for: itself, and the profile it is another name of.
    pub(super) fronts: usize,
    /// Where credentials begin: with the last stop.
    pub(super) base: Found,
}

/// Finds the way.
pub(super) fn find<'a>(
    profiles: &'a Profiles,
    name: &str,
    warnings: &mut Vec<Finding>,
) -> Result<Route<'a>, PlanError> {
    let first = profiles.get(name).ok_or_else(|| {
        let (nearest, absence) = (nearest(profiles, name), Absence::of(profiles));
        PlanError::new(name, None, PlanErrorKind::UnknownProfile { nearest, absence })
    })?;
    let mut walk = Walk { profiles, stops: Vec::new(), roles: Vec::new(), fronts: 0 };
    let mut settings = Settings::open(profiles, first)?;
    let mut asked = true;
    loop {
        walk.fronts += usize::from(asked && walk.roles.is_empty());
        let step = walk.step(&settings, asked, warnings)?;
        walk.stops.push(settings);
        match step {
            Step::Arrived(base) => return Ok(walk.arrive(base)),
            Step::Source(next) => (settings, asked) = (next, false),
            Step::Alias(next) => (settings, asked) = (next, true),
        }
    }
}

/// What a profile leads to.
enum Step<'a> {
    Arrived(Found),
    /// A role's source profile.
    Source(Settings<'a>),
    /// The profile that this one is another name of.
    Alias(Settings<'a>),
}

struct Walk<'a> {
    profiles: &'a Profiles,
    stops: Vec<Settings<'a>>,
    roles: Vec<usize>,
    fronts: usize,
}

impl<'a> Walk<'a> {
    fn step(
        &mut self,
        settings: &Settings<'a>,
        asked: bool,
        warnings: &mut Vec<Finding>,
    ) -> Result<Step<'a>, PlanError> {
        let is_role = settings.get("role_arn").is_some() && settings.get("web_identity_token_file").is_none();
        if is_role && (asked || keys::place(settings).is_none()) {
            return self.role_step(settings, warnings);
        }
        self.base_step(settings, warnings)
    }

    fn role_step(
        &mut self,
        settings: &Settings<'a>,
        warnings: &mut Vec<Finding>,
    ) -> Result<Step<'a>, PlanError> {
        warnings.extend(alias::beside_role(settings));
        let step = match (settings.get(SOURCE_PROFILE), settings.get(CREDENTIAL_SOURCE)) {
            (Some(_), Some(second)) => {
                return Err(settings.error(Some(second), PlanErrorKind::TwoRoleSources));
            }
            (None, None) => {
                return Err(settings.error(settings.get("role_arn"), PlanErrorKind::NoRoleSource));
            }
            (None, Some(source)) => {
                warnings.extend(keys::unused(settings));
                Step::Arrived(credential_source(settings, source)?)
            }
            (Some(source), None) if source.text() == settings.name() && keys::place(settings).is_some() => {
                self.base_step(settings, warnings)?
            }
            (Some(source), None) => {
                let next =
                    named(self.profiles, settings.name(), SOURCE_PROFILE, source.text(), &source.origin)?;
                if self.visited(settings, &next.name) {
                    return Err(settings.error(Some(source), self.circle(settings, &next.name)));
                }
                warnings.extend(keys::unused(settings));
                Step::Source(Settings::open(self.profiles, next)?)
            }
        };
        self.roles.push(self.stops.len());
        Ok(step)
    }

    fn base_step(&self, settings: &Settings<'a>, warnings: &mut Vec<Finding>) -> Result<Step<'a>, PlanError> {
        match base::find(self.profiles, settings, warnings)? {
            Beginning::Here(base) => Ok(Step::Arrived(base)),
            Beginning::AliasOf { name, line } => {
                let next = named(self.profiles, settings.name(), "credential_process", &name, &line.origin)?;
                if self.visited(settings, &next.name) {
                    return Err(settings.error(Some(line), PlanErrorKind::ServedByItself));
                }
                Ok(Step::Alias(Settings::open(self.profiles, next)?))
            }
        }
    }

    fn visited(&self, current: &Settings<'_>, name: &str) -> bool {
        current.name() == name || self.stops.iter().any(|stop| stop.name() == name)
    }

    /// The profiles from the first visit of `name` to the second.
    fn circle(&self, current: &Settings<'_>, name: &str) -> PlanErrorKind {
        let names = self.stops.iter().map(Settings::name).chain([current.name(), name]);
        let path = names.skip_while(|&stop| stop != name).map(str::to_owned).collect();
        PlanErrorKind::Loop { key: SOURCE_PROFILE, path }
    }

    fn arrive(self, base: Found) -> Route<'a> {
        Route { stops: self.stops, roles: self.roles, fronts: self.fronts, base }
    }
}

/// Whose environment `Environment` would mean is the daemon's, which has been emptied of credentials.
fn credential_source(settings: &Settings<'_>, source: &Value) -> Result<Found, PlanError> {
    let kind = match source.text() {
        "Ec2InstanceMetadata" => return Ok(Found::Source(Way::InstanceMetadata)),
        "EcsContainer" => return Ok(Found::Source(Way::Container)),
        "Environment" => PlanErrorKind::EnvironmentSource,
        _ => {
            let rule = "Ec2InstanceMetadata or EcsContainer";
            PlanErrorKind::BadValue { key: CREDENTIAL_SOURCE, rule }
        }
    };
    Err(settings.error(Some(source), kind))
}
