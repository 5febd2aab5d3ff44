//! Receipts over HTTP, from every store. Signatures and proofs are checked with nothing of this crate.

mod browser;
mod checks;
mod forgetting;

use axum::Router;
use ed25519_dalek::{Signature, VerifyingKey};
use futures_executor::block_on;
use http::{
    HeaderMap, HeaderName, Method, Response, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LINK, LOCATION, ORIGIN, SET_COOKIE},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::Pages,
    policy::{Controller, Retention, Service},
    records::{
        Archive, Checkpoint, Digest, Instant, RecordId, RecordLayer, Records, Signer, SigningKey,
        Subject, Verifier,
    },
    regimes::{Place, Regime},
};

use super::{every_store::Stores, rfc6962};
use crate::{pages::openapi::holds, support::server};

const TEXTS: [&str; 5] = [
    "receipt_title",
    "receipt_text",
    "receipt_show",
    "receipt_forget_text",
    "receipt_forget",
];

fn policy() -> CookiePolicy {
    let films = Service::new("films")
        .title("Films")
        .controller("Films Ltd")
        .purposes(["Shows films"])
        .countries(["IE"])
        .privacy_url("https://films.example/privacy")
        .cookie(CookieDeclaration::new("viewer").retention(Retention::days(30)));
    let ads = Category::consent("ads")
        .title("Advertising")
        .description("Pays for the site.")
        .cookie(CookieDeclaration::new("_ga").retention(Retention::months(13)))
        .service(films);
    let controller = Controller::new("Example Ltd")
        .address("1 High Street")
        .contact("privacy@example.org")
        .countries(["DE"])
        .jurisdiction("DE");
    let builder = CookiePolicy::builder().category(ads).controller(controller);
    builder.build().unwrap()
}

/// A site on a socket, whose records are in this store.
struct Site {
    url: String,
    archive: Archive,
    key: SigningKey,
}

fn subject() -> Subject {
    Subject::Receipt {
        path: "/cookies".to_owned(),
    }
}

/// Serves a site, and returns its address.
fn serve(
    store: &str,
    subject: Subject,
    policy: &CookiePolicy,
    signer: impl Signer,
) -> (String, Archive) {
    let layer = CookieConsentLayer::new(policy.clone());
    serve_with(store, subject, policy, layer, signer)
}

fn serve_with(
    store: &str,
    subject: Subject,
    policy: &CookiePolicy,
    layer: CookieConsentLayer,
    signer: impl Signer,
) -> (String, Archive) {
    let runtime = server::runtime();
    let (archive, records) = runtime.block_on(async {
        let archive = Archive::open(store).await.unwrap();
        let records = Records::open(store).await.unwrap();
        let records = records.site("shop.example").subject(subject);
        (
            archive.clone(),
            records.receipts(&archive, signer).build().unwrap(),
        )
    });
    let site = Router::new()
        .layer(Pages::at("/cookies", policy.clone()).unwrap())
        .layer(RecordLayer::new(records.clone()))
        .layer(layer.records(&records));
    (format!("http://{}", server::serve(site)), archive)
}

impl Site {
    fn new(store: &str, subject: Subject, policy: &CookiePolicy) -> Self {
        let key = SigningKey::generate().unwrap();
        let signer = SigningKey::from_secret(&key.secret()).unwrap();
        let (url, archive) = serve(store, subject, policy, signer);
        Self { url, archive, key }
    }

    /// One whose visitors are all in this place.
    fn in_place(store: &str, policy: &CookiePolicy, place: &'static str) -> Self {
        let key = SigningKey::generate().unwrap();
        let signer = SigningKey::from_secret(&key.secret()).unwrap();
        let layer = CookieConsentLayer::new(policy.clone());
        let layer = layer.regime_for(move |_| Place::parse(place));
        let (url, archive) = serve_with(store, subject(), policy, layer, signer);
        Self { url, archive, key }
    }

    fn get(&self, path: &str, cookies: &str) -> Response<String> {
        let url = format!("{}/cookies/{path}", self.url);
        server::send(Method::GET, &url, &[(COOKIE, cookies)], "")
    }

    fn choose(&self, decision: &str, cookies: &str) -> Response<String> {
        let url = format!("{}/cookies/preferences", self.url);
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (ORIGIN, &*self.url),
            (COOKIE, cookies),
        ];
        let body = format!(r#"{{"decision": "{decision}"}}"#);
        server::send(Method::POST, &url, &headers, &body)
    }

    fn forget(&self, headers: &[(HeaderName, &str)]) -> Response<String> {
        let url = format!("{}/cookies/receipt", self.url);
        server::send(Method::POST, &url, headers, "")
    }

    fn checkpoint(&self) {
        let now = Instant::from_unix_seconds(super::START);
        let runtime = server::runtime();
        runtime
            .block_on(self.archive.checkpoint(&self.key, now))
            .unwrap();
    }

    /// Returns the receipt, once its record is in the store: a refusal does not wait for that.
    fn receipt(&self, path: &str, cookies: &str) -> Response<String> {
        for _ in 0..100 {
            let response = self.get(path, cookies);
            if response.status() == StatusCode::OK {
                return response;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        self.get(path, cookies)
    }
}

/// Returns the pairs that a response sets, as a request carries them.
fn cookies(response: &Response<String>) -> String {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let pairs = fields.map(|field| field.to_str().unwrap().split(';').next().unwrap());
    // Without removals.
    let pairs = pairs.filter(|pair| !pair.ends_with('='));
    pairs.collect::<Vec<_>>().join("; ")
}

fn receipt_id(cookies: &str) -> RecordId {
    let pair = cookies
        .split("; ")
        .find_map(|it| it.strip_prefix("consent_receipt="));
    pair.unwrap().parse().unwrap()
}

/// The parts of a receipt, as they are written.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    record: &'a RawValue,
    inclusion: Option<Inclusion>,
    key: String,
    signature: String,
}

#[derive(Deserialize)]
struct Inclusion {
    leaf: u64,
    hashes: Vec<String>,
    checkpoint: Signed,
}

#[derive(Deserialize)]
struct Signed {
    size: u64,
    root: String,
    time: String,
    signature: String,
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn hash(digest: &str) -> [u8; 32] {
    hex(digest.strip_prefix("sha256:").unwrap())
        .try_into()
        .unwrap()
}

/// Checks a signature as the guide describes it.
fn is_signed(message: &str, signature: &str, key: &str) -> bool {
    let key: [u8; 32] = hex(key.strip_prefix("ed25519:").unwrap())
        .try_into()
        .unwrap();
    let digits = signature.rsplit(':').next().unwrap();
    let signature = Signature::from_slice(&hex(digits)).unwrap();
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(message.as_bytes(), &signature).is_ok()
}

/// Returns what a receipt's signature is of: its bytes without that member.
fn message(receipt: &str, signature: &str) -> String {
    let member = format!(",\"signature\":\"{signature}\"");
    let message = receipt.replace(&member, "");
    assert_eq!(message.len() + member.len(), receipt.len());
    message
}

/// Checks a receipt, and each change of one of its digits or letters.
fn check_with_the_verifier(site: &Site, receipt: &str) {
    let verifier = Verifier::new(site.key.public());
    let tree = verifier.verify_receipt(receipt).unwrap().unwrap();
    let stranger = Verifier::new(SigningKey::generate().unwrap().public());
    stranger.verify_receipt(receipt).unwrap_err();
    for at in (0..receipt.len()).step_by(7) {
        let mut changed = receipt.as_bytes().to_vec();
        changed[at] ^= 1;
        if let Ok(changed) = String::from_utf8(changed) {
            verifier.verify_receipt(&changed).unwrap_err();
        }
    }
    // The same key, and another history of that size.
    let root = Digest::of(b"another");
    let held = Checkpoint::signed(tree.size, root, tree.time, &site.key);
    let error = verifier
        .holding([held])
        .verify_receipt(receipt)
        .unwrap_err();
    assert!(error.to_string().contains("another history"), "{error}");
    // A proof that the key signed, and that does not fit.
    let parts: Value = serde_json::from_str(receipt).unwrap();
    let forged = resigned(site, parts, |parts| parts["inclusion"]["leaf"] = 0.into());
    let verifier = Verifier::new(site.key.public());
    let error = verifier.verify_receipt(&forged).unwrap_err();
    assert!(
        error.to_string().contains("does not fit its record"),
        "{error}"
    );
}

/// Returns a changed receipt with a signature that fits.
fn resigned(site: &Site, mut parts: Value, change: impl Fn(&mut Value)) -> String {
    change(&mut parts);
    let members = parts.as_object_mut().unwrap();
    members.remove("signature");
    let message = serde_json::to_string(members).unwrap();
    let signature = block_on(Signer::sign(&site.key, message.as_bytes())).unwrap();
    let old: String = site.key.public().to_string();
    let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = Digest::of(&hex(old.strip_prefix("ed25519:").unwrap())).to_string();
    let id = &id["sha256:".len()..][..16];
    members.insert(
        "signature".to_owned(),
        format!("ed25519:{id}:{digits}").into(),
    );
    serde_json::to_string(members).unwrap()
}

fn check_signature(site: &Site, receipt: &str) {
    let parts: Parts<'_> = serde_json::from_str(receipt).unwrap();
    assert_eq!(parts.key, site.key.public().to_string());
    let message = message(receipt, &parts.signature);
    assert!(is_signed(&message, &parts.signature, &parts.key));
    let changed = message.replace("dpv:ConsentGiven", "dpv:ConsentRefused");
    assert!(!is_signed(&changed, &parts.signature, &parts.key));
}

fn check_inclusion(site: &Site, receipt: &str) {
    holds("Receipt", &serde_json::from_str(receipt).unwrap()).unwrap();
    let parts: Parts<'_> = serde_json::from_str(receipt).unwrap();
    let Inclusion {
        leaf,
        hashes,
        checkpoint,
    } = parts.inclusion.unwrap();
    let Signed {
        size,
        root,
        time,
        signature,
    } = checkpoint;
    let message =
        format!(r#"{{"root":"{root}","size":{size},"time":"{time}","type":"checkpoint"}}"#);
    assert!(is_signed(
        &message,
        &signature,
        &site.key.public().to_string()
    ));
    let path: Vec<_> = hashes.iter().map(|it| hash(it)).collect();
    let record = parts.record.get().as_bytes();
    let root = hash(&root);
    assert!(rfc6962::is_included(record, leaf, size, &path, root));
    let other = parts.record.get().replace("granted", "denied");
    assert!(!rfc6962::is_included(
        other.as_bytes(),
        leaf,
        size,
        &path,
        root
    ));
}

#[test]
fn a_visitor_gets_a_signed_receipt() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, subject(), &policy());
        let chosen = cookies(&site.choose("accept", ""));
        let response = site.receipt("receipt", &chosen);
        assert_eq!(response.status(), StatusCode::OK, "{store}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/ld+json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        check_signature(&site, response.body());
        let receipt: Value = serde_json::from_str(response.body()).unwrap();
        assert!(receipt.get("inclusion").is_none());

        // Others, so that the path is not empty.
        for _ in 0..5 {
            site.choose("accept", "");
        }
        site.checkpoint();
        let response = site.receipt("receipt", &chosen);
        check_signature(&site, response.body());
        check_inclusion(&site, response.body());
        check_with_the_verifier(&site, response.body());
        // The tree grows, and the proof with it.
        site.choose("accept", "");
        site.checkpoint();
        check_inclusion(&site, site.receipt("receipt", &chosen).body());
    }
}

#[test]
fn a_receipt_has_what_the_profile_asks_for() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], subject(), &policy());
    let accepted = cookies(&site.choose("accept", ""));
    let body = site.receipt("receipt", &accepted).into_body();
    let receipt: Value = serde_json::from_str(&body).unwrap();
    let id = receipt_id(&accepted).to_string();
    let at = |path: &str| {
        receipt
            .pointer(path)
            .unwrap_or_else(|| panic!("{path}: {receipt:#}"))
    };
    assert!(
        at("/dct:conformsTo")
            .as_str()
            .unwrap()
            .ends_with("dpv-27560#receipt-eu-gdpr")
    );
    let record = "/dpv:hasRecordOfActivity";
    for (path, value) in [
        ("/dct:identifier", &*id),
        ("/dpv:hasApplicableLaw", "eu-gdpr:GDPR"),
        ("/dpv:hasDataSubject/dct:identifier", &id),
        ("/dpv:hasJurisdiction", "loc:DE"),
        ("/dpv:hasConsentControl/schema:url", "/cookies/preferences"),
        ("/dpv:hasNotice/0/@type", "dpv:PrivacyNotice"),
        ("/dpv:hasEntity/0/dpv:hasName", "Example Ltd"),
        ("/dpv:hasEntity/0/dpv:hasAddress", "1 High Street"),
        ("/dpv:hasEntity/0/dpv:hasContact", "privacy@example.org"),
        (
            "/dpv:hasProcess/0/dpv:hasPurpose/skos:definition/0",
            "Pays for the site.",
        ),
        (
            "/dpv:hasProcess/0/dpv:hasPersonalData/0/skos:prefLabel",
            "_ga",
        ),
        ("/dpv:hasProcess/0/dpv:hasLegalBasis", "eu-gdpr:A6-1-a"),
        (
            "/dpv:hasProcess/0/dpv:hasStorageCondition/0/dpv:hasLocation/0",
            "loc:DE",
        ),
        (
            "/dpv:hasProcess/0/dpv:hasStorageCondition/1/dpv:hasDuration/rdf:value",
            "P395D",
        ),
        (
            "/dpv:hasProcess/0/dpv:hasConsentStatus/@type",
            "dpv:ConsentGiven",
        ),
        ("/dpv:hasProcess/0/dpv:hasConsentStatus/dct:valid", "P182D"),
        (
            "/dpv:hasProcess/0/dpv:hasConsentStatus/dpv:isImplementedByEntity",
            "_:visitor",
        ),
        (
            "/dpv:hasProcess/1/dpv:hasStorageCondition/0/dpv:hasLocation/0",
            "loc:IE",
        ),
        ("/dpv:hasProcess/1/dpv:hasRecipient/0", "_:recipient1"),
        ("/dpv:hasEntity/1/dpv:hasName", "Films Ltd"),
    ] {
        assert_eq!(at(&format!("{record}{path}")), value, "{path}");
    }
    // A choice by JSON without texts has no language, and none is made up.
    assert!(at(record).get("dct:language").is_none());
    let mut missing: Vec<_> = at("/missing").as_array().unwrap().iter().collect();
    missing.sort_by_key(ToString::to_string);
    assert_eq!(missing, ["address of Films Ltd", "language"]);
    assert_eq!(at("/record/id"), &*id);
    holds("Receipt", &receipt).unwrap();

    let refused = cookies(&site.choose("refuse", &accepted));
    let body = site.receipt("receipt", &refused).into_body();
    assert!(body.contains("dpv:ConsentWithdrawn") && !body.contains("dpv:ConsentGiven"));
    let bare = CookiePolicy::new([Category::consent("ads").title("Ads").description("Ads")]);
    let other = Stores::new();
    let site = Site::new(&other.urls[0], subject(), &bare.unwrap());
    let accepted = cookies(&site.choose("accept", ""));
    let receipt: Value = serde_json::from_str(site.receipt("receipt", &accepted).body()).unwrap();
    let missing = receipt["missing"].to_string();
    for what in [
        "name of the controller",
        "jurisdiction",
        "applicable law",
        "storage location of ads",
    ] {
        assert!(missing.contains(what), "{what}: {missing}");
    }
}

/// It is signed: what it says of the law has to be so.
#[test]
fn a_receipt_names_the_law_of_the_regime() {
    let california = Regime::preset("us-opt-out").basis("ads", Basis::OptOut);
    let ads = Category::consent("ads").title("Ads").description("Pays.");
    let builder = CookiePolicy::builder().category(ads);
    let builder = builder.controller(Controller::new("Example Ltd").jurisdiction("DE"));
    let policy = builder
        .regime("us-opt-out", california)
        .regime("fr", Regime::preset("fr"))
        .regime("brazil", Regime::preset("brazil"))
        .build()
        .unwrap();
    for (place, law, profile, basis) in [
        (
            "FR",
            "eu-gdpr:GDPR",
            "receipt-eu-gdpr",
            Some("eu-gdpr:A6-1-a"),
        ),
        (
            "BR",
            "Lei Geral de Proteção de Dados",
            "receipt-record",
            Some("dpv:Consent"),
        ),
        (
            "US-CA",
            "California Consumer Privacy Act",
            "receipt-record",
            None,
        ),
    ] {
        let stores = Stores::new();
        let site = Site::in_place(&stores.urls[0], &policy, place);
        let chosen = cookies(&site.choose("refuse", ""));
        let receipt = site.receipt("receipt", &chosen).into_body();
        let receipt: Value = serde_json::from_str(&receipt).unwrap();
        let record = &receipt["dpv:hasRecordOfActivity"];
        let named = record["dpv:hasApplicableLaw"].to_string();
        assert!(named.contains(law), "{place}: {receipt:#}");
        let found = receipt["dct:conformsTo"].as_str().unwrap();
        assert!(found.ends_with(profile), "{place}: {found}");
        assert_eq!(
            record["dpv:hasProcess"][0]["dpv:hasLegalBasis"].as_str(),
            basis,
            "{place}"
        );
        let is_gdpr = place == "FR";
        assert_eq!(
            receipt.to_string().matches("eu-gdpr:A").count() > 0,
            is_gdpr,
            "{place}"
        );
    }
}

#[test]
fn nothing_says_if_a_receipt_exists() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, subject(), &policy());
        let chosen = cookies(&site.choose("accept", ""));
        let id = receipt_id(&chosen);
        site.receipt("receipt", &chosen);
        let linked = format!("receipt?r={id}");
        let unknown = "consent_receipt=01a0c3e2-7a00-7000-8000-000000000000";
        let twice = format!("consent_receipt={id}; consent_receipt={id}");
        let mut bodies = Vec::new();
        for (path, cookies) in [
            ("receipt", ""),
            ("receipt", unknown),
            ("receipt", "consent_receipt=nonsense"),
            ("receipt", &twice),
            (&linked, ""),
        ] {
            let response = site.get(path, cookies);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path} {cookies}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            bodies.push(response.into_body());
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1);
        assert!(!bodies[0].contains(&id.to_string()));
    }
}

#[test]
fn a_forgotten_receipt_links_nothing() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, subject(), &policy());
        let first = cookies(&site.choose("accept", ""));
        let second = cookies(&site.choose("refuse", &first));
        site.receipt("receipt", &second);
        let id = receipt_id(&second);
        let history = || {
            let runtime = server::runtime();
            runtime.block_on(site.archive.history(id)).unwrap().len()
        };
        assert_eq!(history(), 2, "{store}");
        for sender in [
            &[(COOKIE, &*second)][..],
            &[(COOKIE, &*second), (ORIGIN, "https://evil.example")],
        ] {
            assert_eq!(site.forget(sender).status(), StatusCode::FORBIDDEN);
        }
        assert_eq!(
            site.forget(&[(ORIGIN, &site.url)]).status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(history(), 2);

        let forgotten = site.forget(&[(COOKIE, &second), (ORIGIN, &site.url)]);
        assert_eq!(forgotten.status(), StatusCode::SEE_OTHER);
        let removal = forgotten.headers()[SET_COOKIE].to_str().unwrap();
        assert!(removal.starts_with("consent_receipt=; "), "{removal}");
        assert!(removal.contains("Path=/cookies") && removal.contains("Max-Age=0"));
        assert_eq!(history(), 1);
        let location = forgotten.headers()[LOCATION].to_str().unwrap();
        let page = site
            .get(location.strip_prefix("./").unwrap(), "")
            .into_body();
        assert!(page.contains("Your receipt has been forgotten."), "{page}");
        let json = [
            (COOKIE, &*second),
            (ORIGIN, &site.url),
            (ACCEPT, "application/json"),
        ];
        assert_eq!(site.forget(&json).status(), StatusCode::NO_CONTENT);
    }
}

#[test]
fn without_cookies_the_answer_links_the_receipt() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, Subject::None, &policy());
        let chosen = site.choose("accept", "");
        assert!(!cookies(&chosen).contains("consent_receipt"));
        let link = link(chosen.headers());
        let response = site.receipt(&link, "");
        assert_eq!(response.status(), StatusCode::OK, "{store}");
        check_signature(&site, response.body());
        site.checkpoint();
        check_inclusion(&site, site.receipt(&link, "").body());
        assert_eq!(site.get("receipt", "").status(), StatusCode::NOT_FOUND);

        let url = format!("{}/cookies/preferences", site.url);
        let form = "application/x-www-form-urlencoded";
        let headers = [(CONTENT_TYPE, form), (ORIGIN, &*site.url)];
        let sent = server::send(Method::POST, &url, &headers, "decision=accept");
        let location = sent.headers()[LOCATION].to_str().unwrap();
        let page = site
            .get(location.strip_prefix("./").unwrap(), "")
            .into_body();
        let linked = page.split("href=\"receipt?r=").nth(1).unwrap();
        let id = linked.split('"').next().unwrap();
        assert_eq!(
            site.receipt(&format!("receipt?r={id}"), "").status(),
            StatusCode::OK
        );
        let url = format!("{}/cookies/receipt?r={id}", site.url);
        let forgotten = server::send(Method::POST, &url, &[(ORIGIN, &site.url)], "");
        assert_eq!(forgotten.status(), StatusCode::NOT_FOUND);
    }
}

/// Returns the target of the `Link` to the receipt.
fn link(headers: &HeaderMap) -> String {
    let link = headers[LINK].to_str().unwrap();
    let target = link.strip_prefix('<').and_then(|it| it.split_once('>'));
    target.unwrap().0.to_owned()
}

#[test]
fn every_language_shows_the_receipt_on_the_form() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], subject(), &policy());
    let chosen = cookies(&site.choose("accept", ""));
    let pages = Pages::at("/cookies", policy()).unwrap();
    let undecided = Consent::undecided(policy());
    let languages = pages.view(&undecided, "en").languages;
    assert_eq!(languages.len(), 24);
    for language in languages {
        let view = pages.view(&undecided, &language.tag);
        let path = format!("preferences?lang={}", language.tag);
        let form = site.get(&path, &chosen).into_body();
        let without = site.get(&path, "").into_body();
        for key in TEXTS {
            let text = view.t.get(key).unwrap();
            assert!(form.contains(text), "{}: {text}", language.tag);
            assert!(!without.contains(text), "{}: {text}", language.tag);
        }
        let link = format!("href=\"receipt?lang={}\"", language.tag);
        assert!(form.contains(&link), "{form}");
        let notice = site
            .get(&format!("{path}&notice=forgotten"), "")
            .into_body();
        assert!(notice.contains(view.t.get("receipt_forgotten").unwrap()));
    }
    // No receipts where the site does not give them.
    assert!(
        block_on(site.archive.find(receipt_id(&chosen)))
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_store_that_fails_says_nothing_of_the_visitor() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], subject(), &policy());
    let chosen = cookies(&site.choose("accept", ""));
    let id = receipt_id(&chosen).to_string();
    let file = stores.urls[0].strip_prefix("sqlite:").unwrap();
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .execute_batch("PRAGMA foreign_keys = OFF; ALTER TABLE records RENAME TO lost;")
        .unwrap();
    let read = site.get("receipt", &chosen);
    let forgotten = site.forget(&[(COOKIE, &chosen), (ORIGIN, &site.url)]);
    for response in [read, forgotten] {
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert!(response.headers().get(SET_COOKIE).is_none());
        assert!(!response.body().contains(&id));
    }
    database
        .execute_batch("ALTER TABLE lost RENAME TO records;")
        .unwrap();
    assert_eq!(site.get("receipt", &chosen).status(), StatusCode::OK);
}
