//! IAM Identity Center: the portal that gives keys for a token, and the service that renews tokens.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{body, session_of};
use crate::sandbox::{error::ApiError, request::Request, world::World};

/// What `aws sso login` leaves in a file.
#[derive(Clone)]
pub struct SsoSignIn {
    /// Shown to the portal.
    pub access_token: String,
    /// When that ends.
    pub expires_at: Timestamp,
    /// What renews it, once.
    pub refresh_token: String,
    /// The program that signed in, and its secret.
    pub client: (String, String),
}

impl SsoSignIn {
    /// The file's text.
    pub fn file(&self) -> String {
        json!({
            "startUrl": "https://example.awsapps.com/start",
            "region": "eu-central-1",
            "accessToken": self.access_token,
            "expiresAt": super::seconds(self.expires_at),
            "clientId": self.client.0,
            "clientSecret": self.client.1,
            "registrationExpiresAt": "2099-01-01T00:00:00Z",
            "refreshToken": self.refresh_token,
        })
        .to_string()
    }

    /// The same from a program that does not renew it.
    pub fn file_without_refresh_token(&self) -> String {
        let mut fields: Value = serde_json::from_str(&self.file()).unwrap_or_default();
        if let Some(fields) = fields.as_object_mut() {
            fields
                .retain(|key, _| ["startUrl", "region", "accessToken", "expiresAt"].contains(&key.as_str()));
        }
        fields.to_string()
    }
}

/// The tokens there are.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct SignIns {
    ends: BTreeMap<String, Timestamp>,
    /// The refresh tokens that have not been used, and the client that may use each.
    refresh: BTreeMap<String, (String, String)>,
}

impl SignIns {
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        let clients = self.refresh.iter().flat_map(|(token, (_, secret))| [token.clone(), secret.clone()]);
        self.ends.keys().cloned().chain(clients)
    }
}

impl World {
    /// Somebody signs in at the portal, for so long.
    pub fn sign_in_to_sso(&mut self, life: Duration) -> SsoSignIn {
        let client = (self.mint.id("client-"), self.mint.token());
        self.new_sso_token(client, life)
    }

    /// All tokens of the portal are over, and cannot be renewed.
    pub fn end_sso_sign_ins(&mut self) {
        self.around.sso.ends.clear();
        self.around.sso.refresh.clear();
    }

    fn new_sso_token(&mut self, client: (String, String), life: Duration) -> SsoSignIn {
        let signed_in = SsoSignIn {
            access_token: self.mint.token(),
            expires_at: self.now() + life,
            refresh_token: self.mint.token(),
            client: client.clone(),
        };
        self.around.sso.ends.insert(signed_in.access_token.clone(), signed_in.expires_at);
        self.around.sso.refresh.insert(signed_in.refresh_token.clone(), client);
        signed_in
    }
}

pub(super) fn role_credentials(
    world: &mut World,
    request: &Request,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let token = request.header("x-amz-sso_bearer_token").unwrap_or_default();
    if world.around.sso.ends.get(token).is_none_or(|end| *end <= now) {
        return Err(ApiError::new(401, "UnauthorizedException", "Session token not found or invalid"));
    }
    let (Some(account), Some(name)) = (request.get("account_id"), request.get("role_name")) else {
        return Err(ApiError::new(400, "InvalidRequestException", "account_id and role_name are needed"));
    };
    let role = world.around.assigned.get(&(account.to_owned(), name.to_owned())).cloned();
    let role = role.ok_or_else(|| ApiError::new(403, "ForbiddenException", "No access"))?;
    let keys = session_of(world, &role, now)?;
    Ok(json!({
        "roleCredentials": {
            "accessKeyId": keys.access_key_id,
            "secretAccessKey": keys.secret_access_key,
            "sessionToken": keys.session_token,
            "expiration": keys.expiration.as_millisecond(),
        }
    }))
}

pub(super) fn create_token(world: &mut World, request: &Request, _now: Timestamp) -> Result<Value, ApiError> {
    let body = body(request)?;
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if field("grantType") != "refresh_token" {
        return Err(ApiError::new(400, "UnsupportedGrantTypeException", "Only refresh_token"));
    }
    let client = world.around.sso.refresh.remove(&field("refreshToken"));
    let invalid = || ApiError::new(400, "InvalidGrantException", "Invalid refresh token provided");
    let client = client.ok_or_else(invalid)?;
    if client != (field("clientId"), field("clientSecret")) {
        return Err(ApiError::new(401, "InvalidClientException", "Invalid client"));
    }
    let life = world.around.renewed_life.unwrap_or(Duration::from_hours(1));
    let renewed = world.new_sso_token(client, life);
    Ok(json!({
        "accessToken": renewed.access_token,
        "expiresIn": life.as_secs(),
        "refreshToken": renewed.refresh_token,
        "tokenType": "Bearer",
    }))
}
