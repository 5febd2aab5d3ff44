//! The sites, each in a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Settings,
    load::{Load, Result},
    process::Process,
};

/// A running site.
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    /// How much slower than the fastest it is expected to be; it gets fewer requests.
    slowness: u32,
    /// The visitor's choice in the form of this site.
    preferences: String,
}

const BARE: &str = "bare axum";
const FILTER: &str = "hand-written filter in axum";
const LAYER: &str = "the layer";
const ALL: &str = "the layer, documents and records";
const EXPRESS: &str = "hand-written filter in Express";
const DJANGO: &str = "django-cookie-consent in Django";

impl Site {
    /// Returns its part of a number of requests.
    pub(crate) fn share(&self, requests: u32) -> u32 {
        (requests / self.slowness).max(1)
    }

    /// Returns a client that knows what the site must answer: nobody filters the bare one.
    pub(crate) fn load(&self) -> Load {
        Load {
            address: self.process.address,
            preferences: self.preferences.clone(),
            expected: match self.name == BARE {
                true => &["sessionid", "csrftoken", "_pk_id.1", "_ga", "_fbp"],
                false => &["sessionid", "csrftoken", "_pk_id.1"],
            },
            makes_choices: self.name == ALL,
        }
    }

    pub(crate) fn has_layer(&self) -> bool {
        [LAYER, ALL].contains(&self.name)
    }
}

/// Starts all of them, Express and Django if they are installed.
pub(crate) fn start(settings: &Settings, folder: &Path) -> Result<Vec<Site>> {
    let mut sites = Vec::new();
    for (name, word) in [
        (BARE, "bare"),
        (FILTER, "filter"),
        (LAYER, "layer"),
        (ALL, "all"),
    ] {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(word).arg(folder);
        sites.push(Site {
            name,
            process: Process::start(&mut command)?,
            slowness: 1,
            preferences: chosen()?,
        });
    }
    if let Some(installed) = &settings.express {
        sites.push(express(installed)?);
    }
    if let Some(installed) = &settings.django {
        sites.push(django(installed, folder)?);
    }
    Ok(sites)
}

/// The visitor granted statistics and refused advertising.
fn chosen() -> Result<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = now.as_secs();
    Ok(format!(
        "cookies_preferences=%7B%22stats%22%3Atrue%2C%22ads%22%3Afalse%2C%22timestamp%22%3A{now}%2C%22revision%22%3A1%7D"
    ))
}

fn express(installed: &Path) -> Result<Site> {
    let mut command = Command::new("node");
    command.arg("server.js").arg(absolute("page.html")?);
    command.current_dir(installed).env("NODE_ENV", "production");
    Ok(Site {
        name: EXPRESS,
        process: Process::start(&mut command)?,
        slowness: 4,
        preferences: chosen()?,
    })
}

fn django(installed: &Path, folder: &Path) -> Result<Site> {
    let source = absolute("django")?;
    let python = std::path::absolute(installed)?.join("bin/python");
    let in_source = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(arguments).current_dir(&source);
        command
            .env("COMPARE_FOLDER", folder)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let mut prepare = in_source(&["council.py"]);
    if !prepare.arg(folder).status()?.success() {
        return Err("Django's database was not made".into());
    }
    let mut serve = in_source(&[
        "-m",
        "gunicorn",
        "--workers",
        "1",
        "--worker-class",
        "gthread",
    ]);
    serve.args([
        "--threads",
        "4",
        "--keep-alive",
        "60",
        "--no-control-socket",
    ]);
    serve.args(["--bind", "127.0.0.1:0", "council:application"]);
    Ok(Site {
        name: DJANGO,
        process: Process::start_gunicorn(&mut serve)?,
        slowness: 16,
        preferences: "cookie_consent=stats=9999-01-01T00:00:00+00:00|ads=-1".to_owned(),
    })
}

/// Returns the path of a file beside this one; `benches/compare/run` runs at the top of the repository.
fn absolute(name: &str) -> Result<PathBuf> {
    Ok(std::path::absolute(
        Path::new("benches/compare").join(name),
    )?)
}
