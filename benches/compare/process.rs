//! A site's process with those that it starts, and what they use, as Linux reports it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::load::Result;

/// The unit of /proc (`getconf CLK_TCK`): 100 on every current Linux.
const TICKS_PER_SECOND: u64 = 100;

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts what says `listening on http://ADDRESS` in its output.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let address = address(output, "listening on http://", "");
        Self {
            child,
            address: ([0; 4], 0).into(),
        }
        .at(address)
    }

    /// Starts gunicorn, which says `Listening at: http://ADDRESS (…)` in its log.
    pub(crate) fn start_gunicorn(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = child.stderr.take().ok_or("no output")?;
        let address = address(output, "Listening at: http://", "Booting worker");
        Self {
            child,
            address: ([0; 4], 0).into(),
        }
        .at(address)
    }

    /// Returns the process, which ends if it has no address.
    fn at(mut self, address: Result<SocketAddr>) -> Result<Self> {
        self.address = address?;
        Ok(self)
    }

    /// Returns the processor time so far, of all processes, in user and kernel mode: fields 14 and 15 of
    /// `proc_pid_stat(5)`.
    pub(crate) fn spent(&self) -> Result<Duration> {
        let mut ticks = 0;
        for id in self.ids()? {
            let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
            // The name of the program may contain spaces, and ends at the last parenthesis.
            let (_, fields) = stat.rsplit_once(") ").ok_or("no stat")?;
            for field in fields.split(' ').skip(11).take(2) {
                ticks += field.parse::<u64>()?;
            }
        }
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// Returns the resident memory in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let mut sum = 0;
        for id in self.ids()? {
            let status = fs::read_to_string(format!("/proc/{id}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
            sum += value.ok_or("no VmRSS")?.trim().parse::<u64>()?;
        }
        Ok(sum)
    }

    /// Returns the ids of the process and of its children.
    fn ids(&self) -> Result<Vec<u32>> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"))?;
        let mut ids = vec![own];
        for id in children.split_whitespace() {
            ids.push(id.parse()?);
        }
        Ok(ids)
    }
}

/// Reads what a program says until its address and the second text were in it; the rest is read and dropped.
fn address(output: impl Read + Send + 'static, before: &str, then: &str) -> Result<SocketAddr> {
    let (mut output, mut line) = (BufReader::new(output), String::new());
    let mut address = None;
    while output.read_line(&mut line)? > 0 {
        if let Some((_, rest)) = line.split_once(before) {
            address = rest
                .split_whitespace()
                .next()
                .and_then(|it| it.parse().ok());
        }
        if let Some(address) = address
            && line.contains(then)
        {
            thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            return Ok(address);
        }
        line.clear();
    }
    Err("a site did not start".into())
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gunicorn ends its worker when it is asked to end.
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().ok();
        self.child.wait().ok();
    }
}
