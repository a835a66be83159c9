//! IAM Identity Center: keys of a role in an account, for who has signed in with `aws sso login`.

use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::event::Failure;
use awsd_core::source::Sso;
use awsd_core::time::Wall;
use sha1::{Digest as _, Sha1};
use tracing::warn;

use super::super::failure::judge;
use super::cache::Kept;
use super::{Asking, RENEWAL, client, home, moment, unusable, written};

/// What the service says where the person has to sign in again: it does not believe the token, or what renews it.
const SIGN_IN: [&str; 5] = [
    "UnauthorizedException",
    "InvalidGrantException",
    "ExpiredTokenException",
    "InvalidClientException",
    "UnauthorizedClientException",
];

/// Asks for them.
pub(super) async fn keys(asking: &Asking, sso: &Sso) -> Result<Keys, Failure> {
    let token = token(asking, sso).await?;
    let client = client::sso(asking, &sso.region, sso.endpoint.as_deref())?;
    let request = client.get_role_credentials().role_name(&sso.role_name).account_id(&sso.account_id);
    let answer = request.access_token(token).send().await;
    let answer = answer.map_err(|error| sign_in(judge(&error, asking.observer.tried())))?;
    let given = answer.role_credentials.ok_or_else(|| unusable("no keys"))?;
    let end = u64::try_from(given.expiration).map_err(|_negative| unusable("no usable expiration"))?;
    Ok(Keys {
        access_key_id: given.access_key_id.ok_or_else(|| unusable("no access key id"))?,
        secret_access_key: given.secret_access_key.ok_or_else(|| unusable("no secret"))?.into(),
        session_token: Some(given.session_token.ok_or_else(|| unusable("no session token"))?.into()),
        expiration: Some(Wall(Duration::from_millis(end))),
        account_id: Some(sso.account_id.clone()),
    })
}

/// The token of the sign-in, renewed if it ends soon and that can be done without the person.
async fn token(asking: &Asking, sso: &Sso) -> Result<String, Failure> {
    let named = sso.session.as_ref().unwrap_or(&sso.start_url);
    let file = format!("{}.json", hex::encode(Sha1::digest(named.as_bytes())));
    let path = home(sso.home.as_ref())?.join(".aws/sso/cache").join(file);
    let _alone = asking.guards.take(&path).await;
    let mut kept = Kept::read(path)?;
    let end = kept.end(None, "expiresAt")?;
    let left = end.since(asking.now());
    if left <= RENEWAL && sso.session.is_some() && is_renewable(asking, &kept) {
        match renew(asking, sso, &mut kept).await {
            Ok(()) => {}
            // What is left of it will do.
            Err(_) if !left.is_zero() => {}
            Err(failure) => return Err(failure),
        }
    } else if left.is_zero() {
        return Err(Failure::SignIn("is over".to_owned()));
    }
    kept.needed(None, "accessToken").map(str::to_owned)
}

fn is_renewable(asking: &Asking, kept: &Kept) -> bool {
    let registered = kept.text(None, "registrationExpiresAt").and_then(moment);
    let parts = ["clientId", "clientSecret", "refreshToken"];
    parts.iter().all(|key| kept.text(None, key).is_some()) && registered > Some(asking.now())
}

async fn renew(asking: &Asking, sso: &Sso, kept: &mut Kept) -> Result<(), Failure> {
    let client = client::oidc(asking, &sso.region, sso.oidc_endpoint.as_deref())?;
    let request = client
        .create_token()
        .grant_type("refresh_token")
        .client_id(kept.needed(None, "clientId")?)
        .client_secret(kept.needed(None, "clientSecret")?)
        .refresh_token(kept.needed(None, "refreshToken")?);
    let answer = request.send().await;
    let answer = answer.map_err(|error| sign_in(judge(&error, asking.observer.tried())))?;
    let token = answer.access_token.ok_or_else(|| unusable("no token"))?;
    let life = u64::try_from(answer.expires_in).unwrap_or_default();
    kept.set(None, "accessToken", &token);
    kept.set(None, "expiresAt", &written(asking.now() + Duration::from_secs(life)));
    if let Some(token) = &answer.refresh_token {
        kept.set(None, "refreshToken", token);
    }
    if let Err(error) = kept.write() {
        // It can be used now; next time the person may have to sign in.
        warn!(%error, "a renewed sign-in cannot be kept");
    }
    Ok(())
}

fn sign_in(failure: Failure) -> Failure {
    match failure {
        Failure::Refused { code, .. } if SIGN_IN.contains(&code.as_str()) => {
            Failure::SignIn("is over".to_owned())
        }
        failure => failure,
    }
}
