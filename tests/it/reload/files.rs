//! Files and folders that are read again on a call.

use std::fs;

use tower_cookie_consent::{CookiePolicy, layer::PolicySource, pages::Pages};

use super::{id, ids, json, write};
use crate::support::process::Folder;

#[test]
fn a_file_takes_effect_when_it_is_read_again() {
    let folder = Folder::new("reload");
    let path = write(&folder, "policy.json", json("a"));
    let source = PolicySource::file(&path).unwrap();
    let before = source.policies();
    write(&folder, "policy.json", json("b"));
    assert_eq!(ids(&source.policies()), ["a"], "nobody has asked");
    assert!(source.reload().unwrap());
    assert_eq!(ids(&source.policies()), ["b"]);
    assert_eq!(ids(&before), ["a"], "a snapshot stays as it is");
    assert!(!source.reload().unwrap(), "nothing has changed");
    // A clone is the same source.
    write(&folder, "policy.json", json("c"));
    assert!(source.clone().reload().unwrap());
    assert_eq!(ids(&source.policies()), ["c"]);
}

#[test]
fn an_invalid_file_keeps_the_policy_and_is_reported() {
    let folder = Folder::new("reload");
    let path = write(&folder, "policy.json", json("a"));
    let source = PolicySource::file(&path).unwrap();
    let whole = json("b");
    let half = &whole[..whole.len() / 2];
    let invalid = json("b").replace("consent", "agreement");
    let two = r#"{"choice_lifetime": "9 years", "categories": []}"#;
    for (content, problems, part) in [
        (half, 1, "EOF"),
        ("", 1, "EOF"),
        (&invalid, 1, "agreement"),
        (two, 2, "no category"),
        ("\u{feff}{}", 1, "line 1"),
    ] {
        write(&folder, "policy.json", content);
        for _ in 0..2 {
            let error = source.reload().unwrap_err();
            let text = error.to_string();
            assert!(text.contains(part), "{text}");
            assert_eq!(error.problems().len(), problems, "{text}");
            for problem in error.problems() {
                assert!(problem.starts_with(path.to_str().unwrap()), "{problem}");
            }
            assert_eq!(source.last_error(), Some(error));
            assert_eq!(ids(&source.policies()), ["a"]);
        }
    }
    write(&folder, "policy.json", b"\xff");
    source.reload().unwrap_err();
    fs::remove_file(&path).unwrap();
    assert!(
        source
            .reload()
            .unwrap_err()
            .to_string()
            .contains("No such file")
    );
    assert_eq!(ids(&source.policies()), ["a"]);
    write(&folder, "policy.json", whole);
    assert!(source.reload().unwrap());
    assert_eq!(source.last_error(), None);
    assert_eq!(ids(&source.policies()), ["b"]);
}

#[test]
fn a_folder_has_a_file_for_each_host() {
    let folder = Folder::new("reload");
    write(&folder, "default.json", json("a"));
    write(&folder, "Shop.example.json", json("b"));
    write(&folder, "*.shop.example.json", json("c"));
    // What editors, people and file systems put there:
    for name in [
        ".swap.json",
        "shop.example.json~",
        "4913",
        "README.md",
        "#x.json#",
    ] {
        write(&folder, name, "{");
    }
    fs::create_dir(folder.0.join("old.json")).unwrap();
    let source = PolicySource::folder(&folder.0).unwrap();
    let first = ["a", "*.shop.example=c", "shop.example=b"];
    assert_eq!(ids(&source.policies()), first);

    // All of it, or nothing.
    write(&folder, "default.json", json("d"));
    write(&folder, "new.example.json", "{");
    let error = source.reload().unwrap_err().to_string();
    assert!(error.contains("new.example.json: "), "{error}");
    assert_eq!(ids(&source.policies()), first);
    write(&folder, "new.example.json", json("e"));
    fs::remove_file(folder.0.join("Shop.example.json")).unwrap();
    assert!(source.reload().unwrap());
    let second = ["d", "*.shop.example=c", "new.example=e"];
    assert_eq!(ids(&source.policies()), second);
    fs::remove_dir_all(&folder.0).unwrap();
    source.reload().unwrap_err();
    assert_eq!(ids(&source.policies()), second);
}

#[test]
fn a_bad_folder_is_one_error_with_all_its_problems() {
    let folder = Folder::new("reload");
    let error = || PolicySource::folder(&folder.0).unwrap_err().to_string();
    assert!(error().contains("default.json is missing"), "{}", error());
    write(&folder, "a.example.json", json("a"));
    assert!(error().contains("default.json is missing"), "{}", error());
    write(&folder, "default.json", json("b"));
    write(&folder, "A.example.json", json("c"));
    write(&folder, "b.example:80.json", json("d"));
    write(&folder, "a b.json", json("e"));
    write(&folder, "c.example.json", "{}");
    let lines = error();
    let lines: Vec<_> = lines.lines().collect();
    for (file, part) in [
        ("a.example.json", "another file has the same host"),
        ("b.example:80.json", "without a port"),
        ("a b.json", "invalid host"),
        ("c.example.json", "no category is declared"),
    ] {
        let path = folder.0.join(file).display().to_string();
        let is_there = |line: &&&str| line.starts_with(&path) && line.contains(part);
        assert_eq!(
            lines.iter().filter(is_there).count(),
            1,
            "{file}: {lines:#?}"
        );
    }
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let missing = PolicySource::folder(folder.0.join("none")).unwrap_err();
    assert_eq!(missing.problems().len(), 1, "{missing}");
}

#[test]
fn what_prepares_a_policy_can_change_or_reject_it() {
    let folder = Folder::new("reload");
    let path = write(&folder, "policy.json", json("a"));
    let plain = |policy: CookiePolicy| {
        let cookie = policy.preferences_cookie().clone().secure(false);
        policy.to_builder().preferences_cookie(cookie).build()
    };
    let source = PolicySource::file(&path)
        .unwrap()
        .prepare(plain)
        .unwrap()
        .prepare(|policy| Pages::check(&policy).map(|()| policy))
        .unwrap();
    let is_secure = || {
        let policies = source.policies();
        policies.default_policy().preferences_cookie().get_secure()
    };
    assert!(!is_secure());
    let without_texts = r#"{"categories": [{"id": "b", "basis": "consent"}]}"#;
    write(&folder, "policy.json", without_texts);
    let error = source.reload().unwrap_err().to_string();
    assert!(error.contains("has no title and description"), "{error}");
    assert_eq!(id(source.policies().default_policy()), "a");
    write(&folder, "policy.json", json("c"));
    assert!(source.reload().unwrap());
    assert!(!is_secure());
    let rejecting = |_| Err::<CookiePolicy, _>("not today");
    let error = source.clone().prepare(rejecting).unwrap_err();
    assert!(error.to_string().ends_with("policy.json: not today"));
}
