//! The example `evidence`, as a process.

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use http::{Method, header};
use serde_json::{Value, json};

use crate::support::{
    process::{Folder, example, of_crate, program},
    server::Server,
};

const FORM: &str = "application/x-www-form-urlencoded";

fn run(arguments: &[&str]) -> Output {
    example("evidence").args(arguments).output().unwrap()
}

/// The end of a run: its status and what it wrote.
fn ended(output: Output) -> (Option<i32>, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A policy without regimes, in one language, so that a browser has few pages to show.
fn small(folder: &Path) -> String {
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

/// Pictures at both widths, and visits as the browser makes them.
#[test]
fn a_browser_adds_pictures_and_visits() {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    if program(&names).is_none() {
        return crate::support::browser::missing("Chromium is not in PATH");
    }
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let (policy, out, key) = (small(&folder.0), at("out"), at("key"));
    let arguments = [
        "--policy",
        &policy,
        "--site",
        "in-process",
        "--out",
        &out,
        "--key",
        &key,
    ];
    let (status, text) = ended(run(&arguments));
    assert_eq!(status, Some(0), "{text}");
    let all = files(Path::new(&out));
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
        assert!(url.starts_with("http://localhost/"), "{url}");
        if choice > 0 {
            no_cookie_has_a_value(name, &har);
        }
    }
}
