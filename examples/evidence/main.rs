//! Makes a pack of evidence on cookies and consent, for an archive or an authority, and checks one.
//!
//! ```text
//! cargo run --example evidence -- --policy policy.json --site http://127.0.0.1:3000 \
//!     --records sqlite:consent.db --out 2026-11
//! cargo run --example evidence -- verify 2026-11 --key consent.db.pub
//! ```
//!
//! Begin with `index.html` in the folder: it explains every file. Where Chromium is installed, the pack also has
//! screenshots, and visits as a browser makes them; they are made before a choice, after a refusal, and after a
//! withdrawal, with the buttons of the crate's own pages.
//!
//! The exit status is 0 if nothing is broken, 1 if the check found something, or if a pack does not fit, and 2 for
//! invalid arguments, files that can't be read, and a pack that could not be made.

mod arguments;
mod browser;
mod devtools;
mod making;
mod shots;
mod site;
#[path = "../consent_records/timestamp.rs"]
mod timestamp;

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use tower_cookie_consent::{
    conformance::{EvidenceFaultKind, EvidenceVerifier},
    records::{PublicKey, TimestampCertificates},
};

use arguments::{Command, USAGE};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let command = match Command::parse(lexopt::Parser::from_env()) {
        Ok(Some(command)) => command,
        Ok(None) => {
            say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => return complain(&format!("evidence: {error}\n\n{USAGE}")),
    };
    let done = match &command {
        Command::Make(making) => making::make(making),
        Command::Verify {
            folder,
            key,
            witness_certificates,
        } => verify(folder, key, witness_certificates.as_deref()),
    };
    match done {
        Ok(is_fine) => ExitCode::from(u8::from(!is_fine)),
        Err(error) => complain(&format!("evidence: {error}")),
    }
}

/// Checks a pack. Returns `false` if it does not fit.
fn verify(folder: &Path, key: &Path, certificates: Option<&Path>) -> Result<bool, Failure> {
    let mut verifier = EvidenceVerifier::new(PublicKey::read(key)?);
    if let Some(file) = certificates {
        verifier = verifier.timestamps(TimestampCertificates::read(file)?);
    }
    match verifier.verify(folder) {
        Ok(verified) => {
            say(&verified.to_string());
            Ok(true)
        }
        Err(faults)
            if faults
                .faults()
                .iter()
                .any(|it| it.kind() == EvidenceFaultKind::Folder) =>
        {
            Err(faults.into())
        }
        Err(faults) => {
            warn(&faults.to_string());
            Ok(false)
        }
    }
}

pub(crate) fn say(text: &str) {
    // Whoever closes the pipe early has read enough.
    drop(writeln!(io::stdout(), "{text}"));
}

#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what is wrong"
)]
pub(crate) fn warn(text: &str) {
    eprintln!("{text}");
}

fn complain(what: &str) -> ExitCode {
    warn(what);
    ExitCode::from(2)
}
