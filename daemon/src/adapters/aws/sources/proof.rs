//! The proof that whoever renews a sign-in has the key that it was made with (RFC 9449, `DPoP`).

use std::fmt::Write as _;

use aws_smithy_types::base64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls::pki_types::PrivateSec1KeyDer;
use rustls::pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

/// What stands before a key on the curve P-256 as OpenSSL writes it (SEC 1, 121 bytes) to make it one as `ring` reads it
/// (PKCS #8): version 0, the curve, and the length of what follows.
const BEFORE_KEY: [u8; 29] = [
    0x30, 0x81, 0x93, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x79,
];

/// The length of such a key with its parameters and its public half.
const KEY: usize = 0x79;

/// The key of a sign-in.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    /// From the text in the file. None where it is not what `aws login` makes.
    pub(super) fn read(pem: &str) -> Option<Self> {
        let key = PrivateSec1KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let key = Some(key.secret_sec1_der()).filter(|key| key.len() == KEY)?;
        let whole = Zeroizing::new([&BEFORE_KEY[..], key].concat());
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &whole, &SystemRandom::new())
            .ok()
            .map(Self)
    }

    /// The proof for a POST to this address at this second.
    pub(super) fn proof(&self, address: &str, now: u64) -> Option<String> {
        let mut number = [0; 16];
        getrandom::fill(&mut number).ok()?;
        let public = self.0.public_key().as_ref();
        let (x, y) = public.get(1..)?.split_at_checked(32)?;
        let header = serde_json::json!({
            "typ": "dpop+jwt",
            "alg": "ES256",
            "jwk": { "kty": "EC", "x": encoded(x), "y": encoded(y), "crv": "P-256" },
        });
        let claims = serde_json::json!({
            "jti": hex::encode(number),
            "htm": "POST",
            "htu": address,
            "iat": now,
        });
        let mut proof =
            format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), proof.as_bytes()).ok()?;
        write!(proof, ".{}", encoded(signature.as_ref())).ok()?;
        Some(proof)
    }
}

/// As in URLs, without filling.
fn encoded(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    /// A key as OpenSSL writes it: its halves out of one that `ring` makes.
    fn pem() -> String {
        let made =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let (private, public) = (&made.as_ref()[36..68], &made.as_ref()[made.as_ref().len() - 65..]);
        let curve: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let sec1 =
            [&[0x30, 0x77, 2, 1, 1, 4, 32], private, &curve, &[0xa1, 0x44, 3, 0x42, 0], public].concat();
        format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", base64::encode(sec1))
    }

    fn decoded(part: &str) -> Vec<u8> {
        let mut standard = part.replace('-', "+").replace('_', "/");
        while !standard.len().is_multiple_of(4) {
            standard.push('=');
        }
        base64::decode(standard).unwrap()
    }

    #[test]
    fn a_proof_is_signed_and_names_its_call() {
        let key = Key::read(&pem()).unwrap();
        let proof = key.proof("https://x/v1/token", 7).unwrap();
        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.0.public_key().as_ref());
        public.verify(signed.as_bytes(), &decoded(signature)).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let json = |part| serde_json::from_slice::<serde_json::Value>(&decoded(part)).unwrap();
        assert_eq!(json(header)["alg"], "ES256");
        assert_eq!(
            (json(claims)["htu"].as_str(), json(claims)["iat"].as_u64()),
            (Some("https://x/v1/token"), Some(7))
        );
        assert_ne!(proof, key.proof("https://x/v1/token", 7).unwrap(), "each is another one");
    }

    #[test]
    fn what_is_no_such_key_is_none() {
        for text in
            ["", "hunter2", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"]
        {
            assert!(Key::read(text).is_none());
        }
    }
}
