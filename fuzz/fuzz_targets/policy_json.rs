//! Policy JSON is either an error with its place and cause, or a policy that survives a round trip
//! and finds every name as declared.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Value, json};
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    policy::{Service, TrackerKind},
};
use tower_cookie_consent_fuzz::{policy_shape::PolicyShape, show};

fuzz_target!(|data: &[u8]| -> Corpus {
    // Text, or what an arbitrary shape says.
    let text = match data.first() {
        Some(0x80..) => {
            let Ok(shape) = PolicyShape::arbitrary_take_rest(Unstructured::new(&data[1..])) else {
                return Corpus::Reject;
            };
            shape.json().to_string().into_bytes()
        }
        _ => data.to_vec(),
    };
    match serde_json::from_slice::<CookiePolicy>(&text) {
        Ok(policy) => {
            comes_out_as_it_went_in(&text, &policy);
            finds_what_is_declared(&policy);
            for warning in policy.lint() {
                assert!(!warning.to_string().is_empty());
            }
        }
        Err(error) => names_something(&text, &error),
    }
    Corpus::Keep
});

/// Checks that the error names the fault and its place: a line of the text, or a part of the
/// policy.
fn names_something(text: &[u8], error: &serde_json::Error) {
    let message = error.to_string();
    let parts = ["policy", "categor", "cookie", "\"", "`"];
    let named = error.line() > 0 || parts.iter().any(|part| message.contains(part));
    assert!(named, "{}: {message}", show(text));
}

fn comes_out_as_it_went_in(went_in: &[u8], policy: &CookiePolicy) {
    let text = serde_json::to_string(policy).expect("a policy can be written");
    let again: CookiePolicy = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{text} can't be read again: {error}"));
    assert_eq!(*policy, again, "{text}");
    assert_eq!(policy.fingerprint(), again.fingerprint());
    for language in ["en", "fr", policy.default_language()] {
        assert_eq!(
            policy.text_fingerprint(language),
            again.text_fingerprint(language)
        );
    }
    assert_eq!(serde_json::to_string(&again).expect("as before"), text);

    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).expect("JSON");
    let (before, after) = (read(went_in), read(text.as_bytes()));
    assert!(is_kept("", &before, &after), "{before} became {after}");
}

/// Returns `true` if everything is still there, written in the same or in a plainer way; defaults
/// may be left out.
fn is_kept(key: &str, before: &Value, after: &Value) -> bool {
    match (before, after) {
        // Extension keys stay unchanged.
        _ if key.starts_with("x-") => before == after,
        (Value::Object(before), Value::Object(after)) => before.iter().all(|(key, value)| {
            let goes_without_saying = [json!(null), json!(false), json!([]), json!("cookie")];
            match after.get(key) {
                Some(after) => value.is_null() || is_kept(key, value, after),
                None => goes_without_saying.contains(value),
            }
        }),
        (Value::Array(before), Value::Array(after)) => {
            let mut pairs = before.iter().zip(after);
            before.len() == after.len() && pairs.all(|(before, after)| is_kept(key, before, after))
        }
        (Value::String(before), Value::String(after)) => match key {
            "domain" => before.trim_start_matches('.').eq_ignore_ascii_case(after),
            "retention" | "choice_lifetime" => plain(before) == plain(after),
            _ => before == after,
        },
        _ => before == after,
    }
}

/// Returns a retention without leading zeros and the plural `s`.
fn plain(retention: &str) -> &str {
    retention.trim_start_matches('0').trim_end_matches('s')
}

/// Checks that each name belongs to the category that declares it, or else to that of the longest
/// pattern.
fn finds_what_is_declared(policy: &CookiePolicy) {
    let own = policy.preferences_cookie().name();
    let declared: Vec<(&str, &str)> = policy
        .categories()
        .flat_map(|category| {
            let services = category.get_services().iter();
            let of_services = services.flat_map(Service::get_cookies);
            let cookies = category.get_cookies().iter().chain(of_services);
            cookies.map(move |cookie| (category, cookie))
        })
        // Those of other sites only inform.
        .filter(|(_, cookie)| {
            cookie.get_kind() == TrackerKind::Cookie && cookie.get_third_party().is_none()
        })
        .map(|(category, cookie)| (cookie.name(), category.id()))
        .collect();
    let find = |name: &str| {
        let exact = declared
            .iter()
            .find(|(found, _)| *found == name && !found.ends_with('*'));
        let patterns = declared
            .iter()
            .filter_map(|(found, id)| Some((found.strip_suffix('*')?, id)));
        let longest = patterns
            .filter(|(prefix, _)| name.starts_with(prefix) && name != own)
            .max_by_key(|(prefix, _)| prefix.len());
        exact.map(|(_, id)| *id).or(longest.map(|(_, id)| *id))
    };
    let check = |name: &str| {
        assert_eq!(
            policy.category_of(name).map(Category::id),
            find(name),
            "{name:?}"
        );
        let declaration = policy.declaration_of(name).map(CookieDeclaration::name);
        assert_eq!(declaration.is_some(), find(name).is_some(), "{name:?}");
    };
    check(own);
    check("undeclared");
    for (name, _) in declared.iter().take(64) {
        let name = name.trim_end_matches('*');
        check(name);
        check(&format!("{name}x"));
        check(&format!("{name}*"));
        check(name.get(..name.len().saturating_sub(1)).unwrap_or_default());
    }
}
