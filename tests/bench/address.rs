//! How fast the daemon serves credentials over HTTP (`--via server`), beside a server that does nothing else.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    Outcome,
    process::Background,
    scene::{PROFILE, Scene},
};

/// How often each of them is measured, in turns.
const ROUNDS: usize = 5;

/// How long each time, as wrk takes it.
const ROUND: &str = "-d2s";

/// One thread with eight connections that are kept.
const LOAD: [&str; 3] = ["-t1", "-c8", "--latency"];

/// What came of it: the medians of all rounds.
pub(crate) struct Rates {
    pub(crate) daemon: Rate,
    pub(crate) bare: Rate,
}

/// What wrk counted.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    /// Answers in a second.
    pub(crate) per_second: f64,
    /// The median from a request to its answer.
    pub(crate) median: Duration,
}

/// Measures both; `None`, after saying so, where wrk is not installed.
pub(crate) fn race(scene: &Scene) -> Outcome<Option<Rates>> {
    if Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("there is no wrk to load the address with");
        return Ok(None);
    }
    let (_command, uri, token) = served(scene)?;
    let (_server, bare) = bare(&body(&uri, &token)?)?;
    let header = format!("Authorization: {token}");
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(load(&uri, &header)?);
        bares.push(load(&bare, &header)?);
    }
    Ok(Some(Rates { daemon: medians(&ours), bare: medians(&bares) }))
}

/// A command that is served, its address and its token.
fn served(scene: &Scene) -> Outcome<(Background, String, String)> {
    let script = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; exec cat";
    let mut awsd = Command::new(scene.client());
    awsd.env_clear().envs(scene.variables());
    awsd.args(["exec", PROFILE, "--via", "server", "--no-prompt", "--", "sh", "-c", script]);
    let (command, line) = Background::that_says(awsd.stdin(Stdio::piped()))?;
    let (uri, token) = line.split_once(' ').ok_or("the command was not served")?;
    Ok((command, uri.to_owned(), token.to_owned()))
}

/// A server that does nothing else than to send these bytes, and its address.
fn bare(body: &[u8]) -> Outcome<(Background, String)> {
    let mut server = Command::new(env::current_exe()?);
    let (input, mut writer) = std::io::pipe()?;
    writer.write_all(body)?;
    drop(writer);
    Background::that_says(server.arg(crate::BARE_SERVER).stdin(input))
}

/// What the daemon answers.
fn body(uri: &str, token: &str) -> Outcome<Vec<u8>> {
    let host = uri.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')).ok_or("no address")?;
    let mut connection = TcpStream::connect(host)?;
    write!(
        connection,
        "GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = BufReader::new(connection);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    if !line.contains(" 200 ") {
        return Err(format!("the daemon answered {}", line.trim()).into());
    }
    while !line.trim().is_empty() {
        line.clear();
        answer.read_line(&mut line)?;
    }
    let mut body = Vec::new();
    answer.read_to_end(&mut body)?;
    Ok(body)
}

fn load(uri: &str, header: &str) -> Outcome<Rate> {
    let output = Command::new("wrk").args(LOAD).arg(ROUND).args(["-H", header]).arg(uri).output()?;
    rate(&String::from_utf8_lossy(&output.stdout))
}

fn rate(said: &str) -> Outcome<Rate> {
    if said.contains("Non-2xx") {
        return Err("wrk got refusals".into());
    }
    let after = |name: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim).ok_or_else(|| format!("wrk does not tell {name}"))
    };
    Ok(Rate { per_second: after("Requests/sec:")?.parse()?, median: time(after("50%")?)? })
}

/// As wrk writes it: `93.00us`, `1.20ms`, `1.00s`.
fn time(text: &str) -> Outcome<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return Err(format!("wrk says {text}").into()),
    };
    Ok(Duration::from_secs_f64(text[..text.len() - unit.len()].parse::<f64>()? * seconds))
}

fn medians(rates: &[Rate]) -> Rate {
    let mut per_second: Vec<_> = rates.iter().map(|rate| rate.per_second).collect();
    let mut medians: Vec<_> = rates.iter().map(|rate| rate.median).collect();
    per_second.sort_by(f64::total_cmp);
    medians.sort();
    Rate { per_second: per_second[rates.len() / 2], median: medians[rates.len() / 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let said = "  Latency Distribution\n     50%   93.00us\n     75%  1.20ms\nRequests/sec:  81234.50\n";
        let rate = rate(said).unwrap();
        assert!((rate.per_second - 81_234.5).abs() < f64::EPSILON);
        assert_eq!(rate.median, Duration::from_micros(93));
        assert!(super::rate(&format!("{said}  Non-2xx or 3xx responses: 3\n")).is_err());
        assert_eq!(time("1.50ms").unwrap(), Duration::from_micros(1500));
        assert!(time("3h").is_err());
    }
}
