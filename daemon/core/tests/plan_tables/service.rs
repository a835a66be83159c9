//! How AWS is reached: region, endpoints, partitions.

use awsd_core::plan::Environment;

use crate::{ROLE, chain, failure, in_environment, planned, role_with, some};

#[test]
fn the_region_of_sts_follows_the_partition() {
    let region = |arn: &str| {
        chain(&format!("[profile p]\nrole_arn = {arn}\nsource_profile = keys")).service.region.clone()
    };
    let table = [
        ("arn:aws:iam::111122223333:role/r", "us-east-1"),
        ("arn:aws-cn:iam::111122223333:role/r", "cn-north-1"),
        ("arn:aws-us-gov:iam::111122223333:role/r", "us-gov-west-1"),
        ("arn:aws-eusc:iam::111122223333:role/r", "eusc-de-east-1"),
        ("arn:aws-iso-b:iam::111122223333:role/r", "us-isob-east-1"),
        ("r", "us-east-1"),
    ];
    for (arn, expected) in table {
        assert_eq!(region(arn), expected, "{arn}");
    }
    let device = format!(
        "[profile p]\nrole_arn = r\nsource_profile = keys\nmfa_serial = {}",
        "arn:aws-cn:iam::111122223333:mfa/a"
    );
    assert_eq!(chain(&device).service.region, "cn-north-1");
    assert_eq!(chain(&device).region, None);
    let failed = |lines: &str| failure(role_with(lines));
    assert_eq!(failed("region = cn-north-1"), ("other-partition", some("config:4")));
    assert_eq!(failed("mfa_serial = arn:aws-cn:iam::111122223333:mfa/a"), ("other-partition", None));
    assert!(role_with("region = cn-north-1\nendpoint_url = http://127.0.0.1:1").is_ok());
}

#[test]
fn the_environment_wins_over_the_files() {
    let config =
        format!("[profile p]\nregion = eu-west-1\nca_bundle = /file\nuse_fips_endpoint = true\n{ROLE}");
    let environment = Environment {
        region: some("us-west-2"),
        ca_bundle: some("/environment"),
        use_fips_endpoint: some("FALSE"),
        use_dualstack_endpoint: some("True"),
        https_proxy: some("http://proxy"),
        no_proxy: some("x"),
        endpoint_url: some(""),
        ..Environment::default()
    };
    let chain = in_environment(&config, environment).expect("a plan");
    let service = &chain.service;
    assert_eq!((chain.region.as_deref(), service.region.as_str()), (Some("us-west-2"), "us-west-2"));
    assert_eq!(service.ca_bundle.as_deref(), Some("/environment"));
    assert_eq!((service.fips, service.dualstack), (false, true));
    assert_eq!(
        (service.https_proxy.as_deref(), service.no_proxy.as_deref()),
        (Some("http://proxy"), Some("x"))
    );
    let chain =
        in_environment(&config, Environment { region: some(""), ..Environment::default() }).expect("a plan");
    assert_eq!(
        (chain.region.as_deref(), chain.service.ca_bundle.as_deref()),
        (Some("eu-west-1"), Some("/file"))
    );
    assert!(chain.service.fips && !chain.service.dualstack);
}

#[test]
fn endpoints_in_their_order() {
    let config = format!(
        "[profile p]\nendpoint_url = http://profile\nservices = s\n{ROLE}[services s]\nsts =\n  endpoint_url = http://services\n"
    );
    let all = Environment {
        endpoint_url: some("http://any"),
        endpoint_url_sts: some("http://sts"),
        ..Environment::default()
    };
    let any = Environment { endpoint_url_sts: None, ..all.clone() };
    let ignored = Environment { ignore_configured_endpoint_urls: some("true"), ..all.clone() };
    let iam = Environment { endpoint_url_iam: some("http://iam"), ..Environment::default() };
    let table = [
        (all, Some("http://sts"), Some("http://any")),
        (any, Some("http://any"), Some("http://any")),
        (Environment::default(), Some("http://services"), Some("http://profile")),
        (iam, Some("http://services"), Some("http://iam")),
        (ignored, None, None),
    ];
    for (environment, sts, iam) in table {
        let chain = in_environment(&config, environment.clone()).expect("a plan");
        assert_eq!(chain.service.sts_endpoint.as_deref(), sts, "{environment:?}");
        assert_eq!(chain.service.iam_endpoint.as_deref(), iam, "{environment:?}");
    }
    let signin = |environment: Environment, section: &str| {
        let config = format!("{config}signin =\n  endpoint_url = {section}\n");
        in_environment(&config, environment).expect("a plan").service.signin_endpoint.clone()
    };
    let own = Environment { endpoint_url_signin: some("http://own"), ..Environment::default() };
    assert_eq!(signin(own, "http://section").as_deref(), Some("http://own"));
    assert_eq!(signin(Environment::default(), "http://section").as_deref(), Some("http://section"));
    let bad = Environment { endpoint_url_sts: some("nonsense"), ..Environment::default() };
    let error = in_environment(&config, bad).expect_err("no URL");
    assert!(error.to_string().contains("AWS_ENDPOINT_URL_STS"), "{error}");
    for key in ["use_fips_endpoint", "use_dualstack_endpoint"] {
        let result = role_with(&format!("{key} = true\nendpoint_url = http://x"));
        assert_eq!(failure(result), ("endpoint-conflict", some("config:4")));
    }
    let spoiled = format!("{config}broken\n");
    assert_eq!(failure(planned(&spoiled)), ("malformed-line", some("config:9")));
}
