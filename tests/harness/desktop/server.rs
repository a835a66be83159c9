//! The programs that show notifications, what each needs, and how a person chooses something there.

use std::{fs, path::Path, process::Command};

use serde::Serialize;
use zbus::zvariant::DynamicType;

use super::{
    Desktop, NOTIFICATIONS, NOTIFICATIONS_PATH, Notification, bus::Bus, plasma, screen::Window, wait,
};
use crate::harness::{
    programs,
    run::{Run, Running},
};

/// Debian's Python, for which the Debian package of dbusmock is; another Python in the search path has none.
const PYTHON: &str = "/usr/bin/python3";

/// Where Xfce says what shows its notifications; the program itself is in a directory that depends on the processor.
const XFCE_SERVICE: &str = "/usr/share/dbus-1/services/org.xfce.xfce4-notifyd.Notifications.service";

/// What every stage needs in the search path.
const STAGE: [&str; 6] = ["Xvfb", "openbox", "xdotool", "wmctrl", "import", "dbus-daemon"];

/// The blue of the first button in `gtk.css`. The next ones are one, two and three more.
const FIRST_BUTTON: [u8; 3] = [0x3d, 0x4a, 0x6b];

/// Anything smaller is no notification, but a window that some servers keep for themselves.
const SMALLEST: usize = 30;

/// Who shows notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// dunst: no buttons; the middle mouse button chooses the default action, the right one opens a menu.
    Dunst,
    /// xfce4-notifyd: a button for each action.
    Xfce,
    /// KDE Plasma: buttons, and a field for a reply behind the last of them.
    Plasma,
    /// Nothing on the screen, and these capabilities, separated by spaces: `"actions body inline-reply"`.
    Mock(&'static str),
    /// A bus without a server.
    Nobody,
}

impl Server {
    /// What is missing for it; `None` if nothing is.
    pub(super) fn missing(self) -> Option<String> {
        let program = |name: &&str| programs::in_search_path(name).is_none();
        if let Some(name) = STAGE.iter().find(|name| program(name)) {
            return Some(format!("there is no {name} in PATH"));
        }
        if !has_dbusmock() {
            return Some(format!("{PYTHON} has no dbusmock"));
        }
        match self {
            Self::Dunst if program(&"dunst") => Some("there is no dunst in PATH".to_owned()),
            Self::Plasma => plasma::missing(),
            Self::Xfce if xfce().is_none() => Some("there is no xfce4-notifyd".to_owned()),
            _ => None,
        }
    }

    /// Starts it. It has settled when its name is on the bus.
    pub(super) fn start(self, run: &Run, directory: &Path) -> Option<Running> {
        match self {
            Self::Dunst => {
                let configuration = directory.join("dunstrc");
                let choice = choice(directory);
                let text = include_str!("dunstrc").replace("@CHOICE@", &choice.to_string_lossy());
                fs::write(&configuration, text).expect("the configuration of dunst can be written");
                Some(run.another("dunst").args(["-conf"]).args([configuration]).spawn())
            }
            Self::Xfce => {
                let look = directory.join("config/gtk-3.0");
                fs::create_dir_all(&look).expect("the directory for the look can be made");
                fs::write(look.join("gtk.css"), include_str!("gtk.css")).expect("the look can be written");
                Some(run.another(xfce().expect("it was there a moment ago")).spawn())
            }
            Self::Plasma => Some(plasma::start(run)),
            Self::Mock(capabilities) => {
                let parameters = serde_json::json!({ "capabilities": capabilities }).to_string();
                let template = ["--session", "--template", "notification_daemon", "--parameters"];
                Some(dbusmock(run).args(template).args([parameters]).spawn())
            }
            Self::Nobody => None,
        }
    }

    /// Prepares it, once it can be called.
    pub(super) fn settle_in(self, bus: &Bus) {
        if let Self::Mock(_) = self {
            bus.mock(NOTIFICATIONS, NOTIFICATIONS_PATH, "AddMethods", &(HANDS, ACTS.to_vec()));
        }
    }

    /// Chooses an action of a notification, as far as possible with the mouse.
    #[track_caller]
    pub(super) fn click(self, desktop: &Desktop, notification: &Notification, key: &str) {
        let place = notification.actions.iter().position(|(offered, _)| offered == key);
        let Some(place) = place else { panic!("{key:?} is not among the actions of {notification:#?}") };
        match self {
            Self::Dunst if key == "default" => desktop.click_at(self, middle, MIDDLE),
            Self::Dunst => {
                // How a line of the menu ends.
                let line = format!(",{key}]");
                fs::write(choice(&desktop.directory), line).expect("the choice can be written");
                desktop.click_at(self, middle, RIGHT);
            }
            Self::Xfce => {
                let [red, green, blue] = FIRST_BUTTON;
                let colour = [red, green, blue + u8::try_from(place).expect("a few buttons")];
                let scratch = desktop.directory.join("pixels");
                let button = |window: &Window| desktop.screen.middle_of(window, colour, &scratch);
                desktop.click_at(self, button, LEFT);
            }
            Self::Mock(_) => {
                act(&desktop.session, "Choose", &(notification.id, key));
            }
            Self::Plasma => panic!("who clicks on Plasma's buttons wants to reply"),
            Self::Nobody => panic!("nobody shows anything that could be clicked"),
        }
    }

    /// Types a reply into a notification.
    #[track_caller]
    pub(super) fn reply(self, desktop: &Desktop, notification: &Notification, text: &str) {
        match self {
            Self::Mock(_) => act(&desktop.session, "Reply", &(notification.id, text)),
            Self::Plasma => plasma::reply(desktop, text),
            _ => panic!("{self:?} has no field for a reply"),
        }
    }

    /// Puts a notification away without choosing anything.
    #[track_caller]
    pub(super) fn dismiss(self, desktop: &Desktop, notification: &Notification) {
        match self {
            Self::Dunst => desktop.click_at(self, middle, LEFT),
            Self::Xfce => desktop.click_at(self, |_| Some((CORNER, CORNER)), LEFT),
            Self::Plasma => panic!("no test puts Plasma's notifications away"),
            Self::Mock(_) => act(&desktop.session, "Dismiss", &notification.id),
            Self::Nobody => panic!("nobody shows anything that could be put away"),
        }
    }

    /// Takes a notification off the screen unasked.
    #[track_caller]
    pub(super) fn lose(self, desktop: &Desktop, notification: &Notification) {
        assert!(matches!(self, Self::Mock(_)), "{self:?} keeps what it shows");
        act(&desktop.session, "Lose", &notification.id);
    }

    /// The window with its notifications, once it has its place and size. `None` where it has no windows at all.
    #[track_caller]
    pub(super) fn window(self, desktop: &Desktop) -> Option<Window> {
        let windows: fn(&Desktop) -> Vec<Window> = match self {
            Self::Dunst => |desktop| desktop.screen.windows("^dunst$"),
            Self::Xfce => |desktop| desktop.screen.windows("^xfce4-notifyd$"),
            Self::Plasma => plasma::windows,
            Self::Mock(_) | Self::Nobody => return None,
        };
        let mut before = None;
        Some(wait("a notification on the screen", || {
            let large = |window: &Window| window.width > SMALLEST && window.height > SMALLEST;
            let now = windows(desktop).into_iter().rfind(large);
            let same = now.is_some() && now == before;
            before.clone_from(&now);
            now.filter(|_| same)
        }))
    }
}

pub(super) const LEFT: u8 = 1;
const MIDDLE: u8 = 2;
const RIGHT: u8 = 3;

/// Pixels from the upper left corner to where no button of Xfce's is.
const CORNER: usize = 16;

#[allow(clippy::unnecessary_wraps, reason = "one of the places for a click, of which others may be missing")]
fn middle(window: &Window) -> Option<(usize, usize)> {
    Some((window.width / 2, window.height / 2))
}

/// python-dbusmock; what it plays comes as arguments.
pub(super) fn dbusmock(run: &Run) -> Run {
    run.another(PYTHON).args(["-m", "dbusmock"])
}

fn has_dbusmock() -> bool {
    let imported = Command::new(PYTHON).args(["-c", "import dbusmock"]).output();
    imported.is_ok_and(|output| output.status.success())
}

fn xfce() -> Option<String> {
    let service = fs::read_to_string(XFCE_SERVICE).ok()?;
    let program = service.lines().find_map(|line| line.strip_prefix("Exec="))?;
    Path::new(program).is_file().then(|| program.to_owned())
}

/// The file with what the person would choose from dunst's menu.
fn choice(directory: &Path) -> std::path::PathBuf {
    directory.join("choice")
}

/// Takes the notification away. The reason is one of the specification's numbers: 2 is "closed by the person", 1 "expired".
macro_rules! closed {
    ($reason:literal) => {
        concat!("self.EmitSignal('', 'NotificationClosed', 'uu', [args[0], ", $reason, "])")
    };
}

/// What a person does at a [`Server::Mock`] is an interface of it, and each act is one call: a real server too has said the
/// answer, and that what was answered is gone, before it takes the next call.
const HANDS: &str = "test.Hands";

/// The methods of that interface, in Python.
const ACTS: [(&str, &str, &str, &str); 5] = [
    ("Choose", "us", "", concat!("self.EmitSignal('', 'ActionInvoked', 'us', args);", closed!(2))),
    ("Reply", "us", "", concat!("self.EmitSignal('', 'NotificationReplied', 'us', args);", closed!(2))),
    ("Dismiss", "u", "", closed!(2)),
    ("Lose", "u", "", closed!(1)),
    ("Rave", "uu", "", RAVE),
];

/// It says again and again that this notification was clicked and is gone, and others, too.
const RAVE: &str = "for n in range(args[1]):
    self.EmitSignal('', 'ActionInvoked', 'us', [args[0], 'default'])
    for id in (args[0], args[0] + 1 + n):
        self.EmitSignal('', 'NotificationClosed', 'uu', [id, 1])";

/// Has the server send signals that nobody has a reason to send, as many as that of each kind.
#[track_caller]
pub(super) fn rave(bus: &Bus, notification: &Notification, times: u32) {
    act(bus, "Rave", &(notification.id, times));
}

/// Somebody on the bus who is no server says the same to who has shown a notification; and that "Not now" was pressed, and a
/// code typed.
#[track_caller]
pub(super) fn impersonate(bus: &Bus, notification: &Notification, times: u32) {
    let (to, id) = (&notification.caller, notification.id);
    let signal = |member| (NOTIFICATIONS, member);
    for _ in 0..times {
        bus.send(to, NOTIFICATIONS_PATH, signal("ActionInvoked"), &(id, "skip"));
        bus.send(to, NOTIFICATIONS_PATH, signal("NotificationReplied"), &(id, "000000"));
        bus.send(to, NOTIFICATIONS_PATH, signal("NotificationClosed"), &(id, 2_u32));
    }
}

#[track_caller]
fn act<B: Serialize + DynamicType>(bus: &Bus, member: &str, body: &B) {
    bus.call(NOTIFICATIONS, NOTIFICATIONS_PATH, (HANDS, member), body);
}
