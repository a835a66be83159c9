//! The profiles, each with what it is and what is unusual about it; and which files could not be read as a whole, because
//! profiles may be missing then.

use std::collections::BTreeSet;

use awsd_core::chain::{Base, Chain, RoleName};
use awsd_core::config_file::Profiles;
use awsd_core::plan::{self, Finding, PlanError, PlanRequest, Planned};
use awsd_proto::{self as proto, Context, Error, Event, ProfileRow, Severity};

use super::{View, planning};
use crate::world::World;

/// One row per profile, in the order of the files, or only the one of this profile, if there is it. Broken settings do not matter here.
pub(super) fn rows<W: World>(
    world: &mut W,
    view: &View<'_>,
    profile: Option<&str>,
    context: &Context,
) -> Result<Vec<Event>, Error> {
    let profiles = world.profiles(context)?;
    let settings = world.settings().unwrap_or_default();
    let request = planning::request(world, &settings, context);
    let row = |(name, planned): (&str, Result<Planned, PlanError>)| {
        let row = match planned {
            Ok(planned) => usable(view, name, planned),
            Err(error) => broken(name, &error),
        };
        Event::Profile(Box::new(row))
    };
    if let Some(name) = profile {
        let request = PlanRequest { profile: name.to_owned(), ..request };
        let found = profiles.get(name).map(|_| row((name, plan::plan(&profiles, &request))));
        return Ok(found.into_iter().collect());
    }
    Ok(plan::list(&profiles, &request).map(row).chain(unread(&profiles)).collect())
}

/// One row per file; which lines they are is for doctor to say.
fn unread(profiles: &Profiles) -> impl Iterator<Item = Event> {
    let spoiled = profiles.problems().filter(|problem| problem.kind.spoils());
    let files: BTreeSet<_> = spoiled.map(|problem| &*problem.origin.file).collect();
    files.into_iter().map(|file| {
        Event::Finding(proto::Finding {
            severity: Severity::Error,
            code: "unread-lines".to_owned(),
            sentence: "Lines of the file cannot be read.".to_owned(),
            reason: "Profiles may be missing here.".to_owned(),
            fix: "`awsd doctor` says which lines, and what mends them.".to_owned(),
            file: Some(file.to_owned()),
            line: None,
        })
    })
}

fn usable(view: &View<'_>, name: &str, planned: Planned) -> ProfileRow {
    let Planned { chain, base_profile, commands: _, warnings } = planned;
    ProfileRow {
        name: name.to_owned(),
        kind: kind(&chain).to_owned(),
        role_arn: chain.roles.last().map(|role| match &role.arn {
            RoleName::Arn(name) | RoleName::Bare(name) => name.clone(),
        }),
        source: Some(base_profile),
        recency: view.recent.place(name),
        remaining: view.core.remaining(view.now, &chain).map(|left| left.as_secs()),
        device: chain.device,
        region: chain.region,
        errors: Vec::new(),
        warnings: warnings.iter().map(line).collect(),
    }
}

/// Settings alone are as little an error here as they are for doctor.
fn broken(name: &str, error: &PlanError) -> ProfileRow {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let said = if error.is_only_settings(name) { &mut warnings } else { &mut errors };
    said.push(line(&error.finding()));
    ProfileRow {
        name: name.to_owned(),
        kind: "broken".to_owned(),
        role_arn: None,
        source: None,
        device: None,
        region: None,
        remaining: None,
        recency: None,
        errors,
        warnings,
    }
}

fn kind(chain: &Chain) -> &'static str {
    match &chain.base {
        _ if !chain.roles.is_empty() => "role",
        Base::Keys(keys) if keys.temporary() => "keys",
        Base::Keys(_) => "user",
        Base::Source { .. } => "source",
    }
}

fn line(finding: &Finding) -> String {
    let Finding { sentence, fix, origin, .. } = finding;
    match origin {
        Some(origin) => format!("{origin}: {sentence} {fix}"),
        None => format!("{sentence} {fix}"),
    }
}
