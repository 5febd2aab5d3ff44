//! Two editions of a policy compared, before the newer one goes live: what changed, who is asked again and
//! why, what has to be translated, and whether `revision` and `since` fit.
//!
//! [`CookiePolicy::diff`](crate::CookiePolicy::diff) makes the comparison. The example `policy` runs it on
//! two files, and its exit status is for CI.
//!
//! ```
//! use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, diff::DiffFaultKind};
//!
//! let ads = || Category::consent("ads").title("Advertising").cookie(CookieDeclaration::new("_ga"));
//! let more = || ads().cookie(CookieDeclaration::new("_fbp"));
//! let old = CookiePolicy::new([ads()])?;
//!
//! // Consent to one cookie would count for two.
//! let diff = old.diff(&CookiePolicy::new([more()])?);
//! assert!(!diff.is_ok() && diff.asked_again().is_empty());
//! assert_eq!(diff.faults()[0].kind(), DiffFaultKind::CountsForMore);
//!
//! // Now everybody is asked about it.
//! let new = CookiePolicy::builder().revision(2).category(more().since(2)).build()?;
//! let diff = old.diff(&new);
//! assert!(diff.is_ok() && diff.asked_again()[0].is_everybody());
//! # Ok::<(), tower_cookie_consent::PolicyError>(())
//! ```

// What changed is read from the JSON that policies are written as, so that no key is forgotten. Who is asked
// is not derived from it: choices made under the old policy are played against the new one, with the
// evaluation that the layer uses.

mod asked;
mod cases;
mod change;
mod changes;
mod display;
mod effect;
mod fault;
mod faults;
mod joined;
mod order;
mod parts;
mod place;
mod play;
mod policy_diff;
mod refusals;
mod translation;
mod visitors;

pub use self::{
    asked::{AskCause, AskedAgain},
    change::{ChangeEffect, PolicyChange, PolicyChangeKind},
    fault::{DiffFault, DiffFaultKind},
    policy_diff::PolicyDiff,
    translation::Translation,
};
