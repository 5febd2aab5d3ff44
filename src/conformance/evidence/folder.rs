//! The files of a pack in a folder, compared with its list.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{
    EvidenceFault, EvidenceFaultKind,
    manifest::{Listed, MANIFEST, Manifest, SIGNATURE},
};
use crate::records::Digest;

/// The longest list that is read. One of 100,000 files has about 15 MB.
const MAX_MANIFEST: u64 = 64 << 20;

/// Everything in a folder by its path: `true` for a plain file.
pub(super) type Found = BTreeMap<String, bool>;

/// Returns all files, links and empty folders below this one.
pub(super) fn found(folder: &Path) -> io::Result<Found> {
    let mut found = Found::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((at, below)) = folders.pop() {
        let mut is_empty = true;
        for entry in fs::read_dir(&at)? {
            let entry = entry?;
            is_empty = false;
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            match kind.is_dir() {
                true => folders.push((entry.path(), format!("{path}/"))),
                false => drop(found.insert(path, kind.is_file())),
            }
        }
        if is_empty && !below.is_empty() {
            found.insert(below, false);
        }
    }
    Ok(found)
}

/// Compares each file with the list.
pub(super) fn compare(
    folder: &Path,
    manifest: &Manifest,
    found: &Found,
    faults: &mut Vec<EvidenceFault>,
) {
    use EvidenceFaultKind::{Changed, Extra, Missing, Unreadable};

    let listed = manifest.files.keys().chain(found.keys());
    let paths: BTreeSet<_> = listed.map(String::as_str).collect();
    let own = [MANIFEST, SIGNATURE];
    for path in paths.into_iter().filter(|path| !own.contains(path)) {
        let (kind, what) = match (manifest.files.get(path), found.get(path)) {
            (Some(_), None) => (Missing, "is missing".to_owned()),
            (None, _) => (Extra, "is not in the list".to_owned()),
            (Some(_), Some(false)) => (Changed, "is a link or a folder, and no file".to_owned()),
            (Some(due), Some(true)) => match hashed(&folder.join(path)) {
                Err(error) => (Unreadable, format!("can't be read: {error}")),
                Ok(is) if is == *due => continue,
                Ok(is) if is.bytes != due.bytes => {
                    let (is, due) = (is.bytes, due.bytes);
                    (Changed, format!("has {is} bytes, and the list says {due}"))
                }
                Ok(is) => {
                    let (is, due) = (is.sha256, due.sha256);
                    (
                        Changed,
                        format!("has the hash {is}, and the list says {due}"),
                    )
                }
            },
        };
        faults.push(EvidenceFault::new(kind, path, what));
    }
}

/// Hashes a file piece by piece: screenshots and captures may be large.
fn hashed(path: &Path) -> io::Result<Listed> {
    let mut file = fs::File::open(path)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = file.read(&mut piece)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else {
            break;
        };
        hash.update(read);
        bytes = bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
    }
    Ok(Listed {
        sha256: Digest::from_bytes(hash.finalize().into()),
        bytes,
    })
}

/// Reads one of the pack's own files. The error is `None` if it is missing, or else ends a sentence about it.
pub(super) fn read_text(
    folder: &Path,
    path: &str,
    found: &Found,
) -> Result<String, Option<String>> {
    match found.get(path) {
        None => return Err(None),
        Some(false) => return Err(Some("is a link, and no file".to_owned())),
        Some(true) => {}
    }
    let mut text = String::new();
    let file = fs::File::open(folder.join(path));
    let read = file.and_then(|file| file.take(MAX_MANIFEST + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(Some(format!("can't be read: {error}"))),
        Ok(length) if u64::try_from(length).unwrap_or(u64::MAX) > MAX_MANIFEST => {
            Err(Some(format!("is longer than {MAX_MANIFEST} bytes")))
        }
        Ok(_) => Ok(text),
    }
}
