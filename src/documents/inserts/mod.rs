//! What is put into a page: the banner where its body begins, and a footer at its end, with the
//! stylesheet and the script of the pages.
//!
//! `eligible` says which requests and responses are pages, `opening` finds where the body begins, and
//! `policies` what the site's own Content-Security-Policy allows. The writer is that of the pages.

mod eligible;
mod opening;
mod policies;
#[cfg(test)]
mod tests;
#[cfg(feature = "pages")]
mod writer;

use self::opening::{OfTag, Opening, Reader};
#[cfg(feature = "pages")]
pub(crate) use self::writer::{Wanted, of_pages};
pub(crate) use self::{
    eligible::{Page, navigation},
    opening::Whole,
    policies::Policies,
};
use super::{
    judge::{Judge, LeftOut},
    placeholder::ascii,
    questions::Questions,
    tag::Tag,
};

/// Writes what is put into a page, as HTML in UTF-8.
pub(crate) trait Writer: Send {
    /// Writes in the language with this tag, if it is one of the writer's.
    fn speak(&mut self, language: &str);

    /// Takes note of a policy in the document itself.
    fn obey(&mut self, policy: &str);

    /// Writes what comes first in the body, and last.
    fn write(&mut self, base: Option<&url::Url>) -> Written;
}

/// What is put into a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) top: String,
    pub(crate) bottom: String,
    /// The stylesheet is a part of it.
    pub(crate) has_sheet: bool,
    /// What the site's own policy forbids.
    pub(crate) left_out: Vec<LeftOut>,
}

/// The inserts of one document.
pub(crate) struct Inserts {
    writer: Box<dyn Writer>,
    reader: Reader,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// The body has not begun.
    Head,
    /// What comes at the end.
    Body(String),
    /// Nothing is put in.
    Nothing,
}

impl std::fmt::Debug for Inserts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inserts")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl Inserts {
    pub(crate) fn new(writer: Box<dyn Writer>, whole: Whole) -> Box<Self> {
        Box::new(Self {
            writer,
            reader: Reader::new(whole),
            progress: Progress::Head,
        })
    }

    /// Returns `true` until the body has begun.
    pub(crate) const fn is_head(&self) -> bool {
        matches!(self.progress, Progress::Head)
    }

    /// Takes note of the document's own attributes: its language, and whether it is AMP.
    pub(crate) fn html(&mut self, language: Option<&str>, is_amp: bool) {
        if !self.is_head() {
            return;
        }
        if let Some(language) = language {
            self.writer.speak(language);
        }
        if is_amp {
            self.progress = Progress::Nothing;
        }
    }

    /// Takes note of a policy in the document's head.
    pub(crate) fn meta(&mut self, tag: &Tag, questions: &Questions) {
        let value = |name| tag.value(name, questions.charset);
        let is_policy = value("http-equiv")
            .is_some_and(|name| name.trim().eq_ignore_ascii_case("content-security-policy"));
        if self.is_head()
            && is_policy
            && let Some(policy) = value("content")
        {
            self.writer.obey(&policy);
        }
    }

    /// Reads markup; returns what is put in, and where.
    pub(crate) fn read(&mut self, bytes: &[u8], questions: &Questions) -> Option<(usize, String)> {
        if !self.is_head() {
            return None;
        }
        match self.reader.read(bytes) {
            Opening::NotYet => None,
            Opening::Never => {
                self.progress = Progress::Nothing;
                None
            }
            Opening::At(at) => Some((at, self.open(questions))),
        }
    }

    /// Reads a start tag; returns what is put in before it, and behind it.
    pub(crate) fn tag(&mut self, name: &str, questions: &Questions) -> (String, String) {
        let nothing = String::new();
        if !self.is_head() {
            return (nothing.clone(), nothing);
        }
        match self.reader.tag(name) {
            OfTag::Further => (nothing.clone(), nothing),
            OfTag::Never => {
                self.progress = Progress::Nothing;
                (nothing.clone(), nothing)
            }
            OfTag::Before => (self.open(questions), nothing),
            OfTag::Behind => (nothing, self.open(questions)),
        }
    }

    /// Does the end of the document get something?
    pub(crate) fn has_end(&self) -> bool {
        match &self.progress {
            Progress::Head => self.reader.is_whole(),
            Progress::Body(bottom) => !bottom.is_empty(),
            Progress::Nothing => false,
        }
    }

    /// Returns what the end of the document gets. A document without a body has one then.
    pub(crate) fn end(&mut self, questions: &Questions) -> String {
        let top = match self.progress {
            Progress::Head if self.reader.is_whole() => self.open(questions),
            _ => String::new(),
        };
        match std::mem::replace(&mut self.progress, Progress::Nothing) {
            Progress::Body(bottom) => top + &bottom,
            Progress::Head | Progress::Nothing => String::new(),
        }
    }

    fn open(&mut self, questions: &Questions) -> String {
        let written = self.writer.write(questions.bases.elsewhere());
        if written.has_sheet
            && let Some(placeholders) = &questions.placeholders
        {
            placeholders.has_sheet();
        }
        let judge: &dyn Judge = &*questions.judge;
        written.left_out.iter().for_each(|it| judge.left_out(*it));
        self.progress = Progress::Body(ascii(&written.bottom));
        ascii(&written.top)
    }
}
