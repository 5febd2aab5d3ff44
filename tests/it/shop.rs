//! The example `shop`, over HTTP: what a visitor of an ordinary axum service keeps and loses.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use flate2::read::GzDecoder;
use http::{
    HeaderName, Method, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN,
        SET_COOKIE,
    },
};

use crate::support::server::{Server, send_for_bytes};

const FORM: &str = "application/x-www-form-urlencoded";

/// A visitor with a jar: cookies are kept until they are removed.
struct Visitor<'a> {
    shop: &'a Server,
    jar: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    fn new(shop: &'a Server) -> Self {
        let jar = BTreeMap::new();
        Self { shop, jar }
    }

    fn send(&mut self, method: Method, path: &str, body: &str) -> Response<String> {
        let pairs: Vec<_> = self
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (cookies, origin) = (pairs.join("; "), self.shop.url(""));
        let mut headers: Vec<(HeaderName, &str)> = vec![(CONTENT_TYPE, FORM), (ORIGIN, &origin)];
        if !cookies.is_empty() {
            headers.push((COOKIE, &cookies));
        }
        let response = self.shop.send(method, path, &headers, body);
        for field in response.headers().get_all(SET_COOKIE) {
            let field = field.to_str().unwrap();
            let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.jar.remove(name),
                false => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        response
    }

    fn home(&mut self) -> String {
        let response = self.send(Method::GET, "/", "");
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers()[CACHE_CONTROL] == "private");
        response.into_body()
    }

    /// Sends one of the site's forms, which leads on to another page.
    fn post(&mut self, path: &str, body: &str) {
        let response = self.send(Method::POST, path, body);
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(response.headers().contains_key(LOCATION));
    }

    /// Presses one of the buttons of banner or footer, whose fields the page has.
    fn decide(&mut self, decision: &str) {
        let page = self.home();
        let hidden = page.split("<input type=\"hidden\" name=\"").skip(1);
        let fields = hidden.map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            let value = rest.split('"').next().unwrap();
            format!("&{name}={}", value.replace("&#x2f;", "/"))
        });
        // Those of one form: every form has the same.
        let fields: BTreeSet<_> = fields.collect();
        let body = format!("decision={decision}{}", String::from_iter(fields));
        self.post("/cookies/preferences", &body);
    }

    fn names(&self) -> Vec<&str> {
        self.jar.keys().map(String::as_str).collect()
    }
}

#[test]
fn session_survives_every_choice() {
    let shop = Server::start("shop");
    let mut visitor = Visitor::new(&shop);
    assert!(visitor.home().contains("tcc-banner"));
    assert_eq!(visitor.names(), [""; 0], "nothing before it is needed");
    visitor.post("/buy/Bread", "");
    let before = visitor.jar["session"].clone();
    visitor.post("/login", "name=%3CAnna%3E");
    assert_ne!(visitor.jar["session"], before, "a new id for the login");
    let page = visitor.home();
    assert!(
        page.contains("Hello &lt;Anna&gt;") && page.contains("Your basket: Bread"),
        "{page}"
    );

    for (decision, names) in [
        ("refuse", &["cookies_preferences", "session"][..]),
        ("accept", &["cookies_preferences", "session", "visits"]),
        ("withdraw", &["cookies_preferences", "session"]),
    ] {
        visitor.decide(decision);
        let page = visitor.home();
        assert!(
            page.contains("Hello &lt;Anna&gt;"),
            "after {decision}: {page}"
        );
        assert!(!page.contains("tcc-banner"), "after {decision}");
        assert_eq!(visitor.names(), names, "after {decision}");
    }

    visitor.post("/logout", "");
    assert_eq!(visitor.names(), ["cookies_preferences"]);
    assert!(visitor.home().contains("Your basket: empty"));
}

#[test]
fn visits_are_counted_from_consent_on() {
    let shop = Server::start("shop");
    let mut visitor = Visitor::new(&shop);
    visitor.home();
    visitor.decide("accept");
    for count in ["1", "2", "3"] {
        visitor.home();
        assert_eq!(visitor.jar["visits"], count);
    }
    visitor.decide("withdraw");
    visitor.decide("accept");
    visitor.home();
    assert_eq!(
        visitor.jar["visits"], "1",
        "nothing is left of the old count"
    );
}

#[test]
fn every_route_of_the_shop_works() {
    let shop = Server::start("shop");
    for (path, content_type) in [
        ("/", "text/html"),
        ("/cookies", "text/html"),
        ("/cookies/preferences", "text/html"),
        ("/cookies/state", "application/json"),
        ("/files/shop.css", "text/css"),
    ] {
        let plain = shop.get(path);
        assert_eq!(plain.status(), StatusCode::OK, "{path}");
        let found = plain.headers()[CONTENT_TYPE].to_str().unwrap();
        assert!(found.starts_with(content_type), "{path}: {found}");
        let gzip = [(ACCEPT_ENCODING, "gzip")];
        let packed = send_for_bytes(Method::GET, &shop.url(path), &gzip, "");
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip", "{path}");
        let mut text = String::new();
        let mut decoder = GzDecoder::new(&packed.body()[..]);
        decoder.read_to_string(&mut text).unwrap();
        assert_eq!(&text, plain.body(), "{path}");
    }
    assert_eq!(shop.get("/nowhere").status(), StatusCode::NOT_FOUND);
    assert_eq!(
        shop.get("/files/../policy.json").status(),
        StatusCode::NOT_FOUND
    );
    let charter = shop.get("/cookies").into_body();
    for name in ["session", "visits", "cookies_preferences", "The Shop"] {
        assert!(charter.contains(name), "{name}");
    }
}

#[test]
fn forms_of_other_sites_log_nobody_in() {
    let shop = Server::start("shop");
    let foreign = [(CONTENT_TYPE, FORM), (ORIGIN, "https://evil.example")];
    for path in ["/login", "/logout", "/buy/Bread", "/cookies/preferences"] {
        let response = shop.send(Method::POST, path, &foreign, "name=x&decision=accept");
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!response.headers().contains_key(SET_COOKIE), "{path}");
    }
}

#[test]
fn the_shop_fits_in_120_lines() {
    let lines = include_str!("../../examples/shop.rs").lines().count();
    assert!(lines <= 120, "{lines}");
}
