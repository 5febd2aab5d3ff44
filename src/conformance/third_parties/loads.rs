//! What browsers load for the elements of a document.

use std::collections::BTreeSet;

use data_url::DataUrl;
use url::Url;

use super::{
    css,
    security::{Means, Security},
};

/// Documents and style sheets inside of attributes that are followed.
pub(super) const MOST_DEPTH: u8 = 4;

/// Something that a document loads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::conformance) struct Load {
    /// The element and its attribute, such as `<iframe src>`, or a header.
    pub(super) place: String,
    /// The attribute; empty for text and headers.
    pub(super) attribute: String,
    pub(in crate::conformance) url: Url,
    pub(super) means: Means,
    pub(super) nonce: String,
    /// The number of the policies that it is under.
    pub(super) under: usize,
}

impl Load {
    /// Returns `true` for a document inside of the one that loads it, or after it.
    pub(in crate::conformance) fn is_document(&self) -> bool {
        matches!(self.means, Means::Frame | Means::Object) || self.is_refresh()
    }

    /// Returns `true` for the page that browsers go to by themselves.
    pub(in crate::conformance) fn is_refresh(&self) -> bool {
        ["<meta content>", "refresh"].contains(&self.place.as_str())
    }

    /// Returns what browsers say of the request for it, unless it is a document: `Sec-Fetch-Dest` and `Accept`.
    pub(in crate::conformance) const fn request_headers(&self) -> (&'static str, &'static str) {
        match self.means {
            Means::Script => ("script", "*/*"),
            Means::Style => ("style", "text/css,*/*;q=0.1"),
            Means::Image => (
                "image",
                "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            ),
            Means::Font => ("font", "*/*"),
            Means::Media => ("video", "*/*"),
            Means::Track => ("track", "*/*"),
            Means::Manifest => ("manifest", "*/*"),
            _ => ("empty", "*/*"),
        }
    }

    /// Returns `true` for a part of a page that may be about the visitor.
    pub(super) fn is_part(&self) -> bool {
        let is_loaded = self.means != Means::Connection || self.is_followed();
        is_loaded
            && matches!(
                self.means,
                Means::Script | Means::Style | Means::Frame | Means::Object | Means::Connection
            )
    }

    /// Returns `true` for what browsers load by themselves and that may lead elsewhere; style sheets are read.
    pub(super) fn is_followed(&self) -> bool {
        match self.means {
            Means::Style | Means::Manifest => false,
            Means::Connection => !self.place.starts_with("<a"),
            Means::Unstoppable => self.is_refresh(),
            _ => true,
        }
    }
}

/// An inline script that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InlineScript {
    pub(super) text: String,
    /// The number of the policies that it is under.
    pub(super) under: usize,
}

/// Everything that a document loads and runs, whoever reads it: with scripts, or without.
pub(super) struct Loads {
    pub(super) all: BTreeSet<Load>,
    pub(super) scripts: BTreeSet<InlineScript>,
    /// The policies of the response, of the document behind each policy of its own, and of documents
    /// inside of it.
    pub(super) policies: Vec<Security>,
}

impl Loads {
    pub(super) fn new(security: Security) -> Self {
        Self {
            all: BTreeSet::new(),
            scripts: BTreeSet::new(),
            policies: vec![security],
        }
    }

    /// Returns `true` if the policies with this number block a request.
    pub(super) fn blocks(&self, under: usize, url: &Url, means: Means, nonce: &str) -> bool {
        let policies = self.policies.get(under);
        policies.is_some_and(|policies| policies.blocks(url, means, nonce))
    }

    /// Adds an address of this place, relative to `base`.
    pub(super) fn add(&mut self, place: Place<'_>, base: &Url, address: &str) {
        self.add_within(place, base, address, 0);
    }

    /// Adds an address, and those in a style sheet that is in the address itself.
    fn add_within(&mut self, place: Place<'_>, base: &Url, address: &str, depth: u8) {
        let Ok(url) = base.join(address) else {
            return;
        };
        if let Some(sheet) = data_sheet(&url).filter(|_| place.means == Means::Style) {
            for (address, means) in css::urls(&sheet) {
                if depth < MOST_DEPTH {
                    self.add_within(Place { means, ..place }, &url, &address, depth + 1);
                }
            }
        }
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp") {
            return;
        }
        self.all.insert(Load {
            place: place.name.to_owned(),
            attribute: place.attribute.to_owned(),
            url,
            means: place.means,
            nonce: place.nonce.to_owned(),
            under: place.under,
        });
    }
}

/// Where an address is, and what it is for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    pub(super) attribute: &'a str,
    pub(super) means: Means,
    pub(super) nonce: &'a str,
    pub(super) under: usize,
}

/// Returns the style sheet in an address.
fn data_sheet(url: &Url) -> Option<String> {
    if url.scheme() != "data" {
        return None;
    }
    let data = DataUrl::process(url.as_str()).ok()?;
    let (body, _) = data.decode_to_vec().ok()?;
    Some(String::from_utf8_lossy(&body).into_owned())
}
