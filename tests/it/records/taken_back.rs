//! A grant that could not be saved in time was never in force, whoever reads it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header::CONTENT_TYPE};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy, Verdict,
    observe::AnswerState,
    records::{
        AccountKey, AccountKeys, Answer, Archive, Cause, Console, Document, Entry, Instant,
        RecordId, Viewer,
    },
};

use super::{
    START, entry_at,
    every_store::{Stores, open},
};
use crate::support::process::example;

fn after(seconds: u64) -> Instant {
    Instant::from_unix_seconds(START + seconds)
}

/// Returns a grant of `ads`, whose cookie is `_ga`, and a denial of `films`.
fn grant() -> Entry {
    let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
    let films = Category::opt_out("films").cookie(CookieDeclaration::new("_vis"));
    let policy = Document::of_policy(&CookiePolicy::new([ads, films]).unwrap());
    let mut entry = entry_at(START, None, "granted");
    let record = Arc::make_mut(&mut entry.record);
    record.policy = policy.digest();
    record.answers.remove("größe");
    let denied = Answer::new(AnswerState::Denied, AnswerState::NotAsked);
    record.answers.insert("films".to_owned(), denied);
    entry.documents.push(policy);
    entry
}

/// Returns what the writer appends where the response had left before the record was durable.
fn correction(entry: &Entry) -> Entry {
    let mut later = entry.clone();
    let record = Arc::make_mut(&mut later.record);
    record.key = Some(record.id.to_string());
    record.cause = Cause::Unconfirmed;
    record.id = RecordId::at(START + 2, record.id.as_bytes()[6..].try_into().unwrap());
    later.previous = Some(entry.record.id);
    later
}

async fn allows(archive: &Archive, id: RecordId, cookie: &str) -> bool {
    let past = archive.verdict_at(id, cookie, after(60)).await.unwrap();
    past.verdict == Verdict::Allowed
}

#[tokio::test]
async fn a_verdict_is_that_without_the_grant() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let entries = [grant(), grant()];
        store.append(&entries).await.unwrap();
        let [id, other] = [0, 1].map(|at: usize| entries[at].record.id);
        assert!(allows(&archive, id, "_ga").await, "{url}");
        let later = correction(&entries[0]);
        store.append(std::slice::from_ref(&later)).await.unwrap();
        for id in [id, later.record.id] {
            assert!(!allows(&archive, id, "_ga").await, "{url}");
            assert!(!allows(&archive, id, "_vis").await, "{url}");
        }
        assert!(allows(&archive, other, "_ga").await, "{url}");
        let found = archive.taken_back(&[id, other]).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [id], "{url}");
        // Also once nothing links the two.
        archive.erase(id, true, after(60)).await.unwrap();
        assert!(!allows(&archive, id, "_ga").await, "{url}");

        let run = |command: &str, id: RecordId, more: &[&str]| {
            let mut run = example("consent_records");
            let run = run.args(["--records", url, command, &id.to_string()]);
            let output = run.args(more).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let time = after(60).to_string();
        assert!(run("at", id, &["_ga", &time]).starts_with("withheld"));
        assert!(run("at", other, &["_ga", &time]).starts_with("allowed"));
        for command in ["find", "history"] {
            let said = "was never in force";
            assert!(run(command, id, &[]).contains(said), "{command} {url}");
            assert!(!run(command, other, &[]).contains(said), "{command} {url}");
        }
    }
}

#[tokio::test]
async fn an_erasure_needs_no_force() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let account = AccountKeys::from(AccountKey::generate().unwrap()).account("ada");
        for of_account in [false, true] {
            let mut entry = grant();
            entry.account = of_account.then(|| account.clone());
            let erase = async || match of_account {
                true => archive.erase_account(&account, false, after(60)).await,
                false => archive.erase(entry.record.id, false, after(60)).await,
            };
            store.append(std::slice::from_ref(&entry)).await.unwrap();
            let refused = erase().await.unwrap_err().to_string();
            assert!(refused.contains("still counts"), "{refused}");
            store.append(&[correction(&entry)]).await.unwrap();
            assert!(erase().await.unwrap() > 0, "{url}");
        }
    }
}

#[tokio::test]
async fn the_console_says_so() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let entry = grant();
        let id = entry.record.id;
        let console = Console::at("/staff", archive, |_| Some(Viewer::auditor("ada"))).unwrap();
        let page = async || {
            let request = Request::post("/staff/search")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("receipt={id}")))
                .unwrap();
            let response = console.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{url}");
            let body = to_bytes(Body::new(response.into_body()), 1 << 20).await;
            String::from_utf8(body.unwrap().to_vec()).unwrap()
        };
        let said = "A later record corrects this one";
        store.append(std::slice::from_ref(&entry)).await.unwrap();
        assert!(!page().await.contains(said), "{url}");
        store.append(&[correction(&entry)]).await.unwrap();
        assert!(page().await.contains(said), "{url}");
    }
}
