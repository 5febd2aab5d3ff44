//! The verifier of timestamps reads any certificate and any token, and accepts no change of a token that counts.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::records::TimestampCertificates;

/// A token that OpenSSL made over `{}`, and the certificate of its authority.
const AUTHORITY: &str = include_str!("../../src/records/archive/timestamps/example/ca.pem");
const WITNESS: &str = include_str!("../../src/records/archive/timestamps/example/witness.txt");

static CERTIFICATES: LazyLock<TimestampCertificates> =
    LazyLock::new(|| TimestampCertificates::from_pem(AUTHORITY).expect("a certificate"));

static TOKEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let base64 = WITNESS.trim_end().strip_prefix("rfc3161:");
    let token = STANDARD.decode(base64.expect("a token")).expect("base64");
    assert!(counts(&token), "it counts as it is");
    token
});

// The first byte says what follows: a certificate, a token, or changes of the token that counts, each the place in
// two bytes and the byte that it gets.
fuzz_target!(|data: &[u8]| -> Corpus {
    match data.split_first() {
        Some((b'p', certificate)) => {
            let pem = format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                STANDARD.encode(certificate)
            );
            if let Ok(certificates) = TimestampCertificates::from_pem(&pem) {
                let _ = certificates.verify(b"{}", WITNESS.trim_end());
            }
        }
        Some((b't', token)) => assert_eq!(counts(token), *token == **TOKEN),
        Some((b'c', changes)) => {
            let mut token = TOKEN.clone();
            for change in changes.chunks_exact(3).take(8) {
                let place = usize::from(u16::from_be_bytes([change[0], change[1]]));
                let place = place % token.len();
                token[place] = change[2];
            }
            assert_eq!(counts(&token), token == *TOKEN);
        }
        _ => return Corpus::Reject,
    }
    Corpus::Keep
});

fn counts(token: &[u8]) -> bool {
    let witness = format!("rfc3161:{}", STANDARD.encode(token));
    CERTIFICATES.verify(b"{}", &witness).is_ok()
}
