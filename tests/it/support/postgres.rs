//! PostgreSQL: one server for all tests that are running.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::process::{PATIENCE, Running, program, skip};

const OWNER: &str = "owner";
const PASSWORD: &str = "correct horse";

/// A server in a folder of its own.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    process: Mutex<Option<Running>>,
}

impl Postgres {
    /// Returns the server that other tests use too. `None` if PostgreSQL is not installed; with
    /// `REQUIRE_POSTGRES=1` that is a failure.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        // The last test that has it ends it.
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start(&[])?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// Starts a server for one test, with these settings.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let Some(programs) = programs() else {
            skip(
                "REQUIRE_POSTGRES",
                "PostgreSQL is not installed, or not wanted",
            );
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Not below `target`, whose folders another user may not enter.
        let name = format!("postgres-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("password"), PASSWORD).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server = Self {
            programs,
            folder,
            port,
            process: Mutex::new(None),
        };
        if let Some((user, group)) = other_user() {
            for path in [&server.folder, &server.folder.join("password")] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        server.create(settings);
        server.resume();
        Some(server)
    }

    fn create(&self, settings: &[&str]) {
        let data = self.folder.join("data");
        let made = self
            .command("initdb")
            .arg("--pgdata")
            .arg(&data)
            .arg("--pwfile")
            .arg(self.folder.join("password"))
            .args(["--username", OWNER, "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--no-locale", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut configuration = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        let port = format!("port = {}", self.port);
        let usual = [
            "listen_addresses = '127.0.0.1'",
            &port,
            "unix_socket_directories = ''",
        ];
        // Only the machine's own crash would show the difference.
        let quick = [
            "fsync = off",
            "shared_buffers = 16MB",
            "max_connections = 40",
        ];
        for line in usual.iter().chain(&quick).chain(settings) {
            configuration.push_str(line);
            configuration.push('\n');
        }
        fs::write(data.join("postgresql.conf"), configuration).unwrap();
    }

    /// Starts it, or starts it again.
    pub(crate) fn resume(&self) {
        let mut command = self.command("postgres");
        let log = fs::File::create(self.folder.join("log")).unwrap();
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .stdout(Stdio::null())
            .stderr(log);
        let mut process = Running(command.spawn().unwrap());
        let start = Instant::now();
        let ready = || {
            let url = self.url("postgres");
            let mut command = self.psql(&url, "SELECT 1");
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
                && command.output().unwrap().status.success()
        };
        while !ready() {
            let log = || fs::read_to_string(self.folder.join("log"));
            let is_running = process.0.try_wait().unwrap().is_none();
            assert!(is_running && start.elapsed() < PATIENCE, "{:?}", log());
            thread::sleep(Duration::from_millis(20));
        }
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }

    /// Ends it with this signal: `-INT` for all connections at once, `-QUIT` as a crash.
    pub(crate) fn stop(&self, signal: &str) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut process) = process.take() {
            let id = process.0.id().to_string();
            Command::new("kill").args([signal, &id]).status().unwrap();
            let start = Instant::now();
            while process.0.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Creates a database, and returns its URL.
    pub(crate) fn database(&self) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("records{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.sql(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!(
            "postgres://{OWNER}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Runs a statement, and returns its rows as lines with columns separated by `|`.
    pub(crate) fn sql(&self, url: &str, statement: &str) -> String {
        let done = self.psql(url, statement).output().unwrap();
        assert!(done.status.success(), "{statement}: {done:?}");
        String::from_utf8(done.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Begins a statement that goes on while the test does.
    pub(crate) fn begin_sql(&self, url: &str, statement: &str) -> Running {
        let mut psql = self.psql(url, statement);
        psql.stdout(Stdio::null()).stderr(Stdio::null());
        Running(psql.spawn().unwrap())
    }

    /// Keeps a connection for as long as the test does; none if the server has no free one.
    pub(crate) fn hold_connection(&self, url: &str) -> Option<Running> {
        let mut psql = self.psql(url, "SELECT 'connected'");
        psql.args(["-c", "SELECT pg_sleep(600)"]);
        psql.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = psql.spawn().unwrap();
        let mut first = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut first).unwrap();
        let process = Running(process);
        (first == "connected\n").then_some(process)
    }

    /// Gives one of its files to its user, for nobody else to read.
    pub(crate) fn own(&self, file: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        let file = self.folder.join(file);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = other_user() {
            chown(file, Some(user), Some(group)).unwrap();
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn psql(&self, url: &str, statement: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1"])
            .args(["-c", statement, url]);
        psql
    }

    /// A program that refuses to be run by root.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.stdin(Stdio::null()).current_dir(&self.folder);
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop("-INT");
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// The folder of its programs: Debian has them outside of PATH. None with `SKIP_POSTGRES=1`.
fn programs() -> Option<PathBuf> {
    if std::env::var_os("SKIP_POSTGRES").is_some_and(|value| value == "1") {
        return None;
    }
    let in_path = || program(&["initdb"]).and_then(|path| Some(path.parent()?.to_owned()));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let of_debian = versions.flatten().map(|version| version.path().join("bin"));
    let newest = of_debian.filter(|path| path.join("initdb").is_file()).max();
    newest.or_else(in_path)
}

/// User and group to run it as, if this process is root's.
fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;

    if fs::metadata("/proc/self").is_ok_and(|of| of.uid() != 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |name: &str| {
        let fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let found = fields.into_iter().find(|fields| fields[0] == name)?;
        Some((found.get(2)?.parse().ok()?, found.get(3)?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}
