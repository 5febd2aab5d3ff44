//! Requests to opt out (11 CCR §7101), from every store and from the example.

use std::{process::Output, sync::Arc};

use serde_json::{Value, json};
use tower_cookie_consent::{
    observe::AnswerState,
    records::{
        Archive, Cause, ConsentRecord, Entry, Instant, OptOutRequest, OptOutResponse, RecordId,
    },
};

use super::{
    START, entry,
    every_store::{Stores, open},
};
use crate::support::process::example;

const DAY: u64 = 86_400;

/// A record: surface, signal, and for ads and films the answer and the one before.
type Row = (&'static str, bool, [(&'static str, &'static str); 2]);

const YES: (&str, &str) = ("granted", "not_asked");
const NO: (&str, &str) = ("denied", "not_asked");
const STILL_NO: (&str, &str) = ("denied", "denied");
const ENDED: (&str, &str) = ("denied", "granted");
const UNASKED: (&str, &str) = ("not_asked", "not_asked");

/// Each a day after the one before.
const ROWS: [Row; 8] = [
    ("banner", false, [YES, YES]),
    ("banner", false, [NO, NO]),
    ("form", false, [ENDED, YES]),
    // Nothing that was not denied before.
    ("form", false, [STILL_NO, STILL_NO]),
    ("signal", true, [NO, UNASKED]),
    ("form", true, [STILL_NO, YES]),
    ("banner", true, [YES, YES]),
    ("json", true, [UNASKED, UNASKED]),
];

fn entries() -> Vec<Entry> {
    let of_row = |(day, (surface, gpc, answers)): (u64, &Row)| {
        let seconds = START + day * DAY;
        let time = Instant::from_unix_seconds(seconds);
        let mut of_row = entry();
        let mut record = serde_json::to_value(&*of_row.record).unwrap();
        let answer = |(state, before)| json!({"state": state, "before": before});
        record["id"] = json!(RecordId::at(seconds, [u8::try_from(day).unwrap(); 10]));
        record["recorded_at"] = json!(time);
        record["surface"] = json!(surface);
        record["gpc"] = json!(gpc);
        record["answers"] = json!({"ads": answer(answers[0]), "films": answer(answers[1])});
        of_row.record = Arc::new(serde_json::from_value::<ConsentRecord>(record).unwrap());
        of_row
    };
    let mut entries: Vec<Entry> = (0..).zip(&ROWS).map(of_row).collect();
    // Neither is a request.
    for cause in [Cause::Removed, Cause::Unconfirmed] {
        let mut other = entries[1].clone();
        let record = Arc::make_mut(&mut other.record);
        let first = if cause == Cause::Removed { 77 } else { 78 };
        record.id = RecordId::at(START + DAY, [first; 10]);
        record.cause = cause;
        entries.push(other);
    }
    entries
}

/// Returns the day of each request, with what is opted out, what is consented to, and the response.
async fn requests(archive: &Archive, from: u64, until: u64) -> Vec<(u64, String, OptOutResponse)> {
    let mut requests = Vec::new();
    let each = |request: &OptOutRequest| {
        assert_eq!(request.requested_at, request.responded_at);
        let day = (request.requested_at.unix_seconds() - START) / DAY;
        let ids = [request.opted_out.join(" "), request.consented_to.join(" ")].join("|");
        requests.push((day, ids, request.response));
        Ok(())
    };
    let [from, until] = [from, until].map(|day| Instant::from_unix_seconds(START + day * DAY));
    archive.opt_outs(from, until, each).await.unwrap();
    requests
}

#[tokio::test]
async fn every_denial_and_signal_is_a_request() {
    use OptOutResponse::{Complied, CompliedInPart, Denied};

    let stores = Stores::new();
    for url in &stores.urls {
        open(url).await.append(&entries()).await.unwrap();
        let archive = Archive::open(url).await.unwrap();
        let all = [
            (1, "ads films|".to_owned(), Complied),
            (2, "ads|".to_owned(), Complied),
            (4, "ads|".to_owned(), Complied),
            (5, "ads|films".to_owned(), CompliedInPart),
            (6, "|ads films".to_owned(), Denied),
        ];
        assert_eq!(requests(&archive, 0, 100).await, all, "{url}");
        // From the first second on, and before the last one.
        assert_eq!(requests(&archive, 2, 5).await, all[1..3], "{url}");
        assert_eq!(requests(&archive, 50, 100).await, []);
        let failed = archive
            .opt_outs(
                Instant::from_unix_seconds(0),
                Instant::from_unix_seconds(u64::MAX),
                |_| Err(std::io::Error::other("the disk is full")),
            )
            .await;
        assert!(failed.unwrap_err().to_string().contains("the disk is full"));
    }
}

/// Returns the record that takes back the grant of another, without a link, as after an erasure.
fn unconfirmed(entry: &Entry, seconds: u64) -> Entry {
    let mut later = entry.clone();
    let record = Arc::make_mut(&mut later.record);
    record.key = Some(record.id.to_string());
    record.cause = Cause::Unconfirmed;
    record.recorded_at = Instant::from_unix_seconds(record.id.unix_seconds() + seconds);
    record.id = RecordId::at(record.recorded_at.unix_seconds(), [90; 10]);
    later
}

#[tokio::test]
async fn a_grant_that_was_not_saved_denies_no_request() {
    let stores = Stores::new();
    for url in &stores.urls {
        let mut entries = entries();
        let taken_back = [unconfirmed(&entries[5], 1), unconfirmed(&entries[6], 90)];
        entries.extend(taken_back);
        open(url).await.append(&entries).await.unwrap();
        let archive = Archive::open(url).await.unwrap();
        // What was denied counts. Where everything was granted, the signal stayed in force.
        let of_day_five = (5, "ads|".to_owned(), OptOutResponse::Complied);
        assert_eq!(requests(&archive, 5, 100).await, [of_day_five], "{url}");
        // The correction is later than the period.
        let mut found = 0;
        let [from, until] = [0, 60].map(|seconds| START + 6 * DAY + seconds);
        let [from, until] = [from, until].map(Instant::from_unix_seconds);
        let count = |_: &OptOutRequest| {
            found += 1;
            Ok(())
        };
        archive.opt_outs(from, until, count).await.unwrap();
        assert_eq!(found, 0, "{url}");
    }
}

/// Returns what is recorded of a choice whose response has left without its grant.
fn rest(entry: &Entry, seconds: u64) -> Entry {
    let mut rest = entry.clone();
    let record = Arc::make_mut(&mut rest.record);
    record.recorded_at = Instant::from_unix_seconds(record.id.unix_seconds() + seconds);
    record.id = RecordId::at(record.recorded_at.unix_seconds(), [4; 10]);
    let granted = record.answers.values_mut();
    for answer in granted.filter(|answer| answer.state == AnswerState::Granted) {
        answer.state = AnswerState::NotAsked;
    }
    rest
}

#[tokio::test]
async fn a_grant_that_came_too_late_is_one_request() {
    let stores = Stores::new();
    for url in &stores.urls {
        let mut entries = entries();
        let late = entries[5].clone();
        // The rest may be recorded in the same second, in either order of ids.
        let second = rest(&late, 0);
        let mut other = late.clone();
        Arc::make_mut(&mut other.record).id = RecordId::at(late.record.id.unix_seconds(), [3; 10]);
        let third = rest(&other, 2);
        let corrections = [unconfirmed(&late, 1), unconfirmed(&other, 2)];
        entries.extend([second, other, third]);
        entries.extend(corrections);
        open(url).await.append(&entries).await.unwrap();
        let archive = Archive::open(url).await.unwrap();
        let of_day_five = (5, "ads|".to_owned(), OptOutResponse::Complied);
        let expected = [of_day_five.clone(), of_day_five];
        assert_eq!(requests(&archive, 5, 6).await, expected, "{url}");
        // Nor is the rest a request of its own where the choice is from before.
        let from = Instant::from_unix_seconds(START + 5 * DAY + 1);
        let until = Instant::from_unix_seconds(START + 6 * DAY);
        let mut found = 0;
        let count = |_: &OptOutRequest| {
            found += 1;
            Ok(())
        };
        archive.opt_outs(from, until, count).await.unwrap();
        assert_eq!(found, 0, "{url}");
    }
}

#[tokio::test]
async fn more_than_one_page_is_read_in_order() {
    let stores = Stores::new();
    for url in &stores.urls {
        let many: Vec<_> = (0..2500)
            .map(|_| super::entry_at(START, None, "denied"))
            .collect();
        open(url).await.append(&many).await.unwrap();
        let archive = Archive::open(url).await.unwrap();
        assert_eq!(requests(&archive, 0, 1).await.len(), 2500, "{url}");
    }
}

fn run(url: &str, arguments: &[&str]) -> Output {
    let mut command = example("consent_records");
    let output = command
        .args(["--records", url, "report-7101"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

#[tokio::test]
async fn the_report_has_what_the_regulation_asks_for() {
    let stores = Stores::new();
    for url in &stores.urls {
        open(url).await.append(&entries()).await.unwrap();
        let output = run(url, &[]);
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = lines
            .lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        assert_eq!(lines.len(), 6, "{url}");
        let partly = &lines[3];
        assert_eq!(partly["date_of_request"], "2026-09-26T14:13:20Z");
        assert_eq!(partly["nature_of_request"], "to opt out");
        let manner = "preferences form, with the opt-out preference signal";
        assert_eq!(partly["manner_of_request"], manner);
        assert_eq!(partly["date_of_response"], partly["date_of_request"]);
        assert_eq!(partly["nature_of_response"], "complied with in part");
        let basis = "consented while the signal was sent: films";
        assert_eq!(partly["basis_for_denial"], basis);
        assert_eq!(lines[2]["manner_of_request"], "opt-out preference signal");
        assert_eq!(lines[2]["basis_for_denial"], "");
        let counts = &lines[5];
        assert_eq!(
            (&counts["type"], &counts["requests"]),
            (&json!("counts"), &json!(5))
        );
        let responses = json!({"complied with": 3, "complied with in part": 1, "denied": 1});
        assert_eq!(counts["by_response"], responses);
        assert_eq!(counts["by_year"], json!({"2026": 5}));

        let output = run(
            url,
            &[
                "--csv",
                "--from",
                "2026-09-23",
                "--until",
                "2026-09-26T00:00:00Z",
            ],
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows.len(), 3, "{text}");
        let head = "type,record,date_of_request,nature_of_request,manner_of_request,categories,regime,\
                    date_of_response,nature_of_response,basis_for_denial";
        assert_eq!(rows[0], head);
        assert!(rows[1].ends_with(",complied with,"), "{text}");
        let counts = String::from_utf8(output.stderr).unwrap();
        assert!(counts.contains("\"requests\":2"), "{counts}");
    }
}
