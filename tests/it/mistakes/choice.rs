//! Choices that no browser keeps.

use http::{Request, Response, header::SET_COOKIE};
use tower_cookie_consent::{Consent, observe::Mistake, preferences::PreferencesCookie};

use super::{assert_in_guide, listening, policy_with, sentences, told};
use crate::support::{NOW, exchange_with, request};

/// What is reported about a choice that is made on a page of this host and origin.
fn after_choice(cookie: PreferencesCookie, host: &str, origin: &str) -> Vec<Mistake> {
    let (layer, list) = listening(&policy_with(cookie));
    let asked = request([("host", host), ("origin", origin)]);
    exchange_with(&layer, asked, accept);
    told(&list)
}

fn accept(request: &Request<()>) -> Response<()> {
    let consent = request.extensions().get::<Consent>().unwrap();
    let set = consent.set_cookie(consent.accept_all());
    let mut response = Response::new(());
    set.append_to(response.headers_mut()).unwrap();
    response
}

#[test]
fn choice_of_another_domain_is_lost() {
    let cookie = || PreferencesCookie::default().domain("shop.example");
    let https = "https://www.shop.example";
    assert_eq!(after_choice(cookie(), "www.shop.example", https), []);
    let other = "https://www.store.example";
    assert_eq!(
        after_choice(cookie(), "www.store.example", other),
        [Mistake::ChoiceDomain]
    );
}

#[test]
fn secure_choice_is_lost_over_plain_http() {
    for (host, lost) in [
        ("intranet:8080", true),
        ("192.168.1.2", true),
        ("localhost.example", true),
        ("localhost:8080", false),
        ("app.localhost", false),
        ("127.0.0.1:3000", false),
        ("[::1]:3000", false),
    ] {
        let found = after_choice(
            PreferencesCookie::default(),
            host,
            &format!("http://{host}"),
        );
        let expected: &[Mistake] = if lost {
            &[Mistake::ChoiceNotSecure]
        } else {
            &[]
        };
        assert_eq!(found, expected, "{host}");
        let plain = PreferencesCookie::default().secure(false);
        assert_eq!(
            after_choice(plain, host, &format!("http://{host}")),
            [],
            "{host}"
        );
        let found = after_choice(
            PreferencesCookie::default(),
            host,
            &format!("https://{host}"),
        );
        assert_eq!(found, [], "{host}");
        let other = "http://other.example";
        let found = after_choice(PreferencesCookie::default(), host, other);
        assert_eq!(found, [], "{host}: from the page of another site");
    }
}

#[test]
fn choice_that_is_too_large_is_lost() {
    let (layer, list) = listening(&policy_with(PreferencesCookie::default().keep(["note"])));
    exchange_with(&layer, request::<&str>([]), |_| {
        let note = "x".repeat(4_060);
        let value = format!("{{\"ads\":true,\"timestamp\":{NOW},\"note\":\"{note}\"}}");
        let field = format!("cookies_preferences={value}; Path=/; Secure; Max-Age=15724800");
        let mut response = Response::new(());
        response
            .headers_mut()
            .append(SET_COOKIE, field.parse().unwrap());
        response
    });
    assert_eq!(told(&list), [Mistake::ChoiceTooLarge]);
}

#[test]
fn event_names_the_fix_for_http_with_secure() {
    let (layer, list) = listening(&policy_with(PreferencesCookie::default()));
    let asked = request([("host", "192.168.1.2"), ("origin", "http://192.168.1.2")]);
    exchange_with(&layer, asked, accept);
    let says = "no browser keeps the choice, since it has Secure and the page came over plain HTTP from a \
                host that is not local: serve the site over HTTPS, or set `secure` of the preferences \
                cookie to false for development";
    assert_eq!(sentences(&list), [says]);
    assert_in_guide(says);
}
