//! Values of the preferences cookie that cost as much as possible for their length.

use std::hint::black_box;

use tower_cookie_consent::{
    CookiePolicy,
    preferences::{JsonCodec, PreferencesCodec},
};

/// The longest value that is read.
const LENGTH: usize = 4_096;

/// The beginning, a part that is repeated, and the end.
const SHAPES: [[&str; 3]; 22] = [
    // Lists and objects of members that the policy does not know.
    ["{\"a\":", "[", "}"],
    ["{\"a%\":", "[", "}"],
    ["{\"a\":", "[", "%7D"],
    ["%7B%22a%22%3A", "[", "}"],
    ["%7B%22a%22%3A", "%5B", "}"],
    ["{\"a%\":", "[0,", "}"],
    ["%7B%22a%22:", "[{\"\":", "}"],
    ["{\"a\":[", "\"\",", "1]%7D"],
    ["{", "\"%\":[[[[[[[[[[[[[[]]]]]]]]]]]]]],", "}"],
    ["%7B\"a\":[", "\"\",", "1]%7D"],
    // One key with escapes.
    ["%7B\"", "\\n", "\":1}"],
    ["%7B\"", "a\\n", "\":1}"],
    ["%7B\"", "\\n%41", "\":1}"],
    ["%7B\"", "%5Cn", "\":1}"],
    ["%7B\"", "%C3%A9\\n", "\":1}"],
    ["%7B\"", "\\u4e2d", "\":1}"],
    ["{\"%", "\u{e9}\\n", "\":1}"],
    // As many keys with escapes as are read.
    [
        "%7B",
        "\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\":1,",
        "\"b\":1}",
    ],
    [
        "%7B",
        "\"a\\na\\na\\na\\na\\na\\na\\na\\na\\n\":1,",
        "\"b\":1}",
    ],
    [
        "%7B",
        "\"\u{e9}\\n\u{e9}\\n\u{e9}\\n\u{e9}\\n\u{e9}\\n\u{e9}\\n\u{e9}\\n\":1,",
        "\"b\":1}",
    ],
    ["%7B", "\"\\u4e2d\\u4e2d\\u4e2d\\u4e2d\":1,", "\"b\":1}"],
    ["%7B", "\"%5Cn%5Cn%5Cn%5Cn%5Cn%5Cn\":1,", "\"b\":1}"],
];

/// Returns the names of all shapes: their three parts.
pub(crate) fn names() -> impl Iterator<Item = String> {
    SHAPES.iter().map(|parts| parts.join(" … "))
}

/// Returns the value of this shape.
pub(crate) fn value(name: &str) -> Option<Vec<u8>> {
    let [begin, repeated, end] = SHAPES.iter().find(|parts| parts.join(" … ") == name)?;
    let count = (LENGTH - begin.len() - end.len()) / repeated.len();
    Some([*begin, &repeated.repeat(count), end].concat().into_bytes())
}

/// Returns a reading of a value.
pub(crate) fn reading(policy: CookiePolicy, value: Vec<u8>) -> impl FnMut() {
    move || {
        let read =
            JsonCodec::default().decode(&policy, &[Some(black_box(&value))], std::time::UNIX_EPOCH);
        black_box(read).ok();
    }
}
