//! The oracle of the gate for documents: another parser, and a plain reading of the HTML standard.

mod addresses;
mod loads;
mod original;

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use markup5ever_rcdom::{Handle, RcDom};

pub use self::{
    loads::loads_nothing,
    original::{has_the_originals_elements, is_the_original},
};

/// Reads a document as browsers with scripts, or those without.
pub fn parse(document: &str, scripting_enabled: bool) -> Handle {
    let tree_builder = TreeBuilderOpts {
        scripting_enabled,
        ..TreeBuilderOpts::default()
    };
    let options = ParseOpts {
        tree_builder,
        ..ParseOpts::default()
    };
    parse_document(RcDom::default(), options)
        .one(document)
        .document
}
