//! What a request asks for, in the words of the checks.

use std::time::Duration;

use awsd_core::chain::{Base, RoleName};
use awsd_core::time::Wall;

use crate::world::Open;

const HOUR: Duration = Duration::from_hours(1);

impl Open {
    pub(crate) fn root(&self) -> &str {
        match &self.chain.base {
            Base::Keys(keys) => &keys.access_key_id,
            Base::Source { .. } => "",
        }
    }

    pub(crate) fn first_role(&self) -> &str {
        match self.chain.roles.first().map(|role| &role.arn) {
            Some(RoleName::Arn(name) | RoleName::Bare(name)) => name.rsplit('/').next().unwrap_or_default(),
            None => "",
        }
    }

    pub(crate) fn has_a_strangers_device(&self) -> bool {
        self.chain.device.as_ref().is_some_and(|device| device.ends_with("/stranger"))
    }

    /// One role for an hour at most, of a user whose device is named.
    pub(crate) fn simple(&self) -> bool {
        self.chain.device.is_some() && self.chain.roles.len() == 1 && !self.takes_its_own_code()
    }

    pub(crate) fn source_end(&self) -> Option<Wall> {
        match &self.chain.base {
            Base::Keys(keys) => keys.expiration,
            Base::Source { .. } => None,
        }
    }

    /// The role is wanted for longer than a session can give, so it takes a code of its own.
    pub(crate) fn takes_its_own_code(&self) -> bool {
        matches!(&self.chain.roles[..], [role] if role.duration.is_some_and(|duration| duration > HOUR))
    }
}
