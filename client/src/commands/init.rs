//! `awsd init` and `awsd completions`: texts for shells to evaluate.

use super::{Outcome, done, own_path, print_json, renew};
use crate::child_env;
use crate::cli::{Completions, Init, Shell};
use crate::context;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::{init, shell::Unfit};

pub(super) fn run(options: &Init) -> Outcome {
    let context = context::of_this_process()?;
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // A shell of `awsd exec --via server`: where there is a file with profiles, its programs do not ask the address.
    let is_served = is_set("AWSD_PROFILE") && is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let made = if is_served { None } else { Some(renew::ask(&context)?.files) };
    let variables = made.as_ref().map(|files| child_env::files(files, &context)).unwrap_or_default();
    if options.shell == Shell::Json {
        let object: serde_json::Map<_, _> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        return done(print_json(&object));
    }
    let text = init::text(options.shell, &variables, &own_path()?).map_err(|unfit| refused(&unfit))?;
    done(output::print(text.as_bytes()))
}

pub(super) fn completions(options: &Completions) -> Outcome {
    let text = init::completions(options.shell, &own_path()?).map_err(|unfit| refused(&unfit))?;
    done(output::print(text.as_bytes()))
}

fn refused(unfit: &Unfit) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("{} cannot be written for this shell: it has {}", unfit.variable, unfit.problem),
        "rename the file or directory",
    )
}
