//! What documents load from third parties without consent.

mod css;
mod dom;
mod headers;
mod loads;
mod nested;
mod reader;
mod scripts;
mod security;
mod sink;
mod suspect;
mod values;
mod xml;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use encoding_rs::{Encoding, UTF_8};
use http::{
    HeaderMap, Response, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE},
};
use url::Url;

use self::{
    loads::{InlineScript, Loads, Place},
    security::{Means, Security},
};
use super::{
    Requirement,
    recorder::{Occasion, Recorder},
};
use crate::{
    Consent,
    policy::{Service, origin::is_own},
};

pub(super) use self::{
    dom::nodes, loads::Load, scripts::runs, sink::Node, suspect::Suspect, values::refresh,
};

/// The answer to a request for a document or a style sheet.
pub(super) struct Page<'a> {
    pub(super) url: &'a Url,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// A document that is judged, with the style sheets of its own site.
pub(super) struct Document<'a> {
    page: Url,
    loads: Loads,
    is_html: bool,
    consent: &'a Consent,
}

impl<'a> Document<'a> {
    /// Reads the document of a response. Returns the headers alone for any other response.
    pub(super) fn read(page: &Page<'_>, consent: &'a Consent) -> Self {
        let mut loads = Loads::new(Security::of(page.headers, page.url));
        let media = media_types(page.headers);
        let is_read = match media.is_empty() {
            false => media.iter().any(|media| is_document(media)),
            // Browsers look at the content.
            true => page.body.trim_ascii_start().starts_with(b"<"),
        };
        let is_html = media.is_empty() || media.iter().any(|media| media == "text/html");
        let is_shown = is_read && !page.body.is_empty();
        if is_shown {
            let is_xml = !is_html;
            loads.read(&decoded(page.headers, page.body), is_xml, page.url);
        }
        Self {
            page: page.url.clone(),
            is_html: is_shown && is_html,
            loads,
            consent,
        }
    }

    /// Adds what the headers load or report to.
    pub(super) fn headers(&mut self, headers: &HeaderMap, is_document: bool) {
        match is_document {
            true => headers::of_document(headers, &self.page, &mut self.loads),
            false => headers::of_any(headers, &self.page, &mut self.loads),
        }
    }

    /// Returns the style sheets of the site itself, each with the number of the policies that it is
    /// under.
    pub(super) fn own_sheets(&self) -> Vec<(Url, usize)> {
        let all = self.loads.all.iter();
        let sheets = all.filter(|load| load.means == Means::Style && is_own(&self.page, &load.url));
        let urls: BTreeSet<_> = sheets.map(|load| (load.url.clone(), load.under)).collect();
        urls.into_iter().collect()
    }

    /// Returns the parts of the document that the site itself serves: scripts, style sheets, data, and documents.
    pub(super) fn own_parts(&self) -> Vec<Load> {
        let all = self.loads.all.iter();
        let own = all.filter(|load| load.is_part() && is_own(&self.page, &load.url));
        let urls: BTreeMap<_, _> = own.map(|load| (load.url.clone(), load.clone())).collect();
        urls.into_values().collect()
    }

    /// Returns what else the document loads from the site itself, unless a policy blocks it.
    pub(super) fn own_loads(&self) -> Vec<Load> {
        let own = self.loads.all.iter().filter(|load| {
            let blocks = || {
                self.loads
                    .blocks(load.under, &load.url, load.means, &load.nonce)
            };
            load.is_followed() && is_own(&self.page, &load.url) && !blocks()
        });
        own.cloned().collect()
    }

    /// Returns the icon that browsers ask the site for by themselves, because the document names none.
    pub(super) fn icon(&self) -> Option<Load> {
        let names_one = self
            .loads
            .all
            .iter()
            .any(|load| load.means == Means::Image && load.place.starts_with("<link"));
        let url = self.page.join("/favicon.ico").ok()?;
        let blocks = self.loads.blocks(0, &url, Means::Image, "");
        (self.is_html && !names_one && !blocks).then(|| Load {
            place: "the icon of the site".to_owned(),
            attribute: String::new(),
            means: Means::Image,
            nonce: String::new(),
            under: 0,
            url,
        })
    }

    /// Adds where something of the site itself leads to.
    pub(super) fn leads(&mut self, load: &Load, url: Url) {
        self.loads.all.insert(Load {
            url,
            ..load.clone()
        });
    }

    /// Adds what a style sheet of the site loads.
    pub(super) fn sheet(&mut self, sheet: &Page<'_>, under: usize) {
        let text = decoded(sheet.headers, sheet.body);
        let name = format!("the style sheet {}", sheet.url.path());
        for (address, means) in css::urls(&text) {
            let place = Place {
                name: &name,
                attribute: "",
                means,
                nonce: "",
                under,
            };
            self.loads.add(place, sheet.url, &address);
        }
    }

    /// Returns what the document loads from others, with the element or header, unless a policy blocks it.
    #[cfg(any(feature = "documents", feature = "evidence"))]
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, &Url)> {
        let others = self.loads.all.iter().filter(|load| {
            let is_blocked = || {
                let loads = &self.loads;
                loads.blocks(load.under, &load.url, load.means, &load.nonce)
            };
            !is_own(&self.page, &load.url) && !is_blocked()
        });
        others.map(|load| (load.place.as_str(), &load.url))
    }

    /// Reports what the document loads without consent. Returns `true` if there is nothing.
    pub(super) fn judge(&self, seen: Occasion<'_>, recorder: &mut Recorder) -> bool {
        let mut is_clean = true;
        let policy = self.consent.policy();
        let mut told = HashSet::new();
        for load in &self.loads.all {
            let suspect = Suspect::of(self.consent, &load.url);
            if is_own(&self.page, &load.url)
                || suspect.is_allowed()
                || self
                    .loads
                    .blocks(load.under, &load.url, load.means, &load.nonce)
                || !told.insert((&load.place, load.url.origin()))
            {
                continue;
            }
            let fix = suspect.fix(&load.place, &load.attribute);
            suspect.report(&load.place, &fix, seen, recorder);
            is_clean = false;
        }
        for number in policy.services().iter() {
            let service = policy.service_at(number);
            let Some(service) = service.filter(|service| !self.consent.allows(service.id())) else {
                continue;
            };
            let mut scripts = self.loads.scripts.iter();
            let loads = |script: &InlineScript| {
                feeds(script, service) && !self.is_unreachable(service, script.under)
            };
            if scripts.any(loads) {
                let suspect = Suspect::of_service(self.consent, service);
                let fix = suspect.fix("<script>", "");
                suspect.report("<script>", &fix, seen, recorder);
                is_clean = false;
            }
        }
        is_clean
    }

    /// Returns `true` if the policies of the document let no script of the service load.
    fn is_unreachable(&self, service: &Service, under: usize) -> bool {
        let origins = service.get_origins();
        let blocked = |origin: &String| {
            let sample = origin.replacen("*.", "www.", 1);
            let sample = match sample.contains("://") {
                true => sample,
                false => format!("https://{sample}"),
            };
            let url = Url::parse(&sample).ok();
            url.is_some_and(|url| self.loads.blocks(under, &url, Means::Script, ""))
        };
        !origins.is_empty() && origins.iter().all(blocked)
    }
}

/// Returns `true` if an inline script has a marker of the service.
fn feeds(script: &InlineScript, service: &Service) -> bool {
    let mut markers = service.get_markers().iter();
    markers.any(|marker| script.text.contains(&**marker))
}

/// Marks the requirements that a document can break under this consent.
pub(super) fn exercise(consent: &Consent, recorder: &mut Recorder) {
    recorder.exercise(Requirement::ThirdParties);
    let policy = consent.policy();
    let is_partial = policy.categories().any(|category| {
        let mut services = category.get_services().iter();
        !consent.allows(category.id()) && services.any(|service| consent.allows(service.id()))
    });
    if is_partial {
        recorder.exercise(Requirement::OneService);
    }
}

/// Returns `true` for a response whose body a browser shows.
pub(super) fn wants_body(response: &Response<()>) -> bool {
    let headers = response.headers();
    let is_shown = !is_attachment(headers)
        && !response.status().is_redirection()
        && response.status() != StatusCode::NO_CONTENT;
    is_shown && is_document_of(headers)
}

/// Returns `true` for a file to save.
fn is_attachment(headers: &HeaderMap) -> bool {
    let disposition = headers.get(CONTENT_DISPOSITION);
    disposition.is_some_and(|it| {
        it.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"attachment")
    })
}

/// Returns `true` for a file that people ask for, to save it or to read it by itself.
pub(super) fn is_file(headers: &HeaderMap) -> bool {
    let media = media_types(headers);
    let is_read = media.iter().any(|media| {
        matches!(
            &**media,
            "application/pdf" | "application/zip" | "application/epub+zip"
        )
    });
    is_read || is_attachment(headers)
}

/// Returns `true` for a style sheet.
pub(super) fn wants_sheet(response: &Response<()>) -> bool {
    response.status().is_success()
}

/// Returns the content coding of a body that can't be read.
pub(super) fn coding(headers: &HeaderMap) -> Option<String> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then(|| coding.to_owned())
}

pub(super) fn is_document_of(headers: &HeaderMap) -> bool {
    let media = media_types(headers);
    media.is_empty() || media.iter().any(|media| is_document(media))
}

/// Returns the media types of a response: of a list, browsers may take any. They end a type at a space as well, so
/// that `text/html charset=utf-8` is HTML.
fn media_types(headers: &HeaderMap) -> Vec<String> {
    let fields = headers.get_all(CONTENT_TYPE).iter();
    let members = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    let essences = members.map(|member| {
        let mut parts = member
            .trim_ascii_start()
            .split(|byte| matches!(byte, b';' | b' ' | b'\t' | b'('));
        let essence = parts.next().unwrap_or_default();
        String::from_utf8_lossy(essence).to_ascii_lowercase()
    });
    essences.filter(|media| media.contains('/')).collect()
}

fn is_document(media: &str) -> bool {
    media == "text/html"
        || matches!(media, "text/xml" | "application/xml")
        || media.ends_with("+xml")
}

/// Decodes a text by its byte order mark, or the charset of its header; otherwise as UTF-8, which has
/// the ASCII of other charsets.
pub(super) fn decoded(headers: &HeaderMap, body: &[u8]) -> String {
    let media = headers.get(CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok());
    let charset = media.and_then(|media| {
        let mut parameters = media.split(';').skip(1);
        parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"'))
        })
    });
    let encoding = charset.and_then(|charset| Encoding::for_label(charset.as_bytes()));
    let (text, ..) = encoding.unwrap_or(UTF_8).decode(body);
    text.into_owned()
}
