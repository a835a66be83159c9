//! Checks signatures (Signature Version 4 in the `Authorization` header), with AWS's errors in AWS's order.
//!
//! Presigned URLs are not accepted: none of the calls served here is made that way.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::{error::ApiError, request::Request};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const COMPACT: &str = "%Y%m%dT%H%M%SZ";
const SKEW: SignedDuration = SignedDuration::from_mins(15);
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an `Authorization` header claims, checked for form and time but not yet for truth.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The key that is said to have signed.
    pub access_key_id: &'a str,
    /// The region it was signed for.
    pub region: &'a str,
    /// The service it was signed for.
    pub service: &'a str,
    scope: &'a str,
    date: &'a str,
    at: Timestamp,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Reads the header and checks form, time and scope.
    pub fn read(request: &'a Request, now: Timestamp) -> Result<Self, ApiError> {
        let header = request.header("authorization").ok_or_else(|| {
            ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let fields =
            header.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' ')).ok_or_else(|| {
                let algorithm = header.split(' ').next().unwrap_or_default();
                ApiError::incomplete_signature(format!("Unsupported AWS 'algorithm': '{algorithm}'."))
            })?;
        let credential = field(fields, "Credential")?;
        let signature = field(fields, "Signature")?;
        let signed_headers: Vec<&str> = field(fields, "SignedHeaders")?.split(';').collect();
        must_be_signed(request, &signed_headers)?;
        let at = request_time(request)?;
        check_time(at, now)?;

        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, end] = parts[..] else {
            return Err(ApiError::incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        let scope = &credential[access_key_id.len() + 1..];
        let claim = Self { access_key_id, region, service, scope, date, at, signed_headers, signature };
        claim.check_scope(end)?;
        Ok(claim)
    }

    /// Checks that it was signed for this service.
    pub fn check_service(&self, service: &str) -> Result<(), ApiError> {
        if self.service == service {
            return Ok(());
        }
        Err(ApiError::signature(format!("Credential should be scoped to correct service: '{service}'.")))
    }

    /// Checks that the signature was made with `secret`.
    pub fn verify(&self, request: &Request, secret: &str) -> Result<(), ApiError> {
        let canonical = canonical_request(request, &self.signed_headers);
        let text = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            compact(self.at),
            self.scope,
            sha256_hex(canonical.as_bytes())
        );
        let expected = hex::encode(hmac(&self.signing_key(secret), &text));
        if expected == self.signature { Ok(()) } else { Err(ApiError::signature(MISMATCH)) }
    }

    fn signing_key(&self, secret: &str) -> [u8; 32] {
        let date_key = hmac(format!("AWS4{secret}").as_bytes(), self.date);
        [self.region, self.service, "aws4_request"].iter().fold(date_key, |key, part| hmac(&key, part))
    }

    /// One address serves every region here, so any well-formed region is a valid one.
    fn check_scope(&self, end: &str) -> Result<(), ApiError> {
        let mut errors = Vec::new();
        if !is_region(self.region) {
            errors.push(format!("Credential should be scoped to a valid region, not '{}'.", self.region));
        }
        if end != "aws4_request" {
            errors.push(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{end}'."
            ));
        }
        let day = self.at.strftime("%Y%m%d").to_string();
        if self.date != day {
            errors.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{}'.",
                self.date,
                compact(self.at)
            ));
        }
        if errors.is_empty() { Ok(()) } else { Err(ApiError::signature(errors.join(" "))) }
    }
}

/// The credential a request claims to be signed with, whatever else is wrong with it: for the log alone.
pub(super) fn claimed_credential(request: &Request) -> Option<&str> {
    let fields = request.header("authorization")?.strip_prefix(ALGORITHM)?;
    field(fields, "Credential").ok()
}

fn field<'a>(fields: &'a str, name: &str) -> Result<&'a str, ApiError> {
    fields
        .split(',')
        .filter_map(|field| field.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .ok_or_else(|| {
            ApiError::incomplete_signature(format!("Authorization header requires '{name}' parameter."))
        })
}

/// The host, and everything that says what AWS should do, must be under the signature.
fn must_be_signed(request: &Request, signed: &[&str]) -> Result<(), ApiError> {
    if !signed.contains(&"host") {
        return Err(ApiError::signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    match request
        .headers
        .keys()
        .find(|name| name.as_str().starts_with("x-amz-") && !signed.contains(&name.as_str()))
    {
        Some(name) => {
            Err(ApiError::signature(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")))
        }
        None => Ok(()),
    }
}

fn request_time(request: &Request) -> Result<Timestamp, ApiError> {
    let text = request.header("x-amz-date").or_else(|| request.header("date")).ok_or_else(|| {
        ApiError::incomplete_signature(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    })?;
    DateTime::strptime(COMPACT, text).and_then(|civil| TimeZone::UTC.to_timestamp(civil)).map_err(|_| {
        ApiError::incomplete_signature(format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })
}

fn check_time(at: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    let (oldest, newest) = (now - SKEW, now + SKEW);
    let (t, oldest_t, newest_t, now_t) = (compact(at), compact(oldest), compact(newest), compact(now));
    if at.as_second() < oldest.as_second() {
        return Err(ApiError::signature(format!(
            "Signature expired: {t} is now earlier than {oldest_t} ({now_t} - 15 min.)"
        )));
    }
    if at.as_second() > newest.as_second() {
        return Err(ApiError::signature(format!(
            "Signature not yet current: {t} is still later than {newest_t} ({now_t} + 15 min.)"
        )));
    }
    Ok(())
}

/// `us-east-1`, `us-gov-west-1`, `aws-global` is not one.
fn is_region(region: &str) -> bool {
    let mut parts = region.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn canonical_request(request: &Request, signed_headers: &[&str]) -> String {
    let headers: Vec<String> =
        signed_headers.iter().map(|name| format!("{name}:{}", canonical_header(request, name))).collect();
    [
        request.method.as_str(),
        // The one path served here is `/`, which needs no encoding.
        &request.path,
        &canonical_query(&request.query),
        &headers.join("\n"),
        "",
        &signed_headers.join(";"),
        &sha256_hex(&request.body),
    ]
    .join("\n")
}

fn canonical_header(request: &Request, name: &str) -> String {
    let values = request.headers.get_all(name).iter().map(|value| {
        String::from_utf8_lossy(value.as_bytes()).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

fn canonical_query(query: &str) -> String {
    let recode = |text: &str| {
        let plain: Vec<u8> = percent_decode_str(&text.replace('+', "%20")).collect();
        percent_encode(&plain, ESCAPED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (recode(name), recode(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn compact(at: Timestamp) -> String {
    at.strftime(COMPACT).to_string()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn hmac(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}
