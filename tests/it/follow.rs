//! A policy that follows the choice of another tool: its cookie is read, and stays that tool's.

use axum::{Router, body::Body, response::Html, routing::get};
use futures_executor::block_on;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, PolicyError, SetChoice,
    codecs::Klaro,
    documents::HtmlConsentLayer,
    pages::Pages,
    policy::Service,
    preferences::{PreferencesCookie, ReadOnly},
};

use crate::support::{NOW, at, exchange, request, response, value};

const GRANTED: &str = "klaro=%7B%22matomo%22%3Atrue%2C%22youtube%22%3Atrue%7D";
const REFUSED: &str = "klaro=%7B%22matomo%22%3Afalse%2C%22youtube%22%3Afalse%7D";

fn built(klaro: Klaro) -> Result<CookiePolicy, PolicyError> {
    let category = |id: &str, cookie: &str| {
        let texts = Category::consent(id)
            .title(id)
            .description("What it is for.");
        texts.cookie(CookieDeclaration::new(cookie))
    };
    CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::follow(klaro))
        .category(Category::necessary("base").cookie(CookieDeclaration::new("session")))
        .category(category("statistiques", "_pk_id"))
        .category(category("tiers", "films"))
        .build()
}

fn policy() -> CookiePolicy {
    let klaro = Klaro::new()
        .answer("statistiques", ["matomo"])
        .answer("tiers", ["youtube"]);
    built(klaro).unwrap()
}

fn layer() -> CookieConsentLayer {
    CookieConsentLayer::new(policy()).with_clock(|| at(NOW))
}

/// What the service sees, and what leaves when it sets the cookies of both categories.
fn visit(cookies: &str) -> (Vec<String>, Vec<String>) {
    let sets = ["_pk_id=1; Path=/", "films=1; Path=/"];
    let exchange = exchange(&layer(), request([("cookie", cookies)]), response(sets));
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    (owned(exchange.cookies()), owned(exchange.set_cookies()))
}

#[test]
fn layer_enforces_what_the_banner_stored() {
    let (seen, left) = visit(&format!("{GRANTED}; _pk_id=1"));
    assert_eq!(seen, [format!("{GRANTED}; _pk_id=1")]);
    assert_eq!(left, ["_pk_id=1; Path=/", "films=1; Path=/"]);

    let (seen, left) = visit("_pk_id=1");
    assert!(seen.is_empty() && left.is_empty(), "{seen:?} {left:?}");

    let (seen, left) = visit(&format!("{REFUSED}; _pk_id=1"));
    assert_eq!(seen, [REFUSED], "the banner's own cookie is not hidden");
    assert!(!left.is_empty(), "_pk_id is expired");
    assert!(
        left.iter().all(|field| field.starts_with("_pk_id=; ")),
        "{left:?}"
    );
}

#[test]
fn cookie_of_the_banner_is_neither_written_nor_changed() {
    for set in [
        "klaro=%7B%7D; Path=/",
        "klaro=new format; Max-Age=99999999",
        "klaro=; Max-Age=0",
    ] {
        let exchange = exchange(&layer(), request([("cookie", REFUSED)]), response([set]));
        let fields = exchange.set_cookies();
        let of_klaro: Vec<_> = fields
            .iter()
            .filter(|field| field.starts_with("klaro"))
            .collect();
        assert_eq!(of_klaro, [&set]);
    }
}

#[test]
fn choice_cannot_be_set_and_the_error_says_why() {
    async fn accept(consent: Consent) -> SetChoice {
        consent.set_cookie(consent.accept_all())
    }
    let app = Router::new().route("/accept", get(accept)).layer(layer());
    let request = Request::get("/accept").body(Body::empty()).unwrap();
    let response = block_on(app.oneshot(request)).unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    let body = block_on(response.into_body().collect()).unwrap().to_bytes();
    let text = String::from_utf8_lossy(&body);
    assert!(text.contains("only reads its preferences cookie"), "{text}");

    let consent = Consent::undecided(policy());
    let mut headers = http::HeaderMap::new();
    let set = consent.set_cookie(consent.refuse_all());
    let error: ReadOnly = set.append_to(&mut headers).unwrap_err();
    assert!(error.to_string().contains("no choice can be set"));
    assert!(headers.is_empty());
}

#[test]
fn pages_inform_and_do_not_ask() {
    let pages = Pages::at("/cookies", policy()).unwrap();
    let consent = Consent::undecided(policy());
    assert!(consent.needs_choice() && pages.banner(&consent, "en").unwrap().is_empty());
    assert!(pages.pieces(&consent, "en").banner.is_empty());
    let footer = pages.footer(&consent, "en").unwrap();
    assert!(!footer.as_str().contains("<form"), "{footer}");
    let app = Router::new().nest_service("/cookies", pages).layer(layer());
    for (method, path, status) in [
        (Method::GET, "/cookies", StatusCode::OK),
        (Method::GET, "/cookies/state", StatusCode::OK),
        (Method::GET, "/cookies/preferences", StatusCode::NOT_FOUND),
        (Method::POST, "/cookies/preferences", StatusCode::NOT_FOUND),
    ] {
        let request = Request::builder()
            .method(&method)
            .uri(path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("decision=accept"))
            .unwrap();
        let response = block_on(app.clone().oneshot(request)).unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        let body = block_on(response.into_body().collect()).unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert!(
            !text.contains("preferences\""),
            "{method} {path} links to a form: {text}"
        );
    }
}

#[test]
fn json_names_the_tool_and_another_name() {
    let read = |cookie: &str| {
        let text = format!(
            "{{\"preferences_cookie\": {cookie}, \"categories\": [{{\"id\": \"tiers\", \"basis\": \"consent\"}}]}}"
        );
        serde_json::from_str::<CookiePolicy>(&text).map_err(|error| error.to_string())
    };
    let policy = read(r#"{"codec": {"klaro": {"tiers": ["youtube"]}}}"#).unwrap();
    assert_eq!(policy.preferences_cookie().name(), "klaro");
    let renamed =
        read(r#"{"codec": {"klaro": {"tiers": ["youtube"]}}, "name": "choice"}"#).unwrap();
    assert_eq!(renamed.preferences_cookie().name(), "choice");
    for (cookie, says) in [
        (
            r#"{"codec": {"klarro": {}}}"#,
            "unknown tool \"klarro\": did you mean \"klaro\"?",
        ),
        (r#"{"codec": {}}"#, "it names no tool"),
        (
            r#"{"codec": {"klaro": {"tiers": "youtube"}}}"#,
            "klaro: invalid type: string \"youtube\", expected a sequence",
        ),
        (
            r#"{"codec": {"klaro": {"tier": ["youtube"]}}}"#,
            "\"tier\" is not a category or service of the policy: did you mean \"tiers\"?",
        ),
        (
            r#"{"codec": {"klaro": {"tiers": []}}}"#,
            "\"tiers\" has no keys: name those of the tool that it needs",
        ),
        (
            r#"{"codec": {"klaro": {}, "undate": "no_grants"}}"#,
            "klaro: unknown field `undate`, expected `undated`",
        ),
    ] {
        let error = read(cookie).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn necessary_categories_cannot_be_answered() {
    let error = built(Klaro::new().answer("base", ["session"])).unwrap_err();
    let says = "\"base\" is necessary, so it is not asked about: leave it out";
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn value_that_cannot_be_read_grants_nothing() {
    let exchange = exchange(
        &layer(),
        request([("cookie", value("klaro=%7B%22matomo%22%3A").as_bytes())]),
        response(["_pk_id=1; Path=/"]),
    );
    assert!(exchange.set_cookies().is_empty());
    assert!(!exchange.consent().allows("statistiques"));
}

/// Documents of the site have neither banner nor buttons, and say what is held back all the same.
#[test]
fn documents_inform_and_do_not_ask() {
    let films = Service::new("films")
        .title("Films")
        .origins(["https://films.example"]);
    let media = Category::consent("media")
        .title("Media")
        .description("Films.");
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::follow(Klaro::new()))
        .category(media.service(films))
        .build()
        .unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let page = "<!doctype html><html lang=en><body><p>Hello</p>\
                <iframe src=\"https://films.example/1\" width=600 height=400></iframe>\
                <video src=\"https://films.example/2\" width=600 height=400></video></body></html>";
    let app = Router::new()
        .route("/", get(move || async move { Html(page) }))
        .layer(HtmlConsentLayer::new().pages(pages))
        .layer(CookieConsentLayer::new(policy));
    let get = |cookie: &'static str| {
        let request = Request::get("/")
            .header("host", "www.shop.example")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("cookie", cookie);
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
        let body = block_on(block_on(response).unwrap().into_body().collect()).unwrap();
        String::from_utf8(body.to_bytes().to_vec()).unwrap()
    };
    let held = get("x=1");
    assert!(!held.contains(" src=\"https://films.example"), "{held}");
    assert!(
        held.contains("tcc-held") && held.contains("cookies\">Cookie policy"),
        "{held}"
    );
    for asks in [
        "tcc-banner",
        "<form",
        "&lt;form",
        "<button",
        "&lt;button",
        "preferences\"",
    ] {
        assert!(!held.contains(asks), "{asks}: {held}");
    }
    let granted = get("klaro=%7B%22media%22%3Atrue%2C%22films%22%3Atrue%7D");
    assert!(
        granted.contains(" src=\"https://films.example/1\""),
        "{granted}"
    );
    assert!(
        !granted.contains("<button") && !granted.contains("<form"),
        "{granted}"
    );
}
