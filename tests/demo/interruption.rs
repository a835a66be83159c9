//! Ctrl-C and its relatives: the demonstration ends early, and still leaves nothing behind.

use std::{
    error::Error,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::stage::Surroundings;

/// Knows whether somebody wanted the demonstration to end.
pub(crate) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// From now on a signal ends the step that is being shown, instead of this process: a client that waits for a code
    /// is let go by its daemon. The stage is then cleared as always.
    pub(crate) fn watch(surroundings: Surroundings) -> io::Result<Self> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let came = Arc::new(AtomicBool::new(false));
        let remember = Arc::clone(&came);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                remember.store(true, Ordering::SeqCst);
                surroundings.stop_daemon();
            }
        })?;
        Ok(Self(came))
    }

    /// Why the story ended: the signal, if one came, rather than the step that it broke.
    pub(crate) fn explains(&self, broken: Box<dyn Error>) -> Box<dyn Error> {
        if self.0.load(Ordering::SeqCst) { "interrupted; everything is cleaned up".into() } else { broken }
    }
}
