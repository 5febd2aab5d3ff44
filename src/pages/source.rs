//! The sources of what is shown, besides the consent.

use std::sync::Arc;

use serde::Serialize;

use super::{language::Languages, texts::Words};
use crate::policy::Text;

/// The sources of a view, besides the consent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) languages: &'a Languages,
    pub(super) site: Option<&'a Text>,
    pub(super) style: &'a str,
    pub(super) script: &'a str,
    pub(super) main: &'a str,
    pub(super) fixed: bool,
}

/// The reader's language, and the texts in it.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) lang: &'a str,
    pub(super) words: Arc<Words>,
}

pub(super) fn words<S: serde::Serializer>(
    words: &Arc<Words>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    words.serialize(serializer)
}
