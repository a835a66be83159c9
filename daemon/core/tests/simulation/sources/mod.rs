//! Schedules about sources alone: what `credential_process`, SSO and the like give, fail to give, and give again, below
//! requests, roles, logouts and time.
//!
//! The other schedules are about keys and codes. These say of sources what must hold: one question to each at a time, only
//! when somebody needs the answer, nothing served after its end, nobody left without a reply.

mod answers;
mod check;
mod world;

use std::time::Duration;

use crate::sources::world::World;

/// Schedules in an ordinary run, and the number of steps in each.
const SCHEDULES: u64 = 4_000;
const STEPS: u64 = 120;

fn schedule(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        match world.random.below(100) {
            0..30 => world.ask(),
            30..62 => world.answer(),
            62..70 => world.give_codes(),
            70..84 => {
                let by = *world.random.pick(&[0_u64, 1, 3, 30, 100, 600, 1200, 2400, 4000, 50_000]);
                let millis = world.random.below(900);
                world.pass(Duration::from_secs(by) + Duration::from_millis(millis));
            }
            84..89 => world.pass_to_wake(),
            89..91 => world.leave(),
            91..93 => world.logout(),
            93..95 => world.revoke(),
            _ => world.change(),
        }
    }
    // In the end everything works, everybody is answered, and then there is nothing left to do.
    world.make_good();
    for _ in 0..200 {
        while !world.is_idle() {
            world.answer();
        }
        world.give_codes();
        if world.open.is_empty() && world.is_idle() {
            break;
        }
        world.pass_to_wake();
        world.pass(Duration::from_secs(31));
    }
    if !world.open.is_empty() {
        world.fail("requests are never answered");
    }
    world.rest();
}

#[test]
fn sources_are_asked_when_that_is_needed_and_give_nothing_that_is_over() {
    if let Ok(seed) = std::env::var("AWSD_SIM_SEED") {
        return schedule(seed.parse().expect("a number"));
    }
    let schedules =
        std::env::var("AWSD_SIM_SCHEDULES").map_or(SCHEDULES, |said| said.parse().expect("a number"));
    (0..schedules).for_each(schedule);
}

/// The kinds of trouble that are looked at do come up.
#[test]
fn the_schedules_see_what_they_are_for() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.ask();
            world.answer();
            world.give_codes();
            if seed.is_multiple_of(2) {
                world.change();
            }
            world.pass(Duration::from_secs(200));
        }
        seen.extend(world.seen);
    }
    for what in [
        "served source",
        "served role",
        "served user",
        "SourceExpired",
        "SourceFailed",
        "AwsUnavailable",
        "same keys",
    ] {
        assert!(seen.contains(what), "{what}: {seen:?}");
    }
}
