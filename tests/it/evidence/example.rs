//! The example `evidence`, as a process.

use std::{collections::BTreeMap, fs, path::Path, process::Output, sync::Arc};

use axum::{Router, response::Html, routing::get};
use http::{Method, header};
use serde_json::{Value, json};
use tower_cookie_consent::{
    Consent, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    policy::CookiePolicyBuilder,
    records::{Archive, Document, Entry, PostgresStore, RecordStore as _, SigningKey},
};

use crate::{
    records::{entry, timestamps::now},
    support::{
        postgres::Postgres,
        process::{Folder, example, of_crate, program},
        server::{Server, serve},
    },
};

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn run(arguments: &[&str]) -> Output {
    example("evidence").args(arguments).output().unwrap()
}

/// The end of a run: its status and what it wrote.
pub(super) fn ended(output: Output) -> (Option<i32>, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A policy without regimes, in one language, so that a browser has few pages to show.
pub(super) fn small(folder: &Path) -> String {
    let policy = json!({"categories": [
        {"id": "base", "basis": "necessary", "title": "Necessary", "cookies": [{"name": "cookies_preferences"}]},
        {"id": "ads", "basis": "consent", "title": "Ads", "description": "Pays.", "cookies": [{"name": "_ga"}]},
    ], "preferences_cookie": {"secure": false}});
    let file = folder.join("policy.json");
    fs::write(&file, policy.to_string()).unwrap();
    file.display().to_string()
}

/// Returns all files below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    all.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    all
}

#[test]
fn a_pack_is_the_same_twice_and_can_be_checked() {
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let policy = of_crate("examples/portal/policy.json")
        .display()
        .to_string();
    let [one, other] = ["one", "other"].map(|name| {
        let (out, key) = (at(name), at("key"));
        let arguments = [
            "--policy",
            &policy,
            "--site",
            "in-process",
            "--out",
            &out,
            "--key",
            &key,
            "--date",
            "2026-11-30",
            "--before",
            &policy,
            "--browser",
            "none",
        ];
        let (status, text) = ended(run(&arguments));
        assert_eq!(status, Some(0), "{text}");
        files(Path::new(&out))
    });
    let differ: Vec<_> = one
        .iter()
        .filter(|(path, it)| other.get(*path) != Some(it))
        .collect();
    let differ: Vec<_> = differ.into_iter().map(|(path, _)| path).collect();
    assert_eq!((differ.len(), one.len()), (0, other.len()), "{differ:?}");
    assert!(one["captures/kit/after-a-refusal.har"].len() > 1000);
    let changes = String::from_utf8(one["policy/changes.txt"].clone()).unwrap();
    assert!(changes.contains("Asked again: nobody"), "{changes}");
    let gaps = String::from_utf8(one["gaps.txt"].clone()).unwrap();
    assert!(
        gaps.contains("No browser was used") && gaps.contains("is not the site"),
        "{gaps}"
    );

    let (out, public) = (at("one"), at("key.pub"));
    let (status, text) = ended(run(&["verify", &out, "--key", &public]));
    assert_eq!(status, Some(0), "{text}");
    fs::write(folder.0.join("one/policy/policy.json"), "{}").unwrap();
    fs::write(folder.0.join("one/policy/new.txt"), "").unwrap();
    let (status, text) = ended(run(&["verify", &out, "--key", &public]));
    assert_eq!(status, Some(1), "{text}");
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(lines, ["policy/new.txt", "policy/policy.json"], "{text}");
}

#[test]
fn wrong_arguments_and_files_end_with_2() {
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let (policy, out, key) = (small(&folder.0), at("out"), at("key"));
    let nobody = "http://127.0.0.1:9";
    let whole = [
        "--policy",
        &policy,
        "--out",
        &out,
        "--site",
        "in-process",
        "--browser",
        "none",
    ];
    for (arguments, part) in [
        (&[][..], "name the site"),
        (&["--site", "in-process"], "name the policy"),
        (&whole, "name the signing key"),
        (&["verify"], "name one folder"),
        (&["verify", &out], "name the public key"),
        (&["verify", &out, "--key", &key], "key: "),
        (&["check"], "unknown command: check"),
        (&["--date", "yesterday"], "not a date: yesterday"),
        (
            &[
                "--policy",
                "none.json",
                "--site",
                "in-process",
                "--out",
                &out,
                "--key",
                &key,
            ],
            "none.json: ",
        ),
        (
            &[
                "--policy", &policy, "--site", nobody, "--out", &out, "--key", &key,
            ],
            "GET /",
        ),
        (
            &[
                "--policy", &policy, "--site", "ftp://x", "--out", &out, "--key", &key,
            ],
            "invalid URL",
        ),
        (
            &[
                "--policy",
                &policy,
                "--site",
                "in-process",
                "--out",
                &out,
                "--",
                "curl",
            ],
            "a witness needs both",
        ),
    ] {
        let (status, text) = ended(run(arguments));
        assert_eq!(status, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    assert!(!folder.0.join("out").exists());
    let public = at("key.pub");
    let (status, text) = ended(run(&["verify", &at("nowhere"), "--key", &public]));
    assert_eq!(status, Some(2), "{text}");
    let (status, text) = ended(run(&["--help"]));
    assert!(
        status == Some(0) && text.contains("usage: evidence"),
        "{text}"
    );
}

/// The whole, over HTTP, with the records of real choices.
#[cfg(unix)]
#[test]
fn the_portal_has_a_pack_by_its_url() {
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let records = format!("sqlite:{}", at("consent.db"));
    let key = at("consent.db.key");
    let portal = Server::start_with("portal", &["--records", &records]);
    let origin = portal.url("");
    let headers = [(header::CONTENT_TYPE, FORM), (header::ORIGIN, &*origin)];
    let chosen = portal.send(
        Method::POST,
        "/cookies/preferences?lang=en",
        &headers,
        "decision=refuse",
    );
    assert!(chosen.headers().contains_key("set-cookie"));
    let policy = of_crate("examples/portal/policy.json")
        .display()
        .to_string();
    let out = at("out");
    let (status, text) = ended(run(&[
        "--policy",
        &policy,
        "--site",
        &origin,
        "--out",
        &out,
        "--records",
        &records,
        "--key",
        &key,
        "--browser",
        "none",
        "--visit",
        "/",
        "--visit",
        "/cookies",
        "--visit",
        "/redirection",
        "--visit",
        "/territoire",
    ]));
    assert_eq!(status, Some(0), "{text}");
    let all = files(Path::new(&out));
    let seen = String::from_utf8(all["inventory/cookies.txt"].clone()).unwrap();
    assert!(
        seen.contains("sessionid") && seen.contains("parcours"),
        "{seen}"
    );
    let sites: Value = serde_json::from_slice(&all["captures/kit/third-parties.json"]).unwrap();
    assert!(
        sites["https://www.youtube-nocookie.com"]["service"].is_string(),
        "{sites}"
    );
    let documents: Value = serde_json::from_slice(&all["documents/documents.json"]).unwrap();
    let documents = documents.as_array().unwrap();
    let is_stored = |it: &&Value| it["stored"] == true && it["kind"] == "policy";
    assert!(documents.iter().any(|it| is_stored(&it)), "{documents:?}");
    assert!(all.contains_key("records/outbox.jsonl"));
    for (path, content) in &all {
        if path.ends_with(".har") {
            no_cookie_has_a_value(path, &serde_json::from_slice(content).unwrap());
        }
    }
    let (status, text) = ended(run(&["verify", &out, "--key", &at("consent.db.key.pub")]));
    assert_eq!(status, Some(0), "{text}");
}

fn no_cookie_has_a_value(path: &str, har: &Value) {
    let entries = har["log"]["entries"].as_array().unwrap();
    let mut cookies = 0;
    for entry in entries {
        for side in ["request", "response"] {
            for cookie in entry[side]["cookies"].as_array().unwrap() {
                cookies += 1;
                let value = cookie["value"].as_str().unwrap();
                assert!(["", "[left out]"].contains(&value), "{path}: {cookie}");
            }
            for field in entry[side]["headers"].as_array().unwrap() {
                let name = field["name"].as_str().unwrap();
                let pairs = match name {
                    "cookie" => field["value"].as_str().unwrap().split("; ").collect(),
                    "set-cookie" => {
                        vec![field["value"].as_str().unwrap().split(';').next().unwrap()]
                    }
                    _ => Vec::new(),
                };
                for pair in pairs {
                    let value = pair.split_once('=').unwrap().1;
                    assert!(["", "[left out]"].contains(&value), "{path}: {field}");
                }
            }
        }
    }
    assert!(cookies > 0, "{path}");
}

/// The site has the key of the preferences cookie; this program may have it.
#[test]
fn a_signed_policy_needs_its_key_for_a_running_site() {
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let ads =
        json!({"id": "ads", "basis": "consent", "title": "Ads", "cookies": [{"name": "_ga"}]});
    let policy =
        json!({"categories": [ads], "preferences_cookie": {"secure": false, "signed": true}});
    fs::write(at("policy.json"), policy.to_string()).unwrap();
    let secret = "5a".repeat(32);
    let policy: CookiePolicyBuilder = serde_json::from_value(policy).unwrap();
    let policy = policy.signed([0x5a; 32]).build().unwrap();
    let home = || async { ([("set-cookie", "_ga=1; Path=/")], Html("<h1>Home</h1>")) };
    let site = Router::new().route("/", get(home));
    let url = format!(
        "http://{}",
        serve(site.layer(CookieConsentLayer::new(policy)))
    );
    let make = |out: &str, key: Option<&str>| {
        let mut command = example("evidence");
        command.args([
            "--policy",
            &at("policy.json"),
            "--site",
            &url,
            "--out",
            &at(out),
        ]);
        command.args(["--key", &at("key"), "--browser", "none", "--visit", "/"]);
        command.envs(key.map(|key| ("PREFERENCES_KEY", key)));
        ended(command.output().unwrap())
    };
    let is_said = |out: &str| {
        let gaps = fs::read_to_string(folder.0.join(out).join("gaps.txt")).unwrap();
        gaps.contains("its key was not given")
    };
    // The site sets it after consent alone.
    let is_set = |out: &str| {
        let seen = fs::read_to_string(folder.0.join(out).join("inventory/inventory.json")).unwrap();
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let mut rows = seen["cookies"].as_array().unwrap().iter();
        rows.any(|row| row["name"] == "_ga" && row["set"] != 0)
    };
    let (status, text) = make("without", None);
    assert!(status.is_some_and(|it| it < 2), "{text}");
    assert!(is_said("without") && !is_set("without"));
    let (status, text) = make("with", Some(&secret));
    assert!(status.is_some_and(|it| it < 2), "{text}");
    assert!(!is_said("with") && is_set("with"));
    for wrong in ["5a", "no key", &secret[1..]] {
        let (status, text) = make("wrong", Some(wrong));
        assert_eq!(status, Some(2), "{text}");
        assert!(
            text.contains("64 hex digits") && !text.contains(wrong),
            "{text}"
        );
    }
}

/// Those that a service keeps in PostgreSQL, and that it may go on writing.
#[tokio::test]
async fn a_pack_has_the_records_in_postgresql() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let records = server.database();
    let store = PostgresStore::connect(&records).await.unwrap();
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let (policy, out, key) = (small(&folder.0), at("out"), at("key"));
    // That of the pack.
    let recorded =
        Document::of_policy(&serde_json::from_str(&fs::read_to_string(&policy).unwrap()).unwrap());
    let entries: Vec<_> = (0..12)
        .map(|_| {
            let entry = entry();
            let mut record = serde_json::to_value(&*entry.record).unwrap();
            record["policy"] = recorded.digest().to_string().into();
            let record = serde_json::from_value(record).unwrap();
            Entry::new(
                Arc::new(record),
                vec![recorded.clone(), entry.documents[1].clone()],
            )
        })
        .collect();
    store.append(&entries).await.unwrap();
    let signing = SigningKey::open_or_create(at("key").as_ref(), at("key.pub").as_ref()).unwrap();
    let archive = Archive::open(&records).await.unwrap();
    let checkpoint = archive.checkpoint(&signing, now()).await.unwrap();
    let (status, text) = ended(run(&[
        "--policy",
        &policy,
        "--site",
        "in-process",
        "--out",
        &out,
        "--key",
        &key,
        "--records",
        &records,
        "--browser",
        "none",
    ]));
    assert_eq!(status, Some(0), "{text}");
    let all = files(Path::new(&out));
    let documents: Value = serde_json::from_slice(&all["documents/documents.json"]).unwrap();
    let stored = documents.as_array().unwrap().iter();
    let stored: Vec<_> = stored.filter(|it| it["stored"] == true).collect();
    let hash = recorded.digest().to_string();
    assert!(
        stored.iter().any(|it| it["sha256"] == hash.as_str()),
        "{documents}"
    );
    let everything: Vec<u8> = all.values().flatten().copied().collect();
    let everything = String::from_utf8_lossy(&everything);
    assert!(everything.contains(&checkpoint.root.to_string()));
    // The URL has a password.
    assert!(!everything.contains(&records));
    let (other, public) = (at("other"), at("key.pub"));
    let (status, text) = ended(run(&[
        "--policy",
        &policy,
        "--site",
        "in-process",
        "--out",
        &other,
        "--key",
        &key,
        "--records",
        "postgres://nobody@127.0.0.1:9/none",
        "--browser",
        "none",
    ]));
    assert_eq!(status, Some(2), "{text}");
    assert!(!Path::new(&other).exists());
    let (status, text) = ended(run(&["verify", &out, "--key", &public]));
    assert_eq!(status, Some(0), "{text}");
}

/// Pictures at both widths, and visits as the browser makes them.
#[test]
fn a_browser_adds_pictures_and_visits() {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    if program(&names).is_none() {
        return crate::support::browser::missing("Chromium is not in PATH");
    }
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let (policy, key) = (small(&folder.0), at("key"));
    let declared = fs::read_to_string(&policy).unwrap();
    let site = format!("http://{}", serve(town(&declared)));
    for (site, host) in [("in-process", "localhost"), (&site, "127.0.0.1")] {
        let out = at(host);
        let arguments = [
            "--policy", &policy, "--site", site, "--out", &out, "--key", &key,
        ];
        let (status, text) = ended(run(&arguments));
        assert_eq!(status, Some(0), "{site}: {text}");
        has_pictures_and_visits(&files(Path::new(&out)), host);
    }
}

/// A site with the pages of a policy, on one page of its own.
fn town(policy: &str) -> Router {
    let policy: CookiePolicy = serde_json::from_str(policy).unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let own = pages.clone();
    let home = async move |consent: Consent| {
        let pieces = own.pieces(&consent, "en");
        let (head, banner, footer) = (pieces.head, pieces.banner, pieces.footer);
        Html(format!(
            "<!doctype html><html lang=en><head><title>Town</title>{head}</head><body>{banner}\
             <main id=main tabindex=-1><h1>Town</h1></main>{footer}</body></html>"
        ))
    };
    Router::new()
        .route("/", get(home))
        .layer(pages)
        .layer(CookieConsentLayer::new(policy))
}

fn has_pictures_and_visits(all: &BTreeMap<String, Vec<u8>>, host: &str) {
    let gaps = String::from_utf8(all["gaps.txt"].clone()).unwrap();
    assert!(
        !gaps.contains("No browser") && !gaps.contains("he browser f"),
        "{gaps}"
    );
    for (device, width) in [("phone", 390), ("desktop", 1280)] {
        for page in [
            "policy/en/banner",
            "policy/en/charter",
            "policy/en/form",
            "site/en/home",
        ] {
            let picture = &all[&format!("screenshots/{page}-{device}.png")];
            assert!(picture.starts_with(b"\x89PNG"), "{page}");
            // The width in the header (PNG, section 11.2.1).
            let found = u32::from_be_bytes(picture[16..20].try_into().unwrap());
            assert_eq!(found, width, "{page}");
        }
    }
    for (name, choice) in [
        ("before-a-choice", 0),
        ("after-a-refusal", 1),
        ("after-a-withdrawal", 1),
    ] {
        let har: Value =
            serde_json::from_slice(&all[&format!("captures/browser/{name}.har")]).unwrap();
        assert!(
            har["log"]["browser"]["name"]
                .as_str()
                .unwrap()
                .contains("Chrome")
        );
        let entries = har["log"]["entries"].as_array().unwrap();
        let posts = entries
            .iter()
            .filter(|it| it["request"]["method"] == "POST")
            .count();
        assert_eq!(posts, choice, "{name}");
        let url = entries[0]["request"]["url"].as_str().unwrap();
        let host = format!("http://{host}");
        assert!(url.starts_with(&host), "{url}");
        if choice > 0 {
            no_cookie_has_a_value(name, &har);
        }
    }
}
