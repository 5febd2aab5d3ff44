//! Services at the layer: their cookies follow their own answer.

use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Verdict,
    Withheld, policy::Service,
};

use url::Url;

use crate::support::{Exchange, at, exchange, request, response};

fn policy() -> CookiePolicy {
    let films = Service::new("films").cookies(["film", "film_*"].map(CookieDeclaration::new));
    let maps = Service::new("maps")
        .cookie(CookieDeclaration::new("map"))
        .cookie(CookieDeclaration::new("elsewhere").third_party("maps.example"));
    let media = Category::consent("media")
        .cookie(CookieDeclaration::new("media"))
        .services([films, maps]);
    CookiePolicy::new([Category::necessary("base"), media]).unwrap()
}

fn layer() -> CookieConsentLayer {
    CookieConsentLayer::new(policy()).with_clock(|| at(1_795_000_000))
}

#[test]
fn a_withdrawal_makes_browsers_forget_pages() {
    let choice =
        |answers: &str| format!("cookies_preferences={{{answers}\"timestamp\":1794900000}}");
    let refused = r#""media":false,"#;
    for (before, after, forgets) in [
        (r#""media":true,"#, refused, true),
        (r#""media":true,"#, r#""media":true,"films":false,"#, true),
        (r#""films":true,"#, r#""maps":true,"#, true),
        (r#""media":true,"#, r#""media":true,"#, false),
        (r#""films":true,"#, r#""media":true,"#, false),
        ("", refused, false),
        (refused, r#""media":true,"#, false),
    ] {
        let set = format!(
            "{}; SameSite=Lax; Secure; Path=/; Max-Age=9999999",
            choice(after)
        );
        for (own, expected) in [
            (None, &["\"cache\""][..]),
            (Some("\"storage\""), &["\"storage\"", "\"cache\""]),
            (Some("\"cache\""), &["\"cache\""]),
        ] {
            let mut answer = response([&set]);
            let field = answer.headers_mut();
            own.map(|own| field.append("clear-site-data", own.parse().unwrap()));
            let done = exchange(&layer(), request([("cookie", choice(before))]), answer);
            let sent = done.response.headers().get_all("clear-site-data");
            let sent: Vec<_> = sent.iter().map(|it| it.to_str().unwrap()).collect();
            let expected = match forgets {
                true => expected.to_vec(),
                false => own.into_iter().collect(),
            };
            assert_eq!(sent, expected, "{before} {after}");
        }
        let report = layer().report_only(true);
        let done = exchange(
            &report,
            request([("cookie", choice(before))]),
            response([&set]),
        );
        assert!(!done.response.headers().contains_key("clear-site-data"));
    }
    // Forgetting the choice is a withdrawal.
    let granted = request([("cookie", choice(r#""media":true,"#))]);
    let removal = "cookies_preferences=; Path=/; Max-Age=0";
    let done = exchange(&layer(), granted, response([removal]));
    assert_eq!(done.response.headers()["clear-site-data"], "\"cache\"");
}

const SET: [&str; 4] = ["media=1", "film=1", "film_2=1", "map=1"];

/// Plays an exchange in which the browser has every cookie, and the service sets them all again.
fn play(answers: &str) -> Exchange {
    let preferences = format!("cookies_preferences={{{answers}\"timestamp\":1794900000}}");
    let carried = format!("{preferences}; {}", SET.join("; "));
    exchange(&layer(), request([("cookie", carried)]), response(SET))
}

#[test]
fn cookies_of_a_service_follow_its_own_answer() {
    for (answers, passed, removed) in [
        ("", &[][..], &[][..]),
        (r#""films":true,"#, &["film=1", "film_2=1"], &[]),
        (r#""media":true,"#, &SET, &[]),
        (
            r#""media":true,"films":false,"#,
            &["media=1", "map=1"],
            &["film", "film_2"],
        ),
        (
            r#""media":false,"films":true,"#,
            &["film=1", "film_2=1"],
            &["media", "map"],
        ),
        (
            r#""media":false,"#,
            &[],
            &["media", "film", "film_2", "map"],
        ),
    ] {
        let done = play(answers);
        let kept: Vec<_> = done
            .set_cookies()
            .into_iter()
            .filter(|field| SET.contains(field))
            .collect();
        assert_eq!(kept, passed, "{answers}");
        let mut expired: Vec<_> = done.removed();
        expired.sort();
        expired.dedup();
        let mut expected: Vec<_> = removed.iter().map(|name| (*name).to_owned()).collect();
        expected.sort();
        assert_eq!(expired, expected, "{answers}");
        for field in SET {
            let arrives = done.cookies().iter().any(|cookies| cookies.contains(field));
            assert_eq!(arrives, passed.contains(&field), "{answers} {field}");
        }
    }
}

#[test]
fn a_third_partys_cookie_is_neither_judged_nor_expired() {
    let carried = r#"cookies_preferences={"media":false,"timestamp":1794900000}; elsewhere=1"#;
    let done = exchange(
        &layer().expire(Expire::OnRefusalOrLapse),
        request([("cookie", carried)]),
        response(["elsewhere=1"]),
    );
    assert!(done.removed().is_empty());
    assert!(
        done.cookies()[0].contains("elsewhere=1"),
        "it is not this site's to hide"
    );
    assert!(
        done.set_cookies().is_empty(),
        "as undeclared, it is withheld"
    );
    let verdict = Consent::undecided(policy()).verdict("elsewhere");
    assert_eq!(verdict, Verdict::Withheld(Withheld::Undeclared));
}

#[test]
fn the_preferences_cookie_carries_answers_for_services() {
    let consent = Consent::undecided(policy());
    let choice = consent.choose([("media", false), ("films", true)]).unwrap();
    let header = consent.set_cookie(choice).header_value();
    let header = header.to_str().unwrap();
    assert!(
        header.contains("%22media%22%3Afalse%2C%22films%22%3Atrue"),
        "{header}"
    );
    let withheld = consent.with_choice(choice).verdict("map");
    assert_eq!(withheld, Verdict::Withheld(Withheld::Denied));
}

#[test]
fn an_origin_is_allowed_with_its_service() {
    let films = Service::new("films").origins(["https://*.films.example"]);
    let media = Category::consent("media").service(films);
    let undecided = Consent::undecided(CookiePolicy::new([media]).unwrap());
    let granted = undecided.choose([("films", true)]).unwrap();
    let granted = undecided.with_choice(granted);
    for (url, allowed) in [
        ("HTTPS://www.Films.example:443/embed/1", true),
        ("https://films.example/", false),
        ("https://www.films.example:8443/", false),
        ("http://www.films.example/", false),
        ("https://films.example.evil.example/", false),
    ] {
        let url = Url::parse(url).unwrap();
        assert!(!undecided.allows_origin(&url), "{url}");
        assert_eq!(granted.allows_origin(&url), allowed, "{url}");
    }
}
