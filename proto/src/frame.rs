//! Newline-delimited JSON over byte slices. No I/O: callers read and write, this says what the bytes mean.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// The longest line a client may send, newline included.
pub const MAX_REQUEST: usize = 64 * 1024;

/// The longest line a daemon may send, newline included. STS gives no maximum for a session token.
pub const MAX_REPLY: usize = 1024 * 1024;

/// What a buffer holds so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line (without its newline) and how many bytes of the buffer it used.
    Complete(&'a [u8], usize),
    /// The line has not ended yet: read more.
    Incomplete,
    /// The line is longer than allowed: stop reading from this peer.
    TooLong,
}

/// Looks for the first line in `buffer`.
pub fn first_line(buffer: &[u8], max: usize) -> Line<'_> {
    match buffer.iter().position(|&byte| byte == b'\n') {
        Some(end) if end < max => Line::Complete(&buffer[..end], end + 1),
        None if buffer.len() < max => Line::Incomplete,
        _ => Line::TooLong,
    }
}

/// One message as a line, newline included. The buffer is wiped when dropped.
pub fn encode<T: Serialize>(message: &T) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    // Sized beforehand for a usual reply: a growing buffer would leave copies of secrets behind.
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer(&mut *line, message)?;
    line.push(b'\n');
    Ok(line)
}

/// A message from a line. The error never quotes the line: it may hold a secret.
pub fn decode<T: DeserializeOwned>(line: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_whatever_comes_after_it() {
        assert_eq!(first_line(b"ab\ncd", 10), Line::Complete(b"ab", 3));
        assert_eq!(first_line(b"ab", 10), Line::Incomplete);
        assert_eq!(first_line(b"", 10), Line::Incomplete);
    }

    #[test]
    fn a_line_may_fill_the_limit_and_not_pass_it() {
        assert_eq!(first_line(b"abc\n", 4), Line::Complete(b"abc", 4));
        assert_eq!(first_line(b"abcd\n", 4), Line::TooLong);
        assert_eq!(first_line(b"abcd", 4), Line::TooLong);
    }
}
