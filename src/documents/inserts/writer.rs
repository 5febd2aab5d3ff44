//! Writes the banner and the footer with the templates and texts of the pages.

use url::Url;

use super::{
    super::{judge::LeftOut, origin::Located, placeholder::absolute, reader::Visitor},
    Inserts, Page, Policies, Whole, Writer, Written,
    policies::{File, Forbidden},
};
use crate::{
    consent::Consent,
    pages::{Pages, View},
};

/// What is put into a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) banner: bool,
    /// What visitors see once: that a choice was saved, and what became of it at a login.
    pub(crate) notice: bool,
    pub(crate) footer: bool,
    pub(crate) page: Page,
}

/// Returns the inserts of a document.
pub(crate) fn of_pages(
    visitor: &Visitor,
    wanted: Wanted,
    document: Option<Located>,
    whole: Whole,
) -> Box<Inserts> {
    let writer = PagesWriter {
        pages: visitor.pages.clone(),
        consent: visitor.consent.clone(),
        language: visitor.language.clone(),
        policies: visitor.policies.clone(),
        form_nonce: visitor.form_nonce.clone(),
        document,
        wanted,
    };
    Inserts::new(Box::new(writer), whole)
}

struct PagesWriter {
    pages: Pages,
    consent: Consent,
    /// The language that the visitor wants, or that of the document.
    language: String,
    policies: Policies,
    form_nonce: Option<String>,
    document: Option<Located>,
    wanted: Wanted,
}

impl Writer for PagesWriter {
    fn speak(&mut self, language: &str) {
        if let Some(known) = self.pages.known_language(language) {
            known.clone_into(&mut self.language);
        }
    }

    fn obey(&mut self, policy: &str) {
        self.policies.add_meta(policy);
    }

    fn write(&mut self, base: Option<&Url>) -> Written {
        let leads_back = self.wanted.page == Page::Usual;
        let mut view = self
            .pages
            .view_for(&self.consent, &self.language, leads_back);
        view.form_nonce.clone_from(&self.form_nonce);
        if let Some(document) = base {
            view.links.resolve(|link| absolute(document, link));
        }
        let left_out = self.obeyed(&mut view);
        let render = |template| self.pages.render_or_nothing(template, &view);
        // No text comes between the document's own.
        let mut top = render("head.html").trim().replace(">\n<", "><");
        if self.wanted.banner {
            top.push_str(render(self.pages.banner_template(&self.consent)).trim());
        }
        if self.wanted.notice {
            top.push_str(render("notice.html").trim());
        }
        let bottom = match self.wanted.footer {
            true => render("document_footer.html").trim().to_owned(),
            false => String::new(),
        };
        Written {
            top,
            bottom,
            has_sheet: view.has_style,
            left_out,
        }
    }
}

impl PagesWriter {
    /// Leaves out what the site's own policies forbid; returns what that is.
    fn obeyed(&self, view: &mut View) -> Vec<LeftOut> {
        let mut left_out = Vec::new();
        let mut allowed = |element, result: Result<Option<String>, Forbidden>| match result {
            Ok(nonce) => (true, nonce),
            Err(directive) => {
                left_out.push(LeftOut { element, directive });
                (false, None)
            }
        };
        let style = self.asked(&view.links.style, |file| self.policies.style(file));
        (view.has_style, view.style_nonce) = allowed("link", style);
        let script = self.asked(&view.links.script, |file| self.policies.script(file));
        (view.has_script, view.nonce) = allowed("script", script);
        let form = self.asked(&view.links.preferences, |file| self.policies.form(file));
        // It stays, with its link to the form.
        allowed("form", form.map(|()| None));
        left_out
    }

    fn asked<T>(&self, link: &str, ask: impl Fn(Option<File<'_>>) -> T) -> T {
        let document = self.document.as_ref();
        let url = document.and_then(|document| document.url.join(link).ok());
        ask(document
            .zip(url.as_ref())
            .map(|(document, url)| File { document, url }))
    }
}
