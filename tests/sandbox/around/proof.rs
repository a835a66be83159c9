//! Proofs of possession (RFC 9449), checked without any code of the daemon's.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use serde_json::Value;

/// A proof is good for so many seconds around the moment it names.
const TOLERANCE: i64 = 300;

/// What in a key of this form stands between its halves: the curve's name, and the head of the public half.
const BETWEEN: [u8; 17] =
    [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00];

/// A new key as `aws login` keeps it, and its public half.
pub(super) fn new_key() -> (String, Vec<u8>) {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .expect("a key can be made");
    let made = made.as_ref();
    let (private, public) = (&made[36..68], &made[made.len() - 65..]);
    let whole = [&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20], private, &BETWEEN, public].concat();
    let text = STANDARD.encode(whole);
    (format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n"), public.to_vec())
}

/// The proof's number, if it is good: signed with the key whose public half this is, for this address and this time.
pub(super) fn check(proof: &str, public: &[u8], address: &str, now: Timestamp) -> Option<String> {
    let (signed, signature) = proof.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(signed.as_bytes(), &signature).ok()?;
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (header, claims) = signed.split_once('.')?;
    let (header, claims) = (json(header)?, json(claims)?);
    let half = |name: &str| URL_SAFE_NO_PAD.decode(header["jwk"][name].as_str()?).ok();
    let named = [vec![4], half("x")?, half("y")?].concat();
    let is_right = header["typ"] == "dpop+jwt"
        && header["alg"] == "ES256"
        && named == public
        && claims["htm"] == "POST"
        && claims["htu"] == address
        && claims["iat"].as_i64().is_some_and(|at| at.abs_diff(now.as_second()) < TOLERANCE.unsigned_abs());
    claims["jti"].as_str().filter(|id| is_right && !id.is_empty()).map(str::to_owned)
}
