//! KDE Plasma's own notifications, with a field for the reply, but without the rest of its desktop: they are an applet, which
//! Plasma can also run in a window of its own.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{Desktop, screen::Window, server::LEFT, wait};
use crate::harness::{
    programs,
    run::{Run, Running},
};

/// Where `tests/plasma/set-up` has unpacked Plasma, if it is not installed.
const VARIABLE: &str = "AWSD_TEST_PLASMA";

/// The program, the class of its windows, and the title of those that are notifications.
const PROGRAM: &str = "plasmawindowed";

/// From the lower right corner of a notification to its last button, "Enter code" (and then "Send"), in pixels.
const LAST_BUTTON: (usize, usize) = (50, 20);

/// How much of that button is looked at, in pixels to each side of the place.
const BUTTON: (usize, usize) = (35, 10);

/// The words on it are darker than this, in each colour; the button itself is not.
const DARK: u8 = 0x60;

fn unpacked() -> Option<PathBuf> {
    env::var_os(VARIABLE).map(PathBuf::from).filter(|root| root.join("usr/bin").join(PROGRAM).is_file())
}

/// What is missing for it; `None` if nothing is.
pub(super) fn missing() -> Option<String> {
    let found = unpacked().is_some() || programs::in_search_path(PROGRAM).is_some();
    (!found).then(|| format!("there is no {PROGRAM} in PATH; tests/run --plasma gets it"))
}

/// Starts it.
pub(super) fn start(run: &Run) -> Running {
    let program = match unpacked() {
        Some(root) => from(&root, run),
        None => run.another(PROGRAM),
    };
    // There is no graphics card, and no settings daemon.
    let program = program.env("QT_QPA_PLATFORM", "xcb").env("QT_QUICK_BACKEND", "software");
    program.args(["org.kde.plasma.notifications"]).spawn()
}

fn from(root: &Path, run: &Run) -> Run {
    let libraries = root.join(format!("usr/lib/{}-linux-gnu", env::consts::ARCH));
    run.another(root.join("usr/bin").join(PROGRAM))
        .env("LD_LIBRARY_PATH", &libraries)
        .env("QT_PLUGIN_PATH", libraries.join("qt5/plugins"))
        .env("QML2_IMPORT_PATH", libraries.join("qt5/qml"))
        .env("XDG_DATA_DIRS", format!("{}:/usr/share", root.join("usr/share").display()))
}

/// Its notifications, and not the window that they would otherwise be listed in.
pub(super) fn windows(desktop: &Desktop) -> Vec<Window> {
    let mut windows = desktop.screen.windows(&format!("^{PROGRAM}$"));
    windows.retain(|window| desktop.screen.title(window.id).is_some_and(|title| title == PROGRAM));
    windows
}

/// Opens the field and types a reply into it. The field takes the focus when it is there.
#[track_caller]
pub(super) fn reply(desktop: &Desktop, text: &str) {
    let screen = &desktop.screen;
    let window = drawn(desktop);
    screen.click(&window, (window.width - LAST_BUTTON.0, window.height - LAST_BUTTON.1), LEFT);
    wait("the field for the reply", || screen.has_focus(window.id).then_some(()));
    screen.type_into(window.id, text);
    screen.press(window.id, "Return");
    // Until then its window might be taken for the next notification's.
    wait("the end of the field", || (!screen.has_focus(window.id)).then_some(()));
}

/// The notification, once it has come to rest with words on its button: its window is there, and moves, before anything is
/// drawn in it.
#[track_caller]
fn drawn(desktop: &Desktop) -> Window {
    let scratch = desktop.directory.join("pixels");
    let mut before = None;
    wait("a notification with a button", || {
        let window = windows(desktop).pop()?;
        let pixels = desktop.screen.pixels(&window, LAST_BUTTON, BUTTON, &scratch)?;
        let has_words = pixels.iter().any(|value| *value < DARK);
        let now = Some((window.clone(), pixels));
        let same = before == now;
        before = now;
        (same && has_words).then_some(window)
    })
}
