//! The programs: what they are called, how they are run, and whether they are here.

use std::{
    env,
    path::{Path, PathBuf},
};

use awsd_tests::harness::programs::{self, skipped};

use crate::ways::Way;

/// Who a program says it is.
const ROLE: &str = "assumed-role/my_role/awsd-tester";

/// Somebody else's client of AWS.
pub(crate) struct Consumer {
    /// As README's table calls it.
    pub(crate) name: &'static str,
    kind: Kind,
    ways: &'static [Way],
}

enum Kind {
    /// Each call is a program of its own.
    Cli(PathBuf),
    /// A program that calls as often as it is told.
    Sdk { program: PathBuf, script: Option<PathBuf>, modules: Option<PathBuf> },
    /// Calls nobody with what it gets.
    Curl(PathBuf),
}

impl Consumer {
    /// Whether it can get credentials this way at all.
    pub(crate) fn knows(&self, way: Way) -> bool {
        self.ways.contains(&way)
    }

    /// Whether it calls AWS, and so can be told to go on until it has used some sessions.
    pub(crate) fn calls_aws(&self) -> bool {
        !matches!(self.kind, Kind::Curl(_))
    }

    /// What it says when all went well.
    pub(crate) fn says(&self) -> &'static str {
        if self.calls_aws() { ROLE } else { "AccessKeyId" }
    }

    /// The command of a shell that makes some calls.
    pub(crate) fn few_calls(&self, calls: u32) -> String {
        match &self.kind {
            Kind::Sdk { .. } => self.sdk(calls, 0),
            Kind::Cli(_) | Kind::Curl(_) => {
                format!("i=0; while [ $i -lt {calls} ]; do {} || exit 1; i=$((i+1)); done", self.one_call())
            }
        }
    }

    /// The command of a shell that calls until it has used some sessions, each of which lives for some seconds.
    pub(crate) fn until_lives(&self, lives: usize, life: u64) -> String {
        match &self.kind {
            Kind::Sdk { .. } => self.sdk(0, lives),
            Kind::Cli(_) | Kind::Curl(_) => {
                let end = "$(date +%s)";
                let seconds = life * lives as u64;
                format!(
                    "end=$(({end} + {seconds})); while [ {end} -lt $end ]; do {} || exit 1; sleep 2; done",
                    self.one_call()
                )
            }
        }
    }

    fn one_call(&self) -> String {
        match &self.kind {
            Kind::Cli(program) => format!(
                "'{}' sts get-caller-identity --query Arn --output text --region us-west-2 --endpoint-url \
                 \"$AWS_ENDPOINT_URL\"",
                program.display()
            ),
            Kind::Curl(program) => format!(
                "'{}' -sf -H \"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\" \
                 \"$AWS_CONTAINER_CREDENTIALS_FULL_URI\" | grep -o AccessKeyId",
                program.display()
            ),
            Kind::Sdk { .. } => self.sdk(1, 0),
        }
    }

    fn sdk(&self, calls: u32, lives: usize) -> String {
        let Kind::Sdk { program, script, modules } = &self.kind else { return String::new() };
        let modules = modules.as_ref().map(|path| format!("NODE_PATH='{}' ", path.display()));
        let script = script.as_ref().map(|path| format!("'{}' ", path.display()));
        let (modules, script) = (modules.unwrap_or_default(), script.unwrap_or_default());
        format!("{modules}'{}' {script}{calls} {lives}", program.display())
    }
}

/// All that are installed. What is missing is said.
pub(crate) fn all() -> Vec<Consumer> {
    let cli = |program: Option<PathBuf>| program.map(Kind::Cli);
    let consumers = [
        ("AWS CLI 1", cli(programs::aws()), &Way::ALL[..]),
        ("AWS CLI 2", cli(of_variable("AWSD_TEST_AWS2")), &Way::ALL),
        ("boto3", script(programs::found("AWSD_TEST_PYTHON", "python3"), "sdk.py"), &Way::ALL),
        ("SDK for JavaScript 3", node("sdk3.mjs"), &Way::ALL),
        ("SDK for JavaScript 2", node("sdk2.mjs"), &Way::ALL),
        ("SDK for Go 2", sdk(of_variable("AWSD_TEST_GO_SDK2")), &Way::ALL),
        ("SDK for Go 1", sdk(of_variable("AWSD_TEST_GO_SDK1")), &Way::ALL),
        ("SDK for Rust", sdk(Some(programs::directory().join("awsd-test-sdk"))), &Way::ALL),
        ("SDK for Ruby 3", script(of_variable("AWSD_TEST_RUBY"), "sdk.rb"), &WITHOUT_SERVER),
        ("AsyncAws (PHP)", script(of_variable("AWSD_TEST_PHP"), "sdk.php"), &[Way::Env]),
        ("curl", programs::found("AWSD_TEST_CURL", "curl").map(Kind::Curl), &[Way::Server]),
    ];
    let consumer = |(name, kind, ways): (_, Option<_>, _)| Some(Consumer { name, kind: kind?, ways });
    consumers.into_iter().filter_map(consumer).collect()
}

/// The ways of SDKs that look for an address of the metadata service's host only.
const WITHOUT_SERVER: [Way; 4] = [Way::Env, Way::Process, Way::CredentialProcess, Way::Init];

fn sdk(program: Option<PathBuf>) -> Option<Kind> {
    Some(Kind::Sdk { program: program?, script: None, modules: None })
}

fn script(interpreter: Option<PathBuf>, name: &str) -> Option<Kind> {
    Some(Kind::Sdk { program: interpreter?, script: Some(path(name)), modules: None })
}

fn node(name: &str) -> Option<Kind> {
    let modules = Some(of_variable("AWSD_TEST_NODE_MODULES")?);
    let program = programs::found("AWSD_TEST_NODE", "node")?;
    Some(Kind::Sdk { program, script: Some(path(name)), modules })
}

fn path(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("consumers/programs").join(script)
}

/// What `tests/run` has prepared; none, after saying so, where it has not.
fn of_variable(name: &str) -> Option<PathBuf> {
    let set = env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    if set.is_none() {
        skipped(&format!("{name} is not set"));
    }
    set
}
