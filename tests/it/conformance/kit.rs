//! The paths and visitors of the kit.

use std::convert::Infallible;

use axum::extract::Path;
use http::Response;
use tower::{Layer, service_fn};
use tower_cookie_consent::{
    conformance::{Outcome, Probe},
    regimes::{Regime, Whereabouts},
};

use super::*;
use crate::support::server::Server;

#[test]
fn a_correct_app_holds_every_requirement_and_exercises_all() {
    let probe = Probe::new();
    let app = site()
        .layer(probe.clone())
        .layer(CookieConsentLayer::new(policy()));
    let report = check(kit().probe(&probe), app);
    report.assert_ok();
    for requirement in Requirement::ALL {
        let expected = match requirement {
            _ if opt_outs::OF_OPT_OUTS.contains(&requirement) => Outcome::DoesNotApply,
            // No request of the plan makes a choice, and no page asks for one.
            Requirement::ChoiceStored | Requirement::ChoiceIdentifiesNobody => {
                Outcome::NotExercised
            }
            _ if OF_CONTROLS.contains(&requirement) => Outcome::NotExercised,
            _ => Outcome::Held,
        };
        assert_eq!(report.outcome(requirement), expected, "{report}");
    }
    let linked = "not exercised: the linked page /deep: follow_links visits it";
    assert_eq!(report.notes(), [linked], "{report}");
}

/// A kit for the site's own layer accepts a site behind that layer, whatever its switches.
#[test]
fn a_kit_of_the_sites_layer_knows_its_switches() {
    use tower_cookie_consent::{Expire, Gpc, Undeclared, layer::StateHeaders};
    let layer = || CookieConsentLayer::new(policy());
    let years_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for layer in [
        layer(),
        layer().undeclared(Undeclared::Allow),
        layer().undeclared(Undeclared::Hide),
        layer().expire(Expire::Never),
        layer().expire(Expire::OnRefusalOrLapse),
        layer().gpc(Gpc::Ignore),
        layer().strict_values(true),
        layer().state_headers(StateHeaders::Allow),
        layer().state_headers(StateHeaders::Withhold),
        layer().withhold_from_shared_caches(true),
        layer().spare_choice(true),
        layer().expose_consent(false),
        layer().with_clock(move || years_ago),
    ] {
        let probe = Probe::new();
        let app = site().layer(probe.clone()).layer(layer.clone());
        check(of_layer(&layer).probe(&probe), app).assert_ok();
    }
}

#[test]
fn a_site_with_regimes_holds_every_requirement() {
    let policy = CookiePolicy::builder()
        .revision(3)
        .category(Category::necessary("base").cookie(CookieDeclaration::new("sessionid")))
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")))
        .category(Category::opt_out("map").cookie(CookieDeclaration::new("map")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .regime("us-opt-out", Regime::preset("us-opt-out"))
        .build()
        .unwrap();
    for regime in ["us-opt-out", "de", "it", "strictest"] {
        let layer = CookieConsentLayer::new(policy.clone())
            .regime_for(move |_| Whereabouts::Regime(regime));
        let report = check(of_layer(&layer), site().layer(layer.clone()));
        // It has no pages that could show anything of opt-outs.
        let found = broken(&report);
        let mut found = found
            .iter()
            .filter(|it| !opt_outs::OF_OPT_OUTS.contains(it));
        assert_eq!(found.next(), None, "{regime}: {report}");
        // From outside, where only the answers say in which regime they were made.
        let kit = Conformance::new(policy.clone()).visit(["/"]);
        let report = check(kit, site().layer(layer));
        let lasts = !broken(&report).contains(&Requirement::ChoiceLifetime);
        assert!(lasts, "{regime}: {report}");
    }
}

/// The app honours the signal while it is there, and does not store it.
#[test]
fn a_site_that_forgets_the_signal_is_found() {
    let policy = CookiePolicy::builder()
        .category(Category::necessary("base").cookie(CookieDeclaration::new("sessionid")))
        .category(Category::opt_out("ads").cookie(CookieDeclaration::new("_ga")))
        .regime("us-opt-out", Regime::preset("us-opt-out"))
        .build()
        .unwrap();
    let layer =
        CookieConsentLayer::new(policy.clone()).regime_for(|_| Whereabouts::Regime("us-opt-out"));
    let remembers = check(of_layer(&layer), site().layer(layer.clone()));
    assert!(
        !broken(&remembers).contains(&Requirement::SignalRefuses),
        "{remembers}"
    );
    let forgets = CookieConsentLayer::new(policy);
    let report = check(of_layer(&layer), site().layer(forgets));
    assert!(
        broken(&report).contains(&Requirement::SignalRefuses),
        "{report}"
    );
}

#[test]
fn regimes_do_not_excuse_what_is_kept_for_too_long() {
    let policy = policy().to_builder().regime("de", Regime::preset("de"));
    let layer = CookieConsentLayer::new(policy.build().unwrap());
    let layer = layer.regime_for(|_| Whereabouts::Regime("de"));
    let app = site().layer(layer.clone());
    let app = app.layer(from_fn(async |request: Request, next: Next| {
        let sent = request.headers().get(COOKIE).cloned();
        let mut response = next.run(request).await;
        let sent = sent.as_ref().map_or("", |sent| sent.to_str().unwrap());
        let one = sent.matches("cookies_preferences=").count() == 1;
        // Nothing but what the kit writes after an acceptance.
        let allowed = |value: &&str| {
            let decided = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            let members: serde_json::Value = serde_json::from_str(&decided).unwrap_or_default();
            let is_plain = members["ads"] == true && members["timestamp"].is_u64();
            one && is_plain && value.matches("ads%22").count() == 1 && value.len() < 1_000
        };
        if let Some(value) = preferences(sent).filter(allowed) {
            let field = format!("cookies_preferences={value}; Path=/; Secure; Max-Age=34560000");
            append(response.headers_mut(), &field);
        }
        response
    }));
    let report = check(of_layer(&layer), app);
    let found = report.findings().any(|finding| {
        finding.requirement == Requirement::ChoiceLifetime
            && finding.why.contains("longer than the choice is valid")
    });
    assert!(found, "{report}");
}

#[test]
fn no_switch_of_the_layer_excuses_what_the_law_asks() {
    use Requirement::*;
    use tower_cookie_consent::layer::Enforcement;
    let layer = || CookieConsentLayer::new(policy());
    for (layer, expected) in [
        (layer().filter_request(false), HiddenWithoutConsent),
        (layer().limit_exempt(false), ExemptLifetime),
        (layer().report_only(true), NoCookieBeforeConsent),
        (layer().enforcement(Enforcement::Off), NoCookieBeforeConsent),
        (
            layer().enforcement_for(|_| Enforcement::Off),
            NoCookieBeforeConsent,
        ),
    ] {
        let probe = Probe::new();
        let app = site().layer(probe.clone()).layer(layer.clone());
        let report = check(of_layer(&layer).probe(&probe), app);
        assert!(broken(&report).contains(&expected), "{layer:?}\n{report}");
    }
}

#[test]
fn an_app_without_the_layer_breaks_what_the_layer_is_for() {
    use Requirement::*;
    let report = check(kit(), site());
    assert_eq!(
        broken(&report),
        [
            NoCookieBeforeConsent,
            NoCookieAfterRefusal,
            RefusalExpires,
            UnclearGrantsNothing,
            ChoiceLifetime,
            ChangesAskAgain,
            ExemptLifetime,
            SignalRefuses,
            OneService,
        ],
        "{report}"
    );
    assert_eq!(report.outcome(HiddenWithoutConsent), Outcome::NotExercised);
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
    assert_eq!(
        report.outcome(Requirement::HiddenWithoutConsent),
        Outcome::Held
    );
    let report = check(kit().echo("/echo"), app(false));
    assert_breaks(
        &report,
        Requirement::HiddenWithoutConsent,
        "map",
        "the service sees it",
    );
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
fn a_service_that_fails_is_not_ok() {
    let quiet = service_fn(|_| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let layer = CookieConsentLayer::new(policy());
    let report = runtime().block_on(kit().check(layer.layer(quiet)));
    report.assert_ok();
    assert_eq!(
        report.outcome(Requirement::ExemptLifetime),
        Outcome::NotExercised
    );

    let failing = service_fn(|request: http::Request<_>| async move {
        let sent = request.headers().get(COOKIE).cloned();
        let sent = sent.map(|field| field.to_str().unwrap().to_owned());
        Err::<Response<String>, _>(format!("no database {}", sent.unwrap_or_default()))
    });
    let report = runtime().block_on(kit().check(failing));
    assert!(!report.is_ok());
    let failures = report.failures().join("\n");
    let told = "GET /: the service failed with an error of type alloc::string::String";
    assert!(failures.contains(told), "{failures}");
    for quoted in ["no database", "revision"] {
        assert!(!failures.contains(quoted), "{failures}");
    }
    let refused = || std::io::Error::new(std::io::ErrorKind::ConnectionRefused, MARKER);
    let failing =
        service_fn(move |_: http::Request<_>| async move { Err::<Response<String>, _>(refused()) });
    let report = runtime().block_on(kit().check(failing)).to_string();
    assert!(report.contains("connection refused"), "{report}");
    assert!(!report.contains(MARKER), "{report}");

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
fn the_portal_passes_by_its_url() {
    let portal = Server::start("portal");
    let choose = |choice| {
        http::Request::post("/cookies")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("choice={choice}"))
            .unwrap()
    };
    let policy = include_str!("../../../examples/portal/policy.json");
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
            Requirement::HiddenWithoutConsent => Outcome::NotExercised,
            // The portal takes choices elsewhere, and nobody says what the controls of its pages have to store: what
            // can be opted out of somewhere has rules of its own.
            Requirement::ChoiceStored => Outcome::NotExercised,
            // Its policy has had one revision, and its pages have scripts, which hide the banner.
            Requirement::ChangesAskAgain => Outcome::NotExercised,
            // Without regimes nobody of its visitors can opt out.
            _ if opt_outs::OF_OPT_OUTS.contains(&requirement) => Outcome::NotExercised,
            _ => Outcome::Held,
        };
        assert_eq!(report.outcome(requirement), expected, "{report}");
    }
}

#[test]
fn a_server_that_is_not_there_is_not_ok() {
    let report = |url: &str| runtime().block_on(kit().check_url(url));
    assert!(!report("http://127.0.0.1:1").is_ok());
    let other = report("ftp://example.org");
    assert!(other.failures()[0].contains("invalid URL"), "{other}");
}

#[test]
fn loops_end_and_no_link_or_redirect_leads_off_the_site() {
    use std::sync::{Arc, Mutex};
    let visited = Arc::new(Mutex::new(BTreeSet::new()));
    let log = Arc::clone(&visited);
    let note = move |request: Request, next: Next| {
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        let path = request.uri().path().to_owned();
        log.lock().unwrap().insert((host, path));
        next.run(request)
    };
    let html = "<a href='/a'><a href='/b'><a href='//evil.example/c'><a href='https://evil.example/d'>\
                <a href='http://localhost@evil.example/e'><a href='javascript:f()'><a href='\\\\evil.example\\g'>\
                <a href='/r1'><a href='/away'><a href='/down/0'>";
    let app = Router::new()
        .route("/", get(move || async move { Html(html) }))
        .route("/a", get(|| async { Html("<a href='/b'>b</a>") }))
        .route(
            "/b",
            get(|| async { Html("<a href='/a'>a</a> <a href='?again'>b</a>") }),
        )
        .route("/r1", get(|| async { Redirect::to("/r2") }))
        .route("/r2", get(|| async { Redirect::to("/r1") }))
        .route(
            "/away",
            get(|| async { Redirect::to("https://evil.example/h") }),
        )
        .route(
            "/down/{depth}",
            get(async |Path(depth): Path<u32>| Redirect::to(&format!("/down/{}", depth + 1))),
        )
        .layer(CookieConsentLayer::new(policy()))
        .layer(from_fn(note));
    let kit = Conformance::new(policy()).follow_links(10);
    check(kit, app).assert_ok();
    let visited = visited.lock().unwrap();
    let hosts: BTreeSet<_> = visited.iter().map(|(host, _)| host.as_str()).collect();
    assert_eq!(hosts, BTreeSet::from(["localhost"]));
    // Without the addresses that are like those of pages.
    let is_own =
        |path: &&str| *path == "/" || !(path.ends_with('/') || path.ends_with("/conformance-kit"));
    let paths = visited.iter().map(|(_, path)| path.as_str());
    let paths: BTreeSet<_> = paths.filter(is_own).map(str::to_owned).collect();
    let pages = [
        "/",
        "/a",
        "/away",
        "/b",
        "/conformance-kit/not-found",
        "/favicon.ico",
        "/r1",
        "/r2",
    ];
    let down = (0..=20).map(|depth| format!("/down/{depth}"));
    let expected: BTreeSet<_> = pages.map(str::to_owned).into_iter().chain(down).collect();
    assert_eq!(paths, expected);
}

#[test]
fn a_site_without_end_is_visited_up_to_a_bound() {
    let page = async |Path(page): Path<u32>| {
        let links = (1..=9).map(|nth| format!("<a href='/{}'>", page * 10 + nth));
        Html(links.collect::<String>())
    };
    let app = Router::new()
        .route("/{page}", get(page))
        .layer(CookieConsentLayer::new(policy()));
    let report = check(
        Conformance::new(policy()).visit(["/0"]).follow_links(9),
        app,
    );
    report.assert_ok();
    let bounded = report
        .notes()
        .iter()
        .any(|note| note.contains("more than 200 pages"));
    assert!(bounded, "{report}");
}

/// With `explain`, judged responses say so, and a route that was added after the layer is found.
#[test]
fn route_outside_of_the_layer_is_reported() {
    let layer = CookieConsentLayer::new(policy()).explain(true);
    let app = || site().layer(layer.clone());
    let kit = || Conformance::for_layer(&layer).visit(["/", "/late"]);
    check(kit(), app()).assert_ok();
    let late = app().route("/late", get(|| async { "late" }));
    let report = check(kit(), late);
    let text = report.to_string();
    assert!(!report.is_ok(), "{text}");
    assert!(
        text.contains("GET /late: this response was not judged"),
        "{text}"
    );
    // Without `explain`, nothing shows which one it was.
    let silent = CookieConsentLayer::new(policy());
    let app = site()
        .layer(silent)
        .route("/late", get(|| async { "late" }));
    let text = check(Conformance::new(policy()).visit(["/", "/late"]), app).to_string();
    assert!(!text.contains("was not judged"), "{text}");
}
