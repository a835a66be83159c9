//! What was measured, as a table, and which targets are met.

use std::fmt::{self, Display};

use crate::{
    address::Rates,
    builds::Programs,
    contestants::{Client, Config, Contestant, Verb, Who},
    idle::Idle,
    process::Memory,
    race::Times,
};

/// `credential-process` against `/bin/true`: the client of a plain release build.
const PLAIN: f64 = 1.55;

/// The same, linked statically.
const STATIC: f64 = 1.2;

/// How much slower a config with many profiles may make it: what may be noise. Reading them for each request would be far more.
const MANY_PROFILES: f64 = 1.1;

/// How often an idle daemon may wake.
const WAKEUPS: u64 = 2;

/// What the daemon may take after calls to AWS, in kB.
const MEMORY: u64 = 12_000;

/// How many times the answers of a server that does nothing else the daemon gives over HTTP, at least.
const RATE: f64 = 0.5;

/// The median of an answer over HTTP, in microseconds.
const ANSWER: u64 = 1_000;

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) built: Programs,
    pub(crate) contestants: Vec<Contestant>,
    /// In the order of the contestants.
    pub(crate) times: Vec<Times>,
    /// Answers over HTTP, where that could be measured.
    pub(crate) rates: Option<Rates>,
    /// The daemon's memory before its first request.
    pub(crate) at_start: Memory,
    /// The daemon after all of them.
    pub(crate) idle: Idle,
}

/// One promise.
struct Target {
    what: String,
    measured: String,
    allowed: String,
    met: bool,
}

impl Report {
    /// Whether all promises are kept.
    pub(crate) fn all_met(&self) -> bool {
        self.targets().iter().all(|target| target.met)
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for (client, limit) in [(Client::Plain, PLAIN), (Client::Static, STATIC)] {
            let verb = Verb::CredentialProcess;
            let Some(few) = self.times_of(Who::Awsd { verb, client, config: Config::Few }) else { continue };
            targets.push(times(
                &format!("credential-process, {client}, to /bin/true"),
                self.to_true(few),
                limit,
            ));
            if let Some(many) = self.times_of(Who::Awsd { verb, client, config: Config::Many }) {
                let what = format!("credential-process, {client}, 1,000 profiles to few");
                targets.push(times(&what, ratio(many, few), MANY_PROFILES));
            }
        }
        if let Some(Rates { daemon, bare }) = &self.rates {
            let rate = daemon.per_second / bare.per_second;
            targets.push(at_least("answers over HTTP, to those of a bare server", rate, RATE));
            let median = u64::try_from(daemon.median.as_micros()).unwrap_or(u64::MAX);
            targets.push(at_most("median of an answer over HTTP", median, ANSWER, " µs"));
        }
        let Idle { seconds, wakeups, memory } = self.idle;
        targets.push(at_most(&format!("wake-ups in {seconds} idle seconds"), wakeups, WAKEUPS, ""));
        targets.push(at_most("memory after calls to AWS", memory.resident, MEMORY, " kB"));
        targets
    }

    fn times_of(&self, who: Who) -> Option<&Times> {
        let index = self.contestants.iter().position(|contestant| contestant.who == who)?;
        self.times.get(index)
    }

    /// How many times as long as `/bin/true`.
    fn to_true(&self, times: &Times) -> f64 {
        self.times_of(Who::True).map_or(f64::NAN, |shortest| ratio(times, shortest))
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str, few: Who, many: Option<Who>) -> fmt::Result {
        let Some(times) = self.times_of(few) else { return Ok(()) };
        let (median, p90) = (times.median().as_micros(), times.p90().as_micros());
        write!(f, "{name:<34}{median:>8}{p90:>8}{:>8.2}", self.to_true(times))?;
        if let Some(many) = many.and_then(|many| self.times_of(many)) {
            let difference = (ratio(many, times) - 1.0) * 100.0;
            write!(f, "{:>12}{:>8}{difference:>+7.1}%", many.median().as_micros(), many.p90().as_micros())?;
        }
        writeln!(f)
    }
}

fn ratio(times: &Times, to: &Times) -> f64 {
    times.median().as_secs_f64() / to.median().as_secs_f64()
}

fn times(what: &str, measured: f64, limit: f64) -> Target {
    Target {
        what: what.to_owned(),
        measured: format!("{measured:.2}"),
        allowed: format!("at most {limit:.2}"),
        met: measured <= limit,
    }
}

fn at_least(what: &str, measured: f64, limit: f64) -> Target {
    Target {
        what: what.to_owned(),
        measured: format!("{measured:.2}"),
        allowed: format!("at least {limit:.2}"),
        met: measured >= limit,
    }
}

fn at_most(what: &str, measured: u64, limit: u64, unit: &str) -> Target {
    Target {
        what: what.to_owned(),
        measured: format!("{measured}{unit}"),
        allowed: format!("at most {limit}{unit}"),
        met: measured <= limit,
    }
}

impl Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Static => "static",
        })
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Microseconds from before the start to the end; x is the median's ratio to /bin/true.\n"
        )?;
        writeln!(f, "{:<34}{:>8}{:>8}{:>8}   with 1,000 profiles", "", "median", "p90", "x")?;
        self.row(f, "/bin/true", Who::True, None)?;
        self.row(f, "ssh-add -l", Who::SshAdd, None)?;
        for client in [Client::Plain, Client::Static] {
            for verb in Verb::ALL {
                let who = |config| Who::Awsd { verb, client, config };
                let name = format!("{client}: awsd {}", verb.name());
                self.row(f, &name, who(Config::Few), Some(who(Config::Many)))?;
            }
        }
        let size = |path| std::fs::metadata(path).map_or(0, |metadata| metadata.len() / 1000);
        let Programs { plain_client, static_client, daemon } = &self.built;
        write!(f, "\nSizes: client {} kB", size(plain_client))?;
        if let Some(client) = static_client {
            write!(f, ", static {} kB", size(client))?;
        }
        writeln!(f, ", daemon {} kB", size(daemon))?;
        if let Some(Rates { daemon, bare }) = &self.rates {
            let (ours, theirs) = (daemon.per_second, bare.per_second);
            let median = daemon.median.as_micros();
            writeln!(
                f,
                "Answers over HTTP: {ours:.0} a second, the median {median} µs; a bare server {theirs:.0}"
            )?;
        }
        let (before, after) = (self.at_start, self.idle.memory);
        writeln!(
            f,
            "The daemon's memory: {} kB ({} kB of them anonymous) at its start, {} kB ({} kB) after calls to AWS\n",
            before.resident, before.anonymous, after.resident, after.anonymous
        )?;
        for Target { what, measured, allowed, met } in self.targets() {
            let verdict = if met { "met" } else { "MISSED" };
            writeln!(f, "{verdict:<8}{what}: {measured} ({allowed})")?;
        }
        Ok(())
    }
}
