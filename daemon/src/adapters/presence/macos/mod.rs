//! The screen lock and the sleep of macOS.
//!
//! macOS tells of both through interfaces that Rust reaches only with unsafe code. Its own scripting program reaches them,
//! too: a small script listens in a process of its own and prints what it hears. It is killed with the watch; if the daemon
//! itself is killed, it ends with the next thing that it hears.
//!
//! What is not there: whether the screen is locked already when the listening begins, screen savers that do not lock, and
//! whether anybody touches anything. As little is known then as on a desktop without these services. No test has run the
//! script on such a machine.

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests;

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::ear::Tell;
use super::signs::Sign;

/// The names under which macOS tells, and what each means.
const NEWS: [(&str, Sign); 3] = [
    ("com.apple.screenIsLocked", Sign::LockedHint(true)),
    ("com.apple.screenIsUnlocked", Sign::LockedHint(false)),
    ("NSWorkspaceDidWakeNotification", Sign::Resumed),
];

/// Prints the name of each as it comes.
const SCRIPT: &str = "
ObjC.import('AppKit');
ObjC.registerSubclass({
    name: 'AwsdListener',
    methods: {
        'heard:': {
            types: ['void', ['id']],
            implementation: function (news) {
                const line = $(ObjC.unwrap(news.name) + '\\n').dataUsingEncoding($.NSUTF8StringEncoding);
                $.NSFileHandle.fileHandleWithStandardOutput.writeData(line);
            }
        }
    }
});
const listener = $.AwsdListener.alloc.init;
const session = $.NSDistributedNotificationCenter.defaultCenter;
session.addObserverSelectorNameObject(listener, 'heard:', 'com.apple.screenIsLocked', $());
session.addObserverSelectorNameObject(listener, 'heard:', 'com.apple.screenIsUnlocked', $());
const machine = $.NSWorkspace.sharedWorkspace.notificationCenter;
machine.addObserverSelectorNameObject(listener, 'heard:', 'NSWorkspaceDidWakeNotification', $());
$.NSRunLoop.currentRunLoop.run;
";

/// Listens until that cannot be done any more; returns the cause. There is one session of this user, whatever it is called.
#[cfg(target_os = "macos")]
pub(super) async fn login(_bus: Option<String>, _session: Option<String>, tell: Tell) -> String {
    listen("osascript".as_ref(), tell).await
}

/// There is nothing to listen to: returns that at once.
#[cfg(target_os = "macos")]
pub(super) fn savers(_bus: Option<String>, _tell: Tell) -> impl Future<Output = String> + use<> {
    std::future::ready("screen savers are not listened to on macOS".to_owned())
}

async fn listen(program: &OsStr, tell: Tell) -> String {
    match try_to_listen(program, &tell).await {
        Ok(()) => "the listener has ended".to_owned(),
        Err(error) => format!("there is no listener: {error}"),
    }
}

/// Dropping the future ends the listener.
async fn try_to_listen(program: &OsStr, tell: &Tell) -> io::Result<()> {
    let mut listener = Command::new(program)
        .args(["-l", "JavaScript", "-e", SCRIPT])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let Some(stdout) = listener.stdout.take() else { return Ok(()) };
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, sign)) = NEWS.iter().find(|(name, _)| *name == line) {
            tell.say(*sign).await;
        }
    }
    Ok(())
}
