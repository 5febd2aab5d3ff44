//! Reads the policy file, and rejects an invalid one at start with all its problems.

use std::path::Path;

use tower_cookie_consent::CookiePolicy;

/// Returns the policy, or its problems, one per line.
pub(crate) fn read(path: &Path) -> Result<CookiePolicy, String> {
    let of_file = |problem: &str| format!("{}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| of_file(&error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| {
        let problems: Vec<_> = error.to_string().lines().map(of_file).collect();
        problems.join("\n")
    })
}
