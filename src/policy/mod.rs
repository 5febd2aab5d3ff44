//! The parts of a [`CookiePolicy`]: texts, reasons, retentions, kinds of trackers, and the reports
//! of the checks and of [`lint`](crate::CookiePolicy::lint).

// The site's declarations: the policy, checked when it is built, and compiled for the names on the
// wire. It knows nothing about requests; of choices, what their codec needs. The rest of the crate
// calls it, and decides by `CookiePolicy::find` and the category sets.

mod answers;
mod builder;
#[cfg(test)]
mod cases;
#[cfg(any(feature = "conformance", feature = "documents"))]
#[cfg_attr(
    not(feature = "documents"),
    allow(
        dead_code,
        reason = "the kit only asks which service an address belongs to"
    )
)]
pub(crate) mod catalogue;
pub(crate) mod category;
pub(crate) mod check;
mod codec;
#[cfg(feature = "codecs")]
pub(crate) mod codecs;
mod compiled;
mod controller;
pub(crate) mod declaration;
mod declared;
mod document;
mod fingerprint;
pub(crate) mod former_cookie;
mod groups;
mod headers;
mod index;
mod json;
pub(crate) mod json_codec;
mod lint;
pub(crate) mod location;
mod lookup;
pub(crate) mod mistakes;
mod names;
pub(crate) mod origin;
mod patterns;
mod placeholder;
#[allow(clippy::module_inception)]
pub(crate) mod policy;
pub(crate) mod preferences_codec;
pub(crate) mod preferences_cookie;
mod reason;
pub(crate) mod regimes;
mod retention;
mod service;
mod service_lookup;
mod services;
mod shown_texts;
mod signing;
#[cfg(feature = "signed")]
mod signing_key;
mod terms;
pub(crate) mod text;
mod unknown_key;
mod wire_names;

/// Days in the 13 months for which an exempt statistics cookie may live (CNIL, audience
/// measurement).
pub(crate) const MAX_EXEMPT_DAYS: u32 = 395;

#[cfg(feature = "conformance")]
pub(crate) use self::catalogue::KnownService;
pub use self::{
    builder::CookiePolicyBuilder,
    check::{PolicyProblem, PolicyProblemKind},
    controller::Controller,
    declaration::TrackerKind,
    fingerprint::Fingerprint,
    lint::{LintWarning, LintWarningKind},
    placeholder::Placeholder,
    reason::Reason,
    retention::Retention,
    service::Service,
    text::Text,
};

// Exported at the crate's root, or as `preferences`.
pub(crate) use self::{
    category::{Basis, Category},
    check::PolicyError,
    declaration::CookieDeclaration,
    former_cookie::FormerCookie,
    json_codec::JsonCodec,
    policy::CookiePolicy,
    preferences_codec::PreferencesCodec,
    preferences_cookie::PreferencesCookie,
};

pub(crate) use self::index::Found;
#[cfg(any(feature = "conformance", feature = "pages"))]
pub(crate) use self::lint::languages;
#[cfg(feature = "pages")]
pub(crate) use self::retention::RetentionUnit;

pub(crate) use crate::{
    preferences::{CategorySet, Named},
    wire::SameSite,
};
