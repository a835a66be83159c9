//! What a role's lines may say, and how AWS is reached.

use awsd_core::chain::{Role, RoleName};
use awsd_core::plan::{Environment, PlanError, PlanRequest, Planned, plan};
use proptest::prelude::*;

use crate::doctor::says_everything;
use crate::{profiles, request};

const ROLE: &str = "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n";
const KEYS: &str = "[keys]\naws_access_key_id = AKID\naws_secret_access_key = s\n";

fn planned(config: &str) -> Result<Planned, PlanError> {
    plan(&profiles(config, KEYS), &request("p"))
}

fn role(lines: &str) -> Result<Role, PlanError> {
    planned(&format!("{ROLE}{lines}\n")).map(|mut planned| planned.chain.roles.remove(0))
}

/// The error is about the fourth line, which is that of the value.
fn is_refused(result: Result<Role, PlanError>) -> bool {
    result.is_err_and(|error| {
        let finding = error.finding();
        error.kind.code() == "bad-value" && finding.line() == Some(4) && says_everything(&finding)
    })
}

/// A key, the pattern of its values as AWS documents it, its lengths, and where the value ends up.
type Field = (&'static str, &'static str, (usize, usize), fn(&Role) -> Option<&str>);

const FIELDS: [Field; 3] = [
    ("external_id", "[A-Za-z0-9_+=,.@:/-]", (2, 1224), |role| role.external_id.as_deref()),
    ("role_session_name", "[A-Za-z0-9_+=,.@-]", (2, 64), |role| Some(&role.session_name)),
    ("source_identity", "[A-Za-z0-9_+=,.@-]", (2, 64), |role| role.source_identity.as_deref()),
];

/// A field with an acceptable value and one of an edge length.
fn fields() -> impl Strategy<Value = (Field, String)> {
    prop::sample::select(FIELDS.to_vec()).prop_flat_map(|field| {
        let (_, class, (least, most), _) = field;
        let lengths = prop::sample::select(vec![least, least + 1, most - 1, most]);
        let value = lengths.prop_flat_map(move |length| {
            prop::string::string_regex(&format!("{class}{{{length}}}")).expect("a pattern")
        });
        (Just(field), value)
    })
}

proptest! {
    #[test]
    fn what_aws_accepts_is_taken_and_what_it_refuses_is_not(
        ((key, _, (least, most), read), value) in fields(),
        odd in prop::sample::select(vec!['!', '*', '(', 'é', '\\', '"', '~']),
    ) {
        let with = |value: &str| role(&format!("{key} = {value}"));
        assert_eq!(read(&with(&value)?), Some(value.as_str()));
        assert!(is_refused(with(&format!("{value}{odd}"))));
        assert!(is_refused(with(&"x".repeat(least - 1))));
        assert!(is_refused(with(&"x".repeat(most + 1))));
    }

    #[test]
    fn roles_by_arn_and_by_name(
        partition in "aws(-[a-z]{2,5})?", account in "[0-9]{12}", path in "([a-z0-9]{1,5}/){0,2}",
        name in "[A-Za-z0-9_+=,.@-]{1,64}",
    ) {
        let read = |arn: &str| {
            let lines = format!("[profile p]\nrole_arn = {arn}\nsource_profile = keys\nendpoint_url = http://x\n");
            planned(&lines).map(|mut planned| planned.chain.roles.remove(0).arn)
        };
        let good = format!("arn:{partition}:iam::{account}:role/{path}{name}");
        assert_eq!(read(&good)?, RoleName::Arn(good.clone()));
        assert_eq!(read(&format!("{path}{name}"))?, RoleName::Bare(format!("{path}{name}")));
        for bad in [
            format!("arn:{partition}:iam::{account}:user/{path}{name}"),
            format!("arn:{partition}:sts::{account}:role/{path}{name}"),
            format!("arn:{partition}:iam:eu:{account}:role/{path}{name}"),
            format!("arn:{partition}:iam::{account}1:role/{path}{name}"),
            format!("arn:{partition}:iam::{}x:role/{path}{name}", &account[1..]),
            format!("arn:x{partition}:iam::{account}:role/{path}{name}"),
            format!("arn:{partition}!:iam::{account}:role/{path}{name}"),
            format!("{good}!"),
            format!("{good}{}", "x".repeat(64)),
            format!("arn:{partition}:iam::{account}:role/{}/{name}", "x".repeat(513)),
            format!("{name}!"),
        ] {
            let code = read(&bad).map_err(|error| error.kind.code());
            assert_eq!(code, Err("bad-value"), "{bad}");
        }
    }

    #[test]
    fn devices(
        user in "[A-Za-z0-9_+=,.@-]{1,40}", token in "[A-Z0-9]{9,40}", account in "[0-9]{12}",
        key in prop::sample::select(vec!["mfa_serial", "mfa_arn"]),
    ) {
        let read = |serial: &str| planned(&format!("{ROLE}{key} = {serial}\n")).map(|planned| planned.chain.device);
        let arn = format!("arn:aws:iam::{account}:mfa/{user}");
        for good in [&arn, &token] {
            assert_eq!(read(good)?, Some(good.clone()));
        }
        for (bad, code) in [
            (format!("arn:aws:iam::{account}:user/{user}"), "bad-value"),
            (format!("arn:aws:iam::{account}1:mfa/{user}"), "bad-value"),
            (format!("{token}!"), "bad-value"),
            (token[..8].to_owned(), "bad-value"),
            (format!("{arn}{}", "x".repeat(256)), "bad-value"),
            (format!("arn:aws:iam::{account}:u2f/user/{user}"), "security-key"),
        ] {
            let error = read(&bad).expect_err("refused");
            assert_eq!(error.kind.code(), code, "{bad}");
            assert!(says_everything(&error.finding()), "{:?}", error.finding());
        }
    }

    #[test]
    fn durations(seconds in prop_oneof![0_u64..2000, 42_000_u64..45_000, any::<u64>()]) {
        let result = role(&format!("duration_seconds = {seconds}"));
        let asked = PlanRequest { duration: Some(std::time::Duration::from_secs(seconds)), ..request("p") };
        let by_option = plan(&profiles(ROLE, KEYS), &asked);
        if (900..=43200).contains(&seconds) {
            assert_eq!(result?.duration.map(|d| d.as_secs()), Some(seconds));
            assert!(by_option.is_ok());
        } else {
            assert!(is_refused(result));
            assert_eq!(by_option.map_err(|error| error.kind.code()).err(), Some("bad-duration"));
        }
    }

    #[test]
    fn tags(tags in prop::collection::btree_map("[a-z_.:/+@é-]{1,8}", "[A-Z _.:/=+@-]{0,8}", 1..6)) {
        let pairs: Vec<_> = tags.iter().rev().map(|(key, value)| format!(" {key} ={value}")).collect();
        let read = role(&format!("session_tags = {}\ntransitive_session_tags = {}", pairs.join(","), keys_of(&pairs)))?;
        let expected: Vec<_> = tags.iter().map(|(key, value)| (key.clone(), value.trim().to_owned())).collect();
        assert_eq!(&read.tags, &expected);
        assert_eq!(read.transitive_tags, tags.keys().cloned().collect::<Vec<_>>());
        let again = format!("session_tags = {},{}", pairs.join(","), pairs[0].to_uppercase());
        assert!(is_refused(role(&again)));
        for odd in ["k", "k*=v", "k=v*", "=v", "aws:k=v"] {
            assert!(is_refused(role(&format!("session_tags = {},{odd}", pairs.join(",")))), "{odd}");
        }
        // As aws-vault reads it.
        let with_gaps = role(&format!("transitive_session_tags = ,{}, ,", keys_of(&pairs)))?;
        assert_eq!(with_gaps.transitive_tags, read.transitive_tags);
        let nothing = role("session_tags =\ntransitive_session_tags =\nsource_identity =\nmfa_process =\ninclude_profile =")?;
        assert_eq!((nothing.tags, nothing.transitive_tags, nothing.source_identity), (vec![], vec![], None));
    }

    #[test]
    fn limits_of_tags(extra in 0_usize..3) {
        let many = |n: usize| (0..n).map(|n| format!("k{n}=")).collect::<Vec<_>>().join(",");
        assert_eq!(role(&format!("session_tags = {}", many(50)))?.tags.len(), 50);
        assert!(is_refused(role(&format!("session_tags = {}", many(51 + extra)))));
        let keys = many(51 + extra).replace('=', "");
        assert!(is_refused(role(&format!("transitive_session_tags = {keys}"))));
        let fifty = role(&format!("transitive_session_tags = {}", many(50).replace('=', "")))?;
        assert_eq!(fifty.transitive_tags.len(), 50);
        assert!(role(&format!("session_tags = {}={}", "k".repeat(128), "v".repeat(256))).is_ok());
        assert!(is_refused(role(&format!("session_tags = {}=", "k".repeat(129 + extra)))));
        assert!(is_refused(role(&format!("session_tags = k={}", "v".repeat(257 + extra)))));
    }

    #[test]
    fn regions_and_urls(region in "[a-z]([a-z0-9-]{0,20}[a-z0-9])?", odd in "[/@.:!é]", host in "[a-z0-9.:\\[\\]]{1,20}") {
        let read = |lines: &str| planned(&format!("{ROLE}{lines}\n")).map(|planned| planned.chain);
        let url = format!("https://{host}/x");
        let chain = read(&format!("region = {region}\nendpoint_url = {url}"))?;
        assert_eq!(chain.region.as_deref(), Some(region.as_str()));
        assert_eq!(&chain.service.region, &region);
        assert_eq!(chain.service.sts_endpoint.as_deref(), Some(url.as_str()));
        for bad in [
            format!("region = {region}{odd}"),
            format!("region = -{region}"),
            format!("region = {region}-"),
            format!("region = {}", "r".repeat(64)),
            format!("endpoint_url = {host}"),
            "endpoint_url = http://".to_owned(),
            "endpoint_url = https:///x".to_owned(),
            format!("endpoint_url = ftp://{host}"),
            format!("endpoint_url = http://{host} x"),
        ] {
            let error = read(&bad).expect_err("refused");
            assert_eq!((error.kind.code(), error.finding().line()), ("bad-value", Some(4)), "{bad}");
        }
    }

    #[test]
    fn endpoints_come_from_the_first_place_that_has_one(places: [bool; 6], ignored: bool) {
        let [sts, iam, any, of_sts, of_iam, of_profile] = places;
        let url = |there: bool, name: &str| there.then(|| format!("http://{name}"));
        let environment = Environment {
            endpoint_url_sts: url(sts, "sts"),
            endpoint_url_iam: url(iam, "iam"),
            endpoint_url: url(any, "any"),
            ignore_configured_endpoint_urls: Some(ignored.to_string()),
            ..Environment::default()
        };
        let line = |there: bool, line: &str| if there { line.to_owned() } else { String::new() };
        let config = [
            ROLE, "services = s\n", &line(of_profile, "endpoint_url = http://profile\n"), "[services s]\n",
            &line(of_sts, "sts =\n  endpoint_url = http://of-sts\n"), &line(of_iam, "iam =\n  endpoint_url = http://of-iam\n"),
        ].concat();
        let profiles = profiles(&config, KEYS);
        let planned = plan(&profiles, &PlanRequest { environment: environment.clone(), ..request("p") })?;
        let service = &planned.chain.service;
        let last = [(any, "any"), (of_profile, "profile")];
        let first = |own: (bool, &str), section: (bool, &str)| {
            let places = [own, last[0], section, last[1]];
            let found = places.into_iter().find(|&(there, _)| there && !ignored);
            found.map(|(_, name)| format!("http://{name}"))
        };
        assert_eq!(&service.sts_endpoint, &first((sts, "sts"), (of_sts, "of-sts")));
        assert_eq!(&service.iam_endpoint, &first((iam, "iam"), (of_iam, "of-iam")));
        // One endpoint of one's own is enough not to go to AWS's.
        let own = service.sts_endpoint.is_some() || service.iam_endpoint.is_some();
        let environment = Environment { use_fips_endpoint: Some("true".to_owned()), ..environment };
        let with_fips = plan(&profiles, &PlanRequest { environment, ..request("p") });
        assert_eq!(with_fips.map_err(|error| error.kind.code()).err(), own.then_some("endpoint-conflict"));
    }

    #[test]
    fn flags_and_the_rest_of_the_environment(
        fips in prop::option::of(any::<bool>()), in_file in prop::option::of(any::<bool>()), dualstack: bool, own: bool,
    ) {
        let environment = Environment {
            use_fips_endpoint: fips.map(|on| on.to_string().to_uppercase()),
            use_dualstack_endpoint: Some(dualstack.to_string()),
            https_proxy: Some("http://proxy".to_owned()),
            no_proxy: Some(String::new()),
            ca_bundle: Some("/ca".to_owned()),
            endpoint_url: own.then(|| "http://own".to_owned()),
            ..Environment::default()
        };
        let line = in_file.map_or(String::new(), |on| format!("use_fips_endpoint = {on}\n"));
        let result = plan(&profiles(&format!("{ROLE}{line}"), KEYS), &PlanRequest { environment, ..request("p") });
        let expected = fips.or(in_file).unwrap_or(false);
        if own && (expected || dualstack) {
            assert_eq!(result.map_err(|error| error.kind.code()).err(), Some("endpoint-conflict"));
            return Ok(());
        }
        let service = &result?.chain.service;
        assert_eq!((service.fips, service.dualstack), (expected, dualstack));
        assert_eq!(service.https_proxy.as_deref(), Some("http://proxy"));
        assert_eq!((service.no_proxy.as_deref(), service.ca_bundle.as_deref()), (None, Some("/ca")));
    }

    #[test]
    fn the_partition_decides_where_sts_is_and_regions_must_be_in_it(
        (partition, region) in prop::sample::select(PARTITIONS.to_vec()),
        (other, elsewhere) in prop::sample::select(PARTITIONS.to_vec()),
        by_device: bool,
    ) {
        let arn = format!("arn:{partition}:iam::111122223333:role/r");
        let config = if by_device {
            format!("[profile p]\nrole_arn = r\nsource_profile = keys\nmfa_serial = arn:{partition}:iam::111122223333:mfa/a\n")
        } else {
            format!("[profile p]\nrole_arn = {arn}\nsource_profile = keys\n")
        };
        let chain = planned(&config)?.chain;
        assert_eq!((chain.region, chain.service.region.as_str()), (None, region));
        let there = planned(&format!("{config}region = {elsewhere}\n"));
        assert_eq!(there.map_err(|error| error.kind.code()).err(), (partition != other).then_some("other-partition"));
        let own = planned(&format!("{config}region = {elsewhere}\nendpoint_url = http://x\n"))?;
        assert_eq!(&own.chain.service.region, elsewhere);
    }
}

/// Partitions, with the region in which STS is asked if nothing else is said.
const PARTITIONS: [(&str, &str); 8] = [
    ("aws", "us-east-1"),
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-eusc", "eusc-de-east-1"),
    ("aws-iso", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-south-1"),
];

fn keys_of(pairs: &[String]) -> String {
    let keys = pairs.iter().filter_map(|pair| pair.split_once('='));
    keys.map(|(key, _)| key.trim().to_owned()).collect::<Vec<_>>().join(",")
}
