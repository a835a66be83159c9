//! The only reader of clocks, and the one timer of the daemon.
//!
//! The timer runs on the clock that counts suspend, so a laptop that slept through an expiry wakes up to it. It is set
//! to a moment or not at all: there is no interval, so an idle daemon does not wake.

use std::time::Duration;

use awsd_core::time::{Boot, Now, Wall};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Runs through suspend. On Linux `CLOCK_MONOTONIC` does not; elsewhere it does.
#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;

/// Both clocks.
pub(crate) fn now() -> Now {
    Now { boot: Boot(read(BOOT)), wall: Wall(read(ClockId::Realtime)) }
}

/// A clock set before 1970 counts as 1970.
fn read(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}

#[cfg(target_os = "linux")]
pub(crate) use linux::Alarm;

#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Alarm;

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use awsd_core::time::Boot;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    use crate::readable::Readable;

    /// Rings once at a moment of the boot clock.
    #[derive(Debug)]
    pub(crate) struct Alarm {
        timer: Readable,
        at: Option<Boot>,
    }

    impl Alarm {
        /// An alarm that is not set. Needs a running runtime.
        pub(crate) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
            Ok(Self { timer: Readable::new(timer)?, at: None })
        }

        /// Sets it, or silences it. A moment that has passed rings at once.
        pub(crate) fn set(&mut self, at: Option<Boot>) -> io::Result<()> {
            if self.at == at {
                return Ok(());
            }
            let value = at.map_or(ZERO, |Boot(moment)| Timespec {
                tv_sec: i64::try_from(moment.as_secs()).unwrap_or(i64::MAX),
                // All zeros would silence the timer instead.
                tv_nsec: i64::from(moment.subsec_nanos().max(1)),
            });
            let setting = Itimerspec { it_interval: ZERO, it_value: value };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &setting)?;
            self.at = at;
            Ok(())
        }

        /// Waits until it rings. Dropping the future loses nothing.
        pub(crate) async fn ring(&mut self) -> io::Result<()> {
            loop {
                let mut guard = self.timer.ready().await?;
                match guard.try_io(|timer| Ok(rustix::io::read(timer, &mut [0_u8; 8])?)) {
                    Ok(result) => {
                        self.at = None;
                        return result.map(|_count| ());
                    }
                    Err(_would_block) => {}
                }
            }
        }
    }

    const ZERO: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the alarm of Linux can be out of order")]
mod portable {
    use std::io;
    use std::time::Duration;

    use awsd_core::time::Boot;

    /// The longest sleep before the clocks are compared again: tokio's timers stand still while the machine sleeps.
    const RECHECK: Duration = Duration::from_secs(30);

    /// Rings once at a moment of the boot clock.
    #[derive(Debug)]
    pub(crate) struct Alarm {
        at: Option<Boot>,
    }

    impl Alarm {
        /// An alarm that is not set.
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self { at: None })
        }

        /// Sets it, or silences it.
        pub(crate) fn set(&mut self, at: Option<Boot>) -> io::Result<()> {
            self.at = at;
            Ok(())
        }

        /// Waits until it rings.
        pub(crate) async fn ring(&mut self) -> io::Result<()> {
            let Some(at) = self.at else { return std::future::pending().await };
            loop {
                let left = at.since(super::now().boot);
                if left.is_zero() {
                    self.at = None;
                    return Ok(());
                }
                tokio::time::sleep(left.min(RECHECK)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_alarm_rings_at_its_moment_and_only_once() {
        let mut alarm = Alarm::new().unwrap();
        let at = now().boot + Duration::from_millis(5);
        alarm.set(Some(at)).unwrap();
        alarm.ring().await.unwrap();
        assert!(now().boot >= at);
        // Set for the past it rings again at once; silenced it does not.
        alarm.set(Some(at)).unwrap();
        alarm.ring().await.unwrap();
        alarm.set(Some(at)).unwrap();
        alarm.set(None).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(20), alarm.ring()).await.is_err());
    }
}
