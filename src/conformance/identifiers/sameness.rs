//! Texts without the times in them, which differ between two visitors who come one after the other.

use base64::engine::DecodePaddingMode;
use base64::{
    Engine, alphabet,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode;

use crate::wire::DAY;

/// Reads Base64 with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The shortest text that is taken for Base64.
const LEAST_BASE64: usize = 8;

/// The mark in place of a time.
const TIME: &str = "\u{1}";

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Returns the text of a value without its times: those near to one of `now`, in seconds since 1970, or their
/// thousandths, millionths and billionths; and dates in digits or in words.
pub(in crate::conformance) fn without_times(value: &[u8], now: &[u64]) -> String {
    let plain: Vec<u8> = percent_decode(value).collect();
    let plain = decoded(&plain).unwrap_or(plain);
    let text = String::from_utf8_lossy(&plain);
    let mut rest = &*text;
    let mut kept = String::new();
    while let Some(first) = rest.chars().next() {
        let is_inside = kept.ends_with(|c: char| c.is_ascii_alphanumeric());
        let time = match is_inside {
            true => 0,
            false => length_of_time(rest, now),
        };
        if time > 0 {
            kept.push_str(TIME);
            rest = rest.get(time..).unwrap_or_default();
            continue;
        }
        kept.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    kept
}

/// Returns the text that a Base64 value has.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() < LEAST_BASE64 {
        return None;
    }
    let bytes = BASE64.decode(value).or_else(|_| BASE64_URL.decode(value));
    let is_text = |bytes: &Vec<u8>| {
        str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control))
    };
    bytes.ok().filter(is_text)
}

/// Returns the length of the time at the beginning of a text; 0 if there is none.
fn length_of_time(text: &str, now: &[u64]) -> usize {
    let digits = digits(text);
    let number = text.get(..digits).unwrap_or_default();
    let is_near = |seconds: u64| now.iter().any(|now| now.abs_diff(seconds) <= DAY);
    let unit = match digits {
        9..=11 => 1,
        12..=14 => 1_000,
        15..=17 => 1_000_000,
        18..=20 => 1_000_000_000,
        _ => 0,
    };
    let seconds = number.parse::<u128>().ok().filter(|_| unit > 0);
    let seconds = seconds.and_then(|number| u64::try_from(number / unit).ok());
    if seconds.is_some_and(is_near) {
        return digits + fraction(text, digits);
    }
    match digits {
        4 => length_of_date(text),
        1 | 2 => length_of_words(text),
        0 => length_of_named(text),
        _ => 0,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Nanoseconds have so many digits.
const LONGEST_FRACTION: usize = 9;

/// Returns the length of a decimal fraction of a second at this place.
fn fraction(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    match rest.strip_prefix('.').map(digits) {
        Some(digits) if digits > 0 && digits <= LONGEST_FRACTION => digits + 1,
        _ => 0,
    }
}

/// Returns the length of a date such as `2026-11-30T12:00:00.123+01:00`, or of the date alone.
fn length_of_date(text: &str) -> usize {
    let Some(date) = matched(text, "dddd-dd-dd").or_else(|| matched(text, "dddd/dd/dd")) else {
        return 0;
    };
    date + length_of_clock(text, date)
}

/// Returns the length of a time of day after a date, with its zone.
fn length_of_clock(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let Some(time) = rest.strip_prefix(['T', ' ', '+', '_', '-']) else {
        return 0;
    };
    let Some(mut length) = matched(time, "dd:dd:dd").or_else(|| matched(time, "dd:dd")) else {
        return 0;
    };
    length += fraction(time, length);
    let zone = time.get(length..).unwrap_or_default();
    length += match zone.chars().next() {
        Some('Z') => 1,
        Some('+' | '-') => {
            let zone = zone.get(1..).unwrap_or_default();
            matched(zone, "dd:dd")
                .or_else(|| matched(zone, "dddd"))
                .map_or(0, |it| it + 1)
        }
        _ => 0,
    };
    length + 1
}

/// Returns the length of a date such as `30 Nov 2026 12:00:00`.
fn length_of_words(text: &str) -> usize {
    let day = digits(text);
    let rest = text.get(day..).unwrap_or_default();
    let Some(month) = rest.strip_prefix([' ', '-', '+']) else {
        return 0;
    };
    let is_month = MONTHS.iter().any(|name| month.starts_with(name));
    match month.get(3..).and_then(|year| {
        matched(year, " dddd")
            .or(matched(year, "-dddd"))
            .or(matched(year, "+dddd"))
    }) {
        Some(year) if is_month => {
            let date = day + 4 + year;
            date + length_of_clock(text, date)
        }
        _ => 0,
    }
}

/// Returns the length of a date such as `Nov 30 2026 12:00:00`, as scripts write it.
fn length_of_named(text: &str) -> usize {
    let is_month = MONTHS.iter().any(|name| text.starts_with(name));
    let rest = text.get(3..).unwrap_or_default();
    match matched(rest, " dd dddd").or_else(|| matched(rest, "+dd+dddd")) {
        Some(date) if is_month => {
            let date = 3 + date;
            date + length_of_clock(text, date)
        }
        _ => 0,
    }
}

/// Returns the length of a pattern in which `d` is a digit, if the text begins with it.
fn matched(text: &str, pattern: &str) -> Option<usize> {
    let mut bytes = text.bytes();
    let fits = |expected: u8| {
        let byte = bytes.next();
        byte.is_some_and(|byte| match expected {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        })
    };
    pattern.bytes().all(fits).then_some(pattern.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 30 November 2026, 12:00 UTC.
    const NOW: u64 = 1_796_040_000;

    fn same(one: &str, other: &str) -> bool {
        without_times(one.as_bytes(), &[NOW]) == without_times(other.as_bytes(), &[NOW])
    }

    #[test]
    fn times_in_any_common_form_are_the_same() {
        for (one, other) in [
            ("t=1796040000", "t=1796040001"),
            ("t=1796040000123", "t=1796040001456"),
            ("1796040000.5", "1796040001.25"),
            ("1796040000123456", "1796040001123457"),
            ("%7B%22at%22%3A1796040000%7D", "%7B%22at%22%3A1796040002%7D"),
            ("2026-11-30T12:00:00Z", "2026-11-30T12:00:01.5Z"),
            ("2026-11-30 12:00:00+01:00", "2026-11-30 12:00:59+01:00"),
            (
                "Mon, 30 Nov 2026 12:00:00 GMT",
                "Mon, 30 Nov 2026 12:00:01 GMT",
            ),
            (
                "Mon Nov 30 2026 12:00:00 GMT",
                "Mon Nov 30 2026 12:00:09 GMT",
            ),
            // {"at":1796040000} and {"at":1796040001}
            ("eyJhdCI6MTc5NjA0MDAwMH0", "eyJhdCI6MTc5NjA0MDAwMX0="),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn everything_else_differs() {
        for (one, other) in [
            ("1", "2"),
            ("id=a7f3", "id=b8e4"),
            ("1796040000-1", "1796040000-2"),
            ("1796040000.1234567890", "1796040000.1234567891"),
            ("x1796040000", "x1796040001"),
            ("1000000000", "1000000001"),
            ("2026-11-30T12:00:00Z#1", "2026-11-30T12:00:00Z#2"),
            ("true", "false"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
