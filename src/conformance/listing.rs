//! The list of findings, in which the same one is listed once.

use super::report::Finding;

/// The number of different findings reported for one requirement; a site that sets a thousand names
/// would hide the others.
pub(super) const MOST_FINDINGS: usize = 50;

/// The number of requests listed with one finding.
const MOST_REQUESTS: usize = 20;

/// Adds it to findings that are the same, or to the list. Returns `false` if the list is full.
pub(super) fn list(known: &mut Vec<Finding>, new: Finding) -> bool {
    let same = known.iter_mut().find(|finding| {
        finding.requirement == new.requirement
            && finding.header == new.header
            && finding.cookie == new.cookie
            && finding.element == new.element
            && finding.why == new.why
    });
    if let Some(finding) = same {
        finding.count += new.count;
        if finding.requests.len() < MOST_REQUESTS && !finding.requests.contains(&new.request) {
            finding.requests.push(new.request);
        }
        return true;
    }
    let of_requirement = |finding: &&Finding| finding.requirement == new.requirement;
    let room = known.iter().filter(of_requirement).count() < MOST_FINDINGS;
    if room {
        known.push(new);
    }
    room
}
