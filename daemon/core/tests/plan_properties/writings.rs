//! Files that are written differently and mean the same, and those that look alike and do not.

use awsd_core::chain::{Base, Chain};
use awsd_core::config_file::{Profiles, Value};
use awsd_core::plan::{PlanError, PlanErrorKind, plan};
use awsd_core::time::Wall;
use proptest::prelude::*;

use crate::world::{PROFILES, World, files, name, worlds};
use crate::{model, outcomes, profiles, request};

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n";
const KEYS: &str = "[keys]\naws_access_key_id = AKID\naws_secret_access_key = s\n";

fn chain(config: &str, credentials: &str) -> Result<Chain, PlanError> {
    plan(&profiles(config, credentials), &request("p")).map(|planned| planned.chain)
}

/// What every profile comes to, without the numbers of the lines. Profiles of no world are left out.
fn meaning(profiles: &Profiles) -> Vec<(String, Result<String, &'static str>)> {
    outcomes(
        profiles,
        |planned| format!("{:?}", (&planned.chain, &planned.base_profile)),
        |error| error.kind.code(),
    )
    .into_iter()
    .filter(|(name, _)| name.starts_with('p'))
    .collect()
}

/// Moves the lines of each profile that `moved` says to a profile that it includes.
fn with_includes(world: &World, moved: &[bool]) -> (String, String) {
    let (config, credentials) = files(world);
    let mut moved = moved.iter().cycle();
    let (mut rewritten, mut common) = (String::new(), String::new());
    for section in config.split("[profile ").skip(1) {
        let (name, lines) = section.split_once("]\n").unwrap_or((section, ""));
        rewritten += &format!("[profile {name}]\ninclude_profile = of-{name}\n");
        common += &format!("[profile of-{name}]\n");
        for line in lines.lines() {
            // The halves of a key stay together: only together they mean something.
            let movable = !line.starts_with("aws_");
            let to = if movable && moved.next() == Some(&true) { &mut common } else { &mut rewritten };
            *to += &format!("{line}\n");
        }
    }
    (rewritten + &common, credentials)
}

proptest! {
    #[test]
    fn lines_may_stand_in_an_included_profile(world in worlds(), moved in prop::collection::vec(any::<bool>(), 7)) {
        let (config, credentials) = with_includes(&world, &moved);
        let written = meaning(&crate::world::written(&world));
        assert_eq!(meaning(&profiles(&config, &credentials)), written, "{config}");
    }

    #[test]
    fn a_line_that_cannot_be_read_spoils_the_profiles_that_need_it(
        world in worlds(), victim in 0..PROFILES, in_credentials: bool, line in prop::sample::select(vec!["nonsense", "= x", "  x"]),
    ) {
        let (mut config, mut credentials) = files(&world);
        if in_credentials {
            credentials += &format!("[{}]\n{line}\n", name(victim));
        } else {
            let header = format!("[profile {}]\n", name(victim));
            config = config.replace(&header, &format!("{header}{line}\n"));
        }
        let before = meaning(&crate::world::written(&world));
        for (number, (now, before)) in meaning(&profiles(&config, &credentials)).into_iter().zip(before).enumerate() {
            let needs_it = match model::resolve(&world, number) {
                Ok(expected) => expected.stops.contains(&victim),
                // Whatever else is wrong may be met first, unless the profile itself is the one.
                Err(_) if number != victim => now != before,
                Err(_) => true,
            };
            assert_eq!(now, if needs_it { (name(number), Err("malformed-line")) } else { before });
        }
    }

    #[test]
    fn a_key_without_a_value_is_no_key(world in worlds(), empty in prop::sample::subsequence(EVERY_KEY.to_vec(), 0..9)) {
        let (config, credentials) = files(&world);
        // In profiles of the same name further up: what stands later wins.
        let lines: String = empty.iter().map(|key| format!("{key} =\n")).collect();
        let empties: String = (0..world.len()).map(|n| format!("[profile {}]\n{lines}", name(n))).collect();
        let padded = profiles(&format!("{empties}{config}"), &credentials);
        let padded: Vec<_> = meaning(&padded);
        assert_eq!(padded, meaning(&crate::world::written(&world)), "{lines}");
    }

    #[test]
    fn names_may_be_quoted(world in worlds(), quote in prop::sample::select(vec!['"', '\''])) {
        let (config, credentials) = files(&world);
        let quoted = config.replace("[profile ", &format!("[profile {quote}")).replace("]\n", &format!("{quote}]\n"));
        assert_eq!(meaning(&profiles(&quoted, &credentials)), meaning(&crate::world::written(&world)));
    }

    #[test]
    fn included_profiles_may_not_go_in_a_circle(length in 1_usize..5, tail in 0_usize..3) {
        let next = |n| if n + 1 == tail + length { tail } else { n + 1 };
        let sections = (0..tail + length).map(|n| format!("[profile p{n}]\n{ROLE}include_profile = p{}\n", next(n)));
        let error = plan(&profiles(&sections.collect::<String>(), KEYS), &request("p0")).expect_err("a circle");
        let mut path: Vec<_> = (0..tail + length).map(|n| format!("p{n}")).collect();
        path.push(format!("p{tail}"));
        assert_eq!(error.kind, PlanErrorKind::Loop { key: "include_profile", path });
    }

    #[test]
    fn a_circle_is_told_from_where_it_begins(length in 1_usize..5, tail in 0_usize..3) {
        let next = |n| if n + 1 == tail + length { tail } else { n + 1 };
        let sections = (0..tail + length).map(|n| format!("[profile p{n}]\nrole_arn = r\nsource_profile = p{}\n", next(n)));
        let error = plan(&profiles(&sections.collect::<String>(), KEYS), &request("p0")).expect_err("a circle");
        let mut path: Vec<_> = (tail..tail + length).map(|n| format!("p{n}")).collect();
        path.push(format!("p{tail}"));
        assert_eq!(error.kind, PlanErrorKind::Loop { key: "source_profile", path });
    }

    #[test]
    fn every_way_to_write_another_name_of_a_profile(
        program in prop::sample::select(vec!["awsd", "/opt/x/awsd", "'/a b/awsd'", "C:\\x\\awsd.exe", "AWSD.EXE"]),
        before in prop::sample::select(vec!["", "--no-prompt ", "--wait 5s ", "--code=123456 ", "--duration 1h --no-prompt ", "-- "]),
        after in prop::sample::select(vec!["", " --no-prompt"]),
        verb in prop::sample::select(vec!["credential-process", "export", ""]),
    ) {
        let command = format!("{program} {verb} {before}q{after}");
        let config = format!("[profile p]\ncredential_process = {command}\n[profile q]\n{ROLE}");
        let chain = chain(&config, KEYS)?;
        let is_alias = verb == "credential-process";
        assert_eq!(chain.roles.len(), usize::from(is_alias), "{command}");
        assert_eq!(matches!(chain.base, Base::Keys(_)), is_alias, "{command}");
    }

    #[test]
    fn the_prefixed_default_is_the_only_one(plain_first: bool, in_credentials: bool) {
        let (plain, prefixed) = ("[default]\nregion = eu-west-1\noutput = x\n", "[profile default]\nregion = us-west-2\n");
        let config = if plain_first { [plain, prefixed].concat() } else { [prefixed, plain].concat() };
        let credentials = if in_credentials { "[default]\noutput = y\n" } else { "" };
        let both = profiles(&config, credentials);
        let default = both.get("default").expect("a default");
        assert_eq!(default.get("region").map(Value::text), Some("us-west-2"));
        assert_eq!(default.get("output").map(Value::text), in_credentials.then_some("y"));
        let codes: Vec<_> = both.problems().map(|problem| problem.kind.code()).collect();
        assert_eq!(codes, ["replaced-default"]);
        assert!(profiles(plain, "").problems().next().is_none() && profiles(plain, "").get("default").is_some());
    }

    #[test]
    fn keys_are_words(which in 0_usize..3, odd in prop::sample::select(vec!["a b", "a\n b", "é", "a\tb"]), good in "[!-\"$-:<-~]{1,30}") {
        let with = |value: &str| {
            let mut values = ["AKID", "s", "t"];
            values[which] = value;
            let [id, secret, token] = values;
            chain("", &format!("[p]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"))
        };
        assert!(with(&good).is_ok(), "{good}");
        assert_eq!(with(odd).map_err(|error| error.kind.code()).err(), Some("bad-value"));
    }

    #[test]
    fn the_end_of_temporary_keys(
        end in 0_u64..4_000_000_000, token: bool,
        key in prop::sample::select(vec!["x_security_token_expires", "expiration", "aws_expiration"]),
        odd in prop::option::of(prop::sample::select(vec!["soon", "2026-11-23", "1970-01-01T00:00:00-01:00x"])),
    ) {
        let written = i64::try_from(end).ok().and_then(|end| jiff::Timestamp::from_second(end).ok()).expect("a date");
        let written = odd.map_or(written.to_string(), str::to_owned);
        let token_line = if token { "aws_security_token = t\n" } else { "" };
        let credentials = format!("[p]\naws_access_key_id = ASIA\naws_secret_access_key = s\n{token_line}{key} = {written}\n");
        let planned = plan(&profiles("", &credentials), &request("p"))?;
        let Base::Keys(keys) = &planned.chain.base else { panic!("{:?}", planned.chain.base) };
        assert_eq!(keys.temporary(), token);
        assert_eq!(keys.expiration, (token && odd.is_none()).then(|| Wall::from_secs(end)));
        let codes: Vec<_> = planned.warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, if token && odd.is_some() { vec!["unreadable-expiration"] } else { vec![] });
    }

    #[test]
    fn mfa_arn_is_never_used_silently(serial in prop::option::of("[A-Z]{9}"), arn in "[A-Z]{9}", same: bool) {
        let arn = if same { serial.clone().unwrap_or(arn) } else { arn };
        let line = serial.as_ref().map_or(String::new(), |serial| format!("mfa_serial = {serial}\n"));
        let config = format!("[profile p]\n{ROLE}{line}mfa_arn = {arn}\n");
        let planned = plan(&profiles(&config, KEYS), &request("p"))?;
        let differs = serial.as_ref().is_some_and(|serial| *serial != arn);
        let codes: Vec<_> = planned.warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, [if differs { "mfa-arn-differs" } else { "mfa-arn" }]);
        assert_eq!(planned.warnings[0].reason.contains("ask for no code"), serial.is_none());
        assert_eq!(planned.chain.device, serial.or(Some(arn)));
    }
}

/// Keys that mean something to the planner.
const EVERY_KEY: [&str; 19] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
    "sso_session",
    "login_session",
    "credential_process",
    "aws_session_token",
    "mfa_serial",
    "mfa_arn",
    "mfa_process",
    "region",
    "duration_seconds",
    "include_profile",
    "services",
    "endpoint_url",
    "session_tags",
];
