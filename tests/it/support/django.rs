//! The Django of `tests/django`, installed once, with a database for each test.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::support::process::{Server, of_crate};

pub(crate) struct Django {
    server: Server,
    scratch: PathBuf,
}

impl Django {
    /// Starts it, or returns `None` and says so if Django is not available.
    pub(crate) fn start() -> Option<Self> {
        let python = python()?;
        let scratch = new_directory();
        run(&mut manage(python, "prepare", &scratch)).unwrap();
        let server = Server::start(&mut manage(python, "runportal", &scratch));
        Some(Self { server, scratch })
    }

    /// Starts the newsletter of `tests/django`, which has forms and no database.
    pub(crate) fn start_letters(track: &str) -> Option<Self> {
        let scratch = new_directory();
        let mut command = manage(python()?, "runportal", &scratch);
        command
            .env("DJANGO_SETTINGS_MODULE", "letters.settings")
            .env("LETTERS_TRACK", track);
        let server = Server::start(&mut command);
        Some(Self { server, scratch })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.server.url(path)
    }
}

/// Returns the Python with Django, or `None` and says so if Django is not available.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(install) {
        Ok(python) => Some(python),
        Err(why) => {
            let required = std::env::var_os("REQUIRE_DJANGO").is_some_and(|value| value == "1");
            assert!(
                !required,
                "REQUIRE_DJANGO=1, but Django is not available: {why}"
            );
            // Bypasses the harness, which captures the output of passing tests.
            let mut stderr = std::io::stderr();
            writeln!(stderr, "SKIPPED, because Django is not available: {why}").unwrap();
            None
        }
    }
}

fn manage(python: &Path, task: &str, scratch: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .arg(of_crate("tests/django/manage.py"))
        .arg(task)
        .env("PORTAL_SCRATCH", scratch)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

impl Drop for Django {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.scratch).ok();
    }
}

/// Returns where this crate's tests may store things between runs.
fn directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn new_directory() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = directory().join(format!("portal-{}-{number}", process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

/// Returns the Python with the packages of `requirements.txt`.
fn install() -> Result<PathBuf, String> {
    let requirements = of_crate("tests/django/requirements.txt");
    let wanted = fs::read(&requirements).map_err(|error| error.to_string())?;
    let environment = directory().join("django");
    let (python, installed) = (
        environment.join("bin/python"),
        environment.join("installed"),
    );
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    fs::remove_dir_all(&environment).ok();
    run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment))?;
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(&requirements))?;
    fs::write(installed, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {told}"))
}
