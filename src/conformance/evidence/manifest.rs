//! The list of all files with their hashes, and its signature.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::records::{Digest, Instant, canonical};

/// The path of the list.
pub(super) const MANIFEST: &str = "manifest.json";

/// The path of its signature.
pub(super) const SIGNATURE: &str = "signature.json";

/// The path of the page that explains all files.
pub(super) const INDEX: &str = "index.html";

/// The version of the format.
const FORMAT: u32 = 1;

/// The longest path.
const MAX_PATH: usize = 200;

/// The list of all files, but for itself and its signature. Its canonical JSON (RFC 8785) is what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    r#type: Type,
    format: u32,
    /// The date of the pack.
    pub(super) date: Instant,
    pub(super) generator: String,
    /// The hash of the policy, as records refer to it.
    pub(super) policy: Digest,
    pub(super) files: BTreeMap<String, Listed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Type {
    /// No checkpoint or receipt has this type, so that no signature of one is one of the other.
    #[serde(rename = "evidence")]
    Evidence,
}

/// A file in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) sha256: Digest,
    pub(super) bytes: u64,
}

impl Manifest {
    pub(super) fn new(date: Instant, policy: Digest, files: BTreeMap<String, Listed>) -> Self {
        Self {
            r#type: Type::Evidence,
            format: FORMAT,
            date,
            generator: generator(),
            policy,
            files,
        }
    }

    /// Returns the text that is signed.
    pub(super) fn text(&self) -> String {
        canonical(self)
    }

    /// Reads a list. The error ends a sentence about it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text)
            .map_err(|error| format!("is not a list of a pack: {error}"))?;
        if manifest.format != FORMAT {
            return Err(format!(
                "has the format {}, and this program reads {FORMAT}",
                manifest.format
            ));
        }
        if let Some(path) = manifest
            .files
            .keys()
            .find(|path| !is_plain(path) || is_own_seal(path))
        {
            return Err(format!("lists the invalid path {path:?}"));
        }
        // A member that is declared twice has one value here, and two there.
        match manifest.text() == text {
            true => Ok(manifest),
            false => Err("is not canonical JSON (RFC 8785)".to_owned()),
        }
    }
}

/// Returns the name and version of this crate.
pub(super) fn generator() -> String {
    format!("tower-cookie-consent {}", env!("CARGO_PKG_VERSION"))
}

impl Listed {
    pub(super) fn of(content: &[u8]) -> Self {
        Self {
            sha256: Digest::of(content),
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
        }
    }
}

/// The signature of the list, and what a witness says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seal {
    /// The public key.
    pub(super) key: String,
    /// As in checkpoints: `ed25519:`, the id of the key, `:` and the signature in hex.
    pub(super) signature: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<String>,
}

impl Seal {
    /// Returns what a witness sees.
    pub(super) fn attested(&self, manifest: &str) -> String {
        #[derive(Serialize)]
        struct Attested<'a> {
            r#type: Type,
            manifest: Digest,
            signature: &'a str,
        }
        canonical(&Attested {
            r#type: Type::Evidence,
            manifest: Digest::of(manifest.as_bytes()),
            signature: &self.signature,
        })
    }
}

/// Returns `true` for a relative path that is the same on every system: no link upwards, no large letter.
pub(super) fn is_plain(path: &str) -> bool {
    let of_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && !name.ends_with('.')
            && name.bytes().all(of_name)
    };
    path.len() <= MAX_PATH && path.split('/').all(is_name)
}

fn is_own_seal(path: &str) -> bool {
    [MANIFEST, SIGNATURE].contains(&path)
}

/// Returns `true` for the path of a file that the pack writes itself.
pub(super) fn is_own(path: &str) -> bool {
    is_own_seal(path) || path == INDEX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_plain_and_stay_in_the_folder() {
        for path in ["a", "a/b.json", "a-b/c_d/1.html"] {
            assert!(is_plain(path), "{path}");
        }
        let long = "a/".repeat(100) + "b";
        for path in [
            "", "/", "/a", "a/", "a//b", "..", "a/../b", ".", "a/.b", "a.", "A", "a\\b", "a b",
            "c:x", "é", &long,
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn a_list_has_one_writing() {
        let files = [("a.txt".to_owned(), Listed::of(b"a"))];
        let date = Instant::from_unix_seconds(1_795_435_200);
        let manifest = Manifest::new(date, Digest::of(b""), files.into());
        let text = manifest.text();
        assert_eq!(Manifest::read(&text), Ok(manifest));
        for (part, other, why) in [
            ("{", "{ ", "not canonical"),
            ("\"format\":1", "\"format\":2", "has the format 2"),
            ("a.txt", "../a.txt", "invalid path \"../a.txt\""),
            ("a.txt", "signature.json", "invalid path"),
            ("\"evidence\"", "\"checkpoint\"", "not a list of a pack"),
            (
                "\"bytes\":1",
                "\"bytes\":1,\"bytes\":1",
                "not a list of a pack",
            ),
            ("{", "{\"x\":1,", "not a list of a pack"),
        ] {
            let changed = text.replacen(part, other, 1);
            assert_ne!(changed, text);
            let error = Manifest::read(&changed).unwrap_err();
            assert!(error.contains(why), "{changed}: {error}");
        }
    }
}
