//! The daemon and its sessions.

use awsd_core::effect::{Session, SessionKind};
use awsd_proto::{Event, ScreenLock, SessionRow, Status};

use super::{View, screen};
use crate::exchange::Update;
use crate::world::World;

/// A row per session, then the daemon.
pub(super) fn updates<W: World>(world: &W, view: &View<'_>) -> Vec<Update> {
    let sessions = view.core.sessions(view.now);
    let status = Status {
        pid: std::process::id(),
        uptime: view.now.boot.since(view.started).as_secs(),
        questions: u32::try_from(view.core.questions(view.now).len()).unwrap_or(u32::MAX),
        clock_skew: Some(view.core.skew()).filter(|&skew| skew != 0),
        screen_lock: screen_lock(view),
        log: world.log_file().map(|path| path.display().to_string()),
    };
    vec![Update::Rows(sessions.into_iter().map(row).collect()), Update::Status(status)]
}

/// The lock that has been there for the longest time, and where, unless there is but one desktop.
fn screen_lock(view: &View<'_>) -> Option<ScreenLock> {
    let (desktop, lock) = view.core.longest_locked(view.now)?;
    let is_one_of_several = view.core.desktops() > 1;
    Some(screen::row(is_one_of_several.then(|| screen::name(desktop)), lock))
}

fn row(session: Session) -> Event {
    let kind = match session.kind {
        SessionKind::Source => "source",
        SessionKind::Mfa => "mfa",
        SessionKind::User => "user",
        SessionKind::Role => "role",
    };
    Event::Session(SessionRow {
        kind: kind.to_owned(),
        name: session.name,
        profiles: session.profiles,
        remaining: session.remaining.as_secs(),
        life: session.life.as_secs(),
        refreshing: session.refreshing,
    })
}
