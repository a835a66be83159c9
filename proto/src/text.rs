//! Which characters of untrusted text play tricks on whoever looks at it. One rule for every surface: terminal,
//! notification, dialog. What is shown instead is the surface's business.

/// Whether a character must not be shown as it is: it controls a terminal, breaks a line, or changes the direction of
/// what follows. Markup is not meant: what it does depends on who shows it.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Marks of direction, separators of lines, embeddings, overrides and isolates of direction.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricks_are_unsafe() {
        for c in "\0\n\r\t\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}"
            .chars()
        {
            assert!(is_unsafe(c), "{c:?}");
        }
    }

    #[test]
    fn text_of_any_script_and_markup_are_not() {
        assert!(!"<b>alice & co</b> %n é שלום 名前 👩‍💻 \u{202f}…".chars().any(is_unsafe));
    }
}
