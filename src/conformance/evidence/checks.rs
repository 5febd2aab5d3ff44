//! The report of the kit, and what was seen.

use serde::Serialize;
use serde_json::Value;

use super::{
    EvidenceError,
    input::Input,
    item::{Items, Section},
    manifest::generator,
};
use crate::{
    conformance::{Outcome, Report, html::About},
    records::Instant,
};

#[derive(Serialize)]
struct Dated<'a> {
    date: Instant,
    version: String,
    site: Option<&'a str>,
    not_exercised: Vec<NotExercised>,
    report: &'a Report,
}

/// A requirement that nothing could have violated.
#[derive(Serialize)]
pub(super) struct NotExercised {
    pub(super) requirement: &'static str,
    pub(super) title: &'static str,
}

/// Returns what the check says nothing about.
pub(super) fn not_exercised(report: &Report) -> Vec<NotExercised> {
    let judged = report.requirements.iter();
    let others = judged.filter(|it| it.outcome == Outcome::NotExercised);
    let others = others.map(|it| NotExercised {
        requirement: it.id.id(),
        title: it.title,
    });
    others.collect()
}

pub(super) fn add(input: &Input, items: &mut Items) -> Result<(), EvidenceError> {
    if let Some(report) = &input.report {
        add_report(input, report, items)?;
    }
    let Some(seen) = &input.inventory else {
        return Ok(());
    };
    items.add(
        Section::Inventory,
        "inventory/cookies.txt",
        "The cookies that were seen, as a table, and those that are declared and were not seen.",
        cookies(input, seen),
    )?;
    items.add_json(
        Section::Inventory,
        "inventory/inventory.json",
        "Everything that was seen, for programs.",
        seen,
    )?;
    let value = serde_json::to_value(seen).unwrap_or_default();
    let third_parties = value.get("third_parties").cloned();
    items.add_json(
        Section::Inventory,
        "inventory/third-parties.json",
        "The other sites that pages load from, and whether the policy declares them.",
        &third_parties.unwrap_or(Value::Array(Vec::new())),
    )
}

fn cookies(input: &Input, seen: &crate::observe::InventoryReport) -> String {
    let mut text = format!("{}\n", seen.to_string().trim_end());
    let never = seen.never_seen(&input.policy);
    if !never.is_empty() {
        text += &format!("\nDeclared, and not seen: {}\n", never.join(", "));
    }
    text
}

fn add_report(input: &Input, report: &Report, items: &mut Items) -> Result<(), EvidenceError> {
    let (date, version) = (input.date, generator());
    let site = input.site.as_deref();
    let mut text = format!("Date: {date}\nVersion: {version}\n");
    if let Some(site) = site {
        text += &format!("Site: {site}\n");
    }
    text += &format!("\n{report}\nNot exercised by this check:\n");
    for it in not_exercised(report) {
        text += &format!("- {} ({})\n", it.requirement, it.title);
    }
    items.add(
        Section::Checks,
        "conformance/report.txt",
        "Each requirement: held, broken, or not exercised, with every finding and how to fix it.",
        text,
    )?;
    items.add(
        Section::Checks,
        "conformance/report.html",
        "The same as a page.",
        report.to_html_about(Some(About {
            date: &date.to_string(),
            site,
        })),
    )?;
    let dated = Dated {
        date,
        version,
        site,
        not_exercised: not_exercised(report),
        report,
    };
    items.add_json(
        Section::Checks,
        "conformance/report.json",
        "The same for programs.",
        &dated,
    )?;
    // Where comments are allowed: behind the declaration.
    let comment = format!("<!-- {date}, {} -->\n", generator());
    let junit = report
        .to_junit()
        .replacen("?>\n", &format!("?>\n{comment}"), 1);
    items.add(
        Section::Checks,
        "conformance/junit.xml",
        "The same for systems that run tests (JUnit).",
        junit,
    )
}
