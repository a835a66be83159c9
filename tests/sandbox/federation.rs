//! The federation endpoint: a role's session is exchanged for a token, once, and the token for a signed-in browser, once.
//!
//! It is not signed and speaks no XML: the secrets themselves are the proof. Refusals are pages, as the real one's are.

use hyper::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{auth::session_caller, identity::SessionKind, request::Request, service::Answer, world::World};

/// Where it is.
pub(super) const PATH: &str = "/federation";

/// How long a token can be used.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// What `SessionDuration` may be.
const DURATIONS: std::ops::RangeInclusive<u32> = 900..=43_200;

/// Where a browser may be sent.
const CONSOLE: &str = "console.aws.amazon.com";

/// A token that was given out.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    arn: String,
    until: Timestamp,
}

/// The session, as clients write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the names are the endpoint's")]
struct Claimed {
    session_id: String,
    session_key: String,
    session_token: String,
}

/// Answers a request at [`PATH`].
pub(super) fn answer(world: &mut World, request: &Request, request_id: String) -> Answer {
    let now = world.now();
    let known_method = [Method::GET, Method::POST].iter().any(|method| method.as_str() == request.method);
    let (status, outcome, content_type, body) = match request.action() {
        _ if !known_method => page(405, "MethodNotAllowed", "Method Not Allowed"),
        "getSigninToken" => match token(world, request, now) {
            Ok(token) => {
                let body = serde_json::json!({ "SigninToken": token }).to_string();
                (200, "OK", "application/json;charset=UTF-8", body)
            }
            Err(why) => page(400, "BadRequest", why),
        },
        "login" => match login(world, request, now) {
            Ok(text) => page(200, "OK", &text),
            Err(why) => page(400, "BadRequest", why),
        },
        _ => page(400, "BadRequest", "Invalid action"),
    };
    Answer { status, outcome, content_type, body, request_id }
}

/// The answer to a call that goes wrong for the test.
pub(super) fn trouble(status: u16, outcome: &'static str, request_id: String) -> Answer {
    let (status, outcome, content_type, body) = page(status, outcome, "We are sorry.");
    Answer { status, outcome, content_type, body, request_id }
}

fn page(status: u16, outcome: &'static str, text: &str) -> (u16, &'static str, &'static str, String) {
    (status, outcome, "text/html", format!("<!DOCTYPE html><html><body>{text}</body></html>\n"))
}

fn token(world: &mut World, request: &Request, now: Timestamp) -> Result<String, &'static str> {
    let bad = "Invalid credentials parameter";
    let claimed: Claimed =
        request.get("Session").and_then(|text| serde_json::from_str(text).ok()).ok_or(bad)?;
    let session = world.sessions.get(&claimed.session_id).ok_or(bad)?;
    if session.credentials.secret_access_key != claimed.session_key
        || session.credentials.session_token != claimed.session_token
        || session.credentials.expiration <= now
    {
        return Err(bad);
    }
    let SessionKind::Role { chained, .. } = session.kind else { return Err("SSO to console not allowed") };
    if let Some(duration) = request.get("SessionDuration") {
        let fits = duration.parse().is_ok_and(|seconds: u32| DURATIONS.contains(&seconds));
        if !fits || chained {
            return Err(bad);
        }
    }
    let arn = session_caller(world, session).ok_or(bad)?.arn;
    let token = world.mint.token();
    world.sign_ins.insert(token.clone(), SignIn { arn, until: now + TOKEN_LIFE });
    Ok(token)
}

fn login(world: &mut World, request: &Request, now: Timestamp) -> Result<String, &'static str> {
    let destination = request.get("Destination").ok_or("Missing required parameter: Destination")?;
    let host = destination.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    if host != Some(CONSOLE) {
        return Err("Invalid redirect");
    }
    let token = request.get("SigninToken").ok_or("Missing required parameter: SigninToken")?;
    // A token that was used is not known any more.
    let sign_in =
        world.sign_ins.remove(token).filter(|sign_in| now < sign_in.until).ok_or("Invalid token")?;
    Ok(format!("Signed in as {}, on the way to {destination}", sign_in.arn))
}
