//! What visitors see: the pages of a site without a choice, in each language and regime, and the documents
//! that records refer to.

use super::{
    EvidenceError, declared,
    input::Input,
    item::{Items, Section, named},
};
use crate::{
    CookiePolicy,
    pages::{Pages, PagesError, ShownText},
    records::Document,
};

/// A document that records refer to, and what it is.
pub(super) struct ShownDocument {
    pub(super) document: Document,
    /// `policy`, or the surface of the choice.
    pub(super) kind: &'static str,
    /// What it is, in words.
    pub(super) what: &'static str,
    pub(super) edition: String,
    pub(super) language: Option<String>,
}

/// The rendered pages.
pub(super) struct Surfaces {
    pub(super) documents: Vec<ShownDocument>,
    pub(super) gaps: Vec<String>,
}

/// The pages by the name of their files, with what they are.
const PAGES: [(&str, &str); 6] = [
    ("charter", "The cookie policy page"),
    ("banner", "A page of the site with the banner"),
    ("page", "A page of the site, where no banner asks"),
    (
        "placeholders",
        "What visitors see in place of the services that wait for their consent",
    ),
    ("form", "The form in which visitors choose"),
    ("opt-out", "The page on which visitors opt out"),
];

pub(super) fn add(input: &Input, items: &mut Items) -> Result<Surfaces, EvidenceError> {
    let pages = match pages_of(input) {
        Ok(pages) => pages,
        Err(error) => {
            let gap = format!("Pages could not be made from this policy: {error}.");
            return Ok(Surfaces {
                documents: policies(input),
                gaps: vec![gap],
            });
        }
    };
    let failed = |error: PagesError| EvidenceError::new(error.to_string());
    let mut gaps = Vec::new();
    items.add(
        Section::Surfaces,
        "pages/style.css",
        "How these pages look.",
        pages.style_text(),
    )?;
    for (edition, policy) in declared::editions(&input.policy) {
        for language in declared::languages(&policy) {
            if !pages.speaks(&language) {
                let gap = format!("The pages have no texts in the language {language:?}.");
                if !gaps.contains(&gap) {
                    gaps.push(gap);
                }
                continue;
            }
            let folder = format!("pages/{edition}/{}", named(&language));
            let rendered = pages.archived(&policy, &language, "../../style.css");
            for (name, html) in rendered.map_err(failed)? {
                let kind = PAGES.iter().find(|(it, _)| *it == name);
                let kind = kind.map_or(name, |(_, kind)| kind);
                let about = format!("{kind}, in the language {language}{}.", under(&policy));
                items.add(
                    Section::Surfaces,
                    &format!("{folder}/{name}.html"),
                    about,
                    html,
                )?;
            }
        }
    }
    Ok(Surfaces {
        documents: documents(input, &pages),
        gaps,
    })
}

/// Returns the pages of the site, or those of the crate.
pub(super) fn pages_of(input: &Input) -> Result<Pages, PagesError> {
    match &input.pages {
        Some(pages) => Ok(pages.clone()),
        None => {
            let path = input.policy.pages_at().unwrap_or("/cookies");
            Pages::at(path, input.policy.clone())
        }
    }
}

/// Returns the documents that records of this policy refer to.
pub(super) fn all_documents(input: &Input) -> Vec<Document> {
    let all = match pages_of(input) {
        Ok(pages) => documents(input, &pages),
        Err(_) => policies(input),
    };
    all.into_iter().map(|it| it.document).collect()
}

/// Returns the same with what they are.
pub(super) fn documents(input: &Input, pages: &Pages) -> Vec<ShownDocument> {
    let mut documents = policies(input);
    for (edition, policy) in declared::editions(&input.policy) {
        for language in declared::languages(&policy) {
            for text in ShownText::ALL {
                let (kind, what) = match text {
                    ShownText::Banner => ("banner", "banner"),
                    ShownText::Form => ("form", "form"),
                    ShownText::OptOut => ("opt_out", "opt-out page"),
                    ShownText::OptIn => (
                        "opt_out",
                        "opt-out page where it asks whether to allow again",
                    ),
                    ShownText::Footer => ("footer", "footer with its buttons"),
                };
                let shown = pages.shown_document(text, &policy, &language);
                documents.extend(shown.map(|document| ShownDocument {
                    document,
                    kind,
                    what,
                    edition: edition.clone(),
                    language: Some(language.clone()),
                }));
            }
        }
    }
    documents
}

fn policies(input: &Input) -> Vec<ShownDocument> {
    let editions = declared::editions(&input.policy).into_iter();
    let documents = editions.map(|(edition, policy)| ShownDocument {
        document: Document::of_policy(&policy),
        kind: "policy",
        what: "policy",
        edition,
        language: None,
    });
    documents.collect()
}

/// Returns the rules of asking, as the end of a sentence.
fn under(policy: &CookiePolicy) -> String {
    match policy.regime() {
        Some(regime) => format!(", under the rules “{}”", regime.id()),
        None => String::new(),
    }
}
