//! What `awsd init` and `awsd completions` print: the files in `init/`, with the variables before them and the path of this
//! program put in, both quoted for the shell.
//!
//! Evaluated twice, they do the same as once.

use super::shell::{
    CONTROL, Unfit, Variables, fish_quoted, has_control, nu_quoted, posix_quoted, powershell_quoted, refuse,
};
use crate::cli::{CompletingShell, Shell};

/// What stands for this program in the files.
const PROGRAM: &str = "AWSD_PROGRAM";

/// The text for a shell. No variables: those that are there stay.
pub(crate) fn text(shell: Shell, variables: &Variables<'_>, awsd: &str) -> Result<String, Unfit> {
    let (syntax, own, completing) = match shell {
        Shell::Bash => (POSIX, include_str!("init/init.bash"), Some(CompletingShell::Bash)),
        Shell::Zsh => (POSIX, include_str!("init/init.zsh"), Some(CompletingShell::Zsh)),
        Shell::Fish => (FISH, include_str!("init/init.fish"), Some(CompletingShell::Fish)),
        Shell::Powershell => (POWERSHELL, include_str!("init/init.ps1"), Some(CompletingShell::Powershell)),
        Shell::Nu => (NU, include_str!("init/init.nu"), None),
        Shell::Sh | Shell::Json => (POSIX, "", None),
    };
    let refuse_program = refuse(&[("the path of awsd", awsd)], syntax.unfit, syntax.is_unfit);
    refuse(variables, syntax.unfit, syntax.is_unfit).and(refuse_program)?;
    let mut text: String = variables.iter().map(|(name, value)| (syntax.set)(name, value)).collect();
    text.push_str(&own.replace(PROGRAM, &(syntax.quoted)(awsd)));
    if let Some(shell) = completing {
        text.push_str(&completions(shell, awsd)?);
    }
    Ok(text)
}

/// The part that completes what is typed.
pub(crate) fn completions(shell: CompletingShell, awsd: &str) -> Result<String, Unfit> {
    let (syntax, own) = match shell {
        CompletingShell::Bash => (POSIX, include_str!("init/complete.bash")),
        CompletingShell::Zsh => (POSIX, include_str!("init/complete.zsh")),
        CompletingShell::Fish => (FISH, include_str!("init/complete.fish")),
        CompletingShell::Powershell => (POWERSHELL, include_str!("init/complete.ps1")),
    };
    refuse(&[("the path of awsd", awsd)], syntax.unfit, syntax.is_unfit)?;
    Ok(own.replace(PROGRAM, &(syntax.quoted)(awsd)))
}

/// How a family of shells writes things.
struct Syntax {
    quoted: fn(&str) -> String,
    /// A statement that sets a variable for this shell and its programs.
    set: fn(&str, &str) -> String,
    /// What a text cannot have here, and its name.
    is_unfit: fn(&str) -> bool,
    unfit: &'static str,
}

const POSIX: Syntax = Syntax {
    quoted: posix_quoted,
    set: |name, value| format!("export {name}={}\n", posix_quoted(value)),
    is_unfit: |value| value.contains('\0'),
    unfit: "NUL",
};

const FISH: Syntax = Syntax {
    quoted: fish_quoted,
    set: |name, value| format!("set -gx {name} {};\n", fish_quoted(value)),
    is_unfit: has_control,
    unfit: CONTROL,
};

const POWERSHELL: Syntax = Syntax {
    quoted: powershell_quoted,
    set: |name, value| format!("$Env:{name} = {}\n", powershell_quoted(value)),
    is_unfit: has_control,
    unfit: CONTROL,
};

/// Nushell evaluates nothing at its start that was not there before: the variables are asked for by the text itself.
const NU: Syntax = Syntax {
    quoted: nu_quoted,
    set: |_, _| String::new(),
    is_unfit: |value| value.contains('\0'),
    unfit: "NUL",
};

#[cfg(test)]
mod tests {
    use super::*;

    const AWSD: &str = "/opt/it's \"a\" $HOME/awsd";

    #[test]
    fn the_program_and_the_paths_are_quoted() {
        let variables = [("AWS_CONFIG_FILE", "/a b/it's")];
        for (shell, program, path) in [
            (Shell::Bash, r#"'/opt/it'\''s "a" $HOME/awsd' renew"#, r"export AWS_CONFIG_FILE='/a b/it'\''s'"),
            (Shell::Zsh, r#"'/opt/it'\''s "a" $HOME/awsd' renew"#, r"export AWS_CONFIG_FILE='/a b/it'\''s'"),
            (Shell::Fish, r#"'/opt/it\'s "a" $HOME/awsd' renew"#, r"set -gx AWS_CONFIG_FILE '/a b/it\'s';"),
            (
                Shell::Powershell,
                r#"'/opt/it''s "a" $HOME/awsd' renew"#,
                "$Env:AWS_CONFIG_FILE = '/a b/it''s'",
            ),
            (Shell::Nu, r#""/opt/it's \"a\" $HOME/awsd" renew"#, "load-env"),
        ] {
            let text = text(shell, &variables, AWSD).unwrap();
            assert!(text.contains(program) && text.contains(path), "{shell:?}: {text}");
            assert!(!text.contains(PROGRAM), "{text}");
        }
        assert_eq!(text(Shell::Sh, &variables, AWSD).unwrap(), "export AWS_CONFIG_FILE='/a b/it'\\''s'\n");
    }

    #[test]
    fn what_a_shell_cannot_read_is_refused() {
        let refused = |shell, path| text(shell, &[("AWS_CONFIG_FILE", path)], "/awsd").is_err();
        assert!(refused(Shell::Fish, "a\nb") && refused(Shell::Powershell, "a\nb"));
        assert!(!refused(Shell::Bash, "a\nb") && refused(Shell::Bash, "\0"));
        assert!(text(Shell::Fish, &[], "/a\nb").is_err());
    }

    #[test]
    fn where_files_are_left_alone_the_rest_is_there() {
        let text = text(Shell::Zsh, &[], "/awsd").unwrap();
        assert!(!text.contains("export") && text.contains("function aws"), "{text}");
    }
}
