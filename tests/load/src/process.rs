//! A proxy in its own process, and its resource usage as reported by Linux.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::Result;

pub(crate) struct Proxy {
    child: Child,
    pub(crate) address: SocketAddr,
    spent: Duration,
    /// Memory in KiB after the warm-up.
    pub(crate) settled: u64,
}

impl Proxy {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.ok_or("the proxy did not start")?.parse()?;
        Ok(Self {
            child,
            address,
            spent: Duration::ZERO,
            settled: 0,
        })
    }

    /// Starts the measurement.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.spent = self.spent()?;
        self.settled = self.memory()?;
        Ok(())
    }

    /// Returns the CPU time since the last call.
    pub(crate) fn spent_since(&mut self) -> Result<Duration> {
        let now = self.spent()?;
        let before = std::mem::replace(&mut self.spent, now);
        Ok(now.saturating_sub(before))
    }

    /// Returns the resident memory in KiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(value.ok_or("no VmRSS")?.trim().parse()?)
    }

    /// Returns the CPU time so far, in user and kernel mode: fields 14 and 15 of
    /// `proc_pid_stat(5)`.
    fn spent(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program may contain spaces, and ends at the last parenthesis.
        let (_, fields) = stat.rsplit_once(") ").ok_or("no stat")?;
        let mut ticks = 0;
        for field in fields.split(' ').skip(11).take(2) {
            ticks += field.parse::<u64>()?;
        }
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }
}

/// The unit of /proc (`getconf CLK_TCK`): 100 on every current Linux.
const TICKS_PER_SECOND: u64 = 100;

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
