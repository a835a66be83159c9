//! What is worth remembering across restarts: found-out facts about users, never a secret.

use std::collections::{BTreeMap, BTreeSet};

/// Facts by access key id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// What was found out about each access key's user.
    pub users: BTreeMap<String, UserFacts>,
}

/// What was found out about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFacts {
    /// The MFA device that was looked up because no line named one.
    pub device: Option<String>,
    /// The user's account, looked up for bare role names.
    pub account: Option<String>,
    /// Roles that refused a session without MFA.
    pub roles_with_mfa: BTreeSet<String>,
}
