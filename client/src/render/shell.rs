//! Credentials in the syntax of a shell.
//!
//! Each format says which characters it cannot carry; a value with one of them is refused rather than changed. No format
//! carries NUL, which no environment can hold.

use std::fmt::Write as _;

use crate::child_env::UNSET;

/// A value that a format cannot carry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The variable. Its value is not told: it may be a secret.
    pub(crate) variable: &'static str,
    /// What the format cannot carry.
    pub(crate) problem: &'static str,
}

/// Variables to set, with their values.
pub(crate) type Variables<'a> = [(&'static str, &'a str)];

pub(super) const CONTROL: &str = "control characters";

/// bash, dash, zsh. Single quotes carry everything, line ends included.
pub(crate) fn posix(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, "NUL", |value| value.contains('\0'))?;
    let mut text = format!("unset {}\n", UNSET.join(" "));
    for (name, value) in variables {
        line(&mut text, format_args!("export {name}={}", posix_quoted(value)));
    }
    Ok(text)
}

pub(super) fn posix_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// `NAME=VALUE` lines, for programs that read such files: nothing is quoted, so a line end would end the value, and
/// readers differ in what they do with other control characters.
pub(crate) fn plain(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, CONTROL, has_control)?;
    let mut text = String::new();
    for (name, value) in variables {
        line(&mut text, format_args!("{name}={value}"));
    }
    Ok(text)
}

/// fish. `eval (awsd …)` splits at line ends, also within quotes.
pub(crate) fn fish(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, CONTROL, has_control)?;
    let mut text = format!("set -e {};\n", UNSET.join(" "));
    for (name, value) in variables {
        line(&mut text, format_args!("set -gx {name} {};", fish_quoted(value)));
    }
    Ok(text)
}

pub(super) fn fish_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

/// PowerShell. Piped into `Invoke-Expression` line by line, a line end would cut the value. Typographic quotes end a
/// string just as the plain one does.
pub(crate) fn powershell(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, CONTROL, has_control)?;
    let mut text = String::new();
    for name in UNSET {
        line(&mut text, format_args!("$Env:{name} = $null"));
    }
    for (name, value) in variables {
        line(&mut text, format_args!("$Env:{name} = {}", powershell_quoted(value)));
    }
    Ok(text)
}

pub(super) fn powershell_quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('\'');
    for c in value.chars() {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

/// cmd.exe. Within `set "NAME=VALUE"`, `&`, `|`, `<`, `>` and `^` are plain; `%` and `!` are expanded depending on how
/// the text is run, a quote ends the protection, and a control character ends the line or is dropped.
pub(crate) fn windows_cmd(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, "control characters, quotes, % or !", |value| {
        has_control(value) || value.contains(['"', '%', '!'])
    })?;
    let mut text = String::new();
    for name in UNSET {
        line(&mut text, format_args!("set \"{name}=\""));
    }
    for (name, value) in variables {
        line(&mut text, format_args!("set \"{name}={value}\""));
    }
    Ok(text)
}

/// Nushell. Its double quotes have escapes for every character.
pub(crate) fn nu(variables: &Variables<'_>) -> Result<String, Unfit> {
    refuse(variables, "NUL", |value| value.contains('\0'))?;
    let mut text = format!("hide-env --ignore-errors {}\nload-env {{\n", UNSET.join(" "));
    for (name, value) in variables {
        line(&mut text, format_args!("  {name}: {}", nu_quoted(value)));
    }
    text.push_str("}\n");
    Ok(text)
}

pub(super) fn nu_quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            c if c.is_control() => write!(quoted, "\\u{{{:x}}}", u32::from(c)),
            c => write!(quoted, "{c}"),
        };
    }
    quoted.push('"');
    quoted
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{line}");
}

pub(super) fn has_control(value: &str) -> bool {
    value.contains(char::is_control)
}

pub(super) fn refuse(
    variables: &Variables<'_>,
    problem: &'static str,
    unfit: impl Fn(&str) -> bool,
) -> Result<(), Unfit> {
    match variables.iter().find(|(_, value)| unfit(value)) {
        Some((variable, _)) => Err(Unfit { variable, problem }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Render = fn(&Variables<'_>) -> Result<String, Unfit>;

    /// The last line of the text for one value.
    fn last(render: Render, value: &str) -> Option<String> {
        let text = render(&[("AWSD_PROFILE", value)]).ok()?;
        text.trim_end_matches("\n}\n").lines().last().map(ToOwned::to_owned)
    }

    #[test]
    fn quotes_survive() {
        let value = r#"it's "a" \ $x `y`"#;
        assert_eq!(last(posix, value).unwrap(), r#"export AWSD_PROFILE='it'\''s "a" \ $x `y`'"#);
        assert_eq!(last(plain, value).unwrap(), r#"AWSD_PROFILE=it's "a" \ $x `y`"#);
        assert_eq!(last(fish, value).unwrap(), r#"set -gx AWSD_PROFILE 'it\'s "a" \\ $x `y`';"#);
        assert_eq!(last(powershell, value).unwrap(), r#"$Env:AWSD_PROFILE = 'it''s "a" \ $x `y`'"#);
        assert_eq!(last(nu, value).unwrap(), r#"  AWSD_PROFILE: "it's \"a\" \\ $x `y`""#);
        assert_eq!(last(windows_cmd, "a&b^c'd").unwrap(), r#"set "AWSD_PROFILE=a&b^c'd""#);
    }

    #[test]
    fn typographic_quotes_end_a_string_in_powershell_too() {
        assert_eq!(last(powershell, "a\u{2019}b").unwrap(), "$Env:AWSD_PROFILE = 'a\u{2019}\u{2019}b'");
    }

    #[test]
    fn what_a_format_cannot_carry_is_refused_and_not_shown() {
        let refusing: [(Render, &str); 5] =
            [(posix, "\0"), (plain, "\n"), (fish, "\n"), (powershell, "\r"), (nu, "\0")];
        for (render, value) in refusing {
            assert_eq!(last(render, value), None, "{value:?}");
        }
        for value in ["%", "!", "\"", "\n"] {
            assert_eq!(last(windows_cmd, value), None, "{value:?}");
        }
        let unfit = plain(&[("AWSD_PROFILE", "a\x1bb")]).unwrap_err();
        assert_eq!(unfit, Unfit { variable: "AWSD_PROFILE", problem: CONTROL });
    }

    #[test]
    fn control_characters_survive_where_the_shell_can_carry_them() {
        assert_eq!(
            posix(&[("X", "a\nb\tc")]).unwrap().lines().skip(1).collect::<Vec<_>>(),
            ["export X='a", "b\tc'"]
        );
        assert_eq!(last(nu, "a\n\x1b").unwrap(), r#"  AWSD_PROFILE: "a\u{a}\u{1b}""#);
    }

    #[test]
    fn every_shell_forgets_what_was_there_before() {
        for render in [posix, fish, powershell, windows_cmd, nu] {
            let text = render(&[]).unwrap();
            assert!(UNSET.iter().all(|name| text.contains(name)), "{text}");
        }
    }
}
