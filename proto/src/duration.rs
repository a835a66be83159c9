//! Durations as people write and read them: `50s`, `15m`, `12h`. Used for awsd's settings and its options.

use std::fmt;
use std::time::Duration;

/// Reads a whole number followed by `s`, `m` or `h`.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let (digits, seconds_each) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        _ => return Err(NotADuration),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotADuration);
    }
    let number: u64 = digits.parse().map_err(|_| NotADuration)?;
    number.checked_mul(seconds_each).map(Duration::from_secs).ok_or(NotADuration)
}

/// The shortest text that [`parse`] reads back as the same whole seconds.
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// The text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADuration;

impl fmt::Display for NotADuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a duration: write a number and its unit, such as 50s, 15m or 12h")
    }
}

impl std::error::Error for NotADuration {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0s", "50s", "15m", "12h", "90s", "61m"] {
            assert_eq!(format(parse(text).unwrap()), text, "{text}");
        }
        assert_eq!(format(Duration::from_hours(2)), "2h");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "s", "50", "5 m", "-5m", "+5m", "1.5h", "1d", "5M", "1h30m", "٣s", "99999999999999999999h"]
        {
            assert_eq!(parse(text), Err(NotADuration), "{text}");
        }
    }
}
