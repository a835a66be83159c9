//! The dialog of macOS, shown by its own scripting program.
//!
//! What is shown is handed to the script as arguments, and never becomes part of the script.

use super::boxes::{Box, Failure};
use super::{OPEN, Request};

/// One dialog, in front of the other windows. The digits can be seen: they are worth nothing once they have been used.
const SCRIPT: [&str; 7] = [
    "on run argv",
    "set {cancelLabel, windowTitle, question, patience} to argv",
    "tell me to activate",
    "set reply to display dialog question with title windowTitle default answer \"\" \
     buttons {cancelLabel, \"OK\"} default button 2 cancel button 1 giving up after (patience as integer)",
    "if gave up of reply then error number -1712",
    "return text returned of reply",
    "end run",
];

/// Apple's errors for "User canceled" and "Apple event timed out". They stand at the end of what the program complains
/// about, in any language.
const CANCELLED: &str = "(-128)";
const TIMED_OUT: &str = "(-1712)";

pub(super) const OSASCRIPT: Box = Box {
    name: "osascript",
    arguments: |request| {
        let script = SCRIPT.into_iter().flat_map(|line| ["-e", line]).map(str::to_owned);
        script.chain(arguments(request)).collect()
    },
    variables: |_| Vec::new(),
    failure: |_, complaint| match complaint.trim_end() {
        complaint if complaint.ends_with(CANCELLED) => Failure::Cancelled,
        complaint if complaint.ends_with(TIMED_OUT) => Failure::TimedOut,
        _ => Failure::NoWindow,
    },
};

/// The label comes first: it is awsd's own word, so the first argument is never taken for an option.
fn arguments(request: &Request) -> [String; 4] {
    [request.cancel.to_owned(), request.title.clone(), request.text_with_error(), OPEN.as_secs().to_string()]
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;

    #[test]
    fn what_is_shown_is_no_part_of_the_script() {
        let request = request();
        let given = (OSASCRIPT.arguments)(&request);
        let (script, arguments) = given.split_at(2 * SCRIPT.len());
        for (pair, line) in script.chunks(2).zip(SCRIPT) {
            assert_eq!(pair, ["-e", line]);
        }
        assert_eq!(arguments, ["Cancel", &request.title, &request.text_with_error(), "300"]);
        assert!(arguments[2].starts_with("wrong�code\n\ncode for"));
        assert!((OSASCRIPT.variables)(&request).is_empty());
    }

    #[test]
    fn an_error_is_known_by_its_number_in_any_language() {
        let failure = |complaint| (OSASCRIPT.failure)(Some(1), complaint);
        let cancelled = "61:120: execution error: User canceled. (-128)\n";
        assert_eq!(failure(cancelled), Failure::Cancelled);
        assert_eq!(failure("0:5: execution error: Benutzer hat abgebrochen. (-128)\n"), Failure::Cancelled);
        assert_eq!(failure("300:340: execution error: AppleEvent timed out. (-1712)\n"), Failure::TimedOut);
        let no_window = "0:9: execution error: No user interaction allowed. (-1713)\n";
        assert_eq!(failure(no_window), Failure::NoWindow);
        assert_eq!(failure(""), Failure::NoWindow);
        // Nobody's text can play an error: it is not at the end.
        assert_eq!(failure("(-128): execution error: x (-2700)\n"), Failure::NoWindow);
    }
}
