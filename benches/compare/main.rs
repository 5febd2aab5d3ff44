//! Compares a site with and without the layer, and with other tools, end to end: what a request costs the
//! server's processor, and how long it takes at a fixed rate. Run it with `benches/compare/run`.

mod filter;
mod load;
mod process;
mod serve;
mod sites;
mod table;

use std::{io::Write, path::PathBuf, time::Duration};

use self::{load::Result, sites::Site, table::Measured};

/// All sites take turns, so that other activity on the machine affects each alike.
const ROUNDS: u32 = 3;
/// For allocators, caches and compilers, before the first turn.
const WARM_UP: u32 = 2_000;
/// The most memory that a site may gain between a tenth of the requests and the last one, in KiB.
const MOST_GROWTH: u64 = 2_048;

const USAGE: &str = "usage: compare [--requests N] [--rate N] [--seconds N] [--memory N] [--django FOLDER] \
                     [--express FOLDER], or: compare serve NAME FOLDER";

/// What is asked for.
struct Settings {
    /// The requests of the fastest sites in each round; others get a share, so that none takes minutes.
    requests: u32,
    /// Requests per second while latency is measured, and for how long in each round.
    rate: u32,
    seconds: u32,
    /// The requests over which memory must stay flat; 0 for none.
    memory: u32,
    /// Where the packages of Django and Express are installed.
    django: Option<PathBuf>,
    express: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, name, folder] = &arguments[..]
        && serve == "serve"
    {
        return serve::serve(name, folder.as_ref());
    }
    measure(&settings(&arguments)?)
}

fn settings(arguments: &[String]) -> Result<Settings> {
    let mut settings = Settings {
        requests: 30_000,
        rate: 300,
        seconds: 10,
        memory: 1_000_000,
        django: None,
        express: None,
    };
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return Err(USAGE.into());
        };
        match &**name {
            "--requests" => settings.requests = value.parse()?,
            "--rate" => settings.rate = value.parse()?,
            "--seconds" => settings.seconds = value.parse()?,
            "--memory" => settings.memory = value.parse()?,
            "--django" => settings.django = Some(value.into()),
            "--express" => settings.express = Some(value.into()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(settings)
}

fn measure(settings: &Settings) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut sites = sites::start(settings, folder.path())?;
    let mut measured: Vec<Measured> = sites.iter().map(|site| Measured::of(site.name)).collect();
    for site in &sites {
        site.load().closed(site.share(WARM_UP))?;
    }
    for _ in 0..ROUNDS {
        for (site, measured) in sites.iter_mut().zip(&mut measured) {
            turn(site, measured, settings)?;
        }
    }
    let mut out = std::io::stdout();
    table::write(&mut out, &mut measured)?;
    if settings.memory > 0 {
        for site in sites.iter().filter(|site| site.has_layer()) {
            stays_flat(&mut out, site, settings.memory)?;
        }
    }
    Ok(())
}

fn turn(site: &mut Site, measured: &mut Measured, settings: &Settings) -> Result<()> {
    let requests = site.share(settings.requests);
    let before = site.process.spent()?;
    site.load().closed(requests)?;
    measured.spent += site.process.spent()?.saturating_sub(before);
    measured.requests += requests;
    let planned = settings.rate * settings.seconds;
    let gap = Duration::from_secs(1) / settings.rate.max(1);
    measured.latencies.extend(site.load().open(planned, gap)?);
    Ok(())
}

/// Fails if memory grows over the requests, of which every thousandth makes a choice where choices are
/// recorded.
fn stays_flat(out: &mut impl Write, site: &Site, requests: u32) -> Result<()> {
    let load = site.load();
    let first = requests / 10;
    load.closed(first)?;
    let before = site.process.memory()?;
    load.closed(requests - first)?;
    let after = site.process.memory()?;
    writeln!(
        out,
        "{}: {before} KiB after {first} requests, {after} KiB after {requests}",
        site.name
    )?;
    match after.saturating_sub(before) {
        grown if grown > MOST_GROWTH => {
            Err(format!("{}: memory grew by {grown} KiB", site.name).into())
        }
        _ => Ok(()),
    }
}
