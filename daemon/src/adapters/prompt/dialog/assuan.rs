//! The protocol of pinentry: a line for a line, as far as asking for one code needs it.

use std::io;

use secrecy::SecretString;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use zeroize::Zeroizing;

/// The longest line of the protocol in bytes, its end included.
const MAX_LINE: usize = 1000;

/// The most lines that are read for one answer; a peer that sends more is not a pinentry.
const MAX_LINES: usize = 100;

/// What stands for the rest of a text that does not fit.
const CUT: &str = "…";

/// A conversation with a pinentry.
#[derive(Debug)]
pub(super) struct Assuan<R, W> {
    reader: BufReader<R>,
    writer: W,
}

/// The answer to a command.
#[derive(Debug)]
pub(super) enum Answer {
    /// It was done. With data, where there is any; decoded.
    Done(SecretString),
    /// It was not. The number without its source, see `gpg-error.h`.
    Refused(u32),
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Assuan<R, W> {
    /// Nothing is read or written yet: the first answer is the greeting.
    pub(super) fn new(reader: R, writer: W) -> Self {
        Self { reader: BufReader::new(reader), writer }
    }

    /// Sends a command, with a text as its last part, and waits for the answer.
    pub(super) async fn command(&mut self, verb: &str, text: &str) -> io::Result<Answer> {
        self.writer.write_all(command(verb, text).as_bytes()).await?;
        self.writer.flush().await?;
        self.answer().await
    }

    /// Reads up to the end of an answer. Status lines and comments are skipped.
    pub(super) async fn answer(&mut self) -> io::Result<Answer> {
        let mut data = Zeroizing::new(Vec::new());
        for _ in 0..MAX_LINES {
            let line = self.line().await?;
            let (word, rest) = match line.iter().position(|byte| *byte == b' ') {
                Some(blank) => (&line[..blank], &line[blank + 1..]),
                None => (line.as_slice(), &[][..]),
            };
            match word {
                b"OK" => return done(&data),
                b"ERR" => return Ok(Answer::Refused(error(rest))),
                b"D" => data.extend(percent_encoding::percent_decode(rest)),
                _ => {}
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "too long an answer"))
    }

    /// A line without its end.
    async fn line(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        (&mut self.reader).take(limit).read_until(b'\n', &mut line).await?;
        match line.pop() {
            Some(b'\n') => Ok(line),
            Some(_) if line.len() + 1 >= MAX_LINE => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "too long a line"))
            }
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn done(data: &[u8]) -> io::Result<Answer> {
    let text = std::str::from_utf8(data)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "an answer that is not text"))?;
    Ok(Answer::Done(SecretString::from(text)))
}

/// The lower half of the number is the error; the upper half says who reports it.
fn error(rest: &[u8]) -> u32 {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    let number =
        digits.fold(0_u32, |number, digit| number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')));
    number & 0xffff
}

/// The line that sends a text: escaped, and cut where it would be too long.
fn command(verb: &str, text: &str) -> String {
    let mut line = verb.to_owned();
    if !text.is_empty() {
        line.push(' ');
    }
    let room = MAX_LINE - 1 - CUT.len();
    for (at, c) in text.char_indices() {
        let piece = match c {
            '%' => "%25",
            '\n' => "%0A",
            '\r' => "%0D",
            _ => &text[at..at + c.len_utf8()],
        };
        if line.len() + piece.len() > room {
            line.push_str(CUT);
            break;
        }
        line.push_str(piece);
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_whatever_it_holds() {
        assert_eq!(command("SETDESC", "a\nb\r100%é"), "SETDESC a%0Ab%0D100%25é\n");
        assert_eq!(command("GETPIN", ""), "GETPIN\n");
    }

    #[test]
    fn a_line_is_never_too_long() {
        for c in ["x", "%", "é", "😀"] {
            let line = command("SETDESC", &c.repeat(1000));
            assert!(line.len() <= MAX_LINE && line.len() > MAX_LINE - 8, "{}", line.len());
            assert!(line.ends_with("…\n"));
        }
    }

    #[test]
    fn an_error_is_its_lower_half() {
        assert_eq!(error(b"83886179 Operation cancelled <Pinentry>"), 99);
        assert_eq!(error(b"83886142 Timeout <Pinentry>"), 62);
        assert_eq!(error(b"99999999999999999999") & 0xffff_0000, 0);
        assert_eq!(error(b""), 0);
    }
}
