//! Drives botocore, one Python process per test.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use awsd_tests::sandbox::{Sandbox, World, guide};
use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sandbox_clients/client.py");

/// The Python that the tests use.
pub(crate) fn python() -> String {
    env::var("AWSD_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Keys to sign with.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub key: String,
    pub secret: String,
    pub token: Option<String>,
}

/// What a call came to, when it was not the answer that was hoped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An error answer: status, code, text.
    Error(u64, String, String),
    /// No answer that the client understood: the name of its exception.
    Broken(String),
}

impl Failure {
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Error(_, code, _) => code,
            Self::Broken(name) => name,
        }
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Error(_, _, message) => message,
            Self::Broken(_) => "",
        }
    }
}

/// A sandbox with the guide's world, and a client that calls it.
pub(crate) struct Client {
    pub sandbox: Sandbox,
    ca: Option<String>,
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Client {
    /// None, after saying so, where there is no botocore.
    pub(crate) fn start() -> Option<Self> {
        Self::with(Sandbox::start(World::guide()), None)
    }

    /// The same for a sandbox of the test's own; `ca` is a file with the authority to trust.
    pub(crate) fn with(sandbox: Sandbox, ca: Option<String>) -> Option<Self> {
        if !Command::new(python())
            .args(["-c", "import botocore"])
            .status()
            .is_ok_and(|status| status.success())
        {
            println!("SKIPPED: {} has no botocore", python());
            return None;
        }
        let mut process = Command::new(python())
            .arg(SCRIPT)
            .env_clear()
            .envs(env::vars().filter(|(name, _)| !name.starts_with("AWS_")))
            .env("AWS_CONFIG_FILE", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Some(Self { sandbox, ca, process, requests, answers })
    }

    /// The long-term keys of a user.
    pub(crate) fn user(&self, name: &str) -> Keys {
        let key = self.sandbox.world().user(name).keys[0].clone();
        Keys { key: key.id, secret: key.secret, token: None }
    }

    /// One call.
    pub(crate) fn call(
        &mut self,
        keys: &Keys,
        service: &str,
        operation: &str,
        parameters: Value,
    ) -> Result<Value, Failure> {
        let request = json!({
            "service": service, "operation": operation, "parameters": parameters,
            "endpoint": self.sandbox.url(), "ca": self.ca,
            "key": keys.key, "secret": keys.secret, "token": keys.token,
        });
        let requests = self.requests.as_mut().unwrap();
        writeln!(requests, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        if let Some(name) = answer["broken"].as_str() {
            return Err(Failure::Broken(name.to_owned()));
        }
        let error = &answer["error"];
        if error.is_null() {
            return Ok(answer["answer"].clone());
        }
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Err(Failure::Error(error["Status"].as_u64().unwrap(), text("Code"), text("Message")))
    }

    /// `GetSessionToken` with alice's keys.
    pub(crate) fn get_session_token(&mut self, parameters: Value) -> Result<Value, Failure> {
        let alice = self.user("alice");
        self.call(&alice, "sts", "GetSessionToken", parameters)
    }

    /// `AssumeRole` with a session name, unless the parameters have one.
    pub(crate) fn assume(
        &mut self,
        keys: &Keys,
        role: &str,
        mut parameters: Value,
    ) -> Result<Value, Failure> {
        parameters["RoleArn"] = json!(role);
        if parameters["RoleSessionName"].is_null() {
            parameters["RoleSessionName"] = json!("test");
        }
        self.call(keys, "sts", "AssumeRole", parameters)
    }

    /// alice's device and a code of it that was not used.
    pub(crate) fn mfa(&self) -> Value {
        json!({ "SerialNumber": alice_device(), "TokenCode": self.sandbox.next_code("alice") })
    }

    /// The keys of a session of alice with MFA.
    pub(crate) fn mfa_session(&mut self) -> Keys {
        let parameters = self.mfa();
        session(&self.get_session_token(parameters).unwrap())
    }

    /// The keys of a role session.
    pub(crate) fn role_session(&mut self, keys: &Keys, role: &str) -> Keys {
        session(&self.assume(keys, role, json!({})).unwrap())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The end of its input is the end of the script.
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}

/// The serial of alice's device.
pub(crate) fn alice_device() -> String {
    format!("arn:aws:iam::{}:mfa/alice", guide::ACCOUNT)
}

/// The keys in an answer.
pub(crate) fn session(answer: &Value) -> Keys {
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    Keys { key: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
}
