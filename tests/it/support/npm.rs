//! Packages of the npm registry, unpacked into `target/` once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, id},
    sync::Mutex,
};

/// A version of a package, and the hash that its file must have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) integrity: &'static str,
}

impl Package {
    /// Returns the folder with its files, or why there is none.
    pub(crate) fn unpacked(self) -> Result<PathBuf, String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = self.name.trim_start_matches('@').replace('/', "-");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm");
        let unpacked = folder.join(format!("{name}-{}", self.version));
        if unpacked.exists() {
            return Ok(unpacked);
        }
        let partial = folder.join(format!("{name}-{}", id()));
        let result = self.unpack(&partial);
        let result = result.and_then(|()| {
            let renamed = fs::rename(partial.join("package"), &unpacked);
            renamed.or_else(|error| match unpacked.exists() {
                true => Ok(()),
                false => Err(error.to_string()),
            })
        });
        fs::remove_dir_all(&partial).ok();
        result.map(|()| unpacked)
    }

    fn unpack(self, folder: &Path) -> Result<(), String> {
        let package = folder.join("package");
        fs::create_dir_all(&package).map_err(|error| error.to_string())?;
        let specifier = format!("{}@{}", self.name, self.version);
        let listed = run(folder, "npm", &["pack", "--json", &specifier])?;
        let listed: serde_json::Value =
            serde_json::from_slice(&listed).map_err(|error| error.to_string())?;
        let packed = match listed.as_array().and_then(|list| list.first()) {
            Some(packed) => packed,
            None => &listed[self.name],
        };
        let integrity = &packed["integrity"];
        // Not a reason to skip a test.
        assert_eq!(integrity, self.integrity, "{specifier} is another one");
        let file = packed["filename"].as_str().unwrap_or_default();
        let target = package.to_string_lossy();
        let options = ["-xzf", file, "-C", &target, "--strip-components=1"];
        run(
            folder,
            "tar",
            &[&options[..], &["--no-same-owner"]].concat(),
        )?;
        Ok(())
    }
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
