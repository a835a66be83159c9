//! The nodes of the credential graph: what makes two sessions the same one, and what is held for each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::chain::{Keys, Policies, Role, Service};
use crate::event::{CallId, Display};
use crate::offers::LastUse;
use crate::policy;
use crate::source::Source;
use crate::time::{Boot, Now, Wall};

/// A long-lived key (or a sign-in's temporary one) where it is valid. Never a path, a profile or a region: two shells
/// with other files share one session, and a rotated key never gets an old one. What a source gives changes at every
/// renewal: in the place of its key is the mark of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct User {
    /// Its access key id, or [`Source::mark`].
    pub access_key_id: String,
    /// [`Service::scope`].
    pub scope: String,
}

/// One MFA device. Codes are spent, counted and asked for by device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Device {
    /// Its serial number or ARN.
    pub serial: String,
    /// [`Service::scope`].
    pub scope: String,
}

/// One session, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    /// What a source gives.
    Source(User, Arc<Source>),
    /// `GetSessionToken`, with a device or (for a user that has none) without.
    User(User, Option<String>),
    /// `AssumeRole`.
    Role(Box<Parent>, Arc<RoleKey>),
}

/// What a role is taken with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Parent {
    /// The base's keys.
    Keys(User),
    /// The base's keys and a code of this device: for sessions longer than a chained one may be.
    KeysAndCode(User, String),
    /// Another session.
    Session(Node),
}

/// What makes a role session another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoleKey {
    /// The full ARN.
    pub arn: String,
    /// What is asked for.
    pub duration: Duration,
    pub(crate) external_id: Option<String>,
    pub(crate) session_name: String,
    pub(crate) source_identity: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) transitive_tags: Vec<String>,
    pub(crate) policies: Policies,
}

impl RoleKey {
    pub(crate) fn new(role: &Role, arn: String, duration: Duration) -> Self {
        Self {
            arn,
            duration,
            external_id: role.external_id.clone(),
            session_name: role.session_name.clone(),
            source_identity: role.source_identity.clone(),
            tags: role.tags.clone(),
            transitive_tags: role.transitive_tags.clone(),
            policies: role.policies.clone(),
        }
    }
}

impl Node {
    /// What a source gives, where AWS is reached so.
    pub(crate) fn source(source: &Arc<Source>, service: &Service) -> Self {
        let user = User { access_key_id: source.mark(), scope: service.scope().to_owned() };
        Self::Source(user, Arc::clone(source))
    }

    /// The key that everything began with.
    pub(crate) fn user(&self) -> &User {
        match self {
            Self::Source(user, _) | Self::User(user, _) => user,
            Self::Role(parent, _) => match &**parent {
                Parent::Keys(user) | Parent::KeysAndCode(user, _) => user,
                Parent::Session(node) => node.user(),
            },
        }
    }

    /// The session this one is taken from, if it is taken from one.
    pub(crate) fn parent(&self) -> Option<&Node> {
        match self {
            Self::Role(parent, _) => match &**parent {
                Parent::Session(node) => Some(node),
                Parent::Keys(_) | Parent::KeysAndCode(..) => None,
            },
            Self::Source(..) | Self::User(..) => None,
        }
    }

    /// The device whose code the call for this node carries.
    pub(crate) fn device(&self) -> Option<Device> {
        let (user, serial) = match self {
            Self::User(user, Some(serial)) => (user, serial),
            Self::Role(parent, _) => match &**parent {
                Parent::KeysAndCode(user, serial) => (user, serial),
                Parent::Keys(_) | Parent::Session(_) => return None,
            },
            Self::Source(..) | Self::User(_, None) => return None,
        };
        Some(Device { serial: serial.clone(), scope: user.scope.clone() })
    }

    /// Whether it can be made without a person: nobody is asked for what is merely in use.
    pub(crate) fn is_silent(&self) -> bool {
        let may_ask = matches!(self, Self::Source(_, source) if source.may_ask());
        !may_ask && self.device().is_none()
    }

    /// Whether this is an MFA session.
    pub(crate) fn is_mfa_session(&self) -> bool {
        matches!(self, Self::User(_, Some(_)))
    }
}

/// Keys that were granted, and for how long.
#[derive(Debug)]
pub(crate) struct Lease {
    pub keys: Arc<Keys>,
    /// When it arrived.
    pub granted: Boot,
    /// When it is over by the boot clock; never, for a source's long-lived keys.
    pub ends: Option<Boot>,
    /// Its whole life, of which a moment had passed when it arrived.
    pub life: Duration,
    /// What margins are a part of: its life, or what was left of it when its source gave the same keys once more. Asking
    /// again at once would bring them again.
    pub margin_life: Duration,
    /// When AWS, or its source, says it ends.
    pub expiration: Option<Wall>,
    /// Some caller got it that had not waited for it to be made.
    pub used: bool,
    /// The session before this one was used.
    pub used_before: bool,
    /// When to renew it in the background, if it is in use.
    pub renew_at: Option<Boot>,
    /// It was to be taken once more because its MFA session ends, or was taken that late.
    pub last_call: bool,
}

impl Lease {
    /// What is left, by the clock that says less: the boot clock does not jump, the wall clock knows what happened while
    /// a whole machine was stopped.
    pub(crate) fn remaining(&self, now: Now, skew: i64) -> Duration {
        let by_boot = self.ends.map_or(Duration::MAX, |ends| ends.since(now.boot));
        let by_wall = self.expiration.map_or(Duration::MAX, |end| end.since(now.wall.shifted(skew)));
        by_boot.min(by_wall)
    }

    /// Whether it can still be used to take roles.
    pub(crate) fn usable(&self, now: Now, skew: i64) -> bool {
        let left = self.remaining(now, skew);
        !left.is_zero() && left >= policy::usable(self.life)
    }
}

/// How a node is made: the latest that a caller brought.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// What everything begins with; none where that is a source's session.
    pub keys: Option<Arc<Keys>>,
    pub service: Arc<Service>,
    pub role: Option<Arc<Role>>,
}

/// Who wants a source to be asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asker {
    /// Where a program may show something.
    pub display: Display,
    /// The sources whose programs have led to this, by their marks.
    pub inside: Vec<String>,
}

/// What is held for a node.
#[derive(Debug)]
pub(crate) struct Slot {
    pub recipe: Recipe,
    /// Of a source: the latest who asked.
    pub asker: Asker,
    pub lease: Option<Lease>,
    pub flight: Flight,
    /// Renewal in the background is under way, without anybody waiting.
    pub renewing: bool,
    /// How often in a row background renewal failed.
    pub renewal_failures: u32,
    /// For display.
    pub profiles: BTreeSet<String>,
    /// Of an MFA session: when something was last served from it.
    pub last_use: Option<LastUse>,
}

impl Slot {
    pub(crate) fn new(recipe: Recipe) -> Self {
        Self {
            recipe,
            asker: Asker::default(),
            lease: None,
            flight: Flight::default(),
            renewing: false,
            renewal_failures: 0,
            profiles: BTreeSet::new(),
            last_use: None,
        }
    }
}

/// A call that is under way, or has been made in vain. There is never more than one for one thing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flight {
    pub call: Option<CallId>,
    /// When the last call was made.
    pub sent: Boot,
    /// Failures in a row that may pass.
    pub failures: u32,
    /// It is not made again before.
    pub not_before: Boot,
    /// It was made once more at once: signed again after the clock's error was measured, or sent again because it had not
    /// left this machine.
    pub repeated: bool,
}

impl Flight {
    /// Whether there is nothing to do but wait.
    pub(crate) fn busy(&self, now: Now) -> bool {
        self.call.is_some() || self.not_before > now.boot
    }
}

/// Something about a user that is being found out.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub flight: Flight,
    pub recipe: Recipe,
}
