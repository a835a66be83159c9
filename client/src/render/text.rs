//! Text for people: without tricks, in columns, with times they can read.

use std::borrow::Cow;

use awsd_proto::text::is_unsafe;
use unicode_width::UnicodeWidthChar as _;

/// Text that does nothing to a terminal: characters that play tricks are replaced.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        text.chars().map(|c| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// A span of time in its two largest units, the smaller one to the nearest: `11h 42m`, `42m`, `59s`. A session that is a
/// second old has its whole life left.
pub(crate) fn span(seconds: u64) -> String {
    let (minutes, hours) = (nearest(seconds, 60), nearest(seconds, 3600));
    match minutes {
        _ if seconds < 60 => format!("{seconds}s"),
        ..60 => format!("{minutes}m"),
        60..1440 => format!("{}h {}m", minutes / 60, minutes % 60),
        _ => format!("{}d {}h", hours / 24, hours % 24),
    }
}

fn nearest(seconds: u64, unit: u64) -> u64 {
    seconds.saturating_add(unit / 2) / unit
}

/// How many columns of a terminal a character takes: two for one of the wide ones, none for a mark on the one before.
fn columns(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// How many rows a line takes on a terminal that is so many columns wide: at least one. A wide character that does not fit
/// into the last column goes to the next row.
pub(crate) fn rows(line: &str, width: usize) -> usize {
    let (mut rows, mut column) = (1, 0);
    for c in line.chars() {
        column += columns(c);
        if column > width {
            rows += 1;
            column = columns(c);
        }
    }
    rows
}

/// Rows in columns, two blanks between them. The cells are made safe here.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[Cow<'_, str>; N]> = std::iter::once(head.map(safe))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| safe(cell))))
        .collect();
    let width = |cell: &str| cell.chars().map(columns).sum::<usize>();
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(widest);
    let mut text = String::new();
    for row in &rows {
        let padded =
            |(cell, widest): (&Cow<'_, str>, usize)| format!("{cell}{}", " ".repeat(widest - width(cell)));
        let cells: Vec<_> = row.iter().zip(widths).map(padded).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_are_taken_out() {
        assert_eq!(
            safe("a\x1b[31mb\u{202e}c\u{61c}\u{2028}\n"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}\u{fffd}\u{fffd}"
        );
        assert!(matches!(safe("plain é"), Cow::Borrowed(_)));
    }

    #[test]
    fn spans_have_at_most_two_units() {
        let spans = [0, 59, 60, 3540, 3600, 42_120, 86_400, 90_000].map(span);
        assert_eq!(spans, ["0s", "59s", "1m", "59m", "1h 0m", "11h 42m", "1d 0h", "1d 1h"]);
    }

    #[test]
    fn the_smaller_unit_is_the_nearest() {
        let spans = [89, 90, 3569, 3570, 43_199, 86_369, 86_370, 129_599].map(span);
        assert_eq!(spans, ["1m", "2m", "59m", "1h 0m", "12h 0m", "23h 59m", "1d 0h", "1d 12h"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["dév".to_owned(), String::new()], ["x".to_owned(), "y\t".to_owned()]];
        assert_eq!(table(["NAME", "B"], &rows), "NAME  B\ndév\nx     y\u{fffd}\n");
        let wide = [["名前".to_owned(), "y".to_owned()], ["e\u{301}".to_owned(), "z".to_owned()]];
        assert_eq!(table(["N", "B"], &wide), "N     B\n名前  y\ne\u{301}     z\n");
    }

    #[test]
    fn a_line_takes_as_many_rows_as_a_terminal_gives_it() {
        for (line, rows) in
            [("", 1), ("abcde", 1), ("abcdef", 2), ("名前", 1), ("名前a", 1), ("abcdefghijk", 3)]
        {
            assert_eq!(super::rows(line, 5), rows, "{line}");
        }
        // Two of them are left where the third begins: the fifth column stays empty.
        assert_eq!(super::rows("名前名前", 5), 2);
        assert_eq!(super::rows("名前名前名", 5), 3);
        // A mark stands on the character before it.
        assert_eq!(super::rows("abcde\u{301}", 5), 1);
    }
}
