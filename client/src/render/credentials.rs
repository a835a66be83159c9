//! Credentials as `credential_process` JSON and in the formats of `export`.

use awsd_proto::{Credentials, frame};
use serde::Serialize;
use zeroize::Zeroizing;

use super::shell::{self, Unfit, Variables};
use crate::child_env::{self, Regions};
use crate::cli::Format;

/// The JSON that every SDK reads from a `credential_process`.
pub(crate) fn process_json(credentials: &Credentials) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Process<'a> {
        /// A number; a string is refused.
        version: u8,
        access_key_id: &'a str,
        secret_access_key: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        session_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expiration: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        account_id: Option<&'a str>,
    }
    frame::encode(&Process {
        version: 1,
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.as_ref().map(awsd_proto::Secret::expose),
        expiration: credentials.expiration.as_deref(),
        account_id: credentials.account_id.as_deref(),
    })
}

/// Why credentials cannot be written in a format.
#[derive(Debug)]
pub(crate) enum ExportError {
    /// A value has characters that the format cannot carry.
    Unfit(Unfit),
    /// The JSON could not be written.
    Json(serde_json::Error),
}

/// Credentials in one of the formats of `export`.
pub(crate) fn export(
    format: Format,
    profile: &str,
    credentials: &Credentials,
    regions: Regions<'_>,
) -> Result<Zeroizing<Vec<u8>>, ExportError> {
    let variables = child_env::variables(profile, credentials, regions);
    let render = match format {
        Format::Process => return process_json(credentials).map_err(ExportError::Json),
        Format::Json => return variables_json(&variables).map_err(ExportError::Json),
        Format::Ini => ini,
        Format::Env => shell::posix,
        Format::EnvNoExport => shell::plain,
        Format::Fish => shell::fish,
        Format::Powershell => shell::powershell,
        Format::WindowsCmd => shell::windows_cmd,
        Format::Nu => shell::nu,
    };
    render(&variables).map(|text| Zeroizing::new(text.into_bytes())).map_err(ExportError::Unfit)
}

/// The variables as one object.
fn variables_json(variables: &Variables<'_>) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    struct Object<'a>(&'a Variables<'a>);
    impl Serialize for Object<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }
    frame::encode(&Object(variables))
}

/// A section for a credentials file. The grammar has no quoting at all: a line end would begin another setting, a bracket
/// would end the section's name, and readers trim values and take what looks like a comment off them.
fn ini(variables: &Variables<'_>) -> Result<String, Unfit> {
    shell::refuse(variables, shell::CONTROL, shell::has_control)?;
    let named = |wanted: &'static str| variables.iter().copied().filter(move |(name, _)| *name == wanted);
    let section: Vec<_> = named("AWSD_PROFILE").collect();
    shell::refuse(&section, "a ]", |name| name.contains(']'))?;
    let mut text = String::new();
    for (_, name) in section {
        text.extend(["[", name, "]\n"]);
    }
    for (key, name) in [
        ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
        ("aws_session_token", "AWS_SESSION_TOKEN"),
        ("region", "AWS_REGION"),
    ] {
        for variable in named(name) {
            shell::refuse(&[variable], "white space, or a # or ; at its beginning", |value| {
                value.contains(char::is_whitespace) || value.starts_with(['#', ';'])
            })?;
            text.extend([key, " = ", variable.1, "\n"]);
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child_env::tests::credentials;

    fn asked(region: &str) -> Regions<'_> {
        Regions { asked: Some(region), own: None }
    }

    fn text(format: Format, profile: &str) -> String {
        let bytes = export(format, profile, &credentials(), asked("us-west-2")).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_process_json_is_exactly_what_the_sdks_expect() {
        assert_eq!(
            text(Format::Process, "dev"),
            "{\"Version\":1,\"AccessKeyId\":\"ASIAEXAMPLE\",\"SecretAccessKey\":\"se/cr+et=\",\
             \"SessionToken\":\"token\",\"Expiration\":\"2026-11-23T18:00:00Z\",\"AccountId\":\"123456789012\"}\n"
        );
    }

    #[test]
    fn json_carries_the_variables_whatever_they_hold() {
        let json: serde_json::Value = serde_json::from_str(&text(Format::Json, "a\"\n'b")).unwrap();
        assert_eq!(json["AWSD_PROFILE"], "a\"\n'b");
        assert_eq!(json["AWS_SESSION_TOKEN"], "token");
        assert_eq!(json["AWS_DEFAULT_REGION"], "us-west-2");
    }

    #[test]
    fn ini_is_a_section() {
        assert_eq!(
            text(Format::Ini, "dev"),
            "[dev]\naws_access_key_id = ASIAEXAMPLE\naws_secret_access_key = se/cr+et=\n\
             aws_session_token = token\nregion = us-west-2\n"
        );
        assert!(export(Format::Ini, "a]b", &credentials(), Regions::default()).is_err());
        for region in [" us-west-2", "us-west-2 # home", ";x"] {
            assert!(export(Format::Ini, "dev", &credentials(), asked(region)).is_err(), "{region}");
        }
    }

    #[test]
    fn a_plain_file_has_one_line_per_variable() {
        assert!(text(Format::EnvNoExport, "dev").starts_with("AWS_ACCESS_KEY_ID=ASIAEXAMPLE\n"));
        assert_eq!(text(Format::EnvNoExport, "dev").lines().count(), 9);
    }
}
