//! A timestamping authority that is asked by a program, such as `curl`.

use std::process::Stdio;

use tokio::{io::AsyncWriteExt, process::Command};
use tower_cookie_consent::records::{ArchiveError, TimestampAuthority, TimestampCertificates};

/// Returns the authority that this program and its arguments ask.
pub(crate) fn authority(
    certificates: TimestampCertificates,
    program: Vec<String>,
) -> TimestampAuthority {
    TimestampAuthority::new(certificates, move |request| ask(program.clone(), request))
}

/// Gives the program the request, and returns what it writes.
async fn ask(program: Vec<String>, request: Vec<u8>) -> Result<Vec<u8>, ArchiveError> {
    let mut words = program.into_iter();
    let name = words.next().unwrap_or_default();
    let failed = |error| ArchiveError::new(format!("{name} can't be run: {error}"));
    let mut child = Command::new(&name)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        // Some kilobytes at most, which fit into the pipe. Its status says why it did not read them.
        input.write_all(&request).await.ok();
    }
    let done = child.wait_with_output().await.map_err(failed)?;
    match done.status.success() {
        true => Ok(done.stdout),
        false => Err(ArchiveError::new(format!(
            "{name} ended with {}",
            done.status
        ))),
    }
}
