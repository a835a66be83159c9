//! How the shells that cannot be had everywhere read what `awsd export` writes for them, by the rules of their manuals.
//!
//! Each reader knows the few statements that are needed and refuses everything else: what it accepts is more narrow than
//! the shell itself, never wider.

use std::{iter::Peekable, str::Chars};

use crate::odd::Environment;

/// PowerShell: `$Env:NAME = $null` and `$Env:NAME = 'VALUE'`, a line each.
pub(crate) fn powershell(text: &str, environment: &mut Environment) {
    for line in text.lines() {
        let statement = line.strip_prefix("$Env:").and_then(|line| line.split_once(" = "));
        let (name, value) = statement.unwrap_or_else(|| panic!("no assignment"));
        if value == "$null" {
            environment.remove(name);
        } else {
            environment.insert(name.to_owned(), verbatim_string(value));
        }
    }
}

/// A string in single quotes. PowerShell takes the typographic ones for the same; two of them in a row are the first.
fn verbatim_string(text: &str) -> String {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
    let mut rest = text.chars().peekable();
    assert!(rest.next().is_some_and(is_quote), "a string begins with a quote");
    let mut value = String::new();
    while let Some(c) = rest.next() {
        if is_quote(c) && rest.next_if(|&next| is_quote(next)).is_none() {
            assert_eq!(rest.next(), None, "something comes after the string");
            return value;
        }
        value.push(c);
    }
    panic!("the string has no end");
}

/// cmd.exe: `set "NAME=VALUE"`, a line each. Between the quotes only `%` and, where it is switched on, `!` mean anything;
/// without a value the variable is removed.
pub(crate) fn windows_cmd(text: &str, environment: &mut Environment) {
    for line in text.lines() {
        let quoted = line.strip_prefix("set \"").and_then(|line| line.strip_suffix('"'));
        let (name, value) = quoted.and_then(|quoted| quoted.split_once('=')).expect("set \"NAME=VALUE\"");
        assert!(!value.contains(['"', '%', '!']), "cmd.exe would not take {name} as it is");
        if value.is_empty() {
            environment.remove(name);
        } else {
            environment.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Nushell: `hide-env --ignore-errors NAME...`, then `load-env { NAME: "VALUE" ... }` with a variable on each line.
pub(crate) fn nu(text: &str, environment: &mut Environment) {
    let (hidden, record) = text.split_once("\nload-env {\n").expect("two statements");
    let names = hidden.strip_prefix("hide-env --ignore-errors ").expect("names to hide");
    for name in names.split(' ') {
        environment.remove(name);
    }
    for line in record.strip_suffix("}\n").expect("the end of the record").lines() {
        let (name, value) = line.trim_start().split_once(": ").expect("a variable");
        environment.insert(name.to_owned(), escaped_string(value));
    }
}

/// A string in double quotes, with escapes.
fn escaped_string(text: &str) -> String {
    let mut rest = text.chars().peekable();
    assert_eq!(rest.next(), Some('"'), "a string begins with a quote");
    let mut value = String::new();
    loop {
        match rest.next().expect("the string has an end") {
            '"' => break,
            '\\' => value.push(escape(&mut rest)),
            c => value.push(c),
        }
    }
    assert_eq!(rest.next(), None, "something comes after the string");
    value
}

/// What stands after a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>) -> char {
    match rest.next().expect("an escape has a character") {
        c @ ('"' | '\'' | '\\' | '/') => c,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            assert_eq!(rest.next(), Some('{'), "a number in braces");
            let digits: String = rest.by_ref().take_while(|&c| c != '}').collect();
            let number = u32::from_str_radix(&digits, 16).expect("a hexadecimal number");
            char::from_u32(number).expect("a character")
        }
        other => panic!("no escape: {other:?}"),
    }
}
