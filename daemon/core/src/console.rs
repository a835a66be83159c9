//! Signing in to the web console: with what, where it is asked for, and where it may lead.
//!
//! The session's secret goes to one place and the browser to another. Both are decided here, before anybody is asked for a
//! code, and nothing that a caller names may lead either of them elsewhere.

use std::fmt;

use crate::chain::{Base, Chain, Service, partition};

/// How the console is signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSignIn {
    /// The federation endpoint, which is told the session's secret and gives a token for it.
    pub federation: String,
    /// The page of the console that is shown then.
    pub destination: String,
}

/// Why nobody can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoConsole {
    /// The profile is a user's: it has no role.
    NoRole,
    /// AWS keeps this partition's console to itself.
    Partition(&'static str),
    /// The endpoint that is set would be told the secret without encryption.
    OpenEndpoint,
    /// The page is none of this partition's console, whose host this is.
    Destination(&'static str),
}

/// The hosts of sign-in and console, by partition. The others have none that is known.
const HOSTS: [(&str, &str, &str); 4] = [
    ("aws", "signin.aws.amazon.com", "console.aws.amazon.com"),
    ("aws-cn", "signin.amazonaws.cn", "console.amazonaws.cn"),
    ("aws-us-gov", "signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    ("aws-eusc", "signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"),
];

impl ConsoleSignIn {
    /// With the role of this chain. The destination is a URL of the console or a path in it; without one it is the first
    /// page.
    ///
    /// # Errors
    /// Where that cannot be, or must not.
    pub fn plan(chain: &Chain, destination: Option<&str>) -> Result<Self, NoConsole> {
        if let Base::Keys(keys) = &chain.base
            && chain.roles.is_empty()
            && !keys.temporary()
        {
            return Err(NoConsole::NoRole);
        }
        let partition = partition(&chain.service.region);
        let hosts = HOSTS.iter().find(|(name, ..)| *name == partition);
        let &(_, host, console) = hosts.ok_or(NoConsole::Partition(partition))?;
        let federation = federation(&chain.service, host)?;
        let wanted = destination.filter(|text| !text.is_empty()).unwrap_or("console");
        let destination = page(wanted, console, chain.region.as_deref());
        Ok(Self { federation, destination: destination.ok_or(NoConsole::Destination(console))? })
    }
}

/// The endpoint of the partition, or the one that replaces it.
fn federation(service: &Service, host: &str) -> Result<String, NoConsole> {
    let base = match service.signin_endpoint.as_deref() {
        Some(endpoint) if !is_private(endpoint) => return Err(NoConsole::OpenEndpoint),
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://{host}"),
    };
    Ok(format!("{base}/federation"))
}

/// Whether nobody on the way can read what is sent there. Calls to AWS are signed and do without; here the secret itself
/// is sent.
fn is_private(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return true };
    let authority = authority(rest);
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A page of the console at this host, as a whole URL.
fn page(wanted: &str, console: &str, region: Option<&str>) -> Option<String> {
    if !wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\') {
        return None;
    }
    if let Some((scheme, rest)) =
        wanted.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#']))
    {
        let host = authority(rest);
        let is_console =
            host.strip_suffix(console).is_some_and(|front| front.is_empty() || front.ends_with('.'));
        // Neither a user nor a port: `@` and `:` are no part of a name.
        let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        return (scheme == "https" && is_console && is_name).then(|| wanted.to_owned());
    }
    let path = wanted.trim_start_matches('/');
    // The name of a service alone means its first page.
    let path = if path.contains(['/', '?', '#']) { path.to_owned() } else { format!("{path}/home") };
    Some(format!("https://{console}/{}", in_region(&path, region)))
}

/// The path with the region, unless it names one.
fn in_region(path: &str, region: Option<&str>) -> String {
    let (before, fragment) = match path.split_once('#') {
        Some((before, fragment)) => (before, format!("#{fragment}")),
        None => (path, String::new()),
    };
    let query = before.split_once('?').map(|(_, query)| query);
    let names_one = query.is_some_and(|query| query.split('&').any(|part| part.starts_with("region=")));
    match region.filter(|_| !names_one) {
        Some(region) => {
            format!("{before}{}region={region}{fragment}", if query.is_some() { '&' } else { '?' })
        }
        None => path.to_owned(),
    }
}

/// What stands between the scheme and the path.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

impl NoConsole {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoRole => "use a profile with a role_arn".to_owned(),
            Self::Partition(_) => "sign in as your organisation has told you".to_owned(),
            Self::OpenEndpoint => {
                "use an https:// URL in AWS_ENDPOINT_URL_SIGNIN, AWS_ENDPOINT_URL or endpoint_url, or leave it out".to_owned()
            }
            Self::Destination(console) => {
                format!("name a path, such as ec2 or s3/buckets, or a URL that begins with https://{console}/")
            }
        }
    }
}

impl fmt::Display for NoConsole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRole => f.write_str(
                "only a role can sign in to the console this way: AWS does not take the session of a user, not even one with MFA",
            ),
            Self::Partition(name) => write!(f, "the console of the partition {name} cannot be signed in to from outside"),
            Self::OpenEndpoint => f.write_str(
                "the endpoint that is set for signing in is not encrypted, and it would be told the session's secret",
            ),
            Self::Destination(_) => f.write_str("the destination is not a page of the console"),
        }
    }
}

impl std::error::Error for NoConsole {}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "console.aws.amazon.com";

    #[test]
    fn a_path_stays_in_the_console_and_gets_the_region() {
        for (wanted, expected) in [
            ("console", "console/home?region=eu-west-1"),
            ("ec2", "ec2/home?region=eu-west-1"),
            ("/ec2/home#Instances:", "ec2/home?region=eu-west-1#Instances:"),
            ("s3/buckets/a?tab=objects", "s3/buckets/a?tab=objects&region=eu-west-1"),
            ("ec2/home?region=us-east-1#x", "ec2/home?region=us-east-1#x"),
            ("//evil.example/", "evil.example/?region=eu-west-1"),
            ("javascript:alert(1)", "javascript:alert(1)/home?region=eu-west-1"),
            ("a?b=https://evil.example", "a?b=https://evil.example&region=eu-west-1"),
            ("@evil.example/", "@evil.example/?region=eu-west-1"),
        ] {
            let found = page(wanted, CONSOLE, Some("eu-west-1"));
            assert_eq!(found, Some(format!("https://{CONSOLE}/{expected}")), "{wanted}");
        }
        assert_eq!(page("s3", CONSOLE, None), Some(format!("https://{CONSOLE}/s3/home")));
    }

    #[test]
    fn a_url_is_one_of_the_console() {
        for url in [
            "https://console.aws.amazon.com",
            "https://console.aws.amazon.com/s3/buckets/a?region=x#y",
            "https://eu-west-1.console.aws.amazon.com/ec2/home",
        ] {
            assert_eq!(page(url, CONSOLE, Some("eu-west-1")).as_deref(), Some(url));
        }
        for url in [
            "http://console.aws.amazon.com/",
            "HTTPS://console.aws.amazon.com/",
            "https://evil.example/",
            "https://console.aws.amazon.com.evil.example/",
            "https://evilconsole.aws.amazon.com/",
            "https://evil.example/console.aws.amazon.com",
            "https://evil.example?console.aws.amazon.com",
            "https://evil.example#console.aws.amazon.com",
            "https://evil.example\\.console.aws.amazon.com/",
            "https://evil.example\\@console.aws.amazon.com/",
            "https://console.aws.amazon.com@evil.example/",
            "https://evil@console.aws.amazon.com/",
            "https://console.aws.amazon.com:8443/",
            "https://console.amazonaws.cn/",
            "https://",
            "://console.aws.amazon.com/",
            "javascript://console.aws.amazon.com/%0aalert(1)",
            "https://console.aws.amazon.com/\n",
            "https://console.aws.amazon.com/ x",
            "ec2\u{2028}",
        ] {
            assert_eq!(page(url, CONSOLE, None), None, "{url}");
        }
    }

    #[test]
    fn the_secret_is_told_to_aws_or_over_tls_or_to_this_machine() {
        let at = |endpoint: &str| {
            let service = Service { signin_endpoint: Some(endpoint.to_owned()), ..Service::default() };
            federation(&service, "signin.aws.amazon.com")
        };
        assert_eq!(federation(&Service::default(), "h"), Ok("https://h/federation".to_owned()));
        for endpoint in [
            "https://proxy.example",
            "http://127.0.0.1:4566/",
            "http://[::1]:1",
            "http://localhost",
            "http://127.9.9.9/a",
        ] {
            let expected = format!("{}/federation", endpoint.trim_end_matches('/'));
            assert_eq!(at(endpoint), Ok(expected), "{endpoint}");
        }
        for endpoint in
            ["http://proxy.example", "http://127.0.0.1.evil.example", "http://localhost@evil.example"]
        {
            assert_eq!(at(endpoint), Err(NoConsole::OpenEndpoint), "{endpoint}");
        }
    }
}
