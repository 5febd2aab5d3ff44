//! Finds the links of pages, and says what was not visited.

use url::Url;

use super::{
    MOST_REPEATED, Play,
    step::{Step, at, is_html},
};
use crate::conformance::{
    links::links,
    planned::get,
    target::{Target, TargetAnswer},
};

const MOST_PAGES: usize = 200;

impl<T: Target> Play<T> {
    /// Says what of the site and of the plan was left out.
    pub(super) fn tell_unplayed(&mut self) {
        let left = self.unvisited.difference(&self.known).count();
        if let Some(first) = self.unvisited.difference(&self.known).next() {
            let first = first.split('?').next().unwrap_or_default().to_owned();
            let (what, why) = match left {
                1 => (format!("the linked page {first}"), "follow_links visits it"),
                _ => (
                    format!("{left} linked pages, such as {first}"),
                    "follow_links visits them",
                ),
            };
            self.skip(&what, why);
        }
        let more = self.plan.len().saturating_sub(MOST_REPEATED);
        if more > 0 {
            let what = format!("{more} requests, in more ways");
            let why = format!(
                "in other languages, with other browsers, with conditions and after partial choices, the first {MOST_REPEATED} were played alone"
            );
            self.skip(&what, &why);
        }
        self.tell_most_of_plan();
        let can_refuse = !self.kit.oracle.policy().consenting().is_empty();
        if can_refuse && !self.makers.is_empty() && self.makers.iter().all(|it| it.accepts) {
            self.skip(
                "a refusal by the site's own request",
                "none of the plan refuses",
            );
        }
    }

    pub(super) fn find_links(&mut self, answer: &TargetAnswer, page: &Url, depth: usize) {
        let is_page = |_: &&Vec<u8>| is_html(answer.headers());
        let Some(body) = answer.body().as_ref().filter(is_page) else {
            return;
        };
        if depth >= self.kit.depth {
            // Once for each page.
            if self.searched.insert(page.path().to_owned()) {
                let links = links(&String::from_utf8_lossy(body), page);
                self.unvisited.extend(links);
            }
            return;
        }
        for path in links(&String::from_utf8_lossy(body), page) {
            if self.plan.len() >= MOST_PAGES {
                let note = format!(
                    "not exercised: more than {MOST_PAGES} pages: the others were not visited"
                );
                return self.ledger.recorder.note(note);
            }
            if self.known.insert(path.clone())
                && let Some(parts) = get(&path)
            {
                let label = self
                    .labels
                    .next(parts.method.as_str(), at(&self.site, &parts.uri).path());
                self.plan.push(Step {
                    label,
                    ..Step::visit(parts, depth + 1)
                });
            }
        }
    }
}
