//! Which sessions lead from a profile's keys to what its caller wants.
//!
//! Here it is decided whether a device is needed and which, whether a role is taken from the MFA session or directly,
//! and for how long. Nothing is fetched here; what is not known yet is said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::chain::{Base, Chain, Keys, RoleName, partition};
use crate::choice::Several;
use crate::denial;
use crate::effect::{Notice, NoticeKind};
use crate::event::Purpose;
use crate::graph::{Node, Parent, Recipe, RoleKey, User};
use crate::memory::{Memory, UserFacts};
use crate::policy::CHAINED_LIMIT;
use crate::source::Source;

/// How to get there.
#[derive(Debug)]
pub(crate) enum Route {
    /// The base's keys are what is wanted.
    Keys(Arc<Keys>),
    /// These sessions, the first from the base's keys, each next from the one before.
    Sessions(Vec<Step>, Vec<Notice>),
    /// A source must be asked first: what kind of keys it gives decides the way.
    Source(Step),
    /// Something about the user must be found out first.
    Unknown(Fact, User, Recipe),
    /// The person must say first which of the user's devices to use.
    Choice(User),
}

/// A session on the way.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub node: Node,
    pub recipe: Recipe,
}

/// What can be found out about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// Which MFA devices the user has.
    Devices,
    /// Which account the user is in.
    Account,
}

/// What this caller has already been refused, so that another way is taken or the cause is found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refused {
    /// The first role, with an MFA session of this age. Only where no line names a device.
    pub with_mfa: Option<Duration>,
    /// The first role, without. Only where no line names a device.
    pub without_mfa: bool,
    /// The check of a code of this device. Whether it is the user's is looked up next.
    pub device: Option<String>,
}

/// What was found out since the daemon started and is not worth remembering longer.
#[derive(Debug, Default)]
pub(crate) struct Discoveries {
    /// Users whose device list came back empty.
    pub without_device: BTreeSet<User>,
    /// Sources that give temporary keys, and the account of these, where it is known.
    pub temporary: BTreeMap<User, Option<String>>,
    /// Users with several devices, as long as somebody is here who may need one.
    pub several: BTreeMap<User, Several>,
    /// Roles (by ARN) that refused a duration, and the shortest that they refused. The limit is the role's own, whoever takes
    /// it: the other one, that of chained roles, is known beforehand and never asked for.
    pub short_roles: BTreeMap<String, Duration>,
}

impl Discoveries {
    /// Whether a role is known to refuse so long a session.
    fn refuses(&self, arn: &str, wanted: Duration) -> bool {
        self.short_roles.get(arn).is_some_and(|refused| wanted >= *refused)
    }
}

pub(crate) struct Router<'a> {
    pub memory: &'a Memory,
    pub discoveries: &'a Discoveries,
    /// Whether the MFA session of this user and device is there to be tried.
    pub live: &'a dyn Fn(&Node) -> bool,
    /// The keys that a session or a source gave, if they are still there.
    pub held: &'a dyn Fn(&Node) -> Option<Arc<Keys>>,
}

impl Router<'_> {
    /// Finds the way for a chain.
    pub(crate) fn route(&self, chain: &Chain, purpose: Purpose, refused: &Refused) -> Route {
        match &chain.base {
            Base::Keys(keys) => self.with_keys(chain, keys, purpose, refused),
            Base::Source { source, .. } => self.with_source(chain, source, purpose, refused),
        }
    }

    /// What a source gives, and the roles that are taken with it. Long-lived keys of a source are keys like others.
    fn with_source(&self, chain: &Chain, source: &Arc<Source>, purpose: Purpose, refused: &Refused) -> Route {
        let node = Node::source(source, &chain.service);
        let recipe = Recipe { keys: None, service: Arc::clone(&chain.service), role: None };
        let step = Step { node: node.clone(), recipe: recipe.clone() };
        let user = node.user();
        let found = self.discoveries.temporary.get(user);
        let keys = match (self.held)(&node) {
            Some(keys) if !keys.temporary() => return self.with_keys(chain, &keys, purpose, refused),
            None if !source.is_temporary() && found.is_none() => return Route::Source(step),
            keys => keys,
        };
        if chain.roles.is_empty() {
            return Route::Sessions(vec![step], Vec::new());
        }
        let account = source.account_id().or(found.and_then(Option::as_deref)).map(str::to_owned);
        let Some(arns) = arns(chain, account) else {
            let Some(keys) = keys else { return Route::Source(step) };
            return Route::Unknown(Fact::Account, user.clone(), Recipe { keys: Some(keys), ..recipe });
        };
        let way = Way { chain, arns: &arns, user, facts: &UserFacts::default(), recipe };
        self.roles(&way, Parent::Session(node.clone()), Some(node.clone()))
    }

    fn with_keys(&self, chain: &Chain, keys: &Arc<Keys>, purpose: Purpose, refused: &Refused) -> Route {
        let user =
            User { access_key_id: keys.access_key_id.clone(), scope: chain.service.scope().to_owned() };
        if purpose == Purpose::LongLived || (keys.temporary() && chain.roles.is_empty()) {
            return Route::Keys(Arc::clone(keys));
        }
        let no_facts = UserFacts::default();
        let facts = self.memory.users.get(&keys.access_key_id).unwrap_or(&no_facts);
        let recipe = Recipe { keys: Some(Arc::clone(keys)), service: Arc::clone(&chain.service), role: None };
        if refused.device.is_some() {
            return Route::Unknown(Fact::Devices, user, recipe);
        }
        let Some(first) = chain.roles.first() else { return self.own_session(chain, user, facts, recipe) };
        let Some(arns) = arns(chain, account(chain, keys, facts)) else {
            return Route::Unknown(Fact::Account, user, recipe);
        };
        let way = Way { chain, arns: &arns, user: &user, facts, recipe };
        if keys.temporary() {
            return self.roles(&way, Parent::Keys(user.clone()), None);
        }
        let wanted = first.duration.unwrap_or(CHAINED_LIMIT);
        let direct =
            chain.roles.len() == 1 && wanted > CHAINED_LIMIT && !self.discoveries.refuses(&arns[0], wanted);
        self.first_role(&way, direct, refused)
    }

    /// A user's own session: with MFA if there is a device, and it is looked up before it is done without.
    fn own_session(&self, chain: &Chain, user: User, facts: &UserFacts, recipe: Recipe) -> Route {
        let device = chain.device.as_ref().or_else(|| self.device(&user, facts)).cloned();
        let without = Node::User(user.clone(), None);
        let node = match device {
            Some(serial) => Node::User(user, Some(serial)),
            None if self.discoveries.without_device.contains(&user) || (self.live)(&without) => without,
            None => return self.find_device(user, recipe),
        };
        let notices = match node {
            Node::User(_, None) => vec![denial::no_device(&chain.profile)],
            _ => Vec::new(),
        };
        Route::Sessions(vec![Step { node, recipe }], notices)
    }

    /// The device of a user where no line names one: remembered, or chosen a moment ago.
    fn device<'a>(&'a self, user: &User, facts: &'a UserFacts) -> Option<&'a String> {
        let chosen = || self.discoveries.several.get(user)?.chosen.as_ref();
        facts.device.as_ref().or_else(chosen)
    }

    /// AWS is asked for the devices, and the person where AWS knows several.
    fn find_device(&self, user: User, recipe: Recipe) -> Route {
        if self.discoveries.several.contains_key(&user) {
            Route::Choice(user)
        } else {
            Route::Unknown(Fact::Devices, user, recipe)
        }
    }

    /// Decides what the first role is taken with; the rest of the chain follows from it.
    fn first_role(&self, way: &Way<'_>, direct: bool, refused: &Refused) -> Route {
        let user = way.user;
        let with_mfa = |serial: &String| {
            if direct {
                self.roles(way, Parent::KeysAndCode(user.clone(), serial.clone()), None)
            } else {
                let session = Node::User(user.clone(), Some(serial.clone()));
                self.roles(way, Parent::Session(session.clone()), Some(session))
            }
        };
        if let Some(serial) = &way.chain.device {
            return with_mfa(serial);
        }
        let Some(serial) = self.device(user, way.facts) else {
            return if refused.without_mfa && !self.discoveries.without_device.contains(user) {
                self.find_device(user.clone(), way.recipe.clone())
            } else {
                self.roles(way, Parent::Keys(user.clone()), None)
            };
        };
        let needs = way.facts.roles_with_mfa.contains(&way.arns[0]) || refused.without_mfa;
        let without = || self.roles(way, Parent::Keys(user.clone()), None);
        // What has been granted without MFA is not made a second time with it.
        let granted = matches!(without(), Route::Sessions(steps, _) if steps.first().is_some_and(|step| (self.live)(&step.node)));
        let at_hand = !direct && !granted && (self.live)(&Node::User(user.clone(), Some(serial.clone())));
        if refused.with_mfa.is_none() && (needs || at_hand) { with_mfa(serial) } else { without() }
    }

    /// The steps from what the first role is taken with to the last role.
    fn roles(&self, way: &Way<'_>, first: Parent, session: Option<Node>) -> Route {
        let mut notices = Vec::new();
        let mut steps: Vec<Step> =
            session.map(|node| Step { node, recipe: way.recipe.clone() }).into_iter().collect();
        let mut parent = Some(first);
        let last = way.chain.roles.len() - 1;
        for (index, role) in way.chain.roles.iter().enumerate() {
            let from = parent.take().unwrap_or_else(|| Parent::Session(steps[steps.len() - 1].node.clone()));
            let wanted = role.duration.unwrap_or(CHAINED_LIMIT);
            let arn = &way.arns[index];
            let chained = way.is_chained(&from);
            let is_short = chained || self.discoveries.refuses(arn, wanted);
            let limit = if is_short { CHAINED_LIMIT } else { Duration::MAX };
            if index == last && wanted > limit {
                notices.push(clamped(way, arn, wanted, chained));
            }
            let key = Arc::new(RoleKey::new(role, arn.clone(), wanted.min(limit)));
            let node = Node::Role(Box::new(from), key);
            let recipe = Recipe { role: Some(Arc::new(role.clone())), ..way.recipe.clone() };
            steps.push(Step { node, recipe });
        }
        Route::Sessions(steps, notices)
    }
}

struct Way<'a> {
    chain: &'a Chain,
    arns: &'a [String],
    user: &'a User,
    facts: &'a UserFacts,
    recipe: Recipe,
}

impl Way<'_> {
    /// Whether AWS calls a role that is taken with this a chained one.
    fn is_chained(&self, from: &Parent) -> bool {
        match from {
            Parent::Session(Node::Source(_, source)) => source.is_chained(),
            Parent::Session(_) => true,
            Parent::Keys(_) => self.recipe.keys.as_ref().is_some_and(|keys| keys.temporary()),
            Parent::KeysAndCode(..) => false,
        }
    }
}

/// The account of a user, as far as it is known.
fn account(chain: &Chain, keys: &Keys, facts: &UserFacts) -> Option<String> {
    let of_device = chain.device.as_deref().and_then(account_of).map(str::to_owned);
    of_device.or_else(|| keys.account_id.clone()).or_else(|| facts.account.clone())
}

/// The roles' full ARNs, if the source's account is known or no name is bare.
fn arns(chain: &Chain, mut account: Option<String>) -> Option<Vec<String>> {
    chain
        .roles
        .iter()
        .map(|role| {
            let arn = match &role.arn {
                RoleName::Arn(arn) => arn.clone(),
                RoleName::Bare(name) => {
                    let account = account.as_deref()?;
                    format!("arn:{}:iam::{account}:role/{name}", partition(&chain.service.region))
                }
            };
            // The next role's source is this one.
            account = account_of(&arn).map(str::to_owned);
            Some(arn)
        })
        .collect()
}

/// The account in an ARN; none for the serial number of a hardware device.
pub(crate) fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

fn clamped(way: &Way<'_>, arn: &str, wanted: Duration, chained: bool) -> Notice {
    let (profile, hours) = (&way.chain.profile, hours(wanted));
    let why = match chained {
        true if way.chain.roles.len() > 1 => {
            format!("but {arn} gives at most 1 h to a role that is taken from another role")
        }
        true => format!("but {arn} gives at most 1 h this way"),
        false => format!("which AWS refuses for {arn}: it gives 1 h"),
    };
    let text = format!("{profile} asks for {hours} h, {why}; awsd renews it as long as it is used");
    Notice { kind: NoticeKind::DurationClamped, text }
}

fn hours(duration: Duration) -> String {
    let tenths = duration.as_secs() / 360;
    if tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// The devices of a list that can be used for the API (AWS takes security keys only in its console), and whether there were others.
pub(crate) fn usable_devices(serials: Vec<String>) -> (Vec<String>, bool) {
    let all = serials.len();
    let usable: Vec<_> = serials.into_iter().filter(|serial| !serial.contains(":u2f/")).collect();
    let others = usable.len() < all;
    (usable, others)
}
