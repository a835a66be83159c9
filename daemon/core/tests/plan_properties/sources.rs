//! Where credentials may come from other than keys, and what each of these sources needs.

use awsd_core::chain::Base;
use awsd_core::plan::plan;
use awsd_core::source::{Process, Source};
use proptest::prelude::*;

use crate::{profiles, request};

const START_URL: &str = "sso_start_url = https://example.awsapps.com/start\n";
const REGION: &str = "sso_region = eu-west-1\n";

/// What a profile's `sso_session` names.
#[derive(Debug, Clone, Copy)]
enum Session {
    /// There is no such line.
    None,
    /// A section that does not exist.
    Unknown,
    /// A section with a line that cannot be read.
    Broken,
    Section(Lines),
}

/// Which of the lines are there that say where to sign in.
#[derive(Debug, Clone, Copy)]
struct Lines {
    start_url: bool,
    region: bool,
}

/// What a profile says about SSO itself.
#[derive(Debug, Clone, Copy)]
struct Own {
    account: bool,
    role: bool,
    lines: Lines,
}

fn any_lines() -> impl Strategy<Value = Lines> {
    any::<(bool, bool)>().prop_map(|(start_url, region)| Lines { start_url, region })
}

fn sessions() -> impl Strategy<Value = Session> {
    let section = any_lines().prop_map(Session::Section);
    prop_oneof![2 => Just(Session::None), 1 => Just(Session::Unknown), 1 => Just(Session::Broken), 4 => section]
}

fn owns() -> impl Strategy<Value = Own> {
    let parts = (prop::bool::weighted(0.8), prop::bool::weighted(0.8), any_lines());
    parts.prop_map(|(account, role, lines)| Own { account, role, lines })
}

impl Lines {
    fn text(self) -> String {
        [line(self.start_url, START_URL), line(self.region, REGION)].concat()
    }
}

fn line(there: bool, line: &str) -> &str {
    if there { line } else { "" }
}

fn written(own: Own, session: Session) -> String {
    let lines = [
        "[profile p]\n",
        line(own.account, "sso_account_id = 111122223333\n"),
        line(own.role, "sso_role_name = r\n"),
        &own.lines.text(),
        line(!matches!(session, Session::None), "sso_session = s\n"),
    ];
    let section = match session {
        Session::None | Session::Unknown => String::new(),
        Session::Broken => format!("[sso-session s]\n{START_URL}{REGION}nonsense\n"),
        Session::Section(lines) => format!("[sso-session s]\n{}", lines.text()),
    };
    lines.concat() + &section
}

/// Whether SSO gives the credentials, or the code of the error.
fn expected(own: Own, session: Session) -> Result<(), &'static str> {
    let is_whole = match session {
        _ if !own.account && !own.role => {
            let hints = own.lines.start_url || !matches!(session, Session::None);
            return Err(if hints { "missing-key" } else { "no-credentials" });
        }
        _ if !own.account || !own.role => false,
        Session::None => own.lines.start_url && own.lines.region,
        Session::Unknown => return Err("unknown-section"),
        Session::Broken => return Err("malformed-line"),
        Session::Section(lines) => lines.start_url && lines.region,
    };
    if is_whole { Ok(()) } else { Err("missing-key") }
}

fn of(base: Base) -> Source {
    match base {
        Base::Source { source, .. } => (*source).clone(),
        Base::Keys(_) => panic!("keys"),
    }
}

proptest! {
    #[test]
    fn sso_needs_an_account_a_role_and_a_whole_session(own in owns(), session in sessions()) {
        let text = written(own, session);
        let result = plan(&profiles(&text, ""), &request("p"));
        let result = result.map(|planned| {
            assert!(matches!(of(planned.chain.base), Source::Sso(_)));
        });
        prop_assert_eq!(result.map_err(|error| error.kind.code()), expected(own, session), "{}", text);
    }

    #[test]
    fn web_identity_needs_a_role(role: bool) {
        let text = format!("[profile p]\nweb_identity_token_file = /t\n{}", line(role, "role_arn = arn:aws:iam::111122223333:role/r\n"));
        let result = plan(&profiles(&text, ""), &request("p")).map(|planned| planned.chain.base);
        if role {
            prop_assert!(matches!(of(result?), Source::WebIdentity(_)));
        } else {
            prop_assert_eq!(result.map_err(|error| error.kind.code()).err(), Some("missing-key"));
        }
    }

    #[test]
    fn other_sources_of_a_role_have_names_of_their_own(odd in "[A-Za-z]{1,12}") {
        let source = |name: &str| {
            let text = format!("[profile p]\nrole_arn = r\ncredential_source = {name}\n");
            plan(&profiles(&text, ""), &request("p")).map(|planned| planned.chain.base)
        };
        assert!(matches!(of(source("Ec2InstanceMetadata")?), Source::InstanceMetadata(_)));
        let code = |name: &str| source(name).map_err(|error| error.kind.code()).err();
        assert_eq!(code("EcsContainer"), Some("no-container"));
        assert_eq!(code("Environment"), Some("environment-source"));
        for name in ["Environment", "Ec2InstanceMetadata", "EcsContainer"] {
            for odd in [odd.clone(), name.to_lowercase()] {
                assert_eq!(code(&odd), Some("bad-value"), "{odd}");
            }
        }
    }

    #[test]
    fn the_command_of_a_process_is_kept_as_it_is_written(command in "/[a-z]{1,9}( [a-z\"'\\\\-]{1,5}){0,3}") {
        let text = format!("[profile p]\ncredential_process = {command}\n");
        let base = plan(&profiles(&text, ""), &request("p"))?.chain.base;
        let Source::Process(Process { command: read, .. }) = of(base) else { panic!("another source") };
        assert_eq!(read, command);
    }
}
