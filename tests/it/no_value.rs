//! No cookie value is ever disclosed.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, Mutex},
};

use http::{
    HeaderValue, Request, Response,
    header::{CACHE_CONTROL, COOKIE},
};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::{
    Consent, CookieConsentLayer, CookiePolicy, Inventory, Undeclared,
    observe::{Event, EventKind},
};

use crate::support::{NOW, Prefs, exchange, layer, request, response, value};

/// Whatever happens to a cookie, and whoever receives it.
#[test]
fn no_event_explanation_or_report_has_a_value() {
    const MARK: &str = "M4RK";
    let said = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    let inventory = Inventory::new();
    let observe = move |event: &Event<'_>| {
        let mut said = heard.lock().unwrap();
        *said += &format!("{event}\n{event:?}\n{:?}\n", event.reason());
        if event.kind() != EventKind::Passed {
            *said += &format!("{:?}\n", event.attributes());
        }
    };
    let prefs = [
        Prefs::refuse()
            .with("note", "\"M4RK\"")
            .decided(NOW - 7_200)
            .pair(),
        Prefs::accept().with("M4RK", "true").pair(),
        "cookies_preferences=M4RK".to_owned(),
        String::new(),
    ];
    let set = [
        "_ga=M4RK",
        "id=M4RK",
        "M4RK",
        "=M4RK",
        "\"M4RK=1",
        "M4RK x=1",
        "\u{e9}M4RK=1",
        "_ga=\"x; Path=/M4RK; Domain=m4rk.M4RK\"",
        "_ga=\"M4RK\"; Max-Age=0; M4RK",
        "_pk_id.1=M4RK; Max-Age=99999999",
        "session=M4RK",
        "cookies_preferences=M4RK",
    ];
    for prefs in &prefs {
        for layer in [
            layer(),
            layer().undeclared(Undeclared::Hide).strict_values(true),
            layer().undeclared(Undeclared::Allow).report_only(true),
        ] {
            let layer = layer
                .explain(true)
                .observe(inventory.clone())
                .observe(observe.clone());
            let cookies =
                format!("_ga=M4RK; id=M4RK; M4RK; =M4RK; M4RK y=1; session=M4RK; {prefs}");
            let mut asked = request([("cookie", cookies)]);
            *asked.uri_mut() = "/path?q=M4RK".parse().unwrap();
            let mut response: Response<()> = response(set);
            response
                .headers_mut()
                .append(CACHE_CONTROL, value("public"));
            let done = exchange(&layer, asked, response);
            let explained = done.response.headers().get("x-cookie-consent").unwrap();
            *said.lock().unwrap() += &format!("{}\n{layer:?}\n", explained.to_str().unwrap());
        }
    }
    let report = inventory.report();
    let json = serde_json::to_string(&report).unwrap();
    let said = format!("{}{report}{json}{}", said.lock().unwrap(), report.draft());
    assert!(!said.contains(MARK), "{said}");
    for part in ["withheld", "survived", "publicly_cacheable", "unreadable"] {
        assert!(said.contains(part), "{part}");
    }
}

/// Hooks that print everything they receive.
fn printing(layer: CookieConsentLayer, into: &Arc<Mutex<String>>) -> CookieConsentLayer {
    let [policy_for, enforcement_for, path_for] = [(); 3].map(|()| Arc::clone(into));
    layer
        .policy_for(move |head| {
            *policy_for.lock().unwrap() += &format!("{head:?}\n{head:#?}\n");
            None::<CookiePolicy>
        })
        .enforcement_for(move |head| {
            *enforcement_for.lock().unwrap() += &format!("{head:?}\n");
            None
        })
        .path_for(move |head| {
            *path_for.lock().unwrap() += &format!("{head:?}\n");
            Some(head.uri().path().to_owned())
        })
}

/// What a request reaches and can be printed.
#[test]
fn debug_of_what_a_request_reaches_has_no_value() {
    let said = Arc::new(Mutex::new(String::new()));
    let prefs = [
        String::new(),
        Prefs::refuse().with("uid", "\"M4RK\"").pair(),
        Prefs::accept().with("M4RK", "\"M4RK\"").pair(),
        "cookies_preferences=M4RK".to_owned(),
    ];
    for prefs in &prefs {
        for plain in [layer(), layer().expose_consent(false).filter_request(false)] {
            for layer in [plain.clone(), printing(plain, &said)] {
                let heard = Arc::clone(&said);
                let mut service = layer.layer(service_fn(move |request: Request<()>| {
                    let mut said = heard.lock().unwrap();
                    // Headers that the layer writes anew are marked, so that nobody prints them.
                    let written: Vec<_> = request.headers().get_all(COOKIE).iter().collect();
                    let is_changed = |field: &&&HeaderValue| !field.as_bytes().starts_with(b"_ga=");
                    *said += &format!("{:?}\n", written.iter().find(is_changed));
                    if let Some(consent) = request.extensions().get::<Consent>() {
                        let choice = consent.refuse_all();
                        let set = consent.set_cookie(choice);
                        *said +=
                            &format!("{consent:?}\n{choice:?}\n{:?}\n{set:?}\n", consent.choice());
                        *said += &format!("{:?}\n", set.header_value());
                    }
                    let answer: Response<()> = response(["session=M4RK", "_ga=M4RK"]);
                    ready(Ok::<_, Infallible>(answer))
                }));
                let cookies = format!("_ga=M4RK; session=M4RK; _ga_X=M4RK; {prefs}");
                let mut asked = request([
                    ("cookie", cookies.as_str()),
                    ("authorization", "Basic M4RK"),
                    ("x-token", "M4RK"),
                    ("host", "shop.example"),
                ]);
                *asked.uri_mut() = "/reset/3f9c2b7e81d04a65?token=M4RK".parse().unwrap();
                asked.extensions_mut().insert("M4RK");
                let future = service.call(asked);
                *said.lock().unwrap() += &format!("{future:?}\n{future:#?}\n{layer:?}\n");
                futures_executor::block_on(future).unwrap();
            }
        }
    }
    let said = said.lock().unwrap();
    for secret in ["M4RK", "3f9c2b7e81d04a65", "token"] {
        let line = said
            .lines()
            .find(|line| line.contains(secret) && !line.contains("x-token"));
        assert_eq!(line, None, "{secret}");
    }
    // It is not empty, either.
    for part in [
        "RequestHead { method: GET, path: \"/reset/*\"",
        "\"authorization\"",
        "ResponseFuture { .. }",
        "Some(Sensitive)",
        "SetChoice { .. }",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}
