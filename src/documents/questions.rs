//! What is asked about a document: each URL, script and label in it, by the document's own bases
//! and charset.

use std::sync::Arc;

use super::{
    bases::Bases,
    charset::Charset,
    css,
    data::Data,
    decision::Standing,
    judge::{Held, Judge, Judgement, Place},
    loads::Loads,
    nested::{Inner, Nested},
    placeholder::{Ground, Placeholders},
    refresh, speculation, srcset,
    tag::{Attribute, Tag},
};

/// Style sheets in style sheets, by `data:` URLs, are read to this depth.
const MAX_SHEETS: u8 = 4;

pub(crate) struct Questions {
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) bases: Bases,
    pub(crate) charset: Charset,
    /// Reports, and lets everything load.
    pub(crate) report_only: bool,
    /// Shows visitors what is missing.
    pub(crate) placeholders: Option<Arc<Placeholders>>,
    pub(crate) nest: Nest,
}

/// Returns the gate of a document inside of the one that these questions are about; `None` if it is too
/// deep inside.
pub(crate) type Nest = fn(Inner, Standing, &Questions) -> Option<Box<dyn Nested>>;

impl std::fmt::Debug for Questions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Questions").finish_non_exhaustive()
    }
}

impl Questions {
    /// Returns what placeholders need to know of the document.
    pub(crate) fn ground(&self) -> Ground<'_> {
        Ground {
            bases: &self.bases,
            charset: self.charset,
        }
    }

    fn settle(&self, judgement: Judgement) -> Judgement {
        if self.report_only {
            Judgement::Loads
        } else {
            judgement
        }
    }

    /// Reports something without an address that is held back.
    pub(crate) fn report(&self, place: Place<'_>, judgement: Judgement) -> Judgement {
        if judgement.is_held() {
            self.judge.held(&Held {
                place,
                url: None,
                judgement,
            });
        }
        self.settle(judgement)
    }

    pub(crate) fn url(&mut self, text: &str, place: Place<'_>) -> Judgement {
        let judgement = self.bases.judge(text, &*self.judge, place);
        self.settle(judgement)
    }

    /// Judges the text of a script.
    pub(crate) fn script(&self, text: &str, place: Place<'_>) -> Judgement {
        self.report(place, self.judge.script(text))
    }

    /// Judges the label that the site gave this element, without a report.
    pub(crate) fn label(&self, tag: &Tag) -> Judgement {
        let Some(id) = tag.value("data-consent", self.charset) else {
            return Judgement::Loads;
        };
        self.judge.label(&id)
    }

    pub(crate) fn base(&mut self, href: &str, sure: bool) -> Judgement {
        let judgement = self.bases.base(href, sure, &*self.judge);
        self.settle(judgement)
    }

    /// Judges all that an attribute names.
    pub(crate) fn attribute(
        &mut self,
        tag: &Tag,
        attribute: &Attribute,
        loads: Loads,
    ) -> Judgement {
        let place = Place {
            element: &tag.name,
            attribute: &attribute.name,
        };
        let value = attribute.value(self.charset);
        match loads {
            Loads::Reference if value.starts_with('#') => Judgement::Loads,
            Loads::Url | Loads::Reference if tag.name == "script" => match self.data_of(&value) {
                Some(data) => {
                    let each = data.texts(self.charset.encoding()).into_iter();
                    each.fold(Judgement::Loads, |result, text| {
                        result.and(self.script(&text, place))
                    })
                }
                None => self.url(&value, place),
            },
            Loads::Url | Loads::Reference => self.url(&value, place),
            Loads::Sheet => match self.data_of(&value).filter(Data::may_be_sheet) {
                Some(data) => self.sheets(&data, place, 0),
                None => self.url(&value, place),
            },
            Loads::Frame => self.frame(&value, place),
            Loads::Srcset => self.all(srcset::urls(&value), place),
            Loads::UrlList => self.all(value.split_ascii_whitespace(), place),
            Loads::Refresh => self.refresh(&value, place),
            Loads::Animation => {
                let charset = self.charset;
                let name = tag.value("attributename", charset).unwrap_or_default();
                if name.to_ascii_lowercase().ends_with("href") {
                    self.all(value.split(';').map(str::trim), place)
                } else {
                    self.sheet(&value, place)
                }
            }
            // These are changed and not judged.
            Loads::Base | Loads::Css | Loads::Srcdoc => Judgement::Loads,
        }
    }

    /// Judges where a page leads by itself. Inside of a frame, that may be a document in a `data:` URL.
    pub(crate) fn refresh(&mut self, value: &str, place: Place<'_>) -> Judgement {
        let mut result = Judgement::Loads;
        for url in refresh::urls(value) {
            result = result.and(self.frame(url, place));
        }
        result
    }

    /// Judges the rules by which a browser loads pages before they are asked for.
    pub(crate) fn rules(&mut self, text: &str, place: Place<'_>) -> Judgement {
        if text.trim().is_empty() {
            return Judgement::Loads;
        }
        // What is too deep for one parser may not be so for another.
        let Ok(rules) = serde_json::from_str::<serde_json::Value>(text) else {
            return self.report(place, Judgement::FOR_GOOD);
        };
        let mut result = Judgement::Loads;
        let is_clear = speculation::each(&rules, &mut |url| {
            let judgement = self.url(url, place);
            result = result.and(judgement);
        });
        match is_clear {
            true => result,
            false => result.and(self.report(place, Judgement::FOR_GOOD)),
        }
    }

    #[allow(single_use_lifetimes, reason = "`impl Trait` can't leave it out")]
    fn all<'a>(&mut self, urls: impl Iterator<Item = &'a str>, place: Place<'_>) -> Judgement {
        let mut result = Judgement::Loads;
        for url in urls {
            result = result.and(self.url(url, place));
        }
        result
    }

    /// Judges the URL of a frame. A document in a `data:` URL would escape the gate.
    fn frame(&mut self, value: &str, place: Place<'_>) -> Judgement {
        // Without the tabs and line breaks that browsers leave out.
        let url = self.bases.absolute(value);
        match url.as_ref().map(|url| (url.scheme(), url.as_str())) {
            Some(("data", url)) if !is_picture(url) => self.report(place, Judgement::FOR_GOOD),
            Some(("javascript", url)) => {
                let code = percent_encoding::percent_decode_str(url).decode_utf8_lossy();
                // It may write a document; `javascript:void(0)` and its kin do not.
                if code.contains(['<', '\\']) || code.contains("//") {
                    self.report(place, Judgement::FOR_GOOD)
                        .and(self.script(&code, place))
                } else {
                    self.script(&code, place)
                }
            }
            _ => self.url(value, place),
        }
    }

    /// Judges a style sheet as a whole.
    fn sheet(&mut self, text: &str, place: Place<'_>) -> Judgement {
        self.sheet_in(text, place, 0)
    }

    /// Judges a style sheet in a `data:` URL, in each charset that browsers may read it in.
    fn sheets(&mut self, data: &Data, place: Place<'_>, depth: u8) -> Judgement {
        let mut result = Judgement::Loads;
        for text in data.texts(self.charset.encoding()) {
            result = result.and(self.sheet_in(&text, place, depth));
        }
        result
    }

    fn sheet_in(&mut self, text: &str, place: Place<'_>, depth: u8) -> Judgement {
        let mut result = Judgement::Loads;
        css::rewrite(text, &mut |url| {
            result = result.and(self.of_sheet(url, place, depth));
            false
        });
        result
    }

    /// Judges a URL in a style sheet, which may bring another one along.
    pub(crate) fn of_sheet(&mut self, url: &str, place: Place<'_>, depth: u8) -> Judgement {
        match self.data_of(url).filter(Data::may_be_sheet) {
            Some(_) if depth == MAX_SHEETS => self.report(place, Judgement::FOR_GOOD),
            Some(data) => self.sheets(&data, place, depth + 1),
            None => self.url(url, place),
        }
    }

    fn data_of(&self, value: &str) -> Option<Data> {
        let start = value.trim_start_matches(|c: char| c <= ' ');
        let may_be_data = start.starts_with(['d', 'D']);
        may_be_data.then(|| Data::of(&self.bases.absolute(value)?))?
    }
}

/// Is a `data:` URL a picture that runs nothing?
fn is_picture(url: &str) -> bool {
    let kind = url
        .split_once(':')
        .map_or("", |(_, rest)| rest)
        .trim_start()
        .to_ascii_lowercase();
    kind.starts_with("image/") && !kind.starts_with("image/svg")
}
