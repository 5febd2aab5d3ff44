//! Looks on each page for a way to withdraw, and follows it.

use http::StatusCode;

use super::known::{PageSeen, Reading, seen};
use crate::conformance::{
    Requirement,
    pages::{PageRead, Way},
    planned::get,
    play::{Play, look::page_step, shown::MOST_REDIRECTS, step::Step},
    scenes::Situation,
    target::Target,
    visitor::Visitor,
};

const WRITTEN: &str = "pages that scripts write were not judged for a way to withdraw";

impl<T: Target> Play<T> {
    /// Judges how a visitor who has accepted can withdraw on each page.
    pub(super) async fn withdrawals(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        pages: &[Option<PageSeen>],
    ) {
        if !reading.offers_choice && !reading.accepts_beside {
            return;
        }
        for read in pages.iter().flatten() {
            let page = read.page.as_ref().filter(|page| {
                let is_judged = reading.offers_choice || page.has_no_way();
                page.has_granted()
                    && read.status == StatusCode::OK
                    && reading.is_page(read)
                    && is_judged
            });
            let Some(page) = page else {
                continue;
            };
            if page.is_shell() {
                self.ledger.recorder.note(WRITTEN);
                continue;
            }
            self.ledger.recorder.exercise(Requirement::WithdrawalAsEasy);
            self.save_unticked(reading, scene, (page, &read.visitor))
                .await;
            if let Some(why) = self
                .withdrawal_on(reading, scene, page, &read.visitor)
                .await
            {
                let seen = seen(scene, &read.step.label);
                page.breach(
                    Requirement::WithdrawalAsEasy,
                    why,
                    seen,
                    &mut self.ledger.recorder,
                );
            }
        }
    }

    /// Returns what is wrong with each way to withdraw on a page, if none works.
    async fn withdrawal_on(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        page: &PageRead,
        visitor: &Visitor,
    ) -> Option<String> {
        let mut first = None;
        for way in page.ways() {
            let fault = match way {
                Way::Here | Way::Form(_) | Way::Elsewhere => None,
                Way::Letter(control) => Some(format!("{:?} takes a mail or a call", control.text)),
                Way::Button(control) => {
                    let text = &control.text;
                    if let Some(field) = page.asks_for(control) {
                        Some(format!("withdrawing ({text:?}) asks for {field:?}"))
                    } else {
                        let done = self.attempt(reading, scene, (page, visitor), control).await;
                        done.and_then(|done| match (done.is_answered(), done.takes_back()) {
                            (_, true) => None,
                            (false, false) => {
                                let status = done.status.as_u16();
                                Some(format!("withdrawing ({text:?}) leads to {}, which has the status {status}", done.path))
                            }
                            (true, false) if done.asks_for_account => Some(format!("withdrawing ({text:?}) asks for an account")),
                            (true, false) if reading.accepts => {
                                Some(format!("withdrawing ({text:?}) takes nothing back in its one request"))
                            }
                            (true, false) => None,
                        })
                    }
                }
                Way::Link(control, url) => {
                    let path = url.path().to_owned();
                    let known = reading.linked.get(&path).cloned();
                    let fault = match known {
                        Some(known) => known,
                        None => self.linked_page(reading, scene, visitor, &url).await,
                    };
                    reading.linked.insert(path, fault.clone());
                    fault.map(|fault| format!("the link {:?} {fault}", control.text))
                }
            };
            match fault {
                None => return None,
                fault => first = first.or(fault),
            }
        }
        if first.is_none() && self.parts_take_back(reading, scene, (page, visitor)).await {
            return None;
        }
        let none = "the visitor has accepted, and nothing on it changes or withdraws that choice";
        Some(first.unwrap_or_else(|| none.to_owned()))
    }

    /// Returns `true` if buttons take back all that the visitor has allowed, each of them a part.
    async fn parts_take_back(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (page, visitor): (&PageRead, &Visitor),
    ) -> bool {
        let mut left = page.granted();
        for control in page.parts() {
            let done = self.attempt(reading, scene, (page, visitor), control).await;
            if let Some(stored) = done.and_then(|done| done.stored) {
                left = left & stored.granted;
            }
        }
        left.is_empty()
    }

    /// Returns what is wrong with a page that a link for withdrawing leads to.
    async fn linked_page(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        visitor: &Visitor,
        url: &url::Url,
    ) -> Option<String> {
        let mut visitor = visitor.clone();
        let mut step = page_step(url)?;
        for _ in 0..=MOST_REDIRECTS {
            let read = self.read_page(scene, &mut visitor, &step).await?;
            if let Some(to) = &read.leads_to {
                let Some(parts) = get(to) else {
                    // Another site.
                    return None;
                };
                step = Step {
                    label: format!("GET {} (from {})", parts.uri.path(), step.label),
                    ..Step::visit(parts, 0)
                };
                continue;
            }
            let status = read.status.as_u16();
            if let Some(page) = read.page.as_ref().filter(|_| read.status == StatusCode::OK) {
                self.save_unticked(reading, scene, (page, &read.visitor))
                    .await;
            }
            return match (status, &read.page) {
                (401 | 403, _) => Some(format!(
                    "leads to {}, which asks for an account",
                    url.path()
                )),
                (400.., _) => Some(format!(
                    "leads to {}, which has the status {status}",
                    url.path()
                )),
                (_, Some(page)) if page.withdraws() => {
                    let there = (page, &read.visitor);
                    let fault = self.withdrawal_there(reading, scene, there).await;
                    fault.map(|fault| format!("leads to {}, where {fault}", url.path()))
                }
                (_, Some(page)) if page.asks_for_account() => Some(format!(
                    "leads to {}, which asks for an account",
                    url.path()
                )),
                (_, Some(page)) if page.has_empty_place() => {
                    self.ledger.recorder.note(WRITTEN);
                    None
                }
                (_, Some(_)) => Some(format!(
                    "leads to {}, where nothing changes or withdraws a choice",
                    url.path()
                )),
                // Not a page, so nothing that can be judged.
                (_, None) => Some(format!("leads to {}, which is not a page", url.path())),
            };
        }
        None
    }

    /// Uses the forms of a page that a link for withdrawing leads to. Returns what is wrong if none of them works: on a
    /// site on whose pages accepting does.
    async fn withdrawal_there(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (page, visitor): (&PageRead, &Visitor),
    ) -> Option<String> {
        let mut first = None;
        if !reading.accepts {
            return first;
        }
        for way in page.ways() {
            let (control, what) = match way {
                Way::Form(control) => (control, "saving the form with nothing ticked"),
                Way::Button(control) => (control, "withdrawing"),
                // Links lead back, or to more of the same.
                Way::Link(..) | Way::Letter(_) => continue,
                Way::Here | Way::Elsewhere => return None,
            };
            let text = &control.text;
            let fault = match page.asks_for(control) {
                Some(field) => Some(format!("{what} ({text:?}) asks for {field:?}")),
                None => {
                    let done = match way {
                        Way::Form(_) => {
                            self.saved_unticked(reading, scene, (page, visitor), control)
                                .await
                        }
                        _ => self.attempt(reading, scene, (page, visitor), control).await,
                    };
                    let done = done?;
                    let is_kept = done.stored.is_none() && !done.is_removed;
                    is_kept.then(|| match done.is_answered() {
                        true => format!("{what} ({text:?}) changes nothing"),
                        false => {
                            let status = done.status.as_u16();
                            format!("{what} ({text:?}) has the status {status}")
                        }
                    })
                }
            };
            match fault {
                None => return None,
                fault => first = first.or(fault),
            }
        }
        first
    }
}
