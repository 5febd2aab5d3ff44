//! Keys that others keep, and witnesses of checkpoints: both of the test's own, from every store.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use tower_cookie_consent::records::{
    Archive, ArchiveError, Instant, KeyError, PublicKey, Signer, SignerFuture, Verified, Verifier,
    Witness, WitnessFuture, verify,
};

use super::{
    START, entry,
    every_store::{Stores, open},
};

fn now() -> Instant {
    Instant::from_unix_seconds(START)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A service that keeps a key, and may be down.
#[derive(Debug)]
struct Kms {
    key: SigningKey,
    /// The key that it says it has.
    shown: PublicKey,
    is_down: AtomicBool,
}

impl Kms {
    fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let shown = format!("ed25519:{}", hex(key.verifying_key().as_bytes()));
        Self {
            key,
            shown: shown.parse().unwrap(),
            is_down: AtomicBool::new(false),
        }
    }
}

impl Signer for Kms {
    fn public(&self) -> PublicKey {
        self.shown
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        Box::pin(async move {
            // As one that is asked over a network does.
            tokio::task::yield_now().await;
            match self.is_down.load(Ordering::SeqCst) {
                true => Err(KeyError::new("the key service does not answer")),
                false => Ok(self.key.sign(message).to_bytes()),
            }
        })
    }
}

/// A second key on another machine, which signs what it has seen.
#[derive(Debug)]
struct Cosigner {
    key: SigningKey,
    asked: AtomicUsize,
    is_down: AtomicBool,
}

impl Cosigner {
    fn new() -> Self {
        Self {
            key: SigningKey::from_bytes(&[9; 32]),
            asked: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
        }
    }

    /// Returns the check that somebody makes who knows the public key alone.
    fn check(&self) -> impl Fn(&[u8], &str) -> bool + use<> {
        let key: VerifyingKey = self.key.verifying_key();
        move |checkpoint, witness| {
            let digits = witness.strip_prefix("cosigned:").unwrap_or_default();
            let byte = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
            let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
            let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
            signature.is_some_and(|it| key.verify_strict(checkpoint, &it).is_ok())
        }
    }
}

impl Witness for Cosigner {
    fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.asked.fetch_add(1, Ordering::SeqCst);
            match self.is_down.load(Ordering::SeqCst) {
                true => Err(ArchiveError::new("the witness does not answer")),
                false => Ok(format!(
                    "cosigned:{}",
                    hex(&self.key.sign(checkpoint).to_bytes())
                )),
            }
        })
    }
}

async fn export(archive: &Archive) -> String {
    let mut export = Vec::new();
    archive.export(&mut export).await.unwrap();
    String::from_utf8(export).unwrap()
}

#[tokio::test]
async fn a_key_service_signs_checkpoints_and_new_keys() {
    for url in &Stores::new().urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let kms = Kms::new(1);
        store.append(&[entry()]).await.unwrap();
        let checkpoint = archive.checkpoint(&kms, now()).await.unwrap();
        assert!(checkpoint.is_signed_by(&kms.public()), "{url}");

        // While it is down nothing unsigned is published, and later nothing is missing.
        kms.is_down.store(true, Ordering::SeqCst);
        store.append(&[entry()]).await.unwrap();
        let error = archive.checkpoint(&kms, now()).await.unwrap_err();
        assert_eq!(error.to_string(), "the key service does not answer");
        let published = archive.published(None).await.unwrap();
        assert_eq!(published.as_ref(), Some(&checkpoint), "{url}");
        kms.is_down.store(false, Ordering::SeqCst);
        let second = archive.checkpoint(&kms, now()).await.unwrap();
        assert_eq!(second.size, checkpoint.size + 1);
        assert!(second.is_signed_by(&kms.public()));

        let next = Kms::new(2);
        archive.rotate(&kms, &next, now()).await.unwrap();
        store.append(&[entry()]).await.unwrap();
        archive.checkpoint(&next, now()).await.unwrap();
        let export = export(&archive).await;
        for key in [kms.public(), next.public()] {
            let verified = verify(export.as_bytes(), &key, false).unwrap();
            assert_eq!(verified.records, 3, "{url}");
        }
    }
}

#[tokio::test]
async fn a_signature_that_does_not_fit_its_key_is_found() {
    for url in &Stores::new().urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let confused = Kms {
            shown: Kms::new(2).public(),
            ..Kms::new(1)
        };
        store.append(&[entry()]).await.unwrap();
        let error = archive.checkpoint(&confused, now()).await.unwrap_err();
        assert!(
            error.to_string().contains("does not fit its public key"),
            "{error}"
        );
        assert_eq!(archive.published(None).await.unwrap(), None);
    }
}

/// Returns the export of a store with three checkpoints, of which the second and third are attested.
async fn witnessed(url: &str, witness: &Cosigner) -> String {
    let store = open(url).await;
    let archive = Archive::open(url).await.unwrap();
    assert_eq!(archive.witness(witness).await.unwrap(), None);
    let kms = Kms::new(1);
    for number in 0..3 {
        store.append(&[entry()]).await.unwrap();
        let made = archive.checkpoint(&kms, now()).await.unwrap();
        assert_eq!(made.witness, None);
        if number == 0 {
            witness.is_down.store(true, Ordering::SeqCst);
            let error = archive.witness(witness).await.unwrap_err();
            assert_eq!(error.to_string(), "the witness does not answer");
            witness.is_down.store(false, Ordering::SeqCst);
            continue;
        }
        let attested = archive.witness(witness).await.unwrap().unwrap();
        assert_eq!(attested.size, made.size);
        // Only once.
        assert_eq!(archive.witness(witness).await.unwrap(), Some(attested));
    }
    assert_eq!(witness.asked.load(Ordering::SeqCst), 3, "{url}");
    export(&archive).await
}

#[tokio::test]
async fn a_changed_witness_is_found() {
    for url in &Stores::new().urls {
        let witness = Cosigner::new();
        let export = witnessed(url, &witness).await;
        let verifier = || Verifier::new(Kms::new(1).public()).witness(witness.check());
        let check = |export: &str| verifier().verify(export.as_bytes());
        let verified: Verified = check(&export).unwrap();
        assert_eq!(verified.witnessed, 2, "{url}");
        assert!(
            verified.to_string().contains("2 checkpoints are witnessed"),
            "{verified}"
        );
        let unchecked = verify(export.as_bytes(), &Kms::new(1).public(), false).unwrap();
        assert!(
            unchecked.to_string().contains("its witness is not checked"),
            "{unchecked}"
        );

        let lines: Vec<_> = export.split_inclusive('\n').collect();
        let attested = |line: &&str| line.contains("cosigned:");
        let number = 1 + lines.iter().position(attested).unwrap();
        let place = export.find("cosigned:").unwrap() + "cosigned:".len();
        for at in place..place + 128 {
            let mut changed = export.clone().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            let misfit = check(&changed).unwrap_err();
            assert_eq!(misfit.line(), u64::try_from(number).unwrap(), "{misfit}");
            assert!(
                misfit.to_string().contains("the witness of the checkpoint"),
                "{misfit}"
            );
        }
        // That of another checkpoint.
        let of = |line: &str| line.split_once("\"witness\":").unwrap().1.to_owned();
        let tokens: Vec<_> = lines.iter().copied().filter(attested).map(of).collect();
        let moved = export.replace(&tokens[0], &tokens[1]);
        assert_ne!(moved, export);
        check(&moved).unwrap_err();
        // Without any, it fits, and the verifier says what that is worth.
        let bare = export
            .replace(&tokens[0], "null}\n")
            .replace(&tokens[1], "null}\n");
        let verified = check(&bare).unwrap();
        assert!(verified.to_string().contains("unwitnessed"), "{verified}");
    }
}
