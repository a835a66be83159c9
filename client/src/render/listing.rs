//! Rows of `list`, `status`, `config`, `doctor` and `mfa`, for people.

use std::fmt::Write as _;

use awsd_proto::{
    Caller, Finding, LockedBy, ProfileRow, PromptCheck, Question, ScreenLock, SessionRow, Setting, Severity,
    Status,
};

use super::text::{safe, span, table};

/// `awsd list`: a table, and below it what is wrong or unusual.
pub(crate) fn profiles(rows: &[ProfileRow]) -> String {
    if rows.is_empty() {
        return "no profiles\n".to_owned();
    }
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            [
                row.name.clone(),
                row.kind.clone(),
                row.role_arn.as_deref().or(row.source.as_deref()).map(short_arn).unwrap_or_default(),
                row.device.as_deref().map(short_arn).unwrap_or_default(),
                row.remaining.map(span).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = table(["PROFILE", "KIND", "ROLE OR SOURCE", "MFA DEVICE", "LEFT"], &cells);
    for row in rows {
        let errors = row.errors.iter().map(|error| (Severity::Error, error));
        let warnings = row.warnings.iter().map(|warning| (Severity::Warning, warning));
        for (how_bad, sentence) in errors.chain(warnings) {
            let _ = writeln!(text, "{}: {}: {}", severity(how_bad), safe(&row.name), safe(sentence));
        }
    }
    text
}

/// How bad something is, in a word before it.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// An ARN without what is the same in all of them.
fn short_arn(arn: &str) -> String {
    match arn.split_once(":iam::") {
        Some((_, rest)) => rest.to_owned(),
        None => arn.to_owned(),
    }
}

/// `awsd status`.
pub(crate) fn status(status: &Status, sessions: &[SessionRow]) -> String {
    let mut text = daemon(status);
    if sessions.is_empty() {
        text.push_str("no sessions\n");
        return text;
    }
    let cells: Vec<_> = sessions
        .iter()
        .map(|session| {
            let mut left = span(session.remaining);
            if session.refreshing {
                left.push_str(", being renewed");
            }
            let profiles = session.profiles.join(", ");
            [session.kind.clone(), short_arn(&session.name), left, span(session.life), profiles]
        })
        .collect();
    text.push_str(&table(["SESSION", "OF", "LEFT", "LIFE", "PROFILES"], &cells));
    text
}

/// The daemon in one line, and what is unusual about it.
pub(crate) fn daemon(status: &Status) -> String {
    let mut text = format!("daemon: process {}, running for {}\n", status.pid, span(status.uptime));
    match status.questions {
        0 => {}
        1 => text.push_str("a code is waited for: awsd mfa\n"),
        several => {
            let _ = writeln!(text, "{several} codes are waited for: awsd mfa");
        }
    }
    if let Some(lock) = &status.screen_lock {
        let (desktop, its) = match &lock.desktop {
            Some(desktop) => (format!("the desktop {}", safe(desktop)), "its"),
            None => ("the desktop".to_owned(), "the"),
        };
        let _ = writeln!(text, "{desktop} asks nothing, as {its} screen counts as locked: {}", locked(lock));
    }
    if let Some(skew) = status.clock_skew {
        let direction = if skew > 0 { "behind" } else { "ahead of" };
        let seconds = span(skew.unsigned_abs());
        let _ =
            writeln!(text, "warning: the clock of this machine is {seconds} {direction} the clock of AWS");
    }
    text
}

/// By whose word, and what to do where it is not true.
fn locked(lock: &ScreenLock) -> String {
    let age = span(lock.age);
    match lock.by {
        LockedBy::LoginManager => format!("the login manager has said so for {age}"),
        LockedBy::ScreenSaver => format!("a screen saver has been on for {age}"),
        LockedBy::Request => {
            format!("that was asked for {age} ago; if nothing has locked it: loginctl unlock-session")
        }
        LockedBy::Other => format!("for {age}"),
    }
}

/// `awsd config`: as in the file, with the origin as a comment.
pub(crate) fn settings(rows: &[Setting]) -> String {
    let lines = rows
        .iter()
        .map(|row| format!("{} = {}  # {}\n", safe(&row.key), safe(&row.value), safe(&row.origin)));
    lines.collect()
}

/// `awsd doctor`.
pub(crate) fn findings(rows: &[Finding]) -> String {
    if rows.is_empty() {
        return "nothing is wrong\n".to_owned();
    }
    let mut text = String::new();
    for row in rows {
        let _ = write!(text, "{}: ", severity(row.severity));
        if let Some(file) = &row.file {
            let _ = write!(text, "{}:", safe(file));
            if let Some(line) = row.line {
                let _ = write!(text, "{line}:");
            }
            text.push(' ');
        }
        let _ = writeln!(text, "{} [{}]", safe(&row.sentence), safe(&row.code));
        let _ = writeln!(text, "  why: {}", safe(&row.reason));
        labelled(&mut text, "fix", &row.fix);
    }
    text
}

/// A text below what it belongs to, its lines below each other.
fn labelled(text: &mut String, label: &str, lines: &str) {
    for (number, line) in lines.lines().enumerate() {
        let (label, colon) = if number == 0 { (label, ':') } else { ("", ' ') };
        let _ = writeln!(text, "  {label:3}{colon} {}", safe(line));
    }
}

/// `awsd doctor --prompts`: what was tried, what mends it, and what it comes to.
pub(crate) fn prompt_checks(rows: &[PromptCheck]) -> String {
    let mut text = String::new();
    for row in rows {
        let (verdict, label) = if row.ok { ("works", "see") } else { ("fails", "fix") };
        let _ = writeln!(text, "{verdict}: {} [{}]", safe(&row.sentence), safe(&row.surface));
        labelled(&mut text, label, row.hint.as_deref().unwrap_or_default());
    }
    text.push_str(if PromptCheck::any_works_without_terminal(rows) {
        "you can be asked, also by programs without a terminal\n"
    } else if rows.iter().any(|row| row.ok) {
        "you can be asked at the terminal only; programs without one wait for: awsd mfa CODE\n"
    } else {
        "you can be asked nowhere; answer with: awsd mfa CODE\n"
    });
    text
}

/// `awsd mfa`: the open questions, why they are still open, and how to answer.
pub(crate) fn questions(rows: &[Question]) -> String {
    if rows.is_empty() {
        return "no code is waited for\n".to_owned();
    }
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut age = span(row.age);
            if row.verifying {
                age.push_str(", being checked");
            }
            [row.profile.clone(), short_arn(&row.device), age, row.waiting.to_string(), caller(&row.caller)]
        })
        .collect();
    let mut text = table(["PROFILE", "MFA DEVICE", "OPEN FOR", "WAITING", "FIRST ASKED BY"], &cells);
    for row in rows {
        if let Some(reason) = &row.reason {
            let _ = writeln!(text, "{}: {}", safe(&row.profile), safe(reason));
        }
    }
    let which = if rows.len() == 1 { "" } else { " --for PROFILE" };
    let or = if rows.iter().any(|row| row.on_desktop) { ", or on the desktop" } else { "" };
    let _ = writeln!(text, "answer with: awsd mfa CODE{which}{or}");
    text
}

/// Who asks, as far as it said so.
fn caller(caller: &Caller) -> String {
    match (&caller.command, caller.pid) {
        (Some(command), Some(pid)) => format!("{command} (process {pid})"),
        (Some(command), None) => command.clone(),
        (None, Some(pid)) => format!("process {pid}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_show_the_time_left_and_below_what_is_wrong() {
        let row = ProfileRow {
            recency: None,
            name: "dev".to_owned(),
            kind: "role".to_owned(),
            role_arn: Some("arn:aws:iam::123456789012:role/Dev".to_owned()),
            source: Some("base".to_owned()),
            device: Some("arn:aws:iam::123456789012:mfa/alice".to_owned()),
            region: None,
            remaining: Some(42_120),
            errors: vec!["there is no such source".to_owned()],
            warnings: vec!["mfa_arn is \x1b[1m read".to_owned()],
        };
        assert_eq!(
            profiles(&[row]),
            "PROFILE  KIND  ROLE OR SOURCE         MFA DEVICE              LEFT\n\
             dev      role  123456789012:role/Dev  123456789012:mfa/alice  11h 42m\n\
             error: dev: there is no such source\n\
             warning: dev: mfa_arn is \u{fffd}[1m read\n"
        );
    }

    #[test]
    fn a_finding_names_the_place_the_reason_and_the_fix() {
        let finding = Finding {
            severity: Severity::Warning,
            code: "mfa-arn".to_owned(),
            sentence: "mfa_arn is not read by the AWS CLI".to_owned(),
            reason: "other tools ask for nothing".to_owned(),
            fix: "write\nmfa_serial".to_owned(),
            file: Some("/home/a/.aws/config".to_owned()),
            line: Some(4),
        };
        assert_eq!(
            findings(&[finding]),
            "warning: /home/a/.aws/config:4: mfa_arn is not read by the AWS CLI [mfa-arn]\n  \
             why: other tools ask for nothing\n  fix: write\n       mfa_serial\n"
        );
    }

    fn question(profile: &str) -> Question {
        Question {
            id: 1,
            device: "arn:aws:iam::123456789012:mfa/alice".to_owned(),
            user: "alice".to_owned(),
            profile: profile.to_owned(),
            caller: Caller { pid: Some(7), command: Some("aws s3 ls".to_owned()) },
            waiting: 2,
            age: 75,
            reason: None,
            verifying: false,
            on_desktop: false,
        }
    }

    #[test]
    fn an_open_question_says_for_whom_since_when_and_how_to_answer() {
        assert_eq!(
            questions(&[question("dev")]),
            "PROFILE  MFA DEVICE              OPEN FOR  WAITING  FIRST ASKED BY\n\
             dev      123456789012:mfa/alice  1m        2        aws s3 ls (process 7)\n\
             answer with: awsd mfa CODE\n"
        );
    }

    #[test]
    fn several_open_questions_are_told_apart_with_what_became_of_them() {
        let mut checked = question("dev");
        checked.verifying = true;
        let refused = Question {
            reason: Some("AWS did not accept that code".to_owned()),
            caller: Caller::default(),
            on_desktop: true,
            ..question("prod\x1b")
        };
        assert_eq!(
            questions(&[checked, refused]),
            "PROFILE  MFA DEVICE              OPEN FOR           WAITING  FIRST ASKED BY\n\
             dev      123456789012:mfa/alice  1m, being checked  2        aws s3 ls (process 7)\n\
             prod\u{fffd}    123456789012:mfa/alice  1m                 2\n\
             prod\u{fffd}: AWS did not accept that code\n\
             answer with: awsd mfa CODE --for PROFILE, or on the desktop\n"
        );
    }

    #[test]
    fn the_ways_to_ask_are_shown_with_what_mends_them_and_what_it_comes_to() {
        let check = |surface: &str, ok, hint: Option<&str>| PromptCheck {
            surface: surface.to_owned(),
            ok,
            sentence: format!("the {surface} was tried"),
            hint: hint.map(ToOwned::to_owned),
        };
        let rows = [
            check("notification", true, None),
            check("dialog", false, Some("install zenity\nor kdialog")),
            check("terminal", true, None),
        ];
        assert_eq!(
            prompt_checks(&rows),
            "works: the notification was tried [notification]\n\
             fails: the dialog was tried [dialog]\n  fix: install zenity\n       or kdialog\n\
             works: the terminal was tried [terminal]\n\
             you can be asked, also by programs without a terminal\n"
        );
        assert!(prompt_checks(&rows[1..]).ends_with(
            "\nyou can be asked at the terminal only; programs without one wait for: awsd mfa CODE\n"
        ));
        assert!(
            prompt_checks(&rows[1..2]).ends_with("\nyou can be asked nowhere; answer with: awsd mfa CODE\n")
        );
        let locked = [&rows[..], &[check("screen", false, None)]].concat();
        assert!(prompt_checks(&locked).ends_with(
            "\nyou can be asked at the terminal only; programs without one wait for: awsd mfa CODE\n"
        ));
    }

    #[test]
    fn the_daemon_says_why_the_desktop_asks_nothing() {
        let lock = |by| Some(ScreenLock { by, age: 61, desktop: None });
        let status = |by| Status {
            pid: 7,
            uptime: 61,
            questions: 0,
            clock_skew: None,
            screen_lock: lock(by),
            log: None,
        };
        let asked_for = "daemon: process 7, running for 1m\nthe desktop asks nothing, as the screen counts as locked: that \
                         was asked for 1m ago; if nothing has locked it: loginctl unlock-session\n";
        assert_eq!(daemon(&status(LockedBy::Request)), asked_for);
        assert!(daemon(&status(LockedBy::LoginManager)).contains("the login manager has said so for 1m\n"));
        let desktop = Some(":1\u{1b}".to_owned());
        let one_of_several = ScreenLock { by: LockedBy::ScreenSaver, age: 61, desktop };
        let of_several = Status { screen_lock: Some(one_of_several), ..status(LockedBy::Other) };
        let text = daemon(&of_several);
        assert!(text.contains("the desktop :1"), "{text}");
        assert!(text.contains("asks nothing, as its screen counts as locked: a screen saver has"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn the_daemon_says_when_the_clock_is_wrong() {
        let status =
            Status { pid: 7, uptime: 61, questions: 1, clock_skew: Some(-120), screen_lock: None, log: None };
        assert_eq!(
            daemon(&status),
            "daemon: process 7, running for 1m\na code is waited for: awsd mfa\n\
             warning: the clock of this machine is 2m ahead of the clock of AWS\n"
        );
    }
}
