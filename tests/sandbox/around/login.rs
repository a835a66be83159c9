//! The service behind `aws login`: it renews the keys of a sign-in for whoever proves to have the key that it was made with.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{body, proof, session_of};
use crate::sandbox::{error::ApiError, identity::Credentials, request::Request, world::World};

/// The path of the call.
pub(super) const PATH: &str = "/v1/token";

/// What `aws login` leaves in a file.
#[derive(Clone)]
pub struct LoginSignIn {
    /// The keys.
    pub keys: Credentials,
    refresh_token: String,
    client: String,
    key: String,
}

impl LoginSignIn {
    /// The file's text.
    pub fn file(&self) -> String {
        json!({
            "accessToken": {
                "accessKeyId": self.keys.access_key_id,
                "secretAccessKey": self.keys.secret_access_key,
                "sessionToken": self.keys.session_token,
                "accountId": "111122223333",
                "expiresAt": super::seconds(self.keys.expiration),
            },
            "tokenType": "urn:aws:params:oauth:token-type:access_token_sigv4",
            "refreshToken": self.refresh_token,
            "idToken": "eyJ",
            "clientId": self.client,
            "dpopKey": self.key,
        })
        .to_string()
    }
}

#[derive(Clone)]
struct SignedIn {
    role: String,
    client: String,
    /// The public half of the key.
    key: Vec<u8>,
}

/// The sign-ins there are.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct SignIns {
    refresh: BTreeMap<String, SignedIn>,
    proofs: BTreeSet<String>,
}

impl SignIns {
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        self.refresh.keys().cloned()
    }
}

impl World {
    /// Somebody signs in at the console as this role, and the keys live for so long.
    ///
    /// # Panics
    /// Where there is no such role.
    pub fn sign_in_to_console(&mut self, role: &str, life: Duration) -> LoginSignIn {
        let (key, public) = proof::new_key();
        let client = "arn:aws:signin:::devtools/same-device".to_owned();
        let keys = self.federate(role, "alice", life);
        let refresh_token = self.mint.token();
        let signed_in = SignedIn { role: role.to_owned(), client: client.clone(), key: public };
        self.around.logins.refresh.insert(refresh_token.clone(), signed_in);
        LoginSignIn { keys, refresh_token, client, key }
    }

    /// None of them can be renewed any more.
    pub fn end_console_sign_ins(&mut self) {
        self.around.logins.refresh.clear();
    }
}

pub(super) fn create_token(world: &mut World, request: &Request, now: Timestamp) -> Result<Value, ApiError> {
    let refused = |why: &'static str| ApiError::new(400, "AccessDeniedException", why);
    let body = body(request)?;
    let field = |name: &str| body[name].as_str().unwrap_or_default();
    if field("grantType") != "refresh_token" {
        return Err(ApiError::new(400, "ValidationException", "grantType must be refresh_token"));
    }
    let signed_in = world.around.logins.refresh.get(field("refreshToken")).cloned();
    let signed_in = signed_in.ok_or_else(|| refused("TOKEN_EXPIRED"))?;
    if signed_in.client != field("clientId") {
        return Err(refused("clientId does not match"));
    }
    let shown = request.header("dpop").unwrap_or_default();
    let host = request.header("host").unwrap_or_default();
    let id = proof::check(shown, &signed_in.key, &format!("http://{host}{PATH}"), now);
    let id = id.ok_or_else(|| refused("the proof is not good"))?;
    if !world.around.logins.proofs.insert(id) {
        return Err(refused("the proof was used before"));
    }
    world.around.logins.refresh.remove(field("refreshToken"));
    let keys = session_of(world, &signed_in.role, now)?;
    let life = now.duration_until(keys.expiration).as_secs();
    let refresh_token = world.mint.token();
    world.around.logins.refresh.insert(refresh_token.clone(), signed_in);
    Ok(json!({
        "accessToken": {
            "accessKeyId": keys.access_key_id,
            "secretAccessKey": keys.secret_access_key,
            "sessionToken": keys.session_token,
        },
        "tokenType": "urn:aws:params:oauth:token-type:access_token_sigv4",
        "expiresIn": life,
        "refreshToken": refresh_token,
    }))
}
