//! Runs what `credential_process` names, and reads the keys that it prints.
//!
//! The SDK has a provider for this. It is not used: the program would get the daemon's environment, which has no display for
//! a password manager to ask on and says nothing of the caller's files; it could run for ever, print for ever, and outlive
//! whoever wanted its keys; and one that asks awsd for its own profile would wait for itself.
//!
//! Nothing that a program prints is ever logged or kept, but for the keys.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::event::{Failure, Granted, Outcome};
use awsd_core::source::Process;
use awsd_core::time::Wall;
use awsd_proto::text::is_unsafe;
use awsd_proto::{INSIDE, Secret};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;
use tracing::info;

use crate::child::{Child, Excess, Output, command};
use crate::display::Display;

/// How long a program may take: a password manager may have to be unlocked. The SDK for Go gives up after as long.
const LIMIT: Duration = Duration::from_mins(1);

/// The most that a program may print, in bytes. The SDK for Java takes as much; keys have a tenth of it.
const MAX_OUTPUT: u64 = 64_000;

/// The longest complaint of a program that is told, in characters.
const MAX_COMPLAINT: usize = 160;

/// Runs it. Dropping the future kills it, and everything it has started.
pub(crate) async fn fetch(process: Process, display: Display, inside: Vec<String>) -> Outcome {
    let ran = timeout(LIMIT, run(&process, &display, &inside)).await;
    let in_time = ran.unwrap_or_else(|_| Err(format!("it gave none in {} seconds", LIMIT.as_secs())));
    let result = in_time.map(Granted::Session).map_err(Failure::Source);
    info!(given = result.is_ok(), "credential_process ended");
    Outcome { result, skew: None }
}

async fn run(process: &Process, display: &Display, inside: &[String]) -> Result<Keys, String> {
    let mut command = command(OsStr::new(SHELL), display);
    command
        .args([SHELL_OPTION, &process.command])
        .envs(process.environment.iter().map(|(name, value)| (name, value)))
        .env(INSIDE, inside.join(","));
    match Child::output(command, MAX_OUTPUT, Excess::Fatal).await {
        Ok(output) => keys(&output),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(format!("it prints more than {MAX_OUTPUT} bytes"))
        }
        Err(error) => Err(format!("it does not start ({error})")),
    }
}

/// As in the SDKs.
#[cfg(unix)]
const SHELL: &str = "/bin/sh";
#[cfg(unix)]
const SHELL_OPTION: &str = "-c";
#[cfg(windows)]
const SHELL: &str = "cmd.exe";
#[cfg(windows)]
const SHELL_OPTION: &str = "/C";

fn keys(output: &Output) -> Result<Keys, String> {
    let Output { status, stdout, stderr } = output;
    if !status.success() {
        return Err(match first_line(stderr) {
            Some(complaint) => format!("it failed ({status}) and says: {complaint}"),
            None => format!("it failed ({status}) and did not say why"),
        });
    }
    parse(stdout)
}

/// What the program has to print. Other fields are nobody's business here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<serde_json::Value>,
    access_key_id: Option<Secret>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    expiration: Option<Secret>,
    account_id: Option<Secret>,
}

/// Nothing of what it reads is in what it says: it may be a secret.
fn parse(stdout: &[u8]) -> Result<Keys, String> {
    if stdout.iter().all(u8::is_ascii_whitespace) {
        return Err("it printed nothing".to_owned());
    }
    let printed: Printed = serde_json::from_slice(stdout)
        .map_err(|_quotes_it| "it printed something else than the JSON that AWS asks for".to_owned())?;
    match printed.version {
        Some(version) if version.as_u64() == Some(1) && version.is_number() => {}
        Some(version) if version.is_number() => {
            return Err(format!("it printed keys of Version {version}; only 1 is known"));
        }
        _ => return Err("it printed no Version that is the number 1".to_owned()),
    }
    let one_word = |name: &str, value: Option<Secret>| match value {
        Some(value) if value.expose().is_empty() => Ok(None),
        Some(value) if value.expose().bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(value)),
        Some(_) => Err(format!("it printed a {name} that is not one word of ASCII characters")),
        None => Ok(None),
    };
    let needed = |name: &str, value| one_word(name, value)?.ok_or_else(|| format!("it printed no {name}"));
    let access_key_id = needed("AccessKeyId", printed.access_key_id)?;
    let secret_access_key = needed("SecretAccessKey", printed.secret_access_key)?;
    let session_token = one_word("SessionToken", printed.session_token)?;
    let expiration = one_word("Expiration", printed.expiration)?.map(|text| moment(&text)).transpose()?;
    Ok(Keys {
        access_key_id: access_key_id.expose().to_owned(),
        secret_access_key: secret_access_key.expose().into(),
        session_token: session_token.map(|token| token.expose().into()),
        expiration,
        account_id: one_word("AccountId", printed.account_id)?.map(|account| account.expose().to_owned()),
    })
}

fn moment(text: &Secret) -> Result<Wall, String> {
    let moment: Timestamp = text
        .expose()
        .parse()
        .map_err(|_quotes_it| "it printed an Expiration that is no date of RFC 3339".to_owned())?;
    // What ended before 1970 is over in any case.
    Ok(Wall::from_secs(u64::try_from(moment.as_second()).unwrap_or_default()))
}

/// The first line of a complaint, cut, and with everything replaced that plays tricks with terminals.
fn first_line(stderr: &[u8]) -> Option<String> {
    let stderr = String::from_utf8_lossy(stderr);
    let line = stderr.lines().map(str::trim).find(|line| !line.is_empty())?;
    let safe = line.chars().map(|c| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c });
    Some(safe.take(MAX_COMPLAINT).collect())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const KEYS: &str = r#""AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalr/hunter2""#;

    async fn of(command: &str) -> Result<Keys, String> {
        let process = Process { command: command.to_owned(), environment: Vec::new() };
        match fetch(process, Display::default(), vec!["a".to_owned(), "b".to_owned()]).await.result {
            Ok(Granted::Session(keys)) => Ok(keys),
            Err(Failure::Source(why)) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    async fn printing(json: &str) -> Result<Keys, String> {
        of(&format!("cat <<'END'\n{json}\nEND")).await
    }

    #[tokio::test]
    async fn keys_are_read_with_and_without_a_session() {
        let keys = printing(&format!("{{\"Version\":1,{KEYS}}}")).await.unwrap();
        assert_eq!(keys.access_key_id, "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(keys.secret_access_key.expose_secret(), "wJalr/hunter2");
        assert!(!keys.temporary() && keys.expiration.is_none() && keys.account_id.is_none());
        let keys = printing(&format!(
            "{{\"Version\":1,{KEYS},\"SessionToken\":\"t\",\"Expiration\":\"1970-01-01T02:00:05+02:00\",\
             \"AccountId\":\"111122223333\",\"More\":[1]}}"
        ))
        .await
        .unwrap();
        assert!(keys.temporary());
        assert_eq!(keys.expiration, Some(Wall::from_secs(5)));
        assert_eq!(keys.account_id.as_deref(), Some("111122223333"));
        let json = format!("{{\"Version\":1,{KEYS},\"SessionToken\":null,\"Expiration\":\"\"}}");
        assert!(!printing(&json).await.unwrap().temporary());
    }

    #[tokio::test]
    async fn what_is_printed_otherwise_is_refused_and_not_quoted() {
        for (json, why) in [
            ("", "it printed nothing"),
            ("hunter2", "something else than the JSON"),
            ("[\"hunter2\"]", "something else than the JSON"),
            (&format!("{{\"Version\":1,{KEYS}"), "something else than the JSON"),
            (&format!("{{\"Version\":1,{KEYS}}} hunter2"), "something else than the JSON"),
            (&format!("{{\"Version\":2,{KEYS}}}"), "keys of Version 2"),
            (&format!("{{\"Version\":1.5,{KEYS}}}"), "keys of Version 1.5"),
            (&format!("{{\"Version\":\"1\",{KEYS}}}"), "no Version that is the number 1"),
            (&format!("{{{KEYS}}}"), "no Version that is the number 1"),
            ("{\"Version\":1,\"AccessKeyId\":\"AKIA\"}", "no SecretAccessKey"),
            ("{\"Version\":1,\"SecretAccessKey\":\"hunter2\"}", "no AccessKeyId"),
            ("{\"Version\":1,\"AccessKeyId\":1,\"SecretAccessKey\":\"hunter2\"}", "something else"),
            ("{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hunter2 \"}", "not one word"),
            (&format!("{{\"Version\":1,{KEYS},\"Expiration\":\"hunter2\"}}"), "no date of RFC 3339"),
        ] {
            let said = printing(json).await.unwrap_err();
            assert!(said.contains(why) && !said.contains("hunter2"), "{json}: {said}");
        }
    }

    #[tokio::test]
    async fn why_it_failed_is_told_by_its_first_line_only() {
        let said = of("printf '\\n\\033[1mvault is locked\\nhunter2\\n' >&2; exit 3").await.unwrap_err();
        assert_eq!(said, "it failed (exit status: 3) and says: \u{fffd}[1mvault is locked");
        let said = of("exit 1").await.unwrap_err();
        assert!(said.ends_with("did not say why"), "{said}");
        let said = of("head -c 10000 /dev/zero | tr '\\0' x >&2; exit 1").await.unwrap_err();
        assert!(said.chars().count() < MAX_COMPLAINT + 60, "{said}");
        // What it complains about although it went well is nobody's business.
        assert!(of(&format!("echo deprecated >&2; echo '{{\"Version\":1,{KEYS}}}'")).await.is_ok());
    }

    #[tokio::test]
    async fn one_that_prints_without_end_is_stopped() {
        let said = of("yes").await.unwrap_err();
        assert!(said.contains("more than 64000 bytes"), "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_is_stopped() {
        let said = of("sleep 1000").await.unwrap_err();
        assert!(said.contains("none in 60 seconds"), "{said}");
    }

    #[tokio::test]
    async fn it_has_no_input_and_knows_where_it_comes_from() {
        let json = format!("{{\"Version\":1,{KEYS},\"SessionToken\":\"$(cat)$AWSD_INSIDE\"}}");
        let keys = of(&format!("cat <<END\n{json}\nEND")).await.unwrap();
        assert_eq!(keys.session_token.unwrap().expose_secret(), "a,b");
    }
}
