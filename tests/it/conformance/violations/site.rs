//! A site that follows the rules by hand, with pages of its own.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use tower::{Layer, ServiceExt, service_fn};
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Verdict,
    Withheld,
    conformance::Conformance,
    layer::Enforcement,
    policy::{Reason, Service},
    preferences::Status,
};

/// The cookies that need no consent, with their attributes.
const NECESSARY: [(&str, &str); 2] = [
    ("lang", "Path=/; Max-Age=31536000; Secure; SameSite=Lax"),
    (
        "sessionid",
        "Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
    ),
];

/// The other cookies, and names for which planted cookies stand.
const OPTIONAL: [&str; 4] = ["_pk_id.1", "map", "films_id", "_ga"];

static POLICY: LazyLock<CookiePolicy> = LazyLock::new(declared);

pub(super) fn policy() -> CookiePolicy {
    POLICY.clone()
}

fn declared() -> CookiePolicy {
    let films = Service::new("films").origins(["https://www.films.example"]);
    CookiePolicy::builder()
        .revision(3)
        .categories([
            Category::necessary("base").cookies([
                CookieDeclaration::new("sessionid").reason(Reason::Authentication),
                CookieDeclaration::new("lang").reason(Reason::Language),
                CookieDeclaration::new("csrftoken").reason(Reason::Security),
            ]),
            Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")),
            Category::consent("maps").cookie(CookieDeclaration::new("map")),
            Category::consent("media")
                .cookie(CookieDeclaration::new("films_id"))
                .service(films),
            Category::consent("ads")
                .since(3)
                .cookie(CookieDeclaration::new("_ga")),
        ])
        .build()
        .unwrap()
}

/// One request, as the site reads it.
pub(super) struct Asked {
    pub(super) parts: Parts,
    pub(super) body: String,
    pub(super) cookies: String,
    pub(super) consent: Consent,
}

impl Asked {
    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(super) fn is_post(&self) -> bool {
        self.parts.method == Method::POST
    }

    /// Returns `true` for a form that makes this choice.
    pub(super) fn posts(&self, choice: &str) -> bool {
        self.is_post() && self.body.contains(&format!("choice={choice}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Returns the value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.split("; ").find_map(|pair| {
            let (own, value) = pair.split_once('=')?;
            (own == name).then_some(value)
        })
    }

    pub(super) fn is_member(&self) -> bool {
        self.cookie("sessionid")
            .is_some_and(|id| id.starts_with('m'))
    }

    /// Returns the value of the preferences cookie as it is sent, if it is the only one.
    pub(super) fn raw(&self) -> &str {
        let count = self.cookies.matches("cookies_preferences=").count();
        self.cookie("cookies_preferences")
            .filter(|_| count == 1)
            .unwrap_or_default()
    }

    /// Returns the preferences without percent-encoding.
    pub(super) fn text(&self) -> String {
        percent_encoding::percent_decode_str(self.raw())
            .decode_utf8_lossy()
            .into_owned()
    }

    pub(super) fn is_undecided(&self) -> bool {
        self.cookie("cookies_preferences").is_none()
            && !self.is_post()
            && self.header("sec-gpc").is_empty()
    }

    /// Returns `true` after a plain refusal of everything.
    pub(super) fn is_refused(&self) -> bool {
        let asked = ["maps", "media", "ads"];
        let is_denied = |id: &&str| self.answer(id) == Some(false);
        self.consent.status() == Status::Decided && asked.iter().all(is_denied) && !self.is_post()
    }

    /// Returns `true` after an acceptance of everything that is in force.
    pub(super) fn is_accepted(&self) -> bool {
        let is_granted = |id: &&str| self.consent.allows(id);
        ["maps", "media", "ads"].iter().all(is_granted) && !self.is_post()
    }

    pub(super) fn answer(&self, id: &str) -> Option<bool> {
        let choice = self
            .consent
            .choice()
            .filter(|_| !self.consent.has_several_preferences());
        choice.and_then(|choice| choice.get(self.consent.policy(), id))
    }

    /// The choice that a posted form makes.
    pub(super) fn choice(&self) -> Option<Choice> {
        if !self.is_post() || self.path() != "/cookies" {
            return None;
        }
        let consent = &self.consent;
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        if self.body == "stats=off" {
            return consent.choose([("stats", false)]).ok();
        }
        match pairs.clone().find(|(name, _)| *name == "choice")?.1 {
            "accept" => Some(consent.accept_all()),
            "refuse" | "withdraw" => Some(consent.refuse_all()),
            "save" => {
                let is_ticked = |id| pairs.clone().any(|pair| pair == ("category", id));
                let answers = ["maps", "media", "ads"].map(|id| (id, is_ticked(id)));
                consent.choose(answers).ok()
            }
            _ => None,
        }
    }
}

/// What the site answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn set(&mut self, field: &str) {
        self.headers
            .append(SET_COOKIE, HeaderValue::from_str(field).unwrap());
    }

    /// Sets a cookie of an optional category.
    pub(super) fn track(&mut self, name: &str) {
        self.set(&format!("{name}=kit-test; Path=/; Max-Age=8640000"));
    }

    pub(super) fn header(&mut self, name: &'static str, value: &str) {
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
    }

    /// Stores a choice instead of the one that the site stores.
    pub(super) fn store(&mut self, asked: &Asked, choice: Choice) {
        self.unset("cookies_preferences");
        self.headers
            .append(SET_COOKIE, asked.consent.set_cookie(choice).header_value());
    }

    /// Leaves out what the response sets under this name.
    pub(super) fn unset(&mut self, name: &str) {
        let start = format!("{name}=");
        self.change(|field| (!field.starts_with(&start)).then_some(field));
    }

    /// Changes each `Set-Cookie`.
    pub(super) fn change(&mut self, change: impl Fn(String) -> Option<String>) {
        let fields = self.headers.get_all(SET_COOKIE).iter();
        let fields: Vec<_> = fields
            .map(|field| field.to_str().unwrap().to_owned())
            .collect();
        self.headers.remove(SET_COOKIE);
        for field in fields.into_iter().filter_map(change) {
            self.set(&field);
        }
    }
}

/// The site with a violation planted in it; notes if that changes a response.
pub(super) fn planted(plant: fn(&Asked, &mut Reply), shown: &Arc<AtomicBool>) -> Router {
    planted_with(plant, shown, consent)
}

/// The same, with the meaning that another policy gives to the preferences.
pub(super) fn planted_with(
    plant: fn(&Asked, &mut Reply),
    shown: &Arc<AtomicBool>,
    consent: fn(&Parts) -> Consent,
) -> Router {
    let shown = Arc::clone(shown);
    Router::new().fallback(move |request: Request| {
        let shown = Arc::clone(&shown);
        async move {
            let asked = read(request, consent).await;
            spoilt(plant, &shown, &asked, &reply(&asked))
        }
    })
}

/// Plants a violation in an honest reply.
pub(super) fn spoilt(
    plant: fn(&Asked, &mut Reply),
    shown: &AtomicBool,
    asked: &Asked,
    honest: &Reply,
) -> Response {
    let mut reply = honest.clone();
    plant(asked, &mut reply);
    if reply != *honest {
        shown.store(true, Ordering::Relaxed);
    }
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// The site without one.
pub(super) fn honest() -> Router {
    planted(|_, _| {}, &Arc::default())
}

pub(super) fn post(path: &str, body: &str) -> http::Request<String> {
    let request =
        http::Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(body.to_owned()).unwrap()
}

fn choose(choice: &str) -> http::Request<String> {
    post("/cookies", &format!("choice={choice}"))
}

/// A visit alone.
pub(super) fn home() -> Conformance {
    Conformance::new(policy()).visit(["/"])
}

/// Visits of more pages, and a login.
pub(super) fn pages() -> Conformance {
    home()
        .visit(["/article", "/logout", "/fail"])
        .request(post("/login", "user=a&password=b"))
}

/// A visit, and all choices.
pub(super) fn choosing() -> Conformance {
    home()
        .request(choose("accept"))
        .request(choose("refuse"))
        .request(choose("save&category=maps"))
        .request(choose("withdraw"))
}

/// Reads a request, and its preferences by this.
pub(super) async fn read(request: Request, consent: fn(&Parts) -> Consent) -> Asked {
    let (parts, body) = request.into_parts();
    let fields = parts.headers.get_all(COOKIE).iter();
    let fields: Vec<_> = fields
        .map(|field| String::from_utf8_lossy(field.as_bytes()))
        .collect();
    let body = to_bytes(body, 4_096).await.unwrap();
    Asked {
        cookies: fields.join("; "),
        consent: consent(&parts),
        body: String::from_utf8(body.to_vec()).unwrap(),
        parts,
    }
}

fn consent(parts: &Parts) -> Consent {
    consent_by(CookieConsentLayer::new(policy()), parts)
}

/// Returns the meaning of the preferences, read by a layer that is turned off.
pub(super) fn consent_by(layer: CookieConsentLayer, parts: &Parts) -> Consent {
    let taken = service_fn(async |request: Request| {
        let consent = request.extensions().get::<Consent>().cloned();
        Ok::<_, std::convert::Infallible>(Response::new(consent))
    });
    let layer = layer.enforcement(Enforcement::Off);
    let request = Request::from_parts(parts.clone(), Body::empty());
    let response = futures_executor::block_on(layer.layer(taken).oneshot(request)).unwrap();
    response.into_body().unwrap()
}

pub(super) fn reply(asked: &Asked) -> Reply {
    let status = match asked.path() {
        "/" | "/article" | "/asset" => StatusCode::OK,
        "/cookies" if !asked.is_post() => StatusCode::OK,
        "/account" if asked.is_member() => StatusCode::OK,
        "/login" | "/logout" | "/cookies" | "/account" => StatusCode::SEE_OTHER,
        "/fail" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::NOT_FOUND,
    };
    let mut reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: String::new(),
    };
    reply.header("cache-control", "private");
    reply
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    if status == StatusCode::SEE_OTHER {
        reply
            .headers
            .insert(LOCATION, HeaderValue::from_static("/"));
    }
    necessary(asked, &mut reply);
    let choice = asked.choice();
    if let Some(choice) = choice {
        reply
            .headers
            .append(SET_COOKIE, asked.consent.set_cookie(choice).header_value());
    }
    let after = choice.map(|choice| asked.consent.with_choice(choice));
    optional(asked, after.as_ref(), &mut reply);
    if status == StatusCode::OK && asked.path() != "/asset" {
        reply.headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        reply.body = page(asked);
    }
    reply
}

fn necessary(asked: &Asked, reply: &mut Reply) {
    for (name, attributes) in NECESSARY {
        let is_carried = asked.cookie(name).is_some();
        let logs_out = asked.path() == "/logout" && name == "sessionid";
        let logs_in = asked.path() == "/login" && asked.is_post() && name == "sessionid";
        if logs_out && is_carried {
            reply.set("sessionid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
        } else if !logs_out && (logs_in || !is_carried) {
            let value = if logs_in { "m1" } else { "v1" };
            reply.set(&format!("{name}={value}; {attributes}"));
        }
    }
}

pub(super) fn optional(asked: &Asked, after: Option<&Consent>, reply: &mut Reply) {
    // A choice next to a second preferences cookie does not count on the next request.
    let alone = after.is_none() || !asked.consent.has_several_preferences();
    let consent = after.unwrap_or(&asked.consent);
    let refuses = consent.status() == Status::Decided
        && (after.is_some() || !asked.consent.has_several_preferences());
    for name in OPTIONAL {
        let exempt = name.starts_with("_pk");
        let other = name.replace(".1", ".kit");
        let is_carried = asked.cookie(name).is_some() || asked.cookie(&other).is_some();
        let before = asked.consent.verdict(name) == Verdict::Allowed;
        match consent.verdict(name) {
            Verdict::Allowed if (alone || before) && !(exempt && is_carried) => reply.track(name),
            Verdict::Withheld(Withheld::Denied) if refuses => {
                for name in [name, &other] {
                    reply.set(&format!("{name}=; Path=/; Max-Age=0"));
                }
            }
            _ => {}
        }
    }
}

/// The page of members.
pub(super) const ACCOUNT: &str =
    "<h1>Your account</h1><p>Your orders, addresses, invoices and whatever else you have here.</p>";

/// The page: a banner for those who have not chosen, a button to withdraw for those who have allowed something.
pub(super) fn page(asked: &Asked) -> String {
    let consent = &asked.consent;
    let film = match consent.allows("films") {
        true => r#"<iframe src="https://www.films.example/embed/1"></iframe>"#,
        false => "<p>A film of films.example, once you allow it.</p>",
    };
    let content = match asked.path() {
        "/article" => {
            format!("<h1>Article</h1><p>Twenty words about nothing in particular.</p>{film}")
        }
        "/cookies" => settings(consent),
        "/account" => ACCOUNT.to_owned(),
        _ => "<h1>Home</h1><p>Welcome.</p><p><a href=\"/article\">An article</a></p>".to_owned(),
    };
    let banner = match consent.needs_choice() && asked.path() != "/cookies" {
        true => {
            r#"<section id="cookie-banner"><p>May we use cookies for maps, films and advertising?</p>
            <form method="post" action="/cookies">
            <button name="choice" value="accept">Accept all</button>
            <button name="choice" value="refuse">Refuse all</button></form></section>"#
        }
        false => "",
    };
    let is_granted = ["maps", "media", "ads"].iter().any(|id| consent.allows(id));
    let withdraw = match is_granted {
        true => {
            r#"<form method="post" action="/cookies"><button name="choice" value="withdraw">Withdraw consent to cookies</button></form>"#
        }
        false => "",
    };
    format!(
        "<!DOCTYPE html><html lang=en><title>Site</title><body>{content}{banner}\
         <footer>{withdraw}<a href=\"/cookies\">Cookie settings</a></footer></body></html>"
    )
}

fn settings(consent: &Consent) -> String {
    let boxes = ["maps", "media", "ads"].map(|id| {
        let checked = if consent.allows(id) { " checked" } else { "" };
        format!("<label><input type=checkbox name=category value={id}{checked}> {id}</label>")
    });
    format!(
        r#"<h1>Cookies</h1><form method="post" action="/cookies">{}
        <button name="choice" value="save">Save</button>
        <button name="choice" value="accept">Accept all</button>
        <button name="choice" value="refuse">Refuse all</button></form>"#,
        boxes.concat()
    )
}
