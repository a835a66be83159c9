//! Names that awsd makes up or corrects.

use awsd_core::plan::{PlanErrorKind, plan, session_name};
use proptest::prelude::*;

use crate::{profiles, request};

const KEYS: &str = "[keys]\naws_access_key_id = AKID\naws_secret_access_key = s\n";

/// `name` with so many of its characters replaced by others.
fn slipped(name: &str, slips: usize) -> String {
    name.chars().enumerate().map(|(at, c)| if at < slips { '0' } else { c }).collect()
}

proptest! {
    #[test]
    fn slips_in_names_are_corrected(name in "[a-z]{4,9}", at in 0_usize..4, far in "[0-9]{4,9}") {
        let profiles = profiles(&format!("[profile {name}]\n[profile xxxxxxxxxxxxxxx]\n"), KEYS);
        let slip = [&name[..at], &name[at + 1..]].concat();
        for wanted in [slip, name.to_uppercase()] {
            let fix = plan(&profiles, &request(&wanted)).expect_err("no such profile").finding().fix;
            assert_eq!(fix, format!("Did you mean '{name}'?"));
        }
        let error = plan(&profiles, &request(&far)).expect_err("no such profile");
        assert!(!error.finding().fix.contains("mean"));
        assert_eq!(error.to_string(), format!("There is no profile '{far}'."));
    }

    #[test]
    fn one_slip_is_allowed_in_every_three_characters_and_always_one(
        name in "[a-z]{2,16}", slips in 1_usize..6, in_credentials: bool,
    ) {
        let slips = slips.min(name.len());
        let text = if in_credentials { format!("[{name}]") } else { format!("[profile {name}]") };
        let profiles = if in_credentials { profiles("", &text) } else { profiles(&text, "") };
        let error = plan(&profiles, &request(&slipped(&name, slips))).expect_err("no such profile");
        let is_near = slips == 1 || 3 * slips <= name.len();
        let nearest = is_near.then(|| name.clone());
        assert_eq!(error.kind, PlanErrorKind::UnknownProfile { nearest, absence: None });
    }

    #[test]
    fn a_session_is_named_after_the_user_in_a_way_that_aws_accepts(user in "([A-Za-z0-9_+=,.@-]|.){0,80}") {
        let name = session_name(&user);
        let config = format!(
            "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\nrole_session_name = {name}\n"
        );
        let planned = plan(&profiles(&config, KEYS), &request("p"))?;
        assert_eq!(&planned.chain.roles[0].session_name, &name);
        let kept = name.strip_prefix("awsd-").expect("it tells who made it");
        assert_eq!(kept.len(), user.chars().count().min(59));
        for (kept, given) in kept.chars().zip(user.chars()) {
            let is_fine = given.is_ascii_alphanumeric() || "_+=,.@-".contains(given);
            assert_eq!(kept, if is_fine { given } else { '-' });
        }
    }
}
