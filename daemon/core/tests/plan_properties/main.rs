//! Properties of the planner over random profiles: compared with a second, recursive statement of the rules, and with
//! what must hold whatever the rules are.

#![allow(
    clippy::expect_used,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test: a failed expectation is a failed test, and it may allocate"
)]

mod doctor;
mod files;
mod headers;
mod model;
mod sources;
mod text;
mod values;
mod words;
mod world;
mod writings;

use std::collections::HashSet;
use std::time::Duration;

use awsd_core::chain::{Base, Chain, RoleName};
use awsd_core::config_file::{Kind, Profiles, parse};
use awsd_core::plan::{Environment, PlanError, PlanRequest, Planned, findings, list, plan};
use awsd_core::source::Source;
use proptest::prelude::*;
use world::{PROFILES, World, key_id, name, role_arn, worlds, written};

fn request(profile: &str) -> PlanRequest {
    PlanRequest {
        profile: profile.to_owned(),
        default_session_name: "awsd-me".to_owned(),
        ..PlanRequest::default()
    }
}

fn profiles(config: &str, credentials: &str) -> Profiles {
    Profiles::merge(
        parse(Kind::Config, "config", config.as_bytes()),
        parse(Kind::Credentials, "credentials", credentials.as_bytes()),
    )
}

fn base_kind(base: &Base) -> model::Base {
    match base {
        Base::Keys(_) => model::Base::Keys,
        Base::Source { source, .. } => match &**source {
            Source::Process(_) => model::Base::Process,
            Source::Sso(_) => model::Base::Sso,
            Source::Login(_) => model::Base::Login,
            Source::WebIdentity(_) => model::Base::WebIdentity,
            Source::InstanceMetadata(_) | Source::Container(_) => model::Base::CredentialSource,
        },
    }
}

/// A plan as text, secrets and all, so that two can be compared.
fn shown(planned: &Planned) -> String {
    use secrecy::ExposeSecret as _;
    let secrets = match &planned.chain.base {
        Base::Keys(keys) => {
            let token = keys.session_token.as_ref().map(|token| token.expose_secret().to_owned());
            format!("{} {token:?}", keys.secret_access_key.expose_secret())
        }
        Base::Source { .. } => String::new(),
    };
    format!("{planned:?} {secrets}")
}

/// What every profile comes to, told in one way or another.
fn outcomes<E>(
    profiles: &Profiles,
    plan: fn(&Planned) -> String,
    error: fn(&PlanError) -> E,
) -> Vec<(String, Result<String, E>)> {
    let told = |(name, result): (&str, Result<Planned, PlanError>)| {
        (name.to_owned(), result.map(|planned| plan(&planned)).map_err(|failed| error(&failed)))
    };
    list(profiles, &request("")).map(told).collect()
}

fn everything(profiles: &Profiles) -> Vec<(String, Result<String, PlanError>)> {
    outcomes(profiles, shown, PlanError::clone)
}

fn check_against_model(world: &World, chain: &Chain, planned: &Planned, expected: &model::Expected) {
    let roles: Vec<_> = chain.roles.iter().rev().map(|role| role.profile.clone()).collect();
    assert_eq!(roles, expected.roles.iter().map(|&n| name(n)).collect::<Vec<_>>());
    for (role, &number) in chain.roles.iter().rev().zip(&expected.roles) {
        assert_eq!(role.arn, RoleName::Arn(role_arn(number)));
        assert_eq!(role.duration, world[number].duration.map(Duration::from_secs));
        assert_eq!(role.session_name, "awsd-me");
    }
    let last = *expected.stops.last().expect("there is a last stop");
    assert_eq!(planned.base_profile, name(last));
    assert_eq!(base_kind(&chain.base), expected.base);
    if let Base::Keys(keys) = &chain.base {
        assert_eq!(keys.access_key_id, key_id(last));
        assert_eq!(keys.temporary(), world[last].token);
    }
    assert_eq!(chain.device.as_deref(), model::device(world, &expected.stops));
    let region = model::region(world, expected);
    assert_eq!(chain.region.as_deref(), region);
    assert_eq!(chain.service.region, region.unwrap_or("us-east-1"));
    let mut warnings: Vec<_> = planned.warnings.iter().map(|warning| warning.code).collect();
    warnings.sort_unstable();
    assert_eq!(warnings, model::warnings(world, expected));
}

/// How many random worlds each property sees, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 2000;

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(CASES))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_profile_comes_to_what_the_rules_say(world in worlds()) {
        let profiles = written(&world);
        for number in 0..PROFILES {
            let result = plan(&profiles, &request(&name(number)));
            match (result, model::resolve(&world, number)) {
                (Ok(planned), Ok(expected)) => check_against_model(&world, &planned.chain, &planned, &expected),
                (Err(error), Err(code)) => prop_assert_eq!(error.kind.code(), code, "{}", error),
                (got, wanted) => prop_assert!(false, "p{number}: {got:?}, but the rules say {wanted:?}"),
            }
        }
    }

    #[test]
    fn no_role_is_assumed_twice_and_every_error_names_a_line(world in worlds()) {
        for (_, result) in list(&written(&world), &request("")) {
            match result {
                Ok(planned) => {
                    let roles: HashSet<_> = planned.chain.roles.iter().map(|role| &role.profile).collect();
                    prop_assert_eq!(roles.len(), planned.chain.roles.len());
                }
                Err(error) => {
                    let finding = error.finding();
                    prop_assert!(finding.file().is_some() && finding.line().is_some(), "{}", error);
                    prop_assert!(!finding.sentence.contains("secret") || error.kind.code() == "missing-key");
                }
            }
        }
    }

    #[test]
    fn planning_is_a_function_of_the_files(world in worlds()) {
        prop_assert_eq!(everything(&written(&world)), everything(&written(&world)));
    }

    #[test]
    fn a_profile_nobody_names_changes_nothing(world in worlds()) {
        let (config, credentials) = world::files(&world);
        let config = format!("{config}[profile stranger]\nregion = eu-north-1\nrole_arn = x\nnonsense\n");
        let with_stranger = profiles(&config, &credentials);
        let mut changed = everything(&with_stranger);
        changed.retain(|(name, _)| name != "stranger");
        prop_assert_eq!(changed, everything(&written(&world)));
    }

    #[test]
    fn the_duration_asked_for_is_that_of_the_last_role_only(world in worlds(), seconds in 900_u64..=43200) {
        let profiles = written(&world);
        let asked = PlanRequest { duration: Some(Duration::from_secs(seconds)), ..request("p0") };
        let (Ok(with), Ok(without)) = (plan(&profiles, &asked), plan(&profiles, &request("p0"))) else { return Ok(()) };
        let durations = |planned: &Planned| planned.chain.roles.iter().map(|r| r.duration).collect::<Vec<_>>();
        let mut expected = durations(&without);
        if let Some(last) = expected.last_mut() {
            *last = Some(Duration::from_secs(seconds));
        }
        prop_assert_eq!(durations(&with), expected);
    }

    #[test]
    fn the_callers_region_wins_and_changes_nothing_else(world in worlds()) {
        let profiles = written(&world);
        let environment = Environment { region: Some("sa-east-1".to_owned()), ..Environment::default() };
        let asked = PlanRequest { environment, ..request("p0") };
        let (Ok(with), Ok(without)) = (plan(&profiles, &asked), plan(&profiles, &request("p0"))) else { return Ok(()) };
        prop_assert_eq!(with.chain.region.as_deref(), Some("sa-east-1"));
        prop_assert_eq!(&with.chain.service.region, "sa-east-1");
        prop_assert_eq!(with.chain.service.scope(), without.chain.service.scope());
        prop_assert_eq!(with.chain.roles, without.chain.roles);
    }

    #[test]
    fn a_circle_is_an_error_for_everybody_who_leads_into_it(
        length in 1_usize..6, tail in 0_usize..4, keys_at_the_start: bool,
    ) {
        use std::fmt::Write as _;
        let mut text = String::new();
        for number in 0..tail + length {
            let next = if number + 1 == tail + length { tail } else { number + 1 };
            let _ = writeln!(text, "[profile p{number}]\nrole_arn = {}\nsource_profile = p{next}", role_arn(number));
        }
        if keys_at_the_start && length > 1 {
            // The keys of the profile asked for do not count, so they do not break the circle either.
            let _ = writeln!(text, "[profile p{tail}]\naws_access_key_id = AKIA\naws_secret_access_key = s");
        }
        let profiles = profiles(&text, "");
        let asked = if keys_at_the_start { tail } else { 0 };
        let error = plan(&profiles, &request(&name(asked))).expect_err("a circle");
        prop_assert_eq!(error.kind.code(), "loop");
    }

    #[test]
    fn anything_like_a_file_is_read_without_a_panic(text in "(\\[?(profile )?[a-c\"#; ]{0,4}\\]?( ?= ?[a-c#]{0,3})?\\r?\\n[ \\t]?){0,30}") {
        let profiles = profiles(&text, &text);
        let lines = text.lines().count() + 1;
        for problem in profiles.problems() {
            prop_assert!((1..=lines).contains(&(problem.origin.line as usize)), "{}", problem.origin);
        }
        let _ = findings(&profiles, &Environment::default());
    }
}
