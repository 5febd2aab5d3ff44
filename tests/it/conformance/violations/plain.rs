//! A site that reads and writes the preferences by hand, without this crate, as many do.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
};
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    conformance::Conformance,
    policy::{Reason, Service},
};

use super::site::post;

pub(super) const DAY: u64 = 86_400;

/// The site, as far as sites differ.
#[derive(Clone, Copy)]
pub(super) struct Plain {
    /// What it asks for.
    pub(super) ids: &'static [&'static str],
    /// The cookies that it sets with consent, and to what.
    pub(super) cookies: &'static [(&'static str, &'static str)],
    /// The service is read, and not its category alone.
    pub(super) reads_services: bool,
    /// The seconds for which browsers keep a choice, if it refuses something and if not.
    pub(super) max_age: [u64; 2],
    /// What is left open is refused.
    pub(super) closes: bool,
}

pub(super) const PLAIN: Plain = Plain {
    ids: &["media", "ads"],
    cookies: &[("film", "media"), ("_ga", "ads")],
    reads_services: false,
    max_age: [182 * DAY; 2],
    closes: false,
};

pub(super) fn policy() -> CookiePolicy {
    let films = Service::new("films").origins(["https://www.films.example"]);
    CookiePolicy::new([
        Category::necessary("base")
            .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
        Category::consent("media")
            .cookie(CookieDeclaration::new("film"))
            .service(films),
        Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
    ])
    .unwrap()
}

pub(super) fn plan() -> Conformance {
    Conformance::new(policy())
        .visit(["/", "/article", "/cookies"])
        .request(post("/cookies", "choice=accept"))
        .request(post("/cookies", "choice=refuse"))
        .request(post("/cookies", "choice=save&category=ads"))
}

/// The services that a site may ask for, with their categories.
const SERVICES: [(&str, &str); 3] = [("films", "media"), ("clips", "media"), ("network", "ads")];

/// One request.
struct Asked {
    parts: Parts,
    body: String,
    cookies: Vec<(String, String)>,
    /// The answers, if they can be read and are no older than half a year.
    answers: Option<BTreeMap<String, bool>>,
    gpc: bool,
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// Reads the preferences as `serde_json` does, and looks at nothing but the answers and their age.
fn read(value: &str, exact: &[&str]) -> Option<(BTreeMap<String, bool>, bool)> {
    let text = percent_decode_str(value).decode_utf8().ok()?;
    let members: Map<String, Value> = serde_json::from_str(&text).ok()?;
    let at = members.get("timestamp")?.as_u64()?;
    let is_new = at <= now() + DAY && now().saturating_sub(at) <= 182 * DAY;
    let is_damaged = |id: &&str| members.get(*id).is_some_and(|it| !it.is_boolean());
    if exact.iter().any(is_damaged) {
        return None;
    }
    let gpc = members.get("gpc") == Some(&Value::Bool(true));
    let answers = members
        .into_iter()
        .filter_map(|(id, answer)| Some((id, answer.as_bool()?)));
    is_new.then(|| (answers.collect(), gpc))
}

impl Plain {
    fn asked(self, parts: Parts, body: String) -> Asked {
        let fields = parts.headers.get_all(COOKIE).iter();
        let fields: Vec<_> = fields.filter_map(|field| field.to_str().ok()).collect();
        let pairs = fields.join("; ");
        let pairs = pairs.split("; ").filter_map(|pair| pair.split_once('='));
        let cookies: Vec<_> = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let own = |(name, _): &&(String, String)| name == "cookies_preferences";
        let own: Vec<_> = cookies.iter().filter(own).collect();
        let stored = match own[..] {
            // What takes an open answer for a refusal has to know that nothing is damaged.
            [(_, value)] => read(value, if self.closes { self.ids } else { &[] }),
            _ => None,
        };
        let signal = parts.headers.get("sec-gpc").is_some_and(|it| it == "1");
        let gpc = signal && !stored.as_ref().is_some_and(|(_, gpc)| *gpc);
        let mut answers = stored.map(|(answers, _)| answers);
        if let Some(answers) = &mut answers {
            for (service, category) in SERVICES {
                if let Some(answer) = answers
                    .get(category)
                    .copied()
                    .filter(|_| self.reads_services)
                {
                    answers.entry(service.to_owned()).or_insert(answer);
                }
            }
            for id in self.ids.iter().filter(|_| self.closes) {
                answers.entry((*id).to_owned()).or_insert(false);
            }
        }
        Asked {
            parts,
            body,
            cookies,
            answers,
            gpc,
        }
    }
}

impl Asked {
    fn answer(&self, id: &str) -> Option<bool> {
        self.answers.as_ref()?.get(id).copied()
    }

    fn allows(&self, id: &str) -> bool {
        !self.gpc && self.answer(id) == Some(true)
    }

    fn carries(&self, name: &str) -> bool {
        self.cookies.iter().any(|(own, _)| own == name)
    }

    /// Returns the answers that a form gives to these ids.
    fn chosen(&self, ids: &[&str]) -> Option<BTreeMap<String, bool>> {
        if self.parts.method != Method::POST || self.parts.uri.path() != "/cookies" {
            return None;
        }
        let fields: Vec<_> = self
            .body
            .split('&')
            .filter_map(|it| it.split_once('='))
            .collect();
        let choice = fields.iter().find(|(name, _)| *name == "choice")?.1;
        let is_ticked = |id: &str| fields.contains(&("category", id));
        let answer = |id: &str| match choice {
            "accept" => true,
            "save" => is_ticked(id),
            _ => false,
        };
        let answers = ids.iter().map(|id| ((*id).to_owned(), answer(id)));
        Some(answers.collect())
    }
}

impl Plain {
    pub(super) fn build(self) -> Router {
        Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 4_096).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            self.reply(&self.asked(parts, body))
        })
    }

    fn reply(self, asked: &Asked) -> Response {
        let chosen = asked.chosen(self.ids);
        let path = asked.parts.uri.path();
        let (status, body) = match path {
            _ if asked.parts.method == Method::POST => (StatusCode::SEE_OTHER, String::new()),
            "/" | "/article" | "/cookies" => (StatusCode::OK, self.page(asked)),
            _ => (StatusCode::NOT_FOUND, "<h1>Not found</h1>".to_owned()),
        };
        let is_head = asked.parts.method == Method::HEAD;
        let mut response = Response::new(Body::from(if is_head { String::new() } else { body }));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(CONTENT_TYPE, html);
        headers.insert("cache-control", HeaderValue::from_static("private"));
        if status == StatusCode::SEE_OTHER {
            headers.insert(LOCATION, HeaderValue::from_static("/"));
        }
        let mut fields = Vec::new();
        if let Some(answers) = &chosen {
            fields.push(self.stored(answers, asked.parts.headers.contains_key("sec-gpc")));
        }
        for (name, id) in self.cookies {
            let answers = chosen.as_ref().or(asked.answers.as_ref());
            let answer = answers.and_then(|answers| answers.get(*id));
            match answer {
                Some(false) if asked.carries(name) => {
                    fields.push(format!("{name}=; Path=/; Max-Age=0"));
                }
                _ if chosen.is_none() && asked.allows(id) && !asked.carries(name) => {
                    fields.push(format!("{name}=1; Path=/; Max-Age=8640000"));
                }
                _ => {}
            }
        }
        for field in fields {
            headers.append(SET_COOKIE, HeaderValue::from_str(&field).unwrap());
        }
        response
    }

    fn stored(self, answers: &BTreeMap<String, bool>, gpc: bool) -> String {
        let mut members = json!({ "timestamp": now(), "revision": 1 });
        for (id, answer) in answers {
            members[id] = json!(answer);
        }
        if gpc {
            members["gpc"] = json!(true);
        }
        let text = members.to_string();
        let value = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        let refuses = answers.values().any(|answer| !answer);
        let max_age = self.max_age[usize::from(!refuses)];
        format!("cookies_preferences={value}; Path=/; Max-Age={max_age}; Secure; SameSite=Lax")
    }

    fn page(self, asked: &Asked) -> String {
        let service = asked.answer("films").filter(|_| self.reads_services);
        let is_allowed = service.unwrap_or_else(|| asked.answer("media") == Some(true));
        let film = match is_allowed && !asked.gpc {
            true => "<iframe src=https://www.films.example/embed/1 title=Film></iframe>",
            false => "<p>Here is a film of films.example for those who allow it.</p>",
        };
        let path = asked.parts.uri.path();
        let content = match path {
            "/article" => {
                format!("<h1>Article</h1><p>Twenty words about nothing in particular.</p>{film}")
            }
            "/cookies" => self.settings(asked),
            _ => "<h1>Home</h1><p>Welcome.</p>".to_owned(),
        };
        let is_open = |id: &&str| asked.answer(id).is_none();
        let asks = self.ids.iter().any(is_open) && path != "/cookies";
        let banner = match asks {
            true => {
                "<section id=cookie-banner><p>May we use cookies for films and advertising?</p>\
                 <form method=post action=/cookies><button name=choice value=accept>Accept all</button>\
                 <button name=choice value=refuse>Refuse all</button></form></section>"
            }
            false => "",
        };
        format!(
            "<!doctype html><html lang=en><title>Site</title><body><main>{content}</main>{banner}\
             <footer><a href=/cookies>Cookie settings</a></footer></body></html>"
        )
    }

    fn settings(self, asked: &Asked) -> String {
        let boxes = self.ids.iter().map(|id| {
            let checked = if asked.allows(id) { " checked" } else { "" };
            format!("<label><input type=checkbox name=category value={id}{checked}> {id}</label>")
        });
        let boxes: String = boxes.collect();
        format!(
            "<h1>Cookies</h1><form method=post action=/cookies>{boxes}\
             <button name=choice value=save>Save</button>\
             <button name=choice value=accept>Accept all</button>\
             <button name=choice value=refuse>Refuse all</button></form>"
        )
    }
}
