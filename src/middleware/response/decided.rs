use http::Extensions;

use super::super::{expiry::Targets, state};
use crate::consent::{Judgement, Neighbours};

/// The decisions about a response, other than the changes to its headers.
pub(in super::super) struct Decided {
    pub(in super::super) targets: Targets,
    pub(in super::super) judgement: Judgement,
    pub(in super::super) sets_preferences: bool,
    /// A new choice takes consent away, under which pages may have loaded a service.
    pub(in super::super) withdraws: bool,
}

/// Observations about a response before its headers are examined.
#[derive(Clone, Copy)]
pub(in super::super) struct Seen<'a> {
    pub(in super::super) names: state::Names,
    /// Removals of all received cookies replace `Clear-Site-Data`.
    pub(in super::super) spares: bool,
    /// The inner layers whose preferences cookies it sets.
    pub(in super::super) within: &'a Neighbours,
    pub(in super::super) extensions: &'a Extensions,
}
