//! The core under thousands of bad days: seeded schedules of requests, answers, faults, clock jumps, logouts and edits,
//! with the invariants checked after every event.
//!
//! `AWSD_SIM_SCHEDULES` sets how many schedules run, `AWSD_SIM_SEED` runs one. A seed that fails is printed. It is good
//! until the simulation changes; what it found is kept as a check, which every later schedule has to pass.

mod aws;
mod calm;
mod check;
mod choices;
mod desktop;
mod network;
mod offers;
mod pauses;
mod people;
mod profiles;
mod programs;
mod random;
mod reasons;
mod replies;
mod seats;
mod sign_ins;
mod sources;
mod surfaces;
mod time;
mod tries;
mod wishes;
mod world;

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::world::World;

/// Schedules in an ordinary run, and the least number of events in each.
const SCHEDULES: u64 = 20_000;
const EVENTS: u64 = 200;

fn schedule(seed: u64) {
    let mut world = World::new(seed);
    while world.events < EVENTS {
        match world.random.below(100) {
            0..28 => world.ask(),
            28..58 => world.network(),
            58..66 => world.person(),
            66..73 => world.person_at_desktop(),
            73..76 => world.program(),
            76..85 => {
                let by =
                    *world.random.pick(&[0_u64, 1, 1, 5, 30, 30, 60, 200, 600, 1200, 1800, 3600, 20_000]);
                let millis = world.random.below(1000);
                world.pass(Duration::from_secs(by) + Duration::from_millis(millis));
            }
            85..91 => world.pass_to_an_end(),
            91 => world.leave(),
            92 if world.random.percent(40) => world.leave(),
            93 if world.random.percent(45) => world.dismiss(),
            93 if world.random.percent(25) => world.guess(),
            93 if world.random.percent(20) => world.give_in_vain(),
            92 | 93 => world.come_or_go(),
            94 => world.logout(),
            95 => world.disturb_clock(),
            96 if world.random.percent(40) => world.restart(),
            97 => world.configure(),
            98 if world.random.percent(50) => world.begin_or_end_outage(),
            _ => world.edit(),
        }
        if world.calm || (world.quick && world.random.percent(85)) {
            world.finish_calls();
        }
    }
    settle(&mut world);
}

/// When the network works and everybody answers, everything comes to an end, and then to rest.
fn settle(world: &mut World) {
    world.check_jitter();
    world.outage = None;
    world.all_leave();
    for _ in 0..400 {
        world.finish_calls();
        if world.open.is_empty() && world.answers.is_empty() {
            break;
        }
        world.choose_rightly();
        world.answer_rightly();
        world.program();
        world.finish_calls();
        world.pass(Duration::from_secs(31));
    }
    if !world.open.is_empty() || !world.answers.is_empty() {
        let open: Vec<_> = world.open.iter().map(|(id, open)| (id, open.purpose, &open.chain)).collect();
        world.fail(&format!("requests are never answered: {open:?} {:?}", world.answers));
    }
    world.pass(Duration::from_secs(1));
    world.finish_calls();
    for _ in 0..10_000 {
        let Some(wake) = world.core.next_wake(world.now()) else {
            let held = format!("{:?}", world.core);
            if held.contains("secret_access_key") || held.contains("spent: [(") {
                world.fail("keys or codes are kept that nobody can use any more");
            }
            return;
        };
        world.sleep_until(wake);
        world.finish_calls();
    }
    world.fail("the core never comes to rest although nobody asks");
}

#[test]
fn the_invariants_hold_on_every_schedule() {
    let number = |name| {
        let value = std::env::var(name).ok()?;
        Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value:?}")))
    };
    if let Some(seed) = number("AWSD_SIM_SEED") {
        return schedule(seed);
    }
    let schedules = number("AWSD_SIM_SCHEDULES").unwrap_or(SCHEDULES);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let failed = &failed;
            scope.spawn(move || {
                for seed in (0..schedules).filter(|seed| seed % threads == thread) {
                    if failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if let Err(panic) = panic::catch_unwind(|| schedule(seed)) {
                        failed.store(true, Ordering::Relaxed);
                        eprintln!(
                            "to see it again: AWSD_SIM_SEED={seed} cargo test -p awsd-core --test simulation"
                        );
                        panic::resume_unwind(panic);
                    }
                }
            });
        }
    });
}
