//! How AWS is reached: region, endpoints, certificates, proxy.
//!
//! The environment wins over the files, as it does for the AWS CLI.

use super::error::{PlanError, PlanErrorKind};
use super::limits;
use super::route::Route;
use super::settings::Settings;
use super::{Environment, PlanRequest};
use crate::chain::{Role, RoleName, Service, partition};
use crate::config_file::{Profiles, Value};

/// Where STS is asked if nothing says which region.
const DEFAULT_REGIONS: [(&str, &str); 8] = [
    ("aws", "us-east-1"),
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-eusc", "eusc-de-east-1"),
    ("aws-iso", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-south-1"),
];

/// The region for the caller's program: the caller's own, else the profile's. Source profiles have no say.
pub(super) fn region(route: &Route<'_>, environment: &Environment) -> Result<Option<String>, PlanError> {
    let found = setting(route, "region", environment.region.as_deref(), "AWS_REGION or AWS_DEFAULT_REGION");
    found.map(|found| found.checked(limits::REGION_RULE, limits::is_region)).transpose()
}

/// Everything about how AWS is reached.
pub(super) fn read(
    profiles: &Profiles,
    route: &Route<'_>,
    request: &PlanRequest,
    region: Option<&str>,
    roles: &[Role],
    device: Option<&str>,
) -> Result<Service, PlanError> {
    let environment = &request.environment;
    let sts_endpoint = endpoint(profiles, route, environment, "sts")?;
    let iam_endpoint = endpoint(profiles, route, environment, "iam")?;
    let signin_endpoint = endpoint(profiles, route, environment, "signin")?;
    let fips =
        flag(route, "use_fips_endpoint", environment.use_fips_endpoint.as_deref(), "AWS_USE_FIPS_ENDPOINT")?;
    let dualstack = flag(
        route,
        "use_dualstack_endpoint",
        environment.use_dualstack_endpoint.as_deref(),
        "AWS_USE_DUALSTACK_ENDPOINT",
    )?;
    let own_endpoint = sts_endpoint.is_some() || iam_endpoint.is_some();
    for (key, on) in [("use_fips_endpoint", fips), ("use_dualstack_endpoint", dualstack)] {
        if on && own_endpoint {
            let line = route.stops.iter().take(route.fronts).find_map(|stop| stop.get(key));
            return Err(at(route, line, PlanErrorKind::EndpointConflict { key }));
        }
    }
    let region = service_region(region, roles, device);
    if !own_endpoint {
        same_partition(route, &region, roles, device)?;
    }
    let ca_bundle = setting(route, "ca_bundle", environment.ca_bundle.as_deref(), "AWS_CA_BUNDLE");
    Ok(Service {
        region,
        sts_endpoint,
        iam_endpoint,
        signin_endpoint,
        fips,
        dualstack,
        ca_bundle: ca_bundle.map(|found| found.text.to_owned()),
        https_proxy: filled(environment.https_proxy.as_deref()).map(str::to_owned),
        no_proxy: filled(environment.no_proxy.as_deref()).map(str::to_owned),
    })
}

/// A setting of the caller's environment or of the profile.
struct Setting<'a> {
    text: &'a str,
    /// The key, or the variable.
    name: &'static str,
    line: Option<&'a Value>,
    route: &'a Route<'a>,
}

impl Setting<'_> {
    fn checked(&self, rule: &'static str, is_fine: fn(&str) -> bool) -> Result<String, PlanError> {
        if is_fine(self.text) { Ok(self.text.to_owned()) } else { Err(self.bad(rule)) }
    }

    fn bad(&self, rule: &'static str) -> PlanError {
        let kind = match self.line {
            Some(_) => PlanErrorKind::BadValue { key: self.name, rule },
            None => PlanErrorKind::BadVariable { name: self.name, rule },
        };
        at(self.route, self.line, kind)
    }
}

/// The environment's value, else that of the profile asked for, else that of the profile it is another name of.
fn setting<'a>(
    route: &'a Route<'a>,
    key: &'static str,
    environment: Option<&'a str>,
    variable: &'static str,
) -> Option<Setting<'a>> {
    if let Some(text) = filled(environment) {
        return Some(Setting { text, name: variable, line: None, route });
    }
    let line = fronts(route).find_map(|stop| stop.get(key))?;
    Some(Setting { text: line.text(), name: key, line: Some(line), route })
}

fn flag(
    route: &Route<'_>,
    key: &'static str,
    environment: Option<&str>,
    variable: &'static str,
) -> Result<bool, PlanError> {
    let Some(found) = setting(route, key, environment, variable) else { return Ok(false) };
    match found.text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(found.bad("true or false")),
    }
}

/// The endpoint of a service: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's `services` section, its
/// `endpoint_url`.
pub(super) fn endpoint(
    profiles: &Profiles,
    route: &Route<'_>,
    environment: &Environment,
    service: &str,
) -> Result<Option<String>, PlanError> {
    let ignore = environment.ignore_configured_endpoint_urls.as_deref();
    if flag(route, "ignore_configured_endpoint_urls", ignore, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
        return Ok(None);
    }
    let (own, variable) = match service {
        "sts" => (&environment.endpoint_url_sts, "AWS_ENDPOINT_URL_STS"),
        "sso" => (&environment.endpoint_url_sso, "AWS_ENDPOINT_URL_SSO"),
        "sso_oidc" => (&environment.endpoint_url_sso_oidc, "AWS_ENDPOINT_URL_SSO_OIDC"),
        "signin" => (&environment.endpoint_url_signin, "AWS_ENDPOINT_URL_SIGNIN"),
        _ => (&environment.endpoint_url_iam, "AWS_ENDPOINT_URL_IAM"),
    };
    let from_environment = [(own, variable), (&environment.endpoint_url, "AWS_ENDPOINT_URL")];
    let mut found = from_environment.into_iter().find_map(|(value, name)| {
        filled(value.as_deref()).map(|text| Setting { text, name, line: None, route })
    });
    if found.is_none() {
        found = configured_endpoint(profiles, route, service)?;
    }
    found.map(|found| found.checked(limits::URL_RULE, limits::is_url)).transpose()
}

fn configured_endpoint<'a>(
    profiles: &'a Profiles,
    route: &'a Route<'a>,
    service: &str,
) -> Result<Option<Setting<'a>>, PlanError> {
    for stop in fronts(route) {
        let of_service = service_line(profiles, stop, service)?;
        if let Some(line) = of_service.or_else(|| stop.get("endpoint_url")) {
            return Ok(Some(Setting { text: line.text(), name: "endpoint_url", line: Some(line), route }));
        }
    }
    Ok(None)
}

/// `services = NAME`, and in `[services NAME]` the nested `endpoint_url` of the service.
fn service_line<'a>(
    profiles: &'a Profiles,
    stop: &Settings<'a>,
    service: &str,
) -> Result<Option<&'a Value>, PlanError> {
    let Some(line) = stop.get("services") else { return Ok(None) };
    let Some(section) = profiles.services(line.text()) else {
        let kind = PlanErrorKind::UnknownSection { section: "services", name: line.text().to_owned() };
        return Err(stop.error(Some(line), kind));
    };
    if let Some(problem) = section.spoiled() {
        return Err(PlanError::unusable(stop.name(), problem));
    }
    let url = section.get(service).and_then(|group| group.nested("endpoint_url"));
    Ok(url.filter(|url| !url.text().is_empty()))
}

/// STS is asked in the chosen region, else in the partition of the role or the device.
fn service_region(chosen: Option<&str>, roles: &[Role], device: Option<&str>) -> String {
    if let Some(region) = chosen {
        return region.to_owned();
    }
    let roles = roles.iter().rev().filter_map(role_partition);
    let wanted = roles.chain(device.and_then(device_partition)).next().unwrap_or("aws");
    let known = DEFAULT_REGIONS.iter().find(|&&(partition, _)| partition == wanted);
    known.map_or("us-east-1", |&(_, region)| region).to_owned()
}

fn same_partition(
    route: &Route<'_>,
    region: &str,
    roles: &[Role],
    device: Option<&str>,
) -> Result<(), PlanError> {
    let of_roles = roles.iter().rev().filter_map(|role| Some(("role_arn", role_partition(role)?)));
    let of_device = device.and_then(device_partition).map(|partition| ("mfa_serial", partition));
    for (key, found) in of_roles.chain(of_device) {
        if found != partition(region) {
            let line = fronts(route).find_map(|stop| stop.get("region"));
            let (partition, region) = (found.to_owned(), region.to_owned());
            return Err(at(route, line, PlanErrorKind::OtherPartition { key, partition, region }));
        }
    }
    Ok(())
}

fn role_partition(role: &Role) -> Option<&str> {
    match &role.arn {
        RoleName::Arn(arn) => limits::arn(arn).map(|arn| arn.partition),
        RoleName::Bare(_) => None,
    }
}

fn device_partition(serial: &str) -> Option<&str> {
    limits::arn(serial).map(|arn| arn.partition)
}

fn fronts<'a>(route: &'a Route<'a>) -> impl Iterator<Item = &'a Settings<'a>> {
    route.stops.iter().take(route.fronts)
}

/// An empty variable counts as not set.
pub(super) fn filled(value: Option<&str>) -> Option<&str> {
    value.filter(|text| !text.is_empty())
}

/// An error of the profile asked for, at a line of the files if one is at fault.
fn at(route: &Route<'_>, line: Option<&Value>, kind: PlanErrorKind) -> PlanError {
    let profile = route.stops.first().map_or("", Settings::name);
    PlanError::new(profile, line.map(|line| &line.origin), kind)
}
