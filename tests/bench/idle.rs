//! What the daemon does while nobody asks: nothing, if all is well.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    process::{self, Memory},
};

/// The threads that looked up names end this long after their last work.
const SETTLING: Duration = Duration::from_secs(20);

/// How often is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);

/// What was seen.
pub(crate) struct Idle {
    pub(crate) seconds: u64,
    /// How often one of its threads was woken.
    pub(crate) wakeups: u64,
    /// At the end.
    pub(crate) memory: Memory,
}

/// Watches a process for some seconds, after what its last work left behind is gone.
pub(crate) fn watch(pid: u32, seconds: u64) -> Outcome<Idle> {
    settle(pid)?;
    let before = switches(pid)?;
    thread::sleep(Duration::from_secs(seconds));
    let after = switches(pid)?;
    let woken = |(thread, count): (&PathBuf, &u64)| count - before.get(thread).copied().unwrap_or(0);
    Ok(Idle { seconds, wakeups: after.iter().map(woken).sum(), memory: Memory::of(pid)? })
}

/// Waits until only the daemon's one thread is left.
fn settle(pid: u32) -> Outcome {
    let start = Instant::now();
    while process::threads(pid)?.len() > 1 {
        if start.elapsed() > SETTLING {
            return Err("threads of the daemon do not end after its last work".into());
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

fn switches(pid: u32) -> Outcome<BTreeMap<PathBuf, u64>> {
    let threads = process::threads(pid)?;
    threads.into_iter().map(|thread| Ok((thread.clone(), process::switches(&thread)?))).collect()
}
