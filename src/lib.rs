//! Server-side cookie consent for [`tower`].

mod policy;
mod wire;

pub use policy::Retention;
