//! The config files of commands that awsd serves: profiles with the settings that have nothing to do with credentials.
//!
//! Settings are copied from a list: a way to find credentials that is not known here must never get in.

use std::collections::BTreeSet;

use crate::config_file::{Profile, Profiles, Value};
use crate::plan::{self, PlanRequest};

/// What is copied of a profile.
const SETTINGS: [&str; 42] = [
    "account_id_endpoint_mode",
    "api_versions",
    "auth_scheme_preference",
    "ca_bundle",
    "cli_auto_prompt",
    "cli_binary_format",
    "cli_cloudformation_stack_parameters_file_format",
    "cli_error_format",
    "cli_follow_urlparam",
    "cli_help_output",
    "cli_history",
    "cli_pager",
    "cli_timestamp_format",
    "defaults_mode",
    "disable_host_prefix_injection",
    "disable_request_compression",
    "endpoint_discovery_enabled",
    "endpoint_url",
    "ignore_configured_endpoint_urls",
    "max_attempts",
    "output",
    "parameter_validation",
    "region",
    "request_checksum_calculation",
    "request_min_compression_size_bytes",
    "response_checksum_validation",
    "retry_mode",
    "s3",
    "s3_disable_express_session_auth",
    "s3_disable_multiregion_access_points",
    "s3_us_east_1_regional_endpoint",
    "s3_use_arn_region",
    "s3control",
    "sdk_ua_app_id",
    "services",
    "sigv4a_signing_region_set",
    "sts_regional_endpoints",
    "tcp_keepalive",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
    "user_agent_appid",
    "user_agent_extra",
];

/// What is copied of a service in a `[services NAME]` section.
const SERVICE_SETTINGS: [&str; 1] = ["endpoint_url"];

/// The text of the file where each profile's credentials come from `awsd`, the path of the program that is asked. For files
/// that stay: the path of the person's own is said in it.
///
/// A profile that only has settings stays what it is: there programs look at their environment, or at the machine's role.
/// Profiles and values that no config file can express again (a name with quotes of both kinds, a control character) are
/// left out.
pub fn asking(profiles: &Profiles, awsd: &str, own: Option<&str>) -> String {
    let only_settings = only_settings(profiles);
    let sections = profiles.iter().filter_map(|profile| {
        let (header, command) = header(&profile.name).zip(command(awsd, &profile.name))?;
        let asks = !only_settings.contains(&profile.name);
        let way = asks.then(|| format!("credential_process = {command}"));
        Some([vec![String::new(), header], way.into_iter().collect(), settings(profile)].concat())
    });
    text(head(own), sections.flatten(), profiles)
}

/// The profiles that have nothing to do with credentials.
fn only_settings(profiles: &Profiles) -> BTreeSet<String> {
    let request = PlanRequest::default();
    let plans = plan::list(profiles, &request);
    let only_settings =
        plans.filter(|(name, plan)| plan.as_ref().is_err_and(|error| error.is_only_settings(name)));
    only_settings.map(|(name, _)| name.to_owned()).collect()
}

/// The text of a credentials file without credentials, which says where the person's own is.
pub fn no_keys(own: Option<&str>) -> String {
    head(own) + "\n"
}

/// The text of the file where nothing says how credentials are found, so that programs look at their environment. It has
/// one profile, under its name and as the default one: with others, one profile's credentials would be taken for
/// another's.
pub fn served(profiles: &Profiles, profile: &str) -> String {
    let found = profiles.iter().find(|candidate| candidate.name == profile);
    let settings = found.map(settings).unwrap_or_default();
    let names = [Some("default"), Some(profile).filter(|name| *name != "default")];
    let headers = names.into_iter().flatten().filter_map(header);
    let sections = headers.map(|header| [vec![String::new(), header], settings.clone()].concat());
    text(head(None), sections.flatten(), profiles)
}

/// The first line, for people who open the file.
fn head(own: Option<&str>) -> String {
    match own.filter(|own| is_plain(own)) {
        Some(own) => format!("# Made by awsd; changes are lost. Yours is {own}"),
        None => "# Made by awsd; changes are lost.".to_owned(),
    }
}

/// The sections of profiles, and those that they may name.
fn text(head: String, sections: impl Iterator<Item = String>, profiles: &Profiles) -> String {
    let mut lines = vec![head];
    lines.extend(sections);
    for section in profiles.all_services() {
        let Some(header) = section_header("services", &section.name) else { continue };
        lines.extend([String::new(), header]);
        let wanted = |key: &str| SERVICE_SETTINGS.contains(&key);
        let services = section.properties.iter();
        lines.extend(services.filter_map(|service| copied(&service.key, &service.value, wanted)));
    }
    lines.join("\n") + "\n"
}

/// What is copied of a profile.
fn settings(profile: &Profile) -> Vec<String> {
    let property = |key: &&str| profile.properties.iter().find(|property| property.key == **key);
    let present = SETTINGS.iter().filter_map(|key| Some((key, property(key)?)));
    present.filter_map(|(key, property)| copied(key, &property.value, |_| true)).collect()
}

/// A profile's header; none where there is none.
fn header(profile: &str) -> Option<String> {
    if profile == "default" { Some("[default]".to_owned()) } else { section_header("profile", profile) }
}

/// A key with its value, or without one and with the lines below it.
fn copied(key: &str, value: &Value, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let nested: Vec<_> = value
        .all_nested()
        .filter(|(key, value)| wanted(key) && is_plain(key) && is_plain(value))
        .map(|(key, value)| format!("\n  {key} = {value}"))
        .collect();
    if !nested.is_empty() {
        return Some(format!("{key} ={}", nested.concat()));
    }
    let is_line = value.all_nested().next().is_none() && is_plain(value.text()) && !value.text().is_empty();
    is_line.then(|| format!("{key} = {}", value.text()))
}

/// A section's header as every AWS program reads it; none where there is none.
fn section_header(kind: &str, name: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-.@+=,:/".contains(c);
    if !is_plain(name) || name.contains(['\\', ']']) {
        return None;
    }
    let quoted = if name.chars().all(is_word) {
        name.to_owned()
    } else if !name.contains('"') {
        format!("\"{name}\"")
    } else if !name.contains('\'') {
        format!("'{name}'")
    } else {
        return None;
    };
    Some(format!("[{kind} {quoted}]"))
}

/// What the AWS programs run, some by a shell and some without.
fn command(awsd: &str, profile: &str) -> Option<String> {
    let (awsd, quoted) = (shlex::try_quote(awsd).ok()?, shlex::try_quote(profile).ok()?);
    let options_end = if profile.starts_with('-') { "-- " } else { "" };
    Some(format!("{awsd} credential-process {options_end}{quoted}"))
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::{Kind, parse};

    fn profiles(config: &str, credentials: &str) -> Profiles {
        Profiles::merge(
            parse(Kind::Config, "config", config.as_bytes()),
            parse(Kind::Credentials, "credentials", credentials.as_bytes()),
        )
    }

    fn of(config: &str, credentials: &str) -> String {
        asking(&profiles(config, credentials), "/opt/a b/awsd", None)
    }

    #[test]
    fn settings_go_through_and_nothing_that_finds_credentials() {
        let config = "[default]\nregion = eu-west-1\n[profile dev]\nrole_arn = arn\nsource_profile = keys\n\
                      mfa_serial = x\nsso_session = s\noutput = json\nnew_way = secret\ns3 =\n  addressing_style = path\n\
                      services = local\n[services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\n  other = x\n\
                      [sso-session s]\nsso_start_url = u\n";
        let credentials =
            "[keys]\naws_access_key_id = AKIA\naws_secret_access_key = secret\naws_session_token = secret\n";
        let expected = "# Made by awsd; changes are lost.\n\
            \n[default]\nregion = eu-west-1\n\
            \n[profile dev]\ncredential_process = '/opt/a b/awsd' credential-process dev\noutput = json\ns3 =\n  \
            addressing_style = path\nservices = local\n\
            \n[profile keys]\ncredential_process = '/opt/a b/awsd' credential-process keys\n\
            \n[services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\n";
        assert_eq!(of(config, credentials), expected);
    }

    #[test]
    fn what_is_served_has_one_profile_and_no_way_to_credentials() {
        let config = "[default]\nregion = eu-west-1\n[profile dev]\nrole_arn = arn\nsource_profile = default\n\
                      region = us-east-1\n[profile other]\nregion = x\n";
        let profiles =
            profiles(config, "[default]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n");
        let head = "# Made by awsd; changes are lost.\n";
        let dev = "region = us-east-1\n";
        assert_eq!(served(&profiles, "dev"), format!("{head}\n[default]\n{dev}\n[profile dev]\n{dev}"));
        assert_eq!(served(&profiles, "default"), format!("{head}\n[default]\nregion = eu-west-1\n"));
    }

    #[test]
    fn names_are_quoted_for_headers_and_for_shells() {
        let names = ["a b", "-x", "it's"];
        let keys =
            names.map(|name| format!("[{name}]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"));
        let text = of("", &keys.concat());
        for line in [
            "[profile \"a b\"]\ncredential_process = '/opt/a b/awsd' credential-process 'a b'\n",
            "[profile -x]\ncredential_process = '/opt/a b/awsd' credential-process -- -x\n",
            "[profile \"it's\"]\ncredential_process = '/opt/a b/awsd' credential-process \"it's\"\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn what_is_read_again_is_the_same() {
        let names = ["a", "a b", "it's", "-x", "ä", "a#b", "x\"y"];
        let config = names.map(|name| format!("[{name}]\nregion = r\n")).concat();
        let again = parse(Kind::Config, "again", of("", &config).as_bytes());
        assert!(again.problems.is_empty(), "{:?}", again.problems);
        let again = Profiles::merge(again, crate::config_file::File::missing(Kind::Credentials, "none"));
        assert_eq!(again.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), names);
        assert!(again.iter().all(|profile| profile.get("region").is_some()));
    }

    #[test]
    fn the_persons_own_file_is_named_on_the_first_line_only() {
        let first = |own| asking(&profiles("", ""), "awsd", own).lines().next().unwrap().to_owned();
        assert_eq!(first(Some("/a b/config")), "# Made by awsd; changes are lost. Yours is /a b/config");
        assert_eq!(first(Some("/a\n[default]")), first(None));
        assert_eq!(no_keys(Some("/keys")), "# Made by awsd; changes are lost. Yours is /keys\n");
    }

    #[test]
    fn what_cannot_be_written_again_is_left_out() {
        let text = of("", "[a'b\"c]\nregion = x\n[fine]\noutput = a\n  b\n");
        assert!(
            !text.contains("a'b") && text.contains("[profile fine]") && !text.contains("output"),
            "{text}"
        );
    }
}
