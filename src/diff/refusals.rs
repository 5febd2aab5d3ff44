//! Refusals that the newer edition would not keep.

use std::collections::BTreeSet;

use super::{
    fault::{DiffFault, DiffFaultKind},
    parts::{Key, Part},
    place::Place,
    visitors::Context,
};

/// Something that a visitor's answer decides about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Tracker(super::parts::Tracker),
    Origin(String),
}

/// An item and where it is declared.
struct Declared<'a> {
    item: Item,
    group: &'a str,
    place: &'a Place,
}

/// Returns a fault for each cookie, service or origin that was refused with a category or service, and that
/// the new policy allows to those who refused it.
pub(super) fn refusals(contexts: &[Context], parts: (&[Part], &[Part])) -> Vec<DiffFault> {
    let (old, new) = (items(parts.0), items(parts.1));
    let mut faults: Vec<DiffFault> = Vec::new();
    for context in contexts.iter().filter(|context| context.can_be_played()) {
        let groups: BTreeSet<_> = old.iter().map(|declared| declared.group).collect();
        for group in groups {
            let Some(refusal) = context.accepting_all_but(group) else {
                continue;
            };
            let Some(judged) = context.judged(&refusal, 0) else {
                continue;
            };
            // What another answer allowed is not refused.
            let was_allowed = |item: &Item| {
                let mut declared = old.iter().filter(|declared| declared.item == *item);
                declared.any(|declared| judged.old.allows(declared.group))
            };
            let refused = old.iter().filter(|declared| declared.group == group);
            for Declared { item, .. } in refused.filter(|refused| !was_allowed(&refused.item)) {
                let allowed = new.iter().filter(|declared| declared.item == *item);
                for now in allowed.filter(|now| judged.new.allows(now.group)) {
                    let fault = fault(group, now);
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
    }
    faults
}

fn fault(group: &str, now: &Declared<'_>) -> DiffFault {
    let what = match &now.item {
        Item::Tracker(tracker) => format!("the {} {:?}", tracker.kind, tracker.name),
        Item::Origin(origin) => format!("the origin {origin:?}"),
    };
    let message = format!(
        "visitors who refused {group:?} would get {what} all the same, by {:?}: keep it where their refusal \
         counts",
        now.group
    );
    DiffFault::new(DiffFaultKind::RefusalOverridden, now.place, message)
}

fn items(parts: &[Part]) -> Vec<Declared<'_>> {
    let mut items = Vec::new();
    for part in parts {
        let Some(group) = part.place.group() else {
            continue;
        };
        let place = &part.place;
        match &part.key {
            Key::Cookie(cookie) => items.push(Declared {
                item: Item::Tracker(cookie.tracker.clone()),
                group,
                place,
            }),
            Key::Service(_) => {
                let origins = part
                    .list("origins")
                    .iter()
                    .filter_map(|origin| origin.as_str());
                items.extend(origins.map(|origin| Declared {
                    item: Item::Origin(origin.to_ascii_lowercase()),
                    group,
                    place,
                }));
            }
            Key::Policy | Key::Category(_) => {}
        }
    }
    items
}
