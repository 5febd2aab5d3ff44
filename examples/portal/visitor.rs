//! Who asks for a page, and what each page gives them: their language, their session, a token for
//! forms, and a note of their path.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use minijinja::{Value, context};
use tower_cookie_consent::Consent;
use tower_sessions::{Session, session};

use crate::{account, choice, language::Language, page::Page, tracking};

const PREVIOUS: &str = "previous";

#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) consent: Consent,
    pub(crate) language: Language,
    pub(crate) session: Session,
    pub(crate) jar: CookieJar,
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
        })
    }
}

impl Visitor {
    /// A page for this visitor. It sets cookies as a handler does, and asks nobody.
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
        } = self;
        let previous: Option<String> = session.get(PREVIOUS).await?;
        session.insert(PREVIOUS, path).await?;
        let user = account::user(&session).await?;
        let (jar, token) = account::token(jar);
        let jar = tracking::note_path(jar, path);
        let page = Page {
            template,
            language,
            content: context! {
                path,
                user,
                token,
                previous => previous.filter(|previous| previous != path),
                panel => choice::panel(&consent, language),
                ..content
            },
        };
        Ok((jar, page))
    }

    /// Where a handler answers without a page.
    pub(crate) async fn remember(&self, path: &str) -> Result<(), Broken> {
        Ok(self.session.insert(PREVIOUS, path).await?)
    }
}

/// The session store does not work.
#[derive(Debug)]
pub(crate) struct Broken(session::Error);

impl From<session::Error> for Broken {
    fn from(error: session::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
