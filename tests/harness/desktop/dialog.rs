//! A dialog window that asks for something, and the person who answers it.

use std::path::Path;

use super::{Desktop, wait};

/// The classes of the windows of pinentry in all its looks, zenity and kdialog.
const CLASSES: &str = "^(pinentry.*|zenity|kdialog)$";

/// A dialog on the screen.
pub struct Dialog<'a> {
    desktop: &'a Desktop,
    window: u32,
    /// The next program may get a window with the same number.
    process: Option<u32>,
}

impl<'a> Dialog<'a> {
    #[track_caller]
    pub(super) fn wait_for(desktop: &'a Desktop) -> Self {
        let window = wait("a dialog", || desktop.screen.windows(CLASSES).last().map(|window| window.id));
        Self { desktop, window, process: desktop.screen.process(window) }
    }

    pub(super) fn count(desktop: &Desktop) -> usize {
        desktop.screen.windows(CLASSES).len()
    }

    /// Its title.
    #[track_caller]
    pub fn title(&self) -> String {
        wait("the title of the dialog", || self.desktop.screen.title(self.window))
    }

    /// Writes a picture of it as PNG.
    #[track_caller]
    pub fn screenshot(&self, path: &Path) {
        // Its frame may be on the way yet.
        wait("a picture of the dialog", || self.desktop.screen.picture_of(self.window, path));
    }

    /// Types a code and presses Return.
    pub fn type_code(&self, code: &str) {
        self.desktop.screen.type_into(self.window, code);
        self.desktop.screen.press(self.window, "Return");
    }

    /// Presses Escape.
    pub fn escape(&self) {
        self.desktop.screen.press(self.window, "Escape");
    }

    /// Has the window manager close it.
    pub fn close(&self) {
        self.desktop.screen.close(self.window);
    }

    /// Takes the window from its program, which nobody has told of it.
    pub fn kill(&self) {
        self.desktop.screen.kill(self.window);
    }

    /// Waits until it is no longer there.
    #[track_caller]
    pub fn gone(&self) {
        let screen = &self.desktop.screen;
        let is_this = |window: u32| window == self.window && screen.process(window) == self.process;
        wait("the end of the dialog", || {
            (!screen.windows(CLASSES).iter().any(|window| is_this(window.id))).then_some(())
        });
    }
}
