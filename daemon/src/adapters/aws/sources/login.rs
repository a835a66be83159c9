//! A sign-in at the AWS console that `aws login` keeps: the keys are in the file, and with them what renews them.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_signin::types::CreateOAuth2TokenRequestBody;
use awsd_core::chain::Keys;
use awsd_core::event::Failure;
use awsd_core::source::Login;
use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::super::failure::judge;
use super::cache::Kept;
use super::proof::Key;
use super::{Asking, RENEWAL, client, home, unusable, written};

/// The group of the keys in the file.
const KEYS: Option<&str> = Some("accessToken");

/// Reads them, and renews them if they end soon.
pub(super) async fn keys(asking: &Asking, login: &Login) -> Result<Keys, Failure> {
    let file = format!("{}.json", hex::encode(Sha256::digest(login.session.trim().as_bytes())));
    let directory = match &login.directory {
        Some(directory) => PathBuf::from(directory),
        None => home(login.home.as_ref())?.join(".aws/login/cache"),
    };
    let path = directory.join(file);
    let _alone = asking.guards.take(&path).await;
    let mut kept = Kept::read(path)?;
    let left = kept.end(KEYS, "expiresAt")?.since(asking.now());
    if left <= RENEWAL {
        match renew(asking, login, &mut kept).await {
            Ok(()) => {}
            // What is left of them will do.
            Err(_) if !left.is_zero() => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Keys {
        access_key_id: kept.needed(KEYS, "accessKeyId")?.to_owned(),
        secret_access_key: kept.needed(KEYS, "secretAccessKey")?.into(),
        session_token: Some(kept.needed(KEYS, "sessionToken")?.into()),
        expiration: Some(kept.end(KEYS, "expiresAt")?),
        account_id: kept.text(KEYS, "accountId").map(str::to_owned),
    })
}

async fn renew(asking: &Asking, login: &Login, kept: &mut Kept) -> Result<(), Failure> {
    let key = Key::read(kept.needed(None, "dpopKey")?)
        .ok_or_else(|| Failure::SignIn("is kept with a key that cannot be used".to_owned()))?;
    let body = CreateOAuth2TokenRequestBody::builder()
        .client_id(kept.needed(None, "clientId")?)
        .grant_type("refresh_token")
        .refresh_token(kept.needed(None, "refreshToken")?)
        .build()
        .map_err(|_missing| unusable("nothing that can be used"))?;
    let now = asking.now().0.as_secs();
    let client = client::signin(asking, &login.region, login.endpoint.as_deref())?;
    let request =
        client.create_o_auth2_token().token_input(body).customize().mutate_request(move |request| {
            // Without a proof the service refuses, which is said.
            if let Some(proof) = key.proof(request.uri(), now) {
                request.headers_mut().insert("DPoP", proof);
            }
        });
    let answer = request.send().await.map_err(|error| sign_in(judge(&error, asking.observer.tried())))?;
    let given = answer.token_output.ok_or_else(|| unusable("no keys"))?;
    let keys = given.access_token.ok_or_else(|| unusable("no keys"))?;
    let life = u64::try_from(given.expires_in).unwrap_or_default();
    kept.set(KEYS, "accessKeyId", &keys.access_key_id);
    kept.set(KEYS, "secretAccessKey", &keys.secret_access_key);
    kept.set(KEYS, "sessionToken", &keys.session_token);
    kept.set(KEYS, "expiresAt", &written(asking.now() + Duration::from_secs(life)));
    kept.set(None, "refreshToken", &given.refresh_token);
    if let Err(error) = kept.write() {
        // They can be used now; next time the person may have to sign in.
        warn!(%error, "a renewed sign-in cannot be kept");
    }
    Ok(())
}

fn sign_in(failure: Failure) -> Failure {
    match failure {
        Failure::Refused { status: 400..=403, .. } => Failure::SignIn("is over".to_owned()),
        failure => failure,
    }
}
