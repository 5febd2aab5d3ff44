//! Lists whose members have another order, which is the order on pages.

use super::{
    change::{ChangeEffect, PolicyChange, PolicyChangeKind},
    parts::{Key, Part},
    place::Place,
};

/// A list of a policy: where it is, its key, and the members.
struct List<'a> {
    place: Place,
    key: &'static str,
    members: Vec<&'a Key>,
}

/// Returns a change for each list whose common members have another order.
pub(super) fn reordered(old: &[Part], new: &[Part]) -> Vec<PolicyChange> {
    let before = lists(old);
    let after = lists(new);
    let reordered = after.iter().filter_map(|list| {
        let before = before
            .iter()
            .find(|it| it.place == list.place && it.key == list.key)?;
        let common = |members: &[&'_ Key], others: &[&'_ Key]| -> Vec<Key> {
            let both = members.iter().filter(|member| others.contains(member));
            both.map(|member| (*member).clone()).collect()
        };
        let is_same =
            common(&before.members, &list.members) == common(&list.members, &before.members);
        (!is_same).then(|| PolicyChange {
            key: Some(list.key.to_owned()),
            ..PolicyChange::new(
                PolicyChangeKind::Changed,
                &list.place,
                ChangeEffect::Neutral,
            )
        })
    });
    reordered.collect()
}

fn lists(parts: &[Part]) -> Vec<List<'_>> {
    let mut lists: Vec<List<'_>> = Vec::new();
    for part in parts {
        let (mut place, key) = match &part.key {
            Key::Policy => continue,
            Key::Category(_) => (Place::default(), "categories"),
            Key::Service(_) => (part.place.clone(), "services"),
            Key::Cookie(_) => (part.place.clone(), "cookies"),
        };
        match key {
            "cookies" => place.cookie = None,
            _ => place.service = None,
        }
        match lists
            .iter_mut()
            .find(|list| list.place == place && list.key == key)
        {
            Some(list) => list.members.push(&part.key),
            None => lists.push(List {
                place,
                key,
                members: vec![&part.key],
            }),
        }
    }
    lists
}
