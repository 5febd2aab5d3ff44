//! Server-side cookie consent for [`tower`].

mod policy;
mod wire;

pub use policy::{
    Basis, Category, CookieDeclaration, Kind, PreferencesCookie, Reason, Retention, SameSite, Text,
};
