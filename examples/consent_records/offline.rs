//! Checks without the store: exports, and receipts of visitors.

use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
};

use tower_cookie_consent::records::{Checkpoint, PublicKey, TimestampCertificates, Verifier};

use crate::{
    Failure,
    arguments::{Arguments, Command},
    progress,
};

/// Checks a file against the public key, without the store. `None` for commands that read the store.
pub(crate) fn run(arguments: &Arguments) -> Result<Option<String>, Failure> {
    match &arguments.command {
        Command::Verify {
            export,
            checkpoints,
            allow_pending,
        } => {
            let verifier = verifier(arguments)?.holding(held(checkpoints.as_deref())?);
            let verifier = verifier.allow_pending(*allow_pending);
            let export_file = File::open(export).map_err(|error| at(export, &error))?;
            let bar = progress::of_bytes(export_file.metadata()?.len());
            let verified = verifier.verify(BufReader::new(bar.wrap_read(export_file)));
            bar.finish_and_clear();
            let verified = verified.map_err(|misfit| at(export, &misfit))?;
            Ok(Some(verified.to_string()))
        }
        Command::Receipt {
            receipt,
            checkpoints,
        } => {
            let held = held(checkpoints.as_deref())?;
            let verifier = verifier(arguments)?.holding(held.clone());
            let text = fs::read_to_string(receipt).map_err(|error| at(receipt, &error))?;
            let checkpoint = verifier.verify_receipt(&text);
            let checkpoint = checkpoint.map_err(|error| at(receipt, &error))?;
            let found = match &checkpoint {
                Some(it) => format!("in the tree of {} leaves, {}", it.size, it.root),
                None => "not in the tree yet".to_owned(),
            };
            let size = checkpoint.map(|it| it.size);
            let compared = match held.iter().any(|held| Some(held.size) == size) {
                true => "; the same as a checkpoint from outside",
                false if checkpoints.is_some() => "; no checkpoint from outside has this size",
                false => "",
            };
            Ok(Some(format!("signed, and {found}{compared}")))
        }
        _ => Ok(None),
    }
}

/// Returns the verifier for the public key that is named.
fn verifier(arguments: &Arguments) -> Result<Verifier, Failure> {
    let key = arguments.key.as_deref();
    let key = PublicKey::read(key.ok_or("name the public key: --key FILE.pub")?)?;
    let verifier = Verifier::new(key);
    Ok(match certificates(arguments)? {
        Some(certificates) => verifier.timestamps(certificates),
        None => verifier,
    })
}

/// Reads the certificates to check timestamps with, if they are named.
pub(crate) fn certificates(
    arguments: &Arguments,
) -> Result<Option<TimestampCertificates>, Failure> {
    let file = arguments.witness_certificates.as_deref();
    Ok(file.map(TimestampCertificates::read).transpose()?)
}

/// Reads the checkpoints that somebody has kept, one a line.
fn held(checkpoints: Option<&Path>) -> Result<Vec<Checkpoint>, Failure> {
    let Some(file) = checkpoints else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(file).map_err(|error| at(file, &error))?;
    let held: Result<Vec<_>, _> = text.lines().map(str::parse).collect();
    Ok(held.map_err(|error| at(file, &error))?)
}

fn at(file: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", file.display())
}
