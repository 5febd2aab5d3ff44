//! A response that was changed for one visitor never becomes cacheable by that.

use http::{Response, header::CACHE_CONTROL};

use crate::support::{Prefs, exchange, layer, request, response, value};

fn answer(set_cookies: &[&str], cache_control: &[&str]) -> Response<()> {
    let mut answer = response(set_cookies);
    for field in cache_control {
        answer.headers_mut().append(CACHE_CONTROL, value(field));
    }
    answer
}

#[test]
fn private_is_added_where_set_cookie_was_changed_and_caches_were_told_nothing() {
    for cache_control in [
        &[][..],
        &["max-age=60"],
        &["no-cache"],
        &["must-revalidate", "max-age=0"],
        &["private=\"set-cookie\""],
        &["no-storey"],
        &[""],
        &["x=\"public, no-store\""],
    ] {
        let done = exchange(
            &layer(),
            request::<&str>([]),
            answer(&["_ga=1"], cache_control),
        );
        let expected = [cache_control, &["private"]].concat();
        assert_eq!(done.cache_control(), expected);
    }
}

#[test]
fn nothing_is_added_where_the_site_has_said_what_caches_may_do() {
    for cache_control in [
        &["private"][..],
        &["no-store"],
        &["public"],
        &["max-age=60, S-MaxAge=10"],
        &["max-age=60", "Private"],
        &["no-cache , NO-STORE"],
    ] {
        let done = exchange(
            &layer(),
            request::<&str>([]),
            answer(&["_ga=1"], cache_control),
        );
        assert_eq!(done.cache_control(), cache_control);
        assert_eq!(done.set_cookies(), [""; 0], "withheld all the same");
    }
}

#[test]
fn nothing_is_added_where_nothing_was_changed() {
    for set_cookies in [&[][..], &["session=1"], &["_ga=; Max-Age=0", "_pk_ses=1"]] {
        let done = exchange(
            &layer(),
            request::<&str>([]),
            answer(set_cookies, &["max-age=60"]),
        );
        assert_eq!(done.cache_control(), ["max-age=60"]);
    }
    // Hiding cookies from the service is no change of the response.
    let done = exchange(&layer(), request([("cookie", "_ga=1")]), answer(&[], &[]));
    assert_eq!(done.cache_control(), [""; 0]);
}

#[test]
fn a_clamp_a_replacement_and_an_expiry_are_changes() {
    for set in ["_pk_ses=1; Max-Age=99999999", "_ga=; Max-Age=+0"] {
        let done = exchange(&layer(), request::<&str>([]), answer(&[set], &[]));
        assert_eq!(done.cache_control(), ["private"], "{set}");
        assert_eq!(done.set_cookies().len(), 1);
    }
    let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
    let done = exchange(&layer(), request([("cookie", cookies)]), answer(&[], &[]));
    assert_eq!(done.cache_control(), ["private"]);
}

#[test]
fn report_only_adds_nothing() {
    let done = exchange(
        &layer().report_only(true),
        request::<&str>([]),
        answer(&["_ga=1"], &[]),
    );
    assert_eq!(done.cache_control(), [""; 0]);
}
