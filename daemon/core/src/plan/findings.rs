//! Everything that is wrong with the files, for `awsd doctor`.

use std::collections::HashSet;
use std::sync::Arc;

use super::finding::{Finding, Severity};
use super::{Environment, PlanRequest, list};
use crate::config_file::{Kind, Origin, Profiles};

/// The problems of the files, and what planning each profile brings to light; each said once, in the order of the
/// lines.
pub fn findings(profiles: &Profiles, environment: &Environment) -> Vec<Finding> {
    let mut found: Vec<Finding> = profiles.problems().map(Finding::from).collect();
    found.extend(missing_files(profiles));
    // A file that cannot be read is one finding, not one for each profile.
    if profiles.unusable().is_none() {
        found.extend(of_planning(profiles, environment));
    }
    // What does not work for one profile may be a mere oddity of another: the worse is the one that is said.
    found.sort_by_key(|finding| (finding.origin.as_ref().map(place), finding.severity));
    let mut said = HashSet::new();
    found.retain(|finding| said.insert((finding.code, finding.origin.clone())));
    found
}

fn place(origin: &Origin) -> (Arc<str>, u32) {
    (Arc::clone(&origin.file), origin.line)
}

/// One of the usual files is often not there; one that somebody named should be, and without any there are no profiles.
fn missing_files(profiles: &Profiles) -> impl Iterator<Item = Finding> {
    let is_usual = |origin: &Origin| match origin.kind {
        Kind::Config => origin.file.ends_with("/.aws/config"),
        Kind::Credentials => origin.file.ends_with("/.aws/credentials"),
    };
    let counts = move |origin: &&Origin| !profiles.exist() || !is_usual(origin);
    profiles.missing().iter().filter(counts).map(|origin| {
        let variable = match origin.kind {
            Kind::Config => "AWS_CONFIG_FILE",
            Kind::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        };
        let sentence = "The file does not exist.".to_owned();
        let reason = "Profiles that should stand in it are not known.";
        Finding::warning("missing-file", origin, sentence, reason, format!("Create it, or check {variable}."))
    })
}

fn of_planning(profiles: &Profiles, environment: &Environment) -> Vec<Finding> {
    let request = PlanRequest { environment: environment.clone(), ..PlanRequest::default() };
    let mut found = Vec::new();
    for (name, planned) in list(profiles, &request) {
        match planned {
            Ok(planned) => found.extend(planned.warnings),
            Err(error) if error.is_only_settings(name) => {
                if name != "default" && !is_included(profiles, name) {
                    found.push(Finding { severity: Severity::Warning, ..error.finding() });
                }
            }
            Err(error) => found.push(error.finding()),
        }
    }
    found
}

fn is_included(profiles: &Profiles, name: &str) -> bool {
    profiles.iter().any(|profile| profile.get("include_profile").is_some_and(|value| value.text() == name))
}
