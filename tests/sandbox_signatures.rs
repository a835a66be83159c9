//! The sandbox's check of signatures against two implementations that are not ours: the SDK's signer makes requests,
//! and an independent verifier has to come to the same verdict about them, whole or tampered with.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test: what cannot go on should stop it")]

use std::{str::FromStr, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use awsd_tests::sandbox::{Claim, Request};
use hyper::http;
use jiff::{SignedDuration, Timestamp};
use scratchstack_aws_signature::{
    self as independent, GetSigningKeyRequest, GetSigningKeyResponse, errors::ServiceError,
};

const SEED: u64 = 20_261_123;
const REQUESTS: usize = 2000;
const KEY: &str = "AKIDEXAMPLE234567234";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-west-1";
const SERVICE: &str = "sts";
const NOW: i64 = 1_800_000_000;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request in parts that can be tampered with.
#[derive(Clone, Debug)]
struct Sent {
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn header_mut(&mut self, name: &str) -> &mut String {
        self.headers
            .iter_mut()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
            .expect("a header that was signed")
    }

    fn http(&self) -> http::Request<Vec<u8>> {
        let mut request = http::Request::post(format!("/?{}", self.query));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone().into_bytes()).unwrap()
    }
}

/// A text with what needs encoding in forms, queries and headers.
fn text(random: &mut fastrand::Rng, length: usize) -> String {
    let alphabet: Vec<char> = "abcXYZ0189 -._~+/=&%:,@äß€".chars().collect();
    (0..length).map(|_| *random.choice(&alphabet).unwrap()).collect()
}

fn form(random: &mut fastrand::Rng) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for _ in 0..random.usize(0..5) {
        // Names of one length: where one begins with another, the verifier sorts them unlike every signer.
        let (name, value_length) = (text(random, 3), random.usize(0..12));
        form.append_pair(&name, &text(random, value_length));
    }
    // A body may hold a plus for a blank; a signed query of the SDK never does.
    form.finish().replace('+', "%20")
}

/// A request of the SDK's signer, made `age` seconds ago.
fn signed(random: &mut fastrand::Rng, secret: &str, age: i64) -> Sent {
    let mut sent = Sent {
        query: form(random),
        headers: vec![
            ("host".into(), "sts.eu-west-1.amazonaws.com".into()),
            ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ("x-amz-note".into(), format!("  two  words {} ", random.u16(..))),
        ],
        body: form(random),
    };
    let token = random.bool().then(|| "IQoJ+/token==".to_owned());
    let identity = Credentials::new(KEY, secret, token, None, "test").into();
    let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs((NOW - age).unsigned_abs());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("https://sts.eu-west-1.amazonaws.com/?{}", sent.query);
    let headers = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new("POST", uri, headers, SignableBody::Bytes(sent.body.as_bytes())).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    let added = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
    sent.headers.extend(added);
    sent
}

/// Does something to a request that was signed, or nothing.
fn tamper(random: &mut fastrand::Rng, sent: &mut Sent) {
    match random.u8(0..16) {
        0 => sent.body.push('x'),
        1 => sent.query.push_str("&more=1"),
        2 => sent.header_mut("x-amz-note").push('x'),
        3 => *sent.header_mut("host") = "elsewhere".into(),
        4 => sent.headers.push(("x-amz-unsigned".into(), "1".into())),
        5 => sent.headers.retain(|(name, _)| name != "authorization"),
        6 => sent.headers.retain(|(name, _)| name != "x-amz-date"),
        7 => *sent.header_mut("x-amz-date") = "yesterday".into(),
        8 => replace(sent, "AWS4-HMAC-SHA256", "AWS3-ZZZ"),
        9 => replace(sent, "/sts/", "/iam/"),
        10 => replace(sent, "/eu-west-1/", "/nowhere/"),
        11 => replace(sent, "/aws4_request", "/aws5_request"),
        12 => replace(sent, "Signature=", "Sig="),
        13 => replace(sent, "host;", ""),
        14 => replace(sent, "/aws4_request", ""),
        _ => {}
    }
}

fn replace(sent: &mut Sent, from: &str, to: &str) {
    let header = sent.header_mut("authorization");
    *header = header.replace(from, to);
}

/// `OK`, or the error code, and the text.
type Verdict = (String, String);

fn verdict_of_the_sandbox(sent: &Sent) -> Verdict {
    let (head, body) = sent.http().into_parts();
    let request = Request::new(&head, body.into());
    let now = Timestamp::from_second(NOW).unwrap();
    match Claim::read(&request, now).and_then(|claim| {
        claim.check_service(SERVICE)?;
        claim.verify(&request, SECRET)
    }) {
        Ok(()) => ("OK".into(), String::new()),
        Err(error) => (error.code.into(), error.message.into()),
    }
}

async fn signing_key(request: GetSigningKeyRequest) -> Result<GetSigningKeyResponse, BoxError> {
    let secret: independent::KSecretKey = independent::KSecretKey::from_str(SECRET)?;
    let key = secret.to_ksigning(request.request_date(), request.region(), request.service());
    Ok(GetSigningKeyResponse::builder().signing_key(key).build()?)
}

async fn independent_verdict(sent: &Sent) -> Verdict {
    let mut keys = independent::service_for_signing_key_fn(signing_key);
    let must_be_signed =
        independent::VecSignedHeaderRequirements::new::<str, str, str>(&[], &[], &["x-amz-"]);
    let now = chrono::DateTime::from_timestamp(NOW, 0).unwrap();
    let result = independent::sigv4_validate_request(
        sent.http(),
        REGION,
        SERVICE,
        &mut keys,
        now,
        &must_be_signed,
        independent::SignatureOptions::default(),
    );
    match result.await {
        Ok(_) => ("OK".into(), String::new()),
        Err(error) => {
            let error = error.downcast::<independent::SignatureError>().unwrap();
            (error.error_code().into(), error.to_string())
        }
    }
}

#[tokio::test]
async fn verdicts_agree_on_whole_and_tampered_requests() {
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut accepted = 0;
    for number in 0..REQUESTS {
        let secret = if random.u8(0..16) == 0 { "another+secret+of+the+same+length+4567890" } else { SECRET };
        let age = random.i64(-300..300);
        let mut sent = signed(&mut random, secret, age);
        if random.bool() {
            tamper(&mut random, &mut sent);
        }
        let (ours, theirs) = (verdict_of_the_sandbox(&sent).0, independent_verdict(&sent).await.0);
        assert_eq!(ours, theirs, "request {number} of seed {SEED}: {sent:#?}");
        accepted += usize::from(ours == "OK");
    }
    // Neither everything nor nothing: otherwise the agreement would mean little.
    assert!((REQUESTS / 3..REQUESTS * 2 / 3).contains(&accepted), "{accepted} accepted");
}

#[tokio::test]
async fn fifteen_minutes_are_tolerated_either_way_and_the_texts_agree() {
    let mut random = fastrand::Rng::with_seed(SEED);
    for age in [-901, -900, -899, 0, 899, 900, 901, 86_400] {
        let sent = signed(&mut random, SECRET, age);
        let verdict = verdict_of_the_sandbox(&sent);
        assert_eq!(verdict, independent_verdict(&sent).await, "age {age}");
        assert_eq!(verdict.0 == "OK", age.abs() <= 900, "age {age}");
    }
    let old = verdict_of_the_sandbox(&signed(&mut random, SECRET, 901)).1;
    assert_eq!(old, expired_text(901));
}

fn expired_text(age: i64) -> String {
    let now = Timestamp::from_second(NOW).unwrap();
    let compact = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (sent, oldest) = (now - SignedDuration::from_secs(age), now - SignedDuration::from_mins(15));
    format!(
        "Signature expired: {} is now earlier than {} ({} - 15 min.)",
        compact(sent),
        compact(oldest),
        compact(now)
    )
}
