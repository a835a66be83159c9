//! Asks with a program of the pinentry family.

use std::io;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::assuan::{Answer, Assuan};
use super::{End, OPEN, Request};
use crate::child::{Child, command};

/// What is run unless the person has chosen another one. On macOS `pinentry` draws on a terminal.
const PROGRAM: &str = if cfg!(target_os = "macos") { "pinentry-mac" } else { "pinentry" };

/// How long it may take until the window can be opened.
const START: Duration = Duration::from_secs(10);

/// Errors of libgpg-error.
const TIMED_OUT: u32 = 62;
const CANCELLED: u32 = 99;
const FULLY_CANCELLED: u32 = 198;

/// Asks; a program that is not there, or shows no window, is unusable.
pub(super) async fn ask(request: &Request) -> End {
    let program = request.tools.pinentry.as_deref().unwrap_or(Path::new(PROGRAM));
    let name = program.display();
    let command = command(program.as_os_str(), &request.display);
    let (_child, stdin, stdout) = match Child::converse(command) {
        Ok(started) => started,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return End::Unusable(format!("{name} is not installed"));
        }
        Err(error) => return End::Unusable(format!("{name} does not start ({error})")),
    };
    match converse(Assuan::new(stdout, stdin), request).await {
        End::Unusable(why) => End::Unusable(format!("{name} {why}")),
        end => end,
    }
}

/// The whole conversation. What it says of a pinentry that cannot be used goes on after its name.
pub(super) async fn converse<R, W>(mut peer: Assuan<R, W>, request: &Request) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    match timeout(START, prepare(&mut peer, request)).await {
        Ok(Ok(())) => {}
        Ok(Err(unusable)) => return End::Unusable(unusable),
        Err(_too_late) => return End::Unusable("does not answer".to_owned()),
    }
    match peer.command("GETPIN", "").await {
        Ok(Answer::Done(code)) => End::Code(code),
        Ok(Answer::Refused(CANCELLED | FULLY_CANCELLED)) => End::Cancelled,
        Ok(Answer::Refused(TIMED_OUT)) => End::Closed,
        Ok(Answer::Refused(number)) => End::Unusable(format!("cannot show its window (error {number})")),
        Err(_ended) => End::Closed,
    }
}

async fn prepare<R, W>(peer: &mut Assuan<R, W>, request: &Request) -> Result<(), String>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let ended = |error: io::Error| format!("ended before it asked ({error})");
    if let Answer::Refused(number) = peer.answer().await.map_err(ended)? {
        return Err(format!("refuses to work (error {number})"));
    }
    // What a pinentry does not know (it answers with an error) it does without.
    if let Answer::Done(flavor) = peer.command("GETINFO", "flavor").await.map_err(ended)?
        && draws_on_a_terminal(flavor.expose_secret())
    {
        return Err("has no window".to_owned());
    }
    let (text, seconds) = (request.text(), OPEN.as_secs().to_string());
    let settings = [
        // The window must not keep the keyboard from the rest of the desktop.
        ("OPTION", "no-grab"),
        ("SETTITLE", &request.title),
        ("SETDESC", &text),
        ("SETPROMPT", "Code:"),
        ("SETCANCEL", request.cancel),
        ("SETTIMEOUT", &seconds),
    ];
    let error = request.error.as_deref().map(|error| ("SETERROR", error));
    for (verb, text) in settings.into_iter().chain(error) {
        peer.command(verb, text).await.map_err(ended)?;
    }
    Ok(())
}

/// A pinentry for a desktop that finds none says so after a colon: `gtk2:curses`.
fn draws_on_a_terminal(flavor: &str) -> bool {
    flavor.rsplit(':').next().is_some_and(|flavor| matches!(flavor, "curses" | "tty"))
}
