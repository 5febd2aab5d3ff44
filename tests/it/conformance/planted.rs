//! Sites before a choice, after a refusal, and with unclear preferences.

use tower_cookie_consent::{Consent, Expire, conformance::Probe};

use super::*;

#[test]
fn a_cookie_set_before_the_choice_breaks_r1() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::NoCookieBeforeConsent,
        "_ga",
        "has not chosen yet",
    );
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.request, "GET /");
    assert_eq!(finding.situation, "before a choice");
    assert_eq!(finding.category.as_deref(), Some("ads"));
}

#[test]
fn clearing_all_cookies_breaks_r9() {
    let all = spoilt(|_, headers| {
        headers.append("clear-site-data", "\"*\"".parse().unwrap());
    });
    let cookies = spoilt(|_, headers| {
        headers.append("clear-site-data", "\"cache\", \"cookies\"".parse().unwrap());
    });
    let cache = spoilt(|_, headers| {
        headers.append("clear-site-data", "\"cache\"".parse().unwrap());
    });
    for (app, breaks) in [(all, true), (cookies, true), (cache, false)] {
        let report = check(kit(), app);
        let found = report.findings().find(|finding| {
            finding.requirement == Requirement::ChoiceLifetime
                && finding.header == "clear-site-data"
        });
        assert_eq!(found.is_some(), breaks, "{report}");
        if let Some(found) = found {
            assert!(found.why.contains("delete all"), "{report}");
            assert_eq!(found.cookie, None);
        }
    }
}

#[test]
fn a_refused_cookie_breaks_r2() {
    let app = spoilt(|sent, headers| {
        let refuses =
            |value: &str| value.contains("ads%22%3Afalse") && value.matches("ads%22").count() == 1;
        if preferences(sent).is_some_and(refuses) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    // What is set again is not gone, either.
    let broken = broken(&report);
    assert!(
        broken.contains(&Requirement::NoCookieAfterRefusal),
        "{report}"
    );
    assert!(
        broken.iter().all(|id| matches!(
            id,
            Requirement::NoCookieAfterRefusal | Requirement::RefusalExpires
        )),
        "{report}"
    );
}

#[test]
fn a_choice_that_its_own_response_ignores_breaks_r2() {
    let refuse = |_: &str, headers: &mut HeaderMap| {
        let consent = Consent::undecided(policy());
        let set = consent.set_cookie(consent.refuse_all()).header_value();
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
        .any(|finding| finding.why.contains("this response"));
    assert!(found, "{report}");
}

#[test]
fn a_service_that_sees_withheld_cookies_breaks_r3() {
    let probe = Probe::new();
    let app = site()
        .layer(probe.clone())
        .layer(CookieConsentLayer::new(policy()).filter_request(false));
    let report = check(kit().probe(&probe), app);
    assert_breaks(
        &report,
        Requirement::HiddenWithoutConsent,
        "_ga",
        "the service sees it",
    );
}

#[test]
fn a_refusal_that_leaves_cookies_in_the_browser_breaks_r4() {
    let layer = CookieConsentLayer::new(policy()).expire(Expire::Never);
    let report = check(kit(), site().layer(layer.clone()));
    assert_breaks(
        &report,
        Requirement::RefusalExpires,
        "_ga",
        "does not remove it",
    );
    let report = check(of_layer(&layer), site().layer(layer.clone()));
    report.assert_ok();
}

#[test]
fn accepting_preferences_of_another_tool_breaks_r5() {
    let app = spoilt(|sent, headers| {
        let value = preferences(sent);
        if value.is_some_and(|value| value.contains("true") && !value.contains("timestamp")) {
            append(headers, "map=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::UnclearGrantsNothing,
        "map",
        "can't be read",
    );
    let situation = &report.findings().next().unwrap().situation;
    assert_eq!(situation, "preferences of another tool");
}

#[test]
fn accepting_unreadable_preferences_breaks_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("malformed")) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::UnclearGrantsNothing,
        "_ga",
        "can't be read",
    );
}

#[test]
fn cookies_deleted_before_a_choice_break_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() && sent.contains("_ga=") {
            append(headers, "_ga=; Path=/; Max-Age=0");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::UnclearGrantsNothing,
        "_ga",
        "not refused anything",
    );
}

#[test]
fn a_visit_that_is_taken_for_a_consent_breaks_r5() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() {
            let consent = Consent::undecided(policy());
            headers.append(
                SET_COOKIE,
                consent.set_cookie(consent.accept_all()).header_value(),
            );
        }
    });
    let report = check(kit(), app);
    let why = "leads to consent";
    assert_breaks(
        &report,
        Requirement::UnclearGrantsNothing,
        "cookies_preferences",
        why,
    );
}
