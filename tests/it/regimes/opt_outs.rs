//! Several things that visitors can opt out of, beside what needs their consent.

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    policy::Service,
    regimes::{OptOutStatus, Regime, Whereabouts},
};

use crate::support::{NOW, Prefs, at, exchange, request, response};

const DAY: u64 = 86_400;

fn policy() -> CookiePolicy {
    let titled = |category: Category, title: &str| category.title(title).description("d");
    let maps = Service::new("maps").title("Maps");
    CookiePolicy::builder()
        .category(titled(Category::exempt("stats"), "Statistics"))
        .category(titled(Category::consent("health"), "Health"))
        .category(titled(Category::consent("own"), "Own ads"))
        .category(titled(Category::consent("ads"), "Other ads").service(maps))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out")
                .basis("own", Basis::OptOut)
                .basis("ads", Basis::OptOut),
        )
        .build()
        .unwrap()
}

fn layer() -> CookieConsentLayer {
    let layer = CookieConsentLayer::new(policy()).with_clock(|| at(NOW));
    layer.regime_for(|_| Whereabouts::Regime("us-opt-out"))
}

fn prefs(answers: &[(&str, bool)]) -> Prefs {
    Prefs::of(answers).with("regime", "\"us-opt-out\"")
}

fn consent_of(prefs: &Prefs, fields: &[(&'static str, &str)]) -> Consent {
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    let fields = fields.chain([("cookie", prefs.pair())]);
    let done = exchange(&layer(), request(fields), response::<&str>([]));
    done.consent().clone()
}

#[test]
fn an_opt_out_of_one_thing_is_not_one_of_all() {
    let gpc = [("sec-gpc", "1")];
    let pages = Pages::at("/cookies", policy()).unwrap();
    for (answers, fields, status, shared, not_shared) in [
        (
            &[][..],
            &[][..],
            OptOutStatus::Open,
            "Own ads, Other ads",
            "",
        ),
        (
            &[("ads", false)],
            &[],
            OptOutStatus::Open,
            "Own ads",
            "Other ads",
        ),
        (
            &[("maps", false)],
            &[],
            OptOutStatus::Open,
            "Own ads, Other ads",
            "Maps",
        ),
        (
            &[("own", false), ("ads", false), ("maps", true)],
            &[],
            OptOutStatus::Open,
            "Other ads",
            "Own ads",
        ),
        (
            &[("own", false), ("ads", false)],
            &[],
            OptOutStatus::OptedOut,
            "",
            "Own ads, Other ads",
        ),
        (
            &[("ads", false)],
            &gpc,
            OptOutStatus::Honoured,
            "",
            "Own ads, Other ads",
        ),
    ] {
        let consent = consent_of(&prefs(answers), fields);
        assert_eq!(consent.opt_out_status(), status, "{answers:?}");
        let opt_out = pages.view(&consent, "en").regime.unwrap().opt_out.unwrap();
        assert_eq!(opt_out.shared, shared, "{answers:?}");
        assert_eq!(opt_out.not_shared, not_shared, "{answers:?}");
        assert_eq!(opt_out.runs, !shared.is_empty(), "{answers:?}");
    }
    // What was allowed while the browser sent the signal.
    let upheld = prefs(&[("own", true), ("ads", false)]).with("gpc", "true");
    let consent = consent_of(&upheld, &gpc);
    assert_eq!(consent.opt_out_status(), OptOutStatus::Overruled);
    let opt_out = pages.view(&consent, "en").regime.unwrap().opt_out.unwrap();
    assert!(
        opt_out.sentence.ends_with("your choice counts: Own ads."),
        "{}",
        opt_out.sentence
    );
}

async fn opt_out_page(prefs: &Prefs, query: &str) -> String {
    let app: Router = Router::new()
        .layer(Pages::at("/cookies", policy()).unwrap())
        .layer(layer());
    let request = Request::get(format!("/cookies/opt-out?lang=en{query}"))
        .header("host", "shop.example")
        .header("cookie", prefs.pair());
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    let body = response.unwrap().into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().into()).unwrap()
}

#[tokio::test]
async fn the_page_says_what_is_shared_and_what_is_not() {
    let page = opt_out_page(&prefs(&[("ads", false)]), "&confirm").await;
    for text in [
        "Nothing is shared for: Other ads.",
        "is shared with others for: Own ads.",
        "Do you want to allow this again: Other ads?",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(!page.contains("Opt-out request honored"), "{page}");
    // A category whose service runs is shared, and can be allowed again as a whole.
    let page = opt_out_page(&prefs(&[("ads", false), ("maps", true)]), "&confirm").await;
    assert!(page.contains("allow this again: Other ads?"), "{page}");
    let page = opt_out_page(&prefs(&[("own", false), ("ads", false)]), "").await;
    for text in ["Opt-out request honored", "You opted out on "] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

#[test]
fn an_opt_out_has_its_own_date_and_renews_no_consent() {
    let day = |age: u64| at(NOW - age * DAY);
    let all = [("stats", true), ("own", true), ("ads", true)];
    let with_health = [("stats", true), ("own", false), ("health", true)];
    for (before, answer, expected) in [
        // What needs no consent does not grow old.
        (&all[..], ("ads", false), day(0)),
        (&with_health, ("ads", false), day(100)),
        (&with_health, ("own", true), day(100)),
        (&with_health, ("stats", false), day(100)),
        (&with_health, ("health", true), day(0)),
    ] {
        let consent = consent_of(&prefs(before).decided(NOW - 100 * DAY), &[]);
        let choice = consent.choose([answer]).unwrap();
        assert_eq!(choice.decided_at(), expected, "{before:?} {answer:?}");
    }
    // The browser's signal is such an opt-out.
    let old = prefs(&all).decided(NOW - 100 * DAY).pair();
    let fields = [("cookie", old.as_str()), ("sec-gpc", "1")];
    let done = exchange(&layer(), request(fields), response::<&str>([]));
    let date = format!("%22timestamp%22%3A{NOW}");
    assert!(done.set_cookies()[0].contains(&date), "{done:?}");
}

/// The date of the choice may be that of the consent.
#[test]
fn nobody_is_asked_in_the_year_after_an_opt_out() {
    let out = [("own", false), ("ads", false)];
    let beside_consent = [out[0], out[1], ("health", true)];
    for (answers, age, asks) in [
        (&out[..], 365, false),
        (&out, 366, true),
        (&beside_consent, 365 + 182, false),
        (&beside_consent, 366 + 182, true),
    ] {
        let consent = consent_of(&prefs(answers).decided(NOW - age * DAY), &[]);
        assert_eq!(consent.needs_choice(), asks, "{answers:?} {age}");
    }
    let pages = Pages::at("/cookies", policy()).unwrap();
    for (answers, is_dated) in [(&out[..], true), (&beside_consent, false)] {
        let consent = consent_of(&prefs(answers), &[]);
        let opt_out = pages.view(&consent, "en").regime.unwrap().opt_out.unwrap();
        assert_eq!(opt_out.date.is_some(), is_dated, "{answers:?}");
    }
}
