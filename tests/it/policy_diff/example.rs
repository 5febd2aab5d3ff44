//! The example `policy`, as a process.

use std::{fs, path::PathBuf, process::Output};

use serde_json::Value;

use super::{data, edited};
use crate::support::process::{Folder, example};

/// Returns the files of the base and of the named case.
fn files(folder: &Folder, name: &str) -> [PathBuf; 2] {
    let data = data();
    let mut cases = data["cases"].as_array().unwrap().iter();
    let case = cases.find(|case| case["name"] == name).unwrap();
    ["old", "new"].map(|edition| {
        let path = folder.0.join(format!("{edition}.json"));
        fs::write(&path, edited(&data["base"], &case[edition]).to_string()).unwrap();
        path
    })
}

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    example("policy")
        .args(arguments)
        .args(files)
        .output()
        .unwrap()
}

#[test]
fn the_exit_status_says_whether_everything_fits() {
    let folder = Folder::new("policy");
    for (case, status, strict, part) in [
        ("nothing changed", 0, 0, "Asked again: nobody"),
        (
            "a cookie for consent, with revision and since",
            0,
            0,
            "category \"ads\": everybody",
        ),
        (
            "a cookie for consent, without a question",
            1,
            1,
            "`since` of the category",
        ),
        ("another title", 0, 1, "`title` changed in en"),
        ("a title in one language", 1, 1, "`title` has no text in fr"),
    ] {
        let files = files(&folder, case);
        let output = run(&["diff"], &files);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(status), "{case}: {text}");
        assert!(
            text.contains(part) && output.stderr.is_empty(),
            "{case}: {text}"
        );
        let output = run(&["--strict", "diff"], &files);
        assert_eq!(output.status.code(), Some(strict), "{case}");
        let output = run(&["diff", "--json"], &files);
        assert_eq!(output.status.code(), Some(status), "{case}");
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(json["asked_again"].is_array(), "{json}");
    }
}

#[test]
fn wrong_arguments_and_files_end_with_2() {
    let folder = Folder::new("policy");
    let [old, new] = files(&folder, "nothing changed");
    let missing = folder.0.join("missing.json");
    let invalid = folder.0.join("invalid.json");
    fs::write(
        &invalid,
        r#"{"categories": [{"id": "ads", "basis": "consnt"}]}"#,
    )
    .unwrap();
    for (arguments, files, part) in [
        (&[][..], &[][..], "usage: policy"),
        (&["diff"], std::slice::from_ref(&old), "usage: policy"),
        (
            &["diff"],
            &[old.clone(), new.clone(), new.clone()],
            "usage: policy",
        ),
        (&["dif"], &[old.clone(), new.clone()], "unknown command"),
        (&["diff", "--jsn"], &[old.clone(), new.clone()], "--jsn"),
        (&["diff"], &[old.clone(), missing], "missing.json: "),
        (
            &["diff"],
            &[invalid, new.clone()],
            "invalid.json: categories: \"ads\"",
        ),
    ] {
        let output = run(arguments, files);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(part) && output.stdout.is_empty(), "{text}");
    }
    let help = run(&["--help"], &[]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("--strict"));
}

#[test]
fn signed_policies_are_compared_without_their_keys() {
    let folder = Folder::new("policy");
    let files = files(&folder, "a cookie for consent, with revision and since");
    for file in &files {
        let mut policy: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        policy["preferences_cookie"] = serde_json::json!({"signed": true});
        fs::write(file, policy.to_string()).unwrap();
    }
    let output = run(&["diff"], &files);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
