//! The environment that carries credentials to a command (`exec`) or a shell (`export`).
//!
//! What is left over from before must not win over what is handed out: every SDK looks at some of these variables before
//! it looks at the keys.

use awsd_proto::{ChildFiles, Context, Credentials, Serving};

use crate::context::{HANDED_OUT_REGION, SOURCE_CONFIG_FILE, SOURCE_CREDENTIALS_FILE};

/// Removed first. Some of them are set again afterwards.
pub(crate) const UNSET: [&str; 22] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN", // botocore reads it before AWS_SESSION_TOKEN
    "AWS_CREDENTIAL_FILE",
    "AWS_PROFILE", // makes the JavaScript SDK ignore keys in the environment
    "AWS_DEFAULT_PROFILE",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "SECRET_ACCESS_KEY", // the Rust SDK falls back to it
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "BOTO_CONFIG",
    "AWSD_PROFILE",
];

/// Removed as well where the command's programs ask awsd themselves: where the person says no region, it is the profile's
/// own, which is in its config file.
pub(crate) const UNSET_REGIONS: [&str; 3] = ["AWS_REGION", "AWS_DEFAULT_REGION", HANDED_OUT_REGION];

/// A command whose programs ask awsd themselves, and what its person chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served<'a> {
    pub(crate) profile: &'a str,
    pub(crate) context: &'a Context,
    /// `--region`
    pub(crate) asked_region: Option<&'a str>,
}

impl<'a> Served<'a> {
    /// Set after [`UNSET`] and [`UNSET_REGIONS`] are removed, where the programs run awsd. No secret is among it.
    pub(crate) fn by_processes(self, files: &'a ChildFiles) -> Vec<(&'static str, &'a str)> {
        let mut variables = self.files(files);
        variables.push(("AWS_PROFILE", self.profile));
        variables
    }

    /// The same, where the programs ask an address. They do so only where no profile is chosen.
    pub(crate) fn by_address(self, serving: &'a Serving) -> Vec<(&'static str, &'a str)> {
        let mut variables = self.files(&serving.files);
        variables.extend([
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", serving.uri.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", serving.token.expose()),
        ]);
        variables
    }

    fn files(self, files: &'a ChildFiles) -> Vec<(&'static str, &'a str)> {
        let Self { profile, context, asked_region } = self;
        let mut variables = self::files(files, context);
        variables.push(("AWSD_PROFILE", profile));
        if let Some(region) = asked_region.or(context.region.as_deref()) {
            variables.extend([("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)]);
        }
        variables
    }
}

/// Files that awsd has made, and the person's own, which awsd itself reads.
pub(crate) fn files<'a>(files: &'a ChildFiles, context: &'a Context) -> Vec<(&'static str, &'a str)> {
    let mut variables = vec![
        ("AWS_CONFIG_FILE", files.config_file.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", files.credentials_file.as_str()),
        // The older SDKs of Go and JavaScript read the config file only then.
        ("AWS_SDK_LOAD_CONFIG", "1"),
    ];
    let own =
        [(SOURCE_CONFIG_FILE, &context.config_file), (SOURCE_CREDENTIALS_FILE, &context.credentials_file)];
    variables.extend(own.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?))));
    variables
}

/// Where a region may come from, beside the profile's own.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Regions<'a> {
    /// `--region`: wins over all others.
    pub(crate) asked: Option<&'a str>,
    /// What the person had set before: wins over the profile's.
    pub(crate) own: Option<&'a str>,
}

/// Set after [`UNSET`] is removed, in the order in which `export` prints them.
pub(crate) fn variables<'a>(
    profile: &'a str,
    credentials: &'a Credentials,
    regions: Regions<'a>,
) -> Vec<(&'static str, &'a str)> {
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.expose()),
    ];
    if let Some(token) = &credentials.session_token {
        variables.push(("AWS_SESSION_TOKEN", token.expose()));
    }
    if let Some(expiration) = &credentials.expiration {
        // The first is botocore's name, the second the one that other tools and prompts show.
        variables.push(("AWS_CREDENTIAL_EXPIRATION", expiration));
        variables.push(("AWS_SESSION_EXPIRATION", expiration));
    }
    // The daemon has seen the person's own, so its answer is that one if there is any.
    if let Some(region) = regions.asked.or(credentials.region.as_deref()) {
        // botocore reads only the second, other SDKs only the first.
        variables.push(("AWS_REGION", region));
        variables.push(("AWS_DEFAULT_REGION", region));
        if regions.own != Some(region) {
            variables.push((HANDED_OUT_REGION, region));
        }
    }
    variables.push(("AWSD_PROFILE", profile));
    variables
}

#[cfg(test)]
pub(crate) mod tests {
    use awsd_proto::Secret;

    use super::*;

    /// Credentials as the daemon would send them.
    pub(crate) fn credentials() -> Credentials {
        Credentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: Secret::new("se/cr+et="),
            session_token: Some(Secret::new("token")),
            expiration: Some("2026-11-23T18:00:00Z".to_owned()),
            account_id: Some("123456789012".to_owned()),
            region: Some("eu-central-1".to_owned()),
            notices: Vec::new(),
            via: awsd_proto::Via::Env,
        }
    }

    #[test]
    fn a_session_sets_everything_and_a_given_region_wins() {
        let credentials = credentials();
        assert_eq!(
            variables("dev", &credentials, Regions { asked: Some("us-west-2"), own: Some("eu-central-1") }),
            [
                ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "se/cr+et="),
                ("AWS_SESSION_TOKEN", "token"),
                ("AWS_CREDENTIAL_EXPIRATION", "2026-11-23T18:00:00Z"),
                ("AWS_SESSION_EXPIRATION", "2026-11-23T18:00:00Z"),
                ("AWS_REGION", "us-west-2"),
                ("AWS_DEFAULT_REGION", "us-west-2"),
                ("AWSD_REGION", "us-west-2"),
                ("AWSD_PROFILE", "dev"),
            ]
        );
    }

    #[test]
    fn a_region_of_the_persons_own_is_not_said_to_be_handed_out() {
        let (credentials, own) = (credentials(), Some("eu-central-1"));
        let handed_out = |own| {
            let variables = variables("dev", &credentials, Regions { asked: None, own });
            variables.into_iter().find(|(name, _)| *name == HANDED_OUT_REGION)
        };
        assert_eq!(handed_out(own), None);
        assert_eq!(handed_out(None), own.map(|region| (HANDED_OUT_REGION, region)));
    }

    #[test]
    fn what_is_not_known_is_not_set() {
        let credentials =
            Credentials { session_token: None, expiration: None, region: None, ..credentials() };
        let names: Vec<_> =
            variables("dev", &credentials, Regions::default()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWSD_PROFILE"]);
    }

    #[test]
    fn all_that_is_set_is_removed_first_save_the_region() {
        // A region from the shell stays where no other is known.
        for (name, _) in variables("dev", &credentials(), Regions::default()) {
            assert_eq!(UNSET.contains(&name), !name.ends_with("REGION"), "{name}");
        }
    }
}
