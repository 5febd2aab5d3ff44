//! How long browsers keep a `Set-Cookie`.

use super::attributes::{LifetimeAttribute, MaxAge, lifetime_attributes, max_age, number};
use super::bytes::is_plain;
use super::date::{cookie_date, guess, strict_date};

/// How long a browser keeps a cookie. In the order of time: what is past, the session, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until the browser is closed.
    Session,
    /// From now on; 0 is already past.
    Seconds(u64),
}

/// The longest lifetime that any browser would give this header at `now`, in Unix seconds; the 400
/// days to which Chromium cuts every lifetime are left aside.
///
/// Chromium and Firefox prefer the last `Max-Age` over the last `Expires` (RFC 6265bis, section
/// 5.7), WebKitGTK takes the last of both. Where a plain `Max-Age` ends a plain header they agree
/// and it decides alone; otherwise the longest of all readings counts.
///
/// Chromium and Firefox count `Expires` from the response's own `Date`: where that is earlier than
/// the clock, pass it as `now`.
pub(crate) fn lifetime(set_cookie: &[u8], now: u64) -> Lifetime {
    let mut longest = None;
    let mut perhaps_session = false;
    let mut last = None;
    for attribute in lifetime_attributes(set_cookie) {
        let seconds = match attribute {
            LifetimeAttribute::MaxAge(value) => {
                let reading = max_age(value);
                last = Some(reading);
                match reading {
                    MaxAge::Past => Some(0),
                    MaxAge::Seconds(digits) => Some(number(digits)),
                    MaxAge::Odd { number, .. } => {
                        perhaps_session = true;
                        number
                    }
                }
            }
            LifetimeAttribute::Expires(value) => {
                let date = value.unwrap_or_default();
                last = None;
                perhaps_session |= strict_date(date).is_none();
                match cookie_date(date) {
                    Some(at) => Some(u64::try_from(at).unwrap_or(0).saturating_sub(now)),
                    None => guess(date, now).1.then_some(u64::MAX),
                }
            }
        };
        longest = longest.max(seconds);
    }
    match last {
        Some(MaxAge::Past) if is_plain(set_cookie) => return Lifetime::Seconds(0),
        Some(MaxAge::Seconds(digits)) if is_plain(set_cookie) => {
            return Lifetime::Seconds(number(digits));
        }
        _ => {}
    }
    match longest {
        None => Lifetime::Session,
        Some(0) if perhaps_session || !is_plain(set_cookie) => Lifetime::Session,
        Some(seconds) => Lifetime::Seconds(seconds),
    }
}

/// Whether `; Max-Age=…` appended to this header decides its lifetime in every browser: all of it
/// is printable ASCII without `"`. Elsewhere a quote may hide the end, or a control byte cut it off.
pub(crate) fn appended_max_age_wins(set_cookie: &[u8]) -> bool {
    is_plain(set_cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_392_000; // 2026-11-23
    const YEAR_2038: u64 = 2_145_916_800 - NOW;

    #[test]
    fn lifetimes() {
        use Lifetime::{Seconds, Session};
        for (header, expected) in [
            ("a=b", Session),
            ("a=b; Path=/", Session),
            ("a=b; Max-Age=100", Seconds(100)),
            ("a=b; Max-Age=0", Seconds(0)),
            ("a=b; Max-Age=-5", Seconds(0)),
            ("a=b; Max-Age=1000; max-age=10", Seconds(10)),
            ("a=b; Max-Age=1000; Max-Age=0", Seconds(0)),
            ("a=b; Max-Age=99999999999999999999999999", Seconds(u64::MAX)),
            ("a=b; Max-Age=abc", Session),
            ("a=b; Max-Age=0; Max-Age=abc", Session),
            ("a=b; Max-Age=\"100\"", Seconds(100)),
            ("a=\"b; Max-Age=1000; Max-Age=10", Seconds(1000)),
            ("a=\"b; Max-Age=0; c\"", Session),
            (
                "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
                Seconds(YEAR_2038),
            ),
            (
                "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=5",
                Seconds(5),
            ),
            (
                "a=b; Max-Age=5; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
                Seconds(YEAR_2038),
            ),
            (
                "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Expires=0",
                Seconds(YEAR_2038),
            ),
            ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Seconds(0)),
            ("a=b; Expires=Wed, 31 Dec 1969 00:00:00 GMT", Session),
            ("a=b; Expires=1 Jan 1970 0:0:0:0", Session),
            ("a=b; Expires=1 Jan 1970", Session),
            ("a=b; Expires=1 Jan 2040", Seconds(u64::MAX)),
            ("a=b; Expires=never", Session),
            ("a=b; Expires", Session),
        ] {
            assert_eq!(lifetime(header.as_bytes(), NOW), expected, "{header}");
        }
    }

    #[test]
    fn an_appended_max_age_decides() {
        for header in [
            "a=b",
            "a=b; Expires=1 Jan 2040;",
            "a=b; Max-Age=9999999999; Max-Age=x",
        ] {
            assert!(appended_max_age_wins(header.as_bytes()));
            let clamped = format!("{header}; Max-Age=60");
            assert_eq!(
                lifetime(clamped.as_bytes(), NOW),
                Lifetime::Seconds(60),
                "{header}"
            );
        }
        assert!(!appended_max_age_wins(b"a=\"b"));
        assert!(!appended_max_age_wins(b"a=b\tc"));
        assert!(!appended_max_age_wins(b"a=\xE9"));
    }
}
