//! Requests and responses made to be expensive: the work remains proportional to their bytes.

use http::{
    HeaderValue, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use tower::{Layer, Service, service_fn};

use super::{CookieConsentLayer, Expire};
use crate::{
    consent::Undeclared,
    policy::{Category, CookieDeclaration, CookiePolicy},
    work,
};

/// Runs one exchange and returns the steps per byte of its cookies, for the more expensive setup:
/// with everything on, or with only the preferences read for the response.
fn steps_a_byte(policy: &CookiePolicy, cookie: &str, set_cookies: &[String]) -> usize {
    let all = CookieConsentLayer::new(policy.clone()).undeclared(Undeclared::Hide);
    let response_only = CookieConsentLayer::new(policy.clone())
        .filter_request(false)
        .expire(Expire::Never)
        .limit_exempt(false)
        .expose_consent(false);
    [all, response_only]
        .map(|layer| steps_of(&layer, cookie, set_cookies))
        .into_iter()
        .max()
        .unwrap()
}

fn steps_of(layer: &CookieConsentLayer, cookie: &str, set_cookies: &[String]) -> usize {
    let mut request = Request::new(());
    let value = HeaderValue::from_str(cookie).unwrap();
    request.headers_mut().insert(COOKIE, value);
    let mut response = Response::new(());
    for field in set_cookies {
        let value = HeaderValue::from_str(field).unwrap();
        response.headers_mut().append(SET_COOKIE, value);
    }
    let response = std::cell::Cell::new(Some(response));
    let inner = service_fn(async |_: Request<()>| response.take().ok_or("called twice"));
    let mut service = layer.layer(inner);
    let steps = work::steps(|| {
        futures_executor::block_on(service.call(request)).unwrap();
    });
    let bytes: usize = cookie.len() + set_cookies.iter().map(String::len).sum::<usize>();
    steps.div_ceil(bytes)
}

fn policy(names: impl IntoIterator<Item = String>) -> CookiePolicy {
    CookiePolicy::new([
        Category::necessary("base"),
        Category::consent("ads").cookies(names.into_iter().map(CookieDeclaration::new)),
    ])
    .unwrap()
}

fn few() -> CookiePolicy {
    policy(["_ga", "_ga_*"].map(str::to_owned))
}

#[test]
fn near_misses_of_the_preferences_name() {
    for near in [
        "cookies_preference=1; ",
        "cookies_preferencess=1; ",
        "cookies_preferences =1; ",
        "cookies_preferences; ",
        "  cookies_preferences",
        ";",
        " ",
        "=",
        "s=",
        ";s=",
        "s s=",
        "s=cx",
        "cookies_preferences=",
    ] {
        let cookie = near.repeat(16_384 / near.len());
        let steps = steps_a_byte(&few(), &cookie, &["_ga=1".to_owned()]);
        assert!(steps <= 10, "{steps}: {near}");
    }
}

#[test]
fn a_value_of_brackets_or_of_short_unknown_keys() {
    let mut values = Vec::new();
    for size in [4_000, 8_000] {
        for (begin, repeated, end) in [
            ("", "[", ""),
            ("", "%5B", ""),
            ("{\"a\":", "[", ""),
            ("%7B%22a%22%3A", "%5B", ""),
            ("{\"a\":", "{\"a\":", ""),
            ("{", "\"a\":1,", "\"b\":1}"),
            ("%7B", "%22a%22%3A1%2C", "%22b%22%3A1%7D"),
            ("{\"", "\\\\u0061", "\":1}"),
            ("{", "\t ", "}"),
            ("", "%20", "%7B%7D"),
            ("{\"a\":", "1", "}"),
        ] {
            let count = (size - begin.len() - end.len()) / repeated.len();
            values.push(format!("{begin}{}{end}", repeated.repeat(count)));
        }
    }
    for value in values {
        let cookie = format!("cookies_preferences={value}");
        let steps = steps_a_byte(&few(), &cookie, &[]);
        assert!(steps <= 16, "{steps}: {}", &value[..20]);
    }
}

#[test]
fn hundreds_of_set_cookies() {
    for field in [
        "_ga=1; Max-Age=0; Max-Age=0; Expires=0",
        "id=1; ;;;; ;e;m",
        "=;=",
        "_ga=1; x-x-x-x-x-xpxpxpx-xpx-",
        "_ga=1; Max-Age=1; Max-Age=1; Max-Age=111111111111111111111111111111111111111111",
    ] {
        let fields = vec![field.to_owned(); 300];
        let steps = steps_a_byte(&few(), "a=1", &fields);
        assert!(steps <= 16, "{steps}: {field}");
    }
}

/// Only one of the nested prefixes is compared, however many there are.
#[test]
fn nested_prefixes_against_long_names() {
    let nested = |most| policy((1..most).map(|length| "a".repeat(length) + "*"));
    for length in [10, 70, 500, 4_000] {
        let matching = format!("{}=1; ", "a".repeat(length));
        let other = format!("a{}=1; ", "b".repeat(length));
        for name in [matching, other] {
            let cookie = name.repeat(16_384_usize.div_ceil(name.len()));
            for most in [64, 400] {
                let steps = steps_a_byte(&nested(most), &cookie, &[]);
                assert!(steps <= 10, "{steps}: {length} {most}");
            }
        }
    }
}

/// Each exempt cookie that is set is looked up among those that the request carried.
#[test]
fn exempt_names_that_are_carried_and_set() {
    let policy = CookiePolicy::new([Category::exempt("stats")
        .cookies((0..500).map(|number| CookieDeclaration::new(format!("n{number}"))))
        .cookie(CookieDeclaration::new("_pk_*"))])
    .unwrap();
    for name in ["_pk_", "n"] {
        let names: Vec<_> = (0..8_000).map(|number| format!("{name}{number}")).collect();
        let cookie: String = names.iter().map(|name| format!("{name}=1; ")).collect();
        let set: Vec<_> = names
            .iter()
            .map(|name| format!("{name}=1; Max-Age=9999999; Path=/"))
            .collect();
        let steps = steps_a_byte(&policy, &cookie, &set);
        assert!(steps <= 16, "{steps}: {name}");
    }
}

#[test]
fn ten_thousand_names() {
    let of = |count| policy((0..count).map(|number| format!("name{number}")));
    let cookie = (0..800)
        .map(|number| format!("name{number}=1; "))
        .collect::<String>();
    let [few, many] = [of(10), of(10_000)].map(|policy| steps_a_byte(&policy, &cookie, &[]));
    assert!(many <= few + 1 && many <= 10, "{few} {many}");
}
