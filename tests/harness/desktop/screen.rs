//! A screen of its own with a window manager, and the eyes and hands of whoever sits there.

use std::{fs, path::Path};

use super::wait;
use crate::harness::run::{Run, Running};

/// Large enough for everything that is shown, small enough for a picture in a page.
const SIZE: &str = "1280x800x24";

/// So many colours has a window with a frame before its program has drawn anything.
const BLANK: usize = 32;

/// A window as it is on the screen, in pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) id: u32,
    x: i32,
    y: i32,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A display, which ends when it is dropped.
pub(super) struct Screen {
    run: Run,
    pub(super) display: String,
    _manager: Running,
    server: Running,
}

impl Screen {
    /// Starts a display on the first free number. Only who has `authority` may use it.
    pub(super) fn start(run: &Run, authority: &Path) -> Self {
        fs::write(authority, cookie()).expect("the key of the display can be written");
        let server = run
            .another("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-wr", "-auth"])
            .args([authority])
            // It would otherwise begin anew when its first client leaves, and turn away who comes at that moment.
            .args(["-noreset"])
            .spawn();
        let number = wait("the display", || server.stdout().strip_suffix('\n').map(str::to_owned));
        let display = format!(":{number}");
        let run = run.clone().env("DISPLAY", &display).env("XAUTHORITY", authority);
        let manager = run.another("openbox").spawn();
        let screen = Self { run, display, _manager: manager, server };
        // Something that only a window manager can tell.
        wait("the window manager", || screen.tool(["get_desktop"]));
        screen
    }

    /// Any program, with its windows on this display.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Run {
        self.run.another(program)
    }

    /// The visible windows of programs whose class matches, lowest first.
    pub(super) fn windows(&self, class: &str) -> Vec<Window> {
        // A window may go while it is looked at, which is an error for the tool and nothing to see for us.
        let search = ["search", "--onlyvisible", "--class", class, "getwindowgeometry", "--shell", "%@"];
        self.tool(search).map(|text| windows(&text)).unwrap_or_default()
    }

    /// The title of a window.
    pub(super) fn title(&self, window: u32) -> Option<String> {
        self.tool(["getwindowname", &window.to_string()]).map(|title| title.trim_end().to_owned())
    }

    /// The program whose window it is.
    pub(super) fn process(&self, window: u32) -> Option<u32> {
        self.tool(["getwindowpid", &window.to_string()])?.trim().parse().ok()
    }

    /// Clicks into a window, at a distance from its upper left corner, and moves the pointer out of the way.
    #[track_caller]
    pub(super) fn click(&self, window: &Window, (x, y): (usize, usize), button: u8) {
        let [id, x, y] = [window.id.to_string(), x.to_string(), y.to_string()];
        self.act(&["mousemove", "--sync", "--window", &id, &x, &y, "click", &button.to_string()]);
        self.act(&["mousemove", "1", "1"]);
    }

    /// Types text into a window.
    #[track_caller]
    pub(super) fn type_into(&self, window: u32, text: &str) {
        self.focus(window);
        self.act(&["type", text]);
    }

    /// Presses a key in a window.
    #[track_caller]
    pub(super) fn press(&self, window: u32, key: &str) {
        self.focus(window);
        self.act(&["key", key]);
    }

    /// Has the window manager close a window, as by the button in the frame. Not by a key: the first key on a display makes
    /// the window manager arrange its keys anew, and it misses those that come meanwhile.
    #[track_caller]
    pub(super) fn close(&self, window: u32) {
        self.focus(window);
        self.command("wmctrl").args(["-i", "-c", &window.to_string()]).run().success();
    }

    /// Ends a program's connection to the display, as if it had broken.
    #[track_caller]
    pub(super) fn kill(&self, window: u32) {
        self.act(&["windowkill", &window.to_string()]);
    }

    /// The display is gone from one moment to the next.
    pub(super) fn break_down(&self) {
        self.server.signal(rustix::process::Signal::TERM);
    }

    /// Brings a window to the front. Before the display has put it there, keys would go to nobody; before the window manager
    /// knows of it, there is nothing that it could close.
    #[track_caller]
    fn focus(&self, window: u32) {
        let id = window.to_string();
        let is_it = |said: &String| said.trim_end() == id;
        wait("the focus", || {
            self.tool(["windowactivate", &id]);
            self.tool(["getwindowfocus"]).filter(is_it)?;
            self.tool(["getactivewindow"]).filter(is_it)
        });
    }

    /// Whether what is typed goes into this window.
    pub(super) fn has_focus(&self, window: u32) -> bool {
        self.tool(["getwindowfocus"]).is_some_and(|id| id.trim_end() == window.to_string())
    }

    /// The colours around a place, as far from it as `around` says; the place is given from the window's lower right corner.
    pub(super) fn pixels(
        &self,
        window: &Window,
        (left, up): (usize, usize),
        around: (usize, usize),
        scratch: &Path,
    ) -> Option<Vec<u8>> {
        let x = window.x + i32::try_from(window.width.checked_sub(left + around.0)?).ok()?;
        let y = window.y + i32::try_from(window.height.checked_sub(up + around.1)?).ok()?;
        let area = format!("{}x{}{x:+}{y:+}", around.0 * 2, around.1 * 2);
        let target = format!("rgb:{}", scratch.display());
        self.import(&["-window", "root", "-crop", &area, "-depth", "8", &target])?;
        fs::read(scratch).ok()
    }

    /// The middle of all pixels of a window that have exactly this colour.
    pub(super) fn middle_of(
        &self,
        window: &Window,
        colour: [u8; 3],
        scratch: &Path,
    ) -> Option<(usize, usize)> {
        let target = format!("rgb:{}", scratch.display());
        let id = window.id.to_string();
        self.import(&["-window", &id, "-depth", "8", &target])?;
        let pixels = fs::read(scratch).ok()?;
        let same = pixels.chunks_exact(3).enumerate().filter(|(_, pixel)| **pixel == colour);
        let places: Vec<_> = same.map(|(at, _)| (at % window.width, at / window.width)).collect();
        let middle = |axis: fn(&(usize, usize)) -> usize| {
            Some(usize::midpoint(places.iter().map(axis).min()?, places.iter().map(axis).max()?))
        };
        Some((middle(|place| place.0)?, middle(|place| place.1)?))
    }

    /// Writes a picture of the whole screen.
    pub(super) fn picture(&self, path: &Path) -> Option<()> {
        self.import(&["-window", "root", &path.to_string_lossy()])
    }

    /// Writes a picture of a window, with its frame if it has one; none before there is something in it to see.
    pub(super) fn picture_of(&self, window: u32, path: &Path) -> Option<()> {
        let path = path.to_string_lossy();
        self.import(&["-window", &window.to_string(), "-frame", &path])?;
        let colours = self.command("identify").args(["-format", "%k", &path]).run().success().stdout;
        colours.parse::<usize>().is_ok_and(|colours| colours > BLANK).then_some(())
    }

    fn import(&self, arguments: &[&str]) -> Option<()> {
        self.command("import").args(arguments).run().status.success().then_some(())
    }

    /// Moves the mouse or presses keys.
    #[track_caller]
    fn act(&self, arguments: &[&str]) {
        self.command("xdotool").args(arguments).run().success();
    }

    /// What `xdotool` prints; `None` where it fails.
    fn tool<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Option<String> {
        let output = self.command("xdotool").args(arguments).run();
        output.status.success().then_some(output.stdout)
    }
}

impl Drop for Screen {
    /// Asked to end, the display takes its lock and its socket with it.
    fn drop(&mut self) {
        self.server.signal(rustix::process::Signal::TERM);
        let _otherwise_killed = self.server.ends();
    }
}

/// A file for `XAUTHORITY`: one key for whatever display.
fn cookie() -> Vec<u8> {
    const ANY_FAMILY: [u8; 2] = [0xff, 0xff];
    let key: [u8; 16] = std::array::from_fn(|_| fastrand::u8(..));
    let mut file = ANY_FAMILY.to_vec();
    for field in [&b""[..], b"", b"MIT-MAGIC-COOKIE-1", &key] {
        let length = u16::try_from(field.len()).expect("short fields");
        file.extend(length.to_be_bytes());
        file.extend(field);
    }
    file
}

/// Reads blocks of lines like `WINDOW=7`, `X=1`, `Y=2`, `WIDTH=3`, `HEIGHT=4`.
fn windows(text: &str) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if name == "WINDOW" {
            windows.push(Window { id: value.parse().unwrap_or_default(), ..Window::default() });
        } else if let Some(window) = windows.last_mut() {
            match name {
                "X" => window.x = value.parse().unwrap_or_default(),
                "Y" => window.y = value.parse().unwrap_or_default(),
                "WIDTH" => window.width = value.parse().unwrap_or_default(),
                "HEIGHT" => window.height = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_geometry_of_several_windows_is_read() {
        let text = "WINDOW=7\nX=-1\nY=2\nWIDTH=30\nHEIGHT=4\nSCREEN=0\nWINDOW=8\nX=0\nY=0\nWIDTH=1\nHEIGHT=1\nSCREEN=0\n";
        let first = Window { id: 7, x: -1, y: 2, width: 30, height: 4 };
        assert_eq!(windows(text), [first, Window { id: 8, x: 0, y: 0, width: 1, height: 1 }]);
    }

    #[test]
    fn a_key_has_the_fields_that_displays_expect() {
        let file = cookie();
        assert_eq!(file[..8], [0xff, 0xff, 0, 0, 0, 0, 0, 18]);
        assert_eq!(file[8..28], *b"MIT-MAGIC-COOKIE-1\x00\x10");
        assert_eq!(file.len(), 44);
    }
}
