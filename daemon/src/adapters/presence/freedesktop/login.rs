//! The login manager: systemd's, or elogind.

use std::collections::HashMap;
use std::convert::Infallible;

use zbus::names::MemberName;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{Message, MessageStream};

use super::super::ear::Tell;
use super::super::signs::{Sign, Source};
use super::bus::{Bus, Peer, next};

const SERVICE: &str = "org.freedesktop.login1";
const OBJECT: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The types of sessions that have a screen which can be locked.
const GRAPHICAL: [&str; 3] = ["x11", "wayland", "mir"];

/// A session's properties.
type Properties = HashMap<String, OwnedValue>;

/// A session of this user.
struct Session {
    id: String,
    object: OwnedObjectPath,
}

/// How well a session fits, the most important first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fitness {
    graphical: bool,
    named: bool,
    active: bool,
}

pub(super) async fn listen(address: &str, name: Option<&str>, tell: &Tell) -> zbus::Result<Infallible> {
    let bus = Bus::connect(address).await?;
    bus.attend(SERVICE, |peer| attend(peer, name, tell)).await
}

async fn attend(peer: Option<Peer<'_>>, name: Option<&str>, tell: &Tell) -> zbus::Result<Infallible> {
    let Some(peer) = peer else {
        tell.say(Sign::Silence(Source::LoginManager)).await;
        return std::future::pending().await;
    };
    // Nothing is told before both are listened to.
    let sleeps =
        peer.signals(|rule| rule.path(OBJECT)?.interface(MANAGER)?.member("PrepareForSleep")).await?;
    tokio::select! {
        ended = wakes(sleeps, tell) => ended,
        ended = session(&peer, name, tell) => ended,
    }
}

/// Tells whenever the machine wakes up.
async fn wakes(mut sleeps: MessageStream, tell: &Tell) -> zbus::Result<Infallible> {
    loop {
        // It says so before the machine sleeps, and afterwards that it does not.
        if let Ok(false) = next(&mut sleeps).await?.body().deserialize::<bool>() {
            tell.say(Sign::Resumed).await;
        }
    }
}

/// Tells what happens to the session, from what is the case now until it ends.
async fn session(peer: &Peer<'_>, name: Option<&str>, tell: &Tell) -> zbus::Result<Infallible> {
    let Some(session) = choose(peer, name).await? else {
        tell.say(Sign::Silence(Source::LoginManager)).await;
        return std::future::pending().await;
    };
    let end =
        peer.signals(|rule| rule.interface(MANAGER)?.member("SessionRemoved")?.add_arg(session.id.as_str()));
    let mut end = end.await?;
    let mut signals = peer.signals(|rule| rule.path(&session.object)).await?;
    let now = properties(peer, &session.object).await?;
    tell.say(Sign::LockedHint(flag(&now, "LockedHint").unwrap_or(false))).await;
    tell.say(Sign::IdleHint(flag(&now, "IdleHint").unwrap_or(false))).await;
    loop {
        let signal = tokio::select! {
            biased;
            signal = next(&mut signals) => signal?,
            ended = next(&mut end) => {
                ended?;
                return Err(zbus::Error::Failure("the session has ended".to_owned()));
            }
        };
        for sign in signs(&signal).into_iter().flatten() {
            tell.say(sign).await;
        }
    }
}

/// The session of this user that fits best: one with a screen before one without, for only a screen can be locked; the one
/// that was named before others; one that is in front before one that is not.
async fn choose(peer: &Peer<'_>, name: Option<&str>) -> zbus::Result<Option<Session>> {
    let user = rustix::process::getuid().as_raw();
    let listed = peer.call(OBJECT, MANAGER, "ListSessions", &()).await?;
    let listed: Vec<(String, u32, String, String, OwnedObjectPath)> = listed.body().deserialize()?;
    let mut best = None;
    for (id, owner, _user, _seat, object) in listed {
        if owner != user {
            continue;
        }
        // A session that has just ended has none.
        let Ok(properties) = properties(peer, &object).await else { continue };
        if let Some(fitness) = fitness(&properties, name == Some(&id))
            && best.as_ref().is_none_or(|(best, _)| fitness > *best)
        {
            best = Some((fitness, Session { id, object }));
        }
    }
    Ok(best.map(|(_fitness, session)| session))
}

/// `None` for what is no session of a person: a login screen, or the user's services.
fn fitness(properties: &Properties, named: bool) -> Option<Fitness> {
    let text = |name| properties.get(name).and_then(|value| <&str>::try_from(value).ok()).unwrap_or("");
    let active = flag(properties, "Active").unwrap_or(false);
    let graphical = GRAPHICAL.contains(&text("Type"));
    text("Class").starts_with("user").then_some(Fitness { graphical, named, active })
}

async fn properties(peer: &Peer<'_>, session: &OwnedObjectPath) -> zbus::Result<Properties> {
    let reply = peer.call(session, PROPERTIES, "GetAll", &(SESSION,)).await?;
    reply.body().deserialize()
}

fn flag(properties: &Properties, name: &str) -> Option<bool> {
    properties.get(name).and_then(|value| bool::try_from(value).ok())
}

/// What a signal of the session's says; most say nothing of the person.
fn signs(signal: &Message) -> [Option<Sign>; 2] {
    match signal.header().member().map_or("", MemberName::as_str) {
        "Lock" => [Some(Sign::Lock), None],
        "Unlock" => [Some(Sign::Unlock), None],
        "PropertiesChanged" => {
            let changed = signal.body().deserialize::<(String, Properties, Vec<String>)>();
            let changed = changed.map(|(_interface, changed, _unknown)| changed).unwrap_or_default();
            [
                flag(&changed, "LockedHint").map(Sign::LockedHint),
                flag(&changed, "IdleHint").map(Sign::IdleHint),
            ]
        }
        _ => [None, None],
    }
}
