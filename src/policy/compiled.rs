//! The data that a policy derives from its declarations, once.

use std::{collections::HashMap, ops::Range, sync::OnceLock, time::Duration};

use foldhash::fast::FixedState;

use super::{
    Basis, CategorySet, CookieDeclaration, Fingerprint, declared::Declared, fingerprint,
    groups::Group, headers::Headers, index::Index, mistakes::Mistakes, regimes::RegimeTable,
    services::Services,
};

pub(super) struct Compiled {
    pub(super) index: Index,
    pub(super) headers: Headers,
    /// The names of the cookies that the codec reads.
    pub(super) preferences_names: Vec<String>,
    /// The number of those before which the names of former cookies begin.
    pub(super) own_names: usize,
    /// For each former cookie, which of the names are its.
    pub(super) formers: Vec<Range<usize>>,
    /// The codec only reads. Set once the policy can be given to it.
    pub(super) is_read_only: OnceLock<bool>,
    pub(super) mistakes: Mistakes,
    /// Each group's id as the key of a member of percent-encoded JSON, with its colon.
    pub(super) encoded_keys: Vec<Box<[u8]>>,
    /// The numbers of categories and services by id.
    pub(super) by_id: HashMap<Box<[u8]>, u8, FixedState>,
    /// The number of each group's first declaration.
    pub(super) first_declaration: Vec<u32>,
    pub(super) services: Services,
    pub(super) necessary: CategorySet,
    pub(super) exempt: CategorySet,
    pub(super) consenting: CategorySet,
    pub(super) objectable: CategorySet,
    pub(super) opt_out: CategorySet,
    pub(super) objectable_under_gpc: CategorySet,
    pub(super) below_root: CategorySet,
    pub(super) choice_lifetime: Duration,
    pub(super) reask_after_refusal: Duration,
    pub(super) regimes: RegimeTable,
    pub(super) is_in_regime: bool,
    pub(super) fingerprint: Fingerprint,
    /// A hash of everything that is declared.
    #[cfg(all(feature = "documents", feature = "pages"))]
    pub(super) content: u64,
}

impl Compiled {
    pub(super) fn new(policy: &Declared, regimes: RegimeTable) -> Self {
        let name = policy.preferences_cookie.name();
        let preferences_names = policy.preferences_cookie.names_read();
        // A codec that panics was found before.
        let mut preferences_names = preferences_names.unwrap_or_else(|| vec![name.to_owned()]);
        let own_names = preferences_names.len();
        let formers = policy.preferences_cookie.former_names();
        let formers = formers.unwrap_or_default().into_iter().map(|names| {
            let first = preferences_names.len();
            preferences_names.extend(names);
            first..preferences_names.len()
        });
        let formers = formers.collect();
        let categories = &policy.categories;
        let groups: Vec<_> = Group::all(categories).collect();
        let set = |fits: fn(&Group<'_>) -> bool| -> CategorySet {
            let fitting = groups.iter().filter(|group| fits(group));
            fitting.map(|group| group.number).collect()
        };
        Self {
            index: Index::new(&preferences_names, categories),
            headers: Headers::new(categories),
            preferences_names,
            own_names,
            formers,
            is_read_only: OnceLock::new(),
            mistakes: Mistakes::default(),
            encoded_keys: groups
                .iter()
                .map(|group| format!("%22{}%22%3A", group.id()).into_bytes().into())
                .collect(),
            by_id: groups
                .iter()
                .map(|group| (group.id().as_bytes().into(), group.number))
                .collect(),
            first_declaration: first_declarations(&groups),
            services: Services::new(categories),
            necessary: set(|group| group.basis() == Basis::Necessary),
            exempt: set(|group| group.basis() == Basis::Exempt),
            consenting: set(|group| group.basis() == Basis::Consent),
            objectable: set(|group| matches!(group.basis(), Basis::Exempt | Basis::OptOut)),
            opt_out: set(|group| group.basis() == Basis::OptOut),
            objectable_under_gpc: set(|group| match group.basis() {
                Basis::Exempt => group.category.get_gpc(),
                Basis::OptOut => true,
                Basis::Necessary | Basis::Consent => false,
            }),
            below_root: set(|group| {
                let mut cookies = group.cookies().iter();
                cookies.any(CookieDeclaration::is_below_root)
            }),
            choice_lifetime: policy.choice_lifetime.duration().unwrap_or_default(),
            reask_after_refusal: reask_after_refusal(policy),
            regimes,
            is_in_regime: policy.regime.is_some(),
            fingerprint: fingerprint::enforced(name, categories),
            #[cfg(all(feature = "documents", feature = "pages"))]
            content: content(policy),
        }
    }
}

#[cfg(all(feature = "documents", feature = "pages"))]
fn content(policy: &Declared) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};

    let mut hasher = DefaultHasher::new();
    serde_json::to_string(policy)
        .unwrap_or_default()
        .hash(&mut hasher);
    hasher.finish()
}

fn reask_after_refusal(policy: &Declared) -> Duration {
    let period = policy.reask_after_refusal.unwrap_or(policy.choice_lifetime);
    period.duration().unwrap_or_default()
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
