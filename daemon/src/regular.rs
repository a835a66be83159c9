//! Reading a file whose path somebody else chose. It must never hold up the daemon: not by a pipe that nobody writes to,
//! and not by a file without an end.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

/// The device that people name in place of a file that is to be left out.
const NOTHING: &str = "/dev/null";

/// The contents of a regular file, and none of `/dev/null`, by whatever name: at most one byte more than the limit, so that the reader can tell that it is too large.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // Opening a pipe must not wait for its writer, and a terminal must not become the daemon's own.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if is_nothing(&metadata) {
        return Ok(Zeroizing::default());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX).min(limit);
    let mut contents = Zeroizing::new(Vec::with_capacity(size + 2));
    file.take(limit as u64 + 1).read_to_end(&mut contents)?;
    Ok(contents)
}

/// Compared by the device's number: there may be links to it, and nodes of the same device elsewhere.
fn is_nothing(metadata: &Metadata) -> bool {
    let is_same = |nothing: Metadata| nothing.rdev() == metadata.rdev();
    metadata.file_type().is_char_device() && fs::metadata(NOTHING).is_ok_and(is_same)
}

/// Why a file cannot be read, for a person.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
