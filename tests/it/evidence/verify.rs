//! Every change of a pack is found and named.

use std::{collections::BTreeMap, fs, path::Path};

use tower_cookie_consent::{
    conformance::{Evidence, EvidenceFault, EvidenceFaultKind, EvidenceVerifier},
    records::{SigningKey, Witness, WitnessFuture},
};

use super::{date, key, policy, portal, run, written};
use crate::support::process::Folder;

/// The kinds and files of what does not fit.
fn faults(folder: &Path) -> Vec<(EvidenceFaultKind, String)> {
    match EvidenceVerifier::new(key().public()).verify(folder) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            let faults = faults.faults().iter();
            faults
                .map(|fault| (fault.kind(), fault.file().to_owned()))
                .collect()
        }
    }
}

#[test]
fn an_unchanged_pack_fits() {
    let (pack, folder) = written(Evidence::new(portal(), date()));
    let verified = EvidenceVerifier::new(key().public())
        .verify(&folder.0)
        .unwrap();
    // But for the list and its signature.
    assert_eq!(verified.files(), pack.files().count() - 2);
    assert_eq!((verified.date(), verified.timestamp()), (date(), None));
    let line = verified.to_string();
    assert!(
        line.ends_with(&format!("signed by {}; no witness", key().public())),
        "{line}"
    );
}

/// In one file at the start, in another further on.
#[test]
fn a_flipped_byte_in_any_file_is_found() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    for (number, (path, content)) in pack.files().enumerate() {
        if ["manifest.json", "signature.json"].contains(&path) {
            continue;
        }
        let mut changed = content.to_vec();
        changed[(content.len() - 1) * (number % 5) / 4] ^= 1;
        fs::write(folder.0.join(path), changed).unwrap();
        let found = faults(&folder.0);
        assert_eq!(found, [(EvidenceFaultKind::Changed, path.to_owned())]);
        fs::write(folder.0.join(path), content).unwrap();
    }
    assert_eq!(faults(&folder.0), []);
}

#[test]
fn a_flipped_byte_in_the_list_or_its_signature_is_found() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    for (path, step) in [("manifest.json", 199), ("signature.json", 7)] {
        let content = pack.file(path).unwrap();
        for at in (0..content.len()).step_by(step) {
            let mut changed = content.to_vec();
            changed[at] ^= 1;
            fs::write(folder.0.join(path), changed).unwrap();
            let found = faults(&folder.0);
            let own = ["manifest.json", "signature.json"];
            let first = found.first().map(|(_, file)| file.as_str());
            assert!(
                first.is_some_and(|it| own.contains(&it)),
                "{path} {at}: {found:?}"
            );
        }
        fs::write(folder.0.join(path), content).unwrap();
    }
    assert_eq!(faults(&folder.0), []);
}

#[test]
fn files_that_are_missing_or_added_are_named() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    for (path, content) in pack.files() {
        fs::remove_file(folder.0.join(path)).unwrap();
        let kind = match path {
            "manifest.json" => EvidenceFaultKind::NoManifest,
            "signature.json" => EvidenceFaultKind::Unsigned,
            _ => EvidenceFaultKind::Missing,
        };
        assert_eq!(faults(&folder.0), [(kind, path.to_owned())]);
        fs::write(folder.0.join(path), content).unwrap();
    }
    for path in ["new.txt", "policy/new.txt", "policy/.hidden", "Index.html"] {
        fs::write(folder.0.join(path), "x").unwrap();
        assert_eq!(
            faults(&folder.0),
            [(EvidenceFaultKind::Extra, path.to_owned())]
        );
        fs::remove_file(folder.0.join(path)).unwrap();
    }
    fs::create_dir_all(folder.0.join("empty/folder")).unwrap();
    let extra = (EvidenceFaultKind::Extra, "empty/folder/".to_owned());
    assert_eq!(faults(&folder.0), [extra]);
}

/// A pack is a stranger's until it is checked, and whoever checks it reads the result in a terminal.
#[test]
fn no_control_character_of_a_file_is_shown() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    for (path, content) in [
        ("manifest.json", r#"{"\u001b[2J":1}"#),
        ("manifest.json", "{\"\u{202e}x\":1}"),
        ("signature.json", r#"{"\u001b]0;x\u0007":1}"#),
    ] {
        fs::write(folder.0.join(path), content).unwrap();
        let verifier = EvidenceVerifier::new(key().public());
        let written = verifier.verify(&folder.0).unwrap_err().to_string();
        let is_plain = |it: char| it == '\n' || matches!(it, ' '..='~');
        assert!(written.chars().all(is_plain), "{written:?}");
        fs::write(folder.0.join(path), pack.file(path).unwrap()).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    let elsewhere = Folder::new("elsewhere");
    for path in ["policy/policy.json", "manifest.json"] {
        let target = elsewhere.0.join("target");
        fs::write(&target, pack.file(path).unwrap()).unwrap();
        fs::remove_file(folder.0.join(path)).unwrap();
        std::os::unix::fs::symlink(&target, folder.0.join(path)).unwrap();
        let found = faults(&folder.0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1, path);
        fs::remove_file(folder.0.join(path)).unwrap();
        fs::write(folder.0.join(path), pack.file(path).unwrap()).unwrap();
    }
    std::os::unix::fs::symlink("/", folder.0.join("policy/root")).unwrap();
    let extra = (EvidenceFaultKind::Extra, "policy/root".to_owned());
    assert_eq!(faults(&folder.0), [extra]);
}

#[test]
fn a_list_may_not_name_files_elsewhere() {
    let (pack, folder) = written(Evidence::new(policy(), date()));
    let changed = pack
        .manifest()
        .replacen("\"gaps.txt\"", "\"../gaps.txt\"", 1);
    assert_ne!(changed, pack.manifest());
    fs::write(folder.0.join("manifest.json"), changed).unwrap();
    let kinds: Vec<_> = faults(&folder.0)
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(
        kinds,
        [
            EvidenceFaultKind::Signature,
            EvidenceFaultKind::InvalidManifest
        ]
    );
}

/// Whoever changes a pack can sign it again, with another key.
#[test]
fn a_pack_that_another_key_signed_does_not_fit() {
    let folder = Folder::new("evidence");
    let other = SigningKey::generate().unwrap();
    let pack = Evidence::new(policy(), date()).build().unwrap();
    run(pack.sign(&other)).unwrap().write(&folder.0).unwrap();
    let other_key = (EvidenceFaultKind::OtherKey, "signature.json".to_owned());
    assert_eq!(faults(&folder.0), [other_key]);

    let text = fs::read_to_string(folder.0.join("signature.json")).unwrap();
    let text = text.replace(&other.public().to_string(), &key().public().to_string());
    fs::write(folder.0.join("signature.json"), text).unwrap();
    let wrong = (EvidenceFaultKind::Signature, "signature.json".to_owned());
    assert_eq!(faults(&folder.0), [wrong]);
}

/// Repeats what it saw.
#[derive(Debug)]
struct Parrot;

impl Witness for Parrot {
    fn attest<'a>(&'a self, signature: &'a [u8]) -> WitnessFuture<'a> {
        Box::pin(async move { Ok(String::from_utf8_lossy(signature).into_owned()) })
    }
}

#[test]
fn the_witness_is_checked_where_that_is_asked_for() {
    let check = || {
        let verifier = EvidenceVerifier::new(key().public());
        verifier.witness(|signature, said| signature == said.as_bytes())
    };
    let kinds = |folder: &Path| -> Vec<_> {
        let faults = check().verify(folder).unwrap_err();
        faults.faults().iter().map(EvidenceFault::kind).collect()
    };
    let (pack, folder) = written(Evidence::new(policy(), date()));
    assert_eq!(kinds(&folder.0), [EvidenceFaultKind::NoWitness]);

    let folder = Folder::new("evidence");
    let witnessed = run(pack.witness(&Parrot)).unwrap();
    witnessed.write(&folder.0).unwrap();
    let verified = check().verify(&folder.0).unwrap();
    assert!(verified.to_string().ends_with("; witnessed"), "{verified}");
    let unchecked = EvidenceVerifier::new(key().public())
        .verify(&folder.0)
        .unwrap();
    assert!(
        unchecked.to_string().ends_with("which was not checked"),
        "{unchecked}"
    );

    let seal = String::from_utf8(witnessed.file("signature.json").unwrap().to_vec()).unwrap();
    let other = seal.replacen(
        "\\\"manifest\\\":\\\"sha256:",
        "\\\"manifest\\\":\\\"sha256:0",
        1,
    );
    assert_ne!(seal, other);
    fs::write(folder.0.join("signature.json"), other).unwrap();
    assert_eq!(kinds(&folder.0), [EvidenceFaultKind::Witness]);
}

#[test]
fn each_kind_of_fault_has_its_own_sentence() {
    let (_, folder) = written(Evidence::new(policy(), date()));
    fs::remove_file(folder.0.join("gaps.txt")).unwrap();
    fs::write(folder.0.join("index.html"), "").unwrap();
    fs::write(folder.0.join("extra\u{1b}[2J.txt"), "").unwrap();
    fs::remove_file(folder.0.join("signature.json")).unwrap();
    let verifier = EvidenceVerifier::new(key().public());
    let text = verifier.verify(&folder.0).unwrap_err().to_string();
    let lines: BTreeMap<_, _> = text
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    assert_eq!(lines["gaps.txt"], "is missing");
    assert_eq!(
        lines["signature.json"],
        "is missing: the list is not signed"
    );
    assert!(
        lines["index.html"].starts_with("has 0 bytes, and the list says "),
        "{text}"
    );
    assert_eq!(lines.len(), 4, "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
