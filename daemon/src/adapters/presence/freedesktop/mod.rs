//! The login manager and the screen savers of a D-Bus desktop.

mod bus;
mod login;
mod savers;

use super::ear::Tell;

/// Where the specification puts the system's bus.
const SYSTEM_BUS: &str = "unix:path=/var/run/dbus/system_bus_socket";

/// Listens to the login manager until that cannot be done any more; returns the cause.
///
/// `session` is its name for the person's session. Without one, or where there is none of that name, it is the session of
/// this user in which a screen is.
pub(super) async fn login(bus: Option<String>, session: Option<String>, tell: Tell) -> String {
    let bus = bus.as_deref().unwrap_or(SYSTEM_BUS);
    let Err(error) = login::listen(bus, session.as_deref(), &tell).await;
    error.to_string()
}

/// Listens to both screen savers until that cannot be done any more; returns the cause.
pub(super) async fn savers(bus: Option<String>, tell: Tell) -> String {
    let Some(bus) = bus else { return "there is no session bus".to_owned() };
    let Err(error) = savers::listen(&bus, &tell).await;
    error.to_string()
}
