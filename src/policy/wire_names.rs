//! The names and ids of a policy on the wire, which are the same in each of its regimes.

use std::{collections::HashMap, ops::Range};

use foldhash::fast::FixedState;

use super::{declared::Declared, groups::Group, headers::Headers, index::Index};

/// Names and ids, shared by the policy and its variants: there is one table of names, however many
/// regimes there are.
pub(super) struct WireNames {
    pub(super) index: Index,
    pub(super) headers: Headers,
    /// The names of the cookies that the codec reads.
    pub(super) preferences: Vec<String>,
    /// The number of those before which the names of former cookies begin.
    pub(super) own: usize,
    /// For each former cookie, which of the names are its.
    pub(super) formers: Vec<Range<usize>>,
    /// Each group's id as the key of a member of percent-encoded JSON, with its colon.
    pub(super) encoded_keys: Vec<Box<[u8]>>,
    /// The numbers of categories and services by id.
    pub(super) by_id: HashMap<Box<[u8]>, u8, FixedState>,
    /// The number of each group's first declaration.
    pub(super) first_declaration: Vec<u32>,
}

impl WireNames {
    pub(super) fn of(policy: &Declared) -> Self {
        let name = policy.preferences_cookie.name();
        let preferences = policy.preferences_cookie.names_read();
        // A codec that panics was found before.
        let mut preferences = preferences.unwrap_or_else(|| vec![name.to_owned()]);
        let own = preferences.len();
        let formers = policy.preferences_cookie.former_names();
        let formers = formers.unwrap_or_default().into_iter().map(|names| {
            let first = preferences.len();
            preferences.extend(names);
            first..preferences.len()
        });
        let formers = formers.collect();
        let categories = &policy.categories;
        let groups: Vec<_> = Group::all(categories).collect();
        Self {
            index: Index::new(&preferences, categories),
            headers: Headers::new(categories),
            preferences,
            own,
            formers,
            encoded_keys: groups
                .iter()
                .map(|group| format!("%22{}%22%3A", group.id()).into_bytes().into())
                .collect(),
            by_id: groups
                .iter()
                .map(|group| (group.id().as_bytes().into(), group.number))
                .collect(),
            first_declaration: first_declarations(&groups),
        }
    }
}

fn first_declarations(groups: &[Group<'_>]) -> Vec<u32> {
    groups
        .iter()
        .scan(0_u32, |next, group| {
            let count = u32::try_from(group.cookies().len()).unwrap_or(u32::MAX);
            let first = *next;
            *next = next.saturating_add(count);
            Some(first)
        })
        .collect()
}
