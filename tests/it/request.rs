//! The received cookies that the service sees.

use http::{HeaderValue, header::COOKIE};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, observe::Event,
};

use crate::support::{Prefs, exchange, layer, request, response, value};

/// Returns the `Cookie` headers that the service sees for these.
fn seen<V: AsRef<[u8]>>(fields: impl IntoIterator<Item = V>) -> Vec<HeaderValue> {
    let asked = request(fields.into_iter().map(|field| ("cookie", field)));
    let done = exchange(&layer(), asked, response::<&str>([]));
    done.request
        .headers()
        .get_all(COOKIE)
        .iter()
        .cloned()
        .collect()
}

#[test]
fn withheld_cookies_are_hidden_and_the_rest_keeps_its_bytes() {
    for (sent, expected) in [
        ("session=1; _ga=2; lang=fr", "session=1; lang=fr"),
        ("_ga=2; session=1", "session=1"),
        ("_ga=2;session=1;  lang=fr", "session=1;  lang=fr"),
        ("session=1; _ga=2", "session=1"),
        ("session=1; _ga=2;", "session=1;"),
        ("session=\"a; _ga=2; b\"", "session=\"a"),
        ("session=a=b; _ga=2; session=c", "session=a=b; session=c"),
        ("_ga=1; _ga=2; _ga_X=3; _pk_ses=4", "_pk_ses=4"),
        ("_GA=1; _ga=2; %5Fga=3", "_GA=1; %5Fga=3"),
        ("sso=1; _ga=2", "sso=1"),
    ] {
        assert_eq!(seen([sent]), [expected], "{sent}");
    }
}

#[test]
fn a_field_without_withheld_cookies_stays_byte_for_byte() {
    for sent in [
        &b"session=1"[..],
        b" session=1 ",
        b";",
        b";;; ; ;",
        b"; session=1;;",
        b"session=\xFF\xFE; x=\xC3\xA9",
        b"sso={\"a\":\"b, c\"}; lang=",
    ] {
        // (`http` keeps what servers trim.)
        assert_eq!(seen([sent]), [sent], "{}", sent.escape_ascii());
    }
}

#[test]
fn what_browsers_do_not_send_as_a_name_is_hidden() {
    for odd in [
        "stray",
        "=1",
        "= _ga=1",
        "_ga =1",
        "session =1",
        "a b=1",
        "\"session\"=1",
        "a,b=1",
        "a\\=1",
    ] {
        assert_eq!(seen([format!("{odd}; session=1")]), ["session=1"], "{odd}");
        assert_eq!(seen([odd]), [""; 0], "{odd}");
    }
    assert_eq!(seen([b"s\xC3\xA9=1; session=1"]), ["session=1"]);
    assert_eq!(seen(["\tsession=1;\t_ga=2; lang=3"]), ["lang=3"]);
}

#[test]
fn a_field_of_withheld_cookies_alone_is_removed() {
    assert_eq!(seen(["_ga=1; _fbp=2"]), [""; 0]);
    assert_eq!(
        seen(["session=1", "_ga=2", "_fbp=3; lang=4", "; ", "_ga=5"]),
        ["session=1", "lang=4", "; "]
    );
    assert_eq!(seen(["_ga=1;;; ;"]), [""; 0], "blanks are nothing to keep");
}

#[test]
fn other_fields_are_not_touched() {
    let fields = [
        ("cookie", "_ga=1"),
        ("x-cookie", "_ga=1"),
        ("sec-gpc", "1"),
        ("cookie2", "_ga"),
    ];
    let done = exchange(&layer(), request(fields), response::<&str>([]));
    for (name, field) in &fields[1..] {
        assert_eq!(done.request.headers()[*name], field);
    }
    assert!(!done.request.headers().contains_key("cookie"));
}

#[test]
fn fields_that_are_written_anew_are_sensitive() {
    let mut asked = request::<&str>([]);
    let mut sensitive = value("session=1; _ga=2");
    sensitive.set_sensitive(true);
    asked.headers_mut().append("cookie", sensitive);
    asked.headers_mut().append("cookie", value("lang=1; _ga=2"));
    asked.headers_mut().append("cookie", value("sso=1"));
    let done = exchange(&layer(), asked, response::<&str>([]));
    let fields: Vec<_> = done.request.headers().get_all("cookie").iter().collect();
    assert_eq!(fields, ["session=1", "lang=1", "sso=1"]);
    let sensitive = fields.iter().map(|field| field.is_sensitive());
    assert_eq!(sensitive.collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn consent_shows_the_service_what_it_allows() {
    let prefs = Prefs::of(&[("tiers", true), ("ads", false), ("stats", false)]).pair();
    let sent = format!("_ga=1; _fbp=2; {prefs}; _pk_id.1=3; _ga_X=4");
    assert_eq!(seen([sent]), [format!("_ga=1; {prefs}; _ga_X=4")]);
}

#[test]
fn exact_names_beat_patterns_and_longer_ones_shorter() {
    let policy = CookiePolicy::new([
        Category::necessary("base").cookies(["a_b*", "c_exact"].map(CookieDeclaration::new)),
        Category::consent("ads").cookies(["a_*", "a_b_c*", "c_*"].map(CookieDeclaration::new)),
    ]);
    let layer = CookieConsentLayer::new(policy.unwrap());
    let sent = "a_=1; a_b=2; a_bx=3; a_b_c=4; a_b_cd=5; a_b_=6; c_exact=7; c_exact2=8; c_=9";
    let done = exchange(
        &layer,
        request([("cookie", sent)]),
        response(sent.split("; ")),
    );
    let kept = ["a_b=2", "a_bx=3", "a_b_=6", "c_exact=7"];
    assert_eq!(done.cookies(), [kept.join("; ")]);
    assert_eq!(done.set_cookies(), kept);
}

#[test]
fn long_names_and_many_cookies_are_judged_like_others() {
    let long = format!("_ga_{}", "x".repeat(60_000));
    assert_eq!(
        seen([format!("{long}=1; session=2; s{long}=3")]),
        [format!("session=2; s{long}=3")]
    );
    let many: Vec<_> = (0..3_000)
        .map(|number| format!("_ga_{number}={number}"))
        .collect();
    assert_eq!(
        seen([format!("{}; session=1", many.join("; "))]),
        ["session=1"]
    );
}

/// So many fields that not one of another name has room.
fn fill(headers: &mut http::HeaderMap) {
    let mut number = 0;
    let full = |number: u32| http::HeaderName::try_from(format!("x-{number}")).unwrap();
    while headers.try_append(full(number), value("1")).is_ok() {
        number += 1;
    }
    assert!(number > 20_000);
}

#[test]
fn a_header_map_that_is_full_is_filtered_all_the_same() {
    let mut asked = request([("cookie", "_ga=1; session=2")]);
    let mut answer = response(["_ga=3", "session=4"]);
    fill(asked.headers_mut());
    fill(answer.headers_mut());
    let done = exchange(&layer(), asked, answer);
    let cookies = done.request.headers().get_all(COOKIE).iter();
    assert!(
        cookies
            .map(HeaderValue::as_bytes)
            .all(|field| field == b"session=2")
    );
    assert!(!done.set_cookies().contains(&"_ga=3"));
}

#[test]
fn a_header_map_that_is_full_stays_where_nothing_has_to_change() {
    let watched = layer().observe(|_: &Event<'_>| {});
    for (layer, cookies) in [
        (layer().report_only(true), "_ga=1; session=2"),
        (watched, "session=2"),
    ] {
        let mut asked = request([("cookie", cookies)]);
        fill(asked.headers_mut());
        let done = exchange(&layer, asked, response::<&str>([]));
        assert_eq!(done.cookies(), [cookies]);
    }
}
