//! What travels with a request from the caller's environment, and who the caller is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use awsd_proto::endpoint::Endpoint;
use awsd_proto::{Caller, Context, INSIDE, Secret};

use crate::failure::{Exit, Failure};
use crate::render::text::safe;

/// The longest text about a command that is shown beside a question, in characters.
const MAX_COMMAND: usize = 120;

/// Set beside `AWS_REGION`, to the same value, where awsd put it there: for another profile it does not count.
pub(crate) const HANDED_OUT_REGION: &str = "AWSD_REGION";

/// Where the files of the person are, for processes whose `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` were made by
/// awsd: it never reads what it has made. A file that the person names there afterwards is the person's own.
pub(crate) const SOURCE_CONFIG_FILE: &str = "AWSD_SOURCE_CONFIG_FILE";
/// See [`SOURCE_CONFIG_FILE`].
pub(crate) const SOURCE_CREDENTIALS_FILE: &str = "AWSD_SOURCE_SHARED_CREDENTIALS_FILE";

/// Reads this process's environment.
pub(crate) fn of_this_process() -> Result<Context, Failure> {
    let var = |name: &str| std::env::var_os(name);
    let made_in = Endpoint::locate(var).ok().map(|endpoint| endpoint.directory().to_owned());
    Environment { var: &var, directory: &std::env::current_dir, made_in }.context()
}

/// Where the values come from.
struct Environment<'a> {
    var: &'a dyn Fn(&str) -> Option<OsString>,
    directory: &'a dyn Fn() -> std::io::Result<PathBuf>,
    /// Where all is that awsd makes.
    made_in: Option<PathBuf>,
}

impl Environment<'_> {
    fn context(&self) -> Result<Context, Failure> {
        Ok(Context {
            config_file: self.file("AWS_CONFIG_FILE", SOURCE_CONFIG_FILE, ".aws/config")?,
            credentials_file: self.file(
                "AWS_SHARED_CREDENTIALS_FILE",
                SOURCE_CREDENTIALS_FILE,
                ".aws/credentials",
            )?,
            region: self.region()?,
            endpoint_url: self.value("AWS_ENDPOINT_URL")?,
            endpoint_url_sts: self.value("AWS_ENDPOINT_URL_STS")?,
            endpoint_url_iam: self.value("AWS_ENDPOINT_URL_IAM")?,
            ignore_configured_endpoint_urls: self.value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?,
            use_fips_endpoint: self.value("AWS_USE_FIPS_ENDPOINT")?,
            use_dualstack_endpoint: self.value("AWS_USE_DUALSTACK_ENDPOINT")?,
            ca_bundle: self.path("AWS_CA_BUNDLE")?,
            https_proxy: self.first(["HTTPS_PROXY", "https_proxy"])?,
            no_proxy: self.first(["NO_PROXY", "no_proxy"])?,
            home: self.home().map(|home| text("HOME", home.into_os_string())).transpose()?,
            endpoint_url_sso: self.value("AWS_ENDPOINT_URL_SSO")?,
            endpoint_url_sso_oidc: self.value("AWS_ENDPOINT_URL_SSO_OIDC")?,
            endpoint_url_signin: self.value("AWS_ENDPOINT_URL_SIGNIN")?,
            login_cache_directory: self.path("AWS_LOGIN_CACHE_DIRECTORY")?,
            ec2_metadata_service_endpoint: self.value("AWS_EC2_METADATA_SERVICE_ENDPOINT")?,
            ec2_metadata_disabled: self.value("AWS_EC2_METADATA_DISABLED")?,
            container_credentials_relative_uri: self.value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")?,
            container_credentials_full_uri: self.value("AWS_CONTAINER_CREDENTIALS_FULL_URI")?,
            container_authorization_token_file: self.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")?,
            container_authorization_token: self.value("AWS_CONTAINER_AUTHORIZATION_TOKEN")?.map(Secret::new),
            inside: self.inside()?,
        })
    }

    /// An empty variable counts as unset, as in the SDKs.
    fn value(&self, name: &'static str) -> Result<Option<String>, Failure> {
        (self.var)(name).filter(|value| !value.is_empty()).map(|value| text(name, value)).transpose()
    }

    /// The programs of sources that this process runs in, as the daemon has named them.
    fn inside(&self) -> Result<Vec<String>, Failure> {
        let marks = self.value(INSIDE)?.unwrap_or_default();
        Ok(marks.split(',').filter(|mark| !mark.is_empty()).map(str::to_owned).collect())
    }

    fn first(&self, names: [&'static str; 2]) -> Result<Option<String>, Failure> {
        match self.value(names[0])? {
            None => self.value(names[1]),
            found => Ok(found),
        }
    }

    /// The region that the person chose. One that came with another profile's credentials would send commands to a place
    /// where this profile has no business.
    fn region(&self) -> Result<Option<String>, Failure> {
        let handed_out = self.value(HANDED_OUT_REGION)?;
        let regions = [self.value("AWS_REGION")?, self.value("AWS_DEFAULT_REGION")?];
        Ok(regions.into_iter().flatten().find(|region| Some(region) != handed_out.as_ref()))
    }

    /// The file that a variable names, the one that it was made from, or the file's usual place in the home directory.
    fn file(&self, name: &'static str, source: &'static str, usual: &str) -> Result<Option<String>, Failure> {
        let is_made =
            |path: &String| self.made_in.as_ref().is_some_and(|made| Path::new(path).starts_with(made));
        let named = self.path(name)?;
        let own = if named.as_ref().is_some_and(is_made) { self.path(source)? } else { named };
        if own.is_some() {
            return Ok(own);
        }
        self.home().map(|home| self.absolute("HOME", home.join(usual))).transpose()
    }

    /// The daemon's working directory is another one, so the path must say everything.
    fn path(&self, name: &'static str) -> Result<Option<String>, Failure> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        let path = match (value.strip_prefix('~'), self.home()) {
            (Some(""), Some(home)) => home,
            (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
            _ => PathBuf::from(value),
        };
        self.absolute(name, path).map(Some)
    }

    fn absolute(&self, name: &'static str, path: PathBuf) -> Result<String, Failure> {
        if path.is_absolute() {
            return text(name, path.into_os_string());
        }
        let directory = (self.directory)().map_err(|error| {
            let sentence =
                format!("{name} is a relative path and the current directory is not known: {error}");
            Failure::new(Exit::Usage, sentence, format!("set {name} to an absolute path"))
        })?;
        text(name, directory.join(path).into_os_string())
    }

    fn home(&self) -> Option<PathBuf> {
        (self.var)("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
    }
}

fn text(name: &str, value: OsString) -> Result<String, Failure> {
    value.into_string().map_err(|_| {
        Failure::new(
            Exit::Usage,
            format!("the path or value that {name} stands for is not valid UTF-8"),
            format!("set {name} to another value"),
        )
    })
}

/// This process, for the person who is asked for a code.
pub(crate) fn caller(command: &str) -> Caller {
    let shown: String = safe(command).chars().take(MAX_COMMAND).collect();
    Caller { pid: Some(std::process::id()), command: Some(shown) }
}

/// A command as one line, the program without its directories.
pub(crate) fn command_line(command: &[OsString]) -> String {
    let mut words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    if let Some(program) = command.first().and_then(|program| Path::new(program).file_name()) {
        words[0] = program.to_string_lossy();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(vars: &[(&str, &str)]) -> Result<Context, Failure> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        Environment {
            var: &var,
            directory: &|| Ok(PathBuf::from("/work place")),
            made_in: Some("/run/awsd".into()),
        }
        .context()
    }

    #[test]
    fn the_files_default_to_the_home_directory() {
        let found = context(&[("HOME", "/home/alice")]).unwrap();
        assert_eq!(found.config_file.as_deref(), Some("/home/alice/.aws/config"));
        assert_eq!(found.credentials_file.as_deref(), Some("/home/alice/.aws/credentials"));
        assert_eq!(context(&[]).unwrap(), Context::default());
    }

    #[test]
    fn paths_are_made_absolute() {
        let found = context(&[
            ("HOME", "/home/alice"),
            ("AWS_CONFIG_FILE", "~/elsewhere/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "keys"),
            ("AWS_CA_BUNDLE", "/etc/ca.pem"),
        ])
        .unwrap();
        assert_eq!(found.config_file.as_deref(), Some("/home/alice/elsewhere/config"));
        assert_eq!(found.credentials_file.as_deref(), Some("/work place/keys"));
        assert_eq!(found.ca_bundle.as_deref(), Some("/etc/ca.pem"));
    }

    #[test]
    fn what_awsd_has_made_is_not_read() {
        let mut vars = vec![
            ("HOME", "/home/alice"),
            ("AWS_CONFIG_FILE", "/run/awsd/shell/1/config"),
            (SOURCE_CONFIG_FILE, "/home/alice/own"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/run/awsd/shell/1/credentials"),
            (SOURCE_CREDENTIALS_FILE, ""),
        ];
        let found = context(&vars).unwrap();
        assert_eq!(found.config_file.as_deref(), Some("/home/alice/own"));
        assert_eq!(found.credentials_file.as_deref(), Some("/home/alice/.aws/credentials"));
        // What a program passes on may be less.
        vars.retain(|(name, _)| !name.starts_with("AWSD_"));
        assert_eq!(context(&vars).unwrap().config_file.as_deref(), Some("/home/alice/.aws/config"));
    }

    #[test]
    fn a_file_named_afterwards_is_the_persons() {
        let source = (SOURCE_CONFIG_FILE, "/home/alice/own");
        let own = |vars: &[(&str, &str)]| context(vars).unwrap().config_file;
        assert_eq!(own(&[("AWS_CONFIG_FILE", "/run/other"), source]).as_deref(), Some("/run/other"));
        assert_eq!(own(&[("HOME", "/home/alice"), source]).as_deref(), Some("/home/alice/.aws/config"));
    }

    #[test]
    fn the_first_name_wins_and_an_empty_value_is_none() {
        let both = [("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "b")];
        assert_eq!(context(&both).unwrap().region.as_deref(), Some("a"));
        let empty = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "b")];
        assert_eq!(context(&empty).unwrap().region.as_deref(), Some("b"));
    }

    #[test]
    fn a_region_that_awsd_handed_out_is_not_the_persons() {
        let region = |vars: &[(&str, &str)]| context(vars).unwrap().region;
        let handed_out = [("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "a"), (HANDED_OUT_REGION, "a")];
        assert_eq!(region(&handed_out), None);
        let changed = [("AWS_REGION", "b"), ("AWS_DEFAULT_REGION", "a"), (HANDED_OUT_REGION, "a")];
        assert_eq!(region(&changed).as_deref(), Some("b"));
        let default_changed = [("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "b"), (HANDED_OUT_REGION, "a")];
        assert_eq!(region(&default_changed).as_deref(), Some("b"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_is_named() {
        use std::os::unix::ffi::OsStringExt as _;
        let var = |name: &str| (name == "AWS_REGION").then(|| OsString::from_vec(vec![0xff]));
        let failure = Environment { var: &var, directory: &|| Ok(PathBuf::from("/")), made_in: None }
            .context()
            .unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.sentence.contains("AWS_REGION"));
    }

    #[test]
    fn the_command_is_cut_and_cleaned() {
        let command = ["/usr/bin/aws", "s3\nls\u{202e}", &"x".repeat(200)].map(OsString::from);
        let shown = caller(&command_line(&command)).command.unwrap();
        assert!(shown.starts_with("aws s3\u{fffd}ls\u{fffd} xxx"), "{shown}");
        assert_eq!(shown.chars().count(), MAX_COMMAND);
    }
}
