//! Who is calling: from a claimed key to a caller whose signature, token and expiry were checked.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    error::ApiError,
    identity::{Session, SessionKind, User},
    policies::SessionPolicies,
    request::Request,
    sigv4::Claim,
    world::World,
};

/// A caller that is who it says.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// As error texts and `GetCallerIdentity` name it.
    pub arn: String,
    /// The account it belongs to.
    pub account: String,
    /// The `UserId` of `GetCallerIdentity`.
    pub user_id: String,
    /// What it calls with.
    pub kind: CallerKind,
}

/// What a caller calls with.
#[derive(Clone, Debug)]
pub(super) enum CallerKind {
    /// The long-term key of an account's root user.
    Root,
    /// The long-term key of a user.
    User,
    /// A session of a user (or root).
    UserSession {
        /// When a code was verified for it, if one was.
        mfa_at: Option<Timestamp>,
    },
    /// A session of a role.
    RoleSession {
        /// The role.
        role_arn: String,
        /// Set earlier in the chain.
        source_identity: Option<String>,
        /// Inherited by what is made from it.
        transitive_tags: BTreeMap<String, String>,
        /// The role's sessions were revoked after this one was issued.
        revoked: bool,
        /// What it may do less than the role.
        policies: SessionPolicies,
    },
}

impl Caller {
    /// Calls with temporary credentials.
    pub(super) fn is_session(&self) -> bool {
        matches!(self.kind, CallerKind::UserSession { .. } | CallerKind::RoleSession { .. })
    }

    /// Who the caller is for IAM's purposes: a user, with any of its credentials.
    pub(super) fn user<'w>(&self, world: &'w World) -> Option<&'w User> {
        world.users.iter().find(|user| user.arn() == self.arn)
    }

    /// The same, to be changed.
    pub(super) fn user_mut<'w>(&self, world: &'w mut World) -> Option<&'w mut User> {
        world.users.iter_mut().find(|user| user.arn() == self.arn)
    }
}

/// Checks token, signature and expiry, in this order.
pub(super) fn authenticate(
    world: &mut World,
    request: &Request,
    claim: &Claim<'_>,
    now: Timestamp,
) -> Result<Caller, ApiError> {
    let token = request.header("x-amz-security-token");
    if let Some(session) = world.sessions.get(claim.access_key_id) {
        if token != Some(session.credentials.session_token.as_str()) {
            return Err(ApiError::invalid_token());
        }
        claim.verify(request, &session.credentials.secret_access_key)?;
        if session.credentials.expiration <= now {
            return Err(ApiError::expired_token());
        }
        return session_caller(world, session).ok_or_else(ApiError::invalid_token);
    }
    if token.is_some() {
        return Err(ApiError::invalid_token());
    }
    long_term_caller(world, request, claim, now)
}

fn long_term_caller(
    world: &mut World,
    request: &Request,
    claim: &Claim<'_>,
    now: Timestamp,
) -> Result<Caller, ApiError> {
    for user in &mut world.users {
        let known = |key: &&mut super::identity::AccessKey| {
            key.id == claim.access_key_id && key.active && key.known_from <= now
        };
        if let Some(key) = user.keys.iter_mut().find(known) {
            claim.verify(request, &key.secret)?;
            key.last_used = Some((now, claim.service.to_owned(), claim.region.to_owned()));
            let kind = if user.root { CallerKind::Root } else { CallerKind::User };
            return Ok(user_caller(user, kind));
        }
    }
    Err(ApiError::invalid_token())
}

fn user_caller(user: &User, kind: CallerKind) -> Caller {
    Caller { arn: user.arn(), account: user.account.clone(), user_id: user.id.clone(), kind }
}

/// None where the user or role of the session is gone, or was made anew.
pub(super) fn session_caller(world: &World, session: &Session) -> Option<Caller> {
    match &session.kind {
        SessionKind::User { arn, mfa_at } => {
            let user = world.users.iter().find(|user| user.arn() == *arn)?;
            Some(user_caller(user, CallerKind::UserSession { mfa_at: *mfa_at }))
        }
        SessionKind::Role {
            arn,
            role_id,
            session_name,
            source_identity,
            transitive_tags,
            policies,
            chained: _,
        } => {
            let role = world.role(arn).filter(|role| role.id == *role_id)?;
            Some(Caller {
                arn: role.session_arn(session_name),
                account: role.account().to_owned(),
                user_id: format!("{role_id}:{session_name}"),
                kind: CallerKind::RoleSession {
                    role_arn: arn.clone(),
                    source_identity: source_identity.clone(),
                    transitive_tags: transitive_tags.clone(),
                    revoked: role.revoked_before.is_some_and(|before| session.issued < before),
                    policies: policies.clone(),
                },
            })
        }
    }
}
