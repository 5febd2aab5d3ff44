//! The records of the portal: in the store that the command line names, or else in a file in a folder of
//! their own.

use std::{
    env, fs,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tower_cookie_consent::records::Records;

#[path = "../common/records.rs"]
mod common;

pub(crate) use common::{Place, has_receipts, open};

/// Opens the records of a portal at this address in an SQLite file, and says where it is. If that fails,
/// it says why, and the portal works without records.
pub(crate) async fn open_default(
    address: SocketAddr,
    receipts_at: Option<&str>,
) -> Option<Records> {
    let opened = match folder(address) {
        Ok(folder) => {
            let url = format!("sqlite:{}", folder.join("consent.db").display());
            let place = Place {
                url: &url,
                receipts_at,
                spool: None,
                key: None,
                creates_key: true,
            };
            let records = open(place).await;
            records.map(|records| (url, records))
        }
        Err(error) => Err(error),
    };
    // If nobody reads it, the portal runs all the same.
    match opened {
        Ok((url, records)) => {
            writeln!(io::stdout(), "choices are recorded in {url}").ok();
            Some(records)
        }
        Err(error) => {
            writeln!(io::stderr(), "portal: choices are not recorded: {error}").ok();
            None
        }
    }
}

/// Returns a file that does not exist yet, for choices that are made up, beside the records of a portal at this
/// address.
pub(crate) fn made_up_file(address: SocketAddr) -> Result<PathBuf, String> {
    let file = folder(address)?.join("made-up.db");
    for ending in ["", "-wal", "-shm", ".spool"] {
        match fs::remove_file(format!("{}{ending}", file.display())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", file.display()));
            }
            _ => {}
        }
    }
    Ok(file)
}

/// Creates the folder for this address, which only its user can open: others can write next to it.
fn folder(address: SocketAddr) -> Result<PathBuf, String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = address.to_string().chars().map(plain).collect();
    let folder = env::temp_dir().join(format!("cookie-consent-portal-{name}"));
    create(&folder)
        .map(|()| folder.clone())
        .map_err(|error| format!("{}: {error}", folder.display()))
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    let found = fs::symlink_metadata(folder)?;
    #[cfg(unix)]
    let is_private = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 == 0;
    #[cfg(not(unix))]
    let is_private = true;
    match found.is_dir() && is_private {
        true => Ok(()),
        false => Err(io::Error::other(
            "not a folder that only you can open: remove it",
        )),
    }
}
