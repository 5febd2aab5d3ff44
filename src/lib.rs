//! Server-side cookie consent for [`tower`].

mod policy;
mod wire;

pub use policy::{
    Basis, Category, CookieDeclaration, CookiePolicy, CookiePolicyBuilder, Fingerprint, Kind,
    PolicyError, PolicyProblem, PreferencesCookie, Reason, Retention, SameSite, Text,
};
