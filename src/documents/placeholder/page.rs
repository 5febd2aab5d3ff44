//! A document with placeholders: which elements get one, and where it is written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::{
    super::{attribute::escape, decision::Decision, judge::Judgement, tag::Tag},
    Ground, Owner, Part, Spot, Writer,
    embed::{Looks, is_container, source_of},
    markup::ascii,
};
#[cfg(feature = "pages")]
use crate::pages::is_anchor;
use crate::policy::Placeholder;

/// So many elements of a document can have a placeholder; those behind them are only held back.
const MAX_PLACEHOLDERS: u32 = 200;

/// An element, and what the gate has found out about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) tag: &'a Tag,
    /// The judgement of its source, if it has one.
    pub(crate) source: Option<Judgement>,
    /// The judgement of its `data-consent`.
    pub(crate) label: Judgement,
    /// It has a document of its own that shows everything.
    pub(crate) has_document: bool,
    /// It is inside of a link or a button.
    pub(crate) plain: bool,
}

/// The placeholders of one document, and of its parts.
pub(crate) struct Placeholders {
    writer: Box<dyn Writer>,
    page: Mutex<Page>,
}

#[derive(Debug, Default)]
struct Page {
    /// The elements so far that could have a placeholder. All count, held or not, so that an id is
    /// that of the same element after a choice.
    count: u32,
    has_sheet: bool,
    /// For the end of the body.
    forms: String,
    media: Option<Media>,
}

/// A film or sound whose sources are elements inside of it.
#[derive(Debug)]
struct Media {
    looks: Looks,
    is_audio: bool,
    plain: bool,
    source: Option<(Judgement, Option<Url>)>,
}

impl Page {
    /// Counts an element; returns `true` if it can have a placeholder.
    fn counts_one(&mut self) -> bool {
        self.count = self.count.saturating_add(1);
        self.count <= MAX_PLACEHOLDERS
    }
}

impl std::fmt::Debug for Placeholders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placeholders")
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}

/// The place of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Inside of the frame that is held back.
    Frame,
    /// Before the element, which is hidden.
    Inline,
}

impl Placeholders {
    pub(crate) fn new(writer: Box<dyn Writer>) -> Arc<Self> {
        let page = Mutex::default();
        Arc::new(Self { writer, page })
    }

    /// Takes note of the language that the document says it is in.
    pub(crate) fn speak(&self, language: &str) {
        self.writer.speak(language);
    }

    /// Takes note that the document has the stylesheet.
    pub(crate) fn has_sheet(&self) {
        self.page().has_sheet = true;
    }

    /// Does the end of the document get forms?
    pub(crate) fn has_end(&self) -> bool {
        !self.page().forms.is_empty()
    }

    /// Returns what the end of the document gets: the forms.
    pub(crate) fn end(&self) -> String {
        std::mem::take(&mut self.page().forms)
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to a start tag what shows visitors what is missing, or how to end what is shown.
    pub(crate) fn place(&self, found: Found<'_>, ground: Ground<'_>, decision: &mut Decision) {
        let tag = found.tag;
        let is_labelled = found.source.is_none() && tag.get("data-consent").is_some();
        match &*tag.name {
            "iframe" if found.has_document => {}
            "iframe" | "embed" | "object" if found.source.is_some() => {
                self.embed(found, ground, decision);
            }
            "video" | "audio" => self.media(found, ground, decision),
            "source" => {
                if let (Some(media), Some(source)) = (&mut self.page().media, found.source) {
                    // The first one that loads is shown.
                    let is_held = |(source, _): &(Judgement, _)| source.is_held();
                    let counts = match &media.source {
                        None => true,
                        Some(earlier) => is_held(earlier) && !source.is_held(),
                    };
                    if counts {
                        media.source = Some((source, url_of(tag, ground)));
                    }
                }
            }
            name if is_labelled && is_container(name) => {
                self.container(found, ground, decision);
            }
            _ => {}
        }
    }

    fn media(&self, found: Found<'_>, ground: Ground<'_>, decision: &mut Decision) {
        if found.source.is_some() {
            return self.embed(found, ground, decision);
        }
        self.page().media = Some(Media {
            looks: Looks::of(found.tag, ground.charset),
            is_audio: found.tag.name == "audio",
            plain: found.plain,
            source: None,
        });
    }

    /// Returns what comes behind a film or sound whose sources are elements inside of it.
    pub(crate) fn end_media(&self, ground: Ground<'_>) -> Option<String> {
        let media = self.page().media.take()?;
        let (judgement, url) = media.source.filter(|_| !media.looks.is_hidden)?;
        if !self.page().counts_one() {
            return None;
        }
        let mut spot = self.spot(judgement, url.as_ref(), media.looks, ground)?;
        (spot.plain, spot.parted) = (media.plain, true);
        if !media.is_audio {
            spot.shape = Placeholder::Video;
        }
        spot.anchor = Some(spot.id.clone());
        match judgement.is_held() {
            true => self.inline(&spot),
            false => self.stop(&spot),
        }
    }

    fn embed(&self, found: Found<'_>, ground: Ground<'_>, decision: &mut Decision) {
        let tag = found.tag;
        let looks = Looks::of(tag, ground.charset);
        let Some(judgement) = found.source.filter(|_| !looks.is_hidden) else {
            return;
        };
        if !self.page().counts_one() {
            return;
        }
        let url = url_of(tag, ground);
        let Some(mut spot) = self.spot(judgement, url.as_ref(), looks, ground) else {
            return;
        };
        let way = match &*tag.name {
            "iframe" => Way::Frame,
            _ => Way::Inline,
        };
        spot.plain = found.plain;
        if tag.name == "video" {
            spot.shape = Placeholder::Video;
        }
        let own_id = tag.value("id", ground.charset);
        spot.anchor = match (way, own_id) {
            (Way::Frame, Some(id)) => is_anchor(&id).then(|| id.into_owned()),
            _ => Some(spot.id.clone()),
        };
        spot.parted = way == Way::Inline || !judgement.is_held();
        // A document of its own comes with the page anew.
        spot.once = tag.get("srcdoc").is_none();
        if !judgement.is_held() {
            decision.before.extend(self.stop(&spot));
        } else if way == Way::Frame {
            self.frame(tag, &spot, decision);
        } else if let Some(placeholder) = self.inline(&spot) {
            decision.before.push_str(&placeholder);
            let added = " hidden data-consent-added=\"hidden\"";
            decision.edits.insert(tag.name_end(), added);
        }
    }

    /// Puts a placeholder into an element that a script would fill.
    fn container(&self, found: Found<'_>, ground: Ground<'_>, decision: &mut Decision) {
        let mut looks = Looks::of(found.tag, ground.charset);
        looks.size = (0, 0);
        if looks.is_hidden {
            return;
        }
        if !self.page().counts_one() {
            return;
        }
        let judgement = found.label;
        let Some(mut spot) = self.labelled(found, looks, ground) else {
            return;
        };
        (spot.plain, spot.parted) = (found.plain, true);
        spot.anchor = Some(spot.id.clone());
        match judgement.is_held() {
            true => decision.inside.extend(self.inline(&spot)),
            false => decision.before.extend(self.stop(&spot)),
        }
    }

    fn labelled<'a>(&self, found: Found<'_>, looks: Looks, ground: Ground<'a>) -> Option<Spot<'a>> {
        let number = match found.label {
            Judgement::Loads => {
                let label = found.tag.value("data-consent", ground.charset)?;
                self.writer.service_named(&label)?
            }
            held @ Judgement::Held(_) => held.service()?,
        };
        Some(self.spot_of(Owner::Declared(number), looks, ground))
    }

    /// Returns the spot of an element that somebody was, or would have to be, asked about.
    fn spot<'a>(
        &self,
        judgement: Judgement,
        url: Option<&'a Url>,
        looks: Looks,
        ground: Ground<'a>,
    ) -> Option<Spot<'a>> {
        let owner = match judgement {
            Judgement::Loads => Owner::Declared(self.writer.service_of(url?)?),
            held @ Judgement::Held(_) => match held.service() {
                Some(service) => Owner::Declared(service),
                None => Owner::Nobody(url?.host_str()?),
            },
        };
        Some(self.spot_of(owner, looks, ground))
    }

    fn spot_of<'a>(&self, owner: Owner<'a>, looks: Looks, ground: Ground<'a>) -> Spot<'a> {
        Spot {
            owner,
            shape: Placeholder::Frame,
            small: looks.is_small,
            plain: false,
            once: false,
            id: format!("tcc-embed-{}", self.page().count),
            anchor: None,
            parted: false,
            size: looks.size,
            base: ground.bases.elsewhere(),
        }
    }

    /// Puts the placeholder into the frame: the element stays.
    fn frame(&self, tag: &Tag, spot: &Spot<'_>, decision: &mut Decision) {
        let Some(title) = self.writer.title(spot) else {
            return;
        };
        let Some(document) = self.writer.write(Part::Frame, spot) else {
            return;
        };
        let mut added = format!(" srcdoc=\"{}\"", escape(&document));
        let mut names = String::from("srcdoc");
        let named = ["title", "aria-label", "aria-labelledby"];
        if !named.iter().any(|name| tag.get(name).is_some()) {
            added.push_str(&format!(" title=\"{}\"", escape(&title)));
            names.push_str(" title");
        }
        if tag.get("id").is_none() {
            added.push_str(&format!(" id=\"{}\"", spot.id));
            names.push_str(" id");
        }
        for name in ["sandbox", "srcdoc"] {
            // With a label, it is held back already.
            let first = tag.get(name);
            if first.is_none_or(|first| decision.edits.has_renamed(first.at)) {
                continue;
            }
            let repeated = tag.attributes.iter().filter(|other| other.name == name);
            repeated.for_each(|attribute| decision.edits.rename(attribute.at));
        }
        added.push_str(&format!(" data-consent-added=\"{names}\""));
        decision.edits.insert(tag.name_end(), added);
    }

    fn inline(&self, spot: &Spot<'_>) -> Option<String> {
        self.writer.title(spot)?;
        let placeholder = self.writer.write(Part::Inline, spot)?;
        let has_button = matches!(spot.owner, Owner::Declared(_)) && !spot.plain && !spot.small;
        self.styled(spot, &placeholder, has_button)
    }

    fn stop(&self, spot: &Spot<'_>) -> Option<String> {
        self.writer.title(spot)?;
        if spot.plain {
            return None;
        }
        let control = self.writer.write(Part::Stop, spot)?;
        self.styled(spot, &control, true)
    }

    /// Puts the stylesheet before the first one, and its form at the end.
    fn styled(&self, spot: &Spot<'_>, markup: &str, has_button: bool) -> Option<String> {
        let form = match has_button {
            true => ascii(&self.writer.write(Part::Form, spot)?),
            false => String::new(),
        };
        let mut page = self.page();
        page.forms.push_str(&form);
        let is_first = !std::mem::replace(&mut page.has_sheet, true);
        let sheet = is_first.then(|| self.writer.write(Part::Sheet, spot));
        Some(ascii(&(sheet.flatten().unwrap_or_default() + markup)))
    }
}

/// No pages, and so no way back to an element.
#[cfg(not(feature = "pages"))]
const fn is_anchor(_: &str) -> bool {
    false
}

fn url_of(tag: &Tag, ground: Ground<'_>) -> Option<Url> {
    let value = tag.value(source_of(&tag.name)?, ground.charset)?;
    ground.bases.resolve(&value)
}
