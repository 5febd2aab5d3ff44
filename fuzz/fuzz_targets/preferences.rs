//! The preferences codec reads values literally and reads back what it writes, and no value ever
//! allows a category that it does not literally grant.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Map, Value};
use tower_cookie_consent::{
    Basis, Choice, CookiePolicy,
    preferences::{Decoded, JsonCodec, PreferencesCodec},
};
use tower_cookie_consent_fuzz::{
    NOW,
    exchange::play,
    reference::preferences::{Said, decode, json},
    scene::Scene,
    show,
    site::{Site, pick},
};

/// The last second that is written in seconds: in the year 5138.
const LATEST: u64 = 99_999_999_999;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((switches, values)) = data.split_first() else {
        return Corpus::Reject;
    };
    let (site, policy) = pick(switches & 7);
    let ids = site.ids();
    for value in values.split(|&byte| byte == b'\n').take(20) {
        let expected = decode(&ids, site.keep, value);
        let found = JsonCodec::default().decode(policy, &[Some(value)], std::time::UNIX_EPOCH);
        let choice = expected.as_ref().map(|said| choice(site, policy, said));
        let dated = expected
            .as_ref()
            .is_some_and(|said| said.timestamp.is_some());
        let meant = choice
            .zip(expected.as_ref())
            .map(|(choice, said)| with_others(choice, said.kept, said.others))
            .map(|decoded| if dated { decoded } else { decoded.undated() })
            // Without a date, only denials count.
            .filter(|_| dated || choice.is_some_and(|choice| denies(policy, &choice)));
        assert_eq!(found.ok(), meant, "{}", show(value));
        // A later one is written in milliseconds; the layer does not accept times from the future
        // anyway.
        let said_when = expected
            .as_ref()
            .and_then(|said| said.timestamp)
            .unwrap_or(0);
        if let Some(choice) = choice.filter(|_| said_when <= LATEST) {
            is_written_and_read(site, policy, &choice, None);
            is_written_and_read(site, policy, &choice, Some(value));
        }
    }
    if let Ok(choice) = any_choice(site, policy, &mut Unstructured::new(data)) {
        is_written_and_read(site, policy, &choice, None);
        is_written_and_read(site, policy, &choice, Some(values));
    }
    through_the_layer(*switches, values);
    Corpus::Keep
});

fn choice(site: &Site<'_>, policy: &CookiePolicy, said: &Said) -> Choice {
    let mut choice = Choice::from_unix_seconds(said.timestamp.unwrap_or(0))
        .with_revision(said.revision)
        .with_gpc(said.gpc);
    for (category, answer) in site.categories.iter().zip(&said.answers) {
        // Necessary categories can't be denied, whatever a script wrote.
        if let Some(answer) = answer.filter(|answer| *answer || category.basis != Basis::Necessary)
        {
            choice
                .answer(policy, category.id, answer)
                .expect("a category of the site");
        }
    }
    choice
}

fn denies(policy: &CookiePolicy, choice: &Choice) -> bool {
    choice.answers(policy).any(|(_, granted)| !granted)
}

fn with_others(choice: Choice, kept: bool, others: bool) -> Decoded {
    let decoded = Decoded::from(choice);
    let decoded = if kept { decoded.keep_value() } else { decoded };
    if others {
        decoded.unknown_members()
    } else {
        decoded
    }
}

fn any_choice(
    site: &Site<'_>,
    policy: &CookiePolicy,
    bytes: &mut Unstructured<'_>,
) -> arbitrary::Result<Choice> {
    let mut said = Said {
        answers: Vec::new(),
        timestamp: Some(bytes.int_in_range(0..=LATEST)?),
        revision: bytes.arbitrary()?,
        gpc: bytes.arbitrary()?,
        kept: false,
        others: false,
    };
    for _ in site.categories {
        said.answers.push(bytes.arbitrary()?);
    }
    Ok(choice(site, policy, &said))
}

/// Checks that it is written as a cookie value and read back as the same choice, and that other
/// members stay the same, or are dropped if they do not fit.
fn is_written_and_read(
    site: &Site<'_>,
    policy: &CookiePolicy,
    choice: &Choice,
    previous: Option<&[u8]>,
) {
    let written = JsonCodec::default().encode(policy, choice, previous);
    let written = written.expect("it writes");
    let octets = written
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !br#"",;\"#.contains(&byte));
    assert!(octets, "{written}");
    assert!(
        written.len() + policy.preferences_cookie().name().len() <= 4_096,
        "{written}"
    );

    let plain = percent_encoding::percent_decode_str(&written)
        .decode_utf8()
        .expect("UTF-8");
    let members: Map<String, Value> = serde_json::from_str(&plain).expect("JSON");
    let is_ours = |key: &String| {
        policy.category(key).is_some() || ["timestamp", "revision", "gpc"].contains(&&**key)
    };
    let others: Vec<_> = members.iter().filter(|(key, _)| !is_ours(key)).collect();
    assert!(
        others.iter().all(|(key, _)| site.keep.contains(&&***key)),
        "{written}"
    );
    let meant = with_others(*choice, !others.is_empty(), false);
    let read =
        JsonCodec::default().decode(policy, &[Some(written.as_bytes())], std::time::UNIX_EPOCH);
    assert_eq!(read, Ok(meant), "{written}");

    let Some(previous) = previous else {
        assert!(others.is_empty());
        return;
    };
    let before: Map<String, Value> = json(previous)
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    for (key, value) in others {
        assert!(
            before
                .get(key)
                .is_some_and(|before| is_as_good_as(before, value)),
            "{written}"
        );
    }
    // A cookie has room for this much in addition to 64 categories of 32 bytes.
    if previous.len() < 256 && before.len() < 32 {
        for key in before.keys().filter(|key| site.keep.contains(&&***key)) {
            assert!(members.contains_key(key), "{key:?} is not in {written}");
        }
    }
}

/// Numbers with many digits are approximate, as everywhere in JSON (RFC 8259, section 6).
fn is_as_good_as(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else {
                return false;
            };
            (one - other).abs() <= one.abs() * 1e-15
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_as_good_as(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |key, one| {
                other
                    .get(key)
                    .is_some_and(|other| is_as_good_as(one, other))
            };
            one.len() == other.len() && one.iter().all(|(key, one)| same(key, one))
        }
        _ => one == other,
    }
}

/// All values in one request, each in a field of its own.
fn through_the_layer(switches: u8, values: &[u8]) {
    let mut lines = vec![switches & 7, 0];
    for value in values.split(|&byte| byte == b'\n').take(20) {
        lines.extend_from_slice(b"p");
        lines.extend_from_slice(value);
        lines.push(b'\n');
    }
    if switches & 8 > 0 {
        lines.extend_from_slice(b"g1\n");
    }
    if switches & 16 > 0 {
        lines.extend_from_slice(b"fcross-site\n");
    }
    let scene = Scene::read(&lines).expect("there are switches");
    let consent = play(&scene).consent.expect("the layer exposes it");
    let allowed = scene
        .preferences()
        .allowed(scene.site, scene.signals(), NOW);
    for (category, allowed) in scene.site.categories.iter().zip(allowed) {
        assert_eq!(consent.allows(category.id), allowed, "{}", category.id);
    }
}
