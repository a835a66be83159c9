//! Calls to an endpoint that misbehaves: what the core is told, above all whether the request may have arrived.

use std::sync::Arc;
use std::time::Duration;

use awsd_core::chain::{Keys, Service};
use awsd_core::effect::{Action, Operation};
use awsd_core::event::{Failure, Granted};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::adapters::clock;

fn operation(action: Action, service: Service) -> Operation {
    let signer = Keys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned().into(),
        session_token: None,
        expiration: None,
        account_id: None,
    };
    Operation { action, signer: Arc::new(signer), service: Arc::new(service), skew: 0 }
}

fn at(url: String) -> Service {
    Service {
        region: "eu-west-1".into(),
        sts_endpoint: Some(url.clone()),
        iam_endpoint: Some(url),
        ..Service::default()
    }
}

async fn session_from(service: Service) -> Outcome {
    let action = Action::GetSessionToken { duration: Duration::from_hours(12), mfa: None };
    Aws::new(|| clock::now().wall).call(operation(action, service)).await
}

/// An endpoint that takes one request and answers with these bytes.
async fn endpoint(answer: String) -> (Service, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut request = [0; 16 * 1024];
        assert!(peer.read(&mut request).await.unwrap() > 0);
        peer.write_all(answer.as_bytes()).await.unwrap();
    });
    (at(url), server)
}

fn response(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn failure(answer: String) -> Failure {
    let (service, server) = endpoint(answer).await;
    let outcome = session_from(service).await;
    server.await.unwrap();
    outcome.result.unwrap_err()
}

#[tokio::test]
async fn what_was_not_sent_is_known_not_to_have_been() {
    // Nobody listens on a port that has just been given back.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = session_from(at(format!("http://{address}"))).await.result.unwrap_err();
    let Failure::NotSent(why) = &refused else { panic!("{refused:?}") };
    assert!(why.starts_with(&format!("{address}: ")) && why.contains("refused"), "{why}");

    // TLS is never completed, so nothing of the request was sent.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let closes = tokio::spawn(async move { drop(listener.accept().await.unwrap()) });
    let bundle = certificate();
    let path = bundle.path().to_str().unwrap().to_owned();
    let broken = session_from(Service { ca_bundle: Some(path), ..at(url) }).await.result.unwrap_err();
    assert!(matches!(broken, Failure::NotSent(_)), "{broken:?}");
    closes.await.unwrap();

    for service in [
        Service { ca_bundle: Some("/nonexistent.pem".into()), ..at("https://127.0.0.1:1".into()) },
        Service { https_proxy: Some("::".into()), ..at("https://127.0.0.1:1".into()) },
        at("not a url".into()),
    ] {
        let failure = session_from(service).await.result.unwrap_err();
        assert!(matches!(failure, Failure::NotSent(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn a_ca_bundle_that_is_no_file_of_certificates_is_said_and_holds_nobody_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    std::fs::File::create(path("huge")).unwrap().set_len(1 << 30).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    for (bundle, problem) in [
        (path("pipe"), "cannot be read: it is not a regular file"),
        ("/dev/zero".to_owned(), "cannot be read: it is not a regular file"),
        (path(""), "cannot be read: it is a directory"),
        (path("huge"), "is larger than 4 MiB"),
        (path("empty"), "holds no certificate in PEM format"),
    ] {
        let service = Service { ca_bundle: Some(bundle.clone()), ..at("https://127.0.0.1:1".into()) };
        let failure = session_from(service).await.result.unwrap_err();
        assert_eq!(failure, Failure::NotSent(format!("the CA bundle {bundle} {problem}")));
    }
}

/// As much of an answer as the SDK is content with.
const HALF: &str = concat!(
    "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult><Credentials>",
    "<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey>",
    "<Expiration>2126-01-01T00:00:00Z</Expiration><SessionToken>IQoJb3",
);

#[tokio::test]
async fn what_may_have_arrived_counts_as_sent() {
    for answer in [
        String::new(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<GetSession".to_owned(),
        response("200 OK", "garbage"),
        response("200 OK", HALF),
        response("200 OK", ""),
        "garbage".to_owned(),
    ] {
        let failure = failure(answer.clone()).await;
        assert!(matches!(failure, Failure::NoAnswer(_)), "{answer:?}: {failure:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_its_code_and_message() {
    let body = concat!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>",
        "<Message>no such luck</Message></Error></ErrorResponse>",
    );
    let refused = failure(response("403 Forbidden", body)).await;
    let expected =
        Failure::Refused { status: 403, code: "AccessDenied".into(), message: "no such luck".into() };
    assert_eq!(refused, expected);
    let refused = failure(response("502 Bad Gateway", "<html>")).await;
    assert!(matches!(refused, Failure::Refused { status: 502, .. }), "{refused:?}");
}

#[tokio::test]
async fn an_answer_tells_the_clock_and_the_devices() {
    let body = concat!(
        "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult>",
        "<MFADevices><member><UserName>alice</UserName><SerialNumber>GAHT12345678</SerialNumber>",
        "<EnableDate>2024-01-01T00:00:00Z</EnableDate></member></MFADevices>",
        "</ListMFADevicesResult></ListMFADevicesResponse>",
    );
    let answer = response("200 OK\r\ndate: Sat, 23 Nov 2024 00:00:00 GMT", body);
    let (service, server) = endpoint(answer).await;
    let midnight: fn() -> Wall = || Wall::from_secs(1_732_320_000 + 600);
    let outcome = Aws::new(midnight).call(operation(Action::ListMfaDevices, service)).await;
    server.await.unwrap();
    assert_eq!(outcome.skew, Some(-600));
    let Ok(Granted::Devices(devices)) = outcome.result else { panic!("{:?}", outcome.result) };
    assert_eq!(devices, ["GAHT12345678"]);
}

#[test]
fn the_account_is_the_fifth_part_of_the_arn() {
    let arn = "arn:aws-cn:sts::111122223333:assumed-role/r/s";
    assert_eq!(account_of(arn).as_deref(), Some("111122223333"));
    assert_eq!(account_of("arn:aws:sts::alice:assumed-role/r/s"), None);
    assert_eq!(account_of(""), None);
}

/// A CA bundle with one certificate, after something that is none and a name in Latin-1.
fn certificate() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let odd = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    std::fs::write(file.path(), [odd.as_bytes(), b"# Autorit\xe9\n", CERTIFICATE.as_bytes()].concat())
        .unwrap();
    file
}

/// Self-signed; its key was thrown away.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBoDCCAUWgAwIBAgIUIfN72gpgi14HOcQ3mepK8VqYvIgwCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZYXdzZCB0ZXN0LCB0cnVzdHMgbm90aGluZzAgFw0yNjExMjMx
ODI4NDNaGA8yMTI2MTAzMDE4Mjg0M1owJDEiMCAGA1UEAwwZYXdzZCB0ZXN0LCB0
cnVzdHMgbm90aGluZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKUWeU+ORL9R
Aoq5AHLGdLOX1NiQNLpuI+imQgWmFmVpDxOL1Te7G6qb9OtDbqPXuVpZMJuu4X+q
0pUjeMRn1oijUzBRMB0GA1UdDgQWBBQ5voHTuroaTkqw/TxA9o/3jFfdJzAfBgNV
HSMEGDAWgBQ5voHTuroaTkqw/TxA9o/3jFfdJzAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQDPWf6Kj62IK+626fyLIsx8PtrYASfEtI85/IrWqsU5
tAIhAKG2Vyl5/dqEofpwd7e3NlXgxYModGvYK3LyyrF4Xhox
-----END CERTIFICATE-----
";
