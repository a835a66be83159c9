//! `awsd complete`: what could stand at a place of a command line. Shells call it while the person types; it never asks
//! for a code.

use awsd_proto::{Event, Request};
use clap::{Arg, Command};

use super::{Outcome, done};
use crate::cli::{Complete, definition};
use crate::context;
use crate::converse;
use crate::output;

/// The name that the help gives to values that are profiles.
const PROFILE: &str = "PROFILE";

pub(super) fn run(options: &Complete) -> Outcome {
    let words: Vec<_> = options.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut definition = definition();
    definition.build();
    let place = Place::find(&definition, &words, options.index);
    // What is printed is a word a line.
    let words = place.words(profiles).into_iter().filter(|word| !word.contains(char::is_control));
    let lines: String = words.map(|word| word + "\n").collect();
    done(output::print(lines.as_bytes()))
}

/// The names of the profiles. Where there are none, or they cannot be read, there is nothing to complete.
fn profiles() -> Vec<String> {
    let mut names = Vec::new();
    let Ok(context) = context::of_this_process() else { return names };
    let request = Request::List { profile: None, context: Box::new(context) };
    let rows = converse::ask(&request, None, |event| {
        if let Event::Profile(profile) = event {
            names.push(profile.name);
        }
    });
    if rows.is_ok() { names } else { Vec::new() }
}

/// What the words before it say about a place.
struct Place<'a> {
    /// What is there so far.
    begun: &'a str,
    expected: Expected<'a>,
}

enum Expected<'a> {
    /// The value of an argument.
    Value(&'a Arg),
    /// An option of this command.
    Option(&'a Command),
    /// The name of a command.
    Name(&'a Command),
    /// Something that awsd knows nothing about.
    Anything,
}

impl<'a> Place<'a> {
    fn find(definition: &'a Command, words: &'a [String], index: usize) -> Self {
        let begun = words.get(index).map_or("", String::as_str);
        Self { begun, expected: expected(definition, words.get(1..index).unwrap_or_default(), begun) }
    }

    /// What fits, in the order in which it is defined.
    fn words(&self, profiles: impl Fn() -> Vec<String>) -> Vec<String> {
        let all = match self.expected {
            Expected::Value(argument) => values(argument, profiles),
            Expected::Option(command) => {
                let options = command.get_arguments().filter(|argument| !argument.is_hide_set());
                options.filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
            }
            Expected::Name(command) => {
                let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
                visible.map(|command| command.get_name().to_owned()).collect()
            }
            Expected::Anything => Vec::new(),
        };
        all.into_iter().filter(|word| word.starts_with(self.begun)).collect()
    }
}

fn expected<'a>(definition: &'a Command, before: &[String], begun: &str) -> Expected<'a> {
    let (mut command, mut positions, mut option) = (definition, 0, None);
    for word in before {
        if option.take().is_some() {
        } else if word == "--" {
            return Expected::Anything;
        } else if word.starts_with('-') {
            option = option_with_value(command, word);
        } else if let Some(inner) = command.find_subcommand(word) {
            command = inner;
        } else {
            positions += 1;
        }
    }
    if let Some(option) = option {
        return Expected::Value(option);
    }
    if begun.starts_with('-') {
        return Expected::Option(command);
    }
    if command.has_subcommands() {
        return Expected::Name(command);
    }
    let is_many = |argument: &Arg| argument.get_num_args().is_some_and(|many| many.max_values() > 1);
    let mut arguments = command.get_positionals().filter(|argument| !argument.is_last_set());
    let many = command.get_positionals().find(|argument| is_many(argument) && !argument.is_last_set());
    arguments.nth(positions).or(many).map_or(Expected::Anything, Expected::Value)
}

/// The option of this name, where its value is the next word.
fn option_with_value<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.strip_prefix("--")?;
    command.get_opts().find(|option| option.get_long() == Some(name))
}

fn values(argument: &Arg, profiles: impl Fn() -> Vec<String>) -> Vec<String> {
    let known = argument.get_possible_values();
    let is_profile = argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == PROFILE));
    if is_profile {
        return profiles();
    }
    known.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is offered where `|` stands, at the end of the line.
    fn offered(line: &str) -> Vec<String> {
        let words: Vec<_> = line.split(' ').map(|word| word.trim_end_matches('|').to_owned()).collect();
        let mut definition = definition();
        definition.build();
        let place = Place::find(&definition, &words, words.len() - 1);
        place.words(|| ["dev", "prod"].map(str::to_owned).into())
    }

    #[test]
    fn names_of_profiles_stand_wherever_a_profile_is_expected() {
        for line in [
            "awsd exec |",
            "awsd export --format fish |",
            "awsd credential-process |",
            "awsd console |",
            "awsd login |",
            "awsd login dev |",
            "awsd logout |",
            "awsd mfa 123456 --for |",
            "awsd exec --region eu-west-1 --no-prompt |",
        ] {
            assert_eq!(offered(line), ["dev", "prod"], "{line}");
        }
        assert_eq!(offered("awsd exec p|"), ["prod"]);
    }

    #[test]
    fn nothing_is_offered_where_awsd_knows_nothing() {
        for line in
            ["awsd exec dev |", "awsd exec dev -- |", "awsd exec dev -- aws d|", "awsd exec --region |"]
        {
            assert_eq!(offered(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn verbs_options_and_values_are_those_of_the_definition() {
        let verbs = offered("awsd |");
        assert!(verbs.iter().any(|verb| verb == "exec") && verbs.iter().all(|verb| verb != "renew"));
        assert_eq!(offered("awsd ex|"), ["exec", "export"]);
        assert!(offered("awsd daemon sta|").contains(&"status".to_owned()));
        assert_eq!(offered("awsd exec dev --vi|"), ["--via"]);
        assert_eq!(offered("awsd exec dev --via |"), ["env", "process", "server"]);
        assert!(offered("awsd exec --|").contains(&"--help".to_owned()));
        assert!(!offered("awsd with-own-files --|").contains(&"--if-it-writes".to_owned()));
        assert!(offered("awsd init |").contains(&"zsh".to_owned()));
    }

    #[test]
    fn places_that_are_not_there_are_no_problem() {
        let definition = definition();
        for (words, index) in [(&[][..], 0), (&[], 7), (&["awsd".to_owned()], 0)] {
            assert!(Place::find(&definition, words, index).words(Vec::new).len() < 100);
        }
    }
}
