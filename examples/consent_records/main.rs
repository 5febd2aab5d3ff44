//! Reads, proves and ends the records of consent, from a terminal.
//!
//! ```text
//! cargo run --example consent_records -- --records sqlite:consent.db export > consent.jsonl
//! cargo run --example consent_records -- verify consent.jsonl --key consent.db.pub
//! ```
//!
//! The exit status is 1 if something does not fit or is not found, and 2 for invalid arguments.

mod arguments;
mod offline;
mod progress;
mod report;
mod timestamp;

use std::{
    env,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use tower_cookie_consent::records::{
    AccountKey, AccountKeys, Archive, Instant, SigningKey, StoredRecord,
};

use arguments::{Arguments, Command, Subject, USAGE};

/// The environment variable that may have the signing key itself.
const KEY_VARIABLE: &str = "CONSENT_RECORDS_KEY";

/// The environment variable that may have the key of accounts itself.
const ACCOUNT_KEY_VARIABLE: &str = "CONSENT_ACCOUNT_KEY";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            drop(io::stdout().write_all(USAGE.as_bytes()));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            complain(&format!("consent_records: {error}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = runtime
        .map_err(Failure::from)
        .and_then(|it| it.block_on(run(&arguments)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("consent_records: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    if let Some(found) = offline::run(arguments)? {
        return Ok(writeln!(out, "{found}")?);
    }
    let url = arguments.records.as_deref().ok_or(
        "name the store: --records sqlite:FILE or --records postgres://USER:PASSWORD@HOST/DATABASE",
    )?;
    let bar = progress::of_work(matches!(arguments.command, Command::Report { .. }));
    let archive = progress::shown_by(&bar, Archive::open(url).await?);
    let done = work(arguments, url, &archive, &mut out).await;
    bar.finish_and_clear();
    done?;
    Ok(out.flush()?)
}

/// Runs a command that needs the store.
async fn work(
    arguments: &Arguments,
    url: &str,
    archive: &Archive,
    mut out: impl Write,
) -> Result<(), Failure> {
    let now = now()?;
    match &arguments.command {
        Command::Checkpoint => {
            let checkpoint = archive
                .checkpoint(&key(arguments, url, archive).await?, now)
                .await?;
            writeln!(out, "{checkpoint}")?;
        }
        Command::Witness(program) => {
            let certificates = offline::certificates(arguments)?;
            let certificates = certificates.ok_or("name the certificates: --witness-cert FILE")?;
            let authority = timestamp::authority(certificates, program.clone());
            let checkpoint = archive.witness(&authority).await?;
            let checkpoint = checkpoint.ok_or("there is no checkpoint yet: make one")?;
            writeln!(out, "{checkpoint}")?;
        }
        Command::Outbox { retry } => {
            if *retry {
                archive.retry_dead_letters(now).await?;
            }
            archive.write_outbox(&mut out).await?;
        }
        Command::Erase { subject, force } => {
            let erased = match subject {
                Subject::Receipt(receipt) => archive.erase(*receipt, *force, now).await?,
                Subject::Account(name) => {
                    let account = account_keys(arguments, url)?.account(name);
                    archive.erase_account(&account, *force, now).await?
                }
            };
            writeln!(
                out,
                "{erased} links erased: nobody can prove any more which of these records are of one visitor"
            )?;
        }
        Command::Purge(retention) => {
            let key = key(arguments, url, archive).await?;
            let purged = archive.purge(*retention, &key, now).await?;
            writeln!(out, "{purged} records purged")?;
        }
        Command::History(subject) => {
            let records = history(archive, arguments, url, subject).await?;
            for stored in &records {
                print(archive, &mut out, stored).await?;
            }
        }
        command => read(archive, command, &mut out).await?,
    }
    Ok(())
}

/// Returns a visitor's records, at least one.
async fn history(
    archive: &Archive,
    arguments: &Arguments,
    url: &str,
    subject: &Subject,
) -> Result<Vec<StoredRecord>, Failure> {
    let records = match subject {
        Subject::Receipt(receipt) => archive.history(*receipt).await?,
        Subject::Account(name) => {
            let account = account_keys(arguments, url)?.account(name);
            archive.account_history(&account).await?
        }
    };
    match records.is_empty() {
        true => Err("no such record".into()),
        false => Ok(records),
    }
}

/// Runs a command that changes nothing in the store.
async fn read(archive: &Archive, command: &Command, mut out: impl Write) -> Result<(), Failure> {
    match command {
        Command::Export => {
            let leaves = archive.published(None).await?.map_or(0, |it| it.size);
            let mut out = progress::Leaves::new(&mut out, leaves);
            let exported = archive.export(&mut out).await;
            out.finish();
            exported?;
        }
        Command::Find(receipt) => {
            let found = archive.find(*receipt).await?.ok_or("no such record")?;
            print(archive, &mut out, &found).await?;
        }
        Command::Report {
            from,
            until,
            as_csv,
        } => {
            let period = report::Period {
                from: *from,
                until: *until,
            };
            report::write(archive, period, *as_csv, &mut out).await?;
        }
        Command::Counters => archive.write_counters(&mut out).await?,
        Command::Stats => writeln!(out, "{}", archive.stats().await?)?,
        Command::At {
            record,
            cookie,
            time,
            as_json,
        } => {
            let past = archive.verdict_at(*record, cookie, *time).await?;
            match as_json {
                true => writeln!(out, "{}", serde_json::to_string(&past)?)?,
                false => writeln!(out, "{past}")?,
            }
        }
        Command::Verify { .. }
        | Command::Receipt { .. }
        | Command::Checkpoint
        | Command::Witness(_)
        | Command::History(_)
        | Command::Outbox { .. }
        | Command::Erase { .. }
        | Command::Purge(_) => {}
    }
    Ok(())
}

async fn print(
    archive: &Archive,
    out: &mut impl Write,
    stored: &StoredRecord,
) -> Result<(), Failure> {
    writeln!(out, "{}", serde_json::to_string_pretty(&stored.record)?)?;
    match stored.leaf {
        Some(leaf) => writeln!(out, "leaf {leaf} of the tree")?,
        None => writeln!(out, "not in the tree yet")?,
    }
    if let Some(subject) = stored.subject {
        writeln!(out, "subject {subject}")?;
    }
    let id = stored.record.id;
    if archive.taken_back(&[id]).await?.contains(&id) {
        writeln!(
            out,
            "what it grants was never in force: a later record takes it back, as unconfirmed"
        )?;
    }
    Ok(())
}

/// Reads the signing key: the one that is named, or in the environment, or beside an SQLite file, `FILE.key`.
///
/// Beside a new file it creates the pair. A store with checkpoints has one already, wherever that is.
async fn key(arguments: &Arguments, url: &str, archive: &Archive) -> Result<SigningKey, Failure> {
    if let Some(file) = &arguments.key {
        return Ok(SigningKey::read(file)?);
    }
    if let Ok(secret) = env::var(KEY_VARIABLE) {
        return Ok(SigningKey::from_secret(&secret)?);
    }
    let file = url
        .strip_prefix("sqlite:")
        .ok_or("name the signing key: --key FILE")?;
    let beside = |ending: &str| PathBuf::from(format!("{file}{ending}"));
    let (secret, public) = (beside(".key"), beside(".pub"));
    if !secret.exists() && archive.published(None).await?.is_some() {
        let what = "the key that signed the last checkpoint is missing: restore it, or name it with --key FILE";
        return Err(format!("{}: {what}", secret.display()).into());
    }
    Ok(SigningKey::open_or_create(&secret, &public)?)
}

/// Reads the keys of accounts: those that are named, or the one in the environment, or beside an SQLite file,
/// `FILE.accounts`.
fn account_keys(arguments: &Arguments, url: &str) -> Result<AccountKeys, Failure> {
    let mut keys = Vec::new();
    for file in &arguments.account_keys {
        keys.push(AccountKey::read(file)?);
    }
    if keys.is_empty()
        && let Ok(secret) = env::var(ACCOUNT_KEY_VARIABLE)
    {
        keys.push(AccountKey::from_secret(&secret)?);
    }
    if keys.is_empty() {
        let file = url.strip_prefix("sqlite:");
        let file = file.ok_or("name the key of accounts: --account-key FILE")?;
        keys.push(AccountKey::read(Path::new(&format!("{file}.accounts")))?);
    }
    let mut keys = keys.into_iter();
    let first = keys
        .next()
        .ok_or("name the key of accounts: --account-key FILE")?;
    Ok(keys.fold(AccountKeys::new(first), AccountKeys::and))
}

fn now() -> Result<Instant, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Instant::from_unix_seconds(since.as_secs()))
}

#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what is wrong"
)]
fn complain(what: &str) {
    eprintln!("{what}");
}
