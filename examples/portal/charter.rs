//! The charter: what the policy declares, for reading. There is no second list of cookies.

use axum::response::IntoResponse;
use minijinja::{Value, context};
use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, Reason};

use crate::{
    language::Language,
    visitor::{Broken, Visitor},
};

pub(crate) async fn charter(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    let (policy, language) = (visitor.consent.policy(), visitor.language);
    let categories: Vec<_> = policy
        .categories()
        .map(|category| section(category, policy, language))
        .collect();
    visitor
        .page("charter.html", "/charte", context! { categories })
        .await
}

fn section(category: &Category, policy: &CookiePolicy, language: Language) -> Value {
    context! {
        id => category.id(),
        title => language.said(category.get_title(), policy),
        description => language.said(category.get_description(), policy),
        cookies => category
            .get_cookies()
            .iter()
            .map(|cookie| row(cookie, policy, language))
            .collect::<Vec<_>>(),
    }
}

fn row(cookie: &CookieDeclaration, policy: &CookiePolicy, language: Language) -> Value {
    context! {
        name => cookie.name(),
        provider => language.said(cookie.get_provider(), policy),
        service => language.said(cookie.get_service(), policy),
        purpose => language.said(cookie.get_purpose(), policy),
        reason => cookie.get_reason().map(|reason| why_necessary(reason, language)),
        retention => cookie.get_retention().map(|retention| language.retention(retention)),
        privacy_url => cookie.get_privacy_url(),
    }
}

fn why_necessary(reason: &Reason, language: Language) -> &'static str {
    match reason {
        Reason::Authentication => language.pick("authentification", "authentication"),
        Reason::Language => language.pick("langue", "language"),
        Reason::Security => language.pick("sécurité", "security"),
        Reason::Preferences => language.pick("choix du visiteur", "the visitor’s choice"),
        _ => language.pick("service demandé", "requested service"),
    }
}
