//! What caches do with responses that depend on the visitor (RFC 9111): shared caches give them to others, and the
//! browser's own shows what was withdrawn.

mod contrast;
mod reuse;
mod stored;

pub(super) use self::{
    contrast::{Content, Contrast},
    reuse::Reuse,
    stored::{Change, judge},
};
