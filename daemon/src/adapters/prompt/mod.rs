//! Asks a person on the desktop: by a notification, by a dialog, or by a program that knows the code; and runs the
//! command with which they sign in.
//!
//! [`Desktop`] is owned by the app's one task and never makes it wait: all work happens in tasks, one for each question.
//! Nothing here decides anything. What a person says is reported as it was said, whoever said it first; which answer
//! counts, and what a code is worth, the core decides.
//!
//! Who asks, on which screen and for what comes from a client and from files: it is shown as text and never as markup, an
//! option or a command. What runs gets the allow-listed variables of [`Display`] and nothing else of anybody's
//! environment. No code is logged.
//!
//! On Linux and the BSDs notifications are shown by the service on the caller's session bus. On macOS and Windows, where a
//! user has one desktop, by its notification center; that was written without such a machine at hand, and so were their
//! dialogs: they are checked and linted, their texts and answers tested, but no test has clicked on them.

mod asking;
mod card;
mod desktop;
mod dialog;
mod notification;
mod program;
mod sign_in;
mod text;
pub(crate) mod translate;
pub(crate) mod trial;
mod voice;

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests;

pub(crate) use crate::config::Dialog;
pub(crate) use crate::display::Display;
pub(crate) use card::{Card, Choice, Kind, Said, Stage, Tools};
pub(crate) use desktop::Desktop;
#[cfg(any(target_os = "macos", windows))]
pub(crate) use notification::show_one;
