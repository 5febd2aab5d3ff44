//! Files that are watched.

use std::{
    fs,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use tower_cookie_consent::layer::{PolicySource, PolicyWatch};

use super::{ids, json, replace, write};
use crate::support::process::{Folder, PATIENCE};

/// Longer than it takes to read a change.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Watches it; an outcome is the ids of the policies, or the error.
fn watch(source: &PolicySource) -> (PolicyWatch, Receiver<Result<Vec<String>, String>>) {
    let (sender, told) = channel();
    let watch = source.watch(move |outcome| {
        let outcome = outcome.map(ids).map_err(ToString::to_string);
        sender.send(outcome).ok();
    });
    (watch.unwrap(), told)
}

#[test]
fn a_changed_file_is_read_and_told_once() {
    let folder = Folder::new("watch");
    let path = write(&folder, "policy.json", json("a"));
    let source = PolicySource::file(&path).unwrap();
    let (watch, told) = watch(&source);
    let next = || told.recv_timeout(PATIENCE).unwrap();
    replace(&folder, "policy.json", &json("b"));
    assert_eq!(next(), Ok(vec!["b".to_owned()]));
    assert_eq!(ids(&source.policies()), ["b"]);

    // Half of it is written: reported, and then replaced.
    let whole = json("c");
    replace(&folder, "policy.json", &whole[..40]);
    assert!(next().unwrap_err().contains("policy.json: "));
    assert_eq!(ids(&source.policies()), ["b"]);
    replace(&folder, "policy.json", &whole);
    assert_eq!(next(), Ok(vec!["c".to_owned()]));

    fs::remove_file(&path).unwrap();
    assert!(next().is_err());
    replace(&folder, "policy.json", &json("d"));
    assert_eq!(next(), Ok(vec!["d".to_owned()]));

    // The same content, other files, and being read are no changes.
    replace(&folder, "policy.json", &json("d"));
    write(&folder, "other.json", "{");
    fs::read(&path).unwrap();
    assert!(told.recv_timeout(SILENCE).is_err());
    drop(watch);
    replace(&folder, "policy.json", &json("e"));
    assert!(told.recv_timeout(SILENCE).is_err(), "no longer watched");
    assert_eq!(ids(&source.policies()), ["d"]);
}

#[test]
fn many_writes_in_a_row_are_one_change() {
    let folder = Folder::new("watch");
    let path = write(&folder, "policy.json", json("a"));
    let source = PolicySource::file(&path).unwrap();
    let (_watch, told) = watch(&source);
    for number in 0..20 {
        write(&folder, "policy.json", json(&format!("b{number}")));
    }
    assert_eq!(
        told.recv_timeout(PATIENCE).unwrap(),
        Ok(vec!["b19".to_owned()])
    );
    assert!(told.recv_timeout(SILENCE).is_err());
}

#[test]
fn a_watched_folder_gains_and_loses_hosts() {
    let folder = Folder::new("watch");
    let policies = folder.0.join("policies");
    let put = |name: &str, id: &str| {
        fs::create_dir_all(&policies).unwrap();
        fs::write(policies.join(".new"), json(id)).unwrap();
        fs::rename(policies.join(".new"), policies.join(name)).unwrap();
    };
    put("default.json", "a");
    let source = PolicySource::folder(&policies).unwrap();
    let (_watch, told) = watch(&source);
    let next = || told.recv_timeout(PATIENCE).unwrap();
    put("b.example.json", "b");
    assert_eq!(next().unwrap(), ["a", "b.example=b"]);
    fs::remove_file(policies.join("b.example.json")).unwrap();
    assert_eq!(next().unwrap(), ["a"]);
    // The whole folder is replaced.
    fs::rename(&policies, folder.0.join("old")).unwrap();
    assert!(next().is_err());
    put("default.json", "c");
    loop {
        match next() {
            Ok(ids) => break assert_eq!(ids, ["c"]),
            // The folder was there before its file.
            Err(error) => assert!(error.contains("default.json"), "{error}"),
        }
    }
    put("default.json", "d");
    assert_eq!(next().unwrap(), ["d"], "the new folder is watched too");
}

/// As Kubernetes mounts a `ConfigMap`: the file is a link through a link to a folder.
#[cfg(unix)]
#[test]
fn a_file_behind_links_is_watched_where_they_lead() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("watch");
    let version = |name: &str, id: &str| {
        let version = folder.0.join(name);
        fs::create_dir_all(&version).unwrap();
        fs::write(version.join(".new"), json(id)).unwrap();
        fs::rename(version.join(".new"), version.join("policy.json")).unwrap();
    };
    let point_to = |name: &str| {
        symlink(name, folder.0.join("..new")).unwrap();
        fs::rename(folder.0.join("..new"), folder.0.join("..data")).unwrap();
    };
    version("..1", "a");
    version("..2", "b");
    point_to("..1");
    let path = folder.0.join("policy.json");
    symlink("..data/policy.json", &path).unwrap();
    let source = PolicySource::file(&path).unwrap();
    let (_watch, told) = watch(&source);
    let next = || told.recv_timeout(PATIENCE).unwrap().unwrap();
    point_to("..2");
    assert_eq!(next(), ["b"]);
    version("..2", "c");
    assert_eq!(next(), ["c"]);
}

#[test]
fn a_folder_that_is_not_there_can_not_be_watched() {
    let folder = Folder::new("watch");
    let path = write(&folder, "policy.json", json("a"));
    let source = PolicySource::file(&path).unwrap();
    fs::remove_dir_all(&folder.0).unwrap();
    let error = source.watch(|_| {}).unwrap_err().to_string();
    assert!(error.contains("can't be watched"), "{error}");
}
