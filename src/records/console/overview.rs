//! What the overview shows.

use std::time::SystemTime;

use serde::Serialize;

use super::{
    chart::{Chart, of_counts, of_shares},
    console::Settings,
    figures::{self, Cell, cells, number},
    viewer::Viewer,
};
use crate::{
    preferences::unix_seconds,
    records::{
        ArchiveError, Records, Stats,
        archive::LastCheck,
        counters::{Counter, CounterKey, Counts, ShownCounts, by, date, shown},
    },
    wire::DAY,
};

/// The periods to choose from, in days.
const PERIODS: [u64; 3] = [7, 30, 90];

/// The surfaces in the order of the page, which says nothing about them.
const SURFACES: [&str; 8] = [
    "banner",
    "form",
    "opt_out",
    "footer",
    "placeholder",
    "json",
    "handler",
    "signal",
];

/// The facts that somebody should look after.
const BAD: [&str; 5] = ["spooled", "lost", "merged", "store_errors", "dead"];

#[derive(Debug, Serialize)]
pub(super) struct Overview {
    mount: String,
    viewer: String,
    may_search: bool,
    days: u64,
    periods: [u64; 3],
    first: String,
    last: String,
    /// Of the whole period.
    total: [Cell; 4],
    /// Those with a bar.
    charts: Vec<Chart>,
    by_day: Vec<Row>,
    tables: Vec<Table>,
    check: Check,
    store: Vec<Fact>,
}

#[derive(Debug, Serialize)]
struct Row {
    /// Empty where nobody said.
    label: String,
    cells: [Cell; 4],
}

#[derive(Debug, Serialize)]
struct Table {
    /// The name of its texts.
    name: &'static str,
    rows: Vec<Row>,
}

/// The last checkpoint.
#[derive(Debug, Serialize)]
struct Check {
    is_made: bool,
    /// The number of leaves, for auditors.
    size: Option<String>,
    time: String,
    root: String,
    witnessed: bool,
    /// The names of the texts that say how the checks went, and if they went well.
    signature: (&'static str, bool),
    tree: (&'static str, bool),
    pending: String,
}

/// A number about the store, by the name of its text.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    name: &'static str,
    value: String,
    /// `true` if somebody should look after it.
    is_bad: bool,
}

impl Overview {
    pub(super) async fn read(
        settings: &Settings,
        viewer: Viewer,
        days: Option<u64>,
    ) -> Result<Self, ArchiveError> {
        let days = days.filter(|days| PERIODS.contains(days)).unwrap_or(30);
        let today = unix_seconds(SystemTime::now()) / DAY;
        let first = (today + 1).saturating_sub(days);
        let archive = &settings.archive;
        let counters = archive.counters(first, today).await?;
        let stats = archive.stats().await?;
        let check = archive.last_check(settings.key.as_ref()).await?;

        let by_day = by(&counters, |key| key.day);
        let counts: Vec<Counts> = (first..=today)
            .map(|day| by_day.get(&day).copied().unwrap_or_default())
            .collect();
        let shown_days = shown(&counts);
        let labels = (first..=today).map(date);
        let charts = [of_counts(&shown_days), of_shares(&shown_days)].into_iter();
        let total = by(&counters, |_| ()).remove(&()).unwrap_or_default();
        Ok(Self {
            mount: settings.mount.clone(),
            may_search: viewer.may_search(),
            days,
            periods: PERIODS,
            first: date(first),
            last: date(today),
            total: cells(shown(&[total])[0]),
            charts: charts.filter(|chart| !chart.bars.is_empty()).collect(),
            by_day: rows(labels, &shown_days),
            tables: tables(&counters),
            check: Check::new(check, stats.pending(), &viewer),
            store: Fact::of_store(settings, stats, &viewer),
            viewer: viewer.name().to_owned(),
        })
    }
}

fn rows(labels: impl Iterator<Item = String>, counts: &[ShownCounts]) -> Vec<Row> {
    let rows = labels.zip(counts);
    rows.map(|(label, counts)| Row {
        label,
        cells: cells(*counts),
    })
    .collect()
}

type Label = fn(&CounterKey) -> (usize, String);

fn tables(counters: &[Counter]) -> Vec<Table> {
    let parts: [(&'static str, Label); 3] = [
        ("surface", |key| {
            let place = SURFACES.iter().position(|it| *it == key.surface);
            (place.unwrap_or(SURFACES.len()), key.surface.clone())
        }),
        ("language", |key| (0, key.language.clone())),
        ("regime", |key| (0, key.regime.clone())),
    ];
    let table = |(name, label): (&'static str, Label)| {
        let sums = by(counters, label);
        let counts: Vec<Counts> = sums.values().copied().collect();
        let labels = sums.into_keys().map(|(_, label)| label);
        Table {
            name,
            rows: rows(labels, &shown(&counts)),
        }
    };
    parts.into_iter().map(table).collect()
}

impl Check {
    fn new(check: Option<LastCheck>, pending: u64, viewer: &Viewer) -> Self {
        let pending = figures::rows(pending, viewer);
        let Some(check) = check else {
            return Self {
                is_made: false,
                size: None,
                time: String::new(),
                root: String::new(),
                witnessed: false,
                signature: ("unsigned", false),
                tree: ("tree_empty", true),
                pending,
            };
        };
        let last = check.checkpoint;
        Self {
            is_made: true,
            size: viewer.may_search().then(|| number(last.size)),
            time: last.time.to_string(),
            root: last.root.to_string(),
            witnessed: last.witness.is_some(),
            signature: match (last.signature, check.is_signed) {
                (None, _) => ("unsigned", false),
                (Some(_), None) => ("not_checked", true),
                (Some(_), Some(true)) => ("signed", true),
                (Some(_), Some(false)) => ("other_key", false),
            },
            tree: match check.fits_tree {
                true => ("tree_fits", true),
                false => ("tree_differs", false),
            },
            pending,
        }
    }
}

impl Fact {
    fn new(name: &'static str, count: u64, viewer: &Viewer) -> Self {
        Self {
            name,
            value: figures::rows(count, viewer),
            is_bad: count > 0 && BAD.contains(&name),
        }
    }

    /// Returns what the writer knows, also while the store can't be read.
    pub(super) fn of_writer(settings: &Settings, viewer: &Viewer) -> Vec<Self> {
        let Some(health) = settings.records.as_ref().map(Records::health) else {
            return Vec::new();
        };
        let spooled = u64::try_from(health.spooled).unwrap_or(u64::MAX);
        vec![
            Self::new("recorded", health.recorded, viewer),
            Self::new("spooled", spooled, viewer),
            Self::new("lost", health.lost, viewer),
            Self::new("merged", health.merged, viewer),
            Self::new("store_errors", health.store_errors, viewer),
        ]
    }

    fn of_store(settings: &Settings, stats: Stats, viewer: &Viewer) -> Vec<Self> {
        let (waiting, delivered, dead) = stats.outbox();
        let mut facts = vec![Self::new("records", stats.records(), viewer)];
        facts.extend(Self::of_writer(settings, viewer));
        facts.extend([
            Self::new("delivered", delivered, viewer),
            Self::new("waiting", waiting, viewer),
            Self::new("dead", dead, viewer),
        ]);
        facts
    }
}
