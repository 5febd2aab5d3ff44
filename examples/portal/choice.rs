//! The visitor's choice: the panel that asks for it, and the answer.

use axum::{
    Form,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use minijinja::{Value, context};
use time::OffsetDateTime;
use tower_cookie_consent::{Basis, Category, Choice, Consent, Status};

use crate::language::Language;

/// What the panel says and asks: how things stand, and each category.
pub(crate) fn panel(consent: &Consent, language: Language) -> Value {
    let status = match consent.status() {
        Status::Decided => "decided",
        Status::Expired => "expired",
        _ => "undecided",
    };
    context! {
        status,
        needs_choice => consent.needs_choice(),
        gpc => consent.gpc(),
        decided_on => consent.choice().map(|choice| date(choice, language)),
        categories => consent
            .policy()
            .categories()
            .map(|category| section(category, consent, language))
            .collect::<Vec<_>>(),
    }
}

fn section(category: &Category, consent: &Consent, language: Language) -> Value {
    let policy = consent.policy();
    context! {
        id => category.id(),
        title => language.said(category.get_title(), policy),
        description => language.said(category.get_description(), policy),
        necessary => category.basis() == Basis::Necessary,
        allowed => consent.allows(category.id()),
    }
}

fn date(choice: &Choice, language: Language) -> Value {
    let date = OffsetDateTime::from(choice.decided_at());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let iso = format!("{year}-{month:02}-{day:02}");
    let french = format!("{day:02}/{month:02}/{year}");
    context! { shown => language.pick(&french, &iso), iso }
}

/// The three buttons. The layer sees the preferences cookie leave and judges this very response
/// under it; after a refusal it also removes what the browser has.
pub(crate) async fn choose(consent: Consent, Form(form): Form<Vec<(String, String)>>) -> Response {
    let chosen = match value_of(&form, "choice") {
        Some("accept") => Ok(consent.accept_all()),
        Some("refuse") => Ok(consent.refuse_all()),
        Some("choose") => consent.choose(answers(&form)),
        _ => return (StatusCode::BAD_REQUEST, "accept, refuse or choose").into_response(),
    };
    match chosen {
        // Saved without an answer: nothing was chosen, and nothing changes.
        Ok(_) if value_of(&form, "choice") == Some("choose") && answers(&form).next().is_none() => {
            Redirect::to("/").into_response()
        }
        Ok(choice) => (consent.set(choice), Redirect::to("/")).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// The categories that were answered; those that were not keep the answer that they have.
fn answers(form: &[(String, String)]) -> impl Iterator<Item = (&str, bool)> {
    form.iter().filter_map(|(id, answer)| match &**answer {
        "yes" => Some((&**id, true)),
        "no" => Some((&**id, false)),
        _ => None,
    })
}

fn value_of<'a>(form: &'a [(String, String)], key: &str) -> Option<&'a str> {
    form.iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| &**value)
}
