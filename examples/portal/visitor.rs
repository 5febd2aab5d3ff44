//! The visitor of a page, and what every page sets for them: their language, their session, a token
//! for forms, and a record of their path.

use axum::{
    Extension,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use minijinja::{Value, context};
use tower_cookie_consent::{
    Consent,
    pages::{Pages, PagesError},
};
use tower_sessions::{Session, session};

use crate::{account, language::Language, page::Page, tracking};

const PREVIOUS: &str = "previous";

#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) consent: Consent,
    pub(crate) language: Language,
    pub(crate) session: Session,
    pub(crate) jar: CookieJar,
    cookies: Pages,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let jar = CookieJar::from_headers(&parts.headers);
        Ok(Self {
            consent: Consent::from_request_parts(parts, state)
                .await
                .map_err(IntoResponse::into_response)?,
            language: Language::of(&jar),
            session: Session::from_request_parts(parts, state)
                .await
                .map_err(IntoResponse::into_response)?,
            jar,
            cookies: Extension::from_request_parts(parts, state)
                .await
                .map(|Extension(cookies)| cookies)
                .map_err(IntoResponse::into_response)?,
        })
    }
}

impl Visitor {
    /// Creates a page for this visitor. It sets cookies like any handler, without checking for
    /// consent.
    pub(crate) async fn page(
        self,
        template: &'static str,
        path: &'static str,
        content: Value,
    ) -> Result<(CookieJar, Page), Broken> {
        let Self {
            consent,
            language,
            session,
            jar,
            cookies,
        } = self;
        let previous: Option<String> = session.get(PREVIOUS).await?;
        session.insert(PREVIOUS, path).await?;
        let user = account::user(&session).await?;
        let (jar, token) = account::token(jar);
        let jar = tracking::note_path(jar, path);
        let lang = language.tag();
        let banner = match template {
            "not_found.html" => cookies.banner_on_error_page(&consent, lang),
            _ => cookies.banner(&consent, lang),
        };
        let page = Page {
            template,
            language,
            content: context! {
                path,
                user,
                token,
                previous => previous.filter(|previous| previous != path),
                // Escaped already: `safe` in the templates.
                head => cookies.head(&consent, lang)?.as_str(),
                banner => banner?.as_str(),
                notice => cookies.notice(&consent, lang)?.as_str(),
                footer => cookies.footer(&consent, lang)?.as_str(),
                ..content
            },
        };
        Ok((jar, page))
    }

    /// For handlers that respond without a page.
    pub(crate) async fn remember(&self, path: &str) -> Result<(), Broken> {
        Ok(self.session.insert(PREVIOUS, path).await?)
    }
}

/// The session store or a template of the pages failed.
#[derive(Debug)]
pub(crate) struct Broken(String);

impl From<session::Error> for Broken {
    fn from(error: session::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<PagesError> for Broken {
    fn from(error: PagesError) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}
