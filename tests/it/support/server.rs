//! An example of this crate, running as a user runs it.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderName, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// The command that runs an example, without arguments yet.
pub(crate) fn example(name: &str) -> Command {
    // Test executables lie in `target/<profile>/deps`.
    let mut path: PathBuf = env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", env::consts::EXE_SUFFIX));
    let built = fs::metadata(&path).and_then(|file| file.modified());
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changed = newest(&package.join("src")).max(newest(&package.join("examples").join(name)));
    assert!(
        built.is_ok_and(|built| built >= changed),
        "the example {name} is not built, or older than its source: run `cargo build --examples`, \
         as `cargo test` without a selection does"
    );
    Command::new(path)
}

/// When a file in the folder was last written.
fn newest(folder: &Path) -> SystemTime {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => newest(&entry.path()),
            false => entry.metadata().unwrap().modified().unwrap(),
        })
        .max()
        .unwrap_or(UNIX_EPOCH)
}

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(crate) struct Server {
    pub(crate) process: Running,
    address: String,
}

impl Server {
    /// Starts an example that takes `--listen` and prints `listening on http://ADDRESS`.
    pub(crate) fn start(name: &str) -> Self {
        let command = &mut example(name);
        command.args(["--listen", "127.0.0.1:0"]);
        command.env("RUST_LOG", "off").stdout(Stdio::piped());
        let mut process = Running(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{name} printed {line:?}"))
            .to_owned();
        Self { process, address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Response<String> {
        self.send(Method::GET, path, &[], "")
    }

    /// Sends a request as it is: no jar, no redirects.
    pub(crate) fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: &str,
    ) -> Response<String> {
        let mut request = Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        runtime().block_on(async {
            let client = Client::builder(TokioExecutor::new()).build_http();
            let (head, body) = client.request(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Response::from_parts(head, String::from_utf8(body.into()).unwrap())
        })
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
