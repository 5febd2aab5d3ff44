//! What a check of a receipt compares, and when a key signs one.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Method, header::COOKIE};
use serde_json::Value;
use tower_cookie_consent::records::{
    Archive, Cause, Checkpoint, Digest, Entry, PublicKey, RecordId, Signer, SignerFuture,
    SigningKey, Verifier, Witness, WitnessFuture,
};

use super::{Site, cookies, policy, receipt_id, serve, subject};
use crate::{
    records::every_store::{Stores, open},
    support::{
        process::{Folder, example},
        server,
    },
};

#[test]
fn a_receipt_is_checked_like_an_export() {
    let stores = Stores::new();
    let store = &stores.urls[0];
    let site = Site::new(store, subject(), &policy());
    let chosen = cookies(&site.choose("accept", ""));
    site.receipt("receipt", &chosen);
    site.checkpoint();
    let attest = |archive: Archive| async move { archive.witness(&Notary).await };
    let runtime = server::runtime();
    runtime.block_on(attest(site.archive.clone())).unwrap();
    let receipt = site.receipt("receipt", &chosen).into_body();
    let verifier = || Verifier::new(site.key.public());
    let tree = verifier().verify_receipt(&receipt).unwrap().unwrap();
    // Anybody could have written this one.
    let root = Digest::of(b"another");
    let stranger = SigningKey::generate().unwrap();
    let bogus = Checkpoint::signed(tree.size, root, tree.time, &stranger);
    let error = verifier().holding([bogus]).verify_receipt(&receipt);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("from outside is not signed"), "{error}");

    // What the example says of it.
    let folder = Folder::new("receipt");
    let file = |name: &str, content: &str| {
        let file = folder.0.join(name);
        fs::write(&file, content).unwrap();
        file
    };
    let signed = file("receipt.jsonld", &receipt);
    let key = file("key.pub", &site.key.public().to_string());
    let other = Checkpoint::signed(tree.size + 1, root, tree.time, &site.key);
    for (held, outcome) in [
        (&tree, "; the same as a checkpoint from outside\n"),
        (&other, "; no checkpoint from outside has this size\n"),
    ] {
        let held = file("held.jsonl", &held.to_string());
        let mut check = example("consent_records");
        check.arg("receipt").arg(&signed).arg("--key").arg(&key);
        let output = check.arg("--checkpoint").arg(held).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.ends_with(outcome), "{text}");
    }

    let seen = |bytes: &[u8], token: &str| token == format!("seen {}", bytes.len());
    verifier().witness(seen).verify_receipt(&receipt).unwrap();
    let error = verifier().witness(|_, _| false).verify_receipt(&receipt);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("has not seen"), "{error}");

    // The newest checkpoint is of a key from before.
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], subject(), &policy());
    let chosen = cookies(&site.choose("accept", ""));
    site.receipt("receipt", &chosen);
    runtime
        .block_on(site.archive.checkpoint(&stranger, tree.time))
        .unwrap();
    let receipt = site.receipt("receipt", &chosen).into_body();
    let verifier = Verifier::new(site.key.public());
    assert_eq!(verifier.verify_receipt(&receipt).unwrap(), None);
}

/// Says that it has seen a checkpoint.
#[derive(Debug)]
struct Notary;

impl Witness for Notary {
    fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a> {
        Box::pin(async move { Ok(format!("seen {}", checkpoint.len())) })
    }
}

/// A key elsewhere, which is paid for each signature.
#[derive(Debug)]
struct Service {
    key: SigningKey,
    signatures: Arc<AtomicUsize>,
}

impl Signer for Service {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        self.signatures.fetch_add(1, Ordering::Relaxed);
        self.key.sign(message)
    }
}

#[test]
fn the_same_receipt_is_signed_once() {
    let stores = Stores::new();
    let key = SigningKey::generate().unwrap();
    let signatures = Arc::<AtomicUsize>::default();
    let service = Service {
        key: SigningKey::from_secret(&key.secret()).unwrap(),
        signatures: Arc::clone(&signatures),
    };
    let (url, archive) = serve(&stores.urls[0], subject(), &policy(), service);
    let site = Site { url, archive, key };
    let signed = || signatures.load(Ordering::Relaxed);
    let chosen = cookies(&site.choose("accept", ""));
    let receipt = site.receipt("receipt", &chosen).into_body();
    for _ in 0..5 {
        assert_eq!(*site.receipt("receipt", &chosen).body(), receipt);
    }
    assert_eq!(signed(), 1);
    site.checkpoint();
    let proven = site.receipt("receipt", &chosen).into_body();
    assert_ne!(proven, receipt);
    assert_eq!(signed(), 2);
    // Those that were asked for last are kept.
    for _ in 0..256 {
        let other = cookies(&site.choose("accept", ""));
        site.receipt("receipt", &other);
    }
    assert_eq!(signed(), 258);
    let url = format!("{}/cookies/receipt", site.url);
    let again = server::send(Method::GET, &url, &[(COOKIE, &chosen)], "");
    assert_eq!(*again.body(), proven);
    assert_eq!(signed(), 259);
}

/// The record of a response that had left without its grant, and the one that says so.
#[test]
fn a_receipt_says_that_a_grant_was_taken_back() {
    let stores = Stores::new();
    let runtime = server::runtime();
    for store in &stores.urls {
        let site = Site::new(store, subject(), &policy());
        let chosen = cookies(&site.choose("accept", ""));
        let status = || {
            let receipt = site.receipt("receipt", &chosen).into_body();
            let receipt: Value = serde_json::from_str(&receipt).unwrap();
            let processes = &receipt["dpv:hasRecordOfActivity"]["dpv:hasProcess"];
            let status = &processes[0]["dpv:hasConsentStatus"]["@type"];
            status.as_str().unwrap().to_owned()
        };
        assert_eq!(status(), "dpv:ConsentGiven", "{store}");
        let id = receipt_id(&chosen);
        runtime.block_on(async {
            let stored = site.archive.find(id).await.unwrap().unwrap();
            let mut record = stored.record;
            record.key = Some(id.to_string());
            record.cause = Cause::Unconfirmed;
            record.id = RecordId::at(id.unix_seconds() + 1, [7; 10]);
            let digests = [Some(record.policy), record.shown];
            let mut later = Entry::new(Arc::new(record), Vec::new());
            for digest in digests.into_iter().flatten() {
                later
                    .documents
                    .extend(site.archive.document(digest).await.unwrap());
            }
            later.previous = Some(id);
            open(store).await.append(&[later]).await.unwrap();
        });
        assert_eq!(status(), "dpv:ConsentInvalidated", "{store}");
    }
}
