//! `awsd exec --via server`: the command's AWS programs ask an address of this machine, which only they can make use of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use awsd_tests::harness::{Run, Terminal, TestEnv, programs};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::{
    people::{log_in, type_code},
    profiles::alice,
};

const MY_ROLE: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";

fn exec(env: &TestEnv, profile: &str) -> Run {
    env.awsd(["exec", profile, "--via", "server", "--"])
}

/// A command that lives until its terminal closes, and what it was given.
struct Living {
    terminal: Terminal,
    environment: BTreeMap<String, String>,
}

impl Living {
    fn start(env: &TestEnv, profile: &str) -> Self {
        let mut terminal =
            exec(env, profile).args(["sh", "-c", "env >environment; echo ready; cat"]).terminal();
        terminal.expect("ready");
        let environment = fs::read_to_string(env.home().join("environment")).unwrap();
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { terminal, environment: environment.lines().filter_map(pair).collect() }
    }

    fn end(mut self) {
        self.terminal.send("\x04");
        self.terminal.wait().success();
    }

    fn token(&self) -> &str {
        &self.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    }

    /// The address, without the scheme and the path.
    fn host(&self) -> &str {
        let uri = self.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].as_str();
        uri.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')).unwrap()
    }

    /// What an SDK sends.
    fn request(&self) -> String {
        let (host, token) = (self.host(), self.token());
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nAuthorization: {token}\r\n")
    }

    /// What is answered to a request that lacks nothing but the line that ends its head.
    fn answer(&self, request: &str) -> String {
        answer(self.host(), &format!("{request}Connection: close\r\n\r\n")).unwrap()
    }
}

fn answer(host: &str, request: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(host)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_commands_programs_get_credentials_and_its_environment_holds_none() {
    if programs::aws().is_none() {
        return;
    }
    let env = alice();
    let script = "aws sts get-caller-identity --query Arn --output text --region us-west-2; env >environment; \
                  cp \"$AWS_CONFIG_FILE\" config";
    let mut terminal = exec(&env, "my_role").args(["sh", "-c", script]).terminal();
    // Before the command, not in the middle of it.
    type_code(&env, &mut terminal, "my_role");
    terminal.expect(MY_ROLE);
    terminal.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role", "GetCallerIdentity"]);
    // Both of which the harness reads as well, looking for secrets.
    let environment = fs::read_to_string(env.home().join("environment")).unwrap();
    for secret in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE="] {
        assert!(!environment.contains(secret), "{secret}");
    }
    let config = fs::read_to_string(env.home().join("config")).unwrap();
    assert!(config.contains("[default]\n") && config.contains("[profile my_role]\n"), "{config}");
    for way in ["credential_process", "role_arn", "source_profile", "[profile developer]"] {
        assert!(!config.contains(way), "{way}: {config}");
    }
}

#[test]
fn what_is_served_is_what_sdks_read() {
    let env = alice();
    log_in(&env, "my_role");
    let living = Living::start(&env, "my_role");
    let answer = living.answer(&living.request());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in ["content-type: application/json", "cache-control: no-store"] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let body: BTreeMap<String, String> = serde_json::from_str(body).unwrap();
    let names: Vec<_> = body.keys().map(String::as_str).collect();
    assert_eq!(names, ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "Token"]);
    assert_eq!(body["AccountId"], "444455556666");
    env.new_calls();
    for _ in 0..20 {
        assert!(living.answer(&living.request()).ends_with(&answer[answer.len() - 100..]));
    }
    assert_eq!(env.new_calls(), [""; 0]);
    living.end();
}

#[test]
fn nobody_else_is_served() {
    let env = alice();
    log_in(&env, "my_role");
    let living = Living::start(&env, "my_role");
    let other = Living::start(&env, "developer");
    assert_ne!(living.token(), other.token());
    let (good, host, token) = (living.request(), living.host(), living.token());
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let authorization = format!("Authorization: {token}");
    let bad = [
        changed(&authorization, "X: y"),
        changed(&authorization, "Authorization: "),
        changed(token, &token[1..]),
        changed(token, &token.to_uppercase()),
        changed(token, &format!("Bearer {token}")),
        changed(&format!("Host: {host}"), "Host: localhost"),
        changed(&format!("Host: {host}"), "Host: rebound.example"),
        changed("GET / ", "POST / "),
        changed("GET / ", "OPTIONS / "),
        changed("GET / ", "GET /latest/meta-data/ "),
        changed("GET / ", &format!("GET http://{host}/ ")),
        format!("{good}Origin: http://{host}\r\n"),
        format!("{good}Referer: http://{host}/\r\n"),
        format!("{good}X-Forwarded-For: 127.0.0.1\r\n"),
        format!("{good}Sec-Fetch-Site: none\r\n"),
        format!("{good}{authorization}\r\n"),
    ];
    let answers: BTreeSet<_> = bad
        .iter()
        .map(|request| {
            let answer = living.answer(request);
            assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{request}: {answer}");
            answer.split_once("\r\n\r\n").unwrap().1.to_owned()
        })
        .collect();
    assert_eq!(answers.len(), 1, "why not is not told: {answers:?}");
    assert!(
        living.answer(&good).starts_with("HTTP/1.1 200"),
        "what was changed in each of them is what counts"
    );
    other.end();
    living.end();
}

#[test]
fn when_the_command_has_ended_its_token_is_worth_nothing() {
    let env = alice();
    log_in(&env, "my_role");
    let living = Living::start(&env, "my_role");
    let other = Living::start(&env, "developer");
    let (host, request) =
        (living.host().to_owned(), format!("{}Connection: close\r\n\r\n", living.request()));
    assert!(answer(&host, &request).unwrap().starts_with("HTTP/1.1 200"));
    living.end();
    // The daemon learns of the end by itself.
    while !answer(&host, &request).unwrap().starts_with("HTTP/1.1 403") {}
    assert!(other.answer(&other.request()).starts_with("HTTP/1.1 200"));
    other.end();
    // With the last command the port goes as well.
    while answer(&host, &request).is_ok() {}
}

/// Connections that say nothing, or too little.
const IDLE: usize = 5_000;

/// They keep nobody who has the token from being served, and the daemon from nothing else.
#[test]
fn idle_connections_are_in_nobodys_way() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < 2 * IDLE as u64) {
        programs::skipped("this user may not have 5,000 connections");
        return;
    }
    limit.current = limit.current.max(Some(2 * IDLE as u64));
    setrlimit(Resource::Nofile, limit).unwrap();
    let env = alice();
    log_in(&env, "my_role");
    let living = Living::start(&env, "my_role");
    let mut idle = Vec::new();
    for number in 0..IDLE {
        let mut connection = TcpStream::connect(living.host()).unwrap();
        if number % 2 == 0 {
            // The daemon may have had enough of it already.
            let _closed = connection.write_all(b"GET / HTTP/1.1\r\nHost: ");
        }
        idle.push(connection);
        if number % 500 == 0 {
            assert!(living.answer(&living.request()).starts_with("HTTP/1.1 200"), "after {number}");
        }
    }
    assert!(living.answer(&living.request()).starts_with("HTTP/1.1 200"));
    env.awsd(["exec", "developer", "--no-prompt", "--", "true"]).run().success();
    living.end();
}

#[test]
fn nobody_waits_for_a_person_over_http() {
    let env = alice();
    log_in(&env, "my_role");
    let living = Living::start(&env, "my_role");
    env.awsd(["logout", "--all"]).run().success();
    let answer = living.answer(&living.request());
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    for words in ["\"Code\":\"code-required\"", "\"code\":\"code-required\"", "awsd mfa CODE"] {
        assert!(answer.contains(words), "{words}: {answer}");
    }
    log_in(&env, "my_role");
    assert!(living.answer(&living.request()).starts_with("HTTP/1.1 200"));
    living.end();
}

/// How long a role's session lives here.
const LIFE: Duration = Duration::from_secs(8);

#[test]
fn a_command_outlives_eight_sessions_without_a_code() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = alice();
    env.sandbox.world().role_session_life = Some(LIFE);
    log_in(&env, "my_role");
    env.new_calls();
    let output = exec(&env, "my_role")
        .args([Path::new(&python)])
        .args(["-c", crate::via_process::EIGHT_SESSIONS])
        .patience(LIFE * 30)
        .run();
    assert_eq!(output.success().quiet().stdout, "done\n");
    let calls: BTreeSet<_> = env.calls().into_iter().collect();
    assert_eq!(calls, ["AssumeRole my_role", "GetCallerIdentity"].map(str::to_owned).into());
}
