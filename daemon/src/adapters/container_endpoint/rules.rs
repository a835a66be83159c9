//! Who is heard at all. The token decides; these rules keep out whoever could have been made to send one by somebody else:
//! a page in a browser, a proxy, a name that was made to mean this machine.

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use hyper::{Method, Uri};

/// Sent by browsers and by proxies, never by an SDK to an address of this machine.
const FOREIGN: [&str; 5] = ["origin", "referer", "cookie", "forwarded", "via"];

/// The same, for families of names.
const FOREIGN_FAMILIES: [&str; 2] = ["sec-", "x-forwarded-"];

/// The token of a request that may be answered. `address` is the one that was given out: no other name of this machine
/// will do, as names can be made to point anywhere.
pub(super) fn token<'a>(
    method: &Method,
    uri: &Uri,
    headers: &'a HeaderMap,
    address: &str,
) -> Option<&'a [u8]> {
    let is_plain = method == Method::GET && uri.path_and_query().is_some_and(|path| path == "/");
    let is_ours = uri.authority().is_none() && only(headers, &HOST)? == address.as_bytes();
    let is_foreign = headers.keys().any(|name| {
        let name = name.as_str();
        FOREIGN.contains(&name) || FOREIGN_FAMILIES.iter().any(|family| name.starts_with(family))
    });
    (is_plain && is_ours && !is_foreign).then(|| only(headers, &AUTHORIZATION)).flatten()
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    const ADDRESS: &str = "127.0.0.1:4000";

    fn heard(method: &str, uri: &str, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().method(method).uri(uri);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (request, ()) = request.body(()).unwrap().into_parts();
        token(&request.method, &request.uri, &request.headers, ADDRESS) == Some(b"t")
    }

    fn with(extra: &[(&str, &str)]) -> bool {
        heard("GET", "/", &[&[("host", ADDRESS), ("authorization", "t")], extra].concat())
    }

    #[test]
    fn an_sdk_is_heard() {
        assert!(with(&[]));
        assert!(with(&[
            ("accept", "application/json"),
            ("user-agent", "x"),
            ("accept-encoding", "identity")
        ]));
    }

    #[test]
    fn only_a_get_of_the_one_path_is() {
        let good = [("host", ADDRESS), ("authorization", "t")];
        for (method, uri) in [
            ("POST", "/"),
            ("HEAD", "/"),
            ("OPTIONS", "/"),
            ("get", "/"),
            ("GET", "/x"),
            ("GET", "/?x"),
            ("GET", "http://127.0.0.1:4000/"),
            ("CONNECT", "127.0.0.1:4000"),
        ] {
            assert!(!heard(method, uri, &good), "{method} {uri}");
        }
    }

    #[test]
    fn another_name_of_this_machine_is_not() {
        for host in ["localhost:4000", "127.0.0.1", "127.0.0.1:4001", "[::1]:4000", "evil.example:4000", ""] {
            assert!(!heard("GET", "/", &[("host", host), ("authorization", "t")]), "{host}");
        }
        assert!(!heard("GET", "/", &[("authorization", "t")]));
        assert!(!with(&[("host", ADDRESS)]), "twice");
    }

    #[test]
    fn browsers_and_proxies_are_not() {
        for name in [
            "origin",
            "referer",
            "cookie",
            "sec-fetch-site",
            "sec-websocket-key",
            "x-forwarded-for",
            "x-forwarded-host",
            "forwarded",
            "via",
        ] {
            assert!(!with(&[(name, "")]), "{name}");
        }
    }

    #[test]
    fn one_token_is_and_two_are_not() {
        assert!(!with(&[("authorization", "t")]));
        assert!(!heard("GET", "/", &[("host", ADDRESS)]));
    }
}
