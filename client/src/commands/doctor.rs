//! `awsd doctor`: what is wrong with the AWS files, or with the ways to ask a person.

use awsd_proto::{Event, PromptCheck, Request, Severity};

use super::{Outcome, finish, print_json, prompting};
use crate::cli::{Asking, Doctor};
use crate::context;
use crate::converse;
use crate::failure::Exit;
use crate::output;
use crate::render::{listing, text::safe};

pub(super) fn run(options: &Doctor) -> Outcome {
    if options.prompts { prompts(options.json) } else { files(options.json) }
}

fn files(json: bool) -> Outcome {
    let mut findings = Vec::new();
    let request = Request::Doctor { context: Box::new(context::of_this_process()?) };
    finish(converse::ask(&request, None, |event| {
        if let Event::Finding(finding) = event {
            findings.push(finding);
        }
    })?)?;
    if json {
        print_json(&findings)?;
    } else {
        output::print(listing::findings(&findings).as_bytes())?;
    }
    let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if broken { Exit::Failed } else { Exit::Done })
}

fn prompts(json: bool) -> Outcome {
    let (prompting, _) = prompting(Asking::default(), "awsd doctor --prompts")?;
    let mut checks = Vec::new();
    let request = Request::PromptTest { prompting: Box::new(prompting) };
    finish(converse::ask(&request, None, |event| match event {
        Event::PromptCheck(check) => checks.push(check),
        // The person has to do something for the test to go on.
        Event::Progress { text } => output::complain(&format_args!("awsd: {}", safe(&text))),
        _ => {}
    })?)?;
    if json {
        print_json(&checks)?;
    } else {
        output::print(listing::prompt_checks(&checks).as_bytes())?;
    }
    Ok(if PromptCheck::any_works_without_terminal(&checks) { Exit::Done } else { Exit::Failed })
}
