//! The listening socket: made in place of a stale one only while the daemon's lock is held, and for this user only.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use interprocess::local_socket::tokio::{Listener as Socket, Stream};
use interprocess::local_socket::traits::tokio::Listener as _;
use interprocess::local_socket::{GenericFilePath, ListenerOptions, ToFsName as _};
use rustix::process::geteuid;

/// The socket, and which file it is.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    path: PathBuf,
    file: (u64, u64),
}

/// Whether somebody listens there.
pub(crate) fn answers(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

impl Listener {
    /// Listens. The caller holds the lock of the directory, so whatever stands there is left over from a daemon that is
    /// no more.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        remove_stale(path)?;
        let name = path.to_fs_name::<GenericFilePath>()?;
        let socket = ListenerOptions::new().name(name).reclaim_name(false).create_tokio()?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let file = identity(path)?;
        Ok(Self { socket, path: path.to_owned(), file })
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        self.socket.accept().await
    }

    /// Whether the path still leads to this socket.
    pub(crate) fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|file| file == self.file)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.is_in_place() {
            // If it stays, the next daemon finds nobody answering and removes it.
            let _left = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn remove_stale(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("something that is not a socket is in its place"));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::other("a socket of another user is in its place"));
    }
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_the_own_one_removed_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(!answers(&path));
        let listener = Listener::bind(&path).unwrap();
        assert!(answers(&path));
        assert!(listener.is_in_place());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_is_not_a_socket_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        fs::write(&path, "precious").unwrap();
        assert!(Listener::bind(&path).unwrap_err().to_string().contains("not a socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_socket_put_in_its_place_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = Listener::bind(&path).unwrap();
        let _other = {
            fs::rename(&path, directory.path().join("moved")).unwrap();
            std::os::unix::net::UnixListener::bind(&path).unwrap()
        };
        assert!(!listener.is_in_place());
        drop(listener);
        assert!(path.exists());
    }
}
