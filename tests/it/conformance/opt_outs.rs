//! What pages show of opt-outs, in sites with the crate's pages: correct ones, and one fault each.

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{Method, header::CONTENT_LENGTH, request::Parts},
    response::{IntoResponse, Response},
};
use tower_cookie_consent::{
    Consent,
    conformance::Outcome,
    pages::{Pages, mark_private},
    policy::Text,
    regimes::{PlaceHeaders, Regime, Whereabouts},
};

use super::*;
use crate::support::server::Server;

const PAGES: [&str; 3] = ["/", "/about", "/kontakt"];

/// The requirements on opt-outs.
pub(super) const OF_OPT_OUTS: [Requirement; 7] = [
    Requirement::OptOutLink,
    Requirement::OptOutShown,
    Requirement::OptOutPage,
    Requirement::OptOutNotAskedAgain,
    Requirement::OptInConfirmed,
    Requirement::SignalRemembered,
    Requirement::GpcResource,
];

fn text(english: &str, spanish: &str) -> Text {
    [("en", english), ("es", spanish)].into()
}

pub(super) fn opt_out_policy() -> CookiePolicy {
    let maps = Category::consent("maps")
        .title(text("Maps", "Mapas"))
        .description(text("Shows where we are.", "Muestra dónde estamos."))
        .cookie(CookieDeclaration::new("map"));
    let ads = Category::opt_out("ads")
        .title(text("Advertising", "Publicidad"))
        .description(text("Pays for this site.", "Paga este sitio."))
        .cookie(CookieDeclaration::new("_ga"));
    let base = Category::necessary("base")
        .title(text("Necessary", "Necesarias"))
        .description(text("Keeps you logged in.", "Mantiene la sesión."))
        .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication));
    CookiePolicy::builder()
        .categories([base, ads, maps])
        .regime("us-opt-out", Regime::preset("us-opt-out"))
        .build()
        .unwrap()
}

pub(super) fn in_california() -> CookieConsentLayer {
    CookieConsentLayer::new(opt_out_policy()).regime_for(|_| Whereabouts::Regime("us-opt-out"))
}

pub(super) async fn page(
    State(pages): State<Pages>,
    consent: Consent,
    headers: HeaderMap,
) -> Response {
    let language = pages.language_of(&consent, &headers, None);
    let pieces = pages.pieces(&consent, language);
    let html = format!(
        "<!doctype html><html lang={}><head>{}</head><body>{}<main id=main>{}<a href=/>Home</a></main>{}</body></html>",
        pieces.lang, pieces.head, pieces.banner, pieces.notice, pieces.footer
    );
    let cookie = [(SET_COOKIE, "_ga=1; Path=/")];
    let mut response = (cookie, Html(html)).into_response();
    mark_private(response.headers_mut());
    response
}

fn site_with(layer: &CookieConsentLayer) -> Router {
    let pages = Pages::at("/cookies", opt_out_policy())
        .unwrap()
        .main_id("main")
        .unwrap();
    let gpc = pages.gpc("2026-01-01").unwrap();
    let mut site = Router::new();
    for path in PAGES {
        site = site.route(path, get(page));
    }
    site.with_state(pages.clone())
        .nest_service("/cookies", pages)
        .route_service("/.well-known/gpc.json", gpc)
        .layer(layer.clone())
}

/// A request as the fault sees it, and the response with its body as text.
type Fault = fn(&Parts, &mut http::Response<String>);

/// The correct site behind something that spoils its responses.
fn faulty(fault: Fault) -> Router {
    let wrap = move |request: Request, next: Next| async move {
        let (parts, body) = request.into_parts();
        let response = next.run(Request::from_parts(parts.clone(), body)).await;
        let (mut head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        head.headers.remove(CONTENT_LENGTH);
        let Ok(text) = String::from_utf8(body.to_vec()) else {
            return Response::from_parts(head, Body::from(body));
        };
        let mut response = http::Response::from_parts(head, text);
        fault(&parts, &mut response);
        response.map(Body::from)
    };
    site_with(&in_california()).layer(from_fn(wrap))
}

fn check_pages(app: Router) -> Report {
    check(Conformance::for_layer(&in_california()).visit(PAGES), app)
}

#[track_caller]
fn assert_found(fault: Fault, expected: &[Requirement], part: &str) -> Report {
    let report = check_pages(faulty(fault));
    assert_eq!(broken(&report), expected, "{report}");
    let found = report.findings().any(|finding| finding.why.contains(part));
    assert!(found, "{part}\n{report}");
    report
}

/// Removes what is between `start` and the next `end`, with both.
fn cut(response: &mut http::Response<String>, start: &str, end: &str) {
    let body = response.body_mut();
    if let Some(from) = body.find(start)
        && let Some(length) = body[from..].find(end)
    {
        body.replace_range(from..from + length + end.len(), "");
    }
}

#[test]
fn the_crates_pages_hold_what_opt_outs_require() {
    let report = check_pages(site_with(&in_california()));
    report.assert_ok();
    for requirement in OF_OPT_OUTS {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
    let all = Conformance::for_layer(&in_california())
        .visit(PAGES)
        .follow_links(1);
    check(all, site_with(&in_california())).assert_ok();
    // Where nobody knows the place of the visitor: all is asked for, and nothing is opt-out.
    let nowhere = CookieConsentLayer::new(opt_out_policy()).regime_for(|_| Whereabouts::Unknown);
    let report = check(
        Conformance::for_layer(&nowhere).visit(PAGES),
        site_with(&nowhere),
    );
    report.assert_ok();
    for requirement in OF_OPT_OUTS {
        let expected = match requirement {
            Requirement::OptInConfirmed => Outcome::NotExercised,
            _ => Outcome::Held,
        };
        assert_eq!(report.outcome(requirement), expected, "{report}");
    }
}

#[test]
fn requirements_on_opt_outs_do_not_apply_elsewhere() {
    let report = check(kit(), correct());
    for requirement in OF_OPT_OUTS {
        assert_eq!(
            report.outcome(requirement),
            Outcome::DoesNotApply,
            "{report}"
        );
    }
    assert_eq!(
        report.outcome(Requirement::HiddenWithoutConsent),
        Outcome::NotExercised
    );
    let line = "does not apply opt-out-link             every page links to the opt-out page";
    assert!(report.to_string().contains(line), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    let of_id = |id: &str| {
        let all = json["requirements"].as_array().unwrap().iter();
        all.clone().find(|it| it["id"] == id).unwrap()["outcome"].clone()
    };
    assert_eq!(of_id("opt-out-link"), "does_not_apply");
    assert_eq!(of_id("hidden-without-consent"), "not_exercised");
    assert!(
        report
            .to_junit()
            .contains("<skipped message=\"does not apply\"")
    );
    // Visitors elsewhere can opt out of something.
    let french =
        CookieConsentLayer::new(opt_out_policy()).regime_for(|_| Whereabouts::Regime("fr"));
    let report = check(
        Conformance::for_layer(&french).visit(PAGES),
        site_with(&french),
    );
    report.assert_ok();
    let outcome = report.outcome(Requirement::GpcResource);
    assert_eq!(outcome, Outcome::NotExercised, "{report}");
    assert!(
        report
            .to_string()
            .contains("no visitor of this run could opt out"),
        "{report}"
    );
    // Nobody knows the law of this one.
    let lawless = CookiePolicy::new([Category::opt_out("ads")]).unwrap();
    let app = site().layer(CookieConsentLayer::new(lawless.clone()));
    let report = check(Conformance::new(lawless), app);
    let outcome = report.outcome(Requirement::OptOutLink);
    assert_eq!(outcome, Outcome::NotExercised, "{report}");
    assert!(
        report
            .to_string()
            .contains("no visitor of this run could opt out"),
        "{report}"
    );
}

#[test]
fn a_page_without_the_link_is_found() {
    let report = assert_found(
        |request, response| {
            if request.uri.path() == "/about" {
                cut(response, "<a class=\"tcc-privacy-choices\"", "</a>");
            }
        },
        &[Requirement::OptOutLink],
        "no link to the opt-out page",
    );
    let about = |finding: &tower_cookie_consent::conformance::Finding| {
        finding
            .requests
            .iter()
            .all(|request| request == "GET /about")
    };
    assert!(report.findings().all(about), "{report}");
    // A link that nobody sees is none.
    assert_found(
        |_, response| {
            let hidden = "<a hidden class=\"tcc-privacy-choices\"";
            let body = response
                .body()
                .replace("<a class=\"tcc-privacy-choices\"", hidden);
            *response.body_mut() = body;
        },
        &[Requirement::OptOutLink],
        "no link to the opt-out page",
    );
}

#[test]
fn a_page_with_the_wrong_state_is_found() {
    assert_found(
        |request, response| {
            if PAGES.contains(&request.uri.path()) && !response.body().contains("\"honoured\"") {
                let claim = "<p data-opt-out=honoured>Opt-out request honoured</p></main>";
                *response.body_mut() = response.body().replace("</main>", claim);
            }
        },
        &[Requirement::OptOutShown],
        "it says \"honoured\", and the visitor has not opted out",
    );
    assert_found(
        |request, response| {
            if request.uri.path() == "/about" {
                cut(response, "<p class=\"tcc-opted-out\"", "</p>");
            }
        },
        &[Requirement::OptOutShown],
        "is opted out by a signal of the browser, and the page does not say so",
    );
    // An empty element says nothing.
    assert_found(
        |_, response| {
            if let Some(from) = response.body().find("<p class=\"tcc-opted-out\"") {
                let start = from + response.body()[from..].find('>').unwrap() + 1;
                let end = start + response.body()[start..].find("</p>").unwrap();
                response.body_mut().replace_range(start..end, " ");
            }
        },
        &[Requirement::OptOutShown],
        "shows no element with data-opt-out",
    );
}

#[test]
fn a_state_that_is_missing_in_one_language_is_found() {
    let report = assert_found(
        |_, response| {
            if response.body().contains("lang=\"es\"") {
                cut(response, "<p class=\"tcc-opted-out\"", "</p>");
            }
        },
        &[Requirement::OptOutShown],
        "does not say so",
    );
    let spanish = |finding: &tower_cookie_consent::conformance::Finding| {
        finding.situation == "Sec-GPC, in \"es\""
    };
    assert!(report.findings().all(spanish), "{report}");
}

#[test]
fn an_opt_out_page_that_asks_for_an_account_is_found() {
    let page = &[Requirement::OptOutPage];
    let needs_login: Fault = |request, response| {
        let path = request.uri.path();
        if request.method == Method::POST || path == "/cookies/opt-out" {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response.headers_mut().remove(SET_COOKIE);
        }
    };
    assert_found(needs_login, page, "asks for an account");
    assert_found(
        |_, response| {
            let asks = "<input type=email name=email required><button class=\"tcc-button\" name=\"decision\" value=\"opt_out\"";
            let button = "<button class=\"tcc-button\" name=\"decision\" value=\"opt_out\"";
            *response.body_mut() = response.body().replace(button, asks);
        },
        page,
        "opting out asks for \"email\"",
    );
    assert_found(
        |request, response| {
            if request.method == Method::POST {
                *response.status_mut() = StatusCode::FORBIDDEN;
                response.headers_mut().remove(SET_COOKIE);
            }
        },
        page,
        "opting out asks for an account",
    );
}

#[test]
fn an_opt_out_page_that_says_too_little_is_found() {
    let page = &[Requirement::OptOutPage];
    assert_found(
        |_, response| *response.body_mut() = response.body().replace("\"sensitive\"", "\"\""),
        page,
        "it says nothing of sensitive data",
    );
    assert_found(
        |_, response| *response.body_mut() = response.body().replace("\"opt_out\"", "\"noted\""),
        page,
        "no form on it opts out",
    );
    // After an opt-out, the page is as before.
    assert_found(
        |request, response| {
            if request.uri.path() == "/cookies/opt-out" {
                cut(response, "<p class=\"tcc-note\" data-opt-out", "</p>");
            }
        },
        page,
        "has opted out, and the page does not say so",
    );
    // The opt-out is lost on its way.
    assert_found(
        |request, response| {
            if request.method == Method::POST {
                response.headers_mut().remove(SET_COOKIE);
            }
        },
        page,
        "not stored",
    );
}

#[test]
fn a_banner_after_an_opt_out_is_found() {
    assert_found(
        |request, response| {
            if request.uri.path() == "/" {
                let banner = "<form method=post action=/cookies/preferences>\
                              <button name=decision value=accept>Accept</button>\
                              <button name=decision value=refuse>Refuse</button></form></main>";
                *response.body_mut() = response.body().replace("</main>", banner);
            }
        },
        &[Requirement::OptOutNotAskedAgain],
        "the page asks for consent",
    );
    assert_found(
        |request, response| {
            if request.uri.path() == "/" {
                let banner = "<div data-opt-out=banner>We value your privacy</div></main>";
                *response.body_mut() = response.body().replace("</main>", banner);
            }
        },
        &[Requirement::OptOutNotAskedAgain],
        "the page asks for consent",
    );
}

#[test]
fn an_acceptance_that_undoes_the_opt_out_is_found() {
    let wrap = async |request: Request, next: Next| {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        parts.headers.remove(CONTENT_LENGTH);
        let text = text.replace("decision=accept", "decision=opt_in");
        next.run(Request::from_parts(parts, Body::from(text))).await
    };
    let report = check_pages(site_with(&in_california()).layer(from_fn(wrap)));
    assert_eq!(broken(&report), [Requirement::OptInConfirmed], "{report}");
    let situations: BTreeSet<_> = report.findings().map(|it| it.count).collect();
    assert_eq!(
        situations,
        BTreeSet::from([2]),
        "by signal and by page: {report}"
    );
}

#[test]
fn a_missing_or_false_gpc_resource_is_found() {
    let of_gpc = &[Requirement::GpcResource];
    assert_found(
        |request, response| {
            if request.uri.path() == "/.well-known/gpc.json" {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
        },
        of_gpc,
        "404",
    );
    assert_found(
        |_, response| {
            *response.body_mut() = response
                .body()
                .replace("\"gpc\":true,\"last", "\"gpc\":false,\"last");
        },
        of_gpc,
        "is not true",
    );
}

#[test]
fn a_signal_that_is_forgotten_is_found() {
    assert_found(
        |request, response| {
            if request.headers.contains_key("sec-gpc") {
                let fields: Vec<_> = response
                    .headers()
                    .get_all(SET_COOKIE)
                    .iter()
                    .cloned()
                    .collect();
                response.headers_mut().remove(SET_COOKIE);
                for field in fields {
                    if !field.to_str().unwrap().contains("%22gpc%22") {
                        response.headers_mut().append(SET_COOKIE, field);
                    }
                }
            }
        },
        &[Requirement::SignalRefuses, Requirement::SignalRemembered],
        "no longer opted out",
    );
}

/// The portal from outside, by the place that its proxy names.
#[test]
fn the_portal_with_regimes_passes_by_its_url() {
    let portal = Server::start_with("portal", &["--regime-header", "x-country"]);
    let policy = include_str!("../../../examples/portal/policy.json");
    let policy: CookiePolicy = serde_json::from_str(policy).unwrap();
    let layer = CookieConsentLayer::new(policy).regime_from(PlaceHeaders::named("x-country"));
    for (place, paths, depth, expected) in [
        ("US-CA", &["/", "/territoire"][..], 1, Outcome::Held),
        ("FR", &["/"], 0, Outcome::NotExercised),
    ] {
        let kit = Conformance::for_layer(&layer)
            .header("x-country", place)
            .visit(paths)
            .follow_links(depth);
        let report = runtime().block_on(kit.check_url(&portal.url("")));
        report.assert_ok();
        for requirement in OF_OPT_OUTS {
            assert_eq!(report.outcome(requirement), expected, "{place} {report}");
        }
    }
}
