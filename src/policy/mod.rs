//! The parts of a [`CookiePolicy`]: texts, reasons, retentions, kinds of trackers,
//! and what the checks and [`lint`](crate::CookiePolicy::lint) report.

// What the site declares: the policy, checked when it is built, and compiled for the names on the
// wire. Knows nothing of requests and choices; everybody else in the crate may call it, and decides
// by `CookiePolicy::find` and the category sets. It names one trait of `consent`, the codec that a
// preferences cookie is given, and asks it once whether a full choice fits.

mod builder;
#[cfg(test)]
mod cases;
pub(crate) mod category;
mod category_set;
pub(crate) mod check;
mod codec;
mod compiled;
mod controller;
pub(crate) mod declaration;
mod fingerprint;
mod headers;
mod index;
mod json;
mod lint;
mod lookup;
mod names;
mod patterns;
#[allow(clippy::module_inception)]
pub(crate) mod policy;
pub(crate) mod preferences_cookie;
mod reason;
mod retention;
pub(crate) mod text;

/// Days in the 13 months that an exempt statistics cookie lives at most (CNIL, audience
/// measurement).
pub(crate) const MAX_EXEMPT_DAYS: u32 = 395;

pub use self::{
    builder::CookiePolicyBuilder,
    check::{PolicyProblem, PolicyProblemKind},
    controller::Controller,
    declaration::TrackerKind,
    fingerprint::Fingerprint,
    lint::{LintWarning, LintWarningKind},
    reason::Reason,
    retention::Retention,
    text::Text,
};

// Exported at the crate's root, or as `preferences`.
pub(crate) use self::{
    category::{Basis, Category},
    check::PolicyError,
    declaration::CookieDeclaration,
    policy::CookiePolicy,
    preferences_cookie::{PreferencesCookie, SameSite},
};

#[cfg(feature = "pages")]
pub(crate) use self::retention::RetentionUnit;
pub(crate) use self::{
    category_set::{CategorySet, Named},
    index::Found,
};
