//! The example `consent_records` as a process, over an SQLite file.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
    time::SystemTime,
};

use futures_executor::block_on;
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    records::{
        AccountKey, AccountKeys, ConsentRecord, Document, Entry, RecordId, RecordStore, SigningKey,
        SqliteStore,
    },
};

use crate::support::process::{Folder, example};

/// A store with two choices of one visitor: a grant, and after it a withdrawal.
struct Shop {
    folder: Folder,
    ids: [RecordId; 2],
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn entry(policy: &Document, seconds: u64, state: &str, before: &str) -> Entry {
    let id = RecordId::at(seconds, [u8::try_from(state.len()).unwrap(); 10]);
    let time = serde_json::to_value(tower_cookie_consent::records::Instant::from_unix_seconds(
        seconds,
    ));
    let record = serde_json::json!({
        "id": id, "recorded_at": time.as_ref().unwrap(), "decided_at": time.as_ref().unwrap(),
        "site": "shop.example", "policy": policy.digest(), "shown": null, "surface": "form",
        "language": "en", "regime": null, "gpc": false, "cause": "choice", "key": null,
        "answers": {"ads": {"state": state, "before": before}},
    });
    let record: ConsentRecord = serde_json::from_value(record).unwrap();
    Entry::new(Arc::new(record), vec![policy.clone()])
}

impl Shop {
    /// Creates the store; the first choice was made so long ago.
    fn new(ago: u64) -> Self {
        let folder = Folder::new("consent-records");
        let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
        let policy = Document::of_policy(&CookiePolicy::new([ads]).unwrap());
        let first = now() - ago;
        let grant = entry(&policy, first, "granted", "not_asked");
        let mut denial = entry(&policy, first + 60, "denied", "granted");
        denial.previous = Some(grant.record.id);
        let ids = [grant.record.id, denial.record.id];
        let store = SqliteStore::open(folder.0.join("consent.db")).unwrap();
        block_on(store.append(&[grant, denial])).unwrap();
        Self { folder, ids }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let url = format!("sqlite:{}", self.file("consent.db").display());
        let mut command = example("consent_records");
        command
            .args(["--records", &url])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs a command that succeeds, and returns its output.
    fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn verify(&self, export: &str, more: &[&str]) -> Output {
        let file = self.file("export.jsonl");
        fs::write(&file, export).unwrap();
        let mut command = example("consent_records");
        command
            .arg("verify")
            .arg(&file)
            .arg("--key")
            .arg(self.file("consent.db.pub"));
        command.args(more).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn exports_are_verified_without_the_store() {
    let shop = Shop::new(3600);
    let pending = shop.output(&["export"]);
    assert!(pending.contains("\"leaf\":null"));
    let checkpoint = shop.output(&["checkpoint"]);
    assert!(checkpoint.contains("\"size\":3"), "{checkpoint}");
    let refused = shop.verify(&pending, &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("line 1: not in the tree yet"),
        "{refused:?}"
    );
    assert!(shop.verify(&pending, &["--allow-pending"]).status.success());

    let export = shop.output(&["export"]);
    let verified = shop.verify(&export, &[]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(text(&verified.stdout).contains("unwitnessed"));
    let changed = export.replace("\"state\":\"denied\"", "\"state\":\"granted\"");
    let refused = shop.verify(&changed, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let line = 1 + changed
        .lines()
        .position(|line| line.contains("\"before\":\"granted\""))
        .unwrap();
    assert!(
        text(&refused.stderr).contains(&format!("line {line}: ")),
        "{refused:?}"
    );
}

/// Exports and receipts of an earlier version stay verifiable.
#[test]
fn an_earlier_export_and_receipt_still_fit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/records");
    let [export, receipt, key] =
        ["export.jsonl", "receipt.json", "export.pub"].map(|name| folder.join(name));
    let verified = example("consent_records")
        .arg("verify")
        .arg(&export)
        .arg("--key")
        .arg(&key)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    assert!(text(&verified.stdout).starts_with("4 records and 1 documents fit"));
    let checked = example("consent_records")
        .arg("receipt")
        .arg(&receipt)
        .arg("--key")
        .arg(&key)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert!(text(&checked.stdout).contains("5 leaves"), "{checked:?}");
}

#[test]
fn lines_have_the_fields_that_others_rely_on() {
    let shop = Shop::new(3600);
    shop.output(&["checkpoint"]);
    let export = shop.output(&["export"]);
    let lines: Vec<serde_json::Value> = export
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    let record = of("record").next().unwrap().as_object().unwrap();
    let keys: Vec<_> = record.keys().map(String::as_str).collect();
    let mut expected = [
        "type",
        "id",
        "recorded_at",
        "decided_at",
        "site",
        "policy",
        "shown",
        "surface",
        "language",
        "regime",
        "gpc",
        "cause",
        "answers",
        "key",
        "subject",
        "leaf",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let document = of("document").next().unwrap();
    assert_eq!(document["sha256"], record["policy"]);
    assert_eq!(document["media_type"], "application/json");
    let checkpoint = of("checkpoint").next().unwrap();
    assert_eq!(
        (&checkpoint["size"], &checkpoint["witness"]),
        (&3.into(), &().into())
    );
    assert_eq!(of("leaf").count(), 3);
}

#[test]
fn records_are_found_by_receipt_with_their_history() {
    let shop = Shop::new(3600);
    let [first, second] = shop.ids.map(|id| id.to_string());
    assert!(shop.output(&["find", &first]).contains(&first));
    let history = shop.output(&["history", &second]);
    assert!(history.find(&first) < history.find(&second), "{history}");
    assert!(!shop.output(&["history", &first]).contains(&second));
    let missing = shop.run(&["find", "01a0c3e2-7a00-7000-8000-000000000000"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(shop.output(&["stats"]).contains("records: 2"));
}

#[test]
fn counters_of_a_few_choices_are_hidden() {
    let shop = Shop::new(3600);
    let lines = shop.output(&["counters"]);
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // One day or two, each with all choices, one surface, one language and no regime.
    assert!([4, 8].contains(&lines.len()), "{lines:?}");
    for line in &lines {
        assert_eq!(line["type"], "counter");
        for kind in ["accepted", "partial", "refused", "withdrawn"] {
            assert!(line[kind].is_null(), "{line}");
        }
    }
    let by = |line: &serde_json::Value| (line["by"].clone(), line["value"].clone());
    assert_eq!(by(&lines[1]), ("surface".into(), "form".into()));
    assert_eq!(by(&lines[2]), ("language".into(), "en".into()));
}

#[test]
fn a_record_shows_the_verdict_of_a_date() {
    const DAY: u64 = 86_400;
    let shop = Shop::new(300 * DAY);
    let [grant, denial] = shop.ids.map(|id| id.to_string());
    let at = |id: &str, ago: u64| {
        let time = tower_cookie_consent::records::Instant::from_unix_seconds(now() - ago);
        shop.output(&["at", id, "_ga", &time.to_string()])
    };
    assert!(at(&grant, 299 * DAY).starts_with("allowed\n"));
    assert!(at(&grant, DAY).contains("too old"));
    assert!(at(&grant, 301 * DAY).contains("not chosen yet"));
    assert!(at(&denial, 299 * DAY).contains("denied"));
}

#[test]
fn a_verdict_names_the_policy_that_it_was_judged_by() {
    let folder = Folder::new("consent-records");
    let url = format!("sqlite:{}", folder.0.join("consent.db").display());
    let store = SqliteStore::open(folder.0.join("consent.db")).unwrap();
    // The newer one has the cookie no longer.
    let editions = [(3, "_ga", "allowed"), (4, "_gid", "withheld")];
    for (revision, declared, verdict) in editions {
        let ads = Category::consent("ads").cookie(CookieDeclaration::new(declared));
        let policy = CookiePolicy::builder().revision(revision).category(ads);
        let policy = Document::of_policy(&policy.build().unwrap());
        let time = now() - 3_600 + u64::from(revision);
        let grant = entry(&policy, time, "granted", "not_asked");
        let id = grant.record.id.to_string();
        block_on(store.append(&[grant])).unwrap();

        let at = |more: &[&str]| {
            let time = tower_cookie_consent::records::Instant::from_unix_seconds(now());
            let mut run = example("consent_records");
            run.args(["--records", &url, "at", &id, "_ga", &time.to_string()]);
            let output = run.args(more).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            (text(&output.stdout).to_owned(), time.to_string())
        };
        let digest = policy.digest().to_string();
        let (said, _) = at(&[]);
        assert!(said.starts_with(verdict), "{said}");
        let named = format!("\nby the policy {digest}, revision {revision}\n");
        assert!(said.ends_with(&named), "{said}");
        let (json, time) = at(&["--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let reason = match verdict {
            "allowed" => serde_json::Value::Null,
            _ => "the policy does not declare it".into(),
        };
        let expected = serde_json::json!({
            "record": id, "cookie": "_ga", "time": time, "verdict": verdict, "reason": reason,
            "policy": digest, "revision": revision,
        });
        assert_eq!(json, expected);
    }
}

#[test]
fn erased_links_leave_everything_verifiable() {
    let shop = Shop::new(3600);
    shop.output(&["checkpoint"]);
    let [first, second] = shop.ids.map(|id| id.to_string());
    let refused = shop.run(&["erase", &second]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("still counts"),
        "{refused:?}"
    );
    assert!(
        shop.output(&["erase", &second, "--force"])
            .starts_with("1 links erased")
    );
    assert!(!shop.output(&["history", &second]).contains(&first));
    assert!(shop.verify(&shop.output(&["export"]), &[]).status.success());
}

#[test]
fn an_account_is_shown_and_erased_by_its_name() {
    let shop = Shop::new(3600);
    let refused = shop.run(&["history", "account:ada"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("consent.db.accounts: "),
        "{refused:?}"
    );

    let key = AccountKey::open_or_create(&shop.file("consent.db.accounts")).unwrap();
    let account = AccountKeys::from(key.clone()).account("ada");
    let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
    let policy = Document::of_policy(&CookiePolicy::new([ads]).unwrap());
    let mut entries = ["granted", "denied"].map(|state| entry(&policy, now(), state, "not_asked"));
    for entry in &mut entries {
        entry.account = Some(account.clone());
    }
    let store = SqliteStore::open(shop.file("consent.db")).unwrap();
    block_on(store.append(&entries)).unwrap();
    shop.output(&["checkpoint"]);
    let history = shop.output(&["history", "account:ada"]);
    assert_eq!(history.matches("\nsubject ").count(), 2, "{history}");
    // By the key in a file, and again for another one.
    let other = shop.file("other.accounts");
    AccountKey::open_or_create(&other).unwrap();
    let (other, own) = (
        other.display().to_string(),
        shop.file("consent.db.accounts"),
    );
    let both = [
        "--account-key",
        &other,
        "--account-key",
        &own.display().to_string(),
    ];
    let found = shop.output(&[&["history", "account:ada"], &both[..]].concat());
    assert_eq!(found, history);
    let refused = shop.run(&["history", "account:ada", "--account-key", &other]);
    assert!(text(&refused.stderr).contains("no such record"));

    let refused = shop.run(&["erase", "account:ada"]);
    assert!(
        text(&refused.stderr).contains("still counts"),
        "{refused:?}"
    );
    let erased = shop.output(&["erase", "account:ada", "--force"]);
    assert!(erased.starts_with("2 links erased"), "{erased}");
    let refused = shop.run(&["erase", "account:ada", "--force"]);
    assert!(text(&refused.stderr).contains("no record of this account"));
    assert!(shop.verify(&shop.output(&["export"]), &[]).status.success());
}

#[test]
fn a_purge_keeps_hashes_and_says_what_it_dropped() {
    const DAY: u64 = 86_400;
    for (ago, dropped) in [(761, 0), (764, 1), (1300, 2)] {
        let shop = Shop::new(ago * DAY);
        let purged = shop.output(&["purge"]);
        assert_eq!(purged, format!("{dropped} records purged\n"), "{ago}");
        let export = shop.output(&["export"]);
        let records = export
            .lines()
            .filter(|line| line.contains("\"type\":\"record\""))
            .count();
        assert_eq!(records, 2 - dropped);
        assert!(shop.verify(&export, &[]).status.success(), "{ago}");
        if dropped > 0 {
            // Nobody can drop a record that no purge names.
            let without: String = export
                .split_inclusive('\n')
                .filter(|line| !line.contains("\"type\":\"document\""))
                .collect();
            assert_eq!(shop.verify(&without, &[]).status.code(), Some(1));
        }
    }
}

#[test]
fn wrong_arguments_and_files_are_clear_errors() {
    let shop = Shop::new(3600);
    for (arguments, status, says) in [
        (
            &["--records", "sqlite:/no/such/folder/x.db", "stats"][..],
            1,
            "its folder does not exist",
        ),
        (
            &["--records", "mysql://user:hunter2@host/db", "stats"],
            1,
            "unknown store `mysql:`",
        ),
        (&["stats"], 1, "name the store: --records"),
        (
            &["verify", "no-such-file", "--key", "no-such-key"],
            1,
            "no-such-",
        ),
        (&["find", "x"], 2, "not the id of a record"),
        (&["frobnicate"], 2, "unknown command"),
        (&[], 2, "name a command"),
    ] {
        let output = example("consent_records").args(arguments).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("hunter2"));
    }
    shop.output(&["checkpoint"]);
    loosen(&shop.file("consent.db.key"));
    let refused = shop.run(&["checkpoint"]);
    assert!(text(&refused.stderr).contains("others can read this key: chmod 600"));
}

#[test]
fn a_missing_key_is_not_made_anew() {
    let shop = Shop::new(3600);
    shop.output(&["checkpoint"]);
    for file in ["consent.db.key", "consent.db.pub"] {
        fs::rename(shop.file(file), shop.file(&format!("{file}.away"))).unwrap();
    }
    for command in ["checkpoint", "purge"] {
        let refused = shop.run(&[command]);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains("consent.db.key: the key that signed"),
            "{said}"
        );
        assert!(!shop.file("consent.db.key").exists());
    }
    let other = shop.file("other.key");
    fs::write(&other, SigningKey::generate().unwrap().secret()).unwrap();
    fs::set_permissions(
        &other,
        fs::metadata(shop.file("consent.db.key.away"))
            .unwrap()
            .permissions(),
    )
    .unwrap();
    let refused = shop.run(&["checkpoint", "--key", other.to_str().unwrap()]);
    let said = text(&refused.stderr);
    assert!(said.contains("signs nothing in this store"), "{said}");
    for file in ["consent.db.key", "consent.db.pub"] {
        fs::rename(shop.file(&format!("{file}.away")), shop.file(file)).unwrap();
    }
    assert!(shop.verify(&shop.output(&["export"]), &[]).status.success());
}

/// Runs a command on a terminal, with its standard output in a file, and returns what is on the terminal.
fn on_a_terminal(command: &[&str], output: &Path) -> String {
    let quote = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
    let words: Vec<_> = command.iter().map(|word| quote(word)).collect();
    let line = format!("{} > {}", words.join(" "), quote(output.to_str().unwrap()));
    let mut script = std::process::Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm");
    let shown = script.output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8_lossy(&shown.stdout).into_owned()
}

#[test]
fn long_work_shows_its_progress_on_a_terminal_alone() {
    let shop = Shop::new(3600);
    shop.output(&["checkpoint"]);
    let url = format!("sqlite:{}", shop.file("consent.db").display());
    let (export, key) = (shop.file("export.jsonl"), shop.file("consent.db.pub"));
    let program = example("consent_records");
    let program = program.get_program().to_str().unwrap();
    let exporting = [program, "--records", &url, "export"];
    let verifying = [
        program,
        "verify",
        export.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    let shown = on_a_terminal(&exporting, &export);
    assert!(shown.contains("100% of 3 leaves"), "{shown:?}");
    let lines = fs::read_to_string(&export).unwrap();
    assert_eq!(lines, shop.output(&["export"]));
    let shown = on_a_terminal(&verifying, &shop.file("verified"));
    assert!(shown.contains("100% of "), "{shown:?}");
    let quiet = shop.verify(&lines, &[]);
    assert_eq!(text(&quiet.stderr), "");
    for command in ["report-7101", "purge", "checkpoint"] {
        let shop = Shop::new(764 * 86_400);
        let url = format!("sqlite:{}", shop.file("consent.db").display());
        let output = shop.file("output");
        let shown = on_a_terminal(&[program, "--records", &url, command], &output);
        assert!(shown.contains("100%, "), "{command}: {shown:?}");
        assert!(!fs::read_to_string(output).unwrap().contains('%'));
    }
}

#[test]
fn the_key_may_be_in_the_environment() {
    let shop = Shop::new(3600);
    let url = format!("sqlite:{}", shop.file("consent.db").display());
    let checkpoint = |secret: &str| {
        let mut command = example("consent_records");
        command.args(["--records", &url, "checkpoint"]);
        command.env("CONSENT_RECORDS_KEY", secret).output().unwrap()
    };
    let refused = checkpoint("ed25519-secret:hunter2");
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("not a signing key") && !said.contains("hunter2"),
        "{said}"
    );
    let key = SigningKey::generate().unwrap();
    assert!(checkpoint(&key.secret()).status.success());
    assert!(!shop.file("consent.db.key").exists());
    fs::write(shop.file("consent.db.pub"), key.public().to_string()).unwrap();
    assert!(shop.verify(&shop.output(&["export"]), &[]).status.success());
}

fn loosen(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
}
