//! Which profile is meant where none is named: the person is asked at the terminal, never guessed for.

use std::cmp::Reverse;

use awsd_proto::{Event, ProfileRow, Request};

use super::finish;
use crate::connect;
use crate::context;
use crate::converse;
use crate::failure::{Exit, Failure};
use crate::terminal;

/// The profile that was named, or the one that the person chooses.
///
/// # Errors
/// Where nobody can be asked, as with any other argument that is missing.
pub(super) fn profile(named: Option<String>, no_prompt: bool) -> Result<String, Failure> {
    if let Some(profile) = named {
        return Ok(profile);
    }
    let chosen = if no_prompt || !terminal::is_there() { None } else { choose()? };
    chosen.ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "no profile is named, and nobody can be asked which",
            "awsd list shows the profiles",
        )
    })
}

fn choose() -> Result<Option<String>, Failure> {
    let mut rows = Vec::new();
    let request = Request::List { profile: None, context: Box::new(context::of_this_process()?) };
    finish(converse::ask(&request, None, |event| {
        if let Event::Profile(row) = event {
            rows.push(*row);
        }
    })?)?;
    let names = in_order(rows);
    if names.is_empty() {
        return Err(Failure::new(Exit::Failed, "there is no profile that could be used", "awsd doctor"));
    }
    terminal::pick(&connect::endpoint()?, &names)
}

/// What can be used: what was used last comes first, then what has a session, then the order of the files.
fn in_order(mut rows: Vec<ProfileRow>) -> Vec<String> {
    rows.retain(|row| row.kind != "broken");
    rows.sort_by_key(|row| (row.recency.unwrap_or(u32::MAX), Reverse(row.remaining.is_some())));
    rows.into_iter().map(|row| row.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_comes_first() {
        let row = |name: &str, kind: &str, recency, remaining| ProfileRow {
            name: name.to_owned(),
            kind: kind.to_owned(),
            role_arn: None,
            source: None,
            device: None,
            region: None,
            remaining,
            recency,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let rows = vec![
            row("first", "role", None, None),
            row("typo", "broken", None, None),
            row("held", "role", None, Some(60)),
            row("long ago", "role", Some(2), Some(60)),
            row("just now", "user", Some(1), None),
        ];
        assert_eq!(in_order(rows), ["just now", "long ago", "held", "first"]);
    }
}
