//! French or English, as chosen by the visitor: the cookie `django_language`.

use axum::{Form, response::Redirect};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use serde::{Deserialize, Serialize};
use time::Duration;
use tower_cookie_consent::{CookiePolicy, policy::Text};

pub(crate) const COOKIE: &str = "django_language";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    #[default]
    Fr,
    En,
}

/// A text with its language, for `lang="…"` if that is not the page's.
#[derive(Debug, Serialize)]
pub(crate) struct Said<'a> {
    lang: &'a str,
    text: &'a str,
}

impl Language {
    pub(crate) fn of(jar: &CookieJar) -> Self {
        match jar.get(COOKIE).map(Cookie::value) {
            Some("en") => Self::En,
            _ => Self::Fr,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        self.pick("fr", "en")
    }

    pub(crate) const fn pick<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Fr => french,
            Self::En => english,
        }
    }

    /// Returns a text of the policy for a reader of this language.
    pub(crate) fn said<'a>(
        self,
        text: Option<&'a Text>,
        policy: &'a CookiePolicy,
    ) -> Option<Said<'a>> {
        let (lang, text) = text?.get(self.tag(), policy.default_language())?;
        Some(Said { lang, text })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    language: Language,
    page: String,
}

/// Stores the language and returns to the page with the form.
pub(crate) async fn choose(jar: CookieJar, Form(wanted): Form<Wanted>) -> (CookieJar, Redirect) {
    let cookie = Cookie::build((COOKIE, wanted.language.tag()))
        .path("/")
        .max_age(Duration::days(365))
        .same_site(SameSite::Lax);
    // Only to a page of this site, whatever the form contains.
    let page = ["/connexion"]
        .into_iter()
        .find(|page| *page == wanted.page)
        .unwrap_or("/");
    (jar.add(cookie), Redirect::to(page))
}
