//! The data that a policy derives from its declarations, once.

use std::{collections::HashMap, time::Duration};

use foldhash::fast::FixedState;

use super::{
    Basis, Category, CategorySet, CookieDeclaration, Fingerprint, builder::Declared, fingerprint,
    headers::Headers, index::Index,
};

pub(super) struct Compiled {
    pub(super) index: Index,
    pub(super) headers: Headers,
    /// The names of the cookies that the codec reads.
    pub(super) preferences_names: Vec<String>,
    /// Each category's id as the key of a member of percent-encoded JSON, with its colon.
    pub(super) encoded_keys: Vec<Box<[u8]>>,
    /// Category indexes by id.
    pub(super) by_id: HashMap<Box<[u8]>, u8, FixedState>,
    /// The number of each category's first declaration.
    pub(super) first_declaration: Vec<u32>,
    pub(super) necessary: CategorySet,
    pub(super) exempt: CategorySet,
    pub(super) consenting: CategorySet,
    pub(super) objectable: CategorySet,
    pub(super) objectable_under_gpc: CategorySet,
    pub(super) below_root: CategorySet,
    pub(super) choice_lifetime: Duration,
    pub(super) fingerprint: Fingerprint,
}

impl Compiled {
    pub(super) fn new(policy: &Declared) -> Self {
        let name = policy.preferences_cookie.name();
        let preferences_names = policy.preferences_cookie.names_read();
        // A codec that panics was found before.
        let preferences_names = preferences_names.unwrap_or_else(|| vec![name.to_owned()]);
        let categories = &policy.categories;
        let set = |fits: fn(&Category) -> bool| -> CategorySet {
            (0..CategorySet::CAPACITY)
                .zip(categories)
                .filter(|(_, c)| fits(c))
                .map(|(index, _)| index)
                .collect()
        };
        Self {
            index: Index::new(&preferences_names, categories),
            headers: Headers::new(categories),
            preferences_names,
            encoded_keys: categories
                .iter()
                .map(|category| format!("%22{}%22%3A", category.id()).into_bytes().into())
                .collect(),
            by_id: (0..CategorySet::CAPACITY)
                .zip(categories)
                .map(|(index, category)| (category.id().as_bytes().into(), index))
                .collect(),
            first_declaration: first_declarations(categories),
            necessary: set(|category| category.basis() == Basis::Necessary),
            exempt: set(|category| category.basis() == Basis::Exempt),
            consenting: set(|category| category.basis() == Basis::Consent),
            objectable: set(|category| matches!(category.basis(), Basis::Exempt | Basis::OptOut)),
            objectable_under_gpc: set(|category| match category.basis() {
                Basis::Exempt => category.get_gpc(),
                Basis::OptOut => true,
                Basis::Necessary | Basis::Consent => false,
            }),
            below_root: set(|category| {
                let mut cookies = category.get_cookies().iter();
                cookies.any(CookieDeclaration::is_below_root)
            }),
            choice_lifetime: policy.choice_lifetime.duration().unwrap_or_default(),
            fingerprint: fingerprint::enforced(name, categories),
        }
    }
}

fn first_declarations(categories: &[Category]) -> Vec<u32> {
    categories
        .iter()
        .scan(0_u32, |next, category| {
            let count = u32::try_from(category.get_cookies().len()).unwrap_or(u32::MAX);
            let first = *next;
            *next = next.saturating_add(count);
            Some(first)
        })
        .collect()
}
