//! The screen savers. Desktops have one of two kinds; some have both, or neither.

use std::convert::Infallible;

use super::super::ear::Tell;
use super::super::signs::{Saver, Sign};
use super::bus::{Bus, Peer, next};

impl Saver {
    /// The service, which is also the name of its interface.
    fn service(self) -> &'static str {
        match self {
            Self::Freedesktop => "org.freedesktop.ScreenSaver",
            Self::Gnome => "org.gnome.ScreenSaver",
        }
    }

    fn object(self) -> &'static str {
        match self {
            Self::Freedesktop => "/org/freedesktop/ScreenSaver",
            Self::Gnome => "/org/gnome/ScreenSaver",
        }
    }
}

pub(super) async fn listen(address: &str, tell: &Tell) -> zbus::Result<Infallible> {
    let bus = Bus::connect(address).await?;
    let attend = |saver: Saver| bus.attend(saver.service(), move |peer| attend(saver, peer, tell));
    tokio::select! {
        ended = attend(Saver::Freedesktop) => ended,
        ended = attend(Saver::Gnome) => ended,
    }
}

async fn attend(saver: Saver, peer: Option<Peer<'_>>, tell: &Tell) -> zbus::Result<Infallible> {
    let Some(peer) = peer else {
        tell.say(Sign::Saver(saver, false)).await;
        return std::future::pending().await;
    };
    // From any object: KDE knows its own by an older path, too.
    let changes = peer.signals(|rule| rule.interface(saver.service())?.member("ActiveChanged"));
    let mut changes = changes.await?;
    tell.say(Sign::Saver(saver, is_on(saver, &peer).await)).await;
    loop {
        // What cannot be understood is not meant for awsd.
        if let Ok(on) = next(&mut changes).await?.body().deserialize() {
            tell.say(Sign::Saver(saver, on)).await;
        }
    }
}

/// Some know only the signal, or hang while they have nothing to show.
async fn is_on(saver: Saver, peer: &Peer<'_>) -> bool {
    let reply = peer.call(saver.object(), saver.service(), "GetActive", &()).await;
    reply.and_then(|reply| reply.body().deserialize()).unwrap_or(false)
}
