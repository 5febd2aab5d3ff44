//! A choice that follows the account, while the visitor is logged in.

// `cookie_layer` is around the consent layer: it puts the account's choice in the place of the device's, and
// what a response sets into the account's cookie and store. `layer` is inside: it knows the account, and `visit`
// awaits the store. They leave each other `Carried` in the request and `After` in the response. `held` is the
// cookie, `moving` makes a choice of the device that a response sets one of the account, and `saving` is the way to
// the store. `answers` orders what several devices say, `base` what a new choice says over the one before, and
// `times` is how that is written, `stored` what an archive has to know of it. `merge` is the login.

mod answers;
mod base;
mod carried;
mod cookie_layer;
mod future;
mod held;
mod layer;
mod merge;
mod moving;
mod notice;
mod saving;
mod setting;
mod store;
mod stored;
#[cfg(test)]
mod tests;
mod times;
mod visit;

pub(super) use self::stored::StoredChoice;
pub use self::{
    carried::LoggedOut,
    cookie_layer::{AccountCookieFuture, AccountCookieLayer, AccountCookieService},
    future::AccountFuture,
    layer::{AccountLayer, AccountService},
    merge::MergeRule,
    notice::AccountNotice,
    setting::AccountConsent,
    store::AccountChoices,
};
