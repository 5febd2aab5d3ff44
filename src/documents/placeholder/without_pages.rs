//! No pages, and so no placeholders.

use std::sync::Arc;

use http::{HeaderMap, Request};

use super::{
    super::{consented::Consented, settings::Settings},
    Placeholders,
};

/// Nobody.
#[derive(Hash)]
pub(crate) enum Reader {}

impl Reader {
    pub(crate) fn of<B>(_: &Settings, _: &Request<B>) -> Option<Self> {
        None
    }

    pub(crate) fn report_uri(&self, _: &Settings) -> Option<String> {
        match *self {}
    }

    pub(crate) fn placeholders(self, _: &Consented, _: &HeaderMap) -> Option<Arc<Placeholders>> {
        match self {}
    }
}

/// No pages, and so no way back to an element.
pub(super) const fn is_anchor(_: &str) -> bool {
    false
}
