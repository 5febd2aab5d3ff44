//! The programs that speak `WebDriver`: one process for each browser, on a port that it chooses.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::Receiver,
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value};

use crate::support::process::{Folder, PATIENCE, Running, lines};

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
        // chromedriver chooses an IPv4 port and exits if the IPv6 port of the same number is taken,
        // which happens when many start at once.
        let (process, output, port) = (0..5)
            .find_map(|_| Self::try_to_start(program, arguments, before_port))
            .unwrap_or_else(|| panic!("{program:?} does not say its port"));
        Self {
            _process: process,
            _output: output,
            port,
            _folder: folder,
        }
    }

    /// Returns `None` if it exits before it has a port.
    fn try_to_start(
        program: &Path,
        arguments: &[&str],
        before_port: &str,
    ) -> Option<(Running, Receiver<String>, u16)> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        // What the browsers themselves complain about.
        command.stderr(Stdio::null());
        let mut process = Running(command.spawn().unwrap());
        let output = lines(process.0.stdout.take().unwrap());
        loop {
            let line = output.recv_timeout(PATIENCE).ok()?;
            if let Some((_, port)) = line.split_once(before_port) {
                let port = port.trim_end_matches('.').parse().unwrap();
                return Some((process, output, port));
            }
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
