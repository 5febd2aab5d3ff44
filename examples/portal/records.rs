//! The records of the portal: in the store that the command line names, or else in a file in a folder of
//! their own.

use std::{
    env, fs,
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tower_cookie_consent::{
    CookiePolicy,
    layer::RequestHead,
    records::{AccountConsent, AccountKey, Records},
};

use crate::account::LoggedIn;

#[path = "../common/records.rs"]
mod common;

pub(crate) use common::{Place, has_receipts};

/// The time after which a device learns what another one has chosen: a real site has a minute for it.
const REFRESH: Duration = Duration::from_secs(2);

/// The records of the portal, and the choices that follow accounts, if there is a key for them.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) records: Records,
    pub(crate) accounts: Option<AccountConsent>,
}

/// Opens both.
pub(crate) async fn open(place: Place<'_>, policy: &CookiePolicy) -> Result<Kept, String> {
    let Some(key) = account_key(place)? else {
        let records = common::open_with(place, |records| records).await?;
        let accounts = None;
        return Ok(Kept { records, accounts });
    };
    let name = |request: RequestHead<'_>| {
        let LoggedIn(name) = request.extensions().get()?;
        Some(name.clone())
    };
    let records = common::open_with(place, |records| records.accounts(key, name)).await?;
    let accounts = AccountConsent::open(&records, place.url, policy).await;
    let accounts = accounts.map_err(|error| error.to_string())?;
    Ok(Kept {
        records,
        accounts: Some(accounts.refresh(REFRESH)),
    })
}

/// Reads the key of accounts, beside the signing key or the SQLite file. It is created where that one is, too.
fn account_key(place: Place<'_>) -> Result<Option<AccountKey>, String> {
    let Some(beside) = place.key.or_else(|| place.url.strip_prefix("sqlite:")) else {
        return Ok(None);
    };
    let file = PathBuf::from(format!("{beside}.accounts"));
    let creates = place.key.is_some() || place.creates_key;
    if !creates && !file.exists() {
        return Ok(None);
    }
    let key = AccountKey::open_or_create(&file);
    key.map(Some).map_err(|error| error.to_string())
}

/// Opens the records of a portal at this address in an SQLite file, and says where it is. If that fails,
/// it says why, and the portal works without records.
pub(crate) async fn open_default(
    address: SocketAddr,
    receipts_at: Option<&str>,
    policy: &CookiePolicy,
) -> Option<Kept> {
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
            let kept = open(place, policy).await;
            kept.map(|kept| (url, kept))
        }
        Err(error) => Err(error),
    };
    // If nobody reads it, the portal runs all the same.
    match opened {
        Ok((url, kept)) => {
            writeln!(io::stdout(), "choices are recorded in {url}").ok();
            Some(kept)
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
