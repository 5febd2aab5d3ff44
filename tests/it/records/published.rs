//! What a site publishes of its Merkle tree, over HTTP, and what somebody outside finds out with it.

use std::{fs, path::PathBuf, process::Output};

use axum::Router;
use http::{
    Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE},
};
use serde::Deserialize;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{Archive, Checkpoint, Instant, RecordLayer, Records, SigningKey},
};

use super::{
    START, entry_at,
    every_store::{Stores, open},
    rfc6962,
};
use crate::{
    pages::openapi::holds,
    support::{
        process::{Folder, example},
        server,
    },
};

/// A site on a socket that publishes the tree of this store.
struct Site {
    url: String,
    store: String,
    archive: Archive,
    key: SigningKey,
}

impl Site {
    fn new(store: &str, key: &SigningKey) -> Self {
        let ads = Category::consent("ads").title("Ads").description("Ads");
        let policy = CookiePolicy::new([ads]).unwrap();
        let (archive, records) = server::runtime().block_on(async {
            let archive = Archive::open(store).await.unwrap();
            let records = Records::open(store).await.unwrap().publish(&archive);
            (archive, records.build().unwrap())
        });
        let site = Router::new()
            .layer(Pages::at("/cookies", policy.clone()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(CookieConsentLayer::new(policy).records(&records));
        Self {
            url: format!("http://{}", server::serve(site)),
            store: store.to_owned(),
            archive,
            key: SigningKey::from_secret(&key.secret()).unwrap(),
        }
    }

    /// Records this many choices, and makes a checkpoint.
    fn grow(&self, records: u64, state: &str) {
        let entries: Vec<_> = (0..records).map(|_| entry_at(START, None, state)).collect();
        server::runtime().block_on(async {
            open(&self.store).await.append(&entries).await.unwrap();
            let now = Instant::from_unix_seconds(START);
            self.archive.checkpoint(&self.key, now).await.unwrap();
        });
    }

    fn get(&self, path: &str) -> Response<String> {
        let url = format!("{}/cookies/{path}", self.url);
        server::send(Method::GET, &url, &[], "")
    }

    /// Returns what is found at this path.
    fn found(&self, path: &str) -> String {
        let response = self.get(path);
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.into_body()
    }

    fn newest(&self) -> Checkpoint {
        self.found("checkpoint").trim_end().parse().unwrap()
    }

    fn export(&self) -> Vec<u8> {
        let mut export = Vec::new();
        let runtime = server::runtime();
        runtime.block_on(self.archive.export(&mut export)).unwrap();
        export
    }
}

#[derive(Deserialize)]
struct Proof {
    hash: Option<String>,
    hashes: Vec<String>,
}

fn proof(json: &str) -> Proof {
    holds("Proof", &serde_json::from_str(json).unwrap()).unwrap();
    serde_json::from_str(json).unwrap()
}

fn hash(digest: &str) -> [u8; 32] {
    let digits = digest.strip_prefix("sha256:").unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    std::array::from_fn(|at| byte(2 * at))
}

fn hashes(proof: &Proof) -> Vec<[u8; 32]> {
    proof.hashes.iter().map(|digest| hash(digest)).collect()
}

#[test]
fn every_published_tree_continues_the_ones_before() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, &SigningKey::generate().unwrap());
        assert_eq!(site.get("checkpoint").status(), StatusCode::NOT_FOUND);
        let mut known: Vec<Checkpoint> = Vec::new();
        for records in [1, 2, 4, 3, 1, 7] {
            site.grow(records, "granted");
            let newest = site.newest();
            assert!(newest.is_signed_by(&site.key.public()), "{store}");
            known.push(newest);
        }
        for (at, old) in known.iter().enumerate() {
            let again = site.found(&format!("checkpoint?size={}", old.size));
            assert_eq!(again, format!("{old}\n"));
            holds("Checkpoint", &serde_json::from_str(&again).unwrap()).unwrap();
            for new in &known[at..] {
                let (from, size) = (old.size, new.size);
                let json = site.found(&format!("proof?from={from}&size={size}"));
                let path = hashes(&proof(&json));
                let [old, new] = [old, new].map(|it| (it.size, *it.root.as_bytes()));
                assert!(rfc6962::is_continued(old, new, &path), "{json}");
                let forged = (new.0, rfc6962::leaf_hash(b"another"));
                assert!(!rfc6962::is_continued(old, forged, &path));
            }
        }
    }
}

#[test]
fn every_leaf_is_proven_in_every_published_tree() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, &SigningKey::generate().unwrap());
        let mut known = Vec::new();
        for records in [3, 2, 6] {
            site.grow(records, "denied");
            known.push(site.newest());
        }
        let export = String::from_utf8(site.export()).unwrap();
        let lines: Vec<_> = export.lines().collect();
        // The line after that of a hash is what was hashed; records have their leaf beside it.
        let contents = lines
            .windows(2)
            .filter(|pair| pair[0].contains("\"type\":\"leaf\""));
        let contents: Vec<_> = contents.map(|pair| pair[1]).collect();
        for tree in &known {
            for (leaf, content) in (0..tree.size).zip(&contents) {
                let json = site.found(&format!("proof?leaf={leaf}&size={}", tree.size));
                let found = proof(&json);
                let stated = hash(found.hash.as_deref().unwrap());
                if content.contains("\"type\":\"document\"") {
                    assert_eq!(stated, rfc6962::leaf_hash(content.as_bytes()));
                }
                let path = hashes(&found);
                let (size, root) = (tree.size, *tree.root.as_bytes());
                assert!(
                    rfc6962::is_hash_included(stated, leaf, size, &path, root),
                    "{json}"
                );
            }
        }
    }
}

#[test]
fn what_is_published_is_cached_as_long_as_it_fits() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], &SigningKey::generate().unwrap());
    site.grow(5, "granted");
    let size = site.newest().size;
    for (path, keep) in [
        ("checkpoint".to_owned(), "public, max-age=60"),
        (format!("checkpoint?size={size}"), "public, max-age=86400"),
        (
            format!("proof?leaf=0&size={size}"),
            "public, max-age=31536000, immutable",
        ),
        (
            format!("proof?from=1&size={size}"),
            "public, max-age=31536000, immutable",
        ),
    ] {
        let response = site.get(&path);
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], keep, "{path}");
        assert!(response.headers().get(SET_COOKIE).is_none());
        assert!(!response.body().contains("shop.example") && !response.body().contains("granted"));
    }
    for path in [
        format!("checkpoint?size={}", size + 1),
        "checkpoint?size=1".to_owned(),
        "checkpoint?size=-1".to_owned(),
        format!("checkpoint?size={}", u64::MAX),
        "proof".to_owned(),
        format!("proof?leaf={size}&size={size}"),
        format!("proof?leaf=0&size={}", size + 1),
        format!("proof?leaf={0}&size={0}", u64::MAX),
        format!("proof?from=0&size={size}"),
        format!("proof?from={}&size={size}", size + 1),
        format!("proof?from=1&leaf=1&size={size}"),
    ] {
        let response = site.get(&path);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{path}");
    }
    let url = format!("{}/cookies/checkpoint", site.url);
    let posted = server::send(Method::POST, &url, &[], "");
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    // Receipts need more than that.
    assert_eq!(
        site.get("receipt?r=01a0c3e2-7a00-7000-8000-000000000000")
            .status(),
        404
    );
}

/// Somebody outside who keeps what was published.
struct Auditor {
    folder: Folder,
    key: SigningKey,
}

impl Auditor {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.folder.0.join(name);
        fs::write(&file, content).unwrap();
        file
    }

    fn verify(&self, export: &[u8], checkpoints: &str) -> Output {
        let key = self.key.public().to_string();
        let mut command = example("consent_records");
        command.arg("verify").arg(self.file("export.jsonl", export));
        command
            .arg("--key")
            .arg(self.file("key.pub", key.as_bytes()));
        let held = self.file("held.jsonl", checkpoints.as_bytes());
        command.arg("--checkpoint").arg(held).output().unwrap()
    }
}

#[test]
fn a_forked_history_is_found_by_whoever_kept_a_checkpoint() {
    let key = SigningKey::generate().unwrap();
    let (stores, forged) = (Stores::new(), Stores::new());
    let auditor = Auditor {
        folder: Folder::new("auditor"),
        key: SigningKey::from_secret(&key.secret()).unwrap(),
    };
    for (store, other) in stores.urls.iter().zip(&forged.urls) {
        let site = Site::new(store, &key);
        site.grow(3, "granted");
        let mut held = site.found("checkpoint");
        site.grow(4, "denied");
        held += &site.found("checkpoint");
        site.grow(2, "denied");
        let output = auditor.verify(&site.export(), &held);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{store}: {said}");
        assert!(
            said.contains("it continues 2 checkpoints from outside"),
            "{said}"
        );

        // Whoever has the key and the database: as many records, and other ones.
        let fork = Site::new(other, &key);
        for records in [3, 4, 2] {
            fork.grow(records, "granted");
        }
        let export = fork.export();
        let alone = auditor.verify(&export, "");
        assert!(alone.status.success(), "it fits its own key");
        let output = auditor.verify(&export, &held);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("another history"), "{said}");

        // One that was cut, and one that was signed by somebody else.
        let short = site.export();
        let cut = short
            .split_inclusive(|byte| *byte == b'\n')
            .take_while(|line| !String::from_utf8_lossy(line).contains("\"leaf\":7,"));
        let mut cut: Vec<_> = cut.collect();
        while cut
            .last()
            .is_some_and(|line| !String::from_utf8_lossy(line).contains("checkpoint"))
        {
            cut.pop();
        }
        let output = auditor.verify(&cut.concat(), &held);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the checkpoint from outside has 9"), "{said}");
        let stranger = SigningKey::generate().unwrap();
        let newest = site.newest();
        let foreign = Checkpoint::signed(newest.size, newest.root, newest.time, &stranger);
        let output = auditor.verify(&short, &format!("{foreign}\n"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("from outside is not signed by the key"),
            "{said}"
        );
        let output = auditor.verify(&short, "nonsense\n");
        assert_eq!(output.status.code(), Some(1));
    }
}
