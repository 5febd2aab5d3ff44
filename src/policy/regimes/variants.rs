//! The policy in each of its regimes, compiled once.

use std::sync::Arc;

use super::{
    STRICTEST,
    applied::AppliedRegime,
    preset::Preset,
    regime::{Regime, SignalEffect},
    table::RegimeTable,
};
use crate::{
    policy::{
        Basis, Category, CategorySet, CookiePolicy, declared::Declared, groups::Group,
        wire_names::WireNames,
    },
    preferences::RegimeNumber,
};

/// A regime of a policy: declared, or a preset.
struct Known<'a> {
    applied: AppliedRegime,
    preset: &'static Preset,
    overrides: Option<&'a Regime>,
}

impl Known<'_> {
    fn basis_of(&self, category: &Category) -> Basis {
        let overridden = self
            .overrides
            .and_then(|it| it.categories.get(category.id()));
        overridden.unwrap_or_else(|| self.preset.basis_of(category))
    }
}

/// Returns the regimes of a policy: those that it declares, and the presets that it does not.
fn known(policy: &Declared) -> Vec<Known<'_>> {
    let declared = policy.regimes.iter().filter_map(|(id, regime)| {
        let preset = Preset::of(regime.preset.as_deref().unwrap_or(id))?;
        Some(Known {
            applied: AppliedRegime::new(id, preset, Some(regime)),
            preset,
            overrides: Some(regime),
        })
    });
    let others = Preset::all().iter().filter(|preset| {
        let mut declared = policy.regimes.keys();
        declared.all(|id| *id != preset.id)
    });
    let others = others.map(|preset| Known {
        applied: AppliedRegime::new(&preset.id, preset, None),
        preset,
        overrides: None,
    });
    declared.chain(others).collect()
}

/// The rank of a basis: the stricter, the higher.
const fn strictness(basis: Basis) -> u8 {
    match basis {
        Basis::Necessary => 0,
        Basis::OptOut => 1,
        Basis::Exempt => 2,
        Basis::Consent => 3,
    }
}

/// Compiles a checked policy that declares regimes, and its variants.
pub(in crate::policy) fn with_variants(policy: Declared) -> CookiePolicy {
    let (declarations, tables) = in_regimes(&policy);
    let mut tables = tables.into_iter();
    let own = tables.next().unwrap_or_default();
    let variants = declarations.into_iter().zip(tables);
    let names = Arc::new(WireNames::of(&policy));
    let compile = |(declared, table), variants| {
        CookiePolicy::compile(declared, Arc::clone(&names), table, variants)
    };
    let variants = variants.map(|variant| compile(variant, Vec::new()));
    let variants = variants.collect();
    compile((policy, own), variants)
}

/// Returns the declarations as they are in each regime, and the tables: first that of the policy itself.
fn in_regimes(policy: &Declared) -> (Vec<Declared>, Vec<RegimeTable>) {
    let known = known(policy);
    let applied: Vec<_> = known.iter().map(|it| it.applied.clone()).collect();
    let strictest = AppliedRegime::strictest(&applied, policy.choice_lifetime);
    let strictest_basis = |category: &Category| {
        let all = known.iter().map(|it| it.basis_of(category));
        all.max_by_key(|basis| strictness(*basis))
            .unwrap_or(category.basis())
    };
    let mut declarations: Vec<_> = known
        .iter()
        .map(|it| in_regime(policy, &it.applied, |category| it.basis_of(category)))
        .collect();
    declarations.push(in_regime(policy, &strictest, strictest_basis));
    let ids: Arc<[Box<str>]> = known
        .iter()
        .map(|it| it.applied.id().into())
        .chain([STRICTEST.into()])
        .collect();
    let all = || std::iter::once(policy).chain(&declarations);
    let consenting: Vec<_> = all().map(|it| with_basis(it, Basis::Consent)).collect();
    let opt_out = all().map(|it| with_basis(it, Basis::OptOut));
    let opt_out = opt_out.fold(CategorySet::EMPTY, |all, some| all | some);
    let table = |own| RegimeTable::new(Arc::clone(&ids), own, &consenting, opt_out);
    let own = (0..known.len() + 1).map(RegimeNumber::nth);
    let tables = [RegimeNumber::OWN].into_iter().chain(own).map(table);
    let tables = tables.collect();
    (declarations, tables)
}

/// Returns the categories and services with this basis.
fn with_basis(policy: &Declared, basis: Basis) -> CategorySet {
    let groups = Group::all(&policy.categories);
    let found = groups.filter(|group| group.basis() == basis);
    found.map(|group| group.number).collect()
}

/// Returns the declarations as they are in a regime.
fn in_regime(
    policy: &Declared,
    regime: &AppliedRegime,
    basis_of: impl Fn(&Category) -> Basis,
) -> Declared {
    let mut declared = policy.clone();
    declared.regimes.clear();
    declared.regime = Some(regime.clone());
    declared.is_document = true;
    if let Some(lifetime) = regime.choice_lifetime {
        declared.choice_lifetime = lifetime;
    }
    if regime.reask_after_refusal.is_some() {
        declared.reask_after_refusal = regime.reask_after_refusal;
    }
    for category in &mut declared.categories {
        let basis = basis_of(category);
        category.basis = Some(basis);
        category.gpc &= basis == Basis::Exempt;
    }
    declared
}

/// The policy in its regimes.
impl CookiePolicy {
    /// Returns the ids of the regimes in which the policy can be judged: those that it declares, the
    /// presets that it does not, and `strictest`. Without declared regimes there are none.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, regimes::Regime};
    ///
    /// let policy = CookiePolicy::builder()
    ///     .category(Category::consent("ads"))
    ///     .regime("uk", Regime::preset("uk"))
    ///     .build()?;
    /// assert!(policy.regimes().any(|id| id == "uk"));
    /// assert!(policy.regimes().any(|id| id == "fr"), "a preset");
    /// let british = policy.in_regime("uk").expect("declared above");
    /// assert_eq!(british.regime().map(|regime| regime.id()), Some("uk"));
    /// assert!(policy.in_regime("atlantis").is_none() && policy.regime().is_none());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn regimes(&self) -> impl Iterator<Item = &str> {
        let has_variants = !self.variants().is_empty();
        let ids = has_variants.then(|| self.0.compiled.regimes.ids());
        ids.into_iter().flatten()
    }

    /// Returns the policy as it is in the regime with this id: its categories have the bases of that
    /// regime. `None` for an id that is not one of [`regimes`](Self::regimes).
    #[must_use]
    pub fn in_regime(&self, id: &str) -> Option<Self> {
        let index = self.0.compiled.regimes.position(id)?;
        self.variants().get(index).cloned()
    }

    /// Returns the regime that this policy is in, if it is from [`in_regime`](Self::in_regime). The example
    /// is at [`regimes`](Self::regimes).
    #[must_use]
    pub fn regime(&self) -> Option<&AppliedRegime> {
        self.0.declared.regime.as_ref()
    }

    /// Returns `true` if this policy is one of a regime.
    #[inline]
    pub(crate) fn is_in_regime(&self) -> bool {
        self.0.compiled.is_in_regime
    }

    /// Returns the policy as it is in this regime: under the strictest rules if it is not known, and the policy
    /// itself if it declares no regimes.
    pub(crate) fn variant_for(&self, regime: Option<&str>) -> &Self {
        let variants = self.variants();
        let known = regime.and_then(|id| variants.get(self.0.compiled.regimes.position(id)?));
        known.or(variants.last()).unwrap_or(self)
    }

    /// Returns what a remembered signal denies: what is opt-out here, and under the strictest rules what is
    /// so anywhere.
    #[inline]
    pub(crate) fn sold(&self) -> CategorySet {
        let is_strictest = self.regime().is_some_and(|regime| regime.id() == STRICTEST);
        match is_strictest {
            true => self.opt_out_somewhere(),
            false => self.opt_out(),
        }
    }

    /// Returns `true` if a signal is remembered: the regime wants it, and there is something to opt out of.
    #[inline]
    pub(crate) fn remembers_signals(&self) -> bool {
        let remembers = |regime: &AppliedRegime| regime.signals() == SignalEffect::Remember;
        !self.sold().is_empty() && self.regime().is_some_and(remembers)
    }

    /// Returns `true` if signals count.
    #[inline]
    pub(crate) fn heeds_signals(&self) -> bool {
        let ignores = |regime: &AppliedRegime| regime.signals() == SignalEffect::Ignore;
        !self.regime().is_some_and(ignores)
    }

    /// Returns the policy as it is for minors: everything optional needs consent, and no consent counts.
    pub(crate) fn for_minors(&self) -> &Self {
        self.0.for_minors.get_or_init(|| {
            let mut declared = self.0.declared.clone();
            declared.regimes.clear();
            for category in &mut declared.categories {
                if category.basis() != Basis::Necessary {
                    category.basis = Some(Basis::Consent);
                    category.gpc = false;
                }
            }
            let table =
                RegimeTable::new(Arc::default(), RegimeNumber::MINOR, &[], CategorySet::EMPTY);
            let names = Arc::clone(&self.0.compiled.names);
            let policy = Self::compile(declared, names, table, Vec::new());
            policy.set_read_only(self.is_read_only());
            policy
        })
    }

    /// Returns `true` if this policy is one for minors.
    #[inline]
    pub(crate) fn is_for_minors(&self) -> bool {
        self.0.compiled.regimes.own() == RegimeNumber::MINOR
    }

    /// Returns the policy in each of its regimes, in the order of [`regimes`](Self::regimes).
    pub(crate) fn variants(&self) -> &[Self] {
        &self.0.variants
    }

    /// Returns `true` if some category or service is sensitive.
    pub(crate) fn has_sensitive(&self) -> bool {
        self.categories().any(Category::is_sensitive)
    }

    /// Returns the categories that are opt-out in some regime of the policy.
    pub(crate) fn opt_out_somewhere(&self) -> CategorySet {
        self.0.compiled.regimes.opt_out_somewhere() | self.opt_out()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::CookieDeclaration;

    #[test]
    fn all_regimes_share_one_table_of_names() {
        let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
        let policy = CookiePolicy::builder()
            .category(ads)
            .regime(
                "us",
                Regime::preset("us-opt-out").basis("ads", Basis::OptOut),
            )
            .build()
            .unwrap();
        let names = |policy: &CookiePolicy| Arc::clone(&policy.0.compiled.names);
        let own = names(&policy);
        let others = policy.variants().iter().chain([policy.for_minors()]);
        assert!(others.clone().count() > 14);
        for other in others {
            assert!(Arc::ptr_eq(&own, &names(other)));
        }
        // Its meaning is that of the regime.
        let found = policy.find(b"_ga").unwrap();
        assert!(policy.consenting().has(found.named));
        let there = policy.variant_for(Some("us"));
        assert!(there.opt_out().has(found.named) && !there.consenting().has(found.named));
    }
}
