//! The conformance kit, against an app with one violation each and against a correct one.

use std::{collections::BTreeSet, convert::Infallible};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    middleware::{Next, from_fn},
    response::{Html, Redirect},
    routing::get,
};
use http::{Response, header::COOKIE};
use tower::{Layer, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Gpc,
    PreferencesCookie, Reason, Undeclared,
    conformance::{Conformance, Outcome, Probe, Report, Requirement},
};

use crate::support::server::Server;

/// What no report may contain.
const MARKER: &str = "m4rk3r-v4lu3";

fn policy() -> CookiePolicy {
    CookiePolicy::builder()
        .revision(3)
        .categories([
            Category::necessary("base")
                .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
            Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")),
            Category::consent("maps").cookie(CookieDeclaration::new("map")),
            Category::consent("ads")
                .since(3)
                .cookie(CookieDeclaration::new("_ga")),
        ])
        .build()
        .unwrap()
}

/// A site that sets everything on every answer, and asks nobody.
fn site() -> Router {
    let fail = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let home = || async { Html(r#"<a href="/login">in</a> <a href="/deep">deep</a>"#) };
    let routes = Router::new()
        .route("/", get(home))
        .route("/login", get(|| async { Redirect::to("/") }))
        .route("/fail", get(fail))
        .route("/deep", get(|| async { Html("no links") }));
    routes
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn(set_everything))
}

async fn set_everything(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    for name in ["sessionid", "_pk_id.1", "map", "_ga"] {
        let field = format!("{name}={MARKER}-{name}; Path=/; Max-Age=8640000");
        append(response.headers_mut(), &field);
    }
    response
}

fn append(headers: &mut HeaderMap, field: &str) {
    headers.append(SET_COOKIE, HeaderValue::from_str(field).unwrap());
}

fn correct() -> Router {
    site().layer(CookieConsentLayer::new(policy()))
}

/// The correct app with something around it that spoils answers.
fn spoilt(spoil: fn(&str, &mut HeaderMap)) -> Router {
    let wrap = move |request: Request, next: Next| async move {
        let sent = request.headers().get_all(COOKIE).iter();
        let sent: Vec<_> = sent
            .map(|field| field.to_str().unwrap().to_owned())
            .collect();
        let gpc = request.headers().contains_key("sec-gpc");
        let mut response = next.run(request).await;
        let sent = sent.join("; ");
        // These are about the cookies alone.
        if !gpc {
            spoil(&sent, response.headers_mut());
        }
        response
    };
    correct().layer(from_fn(wrap))
}

fn kit() -> Conformance {
    Conformance::new(policy()).visit(["/", "/login", "/fail"])
}

fn check(kit: Conformance, app: Router) -> Report {
    runtime().block_on(kit.check(app))
}

fn runtime() -> tokio::runtime::Runtime {
    crate::support::server::runtime()
}

fn broken(report: &Report) -> Vec<Requirement> {
    let broken: BTreeSet<_> = report
        .findings()
        .map(|finding| finding.requirement)
        .collect();
    broken.into_iter().collect()
}

#[track_caller]
fn assert_breaks(report: &Report, requirement: Requirement, cookie: &str, why: &str) {
    assert_eq!(broken(report), [requirement], "{report}");
    let found = report
        .findings()
        .any(|finding| finding.cookie.as_deref() == Some(cookie) && finding.why.contains(why));
    assert!(found, "{cookie} {why}\n{report}");
    assert!(!report.is_ok());
}

/// The preferences cookie's value, as the browser sent it.
fn preferences(sent: &str) -> Option<&str> {
    sent.split("; ")
        .find_map(|pair| pair.strip_prefix("cookies_preferences="))
}

#[test]
fn a_correct_app_holds_every_requirement_and_exercises_all() {
    let probe = Probe::new();
    let app = site()
        .layer(probe.clone())
        .layer(CookieConsentLayer::new(policy()));
    let report = check(kit().probe(&probe), app);
    report.assert_ok();
    for requirement in Requirement::ALL {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
    assert!(report.notes().is_empty(), "{report}");
}

#[test]
fn an_app_without_the_layer_breaks_what_the_layer_is_for() {
    use Requirement::*;
    let report = check(kit(), site());
    assert_eq!(
        broken(&report),
        [R1, R2, R4, R5, R9, R10, R12, R17],
        "{report}"
    );
    assert_eq!(report.outcome(R3), Outcome::NotExercised);
}

#[test]
fn a_cookie_set_before_the_choice_breaks_r1() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R1, "_ga", "no choice yet");
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.request, "GET /");
    assert_eq!(finding.situation, "before a choice");
    assert_eq!(finding.category.as_deref(), Some("ads"));
}

#[test]
fn a_refused_cookie_breaks_r2() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("ads%22%3Afalse")) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    // What is set again is not gone, either.
    let broken = broken(&report);
    assert!(broken.contains(&Requirement::R2), "{report}");
    assert!(
        broken
            .iter()
            .all(|id| matches!(id, Requirement::R2 | Requirement::R4)),
        "{report}"
    );
}

#[test]
fn a_choice_that_its_own_response_ignores_breaks_r2() {
    let refuse = |_: &str, headers: &mut HeaderMap| {
        let consent = Consent::undecided(policy());
        let set = consent.set(consent.refuse_all()).header_value();
        headers.append(SET_COOKIE, set);
        append(headers, "map=1; Path=/");
    };
    let form = http::Request::post("/cookies").body("").unwrap();
    let kit = Conformance::new(policy()).request(form);
    let app = Router::new().layer(CookieConsentLayer::new(policy()));
    let app = app.layer(from_fn(move |request: Request, next: Next| async move {
        let post = request.method() == http::Method::POST;
        let mut response = next.run(request).await;
        if post {
            refuse("", response.headers_mut());
        }
        response
    }));
    let report = check(kit, app);
    let found = report
        .findings()
        .any(|finding| finding.why.contains("this very response"));
    assert!(found, "{report}");
}

#[test]
fn a_service_that_sees_withheld_cookies_breaks_r3() {
    let probe = Probe::new();
    let app = site()
        .layer(probe.clone())
        .layer(CookieConsentLayer::new(policy()).filter_request(false));
    let report = check(kit().probe(&probe), app);
    assert_breaks(&report, Requirement::R3, "_ga", "the service sees it");
}

#[test]
fn the_echo_of_a_running_server_shows_what_it_reads() {
    let echo = |headers: HeaderMap| async move {
        let field = headers
            .get(COOKIE)
            .map_or("", |field| field.to_str().unwrap());
        field.to_owned()
    };
    let app = |filter| {
        let layer = CookieConsentLayer::new(policy()).filter_request(filter);
        site().route("/echo", get(echo)).layer(layer)
    };
    let report = check(kit().echo("/echo"), app(true));
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::R3), Outcome::Held);
    let report = check(kit().echo("/echo"), app(false));
    assert_breaks(&report, Requirement::R3, "map", "the service sees it");
}

#[test]
fn a_refusal_that_leaves_cookies_in_the_browser_breaks_r4() {
    let layer = CookieConsentLayer::new(policy()).expire(Expire::Never);
    let report = check(kit(), site().layer(layer));
    assert_breaks(&report, Requirement::R4, "_ga", "does not remove it");
    let report = check(
        kit().expire(Expire::Never),
        site().layer(CookieConsentLayer::new(policy()).expire(Expire::Never)),
    );
    report.assert_ok();
}

#[test]
fn a_declaration_that_names_another_path_than_the_site_uses_breaks_r4() {
    let policy = |path| {
        let cookie = CookieDeclaration::new("_ga").path(path);
        CookiePolicy::new([Category::consent("ads").cookie(cookie)]).unwrap()
    };
    let app = |path| {
        let deep = || async { [(SET_COOKIE, "_ga=1; Path=/deep; HttpOnly")] };
        let routes = Router::new().route("/deep", get(deep));
        routes.layer(CookieConsentLayer::new(policy(path)))
    };
    let kit = |path| Conformance::new(policy(path)).visit(["/deep"]);
    check(kit("/deep"), app("/deep")).assert_ok();
    let report = check(kit("/"), app("/"));
    assert_breaks(&report, Requirement::R4, "_ga", "does not remove it");
    assert_eq!(
        report.findings().next().unwrap().situation,
        "after withdrawal"
    );
}

#[test]
fn cookies_of_a_whole_domain_are_checked_on_a_host_of_it() {
    let policy = |domain| {
        let cookie = CookieDeclaration::new("_ga").domain(domain);
        CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::new("p").domain("example.org"))
            .category(Category::consent("ads").cookie(cookie))
            .build()
            .unwrap()
    };
    let app = |domain| {
        let shared = || async { [(SET_COOKIE, "_ga=1; Path=/; Domain=example.org")] };
        let routes = Router::new().route("/", get(shared));
        routes.layer(CookieConsentLayer::new(policy(domain)))
    };
    let kit = |domain| Conformance::new(policy(domain)).host("www.example.org");
    check(kit("example.org"), app("example.org")).assert_ok();
    let report = check(kit("www.example.org"), app("www.example.org"));
    assert_breaks(&report, Requirement::R4, "_ga", "does not remove it");
}

#[test]
fn preferences_of_another_tool_taken_for_a_yes_break_r5() {
    let app = spoilt(|sent, headers| {
        let value = preferences(sent);
        if value.is_some_and(|value| value.contains("true") && !value.contains("timestamp")) {
            append(headers, "map=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R5, "map", "can't be read");
    let situation = &report.findings().next().unwrap().situation;
    assert_eq!(situation, "preferences of another tool");
}

#[test]
fn unreadable_preferences_taken_for_a_yes_break_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("malformed")) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R5, "_ga", "can't be read");
}

#[test]
fn cookies_deleted_before_a_choice_break_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() && sent.contains("_ga=") {
            append(headers, "_ga=; Path=/; Max-Age=0");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R5, "_ga", "refused nothing");
}

#[test]
fn a_visit_that_is_taken_for_a_consent_breaks_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() {
            let consent = Consent::undecided(policy());
            headers.append(SET_COOKIE, consent.set(consent.accept_all()).header_value());
        }
    });
    let report = check(kit(), app);
    let why = "answered with a consent";
    assert_breaks(&report, Requirement::R5, "cookies_preferences", why);
}

#[test]
fn a_choice_that_a_visit_renews_breaks_r9() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("ads%22%3Atrue")) {
            let consent = Consent::undecided(policy());
            headers.append(SET_COOKIE, consent.set(consent.accept_all()).header_value());
        }
    });
    let report = check(kit(), app);
    assert!(broken(&report).contains(&Requirement::R9), "{report}");
    let renewed = report
        .findings()
        .any(|finding| finding.why.contains("renews"));
    assert!(renewed, "{report}");
}

#[test]
fn a_choice_without_end_breaks_r9() {
    let app = spoilt(|sent, headers| {
        let one = sent.matches("cookies_preferences=").count() == 1;
        let denied = |value: &&str| value.contains("ads%22%3Afalse");
        if let Some(value) = preferences(sent).filter(denied).filter(|_| one) {
            let field = format!("cookies_preferences={value}; Path=/; Secure; Max-Age=34000000");
            append(headers, &field);
        }
    });
    let report = check(kit(), app);
    let why = "longer than the choice counts";
    assert_breaks(&report, Requirement::R9, "cookies_preferences", why);
}

#[test]
fn an_older_choice_taken_for_a_new_one_breaks_r10() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("revision%22%3A2")) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R10, "_ga", "as it is now");
}

#[test]
fn an_older_choice_that_is_thrown_away_breaks_r10() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("revision%22%3A2")) {
            headers.remove(SET_COOKIE);
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::R10, "map", "has not changed since");
}

#[test]
fn a_site_that_reads_only_the_first_of_two_preferences_is_found() {
    let app = spoilt(|sent, headers| {
        let two = sent.matches("cookies_preferences=").count() == 2;
        if two && preferences(sent).is_some_and(|value| value.contains("maps%22%3Atrue")) {
            append(headers, "map=1; Path=/");
        }
    });
    let report = check(kit(), app);
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.requirement, Requirement::R2, "{report}");
    assert_eq!(finding.situation, "duplicated preferences, the first a yes");
}

#[test]
fn cookies_deleted_for_a_signal_or_a_changed_category_are_found() {
    let wrap = |request: Request, next: Next| async move {
        let signal = request.headers().contains_key("sec-gpc");
        let cookie = request.headers().get(COOKIE).cloned();
        let mut response = next.run(request).await;
        if signal && cookie.is_some_and(|field| field.to_str().unwrap().contains("_ga=")) {
            append(response.headers_mut(), "_ga=; Path=/; Max-Age=0");
        }
        response
    };
    let report = check(kit(), correct().layer(from_fn(wrap)));
    let found = report.findings().any(|finding| {
        finding.requirement == Requirement::R17 && finding.why.contains("refused nothing")
    });
    assert!(found, "{report}");
}

#[test]
fn what_a_site_deletes_even_after_acceptance_is_its_own_affair() {
    let app = spoilt(|sent, headers| {
        if sent.contains("_ga=") {
            append(headers, "_ga=; Path=/; Max-Age=0");
        }
    });
    let report = check(Conformance::new(policy()).visit(["/"]), app);
    let told = |requirement| {
        report
            .findings()
            .any(|finding| finding.requirement == requirement)
    };
    assert!(!told(Requirement::R5), "{report}");
}

#[test]
fn a_check_can_run_on_another_thread() {
    fn sendable<T: Send>(check: T) -> T {
        check
    }
    let report = runtime().block_on(sendable(kit().check(correct())));
    report.assert_ok();
    drop(sendable(kit().check_url("http://127.0.0.1:1")));
}

#[test]
fn exempt_statistics_that_live_too_long_or_are_prolonged_break_r12() {
    let layer = || CookieConsentLayer::new(policy()).limit_exempt(false);
    let report = check(kit(), site().layer(layer()));
    assert_breaks(&report, Requirement::R12, "_pk_id.1", "not prolonged");
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() && !sent.contains("_pk_id.9") {
            append(headers, "_pk_id.9=1; Path=/; Max-Age=63072000");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::R12,
        "_pk_id.9",
        "longer than 13 months",
    );
}

#[test]
fn a_signal_that_is_ignored_or_removed_breaks_r17() {
    let layer = || CookieConsentLayer::new(policy()).gpc(Gpc::Ignore);
    let report = check(kit(), site().layer(layer()));
    assert_breaks(&report, Requirement::R17, "_ga", "Sec-GPC");
    check(kit().gpc(Gpc::Ignore), site().layer(layer())).assert_ok();

    let probe = Probe::new();
    let remove = |mut request: Request, next: Next| async move {
        request.headers_mut().remove("sec-gpc");
        next.run(request).await
    };
    let app = site()
        .layer(probe.clone())
        .layer(from_fn(remove))
        .layer(CookieConsentLayer::new(policy()));
    let report = check(kit().probe(&probe), app);
    assert_eq!(broken(&report), [Requirement::R17], "{report}");
}

#[test]
fn a_signal_taken_for_more_than_it_says_breaks_r17() {
    let wrap = |request: Request, next: Next| async move {
        let signal = request.headers().contains_key("sec-gpc");
        let mut response = next.run(request).await;
        if signal {
            response.headers_mut().remove(SET_COOKIE);
        }
        response
    };
    let report = check(kit(), correct().layer(from_fn(wrap)));
    assert_breaks(&report, Requirement::R17, "_ga", "not exactly 1");
    assert!(report.to_string().contains("with Sec-GPC on"), "{report}");
}

#[test]
fn an_undeclared_cookie_is_told_unless_it_is_allowed() {
    let undeclared = |_: &str, headers: &mut HeaderMap| append(headers, "ab_test=b; Path=/");
    let report = check(kit(), spoilt(undeclared));
    assert_breaks(
        &report,
        Requirement::Declared,
        "ab_test",
        "does not declare it",
    );
    check(kit().undeclared(Undeclared::Allow), spoilt(undeclared)).assert_ok();
    let nameless = |_: &str, headers: &mut HeaderMap| append(headers, MARKER);
    let report = check(kit(), spoilt(nameless));
    assert_eq!(broken(&report), [Requirement::Declared]);
    assert!(!report.to_string().contains(MARKER));
}

#[test]
fn links_are_followed_as_deep_as_asked() {
    let only_deep = |request: Request, next: Next| async move {
        let deep = request.uri().path() == "/deep";
        let mut response = next.run(request).await;
        if deep {
            append(response.headers_mut(), "ab_test=b; Path=/");
        }
        response
    };
    let app = || correct().layer(from_fn(only_deep));
    let kit = || Conformance::new(policy()).visit(["/"]);
    check(kit(), app()).assert_ok();
    let report = check(kit().follow_links(1), app());
    assert_breaks(&report, Requirement::Declared, "ab_test", "declare");
    assert_eq!(report.findings().next().unwrap().request, "GET /deep");
}

#[test]
fn any_tower_service_can_be_checked_and_one_that_fails_is_not_ok() {
    let quiet = service_fn(|_| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let layer = CookieConsentLayer::new(policy());
    let report = runtime().block_on(kit().check(layer.layer(quiet)));
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::R12), Outcome::NotExercised);

    let failing = service_fn(|request: http::Request<_>| async move {
        let sent = request.headers().get(COOKIE).cloned();
        let sent = sent.map(|field| field.to_str().unwrap().to_owned());
        Err::<Response<String>, _>(format!("no database {}", sent.unwrap_or_default()))
    });
    let report = runtime().block_on(kit().check(failing));
    assert!(!report.is_ok());
    let failures = report.failures().join("\n");
    assert!(failures.contains("GET /: no database"), "{failures}");
    assert!(!failures.contains("revision"), "{failures}");

    let report = check(
        Conformance::new(policy()).visit(["login?token=x"]),
        correct(),
    );
    assert_eq!(
        report.failures(),
        ["visit(\"login\"): a path begins with `/`"]
    );
}

#[test]
fn no_report_holds_a_cookie_value() {
    let probe = Probe::new();
    let app = site().layer(probe.clone());
    let report = check(kit().probe(&probe), app);
    assert!(!report.is_ok());
    let json = serde_json::to_string(&report).unwrap();
    for text in [
        report.to_string(),
        format!("{report:?}"),
        json,
        report.to_junit(),
    ] {
        assert!(!text.contains(MARKER), "{text}");
        assert!(!text.contains("conformance-kit;"), "{text}");
        assert!(!text.contains("timestamp"), "{text}");
    }
}

#[test]
fn the_report_is_text_json_and_junit_xml() {
    let report = check(kit(), site());
    let text = report.to_string();
    assert!(
        text.contains("BROKEN        R1       before a choice"),
        "{text}"
    );
    assert!(text.contains("not exercised R3"), "{text}");
    assert!(
        text.contains("→ let CookieConsentLayer stand outermost"),
        "{text}"
    );

    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["requirements"][0]["id"], "R1");
    assert_eq!(json["requirements"][0]["outcome"], "broken");
    assert_eq!(
        json["requirements"][0]["findings"][0]["header"],
        "set-cookie"
    );
    assert!(json["answers"]["not found"].as_u64().unwrap() > 0);

    let xml = report.to_junit();
    let mut reader = quick_xml::Reader::from_str(&xml);
    let (mut cases, mut failures, mut skipped) = (0, 0, 0);
    loop {
        use quick_xml::events::Event::{Empty, Eof, Start};
        match reader.read_event().unwrap() {
            Start(tag) | Empty(tag) => match tag.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "skipped" => skipped += 1,
                _ => {}
            },
            Eof => break,
            _ => {}
        }
    }
    assert_eq!(
        (cases, failures, skipped),
        (Requirement::ALL.len() + 1, 8, 1)
    );
    assert!(
        xml.contains("tests=\"11\" failures=\"8\" errors=\"0\" skipped=\"1\""),
        "{xml}"
    );
}

#[test]
fn the_portal_passes_by_its_url() {
    let portal = Server::start("portal");
    let choose = |choice| {
        http::Request::post("/cookies")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("choice={choice}"))
            .unwrap()
    };
    let policy = include_str!("../../examples/portal/policy.json");
    let policy: CookiePolicy = serde_json::from_str(policy).unwrap();
    let kit = Conformance::new(policy)
        .visit(["/", "/charte", "/redirection"])
        .request(choose("accept"))
        .request(choose("refuse"))
        .follow_links(2);
    let report = runtime().block_on(kit.check_url(&portal.url("")));
    report.assert_ok();
    for requirement in Requirement::ALL {
        let expected = match requirement {
            Requirement::R3 => Outcome::NotExercised,
            _ => Outcome::Held,
        };
        assert_eq!(report.outcome(requirement), expected, "{report}");
    }
}

#[test]
fn a_server_that_is_not_there_is_not_ok() {
    let report = |url: &str| runtime().block_on(kit().check_url(url));
    assert!(!report("http://127.0.0.1:1").is_ok());
    let tls = report("https://example.org");
    assert!(tls.failures()[0].contains("without TLS"), "{tls}");
}
