//! A feature that was not switched on, as the compiler sees it.

use std::{env, fs, path::Path, process::Command};

use super::assert_in_guide;
use crate::support::process::{Folder, of_crate};

/// Checks a crate with this code, which depends on this one without its features, and returns the errors.
fn errors_of(code: &str) -> String {
    let folder = Folder::new("missing-feature");
    let manifest = format!(
        "[package]\nname = \"site\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         axum = {{ version = \"0.8\", default-features = false }}\n\
         tower-cookie-consent = {{ path = {:?}, default-features = false }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    fs::create_dir(folder.0.join("src")).unwrap();
    fs::write(folder.0.join("src/lib.rs"), code).unwrap();
    fs::write(folder.0.join("Cargo.toml"), manifest).unwrap();
    // The same releases as here, which are downloaded already.
    fs::copy(of_crate("Cargo.lock"), folder.0.join("Cargo.lock")).unwrap();
    let done = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--quiet", "--offline", "--color", "never"])
        .current_dir(&folder.0)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("site-without-features"),
        )
        .output()
        .unwrap();
    assert!(!done.status.success(), "it compiles");
    String::from_utf8(done.stderr).unwrap()
}

/// The compiler can't say why `Consent` does not extract. The README says it where it imports the type.
#[test]
fn missing_feature_is_named_where_handlers_fail() {
    let readme = fs::read_to_string(of_crate("README.md")).unwrap();
    let mut blocks = readme
        .split("```")
        .filter(|block| block.contains("Consent, SetChoice"));
    let (_, code) = blocks.next().unwrap().split_once('\n').unwrap();
    let import = code
        .lines()
        .find(|line| line.contains("SetChoice}"))
        .unwrap();
    assert!(import.contains("// with the feature `axum`"), "{import}");

    let code = code.replace("let routes", "pub fn routes() -> Router { let routes");
    let errors = errors_of(&format!("{code}\nroutes }}"));
    for handler in ["index", "refuse"] {
        let says = format!("{{{handler}}}: Handler<_, _>` is not satisfied");
        assert!(errors.contains(&says), "{errors}");
    }
    assert_in_guide("Handler<_, _>` is not satisfied");

    let errors = errors_of("pub use tower_cookie_consent::pages::Pages;");
    let says = "the item is gated behind the `pages` feature";
    assert!(errors.contains(says), "{errors}");
    assert_in_guide(says);
}
