//! The verifier of records reads any bytes, and finds every change of an export that fits.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::records::{PublicKey, Verifier, verify};

/// An export of the example `portal`, which fits.
static EXPORT: &[u8] = include_bytes!("../../tests/data/records/export.jsonl");

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let key = include_str!("../../tests/data/records/export.pub");
    let key = key.trim_end().parse().expect("a public key");
    assert!(verify(EXPORT, &key, false).is_ok(), "it fits as it is");
    key
});

// The first byte says what follows: an export, a receipt, or changes of the export that fits, each the place in
// two bytes and the byte that it gets.
fuzz_target!(|data: &[u8]| -> Corpus {
    match data.split_first() {
        Some((b'e', export)) => {
            // Whether it fits does not matter: it is read in bounded time.
            let _ = verify(export, &KEY, true);
        }
        Some((b'r', receipt)) => {
            let receipt = String::from_utf8_lossy(receipt);
            let _ = Verifier::new(*KEY).verify_receipt(&receipt);
        }
        Some((b'c', changes)) => finds(changes),
        _ => return Corpus::Reject,
    }
    Corpus::Keep
});

fn finds(changes: &[u8]) {
    let mut export = EXPORT.to_vec();
    for change in changes.chunks_exact(3).take(8) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]]));
        // Two bytes are less than the length of the export.
        let place = place * export.len() / (1 << 16);
        export[place] = change[2];
    }
    let verified = verify(&*export, &KEY, false);
    if export == EXPORT {
        assert!(verified.is_ok());
        return;
    }
    let misfit = verified.expect_err("something was changed");
    let lines = export.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert!(misfit.line() <= lines + 1, "{misfit}");
}
