//! A token that OpenSSL made over `{}`, and what becomes of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::TimestampCertificates;

const CA: &str = include_str!("example/ca.pem");
const WITNESS: &str = include_str!("example/witness.txt");

fn token() -> Vec<u8> {
    let base64 = WITNESS.trim_end().strip_prefix("rfc3161:").unwrap();
    STANDARD.decode(base64).unwrap()
}

fn verify(token: &[u8]) -> Result<String, String> {
    let certificates = TimestampCertificates::from_pem(CA).unwrap();
    let witness = format!("rfc3161:{}", STANDARD.encode(token));
    let time = certificates.verify(b"{}", &witness);
    time.map(|time| time.to_string())
        .map_err(|error| error.to_string())
}

#[test]
fn the_example_counts() {
    assert_eq!(verify(&token()).unwrap(), "2026-11-30T02:35:51Z");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_changed_token_does_not_count(
        at in 0_usize..900,
        removed in 0_usize..40,
        added in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut changed = token();
        let end = (at + removed).min(changed.len());
        changed.splice(at..end, added);
        prop_assert_eq!(verify(&changed).is_ok(), changed == token());
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&bytes).is_err());
    }
}
