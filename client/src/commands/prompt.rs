//! `awsd prompt`: the profile and the time left, for the prompt of a shell. It is called all the time: it must never ask,
//! start anything or wait for long, and has nothing to say about what goes wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use awsd_proto::{Event, Request};

use super::{Outcome, done};
use crate::context;
use crate::converse;
use crate::output;
use crate::render::text::{safe, span};

pub(super) fn run() -> Outcome {
    let shown = Shell { var: &|name| std::env::var(name).ok().filter(|value| !value.is_empty()) }.shown();
    let Some((profile, held)) = shown else { return done(Ok(())) };
    let left = match held {
        Held::Here(end) => end.and_then(|end| left_until(&end)),
        Held::ByTheDaemon => ask(&profile),
    };
    done(output::print(text(&profile, left).as_bytes()))
}

fn text(profile: &str, left: Option<u64>) -> String {
    let left = left.map(|seconds| format!(" {}", span(seconds))).unwrap_or_default();
    format!("{}{left}", safe(profile))
}

/// The environment.
struct Shell<'a> {
    var: &'a dyn Fn(&str) -> Option<String>,
}

/// Where credentials are.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    /// In the environment, up to this moment where it is known: they win over everything.
    Here(Option<String>),
    /// In the daemon, if it has some.
    ByTheDaemon,
}

impl Shell<'_> {
    /// The profile that AWS programs use here.
    fn shown(&self) -> Option<(String, Held)> {
        let var = self.var;
        let handed_out = var("AWSD_PROFILE");
        match (handed_out, var("AWS_ACCESS_KEY_ID")) {
            (Some(profile), Some(_)) => Some((profile, Held::Here(var("AWS_SESSION_EXPIRATION")))),
            // Keys that are not awsd's: nothing is known about them.
            (None, Some(_)) => None,
            (handed_out, None) => {
                let profile = var("AWS_PROFILE").or_else(|| var("AWS_DEFAULT_PROFILE")).or(handed_out)?;
                Some((profile, Held::ByTheDaemon))
            }
        }
    }
}

/// Seconds left of the session that would be served.
fn ask(profile: &str) -> Option<u64> {
    let context = Box::new(context::of_this_process().ok()?);
    let request = Request::List { profile: Some(profile.to_owned()), context };
    let mut left = None;
    converse::ask_in_passing(&request, |event| {
        if let Event::Profile(row) = event
            && row.name == profile
        {
            left = row.remaining;
        }
    })?;
    left
}

/// Seconds until a moment as awsd writes it; none where it is something else.
#[allow(clippy::disallowed_methods, reason = "the only clock of the client that people see")]
fn left_until(end: &str) -> Option<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(seconds_since_1970(end)?.saturating_sub(now))
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ`. Days are counted in years that begin in March, so that the day that is not in every year
/// is the last.
fn seconds_since_1970(moment: &str) -> Option<u64> {
    let (date, time) = moment.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    // 719,469 is what this gives for the first day of 1970.
    let days = days.checked_sub(719_469)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let numbers: Vec<u64> = text.split(separator).map(|number| number.parse().ok()).collect::<Option<_>>()?;
    // Larger ones are no date.
    numbers.try_into().ok().filter(|numbers: &[u64; 3]| numbers.iter().all(|&number| number < 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(vars: &[(&str, &str)]) -> Option<(String, Held)> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Shell { var: &var }.shown()
    }

    #[test]
    fn what_programs_would_use_is_shown() {
        let daemons = |profile: &str| Some((profile.to_owned(), Held::ByTheDaemon));
        assert_eq!(shown(&[]), None);
        assert_eq!(shown(&[("AWS_PROFILE", "dev")]), daemons("dev"));
        assert_eq!(shown(&[("AWS_PROFILE", "dev"), ("AWSD_PROFILE", "prod")]), daemons("dev"));
        assert_eq!(shown(&[("AWSD_PROFILE", "prod")]), daemons("prod"));
        let keys = ("AWS_ACCESS_KEY_ID", "ASIA");
        assert_eq!(shown(&[("AWS_PROFILE", "dev"), keys]), None, "they are somebody's");
        let copied = [
            ("AWS_PROFILE", "dev"),
            ("AWSD_PROFILE", "prod"),
            keys,
            ("AWS_SESSION_EXPIRATION", "2026-11-24T12:00:00Z"),
        ];
        let end = Some("2026-11-24T12:00:00Z".to_owned());
        assert_eq!(shown(&copied), Some(("prod".to_owned(), Held::Here(end))));
    }

    #[test]
    fn it_is_one_short_line_for_a_terminal() {
        assert_eq!(text("my_resource_account", Some(2_600)), "my_resource_account 43m");
        assert_eq!(text("dev\u{1b}[2J", None), "dev\u{fffd}[2J");
    }

    #[test]
    fn moments_are_read() {
        for (moment, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T23:59:59Z", Some(951_868_799)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2026-11-23T11:59:59Z", Some(1_795_435_199)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-23T11:59:59", None),
            ("2026-11T11:59:59Z", None),
            ("tomorrow", None),
            ("99999999999999999-01-01T00:00:00Z", None),
        ] {
            assert_eq!(seconds_since_1970(moment), seconds, "{moment}");
        }
    }
}
