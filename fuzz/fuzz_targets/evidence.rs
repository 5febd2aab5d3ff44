//! The verifier of packs of evidence reads any list and signature, finds every change of one that fits, and says so
//! in plain text.
#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::{
    Category, CookiePolicy,
    conformance::{Evidence, EvidenceVerifier},
    records::{Instant, SigningKey},
};

/// A pack that fits, in a folder of this process.
struct Pack {
    folder: PathBuf,
    list: Vec<u8>,
    signature: Vec<u8>,
    verifier: EvidenceVerifier,
}

const LIST: &str = "manifest.json";
const SIGNATURE: &str = "signature.json";

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("evidence-{}", std::process::id()));
    let base = Category::necessary("base").title("Necessary");
    let policy = CookiePolicy::new([base]).expect("a policy");
    let date = Instant::from_unix_seconds(1_795_435_200);
    let pack = Evidence::new(policy, date).build().expect("a pack");
    // Always the same key, so that findings can be played again.
    let key = format!("ed25519-secret:{}", "5a".repeat(32));
    let key = SigningKey::from_secret(&key).expect("a key");
    let pack = futures_executor::block_on(pack.sign(&key)).expect("a signature");
    pack.write(&folder).expect("a folder");
    let read = |name| fs::read(folder.join(name)).expect("a file");
    Pack {
        list: read(LIST),
        signature: read(SIGNATURE),
        verifier: EvidenceVerifier::new(key.public()),
        folder,
    }
});

// The first byte says what follows: a list, a signature, or changes of those that fit, each the place in two bytes
// and the byte that it gets.
fuzz_target!(|data: &[u8]| -> Corpus {
    let pack = &*PACK;
    let (list, signature) = match data.split_first() {
        Some((b'l', list)) => (list.to_vec(), pack.signature.clone()),
        Some((b's', signature)) => (pack.list.clone(), signature.to_vec()),
        Some((b'c', changes)) => (changed(&pack.list, changes), pack.signature.clone()),
        Some((b'd', changes)) => (pack.list.clone(), changed(&pack.signature, changes)),
        _ => return Corpus::Reject,
    };
    let fits = list == pack.list && signature == pack.signature;
    fs::write(pack.folder.join(LIST), list).expect("a file");
    fs::write(pack.folder.join(SIGNATURE), signature).expect("a file");
    let verified = pack.verifier.verify(&pack.folder);
    assert_eq!(verified.is_ok(), fits, "{verified:?}");
    if let Err(faults) = verified {
        assert!(!faults.faults().is_empty());
        let written = faults.to_string();
        let is_plain = |it: char| it == '\n' || !it.is_control();
        assert!(written.chars().all(is_plain), "{written:?}");
    }
    Corpus::Keep
});

fn changed(fitting: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = fitting.to_vec();
    for change in changes.chunks_exact(3).take(8) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]]));
        // Two bytes are more than the length of a list.
        let place = place % bytes.len();
        bytes[place] = change[2];
    }
    bytes
}
