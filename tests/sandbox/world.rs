//! The state of the sandbox: what exists, what was handed out, and what a test wants to go wrong.
//!
//! A test builds a world, starts the sandbox with it, and may change it at any time through `Sandbox::world`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    around::Around,
    clock::Clock,
    fault::{Fault, Faults, Gate},
    federation::SignIn,
    identity::{AccessKey, Credentials, Role, Session, SessionKind, Trust, User},
    mint::Mint,
    policies::SessionPolicies,
    totp::Device,
};

/// The role default of AWS.
const HOUR: Duration = Duration::from_hours(1);

/// Everything the endpoint knows.
#[derive(Clone)]
pub struct World {
    /// Users, in order of creation.
    pub users: Vec<User>,
    /// Roles, in order of creation.
    pub roles: Vec<Role>,
    /// Sessions by access key id, ended ones included.
    pub sessions: BTreeMap<String, Session>,
    /// Sessions of users are granted no longer life than this, whatever was asked.
    pub user_session_life: Option<Duration>,
    /// Sessions of roles are granted no longer life than this, whatever was asked.
    pub role_session_life: Option<Duration>,
    /// How long new access keys are unknown to the endpoints.
    pub key_delay: Duration,
    /// Tokens for the console that nobody has used.
    pub(super) sign_ins: BTreeMap<String, SignIn>,
    /// What gives keys without a signature.
    pub around: Around,
    /// Tokens of others, the role that trusts each, and its end.
    pub(super) web_tokens: BTreeMap<String, (String, Timestamp)>,
    pub(super) faults: Faults,
    pub(super) mint: Mint,
    clock: Clock,
}

impl World {
    /// A world with nobody in it. The same seed gives the same keys.
    pub fn new(seed: u64) -> Self {
        Self {
            users: Vec::new(),
            roles: Vec::new(),
            sessions: BTreeMap::new(),
            user_session_life: None,
            role_session_life: None,
            key_delay: Duration::ZERO,
            sign_ins: BTreeMap::new(),
            around: Around::default(),
            web_tokens: BTreeMap::new(),
            faults: Faults::default(),
            mint: Mint::new(seed),
            clock: Clock::default(),
        }
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Puts the server's clock ahead of the host's (negative: behind).
    pub fn set_clock_offset(&mut self, offset: SignedDuration) {
        self.clock.set_offset(offset);
    }

    /// Adds a user with one access key and no device.
    pub fn add_user(&mut self, account: &str, name: &str) -> &mut User {
        let id = self.mint.id("AIDA");
        self.push_user(account, name, id, false)
    }

    /// Adds the root user of an account, with one access key.
    pub fn add_root(&mut self, account: &str) -> &mut User {
        self.push_user(account, account, account.to_owned(), true)
    }

    fn push_user(&mut self, account: &str, name: &str, id: String, root: bool) -> &mut User {
        let created = self.now();
        // A key that is there from the beginning is known everywhere, however the clock is set afterwards.
        let key = self.new_key(created, Timestamp::MIN);
        self.users.push(User {
            account: account.to_owned(),
            name: name.to_owned(),
            id,
            root,
            keys: vec![key],
            devices: Vec::new(),
            denied: BTreeSet::new(),
            created,
        });
        self.users.last_mut().expect("just pushed")
    }

    /// Registers a virtual MFA device of a user; its serial is returned.
    pub fn add_device(&mut self, user: &str, device: &str) -> String {
        let seed = self.mint.device_seed();
        let user = self.user_mut(user);
        let serial = format!("arn:aws:iam::{}:mfa/{device}", user.account);
        user.devices.push(Device::new(&serial, seed));
        serial
    }

    /// Adds a role with sessions of up to an hour. A role of the same ARN is replaced and its sessions die.
    pub fn add_role(&mut self, arn: &str, trust: Trust) -> &mut Role {
        let id = self.mint.id("AROA");
        self.roles.retain(|role| role.arn != arn);
        self.roles.push(Role { arn: arn.to_owned(), id, max_session: HOUR, trust, revoked_before: None });
        self.roles.last_mut().expect("just pushed")
    }

    /// The user of this name.
    ///
    /// # Panics
    /// Where there is none: a mistake in the test.
    pub fn user(&self, name: &str) -> &User {
        self.users
            .iter()
            .find(|user| user.name == name)
            .unwrap_or_else(|| panic!("no user {name} in this world"))
    }

    /// The user of this name, to be changed.
    ///
    /// # Panics
    /// Where there is none: a mistake in the test.
    pub fn user_mut(&mut self, name: &str) -> &mut User {
        self.users
            .iter_mut()
            .find(|user| user.name == name)
            .unwrap_or_else(|| panic!("no user {name} in this world"))
    }

    /// A code of a user's first device that would be accepted now; none where all were used or there is no device.
    pub fn unused_code(&self, user: &str) -> Option<String> {
        self.user(user).devices.first()?.unused_code(self.now())
    }

    /// The role of this ARN.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.arn == arn)
    }

    /// The role of this ARN, to be changed.
    ///
    /// # Panics
    /// Where there is none: a mistake in the test.
    pub fn role_mut(&mut self, arn: &str) -> &mut Role {
        self.roles
            .iter_mut()
            .find(|role| role.arn == arn)
            .unwrap_or_else(|| panic!("no role {arn} in this world"))
    }

    /// Deletes a role; its sessions die.
    pub fn remove_role(&mut self, arn: &str) {
        self.roles.retain(|role| role.arn != arn);
    }

    /// Deactivates every access key of a user.
    pub fn revoke_keys(&mut self, user: &str) {
        for key in &mut self.user_mut(user).keys {
            key.active = false;
        }
    }

    /// Makes every code of a user's devices new again and gives back their budget: as if time had passed.
    pub fn forget_codes(&mut self, user: &str) {
        for device in &mut self.user_mut(user).devices {
            device.forget();
        }
    }

    /// Refuses everything to the sessions of a role that exist now.
    pub fn revoke_sessions(&mut self, role_arn: &str) {
        let now = self.now();
        self.role_mut(role_arn).revoked_before = Some(now);
    }

    /// The next call of `action` goes wrong.
    pub fn fail(&mut self, action: &str, fault: Fault) {
        self.faults.push(action, fault);
    }

    /// Forgets faults that have not happened.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The next call of `action` waits until the gate is opened.
    pub fn hold(&mut self, action: &str) -> Gate {
        let gate = Gate::default();
        self.faults.push(action, Fault::Held(gate.clone()));
        gate
    }

    /// A role session as a SAML login tool would leave it in the credentials file.
    ///
    /// # Panics
    /// Where there is no such role.
    pub fn federate(&mut self, role_arn: &str, session_name: &str, life: Duration) -> Credentials {
        let now = self.now();
        let kind = SessionKind::Role {
            arn: role_arn.to_owned(),
            role_id: self.role_mut(role_arn).id.clone(),
            session_name: session_name.to_owned(),
            source_identity: None,
            transitive_tags: BTreeMap::new(),
            policies: SessionPolicies::default(),
            chained: false,
        };
        self.issue(kind, now, life)
    }

    /// Every secret that exists or was handed out: none may appear where a person or a file could see it.
    pub fn canaries(&self) -> Vec<String> {
        let keys = self.users.iter().flat_map(|user| &user.keys).map(|key| key.secret.clone());
        let sessions = self.sessions.values().flat_map(|session| {
            [session.credentials.secret_access_key.clone(), session.credentials.session_token.clone()]
        });
        let tokens = self.sign_ins.keys().chain(self.web_tokens.keys()).cloned();
        keys.chain(sessions).chain(self.around.secrets()).chain(tokens).collect()
    }

    /// Makes a session of the given life and remembers it.
    pub(super) fn issue(&mut self, kind: SessionKind, now: Timestamp, life: Duration) -> Credentials {
        let credentials = Credentials {
            access_key_id: self.mint.id("ASIA"),
            secret_access_key: self.mint.secret(),
            session_token: self.mint.token(),
            expiration: to_the_millisecond(now + life),
        };
        let session = Session { credentials: credentials.clone(), issued: now, kind };
        self.sessions.insert(credentials.access_key_id.clone(), session);
        credentials
    }

    /// Makes an access key that belongs to nobody yet and is unknown to the endpoints before `known_from`.
    pub(super) fn new_key(&mut self, created: Timestamp, known_from: Timestamp) -> AccessKey {
        AccessKey {
            id: self.mint.id("AKIA"),
            secret: self.mint.secret(),
            active: true,
            created,
            known_from,
            last_used: None,
        }
    }
}

/// What is enforced is exactly what is said, and answers carry milliseconds.
fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
