//! The differences between two editions, part by part and key by key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    change::{ChangeEffect, PolicyChange, PolicyChangeKind},
    effect::effect,
    order::reordered,
    parts::{Key, Part, Tracker, parts, words},
    place::Place,
};
use crate::policy::CookiePolicy;

/// The parts of both editions. Those of the old one have the keys that they have in the new one.
pub(super) struct Editions<'a> {
    pub(super) old: Vec<Part>,
    pub(super) new: Vec<Part>,
    /// The default languages.
    pub(super) languages: (&'a str, &'a str),
    renamed: Vec<(Key, Key)>,
}

impl<'a> Editions<'a> {
    pub(super) fn new(old: &'a CookiePolicy, new: &'a CookiePolicy) -> Self {
        let mut editions = Self {
            old: parts(old),
            new: parts(new),
            languages: (old.default_language(), new.default_language()),
            renamed: Vec::new(),
        };
        // Categories first: services belong to them.
        for is_service in [false, true] {
            let renamed = editions.find_renamed(is_service);
            for (from, to) in &renamed {
                editions.rename(from, to);
            }
            editions.renamed.extend(renamed);
        }
        editions
    }

    /// Returns each part of the new edition with the same part of the old one, if there is one.
    pub(super) fn pairs(&self) -> Vec<(Option<&Part>, &Part)> {
        let old: BTreeMap<_, _> = self.old.iter().map(|part| (&part.key, part)).collect();
        let has: BTreeSet<_> = self.new.iter().map(|part| &part.key).collect();
        // What was declared somewhere else, in order.
        let mut gone: Vec<_> = self
            .old
            .iter()
            .filter(|part| !has.contains(&part.key))
            .collect();
        let pairs = self.new.iter().map(|part| {
            let same = old.get(&part.key).copied();
            let moved = || {
                let at = gone.iter().position(|old| is_same_tracker(old, part))?;
                Some(gone.remove(at))
            };
            (same.or_else(moved), part)
        });
        pairs.collect()
    }

    fn find_renamed(&self, is_service: bool) -> Vec<(Key, Key)> {
        let fits = |part: &&Part| match part.key {
            Key::Category(_) => !is_service,
            Key::Service(_) => is_service,
            Key::Policy | Key::Cookie(_) => false,
        };
        let lacks = |parts: &[Part], key: &Key| parts.iter().all(|part| part.key != *key);
        let gone = self.old.iter().filter(fits);
        let gone = gone.filter(|part| lacks(&self.new, &part.key));
        let mut added: Vec<_> = self.new.iter().filter(fits).collect();
        added.retain(|part| lacks(&self.old, &part.key));
        let renamed = gone.filter_map(|old| {
            let at = added.iter().position(|new| self.are_alike(old, new))?;
            Some((old.key.clone(), added.remove(at).key.clone()))
        });
        renamed.collect()
    }

    /// Returns `true` if most of what two categories or services declare is the same, or their title is.
    fn are_alike(&self, old: &Part, new: &Part) -> bool {
        let title = |part: &Part| part.values.get("title").cloned();
        let (before, after) = (contents(&self.old, &old.key), contents(&self.new, &new.key));
        let common = before.intersection(&after).count();
        let most = before.len().max(after.len());
        (title(old).is_some() && title(old) == title(new)) || (common > 0 && common * 2 >= most)
    }

    fn rename(&mut self, from: &Key, to: &Key) {
        let (Some(from_id), Some(to_id)) = (from.id(), to.id()) else {
            return;
        };
        for part in &mut self.old {
            if part.key == *from {
                part.key = to.clone();
            } else if let Key::Cookie(cookie) = &mut part.key
                && cookie.group == from_id
            {
                to_id.clone_into(&mut cookie.group);
            }
            let category = &mut part.place.category;
            if matches!(from, Key::Category(_)) && category.as_deref() == Some(from_id) {
                *category = Some(to_id.to_owned());
            }
        }
    }
}

/// Returns what a category or service declares, in a form to compare.
fn contents(parts: &[Part], of: &Key) -> BTreeSet<String> {
    let group = of.id().unwrap_or_default();
    let is_in = |part: &&Part| match &part.key {
        Key::Cookie(cookie) => cookie.group == group,
        Key::Service(_) => {
            matches!(of, Key::Category(_)) && part.place.category.as_deref() == Some(group)
        }
        Key::Policy | Key::Category(_) => false,
    };
    let inside = parts.iter().filter(is_in).map(|part| match &part.key {
        Key::Cookie(cookie) => format!("{:?}", cookie.tracker),
        key => format!("{key:?}"),
    });
    let own = parts.iter().filter(|part| part.key == *of);
    let origins = own
        .flat_map(|part| part.list("origins"))
        .map(Value::to_string);
    inside.chain(origins).collect()
}

fn is_same_tracker(old: &Part, new: &Part) -> bool {
    fn tracker(key: &Key) -> Option<&Tracker> {
        match key {
            Key::Cookie(cookie) => Some(&cookie.tracker),
            Key::Policy | Key::Category(_) | Key::Service(_) => None,
        }
    }
    tracker(&old.key).is_some() && tracker(&old.key) == tracker(&new.key)
}

/// Returns all differences, in the order of the new edition, and then what was removed.
pub(super) fn changes(editions: &Editions<'_>) -> Vec<PolicyChange> {
    let mut changes = Vec::new();
    let pairs = editions.pairs();
    let mut kept = BTreeSet::new();
    for (old, new) in &pairs {
        match old {
            Some(old) => {
                kept.insert(&old.key);
                changes.extend(editions.renamed(new));
                changes.extend(moved(old, new));
                changes.extend(changed(editions, old, new));
            }
            None if is_inside(new, |key| is_added(&pairs, key)) => {}
            None => changes.push(PolicyChange::new(
                PolicyChangeKind::Added,
                &new.place,
                ChangeEffect::Widens,
            )),
        }
    }
    let gone: Vec<_> = editions
        .old
        .iter()
        .filter(|part| !kept.contains(&part.key))
        .collect();
    for part in &gone {
        if !is_inside(part, |key| gone.iter().any(|part| part.key == *key)) {
            let (kind, effect) = (PolicyChangeKind::Removed, ChangeEffect::Narrows);
            changes.push(PolicyChange::new(kind, &part.place, effect));
        }
    }
    changes.extend(reordered(&editions.old, &editions.new));
    changes
}

fn is_added(pairs: &[(Option<&Part>, &Part)], key: &Key) -> bool {
    pairs
        .iter()
        .any(|(old, new)| old.is_none() && new.key == *key)
}

/// Returns `true` if the category or service of a part fits.
fn is_inside(part: &Part, fits: impl Fn(&Key) -> bool) -> bool {
    let Place {
        category, service, ..
    } = &part.place;
    let around = [
        category.clone().map(Key::Category),
        service.clone().map(Key::Service),
    ];
    around
        .iter()
        .flatten()
        .any(|key| *key != part.key && fits(key))
}

impl Editions<'_> {
    fn renamed(&self, new: &Part) -> Option<PolicyChange> {
        let (from, _) = self.renamed.iter().find(|(_, to)| *to == new.key)?;
        let (kind, effect) = (PolicyChangeKind::Renamed, ChangeEffect::Asking);
        Some(PolicyChange {
            before: from.id().map(Value::from),
            after: new.key.id().map(Value::from),
            ..PolicyChange::new(kind, &new.place, effect)
        })
    }
}

fn moved(old: &Part, new: &Part) -> Option<PolicyChange> {
    let (before, after) = match (&old.key, &new.key) {
        (Key::Cookie(old), Key::Cookie(new)) => (&old.group, &new.group),
        (Key::Service(_), Key::Service(_)) => {
            (old.place.category.as_ref()?, new.place.category.as_ref()?)
        }
        _ => return None,
    };
    (before != after).then(|| PolicyChange {
        before: Some(before.as_str().into()),
        after: Some(after.as_str().into()),
        ..PolicyChange::new(PolicyChangeKind::Moved, &new.place, ChangeEffect::Widens)
    })
}

fn changed<'a>(
    editions: &'a Editions<'_>,
    old: &'a Part,
    new: &'a Part,
) -> impl Iterator<Item = PolicyChange> + use<'a> {
    let keys: BTreeSet<_> = old.values.keys().chain(new.values.keys()).collect();
    keys.into_iter().filter_map(move |key| {
        let (before, after) = (old.values.get(key), new.values.get(key));
        if before == after {
            return None;
        }
        let wording = wording(editions, old, new, key);
        let is_text = new.key.is_text(key);
        // A text may say the same in another form.
        if is_text && before.is_some() && after.is_some() && wording.languages.is_empty() {
            return None;
        }
        let effect = effect(old, new, key, wording.is_reworded);
        Some(PolicyChange {
            key: Some(key.clone()),
            languages: wording.languages,
            before: before.cloned(),
            after: after.cloned(),
            ..PolicyChange::new(PolicyChangeKind::Changed, &new.place, effect)
        })
    })
}

/// The difference between two texts.
struct Wording {
    /// The languages in which they differ.
    languages: Vec<String>,
    /// One of them had other words.
    is_reworded: bool,
}

fn wording(editions: &Editions<'_>, old: &Part, new: &Part, key: &str) -> Wording {
    let (before, after) = (old.texts(key), new.texts(key));
    let mut wording = Wording {
        languages: Vec::new(),
        is_reworded: false,
    };
    let mut languages = BTreeSet::new();
    for at in 0..before.len().max(after.len()) {
        let of = |texts: &[&Value], default: &str| {
            texts
                .get(at)
                .map(|text| words(text, default))
                .unwrap_or_default()
        };
        let (before, after) = (
            of(&before, editions.languages.0),
            of(&after, editions.languages.1),
        );
        for language in before.keys().chain(after.keys()) {
            let (before, after) = (before.get(language), after.get(language));
            if before != after {
                wording.is_reworded |= before.is_some() && after.is_some();
                languages.insert(language.clone());
            }
        }
    }
    wording.languages.extend(languages);
    wording
}
