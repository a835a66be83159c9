//! What one line is. Only space and tab are white space here, as in the grammar the SDKs share.

const WHITESPACE: [char; 2] = [' ', '\t'];
const COMMENT: [char; 2] = ['#', ';'];

/// A line, classified by its first character.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing, or a comment.
    Blank,
    /// `[...`
    Header(&'a str),
    /// Starts with white space: belongs to the property above. Trimmed.
    Continuation(&'a str),
    /// Everything else.
    Property(&'a str),
}

/// Why a line is not a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAProperty {
    NoEquals,
    NoName,
}

pub(super) fn classify(line: &str) -> Line<'_> {
    if line.starts_with(COMMENT) || trim(line).is_empty() {
        Line::Blank
    } else if line.starts_with('[') {
        Line::Header(line)
    } else if line.starts_with(WHITESPACE) {
        Line::Continuation(trim(line))
    } else {
        Line::Property(line)
    }
}

/// `key = value # comment`: the key in lower case, and the value without the comment.
pub(super) fn property(line: &str) -> Result<(String, &str), NotAProperty> {
    split(without_comment(line))
}

/// A property within a property. Its value keeps what looks like a comment, as every SDK does.
pub(super) fn nested_property(line: &str) -> Result<(String, &str), NotAProperty> {
    split(line)
}

/// An indented comment. Only looked for where properties are nested: in a continued value it is part of the value.
pub(super) fn is_comment(line: &str) -> bool {
    line.starts_with(COMMENT)
}

pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(WHITESPACE)
}

/// The characters of names that every SDK accepts.
pub(super) fn is_identifier(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    !name.is_empty() && name.chars().all(allowed)
}

fn split(line: &str) -> Result<(String, &str), NotAProperty> {
    let (key, value) = line.split_once('=').ok_or(NotAProperty::NoEquals)?;
    match trim(key) {
        "" => Err(NotAProperty::NoName),
        key => Ok((key.to_ascii_lowercase(), trim(value))),
    }
}

/// A comment starts after white space; `a#b` is a value.
fn without_comment(line: &str) -> &str {
    let starts = line.match_indices(COMMENT).find(|&(at, _)| line[..at].ends_with(WHITESPACE));
    starts.map_or(line, |(at, _)| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_by_their_first_character() {
        for blank in ["", "  \t", "# x", "; [x]", "#"] {
            assert_eq!(classify(blank), Line::Blank, "{blank:?}");
        }
        assert_eq!(classify("[a] "), Line::Header("[a] "));
        assert_eq!(classify("\t a = b "), Line::Continuation("a = b"));
        assert_eq!(classify(" # x"), Line::Continuation("# x"));
        assert_eq!(classify("a = b"), Line::Property("a = b"));
    }

    #[test]
    fn properties() {
        let ok = |key: &str, value| Ok((key.to_owned(), value));
        assert_eq!(property("a=b"), ok("a", "b"));
        assert_eq!(property("ABc =\tDEF "), ok("abc", "DEF"));
        assert_eq!(property("a = b = c=="), ok("a", "b = c=="));
        assert_eq!(property("a = b # c"), ok("a", "b"));
        assert_eq!(property("a = b\t; c # d"), ok("a", "b"));
        assert_eq!(property("a = b#c;d"), ok("a", "b#c;d"));
        assert_eq!(property("a = # nothing"), ok("a", ""));
        assert_eq!(property("a b"), Err(NotAProperty::NoEquals));
        assert_eq!(property("a # = b"), Err(NotAProperty::NoEquals));
        assert_eq!(property(" = b"), Err(NotAProperty::NoName));
        assert_eq!(nested_property("a = b # c"), ok("a", "b # c"));
    }

    #[test]
    fn identifiers() {
        assert!(is_identifier("aZ09_-/.%@:+"));
        for not in ["", "a b", "ä", "a,b", "\"a\""] {
            assert!(!is_identifier(not), "{not:?}");
        }
    }
}
