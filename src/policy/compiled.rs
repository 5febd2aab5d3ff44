//! The data that a policy derives from its declarations, once.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    Basis, CategorySet, CookieDeclaration, Fingerprint, declared::Declared, fingerprint,
    groups::Group, mistakes::Mistakes, regimes::RegimeTable, services::Services,
    wire_names::WireNames,
};

pub(super) struct Compiled {
    pub(super) names: Arc<WireNames>,
    /// The codec only reads. Set once the policy can be given to it.
    pub(super) is_read_only: OnceLock<bool>,
    pub(super) mistakes: Mistakes,
    pub(super) services: Services,
    pub(super) necessary: CategorySet,
    pub(super) exempt: CategorySet,
    pub(super) consenting: CategorySet,
    pub(super) objectable: CategorySet,
    pub(super) opt_out: CategorySet,
    /// The categories that can be objected to, in this regime or in another.
    pub(super) objectable_somewhere: CategorySet,
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
    pub(super) fn new(policy: &Declared, regimes: RegimeTable, names: Arc<WireNames>) -> Self {
        let categories = &policy.categories;
        let groups: Vec<_> = Group::all(categories).collect();
        let set = |fits: fn(&Group<'_>) -> bool| -> CategorySet {
            let fitting = groups.iter().filter(|group| fits(group));
            fitting.map(|group| group.number).collect()
        };
        let objectable = set(|group| matches!(group.basis(), Basis::Exempt | Basis::OptOut));
        Self {
            names,
            is_read_only: OnceLock::new(),
            mistakes: Mistakes::default(),
            services: Services::new(categories),
            necessary: set(|group| group.basis() == Basis::Necessary),
            exempt: set(|group| group.basis() == Basis::Exempt),
            consenting: set(|group| group.basis() == Basis::Consent),
            objectable,
            objectable_somewhere: objectable | regimes.opt_out_somewhere(),
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
            fingerprint: fingerprint::enforced(policy.preferences_cookie.name(), categories),
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
