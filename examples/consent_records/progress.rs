//! Progress bars on standard error, where somebody can see them.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use tower_cookie_consent::records::Archive;

/// Returns the bar of an amount of work, hidden unless standard error is a terminal.
fn bar(length: u64, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Returns the bar of a command that works in the store. What `prints` while it works would be mixed with it.
pub(crate) fn of_work(prints: bool) -> ProgressBar {
    match prints && io::stdout().is_terminal() {
        true => ProgressBar::hidden(),
        false => bar(0, "{wide_bar} {percent}%, {eta} left"),
    }
}

/// Lets a bar show how far the archive is.
pub(crate) fn shown_by(bar: &ProgressBar, archive: Archive) -> Archive {
    if bar.is_hidden() {
        return archive;
    }
    let bar = bar.clone();
    archive.on_progress(move |progress| {
        bar.set_length(progress.whole);
        bar.set_position(progress.done.min(progress.whole));
    })
}

/// Returns the bar of a file that is read.
pub(crate) fn of_bytes(length: u64) -> ProgressBar {
    bar(length, "{wide_bar} {percent}% of {total_bytes}, {eta} left")
}

/// A writer of an export, with a bar of the leaves that were written.
pub(crate) struct Leaves<W> {
    out: W,
    lines: u64,
    bar: ProgressBar,
}

impl<W: Write> Leaves<W> {
    pub(crate) fn new(out: W, leaves: u64) -> Self {
        // Lines and a bar on one terminal would be mixed.
        let bar = match io::stdout().is_terminal() {
            true => ProgressBar::hidden(),
            false => bar(leaves, "{wide_bar} {percent}% of {len} leaves, {eta} left"),
        };
        Self { out, lines: 0, bar }
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

impl<W: Write> Write for Leaves<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let lines = bytes[..written].iter().filter(|byte| **byte == b'\n');
        self.lines += u64::try_from(lines.count()).unwrap_or_default();
        // A leaf is its hash and its content, unless that was purged.
        self.bar.set_position(self.lines / 2);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
