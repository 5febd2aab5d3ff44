//! Shows visitors what happened to the cookies of this very response: names, categories and
//! reasons, never a value.
//!
//! A record made inside the consent layer is compared with what leaves it.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE, header::SET_COOKIE},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use minijinja::{Value, context};
use tower_cookie_consent::{Basis, Category, Consent, Verdict, Withheld};

use crate::{
    language::Language,
    page::{Page, Templates},
};

/// A `Set-Cookie` without its value.
#[derive(Clone, Debug)]
struct Attempt {
    name: String,
    removal: bool,
}

#[derive(Clone, Debug)]
struct Tried {
    consent: Consent,
    attempts: Vec<Attempt>,
}

/// Inside the consent layer: records what the service tries to set.
pub(crate) async fn note(consent: Consent, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let attempts = attempts(response.headers());
    response
        .extensions_mut()
        .insert(Tried { consent, attempts });
    response
}

/// Renders a page that shows nothing of its cookies.
pub(crate) async fn render_here(
    State(templates): State<Templates>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(page) = response.extensions_mut().remove::<Page>() else {
        return response;
    };
    match page.render(&templates, &Value::UNDEFINED) {
        Ok(html) => (response.into_parts().0, Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Outside it: sees what is left, and renders the page.
pub(crate) async fn render(
    State(templates): State<Templates>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let extensions = response.extensions_mut();
    let (Some(page), Some(tried)) = (extensions.remove::<Page>(), extensions.remove::<Tried>())
    else {
        return response;
    };
    let seen = compare(tried, attempts(response.headers()), page.language);
    match page.render(&templates, &seen) {
        Ok(html) => {
            let html_type = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html_type);
            *response.body_mut() = html.into();
            response
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Good enough for the cookies of this example; the crate itself reads them as browsers do.
fn attempts(headers: &HeaderMap) -> Vec<Attempt> {
    headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .map(|field| Attempt {
            name: field
                .split(['=', ';'])
                .next()
                .unwrap_or(field)
                .trim()
                .to_owned(),
            removal: field.contains("; Max-Age=0"),
        })
        .collect()
}

fn compare(tried: Tried, mut left: Vec<Attempt>, language: Language) -> Value {
    let consent = tried.consent;
    let mut rows = Vec::new();
    for attempt in tried.attempts {
        let found = left
            .iter()
            .position(|sent| sent.name == attempt.name && sent.removal == attempt.removal);
        let outcome = match found.map(|position| left.remove(position)) {
            Some(_) if attempt.removal => "removed",
            Some(_) => "sent",
            None => "withheld",
        };
        rows.push(row(&attempt.name, outcome, &consent, language));
    }
    // The layer added what the service did not try to set: the removal of refused cookies.
    for added in left {
        rows.push(row(&added.name, "removed", &consent, language));
    }
    let count = |outcome| rows.iter().filter(|(is, _)| *is == outcome).count();
    context! {
        sent => count("sent"),
        withheld => count("withheld"),
        removed => count("removed"),
        rows => rows.iter().map(|(_, row)| row).collect::<Vec<_>>(),
    }
}

fn row(
    name: &str,
    outcome: &'static str,
    consent: &Consent,
    language: Language,
) -> (&'static str, Value) {
    let policy = consent.policy();
    let category = policy.category_of(name);
    let why = match outcome {
        "sent" => why_sent(category, language),
        "removed" => language.pick("n’a plus lieu d’être", "no longer has a reason to be"),
        _ => why_withheld(consent.verdict(name), language),
    };
    let title = category.and_then(|category| language.said(category.get_title(), policy));
    (outcome, context! { name, outcome, category => title, why })
}

fn why_sent(category: Option<&Category>, language: Language) -> &'static str {
    match category.map(Category::basis) {
        Some(Basis::Consent) => language.pick(
            "vous avez accepté sa catégorie",
            "you accepted its category",
        ),
        Some(Basis::Exempt) => language.pick(
            "exempté de consentement, tant que vous ne vous y opposez pas",
            "exempt from consent, as long as you do not object",
        ),
        _ => language.pick("nécessaire au service", "necessary for the service"),
    }
}

fn why_withheld(verdict: Verdict, language: Language) -> &'static str {
    let Verdict::Withheld(why) = verdict else {
        // The name was allowed but the header was not: the reason is its lifetime.
        return language.pick(
            "déjà dans votre navigateur\u{a0}: une visite ne le prolonge pas",
            "in your browser already: a visit does not prolong it",
        );
    };
    match why {
        Withheld::Undeclared => language.pick(
            "personne ne l’a déclaré dans la charte",
            "nobody has declared it in the charter",
        ),
        Withheld::Undecided => {
            language.pick("vous n’avez pas encore choisi", "you have not chosen yet")
        }
        Withheld::Denied => {
            language.pick("vous avez refusé sa catégorie", "you refused its category")
        }
        Withheld::Expired => language.pick(
            "votre choix a plus de six mois",
            "your choice is over six months old",
        ),
        Withheld::Pending => language.pick(
            "votre choix ne dit rien de sa catégorie",
            "your choice does not cover its category",
        ),
        Withheld::Unreadable => {
            language.pick("votre choix est illisible", "your choice can’t be read")
        }
        Withheld::Signal => language.pick(
            "votre navigateur s’oppose au pistage (Sec-GPC)",
            "your browser objects to tracking (Sec-GPC)",
        ),
        Withheld::CrossSite => language.pick(
            "demandé depuis un autre site, sans vos préférences",
            "asked for by another site, without your preferences",
        ),
        other => other.as_str(),
    }
}
