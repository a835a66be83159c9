//! One profile's settings: its own lines, and under them those of the profiles it includes.

use super::error::{PlanError, PlanErrorKind};
use super::nearest::nearest;
use crate::config_file::{Origin, Profile, Profiles, Value};

const INCLUDE: &str = "include_profile";

/// A profile with what it includes.
#[derive(Debug, Clone)]
pub(super) struct Settings<'a> {
    /// The profile itself first; each hides what the later ones say.
    layers: Vec<&'a Profile>,
}

impl<'a> Settings<'a> {
    /// A profile and its `include_profile`s. Its lines must all be readable: a missing one could mean anything.
    pub(super) fn open(profiles: &'a Profiles, profile: &'a Profile) -> Result<Self, PlanError> {
        let mut settings = Self { layers: vec![profile] };
        let mut last = profile;
        loop {
            if let Some(problem) = last.spoiled() {
                return Err(PlanError::unusable(settings.name(), problem));
            }
            let line = last.get(INCLUDE).filter(|line| !line.text().is_empty());
            let Some(line) = line else { return Ok(settings) };
            let next = follow(profiles, last, INCLUDE, line)?;
            let seen = settings.layers.iter().any(|layer| layer.name == next.name);
            if seen {
                let mut path: Vec<_> = settings.layers.iter().map(|layer| layer.name.clone()).collect();
                path.push(next.name.clone());
                return Err(settings.error(Some(line), PlanErrorKind::Loop { key: INCLUDE, path }));
            }
            settings.layers.push(next);
            last = next;
        }
    }

    pub(super) fn name(&self) -> &'a str {
        &self.layers[0].name
    }

    pub(super) fn origin(&self) -> &'a Origin {
        &self.layers[0].origin
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// The same for a key that only aws-vault and awsd know: with nothing behind it, it says nothing.
    pub(super) fn of_vault(&self, key: &str) -> Option<&'a Value> {
        self.layers.iter().filter_map(|layer| layer.get(key)).find(|line| !line.text().is_empty())
    }

    /// The first layer that has one of these keys: keys that only mean something together are never mixed.
    pub(super) fn layer_with(&self, keys: &[&str]) -> Option<&'a Profile> {
        self.layers.iter().copied().find(|layer| keys.iter().any(|key| layer.get(key).is_some()))
    }

    /// An error of this profile, at this line or else at its header.
    pub(super) fn error(&self, line: Option<&Value>, kind: PlanErrorKind) -> PlanError {
        PlanError::new(self.name(), Some(line.map_or(self.origin(), |value| &value.origin)), kind)
    }
}

/// The profile that a line names.
pub(super) fn follow<'a>(
    profiles: &'a Profiles,
    from: &Profile,
    key: &'static str,
    line: &Value,
) -> Result<&'a Profile, PlanError> {
    named(profiles, &from.name, key, line.text(), &line.origin)
}

/// The profile of this name, which a line of the profile `from` says.
pub(super) fn named<'a>(
    profiles: &'a Profiles,
    from: &str,
    key: &'static str,
    name: &str,
    origin: &Origin,
) -> Result<&'a Profile, PlanError> {
    profiles.get(name).ok_or_else(|| {
        let nearest = nearest(profiles, name);
        let kind = PlanErrorKind::UnknownReference { key, name: name.to_owned(), nearest };
        PlanError::new(from, Some(origin), kind)
    })
}
