use std::path::PathBuf;

use lexopt::{
    Arg::{Long, Short, Value},
    Parser, ValueExt,
};
use tower_cookie_consent::records::{Instant, RecordId, RecordRetention};

pub(crate) const USAGE: &str = "\
usage: consent_records --records URL COMMAND
       consent_records verify EXPORT --key PUBLIC [--checkpoint FILE] [--witness-cert FILE] [--allow-pending]

  --records URL             the store: sqlite:FILE, or postgres://USER:PASSWORD@HOST/DATABASE
  --key FILE                the signing key (FILE.key beside an SQLite file), or to verify, the public key
                            (or the variable CONSENT_RECORDS_KEY has the signing key itself)
  --account-key FILE        the key of accounts (FILE.accounts beside an SQLite file), and again for each other
                            one (or the variable CONSENT_ACCOUNT_KEY has the key itself)
  --witness-cert FILE       the certificates of timestamping authorities, or of their CAs, in PEM, to check
                            timestamps with: for verify, receipt and witness

  export                    write everything as JSON Lines
  verify EXPORT             check an export, without the store; --checkpoint FILE has published checkpoints,
                            one a line, that it has to continue; --allow-pending allows records that are
                            not in the tree yet
  receipt FILE              check a visitor's receipt with --key PUBLIC, without the store; --checkpoint FILE
                            has published checkpoints, of which none of the same size may have another root
  checkpoint                add what is new to the tree, and sign it
  witness -- PROGRAM [ARGUMENT…]
                            have the newest checkpoint timestamped (RFC 3161): PROGRAM gets the request on its
                            standard input, and writes the authority's response to standard output
  find RECEIPT              show a record
  history SUBJECT           show a visitor's records: those up to a RECEIPT, or all of account:NAME
  at RECORD COOKIE DATE [--json]
                            which verdict the cookie had under the record on that date (2026-11-29, or
                            2026-11-29T13:05:00Z), and by which policy: its SHA-256 and revision
  outbox [--retry]          show the withdrawals to pass on; --retry tries dead letters again
  counters                  show how many choices were made each day; counts under 10 are hidden
  report-7101 [--from DATE] [--until DATE] [--csv]
                            write requests to opt out and how they were answered (11 CCR §7101), before
                            DATE, as JSON Lines with their counts, or as CSV
  stats                     show how much there is
  purge [--keep-grants DAYS] [--keep-refusals DAYS]
                            drop what is kept long enough: grants for 1098 days after they end, and refusals for
                            762 days, or what the site's `RecordsBuilder::retention` says. Run it daily
  erase SUBJECT [--force]   erase what links a visitor's records, by a RECEIPT or account:NAME
";

pub(crate) struct Arguments {
    pub(crate) records: Option<String>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) account_keys: Vec<PathBuf>,
    pub(crate) witness_certificates: Option<PathBuf>,
    pub(crate) command: Command,
}

pub(crate) enum Command {
    Export,
    Verify {
        export: PathBuf,
        checkpoints: Option<PathBuf>,
        allow_pending: bool,
    },
    Receipt {
        receipt: PathBuf,
        checkpoints: Option<PathBuf>,
    },
    Checkpoint,
    /// A program, and its arguments.
    Witness(Vec<String>),
    Find(RecordId),
    History(Subject),
    At {
        record: RecordId,
        cookie: String,
        time: Instant,
        as_json: bool,
    },
    Outbox {
        retry: bool,
    },
    Counters,
    Report {
        from: Instant,
        until: Instant,
        as_csv: bool,
    },
    Stats,
    Purge(RecordRetention),
    Erase {
        subject: Subject,
        force: bool,
    },
}

/// A visitor, by a receipt or by the name of an account.
pub(crate) enum Subject {
    Receipt(RecordId),
    Account(String),
}

/// Later than every record.
const END: Instant = Instant::from_unix_seconds(u64::MAX);

impl Arguments {
    /// Reads the command line. `None` if it asks for help.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Self>, lexopt::Error> {
        let (mut records, mut key, mut account_keys) = (None, None, Vec::new());
        let mut witness_certificates = None;
        let mut options = Options::default();
        let mut words = Vec::new();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("records") => records = Some(parser.value()?.string()?),
                Long("key") => key = Some(PathBuf::from(parser.value()?)),
                Long("account-key") => account_keys.push(PathBuf::from(parser.value()?)),
                Long("witness-cert") => witness_certificates = Some(PathBuf::from(parser.value()?)),
                Long("checkpoint") => options.checkpoints = Some(PathBuf::from(parser.value()?)),
                Long("allow-pending") => options.allow_pending = true,
                Long("force") => options.force = true,
                Long("retry") => options.retry = true,
                Long("from") => options.from = time(&parser.value()?.string()?)?,
                Long("until") => options.until = time(&parser.value()?.string()?)?,
                Long("keep-grants") => {
                    let days = parser.value()?.parse()?;
                    options.retention = options.retention.after_grants_days(days);
                }
                Long("keep-refusals") => {
                    let days = parser.value()?.parse()?;
                    let kept = options.retention.refusals_days(days);
                    options.retention = kept.map_err(|error| error.to_string())?;
                }
                Long("csv") => options.as_csv = true,
                Long("json") => options.as_json = true,
                Short('h') | Long("help") => return Ok(None),
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        Ok(Some(Self {
            records,
            key,
            account_keys,
            witness_certificates,
            command: Command::of(&words, options)?,
        }))
    }
}

/// The options of single commands.
struct Options {
    checkpoints: Option<PathBuf>,
    allow_pending: bool,
    force: bool,
    retry: bool,
    from: Instant,
    until: Instant,
    as_csv: bool,
    as_json: bool,
    retention: RecordRetention,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            checkpoints: None,
            allow_pending: false,
            force: false,
            retry: false,
            from: Instant::from_unix_seconds(0),
            until: END,
            as_csv: false,
            as_json: false,
            retention: RecordRetention::default(),
        }
    }
}

impl Command {
    fn of(words: &[&str], options: Options) -> Result<Self, lexopt::Error> {
        Ok(match words[..] {
            ["export"] => Command::Export,
            ["verify", export] => Command::Verify {
                export: export.into(),
                checkpoints: options.checkpoints,
                allow_pending: options.allow_pending,
            },
            ["receipt", receipt] => Command::Receipt {
                receipt: receipt.into(),
                checkpoints: options.checkpoints,
            },
            ["witness", _, ..] => {
                Command::Witness(words[1..].iter().map(|&word| word.to_owned()).collect())
            }
            ["checkpoint"] => Command::Checkpoint,
            ["find", id] => Command::Find(record(id)?),
            ["history", id] => Command::History(subject(id)?),
            ["at", id, cookie, date] => Command::At {
                record: record(id)?,
                cookie: cookie.to_owned(),
                time: time(date)?,
                as_json: options.as_json,
            },
            ["outbox"] => Command::Outbox {
                retry: options.retry,
            },
            ["report-7101"] => Command::Report {
                from: options.from,
                until: options.until,
                as_csv: options.as_csv,
            },
            ["counters"] => Command::Counters,
            ["stats"] => Command::Stats,
            ["purge"] => Command::Purge(options.retention),
            ["erase", id] => Command::Erase {
                subject: subject(id)?,
                force: options.force,
            },
            [] => return Err("name a command".into()),
            [command, ..] => {
                return Err(format!("unknown command, or not its arguments: {command}").into());
            }
        })
    }
}

fn subject(text: &str) -> Result<Subject, lexopt::Error> {
    match text.strip_prefix("account:") {
        Some("") => Err("name the account: account:NAME".into()),
        Some(name) => Ok(Subject::Account(name.to_owned())),
        None => record(text).map(Subject::Receipt),
    }
}

fn record(text: &str) -> Result<RecordId, lexopt::Error> {
    text.parse().map_err(|error| format!("{error}").into())
}

fn time(text: &str) -> Result<Instant, lexopt::Error> {
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    serde_json::from_value(whole.into())
        .map_err(|_| format!("not a date: {text}: write 2026-11-29 or 2026-11-29T13:05:00Z").into())
}
