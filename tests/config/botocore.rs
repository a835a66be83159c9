//! The files as botocore reads them: one Python process is asked about all of them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::files::Files;
use crate::view::{Reading, View, group};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/botocore_oracle.py");

/// The access keys on the way from the base to the last role; none where botocore finds no credentials.
pub(crate) type Chains = BTreeMap<String, Option<Vec<String>>>;

/// The Python to use, if it has botocore.
pub(crate) fn python() -> Option<String> {
    let python = std::env::var("AWSD_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imported = Command::new(&python).args(["-c", "import botocore"]).stderr(Stdio::null()).status();
    imported.is_ok_and(|status| status.success()).then_some(python)
}

/// What botocore's parser makes of the files.
pub(crate) fn read(python: &str, files: &[Files]) -> Vec<Reading> {
    ask(python, files, &[]).into_iter().map(|answer| view(&answer)).collect()
}

/// What botocore's credential providers make of the profiles.
pub(crate) fn chains(python: &str, files: &[Files], profiles: &[String]) -> Vec<Chains> {
    let chains = |mut answer: Value| serde_json::from_value(answer["chains"].take()).expect("chains");
    ask(python, files, profiles).into_iter().map(chains).collect()
}

fn ask(python: &str, files: &[Files], profiles: &[String]) -> Vec<Value> {
    let question = |files: &Files| {
        let (config, credentials) = (hex::encode(&files.config), hex::encode(&files.credentials));
        json!({ "config": config, "credentials": credentials, "chains": profiles }).to_string() + "\n"
    };
    let questions: String = files.iter().map(question).collect();
    let mut child = Command::new(python)
        .arg(SCRIPT)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // In a thread of its own: the process answers while it is still being asked.
    let asking = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    asking.join().expect("no panic").expect("Python reads every question");
    assert!(output.status.success(), "the script failed");
    let answers = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers: Vec<_> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), files.len(), "one answer to each question");
    answers
}

fn view(answer: &Value) -> Reading {
    let Some(profiles) = answer["profiles"].as_object() else {
        return Err(answer["refused"].to_string());
    };
    let keys = |profile: &Value| {
        let keys = profile.as_object().into_iter().flatten();
        keys.map(|(key, value)| (key.clone(), text(value))).collect()
    };
    Ok(profiles.iter().map(|(name, profile)| (name.clone(), keys(profile))).collect::<View>())
}

fn text(value: &Value) -> String {
    match value {
        Value::Object(nested) => {
            group(nested.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())))
        }
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}
