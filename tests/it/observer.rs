//! The events that observers receive, and those that they never do.

use std::sync::{Arc, Mutex};

use http::{
    Request,
    header::{CACHE_CONTROL, SET_COOKIE},
};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Observer, Undeclared,
    layer::Enforcement, observe::Event, preferences::SameSite,
};

use crate::support::{
    Exchange, NOW, Prefs, Witness, at, exchange, layer, request, response, value,
};

/// Returns the events of one exchange on `/path?query`.
fn told(layer: &CookieConsentLayer, cookies: &str, set: &[&str]) -> Vec<String> {
    let witness = Witness::default();
    through(&layer.clone().observe(witness.clone()), cookies, set);
    witness.take()
}

fn through(layer: &CookieConsentLayer, cookies: &str, set: &[&str]) -> Exchange {
    let mut asked = request([("cookie", cookies)]);
    *asked.uri_mut() = "/path?query".parse().unwrap();
    exchange(layer, asked, response(set))
}

/// A closure that also receives events for cookies that passed.
struct Passing<F>(F);

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for Passing<F> {
    fn observe(&self, event: &Event<'_>) {
        (self.0)(event);
    }

    fn wants_passed(&self) -> bool {
        true
    }
}

#[test]
fn each_cookie_that_does_not_pass_is_reported_once() {
    let cookies = "session=1; _ga_X=1; sso=2; stray; a b=3";
    let set = [
        "session=1",
        "_fbp=1",
        "id=1",
        "nothing",
        "_ga=1; Max-Age=+0",
        "_pk_ses=1; Max-Age=99999999",
        "_ga_X=; Max-Age=0",
    ];
    assert_eq!(
        told(&layer(), cookies, &set),
        [
            "Cookie hidden undecided _ga_X tiers /path",
            "Cookie undeclared undeclared sso - /path",
            "Cookie unclassifiable no_equals - - /path",
            "Cookie unclassifiable delimiter - - /path",
            "Set-Cookie withheld undecided _fbp ads /path",
            "Set-Cookie withheld undeclared id - /path",
            "Set-Cookie unclassifiable no_equals - - /path",
            "Set-Cookie replaced disputed_removal _ga tiers /path",
            "Set-Cookie clamped too_long _pk_ses stats /path",
        ]
    );
}

#[test]
fn passes_are_reported_only_to_observers_that_ask() {
    let (all, some) = (Witness::of_all(), Witness::default());
    let layer = layer().observe(all.clone()).observe(some.clone());
    through(&layer, "session=1; _ga=1", &["session=1", "_fbp=1"]);
    let expected = [
        "Cookie passed allowed session base /path",
        "Cookie hidden undecided _ga tiers /path",
        "Set-Cookie passed allowed session base /path",
        "Set-Cookie withheld undecided _fbp ads /path",
    ];
    assert_eq!(all.take(), expected);
    assert_eq!(some.take(), [expected[1], expected[3]]);
}

#[test]
fn a_set_cookie_is_reported_with_its_attributes() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let layer = layer().observe(move |event: &Event<'_>| {
        if let Some(attributes) = event.attributes() {
            let (path, domain) = (attributes.path, attributes.domain);
            let text = format!("{path:?} {domain:?} {:?}", attributes.lifetime);
            let (secure, same_site) = (attributes.secure, attributes.same_site);
            kept.lock().unwrap().push((text, secure, same_site));
        }
    });
    through(
        &layer,
        "_ga=1",
        &["_ga=1; Secure; SameSite=Strict; Path=/x; Domain=a.example; Max-Age=60"],
    );
    let expected = "Some(\"/x\") Some(\"a.example\") Some(60s)".to_owned();
    let same_site = Some(SameSite::Strict);
    assert_eq!(*seen.lock().unwrap(), [(expected, true, same_site)]);
}

#[test]
fn a_refusal_reports_what_it_expires() {
    let lines = told(&layer(), "_fbp=1", &[&Prefs::refuse().set_cookie()]);
    for name in ["_fbp ads", "_ga tiers", "_pk_ses stats"] {
        let line = format!("Set-Cookie expired refused_or_lapsed {name} /path");
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
}

#[test]
fn unreadable_preferences_are_reported_with_the_reason() {
    for (value, reason) in [
        ("nonsense", "format"),
        ("{}", "timestamp"),
        ("{\"timestamp\":1,\"timestamp\":2}", "duplicate"),
    ] {
        let lines = told(&layer(), &format!("cookies_preferences={value}"), &[]);
        assert_eq!(lines, [format!("Cookie unreadable {reason} - - /path")]);
    }
}

#[test]
fn a_refused_cookie_survives_once_the_refusal_is_an_hour_old() {
    let survived = "Cookie survived denied _ga tiers /path".to_owned();
    for (age, survives) in [(60, false), (3_599, false), (3_600, true), (86_400, true)] {
        for layer in [
            layer(),
            layer().filter_request(false),
            layer().expire(Expire::Never),
        ] {
            let cookies = format!("{}; _ga=1", Prefs::refuse().decided(NOW - age).pair());
            let lines = told(&layer, &cookies, &[]);
            assert_eq!(lines.contains(&survived), survives, "{age}: {lines:?}");
        }
    }
    let undecided = told(&layer(), "_ga=1", &[]);
    assert!(!undecided.contains(&survived));
}

#[test]
fn optional_cookies_on_cacheable_responses_are_reported() {
    let witness = Witness::default();
    let layer = layer()
        .undeclared(Undeclared::Allow)
        .observe(witness.clone());
    let set = [
        "session=1",
        "_ga=1",
        "_fbp=1",
        "id=1",
        "_pk_ses=1",
        "id=; Max-Age=0",
    ];
    for (cache_control, count) in [("public, max-age=60", 3), ("private", 0)] {
        let mut response = response(set);
        response
            .headers_mut()
            .append(CACHE_CONTROL, value(cache_control));
        let some = Prefs::of(&[("tiers", true), ("ads", false)]).pair();
        exchange(&layer, request([("cookie", some)]), response);
        let lines = witness.take();
        let told = lines
            .iter()
            .filter(|line| line.contains(" publicly_cacheable "));
        let names: Vec<_> = told.map(|line| line.split(' ').nth(3).unwrap()).collect();
        assert_eq!(names, &["_ga", "id", "_pk_ses"][..count], "{lines:?}");
    }
}

#[test]
fn undeclared_cookies_that_pass_are_reported_both_ways() {
    let layer = layer().undeclared(Undeclared::Allow);
    assert_eq!(
        told(&layer, "sso=1", &["id=1", "id=; Max-Age=0"]),
        [
            "Cookie undeclared undeclared sso - /path",
            "Set-Cookie undeclared undeclared id - /path",
        ]
    );
}

#[test]
fn the_path_is_what_the_hook_makes_of_it() {
    let template = layer().path_for(|head| head.extensions().get::<&str>().map(|&t| t.to_owned()));
    let witness = Witness::default();
    let layer = template.observe(witness.clone());
    let mut asked = request([("cookie", "_ga=1")]);
    *asked.uri_mut() = "/users/7".parse().unwrap();
    asked.extensions_mut().insert("/users/{id}");
    exchange(&layer, asked, response(["id=1"]));
    through(&layer, "", &["id=1"]);
    let paths: Vec<_> = witness.take();
    assert_eq!(
        paths,
        [
            "Cookie hidden undecided _ga tiers /users/{id}",
            "Set-Cookie withheld undeclared id - /users/{id}",
            "Set-Cookie withheld undeclared id - -",
        ]
    );
}

#[tokio::test]
async fn axum_route_templates_are_known_inside_router_layer() {
    use axum::{Router, body::Body, extract::MatchedPath, routing::get};
    use tower::ServiceExt;

    let witness = Witness::default();
    let layer = layer()
        .path_for(|head| Some(head.extensions().get::<MatchedPath>()?.as_str().to_owned()))
        .observe(witness.clone());
    let app = Router::new()
        .route("/users/{id}", get(|| async { [(SET_COOKIE, "id=1")] }))
        .layer(layer);
    let asked = Request::get("/users/7?q=1").body(Body::empty()).unwrap();
    app.oneshot(asked).await.unwrap();
    assert_eq!(
        witness.take(),
        ["Set-Cookie withheld undeclared id - /users/{id}"]
    );
}

#[test]
fn undeclared_names_are_shown_cut_and_masked() {
    use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};

    let declared = CookieDeclaration::new("SESS49960de5880e8c68");
    let policy = CookiePolicy::new([Category::consent("ads").cookie(declared)]).unwrap();
    let set = [
        "SESS49960de5880e8c68=1",
        "SESS00000de5880e8c68=1",
        &format!("{}=1", "n".repeat(200)),
    ];
    let lines = told(&CookieConsentLayer::new(policy), "", &set);
    assert_eq!(
        lines,
        [
            "Set-Cookie withheld undecided SESS49960de5880e8c68 ads /path".to_owned(),
            "Set-Cookie withheld undeclared SESS* - /path".to_owned(),
            format!("Set-Cookie withheld undeclared {}… - /path", "n".repeat(64)),
        ]
    );
}

#[test]
fn a_shown_name_says_whether_it_is_complete() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let layer = layer().observe(move |event: &Event<'_>| {
        let name = event.name().unwrap();
        kept.lock().unwrap().push((name.is_masked(), name.is_cut()));
    });
    let long = format!("{}=1", "n".repeat(65));
    through(&layer, "", &["id=1", "SESS00000de5880e8c68=1", &long]);
    let expected = [(false, false), (true, false), (false, true)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn events_have_the_layers_time_and_a_sentence() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let layer = layer().observe(Passing(move |event: &Event<'_>| {
        kept.lock().unwrap().push((event.time(), event.to_string()));
    }));
    through(&layer, "session=1", &[]);
    let sentence = "let \"session\" pass in Cookie".to_owned();
    assert_eq!(*seen.lock().unwrap(), [(at(NOW), sentence)]);
}

#[test]
fn a_shared_observer_receives_what_it_asks_for() {
    let all = Witness::of_all();
    through(&layer().observe(Arc::new(all.clone())), "session=1", &[]);
    assert_eq!(all.take(), ["Cookie passed allowed session base /path"]);
}

#[test]
fn the_explaining_header_says_the_same_and_is_bounded() {
    let explained = |layer: &CookieConsentLayer, cookies: &str, set: &[&str]| {
        let done = through(layer, cookies, set);
        let header = done.response.headers().get("x-cookie-consent");
        header.map(|header| header.to_str().unwrap().to_owned())
    };
    let on = layer().explain(true);
    assert_eq!(explained(&layer(), "_fbp=1", &["_ga=1"]), None);
    assert_eq!(
        explained(&on, "session=1", &["session=1"]).unwrap(),
        "judged"
    );
    assert_eq!(
        explained(&on, "_fbp=1", &["_ga=1", "stray"]).unwrap(),
        "_fbp=hidden;undecided, _ga=withheld;undecided, -=unclassifiable;no_equals"
    );
    assert_eq!(
        explained(&on, "_fbp=1", &[]).unwrap(),
        "_fbp=hidden;undecided"
    );
    let report = on.clone().report_only(true);
    let text = explained(&report, "", &["_ga=1"]).unwrap();
    assert_eq!(text, "_ga=withheld;undecided;report_only");
    let many: Vec<_> = (0..200)
        .map(|number| format!("made-up-{number}=1"))
        .collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let text = explained(&on, "", &many).unwrap();
    assert!(text.len() < 1_200 && text.ends_with(", ..."), "{text}");
}

#[test]
fn only_expired_cookies_are_reported_as_expired() {
    let names: Vec<_> = (0..40).map(|number| format!("c{number}")).collect();
    // Two removals each, so that the bound of 32 falls between two names.
    let cookies = names
        .iter()
        .map(|name| CookieDeclaration::new(name).domain("shop.example"));
    let policy = CookiePolicy::new([Category::consent("tiers").cookies(cookies)]).unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    let witness = Witness::default();
    let cookies: Vec<_> = names.iter().map(|name| format!("{name}=1")).collect();
    let refused = Prefs::of(&[("tiers", false)]).pair();
    let done = through(
        &layer.observe(witness.clone()),
        &format!("{refused}; {}", cookies.join("; ")),
        &[],
    );
    let told = witness.take();
    let expired = told.iter().filter(|line| line.contains(" expired "));
    assert_eq!(done.removed().len(), 16);
    assert_eq!(expired.count(), 16, "{told:?}");
}

#[test]
fn nothing_is_reported_when_enforcement_is_off() {
    let off = layer().enforcement(Enforcement::Off);
    for cookies in ["cookies_preferences=x; _ga=1; sso=1", "a b=1"] {
        assert_eq!(told(&off, cookies, &["_ga=1", "stray"]), [""; 0]);
        assert_ne!(told(&layer(), cookies, &["_ga=1", "stray"]), [""; 0]);
    }
}

/// A layer that only filters the response reads the request's cookies late, if at all.
#[test]
fn request_cookies_are_reported_without_a_request_filter() {
    let layer = layer()
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    let all = Witness::of_all();
    through(
        &layer.observe(all.clone()),
        "session=1; sso=1",
        &["session=1"],
    );
    assert_eq!(
        all.take(),
        [
            "Cookie passed allowed session base /path",
            "Cookie undeclared undeclared sso - /path",
            "Set-Cookie passed allowed session base /path",
        ]
    );
}
