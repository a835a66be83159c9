//! Choosing one of several names at the terminal, before anything is asked of the daemon that a person would wait for.

use std::rc::Rc;

use awsd_proto::endpoint::Endpoint;

use super::asked::Words;
use super::prompt::{Input, Prompt};
use super::turn::Turn;
use super::{controlling_terminal, in_foreground, unusable};
use crate::failure::{Exit, Failure};

/// How many names are listed; more would leave the screen. The others can be typed.
const LISTED: usize = 20;

/// Asks which one. None where nobody can be asked here: there is no terminal, or it listens to somebody else.
pub(crate) fn pick(endpoint: &Endpoint, names: &[String]) -> Result<Option<String>, Failure> {
    let Some(tty) = controlling_terminal() else { return Ok(None) };
    let tty = Rc::new(tty);
    let mut reason: Option<String> = None;
    while in_foreground(&tty) {
        let Some(_turn) = Turn::take(&tty, endpoint.directory())? else { return Ok(None) };
        let mut prompt = Prompt::open(&tty, reason.as_deref(), &words(names)).map_err(unusable)?;
        let typed = loop {
            match prompt.wait(None) {
                Input::Nothing | Input::Elsewhere => {}
                // If the signal lets this go on, it asks again.
                Input::Interrupted => break None,
                Input::Line(line) => break Some(line),
                Input::Ended => {
                    drop(prompt);
                    let hint = "run it again and type its number, or name it: awsd list shows the profiles";
                    return Err(Failure::new(Exit::PersonNeeded, "no profile was chosen", hint));
                }
            }
        };
        prompt.restore();
        match typed.map(|line| chosen(names, line.expose())) {
            Some(Ok(name)) => return Ok(Some(name)),
            Some(Err(problem)) => reason = Some(problem),
            None => {}
        }
    }
    Ok(None)
}

fn words(names: &[String]) -> Words {
    let rows = names.iter().zip(1..).take(LISTED).map(|(name, number)| format!("{number:3}  {name}"));
    let more = names.len().checked_sub(LISTED).filter(|&more| more > 0);
    let more = more.map(|more| format!("     and {more} more, by name"));
    Words { list: rows.chain(more).collect(), line: "Which profile? ".to_owned(), echo: true }
}

/// A number of the list, a name, or what only one name contains.
fn chosen(names: &[String], typed: &str) -> Result<String, String> {
    let number = typed.parse().ok().and_then(|number: usize| number.checked_sub(1));
    let by_number = number.and_then(|index| names.iter().take(LISTED).nth(index));
    if let Some(name) = by_number.or_else(|| names.iter().find(|name| *name == typed)) {
        return Ok(name.clone());
    }
    let similar: Vec<_> = names.iter().filter(|name| name.contains(typed)).map(String::as_str).collect();
    match similar[..] {
        [name] => Ok(name.to_owned()),
        [] => Err(format!("no profile has {typed} in its name; type a number or a name")),
        _ => Err(format!("it could be {}", similar.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["dev", "prod", "prod-eu", "7"].map(str::to_owned).into()
    }

    #[test]
    fn a_number_a_name_or_a_part_of_one_chooses() {
        for (typed, name) in [("1", "dev"), ("prod", "prod"), ("eu", "prod-eu"), ("4", "7"), ("7", "7")] {
            assert_eq!(chosen(&names(), typed).unwrap(), name, "{typed}");
        }
        assert_eq!(chosen(&names(), "pro").unwrap_err(), "it could be prod, prod-eu");
        for typed in ["0", "5", "-1", "test", "99999999999999999999999"] {
            assert!(chosen(&names(), typed).unwrap_err().starts_with("no profile has"), "{typed}");
        }
    }

    #[test]
    fn a_long_list_does_not_fill_the_screen() {
        let names: Vec<_> = (0..30).map(|number| format!("profile-{number}")).collect();
        let list = words(&names).list;
        assert_eq!((list.len(), &*list[0], &*list[20]), (21, "  1  profile-0", "     and 10 more, by name"));
        assert_eq!(words(&names[..20]).list.len(), 20);
        assert!(chosen(&names[..], "30").is_err(), "what is not shown has no number");
    }
}
