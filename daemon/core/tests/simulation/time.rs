//! Time passing: timers that ring, clocks that are disturbed, and moments shortly before something ends.

use std::time::Duration;

use awsd_core::event::Event;
use awsd_core::time::Boot;

use crate::world::{Clocks, World};

impl World {
    /// Time passes. Timers ring when they should, or late if the machine slept.
    pub(crate) fn pass(&mut self, by: Duration) {
        let asleep = !self.calm && self.random.percent(5);
        if asleep {
            self.sleep_over_pauses();
        }
        let end = self.boot + by;
        while let Some(wake) = self.core.next_wake(self.now()).filter(|wake| !asleep && wake.0 <= end) {
            self.sleep_until(wake);
        }
        let rest = end.saturating_sub(self.boot);
        self.boot = end;
        self.aws.now = self.aws.now + rest;
        self.forget_codes();
        self.ring();
        if !asleep {
            self.check_rest();
        }
    }

    /// A timer rings; nothing else has happened.
    fn ring(&mut self) {
        self.new_moment();
        self.only_time = true;
        self.give(Event::Woken);
        self.only_time = false;
        if self.calm {
            self.finish_calls();
        }
        self.check_offered();
        self.check_sign_in_offered();
    }

    /// After some minutes a device may show the same digits again by chance.
    pub(crate) fn forget_codes(&mut self) {
        let boot = Boot(self.boot);
        for seen in self.seen_codes.values_mut() {
            seen.retain(|_, at| boot.since(*at) < Duration::from_secs(185));
        }
    }

    /// The machine's clock is set, or the whole machine is stopped for a while.
    pub(crate) fn disturb_clock(&mut self) {
        let seconds = *self.random.pick(&[1_u64, 30, 300, 700, 1300, 4000, 90_000]);
        match self.clocks {
            Clocks::Right => {}
            Clocks::Jumping => {
                let by = i64::try_from(seconds).unwrap_or(4000).min(4000);
                self.error = if self.random.percent(50) { by } else { -by };
                self.log(&format!("the clock is off by {}", self.error));
            }
            Clocks::Stopping => {
                self.aws.now = self.aws.now + Duration::from_secs(seconds);
                self.log(&format!("stopped for {seconds} s"));
            }
        }
    }

    /// Nothing happens until a timer rings.
    pub(crate) fn sleep_until(&mut self, wake: Boot) {
        let step = wake.0.saturating_sub(self.boot);
        self.boot = wake.0;
        self.aws.now = self.aws.now + step;
        self.forget_codes();
        self.ring();
    }

    /// Time passes until a little before something that is held ends: that is where most is decided.
    pub(crate) fn pass_to_an_end(&mut self) {
        const SECONDS: [u64; 14] = [0, 2, 10, 30, 50, 70, 130, 200, 290, 310, 800, 1190, 1310, 2650];
        const PARTS: [u32; 8] = [2, 4, 5, 7, 8, 10, 11, 14];
        let alive: Vec<_> = self.leases.values().filter(|held| held.expires > self.aws.now).collect();
        if alive.is_empty() {
            return;
        }
        let held = alive[self.random.index(alive.len())];
        let (left, life) = (held.expires.since(self.aws.now), held.life);
        let before = if self.random.percent(50) {
            Duration::from_secs(*self.random.pick(&SECONDS))
        } else {
            life / *self.random.pick(&PARTS)
        };
        self.pass(left.saturating_sub(before));
    }
}
