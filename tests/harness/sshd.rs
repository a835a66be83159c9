//! Another machine that one gets to by ssh: the real programs of OpenSSH, with another user where the tests may be one.
//!
//! There is no port and no service: ssh starts an sshd of its own for each connection, which ends with it. The only thing that
//! is not real is the user database (`nss_wrapper`): sshd lets in only users that it knows, and not every machine has one to
//! spare.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Run, TestEnv, programs};

/// Who one is there, where the tests are run by root: `nobody`.
const OTHER_USER: u32 = 65534;

/// The other machine.
pub struct Sshd {
    home: TempDir,
    /// What ssh needs to know to get there.
    config: PathBuf,
}

impl Sshd {
    /// A machine that has the client of awsd and nothing else of it. `None`, after saying so, where there is no sshd.
    ///
    /// # Panics
    /// Where its home cannot be written.
    pub fn start(env: &TestEnv) -> Option<Self> {
        programs::found("AWSD_TEST_SSH", "ssh")?;
        let root = programs::unpacked("AWSD_TEST_SSHD")?;
        let home = TempDir::with_prefix("awsd-remote-").expect("a directory for the other machine");
        let sshd = Self { config: env.home().join("ssh_config"), home };
        for key in [sshd.path("host_key"), env.home().join("key")] {
            let arguments = ["-q", "-t", "ed25519", "-N", "", "-f"].map(OsStr::new);
            env.command("ssh-keygen").args(arguments).args([key]).run().success();
        }
        fs::copy(env.home().join("key.pub"), sshd.path("authorized")).expect("it was made");
        sshd.write("sshd_config", &sshd.server());
        let user = user();
        sshd.write("passwd", &format!("remote:ok:{user}:{user}::{}:/bin/sh\n", sshd.home().display()));
        sshd.write("group", &format!("remote:x:{user}:\n"));
        fs::copy(env.programs.join("awsd"), sshd.path("awsd")).expect("the client is there");
        sshd.hand_over();
        fs::write(&sshd.config, sshd.client(&root, env)).expect("the home can be written to");
        Some(sshd)
    }

    /// The home directory there.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What to give ssh before anything else.
    pub fn options(&self) -> [&OsStr; 2] {
        [OsStr::new("-F"), self.config.as_os_str()]
    }

    /// Runs a command line there.
    pub fn run(&self, env: &TestEnv, command: &str) -> Run {
        env.command("ssh").args(self.options()).args(["there", command])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the other home can be written to");
    }

    fn server(&self) -> String {
        let home = self.home().display();
        format!(
            "HostKey {home}/host_key\nAuthorizedKeysFile {home}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
    }

    /// The connection is a pipe to an sshd, run by the user it logs in.
    fn client(&self, root: &Path, env: &TestEnv) -> String {
        let (home, root) = (self.home().display(), root.display());
        let library = format!("{root}/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        let user = user();
        let as_user = if rustix::process::geteuid().is_root() {
            format!("setpriv --reuid {user} --regid {user} --clear-groups ")
        } else {
            String::new()
        };
        format!(
            "Host there\n  User remote\n  IdentityFile {}/key\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  \
             UserKnownHostsFile /dev/null\n  LogLevel ERROR\n  ExitOnForwardFailure yes\n  ProxyCommand {as_user}env -i \
             LD_LIBRARY_PATH={library} LD_PRELOAD={library}/libnss_wrapper.so NSS_WRAPPER_PASSWD={home}/passwd \
             NSS_WRAPPER_GROUP={home}/group {root}/usr/sbin/sshd -i -f {home}/sshd_config\n",
            env.home().display()
        )
    }

    /// All of it belongs to the user there.
    fn hand_over(&self) {
        let all = fs::read_dir(self.home()).expect("it is there").map(|entry| entry.expect("a file").path());
        for path in all.chain([self.home().to_owned()]) {
            chown(&path, Some(user()), Some(user()))
                .expect("root may do that, and everybody else has done it");
        }
        fs::set_permissions(self.home(), Permissions::from_mode(0o700)).expect("it is ours");
    }
}

fn user() -> u32 {
    let own = rustix::process::geteuid();
    if own.is_root() { OTHER_USER } else { own.as_raw() }
}
