//! Where the programs run: a home of its own, files of a given size in it, and a daemon that knows nobody else.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use awsd_tests::sandbox::{Sandbox, guide};
use tempfile::TempDir;

use crate::{
    Outcome,
    builds::Programs,
    process::{Background, Memory},
};

/// The profile that is asked for.
pub(crate) const PROFILE: &str = "my_resource_account";

/// More roles of the same person, so that the daemon has some work behind it.
const ROLES: [(&str, &str); 3] =
    [("developer", guide::DEVELOPER), ("hub", guide::HUB), ("reader", guide::READER)];

/// The system's own certificates, where Linux distributions have them.
const SYSTEM_CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// One home with its daemon. Dropping it ends the daemon, then removes the files.
pub(crate) struct Scene {
    client: PathBuf,
    endpoint: String,
    daemon: Background,
    directory: TempDir,
}

impl Scene {
    /// Writes the files, with `more` profiles before those that are used, and starts the daemon.
    pub(crate) fn set(programs: &Programs, sandbox: &Sandbox, more: usize) -> Outcome<Self> {
        let directory = tempfile::Builder::new().prefix("awsd-bench-").tempdir()?;
        let home = directory.path();
        write_files(sandbox, &home.join(".aws"), more)?;
        let certificates = home.join("certificates.pem");
        fs::write(&certificates, trusted(sandbox)?)?;
        let mut daemon = Command::new(&programs.daemon);
        daemon.env_clear().envs(own(home)).env("SSL_CERT_FILE", &certificates);
        let mut daemon = daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let says = daemon.stderr.take().ok_or("the daemon has no output")?;
        let daemon = Background::ready(daemon, says)?;
        // By name, as AWS is: looking names up has its price too.
        let endpoint = format!("https://localhost:{}", sandbox.address().port());
        Ok(Self { client: programs.plain_client.clone(), endpoint, daemon, directory })
    }

    pub(crate) fn home(&self) -> &Path {
        self.directory.path()
    }

    /// The client that talks to it.
    pub(crate) fn client(&self) -> &Path {
        &self.client
    }

    /// The daemon's process.
    pub(crate) fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// The daemon's memory now.
    pub(crate) fn memory(&self) -> Outcome<Memory> {
        Memory::of(self.pid())
    }

    /// All the variables that a program here has.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let endpoint = ("AWS_ENDPOINT_URL", PathBuf::from(&self.endpoint));
        own(self.home()).into_iter().chain([endpoint])
    }

    /// Types the code, and asks once for every role: from now on all requests are warm.
    pub(crate) fn sign_in(&self, sandbox: &Sandbox) -> Outcome {
        let code = sandbox.next_code("alice");
        self.ask(&["credential-process", "--code", &code, PROFILE])?;
        for (name, _role) in ROLES {
            self.ask(&["credential-process", "--no-prompt", name])?;
        }
        Ok(())
    }

    fn ask(&self, arguments: &[&str]) -> Outcome {
        let mut awsd = Command::new(&self.client);
        awsd.env_clear().envs(self.variables()).args(arguments).stdin(Stdio::null());
        let Output { status, stderr, .. } = awsd.output()?;
        if status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&stderr).into()) }
    }
}

fn own(home: &Path) -> [(&'static str, PathBuf); 3] {
    [("HOME", home.to_owned()), ("PATH", "/usr/bin:/bin".into()), ("AWSD_SOCKET", home.join("run/socket"))]
}

fn write_files(sandbox: &Sandbox, directory: &Path, more: usize) -> Outcome {
    let world = sandbox.world();
    world.guide_files(directory)?;
    let path = directory.join("config");
    let serial = world.user("alice").devices[0].serial();
    let mut config = String::new();
    let profile = |config: &mut String, name: &str, role: &str| {
        writeln!(
            config,
            "[profile {name}]\nregion = us-west-2\nrole_arn = {role}\nsource_profile = my_account\n\
             mfa_serial = {serial}\n"
        )
    };
    for number in 0..more {
        profile(&mut config, &format!("team-{number:04}"), guide::DEVELOPER)?;
    }
    for (name, role) in ROLES {
        profile(&mut config, name, role)?;
    }
    config += &fs::read_to_string(&path)?;
    fs::write(path, config)?;
    Ok(())
}

/// What the daemon trusts: the sandbox, and as much else as on any machine.
fn trusted(sandbox: &Sandbox) -> Outcome<String> {
    let system = SYSTEM_CERTIFICATES.iter().find_map(|path| fs::read_to_string(path).ok());
    let own = sandbox.ca_pem().ok_or("the sandbox has no certificate")?;
    Ok(format!("{}{own}", system.unwrap_or_default()))
}
