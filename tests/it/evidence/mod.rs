//! Packs of evidence: what is in them, and that a change is found.

mod browser;
mod captures;
mod documents;
mod example;
mod pack;
mod verify;
mod witnessed;

use std::fs;

use tower_cookie_consent::{
    Basis, Category, CookieDeclaration, CookiePolicy,
    conformance::{Evidence, EvidencePack},
    policy::{Controller, Retention, Service},
    records::{Instant, SigningKey},
    regimes::Regime,
};

use crate::support::{
    NOW,
    process::{Folder, of_crate},
};

fn date() -> Instant {
    Instant::from_unix_seconds(NOW)
}

fn portal() -> CookiePolicy {
    let text = fs::read_to_string(of_crate("examples/portal/policy.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A policy with regimes, services in several countries, and texts in two languages.
fn policy() -> CookiePolicy {
    let films = Service::new("films")
        .title("Films")
        .provider("Films Inc.")
        .countries(["US", "IE"])
        .origins(["https://www.films.example"])
        .privacy_url("https://www.films.example/privacy");
    CookiePolicy::builder()
        .category(
            Category::necessary("base")
                .title("Necessary")
                .cookie(CookieDeclaration::new("session").retention(Retention::days(1))),
        )
        .category(
            Category::exempt("stats")
                .title([("en", "Statistics"), ("de", "Statistik")])
                .description("Counts | visits.")
                .cookie(CookieDeclaration::new("_pk_id.*").provider("Matomo")),
        )
        .category(
            Category::consent("media")
                .title([("en", "Films & maps"), ("de", "Filme")])
                .description([("en", "Shows <b>films</b>."), ("de", "Zeigt Filme.")])
                .service(films),
        )
        .controller(Controller::new("Example Ltd"))
        .regime("uk", Regime::preset("uk"))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out").basis("media", Basis::OptOut),
        )
        .build()
        .unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_secret(&format!("ed25519-secret:{}", "07".repeat(32))).unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    futures_executor::block_on(work)
}

/// Signs a pack, and writes it to a new folder.
fn written(evidence: Evidence) -> (EvidencePack, Folder) {
    let folder = Folder::new("evidence");
    let pack = run(evidence.build().unwrap().sign(&key())).unwrap();
    pack.write(&folder.0).unwrap();
    (pack, folder)
}

fn text<'a>(pack: &'a EvidencePack, path: &str) -> &'a str {
    let file = pack.file(path).unwrap_or_else(|| panic!("no {path}"));
    str::from_utf8(file).unwrap()
}
