//! The cookies of the service that leave.

use http::header::SET_COOKIE;
use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};

use crate::support::{Prefs, exchange, layer, request, response, value};

/// Returns the `Set-Cookie` headers of these that leave for an undecided visitor.
fn sent<V: AsRef<[u8]>>(fields: impl IntoIterator<Item = V>) -> Vec<Vec<u8>> {
    let done = exchange(&layer(), request::<&str>([]), response(fields));
    done.set_cookie_bytes()
        .iter()
        .map(|field| field.to_vec())
        .collect()
}

#[test]
fn kept_fields_keep_bytes_and_order() {
    let set = [
        &b"lang=\xC3\xA9; Path = /;;HttpOnly ;x"[..],
        b"_ga=1",
        b" session = \"a; b\"",
        b"id=2",
        b"lang=again; Expires=whenever",
        b"_ga_X=3",
        b"__Host-sid=",
        b"_pk_ses=4",
    ];
    assert_eq!(sent(set), [set[0], set[2], set[4], set[6], set[7]]);
}

#[test]
fn a_field_without_a_name_that_all_browsers_agree_on_goes() {
    for odd in [
        &b""[..],
        b"session",
        b"=session=1",
        b"; session=1",
        b"\tsession=1",
        b"session\t=1",
        b"ses sion=1",
        b"\"session\"=1",
        b"session,=1",
        b"\xEF\xBB\xBFsession=1",
        b"session\xA0=1",
        b"_ga; Max-Age=0",
    ] {
        assert_eq!(sent([odd]), [b""; 0], "{}", odd.escape_ascii());
    }
}

#[test]
fn a_disputed_removal_becomes_one_that_all_browsers_see() {
    for (set, expected) in [
        ("_ga=; Max-Age=+0", "_ga"),
        (
            "_ga=x; Max-Age=; Path=/shop; Domain=.shop.example",
            "_ga; Domain=shop.example; Path=/shop",
        ),
        (
            "_ga=; Expires=Thu, 01-Jan-1970; Secure; HttpOnly; SameSite=none; Partitioned; Path=/",
            "_ga; HttpOnly; Partitioned; Path=/; SameSite=None; Secure",
        ),
        (
            "_ga=v; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "_ga",
        ),
        (
            "id=; Max-Age=0; Max-Age=x; SameSite=Strict",
            "id; SameSite=Strict",
        ),
    ] {
        let done = exchange(&layer(), request::<&str>([]), response([set]));
        assert_eq!(done.removals(), [expected], "{set}");
        assert_eq!(done.set_cookies().len(), 1, "{set}");
        assert_eq!(done.cache_control(), ["private"], "{set}");
    }
}

#[test]
fn a_disputed_removal_without_a_plain_scope_is_withheld() {
    for set in [
        "_ga=; Max-Age=\"0\"",
        "_ga=; Max-Age=+0; Path=x",
        "_ga=; Max-Age=+0; Path=/; Path=/y",
        "_ga=; Max-Age=+0; Domain=a..b",
        "_ga=; Max-Age=+0; Secure=no",
        "_ga=\u{e9}; Max-Age=0",
        "_ga=\"\"; Max-Age=0",
    ] {
        assert_eq!(sent([set]), [b""; 0], "{set}");
    }
}

#[test]
fn removals_keep_their_bytes_whoever_they_are_for() {
    let set = [
        "_ga=; Max-Age=0",
        "id=gone; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/x",
        "_fbp=; MAX-AGE=-1; SameSite=Lax; HttpOnly",
    ];
    assert_eq!(sent(set), set.map(str::as_bytes));
}

#[test]
fn an_old_response_date_makes_expires_uncertain() {
    let mut answer = response(["_ga=; Expires=Thu, 01 Jan 2015 00:00:00 GMT"]);
    answer
        .headers_mut()
        .append("date", value("Thu, 01 Jan 2015 00:00:00 GMT"));
    let done = exchange(&layer(), request::<&str>([]), answer);
    assert_eq!(done.removals(), ["_ga"]);
}

#[test]
fn a_sensitive_field_that_stays_is_sensitive() {
    let mut answer = response(["_ga=1"]);
    let mut sensitive = value("session=1");
    sensitive.set_sensitive(true);
    answer.headers_mut().append(SET_COOKIE, sensitive);
    let mut clamped = value("_pk_ses=1; Max-Age=99999999999");
    clamped.set_sensitive(true);
    answer.headers_mut().append(SET_COOKIE, clamped);
    let done = exchange(&layer(), request::<&str>([]), answer);
    let fields: Vec<_> = done.response.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(fields[0], "session=1");
    assert_eq!(
        fields[1],
        "_pk_ses=1; Max-Age=99999999999; Max-Age=34128000"
    );
    assert!(fields.iter().all(|field| field.is_sensitive()));
}

#[test]
fn a_response_without_changes_keeps_every_field() {
    let mut answer = response(["session=1", "lang=2"]);
    for (name, field) in [
        ("date", "x"),
        ("cache-control", "max-age=60"),
        ("set-cookie2", "_ga=1"),
    ] {
        answer.headers_mut().append(name, value(field));
    }
    let before = answer.headers().clone();
    let done = exchange(&layer(), request::<&str>([]), answer);
    assert_eq!(*done.response.headers(), before);
}

#[test]
fn a_hundred_set_cookies_are_judged_one_by_one() {
    let set: Vec<_> = (0..100)
        .map(|number| match number % 3 {
            0 => format!("session={number}"),
            1 => format!("_ga={number}"),
            _ => format!("undeclared{number}=1"),
        })
        .collect();
    let kept: Vec<_> = set.iter().step_by(3).map(String::as_bytes).collect();
    assert_eq!(sent(&set), kept);
}

#[test]
fn names_are_compared_in_their_case_and_without_decoding() {
    let granted = Prefs::of(&[("tiers", true)]).pair();
    let set = ["_GA=1", "%5Fga=2", "_ga=3", "_gA_x=4"];
    let done = exchange(&layer(), request([("cookie", granted)]), response(set));
    assert_eq!(done.set_cookies(), ["_ga=3"]);
}

#[test]
fn a_declared_category_without_cookies_allows_none() {
    let policy = CookiePolicy::new([
        Category::consent("empty"),
        Category::consent("ads").cookie(CookieDeclaration::new("_fbp")),
    ]);
    let layer = CookieConsentLayer::new(policy.unwrap());
    let prefs = Prefs::of(&[("empty", true)]).pair();
    let done = exchange(
        &layer,
        request([("cookie", prefs)]),
        response(["_fbp=1", "empty=2"]),
    );
    assert_eq!(done.set_cookies(), [""; 0]);
}
