//! Thousands of signals about a notification, from its server or from anybody else on the bus: the terminal beside it goes on as
//! if nothing were, and the daemon is none the larger and none the busier for it.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use awsd_tests::harness::{
    Terminal, TestEnv,
    desktop::{Desktop, Notification, Server},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    live_until,
    questions::{CALLS, REPLY, guide},
    settings,
};

/// How soon a terminal reacts to what is typed.
const LIMIT: Duration = Duration::from_millis(200);

/// How often that is timed.
const ROUNDS: usize = 15;

/// No more than that: a daemon takes 64 answers on one connection.
const MOST_ROUNDS: usize = 50;

/// How often a notification comes to the screen in a minute at most.
const TIMES: usize = 20;

/// How much larger the daemon may be afterwards, in kB.
const GROWTH: u64 = 16 * 1024;

/// How long it may have worked in a second in which nothing happens, in hundredths of a second.
const IDLE: u64 = 10;

type Flood = fn(&Desktop, &Notification, u32);

/// The resident memory of the daemon in kB.
fn memory(env: &TestEnv) -> u64 {
    let [daemon] = env.daemons()[..] else { panic!("not one daemon: {:?}", env.daemons()) };
    let status = fs::read_to_string(format!("/proc/{daemon}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// How long the daemon has worked since its start, in hundredths of a second.
fn work(env: &TestEnv) -> u64 {
    let [daemon] = env.daemons()[..] else { panic!("not one daemon: {:?}", env.daemons()) };
    let stat = fs::read_to_string(format!("/proc/{daemon}/stat")).expect("it runs");
    let (_name, fields) = stat.rsplit_once(") ").expect("a name");
    let number = |place: usize| fields.split(' ').nth(place)?.parse::<u64>().ok();
    number(11).zip(number(12)).map(|(user, system)| user + system).expect("two numbers")
}

/// From the end of a line that is no code until the terminal says so.
fn time(terminal: &mut Terminal) -> Duration {
    let start = Instant::now();
    terminal.send_line("1");
    terminal.expect("an MFA code has six digits");
    terminal.expect(": ");
    start.elapsed()
}

/// A question at a terminal, and on the desktop beside it, where this happens while the terminal is in use.
fn flooded(flood: Flood, signals: u32) {
    let mut env = guide();
    settings(&env, "notify_after = \"0s\"\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let mut terminal = env.exec("developer", ["true"]).terminal();
    terminal.expect("MFA code for alice (developer)");
    let shown = desktop.notification();
    let before = memory(&env);
    let is_over = AtomicBool::new(false);
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let typing = scope.spawn(|| {
            let goes_on = |done: usize| !is_over.load(Ordering::Relaxed) && done < MOST_ROUNDS;
            let more = |times: &Vec<_>| times.len() < ROUNDS || goes_on(times.len());
            let mut times = Vec::new();
            while more(&times) {
                times.push(time(&mut terminal));
            }
            times
        });
        flood(&desktop, &shown, signals);
        is_over.store(true, Ordering::Relaxed);
        typing.join().expect("the terminal reacts")
    });
    times.sort();
    assert!(times[times.len() / 2] < LIMIT, "{times:?}");
    let worked = work(&env);
    live_until(Timestamp::now() + SignedDuration::from_secs(1));
    assert!(work(&env) - worked < IDLE, "it works for {} ms in an idle second", (work(&env) - worked) * 10);
    let after = memory(&env);
    assert!(after < before + GROWTH, "from {before} kB to {after} kB");
    let notifications = desktop.notifications().len();
    assert!(notifications <= TIMES, "it was shown {notifications} times");
    assert!(desktop.dialogs() <= 1);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.wait().success();
    desktop.no_notification();
    assert_eq!(desktop.dialogs(), 0);
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_server_out_of_order_is_not_in_the_way() {
    flooded(Desktop::rave, 200);
    flooded(Desktop::rave, 2000);
}

#[test]
fn who_floods_the_bus_is_not_in_the_way_and_answers_nothing() {
    flooded(Desktop::impersonate, 200);
    flooded(Desktop::impersonate, 2000);
}
