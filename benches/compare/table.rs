//! The results, as a table in Markdown: ratios to the first site.

use std::{io::Write, time::Duration};

use crate::load::Result;

/// The measurements of one site.
pub(crate) struct Measured {
    name: &'static str,
    pub(crate) spent: Duration,
    pub(crate) requests: u32,
    /// Since the planned time of each request.
    pub(crate) latencies: Vec<Duration>,
}

impl Measured {
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            spent: Duration::ZERO,
            requests: 0,
            latencies: Vec::new(),
        }
    }

    /// Returns the processor time of a request, and the latencies that half, and 99 of 100 requests stay
    /// below, in microseconds.
    fn figures(&mut self) -> [f64; 3] {
        self.latencies.sort_unstable();
        let last = self.latencies.len().saturating_sub(1);
        let at = |percent: usize| {
            let found = self.latencies.get(last * percent / 100);
            found.map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
        };
        let spent = self.spent.as_secs_f64() * 1e6 / f64::from(self.requests.max(1));
        [spent, at(50), at(99)]
    }
}

pub(crate) fn write(out: &mut impl Write, all: &mut [Measured]) -> Result<()> {
    writeln!(
        out,
        "| site | CPU per request | latency, median | latency, 99 of 100 |\n|---|---:|---:|---:|"
    )?;
    let figures: Vec<_> = all
        .iter_mut()
        .map(|site| (site.name, site.figures()))
        .collect();
    let Some((_, first)) = figures.first().copied() else {
        return Ok(());
    };
    for (name, figures) in &figures {
        write!(out, "| {name} |")?;
        for (figure, first) in figures.iter().zip(first) {
            let ratio = figure / first;
            write!(out, " {ratio:.2} |")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "\nOf this machine alone, in µs:")?;
    for (name, [spent, median, most]) in figures {
        writeln!(out, "{name}: {spent:.0}, {median:.0}, {most:.0}")?;
    }
    Ok(())
}
