//! When to renew, when to ask, how often to try: numbers with their units and reasons. Nothing here has state.

use std::time::Duration;

use crate::event::Purpose;

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// The session duration that STS grants to every role, and the most it grants to a chained one (API
/// reference of `AssumeRole`, `DurationSeconds`).
pub const CHAINED_LIMIT: Duration = minutes(60);

/// A caller that asks again is renewed silently under this: botocore runs its helper on every request under 15 min.
pub const REPEATED_MARGIN: Duration = minutes(20);

/// A caller that keeps one copy gets at least this where it can be had without a code.
pub const SNAPSHOT_MARGIN: Duration = minutes(45);

/// Below this nothing is served: the JavaScript SDK throws such credentials away.
pub const FLOOR: Duration = minutes(5);

/// A session this close to its end is not used to take a role any more.
pub const USABLE: Duration = minutes(1);

/// Roles in use are taken once more when their MFA session has this much left, so that work goes on meanwhile.
pub const LAST_CALL: Duration = minutes(5);

/// Renewals are spread over this much time, so that twenty roles do not all renew in one second.
pub const JITTER: Duration = minutes(2);

/// A caller whose session is still good does not wait longer than this for its renewal.
pub const RENEWAL_PATIENCE: Duration = Duration::from_secs(2);

/// AWS has been seen to look at nine codes per device and 3 minutes, right or wrong; one is left for the person's other tools.
pub const TRIES: usize = 8;

/// How long temporary keys are believed in of which nobody says when they end: no session of AWS is shorter.
pub const UNSAID_LIFE: Duration = minutes(15);

/// The length of AWS's window of tries, aligned to UTC.
pub const TRIES_WINDOW: Duration = minutes(3);

/// How long a spent code is remembered: AWS takes a code for at most two steps of 30 s before and after.
pub const SPENT_MEMORY: Duration = minutes(3);

/// An open question closes this long after its last waiter left.
pub const QUESTION_LINGERS: Duration = minutes(10);

/// The desktop shows nothing new until it is known whether the screen is locked, but waits no longer than this to learn it:
/// login manager and screen savers answer within milliseconds, and half a second late is not late for a notification.
pub const FIRST_WORD: Duration = Duration::from_millis(500);

/// So many desktops are watched, beside the daemon's own. People have one or two, and some that look like others: each `ssh -X`
/// has a display of its own. Each costs two connections to buses that its callers name, so there has to be an end.
pub const DESKTOPS: usize = 12;

/// An offer that is put off comes back when this much is left at the latest: then roles in use are taken once more, and
/// the person needs time to find the phone. What would rest for less than a minute is not put off.
pub const LAST_OFFER: Duration = LAST_CALL;

/// Devices show another code every so often (RFC 6238, and AWS's own).
pub const CODE_STEP: Duration = Duration::from_secs(30);

/// How often a program is run again for a code that has not been used before.
pub const PROGRAM_RUNS: u32 = 3;

/// An `AccessDenied` under an MFA session older than this may be a policy on the session's age.
pub const MFA_AGE_SUSPECT: Duration = minutes(60);

/// A call without a code is made this many times before its failure is reported.
pub const ATTEMPTS: u32 = 3;

/// A background renewal that failed is tried again after this, doubled each time.
pub const RENEWAL_RETRY: Duration = Duration::from_secs(30);

/// A difference to AWS's clock up to this is the resolution of the `Date` header and the way there.
pub const SKEW_NOISE: i64 = 2;

/// Within this a session counts as granted for as long as it was asked for: it ends at a whole second, AWS's clock is not
/// known better than [`SKEW_NOISE`], and the answer was some time on its way.
pub const GRANT_NOISE: Duration = Duration::from_secs(5);

/// The whole life of a session that was asked for `asked` and arrived with `left`, which is that life or, where AWS
/// grants something else, all that is known of it.
pub fn life(asked: Duration, left: Duration) -> Duration {
    if asked.abs_diff(left) <= GRANT_NOISE { asked } else { left }
}

/// How much of a life may be spent in margins: a third, so a short session is not renewed on every request.
fn third(life: Duration) -> Duration {
    life / 3
}

/// The remaining life under which a session is renewed before it is served.
pub fn margin(purpose: Purpose, life: Duration) -> Duration {
    match purpose {
        Purpose::Repeated | Purpose::Login | Purpose::LongLived => REPEATED_MARGIN,
        Purpose::Snapshot => SNAPSHOT_MARGIN,
    }
    .min(third(life))
}

/// The remaining life under which a session is not served.
pub fn floor(life: Duration) -> Duration {
    FLOOR.min(third(life))
}

/// The remaining life under which a session is not used to take a role. However short the life, that is after
/// [`last_call`], which takes roles.
pub fn usable(life: Duration) -> Duration {
    USABLE.min(life / 12)
}

/// The remaining life at which a session in use is renewed in the background; `spread` in 0..=1 is the jitter.
pub fn background_margin(life: Duration, spread: f64) -> Duration {
    REPEATED_MARGIN.min(third(life)) + JITTER.min(life / 12).mul_f64(spread)
}

/// The remaining life of an MFA session at which roles in use are taken once more.
pub fn last_call(life: Duration) -> Duration {
    LAST_CALL.min(life / 6)
}

/// How long an offer about a session with this life rests that is put off with so much left, if it can be put off: as long
/// as was wanted, or till the moment of the last offer, in whole minutes.
pub fn rest(wanted: Duration, left: Duration, life: Duration) -> Option<Duration> {
    let room = left.saturating_sub(LAST_OFFER.min(life / 12));
    let rounded = minutes((room.as_secs() + 30) / 60);
    let rest = if wanted <= room { wanted } else { rounded.min(wanted) };
    (!rest.is_zero()).then_some(rest)
}

/// How long `awsd login` finds enough: half the life.
pub fn fresh(life: Duration) -> Duration {
    life / 2
}

/// The pause before attempt number `attempt` (the second is 1) of a call; `spread` in 0..=1.
pub fn pause(attempt: u32, throttled: bool, spread: f64) -> Duration {
    let base = if throttled { Duration::from_secs(1) } else { Duration::from_millis(250) };
    (base * 4_u32.pow(attempt.saturating_sub(1).min(4))).mul_f64(0.5 + spread / 2.0)
}

/// The pause before background renewal goes on after `failures` failures of a session with this life.
pub fn renewal_pause(failures: u32, life: Duration) -> Duration {
    (RENEWAL_RETRY * 2_u32.pow(failures.saturating_sub(1).min(5)))
        .min((life / 12).max(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_that_is_put_off_comes_back_in_time() {
        let (quarter, day) = (minutes(15), minutes(12 * 60));
        let after = |wanted, left| rest(wanted, left, day).map(|rest| rest.as_secs());
        assert_eq!(after(quarter, minutes(30)), Some(900), "as long as was wanted");
        assert_eq!(after(quarter, Duration::from_millis(899_800)), Some(600), "no longer than that");
        assert_eq!(after(quarter, Duration::from_secs(329)), None, "that was the last offer");
        assert_eq!(after(quarter, minutes(2)), None);
        assert_eq!(rest(quarter, minutes(5), minutes(15)), Some(minutes(4)), "a short life");
    }

    #[test]
    fn a_session_lives_as_long_as_it_was_asked_for_unless_aws_says_otherwise() {
        let lives = |left| life(minutes(60), Duration::from_secs(left)).as_secs();
        for left in [3595, 3599, 3600, 3605] {
            assert_eq!(lives(left), 3600, "{left}");
        }
        // A source's end, or settings that have changed since it was asked for.
        for left in [1, 3540, 3594, 3606, 43200] {
            assert_eq!(lives(left), left);
        }
    }
}
