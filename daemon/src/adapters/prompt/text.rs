//! The one place where text from profiles, callers and programs is made safe to show.

use awsd_proto::text::is_unsafe;

/// The longest line that is shown, in characters. An ARN of a long role fits.
pub(super) const LINE: usize = 160;

/// The longest title, in characters.
pub(super) const TITLE: usize = 80;

/// One line that plays no tricks: control characters, line breaks and marks that change the direction of what follows are
/// replaced visibly, and what is too long is cut visibly. Markup is left alone: what it means depends on who shows it.
pub(super) fn line(text: &str, limit: usize) -> String {
    let safe = |c: char| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c };
    if text.chars().nth(limit).is_none() {
        return text.chars().map(safe).collect();
    }
    text.chars().map(safe).take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// A line broken into several of at most this many characters, between words where that is possible: a window grows with
/// its longest line, beyond the screen if need be.
pub(super) fn wrapped(line: &str, width: usize) -> String {
    let (mut text, mut rest) = (String::new(), line);
    while let Some((end, _)) = rest.char_indices().nth(width) {
        let (piece, after) = match rest[..end].rfind(' ') {
            Some(blank) if blank > 0 => (&rest[..blank], &rest[blank + 1..]),
            _ => rest.split_at(end),
        };
        text.push_str(piece);
        text.push('\n');
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plays_tricks_is_replaced_visibly() {
        assert_eq!(line("a\nb\u{1b}[1mc\u{202e}d\u{2028}e", LINE), "a�b�[1mc�d�e");
        assert_eq!(line("<b>שלום</b> é", LINE), "<b>שלום</b> é");
    }

    #[test]
    fn long_lines_are_broken_between_words_where_there_are_any() {
        assert_eq!(wrapped("one two three", 8), "one two\nthree");
        assert_eq!(wrapped("ééééééé é", 3), "ééé\nééé\né é");
        assert_eq!(wrapped("exactly8", 8), "exactly8");
        assert_eq!(wrapped(" ababab", 3), " ab\naba\nb");
        assert_eq!(wrapped("", 3), "");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(line("ééé", 3), "ééé");
        assert_eq!(line("éééé", 3), "éé…");
        assert_eq!(line(&"x".repeat(300), LINE).chars().count(), LINE);
    }
}
