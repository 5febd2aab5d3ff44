//! `Consent` in handlers: its reasons, and its state after another choice.

use http::Method;
use tower_cookie_consent::{
    Category, Choice, Consent, CookiePolicy, Verdict, Withheld, pages::Pages, policy::Service,
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, layer, request, response};

fn asked(fields: &[(&'static str, &str)]) -> Exchange {
    let fields = fields.iter().map(|&(name, field)| (name, field));
    exchange(&layer(), request(fields), response::<&str>([]))
}

fn why(consent: &Consent, name: &str) -> Option<Withheld> {
    match consent.verdict(name) {
        Verdict::Withheld(why) => Some(why),
        Verdict::Allowed => None,
    }
}

#[test]
fn a_verdict_says_whether_the_visitor_said_no_or_nothing() {
    let some = Prefs::of(&[("stats", false), ("ads", false)]).pair();
    let done = asked(&[("cookie", &some)]);
    assert_eq!(why(done.consent(), "_fbp"), Some(Withheld::Denied));
    assert_eq!(why(done.consent(), "_pk_ses"), Some(Withheld::Denied));
    assert_eq!(why(done.consent(), "_ga"), Some(Withheld::Pending));
    assert_eq!(why(done.consent(), "session"), None);
}

#[test]
fn cross_site_requests_withhold_only_exempt_cookies() {
    let done = asked(&[("sec-fetch-site", "cross-site")]);
    assert_eq!(why(done.consent(), "_pk_ses"), Some(Withheld::CrossSite));
    assert_eq!(why(done.consent(), "_ga"), Some(Withheld::Undecided));
    assert_eq!(why(done.consent(), "session"), None);
}

#[test]
fn a_choice_counts_as_on_the_next_request() {
    let first = asked(&[("sec-fetch-site", "cross-site")]);
    let before = first.consent();
    assert!(!before.needs_choice());

    let accepted = before.with_choice(before.accept_all());
    assert_eq!(accepted.choice(), Some(&before.accept_all()));
    assert!(accepted.allows("ads") && accepted.allows("stats"));
    assert!(!accepted.needs_choice());
    assert_eq!(accepted.pending().count(), 0);

    let refused = accepted.with_choice(before.refuse_all());
    assert_eq!(refused.choice(), Some(&before.refuse_all()));
    assert!(!refused.allows("ads") && !refused.allows("stats"));
    assert_eq!(why(&refused, "_ga"), Some(Withheld::Denied));

    let nothing = accepted.with_choice(Choice::new(at(NOW)));
    assert!(nothing.needs_choice());
    let pending: Vec<_> = nothing.pending().map(Category::id).collect();
    assert_eq!(pending, ["tiers", "ads"]);
}

#[test]
fn a_page_may_be_returned_to_where_it_was_asked_for_by_get() {
    let titled = Category::consent("ads")
        .title("Advertising")
        .description("Pays for this.");
    for (method, returnable) in [
        (Method::GET, true),
        (Method::HEAD, true),
        (Method::POST, false),
    ] {
        let mut asked = request::<&str>([]);
        *asked.uri_mut() = "/path?query".parse().unwrap();
        *asked.method_mut() = method.clone();
        let done = exchange(&layer(), asked, response::<&str>([]));
        let pages = Pages::at("/cookies", CookiePolicy::new([titled.clone()]).unwrap()).unwrap();
        let back = pages.view(done.consent(), "en").return_to;
        let path = returnable.then(|| "/path?query".to_owned());
        assert_eq!(back, path, "{method}");
    }
}

#[test]
fn several_preferences_are_distinguished_from_one() {
    let (yes, no) = (Prefs::accept().pair(), Prefs::refuse().pair());
    assert!(
        !asked(&[("cookie", &yes)])
            .consent()
            .has_several_preferences()
    );
    let both = format!("{yes}; {no}");
    assert!(
        asked(&[("cookie", &both)])
            .consent()
            .has_several_preferences()
    );
}

#[test]
fn debug_shows_ids_and_no_bits() {
    let media = Category::consent("media").service(Service::new("films"));
    let policy = CookiePolicy::new([Category::necessary("base"), media]).unwrap();
    let undecided = Consent::undecided(policy);
    let shown =
        r#"Consent { status: Undecided, allowed: ["base"], denied: [], pending: ["media"], .. }"#;
    assert_eq!(format!("{undecided:?}"), shown);
    let choice = undecided
        .choose([("films", true), ("media", false)])
        .unwrap();
    let shown = format!("{:?}", undecided.with_choice(choice));
    for part in [
        "status: Decided",
        r#"allowed: ["base", "films"]"#,
        r#"denied: ["media"]"#,
        "pending: []",
        "revision: ",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
