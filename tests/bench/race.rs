//! The timing: round after round, every command once, in an order that is new each time, so that whatever else the machine
//! does hits all of them alike.

use std::time::{Duration, Instant};

use crate::{Outcome, contestants::Contestant};

/// Rounds before the first that counts.
const WARMING_UP: usize = 20;

/// The times of one command, shortest first.
#[derive(Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn median(&self) -> Duration {
        self.quantile(50)
    }

    pub(crate) fn p90(&self) -> Duration {
        self.quantile(90)
    }

    fn quantile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

/// Runs the race. What comes back is in the order of the contestants.
pub(crate) fn run(contestants: &[Contestant], rounds: usize) -> Outcome<Vec<Times>> {
    let mut times: Vec<Vec<Duration>> = contestants.iter().map(|_| Vec::with_capacity(rounds)).collect();
    let mut order: Vec<usize> = (0..contestants.len()).collect();
    for round in 0..WARMING_UP + rounds {
        fastrand::shuffle(&mut order);
        for &index in &order {
            let took = time(&contestants[index])?;
            if round >= WARMING_UP {
                times[index].push(took);
            }
        }
    }
    let sorted = |mut times: Vec<Duration>| {
        times.sort_unstable();
        Times(times)
    };
    Ok(times.into_iter().map(sorted).collect())
}

/// From before the start of a command until its end is known.
fn time(contestant: &Contestant) -> Outcome<Duration> {
    let mut command = contestant.command();
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    if status.success() {
        return Ok(took);
    }
    Err(format!("{} ended with {status}", command.get_program().display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_nine_of_ten_are_below_the_p90() {
        let times = |count| Times((1..=count).map(Duration::from_micros).collect());
        assert_eq!(times(1).p90(), Duration::from_micros(1));
        assert_eq!(times(101).median(), Duration::from_micros(51));
        assert_eq!(times(101).p90(), Duration::from_micros(91));
    }
}
