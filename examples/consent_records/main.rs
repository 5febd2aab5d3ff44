//! Reads, proves and ends the records of consent, from a terminal.
//!
//! ```text
//! cargo run --example consent_records -- --records sqlite:consent.db export > consent.jsonl
//! cargo run --example consent_records -- verify consent.jsonl --key consent.db.pub
//! ```
//!
//! The exit status is 1 if something does not fit or is not found, and 2 for invalid arguments.

mod arguments;
mod progress;
mod report;

use std::{
    env,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use tower_cookie_consent::{
    Verdict,
    records::{
        AccountKey, AccountKeys, Archive, Checkpoint, Instant, PublicKey, RecordRetention,
        SigningKey, StoredRecord, Verifier,
    },
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
    let now = now()?;
    if let Some(found) = without_store(arguments)? {
        return Ok(writeln!(out, "{found}")?);
    }
    let url = arguments.records.as_deref().ok_or(
        "name the store: --records sqlite:FILE or --records postgres://USER:PASSWORD@HOST/DATABASE",
    )?;
    let archive = Archive::open(url).await?;
    match &arguments.command {
        Command::Checkpoint => {
            let checkpoint = archive.checkpoint(&key(arguments, url)?, now).await?;
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
        Command::Purge => {
            let key = key(arguments, url)?;
            let purged = archive.purge(RecordRetention::default(), &key, now).await?;
            writeln!(out, "{purged} records purged")?;
        }
        Command::History(subject) => {
            let records = match subject {
                Subject::Receipt(receipt) => archive.history(*receipt).await?,
                Subject::Account(name) => {
                    let account = account_keys(arguments, url)?.account(name);
                    archive.account_history(&account).await?
                }
            };
            if records.is_empty() {
                return Err("no such record".into());
            }
            for stored in &records {
                print(&mut out, stored)?;
            }
        }
        command => read(&archive, command, &mut out).await?,
    }
    Ok(out.flush()?)
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
            print(&mut out, &found)?;
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
        } => match archive.verdict_at(*record, cookie, *time).await? {
            Verdict::Allowed => writeln!(out, "allowed")?,
            Verdict::Withheld(why) => writeln!(out, "withheld: {}", why.as_str())?,
        },
        Command::Verify { .. }
        | Command::Receipt { .. }
        | Command::Checkpoint
        | Command::History(_)
        | Command::Outbox { .. }
        | Command::Erase { .. }
        | Command::Purge => {}
    }
    Ok(())
}

/// Checks a file against the public key, without the store. `None` for commands that read the store.
fn without_store(arguments: &Arguments) -> Result<Option<String>, Failure> {
    match &arguments.command {
        Command::Verify {
            export,
            checkpoints,
            allow_pending,
        } => {
            let verifier = verifier(arguments)?.holding(held(checkpoints.as_deref())?);
            let verifier = verifier.allow_pending(*allow_pending);
            let export_file = File::open(export).map_err(|error| at(export, &error))?;
            let bar = progress::of_bytes(export_file.metadata()?.len());
            let verified = verifier.verify(BufReader::new(bar.wrap_read(export_file)));
            bar.finish_and_clear();
            let verified = verified.map_err(|misfit| at(export, &misfit))?;
            Ok(Some(verified.to_string()))
        }
        Command::Receipt {
            receipt,
            checkpoints,
        } => {
            let held = held(checkpoints.as_deref())?;
            let verifier = verifier(arguments)?.holding(held.clone());
            let text = fs::read_to_string(receipt).map_err(|error| at(receipt, &error))?;
            let checkpoint = verifier.verify_receipt(&text);
            let checkpoint = checkpoint.map_err(|error| at(receipt, &error))?;
            let found = match &checkpoint {
                Some(it) => format!("in the tree of {} leaves, {}", it.size, it.root),
                None => "not in the tree yet".to_owned(),
            };
            let size = checkpoint.map(|it| it.size);
            let compared = match held.iter().any(|held| Some(held.size) == size) {
                true => "; the same as a checkpoint from outside",
                false if checkpoints.is_some() => "; no checkpoint from outside has this size",
                false => "",
            };
            Ok(Some(format!("signed, and {found}{compared}")))
        }
        _ => Ok(None),
    }
}

/// Returns the verifier for the public key that is named.
fn verifier(arguments: &Arguments) -> Result<Verifier, Failure> {
    let key = arguments.key.as_deref();
    let key = PublicKey::read(key.ok_or("name the public key: --key FILE.pub")?)?;
    Ok(Verifier::new(key))
}

/// Reads the checkpoints that somebody has kept, one a line.
fn held(checkpoints: Option<&Path>) -> Result<Vec<Checkpoint>, Failure> {
    let Some(file) = checkpoints else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(file).map_err(|error| at(file, &error))?;
    let held: Result<Vec<_>, _> = text.lines().map(str::parse).collect();
    Ok(held.map_err(|error| at(file, &error))?)
}

fn at(file: &Path, what: &dyn std::fmt::Display) -> String {
    format!("{}: {what}", file.display())
}

fn print(out: &mut impl Write, stored: &StoredRecord) -> Result<(), Failure> {
    writeln!(out, "{}", serde_json::to_string_pretty(&stored.record)?)?;
    match stored.leaf {
        Some(leaf) => writeln!(out, "leaf {leaf} of the tree")?,
        None => writeln!(out, "not in the tree yet")?,
    }
    if let Some(subject) = stored.subject {
        writeln!(out, "subject {subject}")?;
    }
    Ok(())
}

/// Reads the signing key: the one that is named, or in the environment, or beside an SQLite file, `FILE.key`.
fn key(arguments: &Arguments, url: &str) -> Result<SigningKey, Failure> {
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
    Ok(SigningKey::open_or_create(
        Path::new(&beside(".key")),
        &beside(".pub"),
    )?)
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
