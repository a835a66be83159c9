//! A stage: a screen, two message buses, somebody who shows notifications, and the hands of the person in front of it.
//!
//! ```no_run
//! use awsd_tests::harness::{TestEnv, desktop::Server};
//!
//! let mut env = TestEnv::guide();
//! let Some(desktop) = env.desktop(Server::Dunst) else { return };
//! let waiting = env.exec("my_resource_account", ["true"]).spawn();
//! desktop.notification();
//! desktop.click("default");
//! let dialog = desktop.dialog();
//! dialog.type_code(&env.sandbox.next_code("alice"));
//! dialog.gone();
//! waiting.wait().success();
//! ```
//!
//! Everything on it is real but the login manager, the screen savers and [`Server::Mock`]. It is the test's own: other
//! stages may stand beside it, nothing on it can be reached by who does not know it, and it ends with the test. What its
//! programs write and what notifications say is searched for secrets like everything else. It must never touch the display or the buses of who runs
//! the tests, and never start what a test has not asked for.

mod bus;
mod dialog;
mod plasma;
mod presence;
mod screen;
mod server;
mod witness;

use std::{
    cell::{OnceCell, RefCell},
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal as ProcessSignal;
use tempfile::TempDir;

use self::witness::Seen;
use self::{
    bus::Bus,
    screen::{Screen, Window},
};
pub use self::{
    dialog::Dialog,
    presence::Logind,
    server::Server,
    witness::{Notification, Signal},
};
use super::{
    TestEnv, programs,
    run::{PATIENCE, Run, Running},
};

/// The name on the bus of whoever shows notifications.
const NOTIFICATIONS: &str = "org.freedesktop.Notifications";

/// The object of that service.
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";

/// Between two looks at something that nobody tells us about.
const LOOK: Duration = Duration::from_millis(10);

/// A person's desktop. Dropping it ends everything on it.
pub struct Desktop {
    kind: Server,
    directory: PathBuf,
    /// With the variables of this desktop.
    run: Run,
    server: RefCell<Option<Running>>,
    logind: OnceCell<Running>,
    screen_savers: OnceCell<[Running; 2]>,
    screen: Screen,
    session: Bus,
    system: Bus,
}

impl Desktop {
    /// `None`, after saying so, where a program is missing.
    pub(super) fn open(env: &TestEnv, kind: Server) -> Option<Self> {
        if let Some(missing) = kind.missing() {
            programs::skipped(&missing);
            return None;
        }
        let directory = TempDir::with_prefix_in("desktop-", env.root());
        // It goes with the environment, as everything in it does.
        let directory = directory.expect("the directory of the desktop can be made").keep();
        let run = env.command("desktop").env("XDG_CONFIG_HOME", directory.join("config"));
        // Services that are not there need not be waited for.
        let run = run.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none").env("GSETTINGS_BACKEND", "memory");
        let session = Bus::start(&run, &directory, "session");
        let system = Bus::start(&run, &directory, "system");
        let run = run
            .env("DBUS_SESSION_BUS_ADDRESS", &session.address)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &system.address);
        let screen = Screen::start(&run, &directory.join("authority"));
        let run = screen.command("desktop");
        let (logind, screen_savers) = (OnceCell::new(), OnceCell::new());
        let server = RefCell::default();
        let desktop = Self { kind, directory, run, server, logind, screen_savers, screen, session, system };
        desktop.start_server();
        Some(desktop)
    }

    /// What tells programs of this desktop.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("DISPLAY", self.screen.display.clone()),
            ("XAUTHORITY", self.directory.join("authority").to_string_lossy().into_owned()),
            ("DBUS_SESSION_BUS_ADDRESS", self.session.address.clone()),
            ("DBUS_SYSTEM_BUS_ADDRESS", self.system.address.clone()),
        ]
    }

    /// Any program that belongs to the desktop itself.
    pub fn command(&self, program: impl AsRef<Path>) -> Run {
        self.run.another(program)
    }

    /// Waits until a notification is there, and where there is something to see also until it is seen; the newest one.
    #[track_caller]
    pub fn notification(&self) -> Notification {
        self.notification_with("")
    }

    /// Waits until a notification with this in its title or text is there.
    #[track_caller]
    pub fn notification_with(&self, text: &str) -> Notification {
        self.session.settle();
        let found = self.session.witness.wait(&format!("a notification with {text:?}"), |seen| {
            let says = |one: &&Notification| one.summary.contains(text) || one.body.contains(text);
            seen.notifications.iter().rfind(|one| one.open && says(one)).cloned()
        });
        self.kind.window(self);
        found
    }

    /// Every notification that a server has taken since the beginning.
    pub fn notifications(&self) -> Vec<Notification> {
        self.session.settle();
        self.session.witness.look(|seen| seen.notifications.clone())
    }

    /// Whether anybody has asked for a notification since the beginning, even if it went before it could be seen.
    pub fn was_asked_to_show(&self) -> bool {
        self.session.settle();
        self.session.witness.look(Seen::has_notifications)
    }

    /// Waits until no notification is open.
    #[track_caller]
    pub fn no_notification(&self) {
        self.session.settle();
        self.session.witness.wait("the end of the notification", |seen| {
            seen.notifications.iter().all(|notification| !notification.open).then_some(())
        });
    }

    /// Waits until a signal with this name, and with this in its arguments, was sent on the session's bus; the last such.
    #[track_caller]
    pub fn signal(&self, member: &str, text: &str) -> Signal {
        self.session.witness.signal(member, text)
    }

    /// Chooses an action of the notification, by its key.
    #[track_caller]
    pub fn click(&self, key: &str) {
        self.kind.click(self, &self.notification(), key);
    }

    /// Puts the notification away without choosing anything.
    #[track_caller]
    pub fn dismiss(&self) {
        self.kind.dismiss(self, &self.notification());
    }

    /// The server takes the notification off the screen with nobody having done anything, which only a [`Server::Mock`] does.
    #[track_caller]
    pub fn lose(&self) {
        self.kind.lose(self, &self.notification());
    }

    /// Types a reply into the notification itself, which only a [`Server::Mock`] and [`Server::Plasma`] can take.
    #[track_caller]
    pub fn reply(&self, text: &str) {
        self.reply_to(&self.notification(), text);
    }

    /// Types a reply into a notification that was there a moment ago: it may be taken away in the same moment.
    #[track_caller]
    pub fn reply_to(&self, notification: &Notification, text: &str) {
        self.kind.reply(self, notification, text);
    }

    /// The server is out of order: it says again and again what has become of the notification, and of others. Only a
    /// [`Server::Mock`] is.
    #[track_caller]
    pub fn rave(&self, notification: &Notification, times: u32) {
        server::rave(&self.session, notification, times);
    }

    /// Somebody else on the bus says so, to who has shown it.
    #[track_caller]
    pub fn impersonate(&self, notification: &Notification, times: u32) {
        server::impersonate(&self.session, notification, times);
    }

    /// Waits for a dialog.
    #[track_caller]
    pub fn dialog(&self) -> Dialog<'_> {
        Dialog::wait_for(self)
    }

    /// How many dialogs are on the screen.
    pub fn dialogs(&self) -> usize {
        Dialog::count(self)
    }

    /// Writes a picture of the screen as PNG. It is there whole or not at all: another run may write and read the same.
    #[track_caller]
    pub fn screenshot(&self, path: &Path) {
        let fresh = path.with_extension(format!("{}.png", std::process::id()));
        self.screen.picture(&fresh).expect("the screen can be photographed");
        fs::rename(fresh, path).expect("the picture can be put in its place");
    }

    /// Writes a picture of the notification as PNG.
    #[track_caller]
    pub fn photograph(&self, path: &Path) {
        let window = self.kind.window(self).expect("a server that shows something");
        wait("a picture of the notification", || self.screen.picture_of(window.id, path));
        // What xfce4-notifyd leaves of its window below what it has drawn.
        let strip = ["-gravity", "south", "-chop", "0x4"];
        self.command("mogrify").args(strip).args([path]).run().success();
    }

    /// The screen is gone from now on, and with it the programs that show something there.
    pub fn kill_screen(&self) {
        self.screen.break_down();
    }

    /// The server hangs from now on: it takes no calls, and does not go.
    pub fn stop_server(&self) {
        self.signal_server(ProcessSignal::STOP);
    }

    /// The server goes on where it was stopped.
    pub fn continue_server(&self) {
        self.signal_server(ProcessSignal::CONT);
    }

    /// The server dies, and with it what it shows.
    #[track_caller]
    pub fn kill_server(&self) {
        drop(self.server.take());
        self.session
            .witness
            .wait("the end of the server", |seen| (!seen.names.contains(NOTIFICATIONS)).then_some(()));
    }

    /// Starts the server if none is running, and waits until it can be called.
    #[track_caller]
    pub fn start_server(&self) {
        let mut server = self.server.borrow_mut();
        if server.is_none() {
            *server = self.kind.start(&self.run, &self.directory);
        }
        if server.is_some() {
            self.session.witness.name(NOTIFICATIONS);
            self.kind.settle_in(&self.session);
        }
    }

    /// The login manager, on the system's bus. It is there from the first time that it is asked for.
    pub fn logind(&self) -> Logind<'_> {
        Logind::on(self)
    }

    /// The screen savers (freedesktop's and GNOME's) get active or not. They are there from the first time on.
    pub fn screen_saver(&self, active: bool) {
        presence::screen_savers(self, active);
    }

    fn signal_server(&self, signal: ProcessSignal) {
        self.server.borrow().as_ref().expect("a server runs").signal(signal);
    }

    /// Clicks at a place of the server's window, once there is such a place.
    #[track_caller]
    fn click_at(&self, server: Server, place: impl Fn(&Window) -> Option<(usize, usize)>, button: u8) {
        let (window, place) = wait("a place to click at", || {
            let window = server.window(self)?;
            place(&window).map(|place| (window, place))
        });
        self.screen.click(&window, place, button);
    }
}

impl Drop for Desktop {
    /// Of a test that fails, what was on the screen is kept.
    #[allow(clippy::print_stderr, reason = "the test runner shows it together with the failure of the test")]
    fn drop(&mut self) {
        if thread::panicking() {
            let name = format!("desktop-{}{}.png", std::process::id(), self.screen.display.replace(':', "-"));
            let picture = programs::directory().join(name);
            let kept = self.screen.picture(&picture).map(|()| picture.display().to_string());
            eprintln!("the screen: {}", kept.as_deref().unwrap_or("no picture"));
            if let Some(server) = self.server.borrow().as_ref() {
                eprintln!("the server of the notifications:\n{}{}", server.stdout(), server.stderr());
            }
        }
    }
}

/// Looks again and again until there is something to return.
///
/// # Panics
/// Where that takes longer than it may.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a limit in real time, so that a test cannot hang")]
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what} did not come within {PATIENCE:?}");
        thread::sleep(LOOK);
    }
}
