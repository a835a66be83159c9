//! Lines from a stream, no longer than allowed, in a buffer that is wiped.

use std::io;

use awsd_proto::frame::{self, Line, MAX_REQUEST};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

/// Room for a usual request.
const USUAL: usize = 4096;

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A line, without its newline.
    Line(Zeroizing<Vec<u8>>),
    /// The peer will send nothing more; it may have left an unfinished line.
    End,
    /// A line longer than [`MAX_REQUEST`].
    TooLong,
}

/// The unread part of the stream.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Zeroizing<Vec<u8>>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { buffer: Zeroizing::new(Vec::with_capacity(USUAL)) }
    }

    /// The next line. Dropping the future loses nothing of the stream.
    pub(super) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Next> {
        loop {
            match frame::first_line(&self.buffer, MAX_REQUEST) {
                Line::Complete(line, used) => {
                    let line = Zeroizing::new(line.to_vec());
                    self.forget(used);
                    return Ok(Next::Line(line));
                }
                Line::TooLong => return Ok(Next::TooLong),
                Line::Incomplete => self.make_room(),
            }
            if stream.read_buf(&mut *self.buffer).await? == 0 {
                return Ok(Next::End);
            }
        }
    }

    fn forget(&mut self, used: usize) {
        let rest = Zeroizing::new(self.buffer[used..].to_vec());
        self.buffer.fill(0);
        self.buffer.clear();
        self.buffer.extend_from_slice(&rest);
    }

    /// Grows by hand: a vector that grows by itself leaves a copy of its contents behind.
    fn make_room(&mut self) {
        if self.buffer.len() == self.buffer.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * self.buffer.capacity()));
            larger.extend_from_slice(&self.buffer);
            self.buffer = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut bytes: &[u8]) -> Vec<Next> {
        let (mut lines, mut found) = (Lines::new(), Vec::new());
        loop {
            let next = lines.next(&mut bytes).await.unwrap();
            let more = matches!(next, Next::Line(_));
            found.push(next);
            if !more {
                return found;
            }
        }
    }

    fn line(text: &[u8]) -> Next {
        Next::Line(Zeroizing::new(text.to_vec()))
    }

    #[tokio::test]
    async fn lines_are_separated_and_an_unfinished_one_is_no_line() {
        assert_eq!(all(b"a\n\nbc\nd").await, [line(b"a"), line(b""), line(b"bc"), Next::End]);
    }

    #[tokio::test]
    async fn the_longest_line_passes_and_a_longer_one_does_not() {
        let mut longest = vec![b'x'; MAX_REQUEST - 1];
        longest.push(b'\n');
        assert_eq!(all(&longest).await, [line(&longest[..MAX_REQUEST - 1]), Next::End]);
        longest.insert(0, b'x');
        assert_eq!(all(&longest).await, [Next::TooLong]);
    }
}
