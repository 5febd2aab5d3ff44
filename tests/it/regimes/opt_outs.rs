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
            "",
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
    let page = opt_out_page(&prefs(&[("own", false), ("ads", false)]), "").await;
    for text in ["Opt-out request honored", "You opted out on "] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}
