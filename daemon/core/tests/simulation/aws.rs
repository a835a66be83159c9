//! AWS as the simulation has it: who may what, codes, sessions, with the rules of the real one. It acts on a call at one
//! moment and answers at another, or never.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::chain::{Keys, Role};
use awsd_core::effect::{Action, Mfa, Operation};
use awsd_core::event::{CallId, Failure, Granted};
use awsd_core::time::Wall;
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) const ACCOUNT: &str = "111122223333";
const STEP: u64 = 30;

/// What temporary keys stand for.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The key that everything began with.
    pub root: String,
    /// The device whose code made this session or the one that it was taken from.
    pub mfa: Option<Wall>,
    /// It goes back to a session with MFA.
    pub by_mfa: bool,
    /// The device of that session.
    pub device: Option<String>,
    /// The roles taken, the last one is what these keys are.
    pub roles: Vec<Taken>,
    pub expires: Wall,
    /// Where it was made.
    pub scope: String,
    /// How often its user had been logged out when the call was made.
    pub logouts: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: String,
    pub duration: Duration,
}

pub(crate) struct Trust {
    pub mfa: bool,
    pub max_age: Option<Duration>,
    pub max_duration: Duration,
    pub external_id: Option<&'static str>,
    pub nobody: bool,
}

#[derive(Default)]
pub(crate) struct Device {
    pub spent: BTreeSet<String>,
    pub tries: BTreeMap<u64, usize>,
    /// The window in which another tool has left none.
    pub used_up: Option<u64>,
}

pub(crate) struct Aws {
    pub now: Wall,
    pub users: BTreeMap<String, Vec<String>>,
    pub roles: BTreeMap<String, Trust>,
    pub devices: BTreeMap<String, Device>,
    pub sessions: BTreeMap<String, Identity>,
    pub revoked: BTreeSet<String>,
    pub may_list: bool,
    /// STS is not active in one of the regions.
    pub region_disabled: bool,
    /// Sessions live this many times shorter than was asked for, as those of a sandbox may.
    pub shortened: u32,
    /// When the keys of the SAML source end.
    pub saml_end: Wall,
    issued: u64,
}

fn refused(status: u16, code: &str, message: &str) -> Failure {
    Failure::Refused { status, code: code.to_owned(), message: message.to_owned() }
}

fn denied(message: &str) -> Failure {
    refused(403, "AccessDenied", message)
}

/// Where a call goes: an endpoint of its own, or AWS.
pub(crate) fn scope(operation: &Operation) -> String {
    operation.service.sts_endpoint.clone().unwrap_or_else(|| "aws".to_owned())
}

/// Whether AWS has refused a request before it looked at its code.
pub(crate) fn code_unseen(failure: &Failure) -> bool {
    match failure {
        Failure::NotSent(_) => true,
        Failure::NoAnswer(_) | Failure::SignIn(_) | Failure::Source(_) => false,
        Failure::Refused { code, .. } => {
            matches!(code.as_str(), "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestExpired")
        }
    }
}

/// A moment so many seconds before another.
pub(crate) fn earlier(moment: Wall, seconds: u64) -> Wall {
    Wall(moment.0.saturating_sub(Duration::from_secs(seconds)))
}

/// A moment moved by a signed number of seconds: said without the core, whose own arithmetic would hide its mistakes.
pub(crate) fn moved(moment: Wall, seconds: i64) -> Wall {
    let by = i128::from(seconds) * 1_000_000_000;
    let nanos = i128::try_from(moment.0.as_nanos()).unwrap_or(i128::MAX) + by;
    Wall(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

/// The code that a device shows at a moment.
pub(crate) fn code(device: &str, at: Wall) -> String {
    code_of_step(device, at.0.as_secs() / STEP)
}

fn code_of_step(device: &str, step: u64) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in device.bytes().chain(step.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    format!("{:06}", (hash ^ (hash >> 31)) % 1_000_000)
}

impl Aws {
    pub(crate) fn new() -> Self {
        let hour = Duration::from_hours(1);
        let trust = |mfa, max_age, hours: u32, external_id, nobody| Trust {
            mfa,
            max_age,
            max_duration: hour * hours,
            external_id,
            nobody,
        };
        let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let roles = [
            (arn("needs-mfa"), trust(true, None, 12, None, false)),
            (arn("open"), trust(false, None, 12, None, false)),
            (arn("closed"), trust(true, None, 12, None, true)),
            (arn("young"), trust(true, Some(hour / 2), 12, None, false)),
            (arn("short"), trust(true, None, 1, None, false)),
            (arn("open-short"), trust(false, None, 2, None, false)),
            (arn("external"), trust(true, None, 12, Some("agreed"), false)),
            (arn("odd-long"), trust(false, None, 12, None, false)),
            (arn("next"), trust(false, None, 12, None, false)),
            ("arn:aws:iam::444455556666:role/other".to_owned(), trust(true, None, 12, None, false)),
        ];
        let device = |name: &str| format!("arn:aws:iam::{ACCOUNT}:mfa/{name}");
        let users = [
            ("AKIAALICE", vec![device("alice")]),
            ("AKIABOB", vec![device("bob")]),
            ("AKIACAROL", vec![]),
            ("AKIADAVE", vec![device("dave1"), device("dave2")]),
            ("AKIAEVE", vec![format!("arn:aws:iam::{ACCOUNT}:u2f/user/eve/key")]),
            ("ASIASAML1", vec![]),
            ("ASIASAML2", vec![]),
        ];
        Self {
            now: Wall::from_secs(1_800_000_000),
            users: users.into_iter().map(|(key, devices)| (key.to_owned(), devices)).collect(),
            roles: roles.into_iter().collect(),
            devices: BTreeMap::new(),
            sessions: BTreeMap::new(),
            revoked: BTreeSet::new(),
            may_list: true,
            shortened: 1,
            region_disabled: false,
            saml_end: Wall::default(),
            issued: 0,
        }
    }

    /// Acts on a call, as AWS does when the request reaches it.
    pub(crate) fn act(
        &mut self,
        call: CallId,
        operation: &Operation,
        local: Wall,
        logouts: u64,
    ) -> Result<Granted, Failure> {
        let caller = self.authenticate(call, operation, local)?;
        let key = operation.signer.access_key_id.as_str();
        let granted = match &operation.action {
            Action::ListMfaDevices if !self.may_list => {
                Err(denied("User: x is not authorized to perform: iam:ListMFADevices"))
            }
            Action::ListMfaDevices => Ok(Granted::Devices(self.users.get(key).cloned().unwrap_or_default())),
            Action::GetCallerIdentity => Ok(Granted::Account(ACCOUNT.to_owned())),
            Action::GetSessionToken { duration, mfa } => {
                assert!(caller.is_none() && key.starts_with("AKIA"), "GetSessionToken with temporary keys");
                let seconds = duration.as_secs();
                assert!((900..=129_600).contains(&seconds), "GetSessionToken for {seconds} s");
                let verified = self.verify(key, mfa.as_ref(), &scope(operation))?;
                let identity = Identity {
                    mfa: verified,
                    device: mfa.as_ref().map(|mfa| mfa.serial.clone()),
                    roles: Vec::new(),
                    ..self.identity(key, None, *duration, logouts)
                };
                Ok(self.issue(identity))
            }
            Action::AssumeRole { .. } if self.region_disabled && operation.service.region == "ap-south-1" => {
                let text = "STS is not activated in this region for account:111122223333.";
                Err(refused(403, "RegionDisabledException", text))
            }
            Action::AssumeRole { role, arn, duration, mfa } => self.assume(
                key,
                caller.as_ref(),
                role,
                arn,
                *duration,
                mfa.as_ref(),
                (&scope(operation), logouts),
            ),
        };
        if let Ok(Granted::Session(keys)) = &granted
            && let Some(session) = self.sessions.get_mut(&keys.access_key_id)
        {
            session.scope = scope(operation);
        }
        granted
    }

    /// Whose call it is, unless AWS refuses its time or its signature: the session that signed it, if one did.
    fn authenticate(
        &self,
        call: CallId,
        operation: &Operation,
        local: Wall,
    ) -> Result<Option<Identity>, Failure> {
        let signed = moved(local, operation.skew);
        let off = signed.since(self.now).max(self.now.since(signed));
        if off > Duration::from_mins(15) {
            return Err(match call.0 % 3 {
                0 => refused(400, "RequestExpired", "Request has expired."),
                1 => refused(
                    403,
                    "SignatureDoesNotMatch",
                    "Signature not yet current: a is still later than b",
                ),
                _ => refused(
                    403,
                    "SignatureDoesNotMatch",
                    "Signature expired: a is now earlier than b (c - 15 min.)",
                ),
            });
        }
        let key = operation.signer.access_key_id.as_str();
        if operation.signer.secret_access_key.expose_secret() != format!("secret of {key}") {
            let code =
                if call.0.is_multiple_of(2) { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
            return Err(refused(403, code, "The request signature we calculated does not match"));
        }
        if self.revoked.contains(key) {
            let code =
                if call.0.is_multiple_of(2) { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
            return Err(refused(403, code, "The security token included in the request is invalid."));
        }
        let caller = self.sessions.get(key).cloned();
        let source_over = key.starts_with("ASIASAML") && self.saml_end <= self.now;
        if source_over || caller.as_ref().is_some_and(|session| session.expires <= self.now) {
            let code = if call.0.is_multiple_of(2) { "ExpiredToken" } else { "ExpiredTokenException" };
            return Err(refused(403, code, "The security token included in the request is expired"));
        }
        if let Some(session) = &caller {
            assert_eq!(session.scope, scope(operation), "a session is used where it was not made");
        }
        assert!(caller.is_some() || self.users.contains_key(key), "signed with unknown keys {key}");
        Ok(caller)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of the real call")]
    fn assume(
        &mut self,
        key: &str,
        caller: Option<&Identity>,
        role: &Role,
        arn: &str,
        duration: Duration,
        mfa: Option<&Mfa>,
        (scope, logouts): (&str, u64),
    ) -> Result<Granted, Failure> {
        let chained = key.starts_with("ASIA");
        if chained && duration > Duration::from_hours(1) {
            let text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
            return Err(refused(400, "ValidationError", text));
        }
        if arn.ends_with("/odd-long") && duration > Duration::from_hours(1) {
            return Err(refused(
                400,
                "ValidationError",
                "1 validation error detected: Value 'x' at 'roleSessionName'",
            ));
        }
        if arn.ends_with("/odd") {
            return Err(refused(
                400,
                "PackedPolicyTooLarge",
                "Packed size of session tags consumes 120% of the allotted space.",
            ));
        }
        let verified = self.verify(key, mfa, scope)?.or_else(|| caller.and_then(|caller| caller.mfa));
        let from_role = caller.is_some_and(|caller| !caller.roles.is_empty());
        let mfa_age = verified.filter(|_| !from_role).map(|at| self.now.since(at));
        let Some(trust) = self.roles.get(arn) else {
            return Err(denied("User: x is not authorized to perform: sts:AssumeRole"));
        };
        let allowed = !trust.nobody
            && (!trust.mfa || mfa_age.is_some())
            && trust.max_age.is_none_or(|max| mfa_age.is_some_and(|age| age < max))
            && trust.external_id.is_none_or(|id| role.external_id.as_deref() == Some(id));
        if !allowed {
            return Err(denied("User: x is not authorized to perform: sts:AssumeRole on resource: y"));
        }
        if duration > trust.max_duration {
            let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
            return Err(refused(400, "ValidationError", text));
        }
        let mut identity = self.identity(key, caller, duration, logouts);
        identity.roles.push(Taken {
            arn: arn.to_owned(),
            external_id: role.external_id.clone(),
            session_name: role.session_name.clone(),
            duration,
        });
        Ok(self.issue(identity))
    }

    fn identity(&self, key: &str, caller: Option<&Identity>, duration: Duration, logouts: u64) -> Identity {
        Identity {
            root: caller.map_or_else(|| key.to_owned(), |caller| caller.root.clone()),
            mfa: None,
            by_mfa: caller.is_some_and(|caller| caller.by_mfa || caller.mfa.is_some()),
            device: caller.and_then(|caller| caller.device.clone()),
            roles: caller.map(|caller| caller.roles.clone()).unwrap_or_default(),
            expires: self.now + duration / self.shortened,
            scope: String::new(),
            logouts,
        }
    }

    fn issue(&mut self, identity: Identity) -> Granted {
        self.issued += 1;
        let access_key_id = format!("ASIA{:08}", self.issued);
        let expires = identity.expires;
        self.sessions.insert(access_key_id.clone(), identity);
        Granted::Session(Keys {
            secret_access_key: SecretString::from(format!("secret of {access_key_id}")),
            access_key_id,
            session_token: Some(SecretString::from("token")),
            expiration: Some(expires),
            account_id: None,
        })
    }

    /// Another tool has tried codes of all devices, as often as is allowed in this window.
    pub(crate) fn use_up_tries(&mut self) {
        for device in self.devices.values_mut() {
            device.used_up = Some(self.now.0.as_secs() / 180);
        }
    }

    /// Two steps either way, each code once, nine tries in three minutes.
    fn verify(&mut self, key: &str, mfa: Option<&Mfa>, scope: &str) -> Result<Option<Wall>, Failure> {
        let Some(mfa) = mfa else { return Ok(None) };
        let unable = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number";
        if !self.users.get(key).is_some_and(|devices| devices.contains(&mfa.serial)) {
            return Err(denied(unable));
        }
        let device = self.devices.entry(format!("{}{scope}", mfa.serial)).or_default();
        let window = self.now.0.as_secs() / 180;
        let tries = device.tries.entry(window).or_default();
        *tries += 1;
        if *tries > 9 || device.used_up == Some(window) {
            return Err(denied(unable));
        }
        let step = self.now.0.as_secs() / STEP;
        let given = mfa.code.expose_secret();
        let known = (step - 2..=step + 2).any(|step| code_of_step(&mfa.serial, step) == given);
        if !known || !device.spent.insert(given.to_owned()) {
            return Err(denied("MultiFactorAuthentication failed with invalid MFA one time pass code. "));
        }
        Ok(Some(self.now))
    }
}
