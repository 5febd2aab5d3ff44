//! Makes a pack: checks the site, asks the browser, and signs.

use std::{fs, path::Path, time::SystemTime};

use tower_cookie_consent::{
    CookiePolicy, Inventory,
    conformance::{CapturedVisits, Evidence, EvidencePack, Report},
    pages::Pages,
    policy::CookiePolicyBuilder,
    records::{Archive, Instant, SigningKey, TimestampCertificates},
};

use crate::{Failure, arguments::Making, browser, say, site, timestamp, warn};

/// Where the key of signed preferences cookies is, which is not in the policy: 64 hex digits, or more.
const KEY_VARIABLE: &str = "PREFERENCES_KEY";
/// Stands for that key where nobody gives it.
const NO_KEY: [u8; 32] = [1; 32];

/// Makes the pack. Returns `false` if the site breaks something.
pub(crate) fn make(making: &Making) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let policy = policy(&making.policy)?;
    let key = key(making)?;
    let date = match making.date {
        Some(date) => date,
        None => now()?,
    };
    let seen = Seen::of(making, &policy, date, runtime.handle())?;
    let is_fine = seen.report.is_ok();
    let summary = seen.report.summary();
    let mut evidence = evidence(making, policy.clone(), date, seen)?;
    if let Some(url) = &making.records {
        let archive = runtime.block_on(Archive::open(url))?;
        evidence = runtime.block_on(evidence.archive(&archive))?;
    }
    let evidence = browser::add(making, &policy, evidence, runtime.handle());
    let pack = evidence.build()?;
    let pack = runtime.block_on(seal(making, pack, &key))?;
    pack.write(&making.out)?;
    let index = making.out.join("index.html");
    say(&format!("{summary}\n{} has been written", index.display()));
    Ok(is_fine)
}

/// What the kit saw.
pub(crate) struct Seen {
    pub(crate) report: Report,
    pub(crate) inventory: Inventory,
    pub(crate) visits: CapturedVisits,
    /// The site's pages, where they are known.
    pub(crate) pages: Option<Pages>,
}

impl Seen {
    fn of(
        making: &Making,
        policy: &CookiePolicy,
        date: Instant,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, Failure> {
        match &making.url {
            Some(url) => runtime.block_on(site::check_url(making, policy, url)),
            None => runtime.block_on(site::check_in_process(making, policy, date)),
        }
    }
}

fn evidence(
    making: &Making,
    policy: CookiePolicy,
    date: Instant,
    seen: Seen,
) -> Result<Evidence, Failure> {
    let name = making.name.clone().unwrap_or_else(|| match &making.url {
        Some(url) => url
            .split("://")
            .last()
            .unwrap_or(url)
            .trim_end_matches('/')
            .to_owned(),
        None => "a small service in the process, with the pages of the policy".to_owned(),
    });
    let declared = serde_json::to_value(&policy)?;
    let is_signed = declared["preferences_cookie"]["signed"] == true;
    let mut evidence = Evidence::new(policy, date)
        .site(name)
        .report(seen.report)
        .inventory(seen.inventory.report())
        .captures("kit", "the test program itself", &seen.visits);
    if let Some(pages) = seen.pages {
        evidence = evidence.pages(pages);
    }
    if let Some(file) = &making.before {
        evidence = evidence.before(self::policy(file)?);
    }
    if making.url.is_none() {
        evidence = evidence.gap(
            "The checked service is not the site: it only has the pages of the policy, as this program mounts them.",
        );
    }
    if making.url.is_some() && is_signed && preferences_key()?.is_none() {
        evidence = evidence.gap(format!(
            "The site signs the preferences cookie, and its key was not given ({KEY_VARIABLE}): the choices of the test program did not count there, so nothing is shown of what happens after one.",
        ));
    }
    if making.date.is_none() {
        evidence = evidence.gap("The date was not given: it is that of the computer’s clock.");
    }
    for gap in &making.gaps {
        evidence = evidence.gap(gap);
    }
    Ok(evidence)
}

async fn seal(
    making: &Making,
    pack: EvidencePack,
    key: &SigningKey,
) -> Result<EvidencePack, Failure> {
    let pack = pack.sign(key).await?;
    let Some(file) = &making.witness_certificates else {
        return Ok(pack);
    };
    let certificates = TimestampCertificates::read(file)?;
    let authority = timestamp::authority(certificates, making.authority.clone());
    Ok(pack.witness(&authority).await?)
}

/// Reads the signing key: the one that is named, or the one beside an SQLite file.
fn key(making: &Making) -> Result<SigningKey, Failure> {
    if let Some(file) = &making.key {
        let public = format!("{}.pub", file.display());
        let is_new = !file.exists();
        let key = SigningKey::open_or_create(file, Path::new(&public))?;
        if is_new {
            warn(&format!(
                "a new key is in {}: check the pack with {public}",
                file.display()
            ));
        }
        return Ok(key);
    }
    let records = making.records.as_deref();
    let file = records.and_then(|url| url.strip_prefix("sqlite:"));
    let file = file.ok_or("name the signing key: --key FILE")?;
    Ok(SigningKey::read(Path::new(&format!("{file}.key")))?)
}

fn policy(path: &Path) -> Result<CookiePolicy, Failure> {
    let of = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| of(&error))?;
    let builder: CookiePolicyBuilder = serde_json::from_str(&text).map_err(|error| of(&error))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| of(&error))?;
    let builder = match json["preferences_cookie"]["signed"].as_bool() {
        Some(true) => builder.signed(preferences_key()?.unwrap_or_else(|| NO_KEY.into())),
        _ => builder,
    };
    Ok(builder.build().map_err(|error| of(&error))?)
}

/// Reads the key by which the site signs the preferences cookie.
fn preferences_key() -> Result<Option<Vec<u8>>, Failure> {
    let Some(text) = std::env::var_os(KEY_VARIABLE) else {
        return Ok(None);
    };
    let digits = text.as_encoded_bytes();
    let is_whole = digits.len() % 2 == 0 && digits.iter().all(u8::is_ascii_hexdigit);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    match digits.chunks(2).map(byte).collect::<Option<Vec<_>>>() {
        Some(key) if is_whole && key.len() >= NO_KEY.len() => Ok(Some(key)),
        _ => Err(format!("{KEY_VARIABLE} is not a key: 64 hex digits, or more").into()),
    }
}

fn now() -> Result<Instant, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Instant::from_unix_seconds(since.as_secs()))
}
