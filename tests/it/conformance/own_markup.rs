//! Opt-outs in a site that has its own markup, and none of the crate's pages.

use axum::{
    Form,
    response::{IntoResponse, Response},
    routing::post,
};
use tower_cookie_consent::{
    Choice, Consent, SetChoice, conformance::Outcome, pages::mark_private, regimes::OptOutStatus,
};

use super::{
    opt_outs::{OF_OPT_OUTS, in_california},
    *,
};

/// What differs between the sites.
#[derive(Clone, Copy, Default)]
struct Own {
    /// The link to the opt-out page has no attribute.
    plain_link: bool,
    /// The states are said in the same words.
    same_words: bool,
    /// Accepting everything undoes an opt-out.
    undoes: bool,
    /// There is a banner on each page, whatever the visitor has chosen.
    banner: bool,
}

const STATUS: [(OptOutStatus, &str, &str); 4] = [
    (OptOutStatus::Open, "open", "You have not opted out."),
    (
        OptOutStatus::OptedOut,
        "honoured",
        "Opt-Out Request Honored",
    ),
    (
        OptOutStatus::Honoured,
        "honoured",
        "Opt-Out Request Honored",
    ),
    (
        OptOutStatus::Overruled,
        "overruled",
        "You allowed advertising.",
    ),
];

fn shell(own: Own, consent: &Consent, content: &str) -> Response {
    let status = consent.opt_out_status();
    let (_, word, text) = STATUS.into_iter().find(|(of, ..)| *of == status).unwrap();
    let text = if own.same_words {
        "Privacy status"
    } else {
        text
    };
    let mark = if own.plain_link {
        ""
    } else {
        " data-opt-out=link"
    };
    let banner = "<form method=post action=/choices><button name=choice value=accept data-opt-out=accept>\
                  OK</button><button name=choice value=refuse>Refuse all</button></form>";
    let banner = if own.banner { banner } else { "" };
    let html = format!(
        "<!doctype html><html lang=en><title>Own</title><body>{banner}{content}<footer>\
         <a href=/do-not-sell{mark}>Do Not Sell or Share My Personal Information</a>\
         <a href=/choices data-opt-out=choices>Cookies</a>\
         <span role=status data-opt-out={word}>{text}</span></footer>"
    );
    let mut response = ([(SET_COOKIE, "_ga=1; Path=/")], Html(html)).into_response();
    mark_private(response.headers_mut());
    response
}

const PAGE: &str = "<h1>Do not sell</h1>\
    <p data-opt-out='sale sharing'>We share data about your visit for advertising.</p>\
    <p data-opt-out=sensitive>We use no sensitive data.</p>\
    <form method=post action=/do-not-sell data-opt-out=form><button>Opt out</button></form>";

fn see(path: &'static str, set: SetChoice) -> Response {
    (set, Redirect::to(path)).into_response()
}

fn accepted(own: Own, consent: &Consent) -> Choice {
    let status = consent.opt_out_status();
    let is_out = matches!(status, OptOutStatus::OptedOut | OptOutStatus::Honoured);
    match is_out && !own.undoes {
        true => consent.choose([("maps", true)]).unwrap(),
        false => consent.accept_all(),
    }
}

fn own_site(own: Own) -> Router {
    let page =
        |content: &'static str| get(async move |consent: Consent| shell(own, &consent, content));
    let out = async |consent: Consent| {
        let choice = consent.choose([("ads", false)]).unwrap();
        see("/do-not-sell", consent.set_cookie(choice))
    };
    let choose = async move |consent: Consent, Form(sent): Form<Vec<(String, String)>>| {
        let accepts = sent.iter().any(|(_, value)| value == "accept");
        let choice = match accepts {
            true => accepted(own, &consent),
            false => consent.refuse_all(),
        };
        see("/", consent.set_cookie(choice))
    };
    let form = "<form method=post action=/choices>\
                <button name=choice value=accept data-opt-out=accept>Accept all</button>\
                <button name=choice value=refuse>Refuse all</button></form>";
    let gpc = || async { axum::Json(serde_json::json!({"gpc": true})) };
    Router::new()
        .route("/", page("<h1>Home</h1>"))
        .route("/news", page("<h1>News</h1>"))
        .route("/do-not-sell", page(PAGE).merge(post(out)))
        .route("/choices", page(form).merge(post(choose)))
        .route("/.well-known/gpc.json", get(gpc))
        .layer(in_california())
}

fn own_kit() -> Conformance {
    let accept = http::Request::post("/choices")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("choice=accept")
        .unwrap();
    let kit = Conformance::for_layer(&in_california());
    kit.visit(["/", "/news", "/choices"]).request(accept)
}

#[test]
fn a_site_with_its_own_markup_passes() {
    let plain_link = Own {
        plain_link: true,
        ..Own::default()
    };
    for (kit, site) in [
        (own_kit(), Own::default()),
        (own_kit().opt_out_page("/do-not-sell"), plain_link),
    ] {
        let report = check(kit, own_site(site));
        report.assert_ok();
        for requirement in OF_OPT_OUTS {
            assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
        }
    }
}

#[test]
fn own_markup_is_not_taken_on_trust() {
    use Requirement::*;
    let own = Own::default;
    for (site, expected, part) in [
        (
            Own {
                plain_link: true,
                ..own()
            },
            &[OptOutLink][..],
            "no link",
        ),
        (
            Own {
                same_words: true,
                ..own()
            },
            &[OptOutShown, OptOutPage],
            "in the words in which",
        ),
        (
            Own {
                undoes: true,
                ..own()
            },
            &[OptInConfirmed],
            "separate confirmation",
        ),
        (
            Own {
                banner: true,
                ..own()
            },
            &[OptOutNotAskedAgain],
            "asks for consent",
        ),
    ] {
        let report = check(own_kit(), own_site(site));
        assert_eq!(broken(&report), expected, "{report}");
        let found = report.findings().any(|finding| finding.why.contains(part));
        assert!(found, "{part}\n{report}");
    }
}

#[test]
fn a_site_without_forms_that_accept_says_so() {
    let app = own_site(Own::default()).layer(from_fn(async |request: Request, next: Next| {
        if request.uri().path() == "/choices" {
            return StatusCode::NOT_FOUND.into_response();
        }
        next.run(request).await
    }));
    let kit = Conformance::for_layer(&in_california()).visit(["/", "/news"]);
    let report = check(kit, app);
    report.assert_ok();
    let outcome = report.outcome(Requirement::OptInConfirmed);
    assert_eq!(outcome, Outcome::NotExercised, "{report}");
    let mut notes = report.notes().iter();
    assert!(
        notes.any(|note| note.contains("no button that accepts")),
        "{report}"
    );
}

#[test]
fn headers_of_the_kit_itself_cannot_be_replaced() {
    for name in ["host", "Cookie", "Sec-GPC", "a b"] {
        let report = check(own_kit().header(name, "x"), own_site(Own::default()));
        assert!(
            report.failures()[0].starts_with("header: "),
            "{name} {report}"
        );
    }
    let report = check(own_kit().opt_out_page("x"), own_site(Own::default()));
    assert_eq!(report.failures(), ["opt_out_page: a path begins with `/`"]);
}
