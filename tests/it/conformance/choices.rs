//! How a site handles choices, exempt cookies, the signal, and undeclared cookies.

use tower_cookie_consent::{Consent, Gpc, Undeclared, conformance::Probe};

use super::*;

#[test]
fn a_choice_that_a_visit_renews_breaks_r9() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("ads%22%3Atrue")) {
            let consent = Consent::undecided(policy());
            headers.append(
                SET_COOKIE,
                consent.set_cookie(consent.accept_all()).header_value(),
            );
        }
    });
    let report = check(kit(), app);
    assert!(
        broken(&report).contains(&Requirement::ChoiceLifetime),
        "{report}"
    );
    let renewed = report
        .findings()
        .any(|finding| finding.why.contains("renews"));
    assert!(renewed, "{report}");
}

#[test]
fn a_choice_without_end_breaks_r9() {
    let app = spoilt(|sent, headers| {
        let one = sent.matches("cookies_preferences=").count() == 1;
        let denied =
            |value: &&str| value.contains("ads%22%3Afalse") && value.matches("ads%22").count() == 1;
        if let Some(value) = preferences(sent).filter(denied).filter(|_| one) {
            let field = format!("cookies_preferences={value}; Path=/; Secure; Max-Age=34000000");
            append(headers, &field);
        }
    });
    let report = check(kit(), app);
    let found = report.findings().any(|finding| {
        finding.requirement == Requirement::ChoiceLifetime
            && finding.why.contains("longer than the choice is valid")
    });
    assert!(found, "{report}");
}

#[test]
fn an_older_choice_taken_for_a_new_one_breaks_r10() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("revision%22%3A2")) {
            append(headers, "_ga=1; Path=/");
        }
    });
    let report = check(kit(), app);
    assert_breaks(&report, Requirement::ChangesAskAgain, "_ga", "as it is now");
}

#[test]
fn an_older_choice_that_is_thrown_away_breaks_r10() {
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_some_and(|value| value.contains("revision%22%3A2")) {
            headers.remove(SET_COOKIE);
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::ChangesAskAgain,
        "map",
        "has not changed since",
    );
}

#[test]
fn reading_only_the_first_preferences_is_found() {
    let app = spoilt(|sent, headers| {
        let two = sent.matches("cookies_preferences=").count() == 2;
        if two && preferences(sent).is_some_and(|value| value.contains("maps%22%3Atrue")) {
            append(headers, "map=1; Path=/");
        }
    });
    let report = check(kit(), app);
    let finding = report.findings().next().unwrap();
    assert_eq!(
        finding.requirement,
        Requirement::NoCookieAfterRefusal,
        "{report}"
    );
    assert_eq!(finding.situation, "duplicate preferences, acceptance first");
}

#[test]
fn deletions_for_a_signal_or_a_change_are_found() {
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
        finding.requirement == Requirement::SignalRefuses
            && finding.why.contains("not refused anything")
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
    assert!(!told(Requirement::UnclearGrantsNothing), "{report}");
}

#[test]
fn long_or_prolonged_exempt_statistics_break_r12() {
    let layer = || CookieConsentLayer::new(policy()).limit_exempt(false);
    let report = check(kit(), site().layer(layer()));
    assert_breaks(
        &report,
        Requirement::ExemptLifetime,
        "_pk_id.1",
        "must not prolong",
    );
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() && !sent.contains("_pk_id.9") {
            append(headers, "_pk_id.9=1; Path=/; Max-Age=63072000");
        }
    });
    let report = check(kit(), app);
    assert_breaks(
        &report,
        Requirement::ExemptLifetime,
        "_pk_id.9",
        "longer than 13 months",
    );
}

#[test]
fn a_signal_that_is_ignored_or_removed_breaks_r17() {
    let layer = || CookieConsentLayer::new(policy()).gpc(Gpc::Ignore);
    let report = check(kit(), site().layer(layer()));
    assert_breaks(&report, Requirement::SignalRefuses, "_ga", "Sec-GPC");
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
    assert_eq!(broken(&report), [Requirement::SignalRefuses], "{report}");
}

#[test]
fn a_signal_taken_for_more_than_it_says_breaks_r17() {
    let wrap = |request: Request, next: Next| async move {
        let signal = request.headers().contains_key("sec-gpc");
        let mut response = next.run(request).await;
        if signal {
            let fields = response.headers().get_all(SET_COOKIE).iter();
            let kept = fields.filter(|field| {
                let text = field.to_str().unwrap();
                text.starts_with("sessionid") || text.contains("Max-Age=0")
            });
            let kept: Vec<_> = kept.cloned().collect();
            response.headers_mut().remove(SET_COOKIE);
            for field in kept {
                response.headers_mut().append(SET_COOKIE, field);
            }
        }
        response
    };
    let report = check(kit(), correct().layer(from_fn(wrap)));
    assert_breaks(&report, Requirement::SignalRefuses, "_ga", "other than 1");
    assert!(report.to_string().contains("with Sec-GPC on"), "{report}");
}

#[test]
fn undeclared_cookies_are_reported_unless_allowed() {
    let undeclared = |_: &str, headers: &mut HeaderMap| append(headers, "ab_test=b; Path=/");
    let report = check(kit(), spoilt(undeclared));
    assert_breaks(
        &report,
        Requirement::Declared,
        "ab_test",
        "does not declare it",
    );
    let layer = CookieConsentLayer::new(policy()).undeclared(Undeclared::Allow);
    check(of_layer(&layer), spoilt(undeclared)).assert_ok();
    let nameless = |_: &str, headers: &mut HeaderMap| append(headers, MARKER);
    let report = check(kit(), spoilt(nameless));
    assert_eq!(broken(&report), [Requirement::Declared]);
    assert!(!report.to_string().contains(MARKER));
}
