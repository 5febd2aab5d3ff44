//! Times as tools write them, in seconds since 1970.

use crate::wire::DAY;

/// Numbers from here on are milliseconds: as seconds, this is the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;

/// Reads a whole number of seconds or milliseconds since 1970.
pub(super) fn unix_time(text: &str) -> Option<u64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().map(seconds)
}

/// Returns a number of seconds or milliseconds as seconds.
pub(super) const fn seconds(number: u64) -> u64 {
    match number < MILLISECONDS {
        true => number,
        false => number / 1_000,
    }
}

/// Reads a time as `toISOString` and Python's `isoformat` write it: `2026-09-21T14:13:20.123Z`.
/// Without an offset it counts as UTC.
pub(super) fn iso_time(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let end = time
        .find(|character: char| !matches!(character, '0'..='9' | ':'))
        .unwrap_or(time.len());
    let (clock, rest) = time.split_at(end);
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|character: char| character.is_ascii_digit()),
        None => rest,
    };
    let time = days_since_1970(year, month, day)? * DAY + hour * 3_600 + minute * 60 + second;
    let offset =
        |text| numbers(text, ':', [2, 2]).map(|[hours, minutes]| hours * 3_600 + minutes * 60);
    match zone.as_bytes().first() {
        None => Some(time),
        Some(b'Z') if zone.len() == 1 => Some(time),
        Some(b'+') => time.checked_sub(offset(&zone[1..])?),
        Some(b'-') => time.checked_add(offset(&zone[1..])?),
        Some(_) => None,
    }
}

/// Reads numbers of these lengths.
fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Returns the number of days, or `None` for days that no calendar has and for years before 1970.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = |year: u64| {
        (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
    };
    let leap_day = |month: usize| u64::from(month == 1 && is_leap(year));
    let month = usize::try_from(month.checked_sub(1)?).ok()?;
    if year < 1970 || day == 0 || day > DAYS.get(month)? + leap_day(month) {
        return None;
    }
    let past = year - 1;
    let leap_years = (past / 4 - past / 100 + past / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let before: u64 = (0..month).map(|month| DAYS[month] + leap_day(month)).sum();
    Some((year - 1970) * 365 + leap_years + before + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-09-21T14:13:20Z", Some(1_790_000_000)),
            ("2026-09-21T14:13:20", Some(1_790_000_000)),
            ("2026-09-21T14:13:20.987Z", Some(1_790_000_000)),
            ("2026-09-21T14:13:20.987654+00:00", Some(1_790_000_000)),
            ("2026-09-21T16:13:20+02:00", Some(1_790_000_000)),
            ("2026-09-21T09:43:20-04:30", Some(1_790_000_000)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2023-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-01-00T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("1970-01-01T00:00:00+01:00", None),
            ("2026-09-21", None),
            ("2026-09-21T14:13Z", None),
            ("2026-09-21T14:13:20Zx", None),
            ("2026-09-21T14:13:20x", None),
            ("2026-09-21T14:13:20+", None),
            ("2026-09-21T14:13:20+\u{e9}", None),
            ("2026-9-21T14:13:20Z", None),
            ("", None),
            ("T", None),
        ] {
            assert_eq!(iso_time(text), expected, "{text}");
        }
    }

    #[test]
    fn unix_times() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1790000000", Some(1_790_000_000)),
            ("1790000000123", Some(1_790_000_000)),
            ("18446744073709551615", Some(18_446_744_073_709_551)),
            ("18446744073709551616", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1.5", None),
        ] {
            assert_eq!(unix_time(text), expected, "{text}");
        }
    }
}
