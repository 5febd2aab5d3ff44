//! A site that follows the rules by hand, without the layer; violations are planted in it.

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use http::{Method, header::CACHE_CONTROL, request::Parts};
use tower::{Layer, ServiceExt, service_fn};
use tower_cookie_consent::{
    Choice, Consent, Verdict, Withheld, layer::Enforcement, preferences::Status,
};

use super::*;

/// The cookies that the site sets on every response if it may, with their categories.
pub(super) const COOKIES: [(&str, &str); 4] = [
    ("sessionid", "base"),
    ("_pk_id.1", "stats"),
    ("map", "maps"),
    ("_ga", "ads"),
];

/// One request, as the site reads it.
pub(super) struct Asked {
    pub(super) parts: Parts,
    pub(super) body: String,
    pub(super) cookies: String,
    pub(super) consent: Consent,
}

impl Asked {
    pub(super) fn is_post(&self) -> bool {
        self.parts.method == Method::POST
    }

    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(super) fn carries(&self, name: &str) -> bool {
        let named = format!("{name}=");
        self.cookies
            .split("; ")
            .any(|pair| pair.starts_with(&named))
    }

    pub(super) fn has_preferences(&self) -> bool {
        preferences(&self.cookies).is_some()
    }

    /// The choice that a posted form makes.
    fn choice(&self) -> Option<Choice> {
        let chosen = self.is_post().then_some(&*self.body)?;
        match chosen.strip_prefix("choice=")? {
            "accept" => Some(self.consent.accept_all()),
            "refuse" => Some(self.consent.refuse_all()),
            "maps" => self.consent.choose([("maps", true)]).ok(),
            _ => None,
        }
    }
}

/// A change to a correct response.
pub(super) type Plant = fn(&Asked, &mut HeaderMap);

/// The site with a violation planted in it.
pub(super) fn planted(plant: Plant) -> Router {
    let answer = move |request: Request| async move {
        let asked = read(request).await;
        let mut response = answer(&asked);
        plant(&asked, response.headers_mut());
        response
    };
    Router::new().fallback(answer)
}

/// The site without one.
pub(super) fn honest() -> Router {
    planted(|_, _| {})
}

pub(super) fn choose(choice: &str) -> http::Request<String> {
    http::Request::post("/cookies")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("choice={choice}"))
        .unwrap()
}

/// A visit, an acceptance and a refusal.
pub(super) fn choosing() -> Conformance {
    Conformance::new(policy())
        .visit(["/"])
        .request(choose("accept"))
        .request(choose("refuse"))
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let fields = parts.headers.get_all(COOKIE).iter();
    let fields: Vec<_> = fields.map(|field| field.to_str().unwrap()).collect();
    let body = to_bytes(body, 4_096).await.unwrap();
    Asked {
        cookies: fields.join("; "),
        consent: consent(&parts),
        body: String::from_utf8(body.to_vec()).unwrap(),
        parts,
    }
}

/// Returns the meaning of the preferences, read by a layer that is turned off.
fn consent(parts: &Parts) -> Consent {
    let taken = service_fn(|request: Request| async move {
        Ok::<_, Infallible>(Response::new(
            request.extensions().get::<Consent>().cloned(),
        ))
    });
    let layer = CookieConsentLayer::new(policy()).enforcement(Enforcement::Off);
    let request = Request::from_parts(parts.clone(), Body::empty());
    let response = futures_executor::block_on(layer.layer(taken).oneshot(request)).unwrap();
    response.into_body().unwrap()
}

fn answer(asked: &Asked) -> Response {
    let status = match asked.path() {
        "/" | "/asset" => StatusCode::OK,
        "/login" | "/cookies" => StatusCode::SEE_OTHER,
        "/fail" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::NOT_FOUND,
    };
    let mut response = status.into_response();
    let headers = response.headers_mut();
    if status == StatusCode::SEE_OTHER {
        headers.insert("location", HeaderValue::from_static("/"));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    let choice = asked.choice();
    if let Some(choice) = choice {
        headers.append(SET_COOKIE, asked.consent.set_cookie(choice).header_value());
    }
    let after = choice.map(|choice| asked.consent.with_choice(choice));
    // A choice next to a second preferences cookie does not count on the next request.
    let alone = choice.is_none() || !asked.consent.has_several_preferences();
    let consent = after.as_ref().unwrap_or(&asked.consent);
    for (name, category) in COOKIES {
        let exempt = category == "stats";
        // One name of the pattern represents all.
        let carried = asked.carries(name) || asked.carries(&name.replace(".1", ".kit"));
        match consent.verdict(name) {
            Verdict::Allowed
                if (alone || asked.consent.allows(category)) && !(exempt && carried) =>
            {
                append(
                    headers,
                    &format!("{name}={MARKER}; Path=/; Max-Age=8640000"),
                );
            }
            Verdict::Withheld(Withheld::Denied) if refuses(consent, choice) => {
                for name in [name, &name.replace(".1", ".kit")] {
                    append(headers, &format!("{name}=; Path=/; Max-Age=0"));
                }
            }
            _ => {}
        }
    }
    response
}

/// Returns `true` if all preferences in force deny what is denied.
fn refuses(consent: &Consent, new: Option<Choice>) -> bool {
    let alone = new.is_some() || !consent.has_several_preferences();
    alone && consent.status() == Status::Decided
}
