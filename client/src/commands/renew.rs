//! `awsd renew`: the files that `awsd init` gave to this shell follow the person's own. Shells call it before each command,
//! so it looks at ages first and speaks to the daemon only where something has changed.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use awsd_proto::{Context, Reply, Request, ShellFiles};

use super::{Outcome, done, own_path, tell, unexpected};
use crate::connect;
use crate::context;
use crate::converse;
use crate::failure::Failure;

pub(super) fn run() -> Outcome {
    let directory = connect::endpoint()?.directory().to_owned();
    let Some(links) = Links::in_use(&directory, |name| std::env::var_os(name)) else { return done(Ok(())) };
    let context = context::of_this_process()?;
    if !links.are_younger_than([&context.config_file, &context.credentials_file]) {
        ask(&context)?;
    }
    done(Ok(()))
}

/// Has the files made, and tells what there is to tell.
pub(super) fn ask(context: &Context) -> Result<ShellFiles, Failure> {
    let request = Request::ShellFiles { awsd: own_path()?, context: Box::new(context.clone()) };
    match converse::ask(&request, None, drop)? {
        Reply::ShellFiles(files) => {
            tell(&files.notices);
            Ok(files)
        }
        _ => Err(unexpected()),
    }
}

/// The links that a shell was given by `awsd init`, which are next to each other.
struct Links([PathBuf; 2]);

/// When a file was last changed, in any way.
type Moment = (i64, i64);

impl Links {
    /// None where the person has named other files since, or `awsd exec` has.
    fn in_use(socket_directory: &Path, var: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let [config, credentials] =
            ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| var(name).map(PathBuf::from));
        let links = [config?, credentials?];
        let is_made = links[0].starts_with(socket_directory.join("shell"));
        (is_made && links[0].parent() == links[1].parent()).then_some(Self(links))
    }

    /// Whether nothing has changed since they were made: not the person's files, not what they lead to, and not the place of
    /// awsd. What is not a link any more, or leads nowhere, has changed.
    fn are_younger_than(&self, own: [&Option<String>; 2]) -> bool {
        let newest = own.into_iter().flatten().map(|path| last_change(Path::new(path))).max().flatten();
        let program = self.0[0].with_file_name("awsd");
        self.0.iter().all(|link| made(link).is_ok_and(|made| Some(made) > newest)) && program.exists()
    }
}

/// When a link was made, if what it leads to is older.
fn made(link: &Path) -> io::Result<Moment> {
    let (itself, file) = (fs::symlink_metadata(link)?, fs::metadata(link)?);
    let made = (itself.mtime(), itself.mtime_nsec());
    if itself.is_symlink() && changed(&file) <= made {
        Ok(made)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// A file, or a link to it, may have been put there; one that is gone has no age.
fn last_change(path: &Path) -> Option<Moment> {
    let both = [fs::symlink_metadata(path), fs::metadata(path)];
    both.into_iter().flatten().map(|metadata| changed(&metadata)).max()
}

fn changed(metadata: &Metadata) -> Moment {
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Waits until files get another time stamp.
    fn tick(directory: &Path) {
        let now = || {
            fs::write(directory.join("clock"), "").unwrap();
            last_change(&directory.join("clock"))
        };
        let start = now();
        while now() == start {}
    }

    #[test]
    fn what_is_younger_than_the_persons_files_is_up_to_date() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let path = |name: &str| directory.join(name);
        let own = [Some(path("own").to_str().unwrap().to_owned()), None];
        let links = Links([path("config"), path("credentials")]);
        let fresh = || links.are_younger_than(own.each_ref());
        let make = |name: &str| {
            fs::write(path(&format!("{name}.file")), "made").unwrap();
            let _ = fs::remove_file(path(name));
            symlink(path(&format!("{name}.file")), path(name)).unwrap();
        };
        let make_all = || {
            tick(directory);
            ["config", "credentials", "awsd"].into_iter().for_each(make);
        };
        assert!(!fresh(), "there is nothing");
        fs::write(path("older"), "from a backup").unwrap();
        make_all();
        assert!(fresh(), "also where the person has no files");

        for change in [
            &|| fs::write(path("own"), "new").unwrap(),
            &|| fs::rename(path("older"), path("own")).unwrap(),
            &|| fs::write(path("config.file"), "by another program").unwrap(),
            &|| fs::rename(path("clock"), path("config")).unwrap(),
            &|| fs::remove_file(path("credentials.file")).unwrap(),
            &|| fs::remove_file(path("awsd.file")).unwrap(),
        ] as [&dyn Fn(); 6]
        {
            tick(directory);
            change();
            assert!(!fresh());
            make_all();
            assert!(fresh());
        }
    }

    #[test]
    fn only_the_links_of_a_shell_are_looked_after() {
        let used = |config: &str, credentials: &str| {
            let var = |name: &str| Some(if name == "AWS_CONFIG_FILE" { config } else { credentials }.into());
            Links::in_use(Path::new("/run/awsd"), var).is_some()
        };
        assert!(used("/run/awsd/shell/1/config", "/run/awsd/shell/1/credentials"));
        assert!(!used("/run/awsd/shell/1/config", "/home/alice/keys"));
        assert!(!used("/home/alice/config", "/run/awsd/shell/1/credentials"));
        assert!(!used("/run/awsd/generated/1", "/run/awsd/generated/2"), "awsd exec has set them");
        assert!(Links::in_use(Path::new("/run/awsd"), |_| None).is_none());
    }
}
