//! The known gaps of a pack, said plainly.

use super::{
    checks,
    input::Input,
    item::{Items, Section},
};
use crate::conformance::Report;

/// The gaps that every pack has.
const ALWAYS: [&str; 4] = [
    "No program can judge whether a cookie that is declared as necessary really is, or whether a text is clear: \
     a person has to.",
    "Cookies and storage that scripts write in the browser do not pass the server. Only what a browser's capture \
     contains of them was seen.",
    "Cookies that other sites set for themselves are not seen by this server.",
    "Only the pages that were visited were checked, and nothing that a visitor sees after a login, unless the \
     site added it.",
];

/// Returns the gaps of this pack.
pub(super) fn of(input: &Input, items: &Items, surfaces: Vec<String>) -> Vec<String> {
    let mut gaps: Vec<String> = surfaces;
    let mut missing = |is_missing: bool, what: &str| {
        if is_missing {
            gaps.push(what.to_owned());
        }
    };
    missing(
        input.before.is_none(),
        "No earlier edition of the policy was given, so that nothing says what changed.",
    );
    missing(
        input.pages.is_none(),
        "The pages and the documents are made with the crate's own templates and texts. If the site replaces \
         some, its visitors saw others, and its records name others.",
    );
    missing(
        input.report.is_none(),
        "The site was not checked: there is no conformance report.",
    );
    missing(
        input.inventory.is_none(),
        "There is no inventory of what the site really sets, receives and loads.",
    );
    missing(
        !items.has(Section::Screenshots),
        "There are no screenshots.",
    );
    missing(
        !items.has(Section::Captures),
        "There are no captured visits.",
    );
    missing(
        input.stored.is_none(),
        "The store of records was not read: nothing says which withdrawals were passed on, or whether choices \
         were recorded.",
    );
    missing(
        input.stored.is_some(),
        "The cookie policy page in this folder lacks the part on records of consent, which the site’s own page has.",
    );
    let report = input.report.iter();
    for it in report.clone().flat_map(checks::not_exercised) {
        gaps.push(format!(
            "The check says nothing on “{}” ({}).",
            it.title, it.requirement
        ));
    }
    for it in report.clone().flat_map(Report::failures) {
        gaps.push(format!("The check failed in part: {it}."));
    }
    for it in report.flat_map(Report::notes) {
        gaps.push(format!("The check notes: {it}."));
    }
    gaps.extend(input.gaps.iter().cloned());
    gaps.extend(ALWAYS.map(str::to_owned));
    gaps
}

/// Returns the gaps as a text.
pub(super) fn text(gaps: &[String]) -> String {
    let mut text = String::from("What this folder does not show\n\n");
    for gap in gaps {
        text += &format!("- {gap}\n");
    }
    text
}
