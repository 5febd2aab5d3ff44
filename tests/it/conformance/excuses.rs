//! One response of the plan does not excuse others, and excused deviations are listed.

use http::header::CACHE_CONTROL;
use tower_cookie_consent::{
    Gpc,
    conformance::{Finding, Outcome},
};

use super::{
    by_hand::{choose, choosing, honest, planted},
    *,
};

fn found(report: &Report, requirement: Requirement) -> Vec<&str> {
    let findings = report.findings();
    let findings = findings.filter(|finding| finding.requirement == requirement);
    findings.map(|finding| finding.why.as_str()).collect()
}

#[test]
fn a_correct_site_without_the_layer_breaks_nothing() {
    check(choosing().request(choose("maps")), honest()).assert_ok();
    check(choosing(), correct()).assert_ok();
}

#[test]
fn a_planned_refusal_excuses_no_deletion() {
    let deletes = || {
        planted(|asked, headers| {
            if !asked.is_post() && !asked.has_preferences() && asked.carries("_ga") {
                append(headers, "_ga=; Path=/; Max-Age=0");
            }
        })
    };
    for kit in [
        Conformance::new(policy())
            .visit(["/"])
            .request(choose("refuse")),
        Conformance::new(policy())
            .request(choose("refuse"))
            .visit(["/"]),
        choosing(),
    ] {
        let report = check(kit, deletes());
        let why = "it is deleted, although the visitor has not refused anything";
        assert_eq!(
            found(&report, Requirement::UnclearGrantsNothing),
            [why],
            "{report}"
        );
    }
}

#[test]
fn a_deletion_of_one_request_excuses_no_other() {
    let app = planted(|asked, headers| {
        let logout = asked.path() == "/logout";
        if logout || (!asked.has_preferences() && asked.carries("_ga")) {
            append(headers, "_ga=; Path=/; Max-Age=0");
        }
    });
    let kit = || Conformance::new(policy()).visit(["/", "/logout"]);
    let report = check(kit(), app);
    let broken = report.findings().next().unwrap();
    assert_eq!(
        broken.requirement,
        Requirement::UnclearGrantsNothing,
        "{report}"
    );
    assert_eq!(broken.request, "GET /", "{report}");

    let app = planted(|asked, headers| {
        if asked.path() == "/logout" {
            append(headers, "_ga=; Path=/; Max-Age=0");
        }
    });
    let report = check(kit(), app);
    report.assert_ok();
    let text = report.to_string();
    let excused = &report.excused()[0];
    assert_eq!(excused.request, "GET /logout", "{text}");
    assert_eq!(excused.requests, ["GET /logout"], "{text}");
    assert_eq!(excused.cookie.as_deref(), Some("_ga"), "{text}");
    assert!(text.contains("excused: GET /logout ("), "{text}");
    let xml = report.to_junit();
    assert!(xml.contains("<system-out>excused: GET /logout ("), "{xml}");
}

#[test]
fn what_an_accepting_answer_sets_excuses_no_later_loss() {
    let app = planted(|asked, headers| {
        let older = asked
            .consent
            .choice()
            .is_some_and(|choice| choice.revision() == 2);
        if older && !asked.is_post() {
            headers.remove(SET_COOKIE);
        }
    });
    let report = check(choosing(), app);
    assert_breaks(
        &report,
        Requirement::ChangesAskAgain,
        "map",
        "has not changed since",
    );
}

#[test]
fn fields_set_and_removed_twice_are_judged_each() {
    let fields = [
        "_ga=1; Path=/",
        "_ga=; Path=/; Max-Age=0",
        "_ga=2; Path=/",
        "_ga=; Path=/; Max-Age=0",
    ];
    for order in [[0, 1, 2, 3], [1, 0, 3, 2], [0, 2, 1, 3], [1, 3, 0, 2]] {
        let app = Router::new().route(
            "/",
            get(move || async move {
                let fields = order.map(|index| (SET_COOKIE, fields[index]));
                axum::response::AppendHeaders(fields)
            }),
        );
        let report = check(Conformance::new(policy()).visit(["/"]), app);
        let of_no_choice = |finding: &&Finding| {
            finding.requirement == Requirement::NoCookieBeforeConsent
                && finding.situation == "before a choice"
        };
        for finding in report.findings().filter(of_no_choice) {
            assert_eq!(
                finding.why, "the visitor has not chosen yet",
                "{order:?}\n{report}"
            );
            // Two fields in each of three rounds of three situations, at least.
            assert!(finding.count >= 18, "{order:?}\n{report}");
            assert_eq!(finding.count % 2, 0, "{order:?}\n{report}");
        }
        let found = report.findings().filter(of_no_choice).count();
        assert_eq!(found, 1, "{order:?}\n{report}");
        assert!(
            !report.to_string().contains("only some browsers"),
            "{order:?}\n{report}"
        );
    }
}

#[test]
fn an_accepting_answer_is_judged_under_its_own_choice() {
    // Accepts the maps without mentioning the ads, whose cookie it sets.
    let app = planted(|asked, headers| {
        if asked.is_post() {
            headers.clear();
            let mut choice =
                tower_cookie_consent::Choice::new(asked.consent.judged_at()).with_revision(3);
            choice.answer(&policy(), "maps", true).unwrap();
            headers.append(SET_COOKIE, asked.consent.set_cookie(choice).header_value());
            append(headers, "_ga=1; Path=/");
        }
    });
    let kit = Conformance::new(policy())
        .visit(["/"])
        .request(choose("maps"));
    let report = check(kit, app);
    let wrong: Vec<_> = report
        .findings()
        .filter(|finding| finding.request == "POST /cookies")
        .filter(|finding| finding.cookie.as_deref() == Some("_ga"))
        .filter(|finding| {
            finding.why.contains("has not chosen yet") || finding.why.contains("the visitor denied")
        })
        .collect();
    assert!(wrong.is_empty(), "{report}");
    let why = found(&report, Requirement::NoCookieAfterRefusal);
    let granted = "the choice that this response sets does not grant its category";
    assert!(why.contains(&granted), "{report}");
    assert_eq!(
        found(&report, Requirement::NoCookieBeforeConsent),
        [""; 0],
        "{report}"
    );
}

#[test]
fn accepting_beside_a_second_cookie_is_not_a_denial() {
    // It ignores that the second one is still there on the next request.
    let app = planted(|asked, headers| {
        if asked.is_post() && asked.consent.has_several_preferences() {
            append(headers, "_ga=1; Path=/");
        }
    });
    let kit = Conformance::new(policy()).request(choose("accept"));
    let report = check(kit, app);
    assert_breaks(
        &report,
        Requirement::UnclearGrantsNothing,
        "_ga",
        "second preferences cookie",
    );
    assert!(!report.to_string().contains("denie"), "{report}");
}

#[test]
fn an_ignored_signal_is_not_exercised() {
    let layer = CookieConsentLayer::new(policy()).gpc(Gpc::Ignore);
    let report = check(kit().gpc(Gpc::Ignore), site().layer(layer));
    report.assert_ok();
    assert_eq!(
        report.outcome(Requirement::SignalRefuses),
        Outcome::NotExercised,
        "{report}"
    );
    let told = report.notes().iter().any(|note| note.contains("Sec-GPC"));
    assert!(told, "{report}");
}

#[test]
fn what_a_public_answer_leaves_is_listed_as_excused() {
    for cache in ["public, max-age=60", "s-maxage=60"] {
        let app = move || {
            let wrap = move |request: Request, next: Next| async move {
                let asset = request.uri().path() == "/asset";
                let mut response = next.run(request).await;
                if asset {
                    response.headers_mut().remove(SET_COOKIE);
                    response
                        .headers_mut()
                        .insert(CACHE_CONTROL, HeaderValue::from_static(cache));
                }
                response
            };
            honest().layer(from_fn(wrap))
        };
        let report = check(Conformance::new(policy()).visit(["/", "/asset"]), app());
        report.assert_ok();
        let excused: Vec<_> = report
            .to_string()
            .lines()
            .filter(|line| line.starts_with("excused: GET /asset (after refusal"))
            .filter(|line| line.contains("_ga") && line.contains("public"))
            .map(str::to_owned)
            .collect();
        assert_eq!(excused.len(), 1, "{report}");
        assert!(!report.to_string().contains("excused: GET / "), "{report}");
        // If nothing else asked for removals, no requirement is held.
        let report = check(Conformance::new(policy()).visit(["/asset"]), app());
        assert!(
            report.to_string().contains("excused: GET /asset"),
            "{report}"
        );
    }
}

#[test]
fn two_posts_to_one_path_are_distinguished() {
    let app = || {
        planted(|asked, headers| {
            if asked.body == "choice=refuse" {
                append(headers, "ab_test=b; Path=/");
            }
        })
    };
    let of = |report: &Report| report.findings().next().unwrap().request.clone();
    let post = |body: &str| choose(body);
    let base = || Conformance::new(policy()).visit(["/"]);
    let second = of(&check(
        base().request(post("accept")).request(post("refuse")),
        app(),
    ));
    let first = of(&check(
        base().request(post("refuse")).request(post("accept")),
        app(),
    ));
    assert_eq!(
        (&*first, &*second),
        ("POST /cookies #1", "POST /cookies #2")
    );
    let alone = of(&check(base().request(post("refuse")), app()));
    assert_eq!(alone, "POST /cookies");
}

#[test]
fn a_finding_lists_every_request_that_shows_it() {
    let app = planted(|asked, headers| {
        if asked.is_post() {
            append(headers, "ab_test=b; Path=/");
        }
    });
    let report = check(choosing(), app);
    let text = report.to_string();
    assert!(
        text.contains("POST /cookies #1") && text.contains("POST /cookies #2"),
        "{text}"
    );
}

/// The error quotes what the service read of its cookies, in every form.
#[test]
fn no_form_of_a_value_is_quoted_from_an_error() {
    use std::fmt;
    #[derive(Debug)]
    struct Quoting(String);
    impl fmt::Display for Quoting {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }
    impl std::error::Error for Quoting {}
    let sets = "sessionid=Jean%20%22D%22upont%40example; Path=/; Max-Age=8640000";
    for quote in [
        |_: &str| "cannot parse {\"Jean \\\"D\\\"upont@example\"}".to_owned(),
        |sent: &str| format!("cannot parse {}", sent.to_uppercase()),
        |sent: &str| format!("cannot parse {}", sent.to_lowercase()),
        |_: &str| "user jean dupont is not there".to_owned(),
        |_: &str| "user SmVhbg== is not there".to_owned(),
        |sent: &str| sent.chars().map(|letter| format!("{letter} ")).collect(),
        |sent: &str| format!("{:?}", sent.as_bytes()),
    ] {
        let failing = tower::service_fn(move |request: http::Request<_>| async move {
            let sent = request.headers().get(COOKIE).cloned();
            let sent = sent.map(|field| field.to_str().unwrap().to_owned());
            let Some(sent) = sent.filter(|sent| sent.contains("sessionid")) else {
                let response = http::Response::builder().header(SET_COOKIE, sets);
                return Ok(response.body(String::new()).unwrap());
            };
            Err(Quoting(quote(&sent)))
        });
        let report = runtime().block_on(kit().check(failing));
        assert!(!report.failures().is_empty(), "{report}");
        let text =
            report.to_string() + &report.to_junit() + &serde_json::to_string(&report).unwrap();
        let text = text.to_lowercase();
        for part in [
            "jean",
            "dupont",
            "smvhbg",
            "74, 101",
            "j e a n",
            "cannot parse",
        ] {
            assert!(!text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("quoting"), "the error's type: {text}");
    }
}
