//! No pages, and so nothing is added to documents.

use std::sync::Arc;

use http::{Request, response::Parts};

use super::{
    consented::Consented, inserts::Inserts, placeholder::Placeholders, settings::Settings,
};

/// Nothing.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    pub(crate) placeholders: Option<Arc<Placeholders>>,
    pub(crate) inserts: Option<Box<Inserts>>,
}

/// Nobody.
#[derive(Hash)]
pub(crate) enum Reader {}

impl Reader {
    pub(crate) fn of<B>(_: &Settings, _: &mut Request<B>) -> Option<Self> {
        None
    }

    pub(crate) fn report_uri(&self, _: &Settings) -> Option<String> {
        match *self {}
    }

    pub(crate) fn additions(self, _: &Consented, _: &Parts, _: bool) -> Option<Additions> {
        match self {}
    }
}
