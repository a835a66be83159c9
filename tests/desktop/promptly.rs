//! How soon a terminal asks, whatever the desktop is like: with a server of notifications, with one that hangs, with none.
//!
//! What else the machine does makes some of the times longer. So it is timed many times in turns, and of each desktop half of
//! the times have to be within the limit, which is the same for all: waiting for a server would show in every single one, and
//! what is in the way every other time would show as well. And none may be as long as a server is waited for: that would be
//! waiting for it once in a while.

use std::time::{Duration, Instant};

use awsd_tests::harness::{
    TestEnv,
    desktop::{Desktop, Server},
};

use crate::{
    questions::{REPLY, guide},
    settings,
};

/// How soon after it is called a terminal asks.
const LIMIT: Duration = Duration::from_millis(200);

/// How long awsd waits for the answer of a server of notifications before it counts as absent.
const CALL: Duration = Duration::from_secs(5);

/// How often it is timed with each desktop.
const ROUNDS: usize = 20;

/// A server, and what becomes of it before it is needed.
type Stage = (&'static str, Server, fn(&Desktop));

const STAGES: [Stage; 4] = [
    ("a server that works", Server::Mock(REPLY), |_| {}),
    ("a server that hangs", Server::Mock(REPLY), Desktop::stop_server),
    ("a server that was killed", Server::Mock(REPLY), Desktop::kill_server),
    ("no server", Server::Nobody, |_| {}),
];

/// What is on the desktop goes before the files that it uses.
struct Timed {
    name: &'static str,
    _desktop: Desktop,
    env: TestEnv,
    times: Vec<Duration>,
}

/// Someone whose terminal and desktop are asked at the same moment, which gives the server its chance to be in the way.
fn person() -> TestEnv {
    let env = guide();
    settings(&env, "notify_after = \"0s\"\n");
    env
}

/// From before `awsd exec` is started until it asks; with a daemon that has to be started, and knows nothing.
fn time(env: &TestEnv) -> Duration {
    env.stop_daemons();
    let exec = env.exec("developer", ["true"]);
    let start = Instant::now();
    let mut terminal = exec.terminal();
    terminal.expect("MFA code for alice (developer)");
    let took = start.elapsed();
    terminal.send("\x04");
    terminal.wait();
    took
}

#[test]
fn a_terminal_asks_at_once_whatever_the_desktop_is_like() {
    let mut stages = Vec::new();
    for (name, server, happens) in STAGES {
        let mut env = person();
        let Some(desktop) = env.desktop(server) else { return };
        happens(&desktop);
        stages.push(Timed { name, _desktop: desktop, env, times: Vec::new() });
    }
    for _ in 0..ROUNDS {
        for Timed { env, times, .. } in &mut stages {
            times.push(time(env));
        }
    }
    for Timed { name, times, .. } in &mut stages {
        times.sort();
        println!("with {name}: {times:?}");
    }
    for Timed { name, times, .. } in &stages {
        assert!(times[ROUNDS / 2] < LIMIT, "with {name}: {times:?}");
        assert!(times.iter().all(|time| *time < CALL), "with {name}: {times:?}");
    }
}
