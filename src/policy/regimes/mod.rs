//! Regimes: the rules of asking that a visitor falls under.

// A regime is data: a preset with the law that it comes from, and what the site overrides. For each one
// the policy has a variant of itself, compiled once, in which the categories have the bases of that
// regime. The layer chooses the variant of the request, and everything else asks that policy.

mod applied;
mod exemption;
mod place;
mod preset;
mod regime;
mod table;
mod variants;

pub use self::{
    applied::AppliedRegime,
    exemption::Exemption,
    place::{Place, Whereabouts},
    regime::{Asking, Regime, SignalEffect},
};
pub(super) use self::{
    preset::{ExemptWhere, Preset},
    table::RegimeTable,
    variants::with_variants,
};

/// Returns the law of a preset, or the id of an unknown one.
#[cfg(feature = "pages")]
pub(crate) fn law_of(id: &str) -> &str {
    Preset::of(id).map_or(id, |preset| &preset.law)
}

/// Returns `true` for the id of a preset, and for that of the strictest rules.
#[cfg(feature = "pages")]
pub(crate) fn is_known(id: &str) -> bool {
    id == STRICTEST || Preset::of(id).is_some()
}

/// The id of what applies to a visitor whose regime is not known: field by field the strictest.
pub(super) const STRICTEST: &str = "strictest";
