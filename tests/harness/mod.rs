//! The harness of the end-to-end tests: the real programs, in a home of their own, with the sandbox as AWS.
//!
//! A test makes a [`TestEnv`], runs what a person would run, and says what must come of it:
//!
//! ```no_run
//! use awsd_tests::harness::TestEnv;
//!
//! let env = TestEnv::guide();
//! let mut terminal = env.awsd(["exec", "my_resource_account", "--", "true"]).terminal();
//! terminal.expect("MFA code for alice (my_resource_account): ");
//! terminal.send_line(&env.sandbox.next_code("alice"));
//! terminal.wait().success();
//! assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
//! ```
//!
//! What is run has the environment of [`TestEnv`] and nothing of the environment of the test. Without a terminal it has
//! really none ([`Run::run`], [`Run::spawn`]): `awsd` cannot ask the person who runs the tests. With one
//! ([`Run::terminal`]) it has it to itself.
//!
//! When a [`TestEnv`] is dropped, also by a test that fails, its daemons are ended, and everything that was written
//! (outputs, what terminals showed, every file) is searched for the sandbox's secrets, and every file and log for
//! the codes that were typed. What may hold secrets is what a test has declared: outputs by [`Run::expect_secrets`],
//! files by writing them with [`TestEnv::write`]. A finding fails the test.
//!
//! It must never wait for a time to pass: waits are for something to happen, and end with a panic where it does not.

mod daemons;
pub mod desktop;
mod leaks;
pub mod programs;
mod proxy;
mod run;
pub mod sshd;
mod terminal;

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use rustix::process::Pid;
use tempfile::TempDir;

use self::leaks::Records;
pub use self::{
    proxy::Proxy,
    run::{Output, PATIENCE, Run, Running},
    terminal::Terminal,
};
use crate::sandbox::{Call, Sandbox, World, guide};

/// The person's name. Role sessions are named after it: `awsd-tester`.
pub const USER: &str = "tester";

/// A person's home with its files, a sandbox as AWS, and everything that was run there.
pub struct TestEnv {
    /// AWS.
    pub sandbox: Sandbox,
    programs: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    records: Arc<Records>,
    root: TempDir,
}

impl TestEnv {
    /// The world of the guide, and a home with the guide's files.
    pub fn guide() -> Self {
        let env = Self::new(Sandbox::start(World::guide()));
        let directory = env.home().join(".aws");
        env.sandbox.world().guide_files(&directory).expect("the home can be written to");
        env.records.own_file(&directory.join("credentials"));
        env
    }

    /// A home without any AWS files. Whatever is run there finds this sandbox through `AWS_ENDPOINT_URL`.
    pub fn new(sandbox: Sandbox) -> Self {
        let programs = programs::directory();
        let root = TempDir::with_prefix("awsd-").expect("a directory for the test");
        for name in ["home", "run", "state", "config", "cache", "data", "tmp"] {
            let directory = root.path().join(name);
            fs::DirBuilder::new().mode(0o700).create(directory).expect("the directory can be written to");
        }
        let variables = variables(root.path(), &programs, &sandbox);
        Self { sandbox, programs, variables, records: Arc::default(), root }
    }

    /// The directory of everything: `home`, `run`, `state`, `config`, `cache`, `data` and `tmp` are in it.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// The directory of the daemon's socket and locks. It is not there before the first daemon is.
    pub fn socket_directory(&self) -> PathBuf {
        self.root().join("run/awsd")
    }

    /// The daemon's log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.root().join("state/awsd/daemon.log")).unwrap_or_default()
    }

    /// Writes a file of the person's, relative to the home. It may hold secrets.
    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(path);
        self.records.own_file(&path);
        fs::create_dir_all(path.parent().expect("a file is in a directory"))
            .expect("the home can be written to");
        fs::write(&path, text).expect("the home can be written to");
        path
    }

    /// Writes `~/.aws/config`.
    pub fn config(&self, text: &str) -> PathBuf {
        self.write(".aws/config", text)
    }

    /// Writes `~/.aws/credentials`: for each profile the access key of a user of the sandbox.
    pub fn credentials<const N: usize>(&self, sections: [(&str, &str); N]) -> PathBuf {
        let section = |(profile, user): (&str, &str)| {
            guide::credentials_section(profile, &self.sandbox.world().user(user).keys[0])
        };
        self.write(".aws/credentials", sections.map(section).join("\n"))
    }

    /// `awsd` with these arguments.
    pub fn awsd<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.command(self.programs.join("awsd")).args(arguments)
    }

    /// `awsd exec PROFILE -- COMMAND...`
    pub fn exec<S: AsRef<OsStr>>(&self, profile: &str, command: impl IntoIterator<Item = S>) -> Run {
        self.awsd(["exec", profile, "--"]).args(command)
    }

    /// Any program. `awsd` is in its `PATH`.
    pub fn command(&self, program: impl AsRef<Path>) -> Run {
        let program = program.as_ref().to_owned();
        let session = self.programs.join("awsd-test-session");
        Run::new(session, program, &self.home(), self.variables.clone(), &self.records)
    }

    /// A desktop, beside those that there are. What is run here from now on is run by somebody who sits there. `None`, after saying so, where a program is
    /// missing that it needs.
    pub fn desktop(&mut self, server: desktop::Server) -> Option<desktop::Desktop> {
        let desktop = desktop::Desktop::open(self, server)?;
        let variables = desktop.variables();
        self.variables.extend(variables.map(|(name, value)| (name.into(), value.into())));
        Some(desktop)
    }

    /// The calls that AWS got so far, in order, one short line each: see [`line()`].
    pub fn calls(&self) -> Vec<String> {
        self.sandbox.calls().iter().map(line).collect()
    }

    /// The calls since the last time this was asked.
    pub fn new_calls(&self) -> Vec<String> {
        let calls = self.calls();
        self.sandbox.clear_calls();
        calls
    }

    /// The process ids of the daemons that run in this environment.
    pub fn daemons(&self) -> Vec<Pid> {
        daemons::running(self.root())
    }

    /// Ends all daemons, as the person would, and where that does not work by their process ids.
    pub fn stop_daemons(&self) {
        if !self.daemons().is_empty() {
            // A test may have left anything behind that keeps this from working.
            let _ended = self.awsd(["daemon", "stop"]).spawn().ends();
            daemons::kill(self.root());
        }
    }
}

impl Drop for TestEnv {
    #[allow(clippy::print_stderr, reason = "the test runner shows it together with the failure of the test")]
    fn drop(&mut self) {
        self.stop_daemons();
        let leaks = self.records.leaks(&self.sandbox.canaries(), self.root());
        if thread::panicking() {
            eprintln!("calls: {:#?}\nthe daemon's log:\n{}", self.calls(), self.log());
            for leak in leaks {
                eprintln!("LEAK: {leak}");
            }
        } else {
            assert!(leaks.is_empty(), "secrets got out: {leaks:#?}");
        }
    }
}

/// One call as a short line: the action, the name of the role, whether a code was sent, and how it ended unless well.
/// `AssumeRole my_role`, `GetSessionToken with code: AccessDenied`
pub fn line(call: &Call) -> String {
    let mut line = call.action.clone();
    if let Some(role) = call.role_arn.as_deref().and_then(|arn| arn.rsplit('/').next()) {
        line.extend([" ", role]);
    }
    if call.had_code {
        line.push_str(" with code");
    }
    let ending = call.fault.unwrap_or(&call.outcome);
    if ending != "OK" {
        line.extend([": ", ending]);
    }
    line
}

fn variables(root: &Path, programs: &Path, sandbox: &Sandbox) -> BTreeMap<OsString, OsString> {
    let host_path = env::var_os("PATH").unwrap_or_default();
    let search_path = env::join_paths([programs.to_owned()].into_iter().chain(env::split_paths(&host_path)));
    let below = |name: &str| root.join(name).into_os_string();
    let variables: [(&str, OsString); 14] = [
        ("HOME", below("home")),
        ("USER", USER.into()),
        ("PATH", search_path.expect("the build directory can be in PATH")),
        ("LANG", "C.UTF-8".into()),
        ("TERM", "xterm".into()),
        ("TMPDIR", below("tmp")),
        ("XDG_RUNTIME_DIR", below("run")),
        ("XDG_STATE_HOME", below("state")),
        ("XDG_CONFIG_HOME", below("config")),
        ("XDG_CACHE_HOME", below("cache")),
        ("XDG_DATA_HOME", below("data")),
        ("AWS_ENDPOINT_URL", sandbox.url().into()),
        // Where credentials are missing, SDKs must not look for those of a machine in the cloud.
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("AWS_PAGER", OsString::new()),
    ];
    variables.map(|(name, value)| (name.into(), value)).into()
}
