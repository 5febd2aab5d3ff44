//! Audits a browser's capture against a policy.
//!
//! ```text
//! cargo run --example har_audit -- capture.har policy.json
//! ```
//!
//! Record with the network panel of the developer tools: load the first page with an empty profile,
//! make the choices, and export as HAR *with sensitive data*. The report is that of the conformance
//! kit. The exit status is 1 if a requirement is broken, and 2 for invalid arguments or files.

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use tower_cookie_consent::{CookiePolicy, conformance::Conformance};

const USAGE: &str = "usage: har_audit CAPTURE.har POLICY.json";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [capture, policy] = &arguments[..] else {
        return complain(USAGE);
    };
    match audit(Path::new(capture), Path::new(policy)) {
        Ok((report, ok)) => {
            // Whoever closes the pipe early has read enough.
            drop(io::stdout().write_all(report.as_bytes()));
            ExitCode::from(if ok { 0 } else { 1 })
        }
        Err(error) => complain(&format!("har_audit: {error}")),
    }
}

fn audit(capture: &Path, policy: &Path) -> Result<(String, bool), String> {
    let of = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| of(path, &error));
    let declared: CookiePolicy =
        serde_json::from_str(&read(policy)?).map_err(|error| of(policy, &error))?;
    let report = Conformance::new(declared)
        .check_har(&read(capture)?)
        .map_err(|error| of(capture, &error))?;
    Ok((report.to_string(), report.is_ok()))
}

#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what is wrong"
)]
fn complain(what: &str) -> ExitCode {
    eprintln!("{what}");
    ExitCode::from(2)
}
