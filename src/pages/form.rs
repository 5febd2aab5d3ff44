//! The pages themselves: the cookie policy page, the form, and error pages.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header::ALLOW};

use super::{
    accept::Format,
    answer::{Keep, PagesBody, answer, failure, html, json, with},
    charter::Charter,
    render::render,
    return_to::is_path_of_this_site,
    service::Visit,
};
use crate::consent::OptOutStatus;

impl Visit<'_> {
    /// Renders the cookie policy page in the requested format.
    pub(super) fn charter(
        &mut self,
        headers: &HeaderMap,
        format: Option<&str>,
    ) -> Response<PagesBody> {
        let format = format
            .and_then(Format::named)
            .unwrap_or_else(|| Format::accepted(headers));
        match format {
            Format::Html => self.page("charter.html", StatusCode::OK, Keep::Browser, None),
            Format::Json => {
                let view = self.view(None);
                let charter = Charter::new(&view, self.consent.policy());
                json(StatusCode::OK, Keep::Browser, &charter)
            }
            Format::Markdown => {
                match render(&self.pages.0.templates, "charter.md", &self.view(None)) {
                    Ok(text) => answer(
                        StatusCode::OK,
                        "text/markdown; charset=utf-8",
                        Keep::Browser,
                        text,
                    ),
                    Err(error) => failure(&error.to_string()),
                }
            }
        }
    }

    /// Renders the form. The query may contain `return_to`, as in the banner's link.
    pub(super) fn form(
        &mut self,
        return_to: Option<&str>,
        notice: Option<&str>,
        receipt: Option<String>,
    ) -> Response<PagesBody> {
        self.return_to = return_to
            .filter(|path| is_path_of_this_site(path))
            .map(str::to_owned);
        self.notice = notice.map(str::to_owned);
        self.linked = receipt;
        let unsaved = notice == Some("not_recorded");
        let message = unsaved.then(|| self.words().error_not_recorded.clone());
        self.page("preferences.html", StatusCode::OK, Keep::Nobody, message)
    }

    /// Renders the opt-out page, in regimes that have one.
    pub(super) fn opt_out_page(&mut self, confirms: bool) -> Response<PagesBody> {
        let is_offered = self.consent.opt_out_status() != OptOutStatus::NotOffered;
        if !is_offered || self.consent.policy().is_read_only() {
            return self.not_found();
        }
        self.confirms = confirms;
        self.page("opt_out.html", StatusCode::OK, Keep::Nobody, None)
    }

    pub(super) fn not_found(&mut self) -> Response<PagesBody> {
        let message = self.words().error_not_found.clone();
        self.page(
            "error.html",
            StatusCode::NOT_FOUND,
            Keep::Nobody,
            Some(message),
        )
    }

    pub(super) fn method_not_allowed(&mut self, allow: &'static str) -> Response<PagesBody> {
        let message = self.words().error_method.clone();
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let page = self.page("error.html", status, Keep::Nobody, Some(message));
        with(page, ALLOW, HeaderValue::from_static(allow))
    }

    pub(super) fn page(
        &self,
        template: &str,
        status: StatusCode,
        keep: Keep,
        error: Option<String>,
    ) -> Response<PagesBody> {
        let mut view = self.view(error);
        if keep == Keep::Nobody {
            view.form_nonce = self.consent.form_nonce_uncached();
        }
        match render(&self.pages.0.templates, template, &view) {
            Ok(text) => html(status, keep, text, &self.pages.0.security),
            Err(error) => failure(&error.to_string()),
        }
    }
}
