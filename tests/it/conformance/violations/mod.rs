//! Sites without the layer, each with one violation that is visible on the wire, and correct ones: the kit has to
//! find each of the first, and nothing in the others.

mod asking;
mod caches;
mod choices;
mod clearing;
mod correct;
mod identities;
mod innocent_choices;
mod innocent_pages;
mod meanings;
mod members;
mod missing_cookies;
mod near;
mod necessary;
mod one_by_one;
mod opting_out;
mod other_formats;
mod other_requests;
mod overlooked;
mod pages;
mod partial;
mod plain;
mod plain_banners;
mod preferences;
mod real_browsers;
mod requests;
mod sheets;
mod site;
mod terms;
mod third_visit;
mod visits;
mod withheld;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use tower_cookie_consent::conformance::{Conformance, Report, Requirement};

use self::site::{Asked, Reply, planted};
use super::{broken, runtime};

/// One violation, planted in the correct site.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    /// The line of the requirements that it breaks, or what else says so.
    source: &'static str,
    /// What the kit has to find: other findings do not count, since what is planted may have side effects.
    expects: Requirement,
    plant: fn(&Asked, &mut Reply),
    plan: fn() -> Conformance,
    site: Planting,
}

/// Creates a site with a violation, and notes if that changes a response.
type Planting = fn(fn(&Asked, &mut Reply), &Arc<AtomicBool>) -> axum::Router;

/// A name, a change of the honest site that breaks nothing, and a plan.
type Style = (&'static str, fn(&Asked, &mut Reply), fn() -> Conformance);

/// The violations, by kind.
const KINDS: [(&str, &[Row]); 29] = [
    ("unreadable preferences", preferences::ROWS),
    ("partial consent", partial::ROWS),
    ("visits that change a choice", visits::ROWS),
    ("choices that are not stored", choices::ROWS),
    ("requests about something else", other_requests::ROWS),
    ("necessary cookies", necessary::ROWS),
    ("the third visit", third_visit::ROWS),
    ("kinds of requests", requests::ROWS),
    ("Clear-Site-Data", clearing::ROWS),
    ("caches", caches::ROWS),
    ("identifiers in the choice", identities::ROWS),
    ("fields that are on", pages::TICKED),
    ("refusals", pages::REFUSING),
    ("withdrawals", pages::WITHDRAWING),
    ("asking again", asking::ROWS),
    ("walls", pages::WALLS),
    ("third parties behind own addresses", pages::EMBEDDED),
    ("pages of members", members::ROWS),
    ("opt-outs of members", opting_out::ROWS),
    ("what is easily overlooked", overlooked::ROWS),
    ("choices in other ways", innocent_choices::ROWS),
    ("what requests mean", meanings::ROWS),
    ("what is stored with a choice", terms::ROWS),
    ("articles that are withheld", withheld::ROWS),
    ("plain banners", plain_banners::ROWS),
    ("style sheets", sheets::ROWS),
    ("cookies where they are missing", missing_cookies::ROWS),
    ("formats of other tools", other_formats::ROWS),
    ("real browsers", real_browsers::ROWS),
];

const fn row(
    name: &'static str,
    source: &'static str,
    expects: Requirement,
    plant: fn(&Asked, &mut Reply),
    plan: fn() -> Conformance,
) -> Row {
    Row {
        name,
        source,
        expects,
        plant,
        plan,
        site: planted,
    }
}

/// The result of one row.
enum Tried {
    /// By these requirements, and the expected one is among them.
    Caught(Vec<Requirement>),
    /// What is found is something else, or nothing.
    Missed(Vec<Requirement>),
    /// The kit did not make the request that shows it, or it changes nothing.
    Unseen,
}

fn tried(row: &Row) -> Tried {
    let shown = Arc::new(AtomicBool::new(false));
    let app = (row.site)(row.plant, &shown);
    let report = runtime().block_on((row.plan)().check(app));
    let broken = broken(&report);
    match (shown.load(Ordering::Relaxed), broken.contains(&row.expects)) {
        (false, _) => Tried::Unseen,
        (true, true) => Tried::Caught(broken),
        (true, false) => Tried::Missed(broken),
    }
}

/// Runs all on two threads. Returns the results in order.
fn all<T: Sync, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else {
                        return;
                    };
                    let result = run(item);
                    results.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Returns `true` for what is tried: everything, or what has one of the words of `ONLY`, between `|`.
fn is_tried(kind: &str, name: &str) -> bool {
    let Ok(only) = std::env::var("ONLY") else {
        return true;
    };
    only.split('|')
        .any(|only| kind.contains(only) || name.contains(only))
}

#[test]
fn each_kind_has_its_rows() {
    for (kind, rows) in KINDS {
        assert!(rows.len() >= 6, "{kind}");
    }
    let rows: usize = KINDS.iter().map(|(_, rows)| rows.len()).sum();
    assert!(rows > 500, "{rows}");
}

/// One row in so many is played, since all take minutes: each of them with `ALL_VIOLATIONS=1`, as in `.ci/long`,
/// or if something is named. Which ones changes with `VIOLATIONS_FROM`, in `.ci/run` the number of commits, and
/// otherwise from day to day.
const SHARE: usize = 4;

/// Returns the row to begin with.
fn first_row() -> usize {
    let from = std::env::var("VIOLATIONS_FROM").ok();
    let days = || {
        SystemTime::UNIX_EPOCH
            .elapsed()
            .map(|it| it.as_secs() / 86_400)
    };
    let from = from.and_then(|from| from.parse().ok());
    from.or_else(|| usize::try_from(days().ok()?).ok())
        .unwrap_or_default()
}

#[test]
fn every_planted_violation_is_caught() {
    let all_rows = KINDS
        .iter()
        .flat_map(|(kind, rows)| rows.iter().map(move |row| (*kind, row)));
    let rows: Vec<_> = all_rows.collect();
    let names: std::collections::BTreeSet<_> = rows.iter().map(|(_, row)| row.name).collect();
    assert_eq!(names.len(), rows.len(), "each name once");
    let all_of_them = ["ALL_VIOLATIONS", "ONLY"];
    let plays_all = all_of_them.iter().any(|it| std::env::var_os(it).is_some());
    let share = if plays_all { 1 } else { SHARE };
    let first = first_row() % share;
    println!("from row {first}, one of {share}: VIOLATIONS_FROM={first} plays the same");
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|(kind, row)| is_tried(kind, row.name))
        .skip(first)
        .step_by(share)
        .collect();
    let results = all(&rows, |(_, row)| tried(row));
    let mut wrong = Vec::new();
    for (kind, _) in KINDS {
        let (mut caught, mut played) = (0, 0);
        for ((other, row), tried) in rows.iter().zip(&results) {
            if *other != kind {
                continue;
            }
            played += 1;
            let missed = match tried {
                Tried::Caught(by) => {
                    println!("{}: {by:?}", row.name);
                    caught += 1;
                    continue;
                }
                Tried::Missed(others) => {
                    format!("{:?} is not found, but {others:?}", row.expects)
                }
                Tried::Unseen => "not shown on the wire".to_owned(),
            };
            wrong.push(format!("{kind}: {} ({}): {missed}", row.name, row.source));
        }
        if played > 0 {
            println!("{kind}: {caught} of {played} caught");
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_correct_site_is_alarmed() {
    let mut sites = correct::sites();
    assert!(sites.len() >= 50, "{}", sites.len());
    sites.retain(|(name, _)| is_tried("", name));
    let reports: Vec<Report> = all(&sites, |(_, check)| check());
    let mut wrong = Vec::new();
    for ((name, _), report) in sites.iter().zip(&reports) {
        if !report.is_ok() {
            wrong.push(format!("{name}\n{report}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
