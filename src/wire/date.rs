//! Cookie dates: a single time if all browsers agree on it, and any time if they may not.

use super::DAY;

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

const WEEKDAYS: [&[u8]; 7] = [
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
];

/// Returns the date in `bytes` as browsers read it, in seconds since 1970; negative if earlier.
///
/// Uses the algorithm of RFC 6265, section 5.1.1, but follows Chromium where that is known to be
/// more tolerant: years of one to five digits, and any number of digits in hours, minutes and
/// seconds. The weekday and time zone are ignored. Returns `None` if it is not a date, or not in
/// the calendar.
pub(super) fn cookie_date(bytes: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in bytes.split(|&byte| is_delimiter(byte)) {
        if !token.first().is_some_and(u8::is_ascii_digit) {
            month = month.or_else(|| month_of(token));
        } else if token.contains(&b':') {
            time = time.or_else(|| lenient_time(token));
        } else if let Some(number) = number(token) {
            if day.is_none() && token.len() <= 2 {
                day = Some(number);
            } else if year.is_none() && token.len() <= 5 {
                year = Some(number);
            }
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    seconds(year, month?, day?, time?)
}

/// Returns the date in `bytes` in seconds since 1970 if it is so well-formed that every browser
/// reads it the same way.
///
/// Such a date looks like `Thu, 01 Jan 2026 00:00:00 GMT`, with a full or three-letter weekday, a
/// day of one or two digits, and blanks or dashes between day, month and year; with dashes, the
/// year may have two digits (RFC 9110, section 5.6.7: `IMF-fixdate` and `rfc850-date`). Case is
/// ignored. Returns `None` for every other date, and for years before 1970.
pub(super) fn strict_date(bytes: &[u8]) -> Option<u64> {
    let comma = bytes.iter().take(10).position(|&byte| byte == b',')?;
    let weekday = &bytes[..comma];
    let known = WEEKDAYS
        .iter()
        .any(|name| weekday.eq_ignore_ascii_case(name) || weekday.eq_ignore_ascii_case(&name[..3]));
    let rest = bytes[comma..].strip_prefix(b", ")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (day, rest) = rest.split_at(digits);
    let [separator @ (b' ' | b'-'), m1, m2, m3, again, rest @ ..] = rest else {
        return None;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (year, rest) = rest.split_at(digits);
    let [b' ', h1, h2, b':', n1, n2, b':', s1, s2, b' ', zone @ ..] = rest else {
        return None;
    };
    if !known || separator != again || !zone.eq_ignore_ascii_case(b"GMT") {
        return None;
    }
    let full_year = match (year.len(), number(year)?) {
        (4, year @ 1970..) => year,
        (2, year @ 70..) if *separator == b'-' => year + 1900,
        (2, year) if *separator == b'-' => year + 2000,
        _ => return None,
    };
    let day = number(day).filter(|_| day.len() <= 2)?;
    let time = time(
        number(&[*h1, *h2])?,
        number(&[*n1, *n2])?,
        number(&[*s1, *s2])?,
    )?;
    let seconds = seconds(full_year, month_of(&[*m1, *m2, *m3])?, day, time)?;
    u64::try_from(seconds).ok()
}

/// The meaning of an `Expires` value in browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expires {
    /// Every browser reads this time, in seconds since 1970.
    At(u64),
    /// Each browser may read a different time, or none.
    Any(Looks),
    /// No browser reads a date: it contains no digits.
    Nothing,
}

/// The likely meaning of a date that browsers read differently: a hint at the service's intention,
/// but not reliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// This time, according to [`cookie_date`].
    Like(i64),
    /// A past year.
    Past,
    /// A future year.
    Coming,
    /// A date in the current year, or without a complete year.
    Either,
    /// No format that any measured browser reads.
    Nothing,
}

/// Reads an `Expires` value. Every question about one is answered from this reading.
///
/// Only a [strict date](strict_date) is a single time. Anything else with a digit may be any time
/// in some browser: Firefox reads `12/31/37`, `01-01-2037` and `37-01-01`, which Chromium does not
/// (`odd_dates.jsonl`). No browser reads a date without a digit.
pub(super) fn expires(value: &[u8], now: u64) -> Expires {
    if let Some(at) = strict_date(value) {
        return Expires::At(at);
    }
    if !value.iter().any(u8::is_ascii_digit) {
        return Expires::Nothing;
    }
    Expires::Any(cookie_date(value).map_or_else(|| looks(value, now), Looks::Like))
}

/// Guesses what a date looks like. Firefox also reads dates without a time, with fields out of
/// range, or made of three numbers; WebKitGTK also reads dates without blanks. Numbers of more than
/// two digits are treated as years.
fn looks(value: &[u8], now: u64) -> Looks {
    let mut words = value.split(|&byte| !byte.is_ascii_alphabetic() && byte < 0x80);
    let mut numbers = value.split(|&byte| !matches!(byte, b'0'..=b'9' | b'/' | b'-'));
    if !words.any(|word| month_of(word).is_some()) && !numbers.any(is_three_numbers) {
        return Looks::Nothing;
    }
    // Rounded down, which may be wrong in the last few days of a year; that does not matter here.
    let this_year = 1970 + now / (366 * DAY);
    let runs = value.split(|byte| !byte.is_ascii_digit());
    let years = runs.filter(|run| run.len() > 2).map(|run| {
        let significant = run.iter().position(|&byte| byte != b'0');
        match significant.map_or(&run[..0], |start| &run[start..]) {
            year if year.len() > 5 => u64::MAX,
            year => number(year).map_or(0, i64::unsigned_abs),
        }
    });
    match years.max() {
        Some(latest) if latest < this_year => Looks::Past,
        Some(latest) if latest > this_year + 1 => Looks::Coming,
        _ => Looks::Either,
    }
}

/// Recognises `12/31/37` and `01-01-2037`.
fn is_three_numbers(date: &[u8]) -> bool {
    let mut parts = date.split(|&byte| matches!(byte, b'/' | b'-'));
    let three = [parts.next(), parts.next(), parts.next()];
    let digits = |part: Option<&[u8]>| part.is_some_and(|part| !part.is_empty());
    let [first, ..] = three;
    three.into_iter().all(digits)
        && first.is_some_and(|first| first.len() <= 2)
        && parts.next().is_none()
}

/// The delimiters of RFC 6265, section 5.1.1.
const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~')
}

/// Returns 1 to 12 for a token that begins with the first three letters of a month.
fn month_of(token: &[u8]) -> Option<i64> {
    let start = token.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find_map(|(month, name)| start.eq_ignore_ascii_case(name).then_some(month))
}

/// Reads digits only, and few enough not to overflow.
fn number(digits: &[u8]) -> Option<i64> {
    let all = !digits.is_empty() && digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit);
    let value = |sum, digit: &u8| sum * 10 + i64::from(digit - b'0');
    all.then(|| digits.iter().fold(0, value))
}

/// Reads `hours:minutes:seconds`, followed by nothing or by something that does not begin with a
/// digit. Fields out of range still count as a time, so that no later token is used instead;
/// [`seconds`] rejects them.
fn lenient_time(token: &[u8]) -> Option<i64> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let (hours, minutes, rest) = (fields.next()?, fields.next()?, fields.next()?);
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (hours, minutes) = (digits_only(hours)?, digits_only(minutes)?);
    let seconds = digits_only(&rest[..digits])?;
    Some(time(hours, minutes, seconds).unwrap_or(OUT_OF_RANGE))
}

/// A time of day that isn't one.
const OUT_OF_RANGE: i64 = -1;

/// As [`number`], of any length: leading zeros don't count, and more than five digits are out of
/// every range anyway.
fn digits_only(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let start = digits.iter().position(|&byte| byte != b'0');
    let significant = start.map_or(&digits[..0], |start| &digits[start..]);
    match significant.len() {
        0 => Some(0),
        1..=5 => number(significant),
        _ => Some(i64::from(i32::MAX)),
    }
}

/// Seconds since midnight.
fn time(hours: i64, minutes: i64, seconds: i64) -> Option<i64> {
    let valid =
        (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    valid.then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Seconds since 1970 of a day of the Gregorian calendar (years 0 to 99,999) and a time of it.
fn seconds(year: i64, month: i64, day: i64, time: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=days_in_month).contains(&day) || time == OUT_OF_RANGE {
        return None;
    }
    // Days from 0000-03-01, with the leap day at the end of each year (Hinnant, days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leap_days + day_of_year - 719_468;
    Some(days * DAY.cast_signed() + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenient_dates() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", Some(-1)),
            ("Tue, 29 Feb 2000 12:00:01 GMT", Some(951_825_601)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("1 jan 70 0:0:0", Some(0)),
            ("1 jan 69 0:0:0", Some(3_124_224_000)),
            ("1 jan 99 0:0:0", Some(915_148_800)),
            ("1 jan 0 0:0:0", Some(946_684_800)),
            ("1 Jan 99999 00:00:00", Some(3_093_496_444_800)),
            ("1 Jan 100000 00:00:00", None),
            ("1 Jan 1970 000:00:00", Some(0)),
            ("1 Jan 1970 0:0:0:0", Some(0)),
            ("1 Jan 1970 0:0:", None),
            ("1 Jan 1970 0::0", None),
            ("1 Jan 1970 00:00:00x", Some(0)),
            ("1 Jan 1970 24:00:00", None),
            ("1 Jan 1970 00:00:99999999999999999999", None),
            ("91:00:00 1 Jan 1970 00:00:00", None),
            ("29 Feb 1900 00:00:00", None),
            ("0 Jan 1970 00:00:00", None),
            ("1Jan1970 00:00:00", None),
            ("1 Jan 1970", None),
            ("", None),
        ] {
            assert_eq!(cookie_date(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn strict_dates() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("thu, 1 jan 1970 00:00:10 gmt", Some(10)),
            ("Thursday, 01-Jan-1970 00:00:00 GMT", Some(0)),
            ("Thu, 01-Jan-70 00:00:00 GMT", Some(0)),
            ("Tue, 01-Jan-69 00:00:00 GMT", Some(3_124_224_000)),
            ("Thu, 01 Jan 70 00:00:00 GMT", None),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Thu, 01-Jan 1970 00:00:00 GMT", None),
            ("Thu,01 Jan 1970 00:00:00 GMT", None),
            ("Xxx, 01 Jan 1970 00:00:00 GMT", None),
            ("01 Jan 1970 00:00:00 GMT", None),
            ("Thu, 001 Jan 1970 00:00:00 GMT", None),
            ("Thu, 01 January 1970 00:00:00 GMT", None),
            ("Thu, 01 Jan 1970 24:00:00 GMT", None),
            ("Thu, 31 Apr 1970 00:00:00 GMT", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT+1", None),
            ("Thu, 01 Jan 1970 00:00:00", None),
            ("Thu, 01 Jan 10000 00:00:00 GMT", None),
        ] {
            assert_eq!(strict_date(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_strict_date_is_a_lenient_one() {
        for day in 0..33 {
            for month in MONTHS {
                let month = String::from_utf8_lossy(month);
                for year in [0, 1, 69, 70, 99, 1969, 1970, 1999, 2000, 2024, 2100, 9999] {
                    let text = format!("Mon, {day}-{month}-{year:02} 07:08:09 GMT");
                    if let Some(strict) = strict_date(text.as_bytes()) {
                        let lenient = cookie_date(text.as_bytes()).unwrap();
                        assert_eq!(u64::try_from(lenient), Ok(strict), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_strict_dates_are_one_time() {
        let now = 1_795_000_000; // 2026
        let like = |at| Expires::Any(Looks::Like(at));
        let (past, coming) = (Expires::Any(Looks::Past), Expires::Any(Looks::Coming));
        let either = Expires::Any(Looks::Either);
        let nothing = Expires::Any(Looks::Nothing);
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Expires::At(0)),
            ("Thu, 01 Jan 1970 00:00:00", like(0)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", like(-1)),
            ("Thu, 01 Jan 70 00:00:00 GMT", like(0)),
            ("1 Jan 1970", past),
            ("Thu, 01Jan1970 00:00:00 GMT", past),
            ("Thu, 31 Apr 2040 00:00:00 GMT", coming),
            ("1 Jan 40", either),
            ("1 Jan 2025", past),
            ("1 Jan 2026", either),
            ("1 Jan 2027", either),
            ("1 Jan 2028", coming),
            ("1 Jan 9999999999", coming),
            ("01/01/2037 00:00:00", coming),
            ("01/01/1990 00:00:00", past),
            ("12/31/37", either),
            ("Thu, 01-01-37 00:00:00 GMT", either),
            ("37-01-01", either),
            ("1970-01-01", nothing),
            ("1-2", nothing),
            ("1-2-3-4", nothing),
            ("1/-3", nothing),
            ("--1", nothing),
            ("2114380800", nothing),
            ("0", nothing),
            ("-1", nothing),
            ("tomorrow", Expires::Nothing),
            ("Jan", Expires::Nothing),
            ("", Expires::Nothing),
        ] {
            assert_eq!(expires(text.as_bytes(), now), expected, "{text}");
        }
        // A byte from 0x80 on is part of a word, and no month begins with it.
        assert_eq!(expires(b"1 \x80Jan 1970", now), nothing);
        assert_eq!(expires(b"\xFFJan", now), Expires::Nothing);
    }

    #[test]
    fn a_number_is_one_to_five_digits_and_nothing_else() {
        for (digits, expected) in [
            ("0", Some(0)),
            ("00970", Some(970)),
            ("99999", Some(99_999)),
            ("", None),
            ("100000", None),
            ("99999999999999999999", None),
            ("1x", None),
            ("-1", None),
        ] {
            assert_eq!(number(digits.as_bytes()), expected, "{digits}");
        }
    }
}
