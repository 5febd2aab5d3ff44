//! The programs that speak `WebDriver`: one process for each browser, on a port that it chooses.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio, id},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::Receiver,
    },
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value};

use crate::support::process::{PATIENCE, Running, lines};

/// A running driver, with a folder for what its browser writes.
pub(super) struct Driver {
    _process: Running,
    /// It must not write into a closed pipe.
    _output: Receiver<String>,
    port: u16,
    _folder: Folder,
}

impl Driver {
    /// Starts it, and reads the port from the line that has it after this text.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        before_port: &str,
        folder: Folder,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        // What the browsers themselves complain about.
        command.stderr(Stdio::null());
        let mut process = Running(command.spawn().unwrap());
        let output = lines(process.0.stdout.take().unwrap());
        let port = loop {
            let line = output.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("{command:?} does not say its port"));
            let port = line.split_once(before_port);
            if let Some((_, port)) = port {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        Self {
            _process: process,
            _output: output,
            port,
            _folder: folder,
        }
    }

    /// A session, which is a browser.
    pub(super) async fn connect(&self, capabilities: Map<String, Value>) -> Client {
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .unwrap()
    }
}

/// A folder that goes when it is dropped.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(of: &str) -> Self {
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
