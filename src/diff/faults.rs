//! What does not fit: consent that would count for more, and revisions that do not do what they are for.

use super::{
    asked::{AskCause, AskedAgain},
    change::{ChangeEffect, PolicyChange, PolicyChangeKind},
    fault::{DiffFault, DiffFaultKind as Kind},
    parts::Part,
    place::Place,
    refusals::refusals,
    visitors::{Context, Judged},
};
use crate::{
    policy::{Category, CookiePolicy, Service},
    preferences::Choice,
};

/// Everything that has been found out about two editions.
pub(super) struct Findings<'a> {
    pub(super) old: &'a CookiePolicy,
    pub(super) new: &'a CookiePolicy,
    pub(super) parts: (&'a [Part], &'a [Part]),
    pub(super) changes: &'a [PolicyChange],
    pub(super) asked: &'a [AskedAgain],
    pub(super) contexts: &'a [Context],
}

/// Returns the faults, the worst first.
pub(super) fn faults(found: &Findings<'_>) -> Vec<DiffFault> {
    let mut faults = found.consent_for_more();
    let refusals = refusals(found.contexts, found.parts);
    // What counts for more is reported as that.
    let is_known = |fault: &DiffFault| faults.iter().any(|known| known.place == fault.place);
    let refusals: Vec<_> = refusals
        .into_iter()
        .filter(|fault| !is_known(fault))
        .collect();
    faults.extend(refusals);
    faults.extend(found.lost_choices());
    faults.extend(found.low_sinces());
    faults.extend(found.revived());
    faults.extend(found.revision());
    faults.extend(found.without_need());
    faults.extend(found.renamed());
    faults.sort();
    faults.dedup();
    faults
}

impl Findings<'_> {
    /// Returns the revision with which visitors would be asked.
    fn next_revision(&self) -> u32 {
        let next = self.old.revision().saturating_add(1);
        next.max(self.new.revision())
    }

    fn consent_for_more(&self) -> Vec<DiffFault> {
        let next = self.next_revision();
        let widening = self
            .changes
            .iter()
            .filter_map(|change| match change.effect {
                ChangeEffect::Widens => Some((Kind::CountsForMore, change)),
                ChangeEffect::MayWiden => Some((Kind::MayCountForMore, change)),
                ChangeEffect::Narrows | ChangeEffect::Asking | ChangeEffect::Neutral => None,
            });
        let counted = widening.filter(|(_, change)| match change.place.group() {
            Some(group) => self.counts(group),
            None => self
                .new
                .categories()
                .any(|category| self.counts(category.id())),
        });
        let faults = counted.map(|(kind, change)| {
            let what = change.what();
            let message = match kind {
                Kind::CountsForMore => format!(
                    "{what}, and earlier consent counts for it without a question: set `revision` and the \
                     `since` of the category or service to {next}"
                ),
                _ => format!(
                    "{what}, and nobody is asked again: if it means more or another recipient, set \
                     `revision` and `since` to {next}"
                ),
            };
            DiffFault::new(kind, &change.place, message)
        });
        faults.collect()
    }

    /// Returns `true` if consent given under the newest revision of the old policy counts for the category
    /// or service, where that needs consent.
    fn counts(&self, group: &str) -> bool {
        self.played().any(|context| {
            let Some(index) = context.new.index_of(group.as_bytes()) else {
                return false;
            };
            let accepting = [context.accepting(), context.accepting_services()];
            context.new.consenting().contains(index)
                && accepting.iter().any(|choice| {
                    let judged = context.judged(choice, 0);
                    judged.is_some_and(|judged| judged.new.allows(group))
                })
        })
    }

    fn played(&self) -> impl Iterator<Item = &Context> {
        self.contexts
            .iter()
            .filter(|context| context.can_be_played())
    }

    fn lost_choices(&self) -> Option<DiffFault> {
        if !self.contexts.iter().all(Context::can_be_played) {
            let message = "another tool writes the preferences cookie of one of the editions, so who is \
                           asked again is not known here: try it in a browser";
            return Some(DiffFault::new(Kind::NotPlayed, &Place::default(), message));
        }
        let context = self.contexts.first()?;
        let judged = context.judged(&context.accepting(), 0)?;
        if judged.new.choice().is_some() {
            return None;
        }
        let name = self.old.preferences_cookie().name();
        let message = format!(
            "choices in the preferences cookie {name:?} of the old policy can't be read, so refusals and \
             objections are lost with them: read it on with `also_read`, with its codec and keys"
        );
        Some(DiffFault::new(
            Kind::ChoicesLost,
            &Place::default(),
            message,
        ))
    }

    /// Finds a `since` that was raised and asks nobody who chose under the old revision.
    fn low_sinces(&self) -> Vec<DiffFault> {
        let (newest, next) = (self.old.revision(), self.next_revision());
        let raised = sinces(self.new).into_iter().filter_map(|(place, since)| {
            let before = since_of(self.old, place.group()?)?;
            let is_too_low = before < since && since <= newest;
            (is_too_low && self.has_other_since(&place)).then(|| {
                let message = format!(
                    "`since` was raised to {since}, but choices made under the old policy have revision \
                     {newest}, so they count: set `revision` and `since` to {next}"
                );
                DiffFault::new(Kind::SinceTooLow, &place, message)
            })
        });
        raised.collect()
    }

    /// Returns `true` if the `since` of a category or service was changed, or that of the policy, which
    /// categories take over.
    fn has_other_since(&self, place: &Place) -> bool {
        self.changes.iter().any(|change| {
            let is_of_policy = change.place == Place::default() && place.service.is_none();
            change.key.as_deref() == Some("since") && (is_of_policy || change.place == *place)
        })
    }

    /// Finds consent that did not count under the old policy and does under the new one.
    fn revived(&self) -> Vec<DiffFault> {
        let lowered = sinces(self.new).into_iter().filter_map(|(place, since)| {
            let group = place.group()?;
            let before = since_of(self.old, group)?;
            let revived = self.played().any(|context| revives(context, group, before));
            (since < before && revived && self.has_other_since(&place)).then(|| {
                let message = format!(
                    "`since` was lowered from {before} to {since}, so consent from before revision \
                     {before}, which had ended, counts again: set it to {before} or more"
                );
                DiffFault::new(Kind::ConsentRevived, &place, message)
            })
        });
        lowered.collect()
    }

    fn revision(&self) -> Option<DiffFault> {
        let (old, new) = (self.old.revision(), self.new.revision());
        let policy = Place::default();
        if new < old {
            let message = format!(
                "the revision went down from {old} to {new}, so no choice with a higher one counts: use \
                 {old} or more"
            );
            return Some(DiffFault::new(Kind::RevisionLowered, &policy, message));
        }
        let is_revision = |change: &PolicyChange| change.key.as_deref() == Some("revision");
        (new > old && self.changes.iter().all(is_revision)).then(|| {
            let message = format!(
                "the revision went up from {old} to {new}, and nothing else changed: keep {old}"
            );
            DiffFault::new(Kind::RevisionWithoutNeed, &policy, message)
        })
    }

    fn without_need(&self) -> Vec<DiffFault> {
        let needs = |category: &str| {
            self.changes.iter().any(|change| {
                let widens = matches!(change.effect, ChangeEffect::Widens | ChangeEffect::MayWiden);
                let of_category = change.place.category.as_deref();
                widens && of_category.is_none_or(|of| of == category)
            })
        };
        let is_by_since = |cause| matches!(cause, AskCause::Since | AskCause::ServiceSince);
        let asked = self.asked.iter().filter(|asked| is_by_since(asked.cause));
        // Of older revisions only, somebody else is reported: a `since` that is too low.
        let asked = asked.filter(|asked| {
            asked
                .revisions
                .is_none_or(|(_, last)| last == self.old.revision())
        });
        let faults = asked.filter(|asked| !needs(&asked.category)).map(|asked| {
            let message = "visitors are asked again, but nothing that they consented to has changed: keep \
                           `since`";
            DiffFault::new(Kind::AskedWithoutNeed, &Place::of_category(&asked.category), message)
        });
        faults.collect()
    }

    fn renamed(&self) -> Vec<DiffFault> {
        let renamed = self
            .changes
            .iter()
            .filter(|change| change.kind == PolicyChangeKind::Renamed);
        let faults = renamed.map(|change| {
            let message = format!(
                "{}, and the answers that visitors gave are kept under the old id: keep the id, and change the \
                 title",
                change.what()
            );
            DiffFault::new(Kind::AnswersLost, &change.place, message)
        });
        faults.collect()
    }
}

/// Returns each category and service with its `since` in effect.
fn sinces(policy: &CookiePolicy) -> Vec<(Place, u32)> {
    let all = policy.categories().flat_map(|category| {
        let place = Place::of_category(category.id());
        let services = category.get_services().iter().map({
            let place = place.clone();
            move |service| {
                let service_place = Place {
                    service: Some(service.id().to_owned()),
                    ..place.clone()
                };
                (service_place, service.get_since())
            }
        });
        let services: Vec<_> = services.collect();
        std::iter::once((place, category.get_since())).chain(services)
    });
    all.collect()
}

fn since_of(policy: &CookiePolicy, id: &str) -> Option<u32> {
    let category = policy.category(id).map(Category::get_since);
    category.or_else(|| policy.service(id).map(Service::get_since))
}

/// Returns `true` if consent of the revision before `since` counts for the category or service under the
/// new policy only.
fn revives(context: &Context, group: &str, since: u32) -> bool {
    let consents = |policy: &CookiePolicy| {
        let index = policy.index_of(group.as_bytes());
        index.is_some_and(|index| policy.consenting().contains(index))
    };
    let revision = since.saturating_sub(1);
    if revision == 0 || !consents(&context.old) || !consents(&context.new) {
        return false;
    }
    let accepting = [context.accepting(), context.accepting_services()];
    let judged = |choice: Choice| context.judged(&choice.with_revision(revision), 0);
    let revived = |judged: Judged| !judged.old.allows(group) && judged.new.allows(group);
    accepting.into_iter().filter_map(judged).any(revived)
}
