//! Servers in processes of their own, ended with the test.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio, id},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// The time that a program may take to start, to end, or to do what a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A folder that is deleted when dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(of: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{of}-{}-{count}", id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Returns the path of the first of these programs that is installed.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// Says that the test is skipped, and why; if this variable is `1`, it fails instead.
pub(crate) fn skip(variable: &str, why: &str) {
    let required = env::var_os(variable).is_some_and(|value| value == "1");
    assert!(!required, "{variable}=1, and {why}");
    let test = thread::current();
    let test = test.name().unwrap_or("a test");
    // Not `eprintln!`, which is hidden for passing tests.
    let mut stderr = io::stderr();
    writeln!(
        stderr,
        "SKIPPED {test}: {why} ({variable}=1 makes this a failure)"
    )
    .unwrap();
}

/// A running server that says `listening on http://ADDRESS` when it is ready.
pub(crate) struct Server {
    child: Running,
    address: SocketAddr,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stderr = lines(child.stderr.take().unwrap());
        let stdout = lines(child.stdout.take().unwrap());
        let first = stdout.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            child.kill().ok();
            let why: Vec<_> = stderr.iter().collect();
            panic!("{command:?} did not start: {}", why.join("\n"))
        });
        let address = first
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("not an address: {first:?}"));
        Self {
            child: Running(child),
            address,
            stdout,
            stderr,
        }
    }

    /// Starts a server that names its address in another way, somewhere in what it writes.
    pub(crate) fn start_other(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Running)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, receiver) = mpsc::channel();
        forward(child.0.stderr.take().unwrap(), sender.clone());
        forward(child.0.stdout.take().unwrap(), sender);
        let start = Instant::now();
        let mut said = Vec::new();
        while let Ok(line) = receiver.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            let address = line.split_once("http://").map(|(_, rest)| rest);
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ':');
            let address = address.and_then(|it| it.split(|c| !is_part(c)).next()?.parse().ok());
            if let Some(address) = address {
                return Self {
                    child,
                    address,
                    stdout: mpsc::channel().1,
                    stderr: receiver,
                };
            }
            said.push(line);
        }
        panic!("{command:?} did not start: {}", said.join("\n"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The most memory that the process ever had in use, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).unwrap();
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|value| value.trim().strip_suffix(" kB"))
            .and_then(|value| value.trim().parse().ok())
            .expect("VmHWM in /proc")
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends it this signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        let status = Command::new("kill").args([name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the next line on stdout after the address.
    pub(crate) fn next_printed(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits for a line on stderr with this text.
    pub(crate) fn next_line_with(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            match self.stderr.recv_timeout(left) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => panic!("no line with {text:?}"),
            }
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.0.try_wait().unwrap().is_none()
    }

    /// How it ended; a failure if it does not.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.0.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns what it has written to stderr, once it has ended.
    pub(crate) fn told(&self) -> String {
        self.stderr.iter().collect::<Vec<_>>().join("\n")
    }
}

/// The lines of a pipe, read on a thread of their own so that the writer never waits.
pub(crate) fn lines(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    forward(pipe, sender);
    receiver
}

fn forward(pipe: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            sender.send(line).ok();
        }
    });
}

/// Returns the command that runs an example, which is built next to the tests, without arguments.
/// What it leaves in the folder for temporary files is below `target`.
pub(crate) fn example(name: &str) -> Command {
    let tests = env::current_exe().unwrap();
    let profile = tests.parent().and_then(Path::parent).unwrap();
    let path = profile.join("examples").join(name);
    assert!(
        path.exists(),
        "the example {name} is not built: run `cargo build --examples`, as `cargo test` without a \
         selection does"
    );
    let mut command = Command::new(path);
    command.env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A file of the crate.
pub(crate) fn of_crate(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
