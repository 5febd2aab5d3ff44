//! Keys in files: one line each, and only their owner can read a secret one.

use std::{fmt, fs, io, path::Path};

use crate::records::folder;

/// The error of a [`SigningKey`](crate::records::SigningKey), [`PublicKey`](crate::records::PublicKey) or
/// [`AccountKey`](crate::records::AccountKey) that can't be read, made or written, with the fix.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(String);

impl KeyError {
    /// Creates the error of a [`Signer`](crate::records::Signer) of the site's own, without anything secret.
    ///
    /// ```
    /// use tower_cookie_consent::records::KeyError;
    ///
    /// let error = KeyError::new("the key service does not answer");
    /// assert_eq!(error.to_string(), "the key service does not answer");
    /// ```
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Adds the name of the file to an error.
pub(in crate::records) fn at(file: &Path, what: &dyn fmt::Display) -> KeyError {
    KeyError(format!("{}: {what}", file.display()))
}

/// Reads a secret key's file, unless others can read it too.
pub(in crate::records) fn read_secret(file: &Path) -> Result<String, KeyError> {
    let metadata = fs::metadata(file).map_err(|error| at(file, &error))?;
    if is_open_to_others(&metadata) {
        return Err(at(file, &"others can read this key: chmod 600"));
    }
    fs::read_to_string(file).map_err(|error| at(file, &error))
}

pub(in crate::records) fn write(file: &Path, line: &str, mode: u32) -> Result<(), KeyError> {
    create(file, line, mode).map_err(|error| at(file, &format_args!("can't be created: {error}")))
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "modes are Unix's"))]
fn create(file: &Path, line: &str, mode: u32) -> io::Result<()> {
    use io::Write;

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut opened = options.open(file)?;
    let written = writeln!(opened, "{line}")
        .and_then(|()| opened.sync_all())
        .and_then(|()| folder::sync(file));
    if written.is_err() {
        // Half a key is in the way of the next try.
        drop(fs::remove_file(file));
    }
    written
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}
