use std::{fmt, time::Duration};

use crate::records::{Checkpoint, Instant};

/// The first line of an export that does not fit, from [`verify`](fn@crate::records::verify).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Misfit {
    line: u64,
    what: String,
}

impl Misfit {
    pub(super) fn new(line: u64, what: impl Into<String>) -> Self {
        Self {
            line,
            what: what.into(),
        }
    }

    /// Returns the number of the line, from 1, as at [`verify`](fn@crate::records::verify).
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }
}

/// The result of [`verify`](fn@crate::records::verify) where everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The number of records in the tree.
    pub records: u64,
    /// The number of records that name an account. Nothing proves which: it can be erased, so no checkpoint covers it.
    pub of_subjects: u64,
    /// The number of documents in the tree.
    pub documents: u64,
    /// The number of records that a purge dropped.
    pub purged: u64,
    /// The number of lines that are not in the tree yet.
    pub pending: u64,
    /// The number of checkpoints from outside that it continues.
    pub held: u64,
    /// The number of checkpoints whose witness was [checked](crate::records::Verifier::witness), and fits.
    pub witnessed: u64,
    /// The number of checkpoints whose witness was not checked, so that nothing proves it.
    pub unchecked: u64,
    /// The longest time from the date of a record to the checkpoint ahead of its leaf. A record that came into the tree
    /// so late was in a spool until then, or it was made up with a date of the past.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_cookie_consent::records::Verified;
    ///
    /// /// Returns `true` if no record is dated further back than an outage of two days explains.
    /// fn is_in_time(verified: &Verified) -> bool {
    ///     verified.longest_lag <= Duration::from_secs(2 * 86_400)
    /// }
    /// ```
    pub longest_lag: Duration,
    /// When they were timestamped. `None` unless [timestamps](crate::records::TimestampCertificates) were checked.
    pub timestamped: Option<Timestamps>,
    /// The newest checkpoint.
    pub last: Option<Checkpoint>,
}

/// When checkpoints were timestamped, from [`Verified::timestamped`].
///
/// ```
/// use std::time::Duration;
/// use tower_cookie_consent::records::Verified;
///
/// /// Returns `true` if nobody can have signed these checkpoints more than a day later than they say.
/// fn is_timely(verified: &Verified) -> bool {
///     verified.timestamped.is_some_and(|it| it.longest_delay <= Duration::from_secs(86_400))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timestamps {
    /// The time of the newest timestamp.
    pub newest: Instant,
    /// The longest time from when a checkpoint says that it was made until its timestamp.
    pub longest_delay: Duration,
}

impl Timestamps {
    /// Adds the timestamp of the next checkpoint.
    pub(super) fn and(earlier: Option<Self>, made: Instant, time: Instant) -> Self {
        let delay = time.unix_seconds().saturating_sub(made.unix_seconds());
        let delay = Duration::from_secs(delay);
        Self {
            newest: time,
            longest_delay: earlier.map_or(delay, |it| it.longest_delay.max(delay)),
        }
    }
}

/// A record that was being written while a checkpoint was made is younger than that.
const USUAL_LAG: Duration = Duration::from_secs(60);

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            records,
            of_subjects,
            documents,
            purged,
            pending,
            held,
            witnessed,
            unchecked,
            longest_lag,
            timestamped,
            last: _,
        } = self;
        writeln!(
            f,
            "{records} records and {documents} documents fit; {purged} records were purged"
        )?;
        for (count, before, after) in [
            (
                of_subjects,
                "",
                " records name an account: nothing proves which, since that can be erased",
            ),
            (
                pending,
                "",
                " lines are not in the tree yet: nothing proves them",
            ),
            (held, "it continues ", " checkpoints from outside"),
            (witnessed, "", " checkpoints are witnessed"),
            (
                unchecked,
                "",
                " checkpoints have a witness that is not checked",
            ),
        ] {
            if *count > 0 {
                writeln!(f, "{before}{count}{after}")?;
            }
        }
        if *longest_lag > USUAL_LAG {
            let seconds = longest_lag.as_secs();
            writeln!(
                f,
                "a record came into the tree {seconds} s or more after its date: from a spool, or made up"
            )?;
        }
        if let Some(it) = timestamped {
            let seconds = it.longest_delay.as_secs();
            writeln!(
                f,
                "timestamped at most {seconds} s after each was made, the newest at {}",
                it.newest
            )?;
        }
        self.fmt_last(f)
    }
}

impl Verified {
    /// Writes the newest checkpoint, and what is known of its witness.
    fn fmt_last(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(last) = &self.last else {
            return write!(f, "no checkpoint");
        };
        writeln!(
            f,
            "last checkpoint: {} leaves, {}, {}",
            last.size, last.root, last.time
        )?;
        f.write_str(match last.witness {
            Some(_) if self.witnessed > 0 => "its witness fits",
            Some(_) => "its witness is not checked",
            None => "unwitnessed: whoever has the signing key can sign another history",
        })
    }
}
