//! The way to AWS in an office: a private certificate authority, a proxy, and what is said where one of them is missing.
//!
//! All of it travels with the request, so that each shell is served by its own settings, whichever started the daemon.

use std::path::PathBuf;

use awsd_tests::{
    harness::{Proxy, Run, TestEnv},
    sandbox::{Sandbox, World},
};

use crate::{people::says, profiles::alice_in};

const CALLS: [&str; 2] = ["GetSessionToken with code", "AssumeRole my_role"];

/// AWS with TLS, and the file with the authority to trust.
fn office() -> (TestEnv, PathBuf) {
    let env = alice_in(Sandbox::start_tls(World::guide()));
    let bundle = env.write("office.pem", env.sandbox.ca_pem().unwrap());
    (env, bundle)
}

/// A command that needs a code and two calls.
fn work(env: &TestEnv) -> Run {
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "my_role", "--code", &code, "--", "true"])
}

/// A shell with other settings is not served by this one's, and the code that never left is good for this one.
#[test]
fn a_private_authority_is_trusted_by_the_shell_that_names_it() {
    let (env, bundle) = office();
    let missing = work(&env).run().exits(1);
    says(&missing, &["AWS could not be asked", "certificate", "AWS_CA_BUNDLE"]);
    assert_eq!(env.calls(), [""; 0]);
    work(&env).env("AWS_CA_BUNDLE", &bundle).run().success().quiet();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_bundle_that_cannot_be_used_is_named() {
    let (env, bundle) = office();
    let nowhere = env.home().join("nowhere.pem");
    let refused = work(&env).env("AWS_CA_BUNDLE", &nowhere).run().exits(1);
    says(&refused, &["CA bundle", "nowhere.pem cannot be read", "No such file", "AWS_CA_BUNDLE"]);
    let garbage = env.write("garbage.pem", "not a certificate\n");
    let refused = work(&env).env("AWS_CA_BUNDLE", &garbage).run().exits(1);
    says(&refused, &["CA bundle", "garbage.pem holds no certificate", "AWS_CA_BUNDLE"]);

    // The same file, mended: nothing has to be started again.
    std::fs::copy(&bundle, &garbage).unwrap();
    work(&env).env("AWS_CA_BUNDLE", &garbage).run().success().quiet();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn the_proxy_is_asked_for_a_tunnel_and_not_where_no_proxy_names_the_host() {
    for (variable, exception) in
        [("HTTPS_PROXY", None), ("https_proxy", None), ("HTTPS_PROXY", Some("127.0.0.1"))]
    {
        let (env, bundle) = office();
        let proxy = Proxy::start();
        let in_office = |run: Run| {
            let run = run.env("AWS_CA_BUNDLE", &bundle).env(variable, format!("http://{}", proxy.address()));
            exception.map_or(run.clone(), |hosts| run.env("NO_PROXY", format!("example.com,{hosts}")))
        };
        in_office(work(&env)).run().success().quiet();
        assert_eq!(env.calls(), CALLS);
        let tunnel = format!("CONNECT {} HTTP/1.1", env.sandbox.address());
        let expected = if exception.is_some() { vec![] } else { vec![tunnel; CALLS.len()] };
        assert_eq!(proxy.requests(), expected, "{variable}, {exception:?}");
        // Inside the tunnel everything is as without it.
        assert!(env.sandbox.calls().iter().all(|call| !call.through_proxy));
    }
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_is_told_without_its_password() {
    let (env, bundle) = office();
    let refusing = Proxy::refusing();
    let gone = Proxy::start().address();
    for address in [refusing.address(), gone] {
        let run = work(&env).env("AWS_CA_BUNDLE", &bundle);
        let refused = run.env("HTTPS_PROXY", format!("http://alice:hunter2@{address}")).run().exits(1);
        let host = env.sandbox.address().to_string();
        says(&refused, &["AWS could not be asked", &host, &format!("HTTPS_PROXY is {address}")]);
        assert!(!refused.stderr.contains("hunter2") && !env.log().contains("hunter2"), "{}", refused.stderr);
    }
    assert!(!refusing.requests().is_empty(), "it was asked");
    assert_eq!(env.calls(), [""; 0]);
    // No code has left the machine.
    work(&env).env("AWS_CA_BUNDLE", &bundle).run().success().quiet();
    assert_eq!(env.calls(), CALLS);
}
