//! The lifetime that browsers give a `Set-Cookie`.

use super::DAY;
use super::attributes::{LifetimeAttribute, MaxAge, lifetime_attributes, max_age, number};
use super::bytes::is_plain;
use super::date::{Expires, Looks, expires};

/// The lifetime of a cookie in a browser. Ordered by time: the past, the session, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until the browser is closed.
    Session,
    /// From now on; 0 is already past.
    Seconds(u64),
}

/// Returns the longest lifetime that any browser gives this header at `now`, in Unix seconds,
/// ignoring Chromium's limit of 400 days.
///
/// Chromium and Firefox prefer the last `Max-Age` over the last `Expires` (RFC 6265bis, section
/// 5.7), WebKitGTK uses whichever comes last. If a plain header ends with a plain `Max-Age`, they
/// agree and it decides alone. Otherwise the longest of all readings counts. An `Expires` that
/// browsers read differently may be any time, so it is endless.
///
/// Chromium and Firefox count `Expires` from the response's own `Date`: if that is earlier than the
/// clock, pass it as `now`.
pub(crate) fn lifetime(set_cookie: &[u8], now: u64) -> Lifetime {
    longest(set_cookie, now, |_| u64::MAX)
}

/// Returns the lifetime in seconds that the service probably meant by a header whose [`lifetime`]
/// is too long. It differs for a date that browsers read differently: that counts as what it looks
/// like, as a day if it does not look like anything, and as zero if it looks past.
pub(crate) fn meant_lifetime(set_cookie: &[u8], now: u64) -> u64 {
    let by_looks = |looks| match looks {
        Looks::Like(at) => u64::try_from(at).unwrap_or(0).saturating_sub(now),
        Looks::Past => 0,
        Looks::Coming => u64::MAX,
        Looks::Either | Looks::Nothing => DAY,
    };
    match longest(set_cookie, now, by_looks) {
        // All of its times have passed.
        Lifetime::Session => 0,
        Lifetime::Seconds(seconds) => seconds,
    }
}

fn longest(set_cookie: &[u8], now: u64, any: impl Fn(Looks) -> u64) -> Lifetime {
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
                last = None;
                match expires(value.unwrap_or_default(), now) {
                    Expires::At(at) => Some(at.saturating_sub(now)),
                    Expires::Any(looks) => {
                        perhaps_session = true;
                        Some(any(looks))
                    }
                    Expires::Nothing => {
                        perhaps_session = true;
                        None
                    }
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

/// Returns `true` if every browser keeps the cookie for the session, or for at least this many
/// seconds from `now`, according to each of its lifetimes. A date that browsers read differently
/// makes this uncertain, unless a `Max-Age` after it decides.
///
/// Chromium and Firefox count `Expires` from the response's own `Date`: if that is later than the
/// clock, pass it as `now`.
pub(crate) fn lasts(set_cookie: &[u8], least: u64, now: u64) -> bool {
    let mut uncertain = false;
    let long_enough = lifetime_attributes(set_cookie).all(|attribute| match attribute {
        LifetimeAttribute::MaxAge(value) => {
            uncertain &= !is_plain(set_cookie);
            matches!(max_age(value), MaxAge::Seconds(digits) if number(digits) >= least)
        }
        LifetimeAttribute::Expires(None) => false,
        LifetimeAttribute::Expires(Some(value)) => match expires(value, now) {
            Expires::At(at) => at.saturating_sub(now) >= least,
            Expires::Nothing => true,
            Expires::Any(_) => {
                uncertain = true;
                true
            }
        },
    });
    long_enough && !uncertain
}

/// Returns `true` if appending `; Max-Age=…` to this header decides its lifetime in every browser,
/// that is if it is printable ASCII without `"`. Otherwise, a quote may hide the end or a control
/// byte may cut it off.
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
                "a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Expires=x",
                Seconds(YEAR_2038),
            ),
            ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Seconds(0)),
            (
                "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires",
                Session,
            ),
            ("a=b; Expires=never", Session),
            ("a=b; Expires", Session),
        ] {
            assert_eq!(lifetime(header.as_bytes(), NOW), expected, "{header}");
        }
    }

    #[test]
    fn a_date_that_browsers_read_differently_is_endless() {
        for (date, meant) in [
            ("Fri, 01 Jan 2038 00:00:00 +0000", YEAR_2038),
            ("Wed, 31 Dec 1969 00:00:00 GMT", 0),
            ("1 Jan 1970 0:0:0:0", 0),
            ("1 Jan 1970", 0),
            ("01/01/1990 00:00:00", 0),
            ("01/01/2037 00:00:00", u64::MAX),
            ("1 Jan 2040", u64::MAX),
            ("12/31/37", DAY),
            ("Thu, 01-01-37 00:00:00 GMT", DAY),
            ("0", DAY),
        ] {
            for header in [
                format!("a=b; Expires={date}"),
                format!("a=b; Max-Age=0; Expires={date}"),
                format!("a=\"b; Max-Age=0; Expires={date}"),
            ] {
                let header = header.as_bytes();
                assert_eq!(lifetime(header, NOW), Lifetime::Seconds(u64::MAX), "{date}");
                assert_eq!(meant_lifetime(header, NOW), meant, "{date}");
            }
            // It comes last, so WebKitGTK uses it, and the others prefer it anyway.
            let decided = format!("a=b; Expires={date}; Max-Age=5");
            let decided = lifetime(decided.as_bytes(), NOW);
            assert_eq!(decided, Lifetime::Seconds(5), "{date}");
        }
    }

    #[test]
    fn each_lifetime_has_to_last() {
        for (header, expected) in [
            ("a=b", true),
            ("a=b; Path=/; Secure", true),
            ("a=b; Max-Age=100", true),
            ("a=b; Max-Age=99", false),
            ("a=b; Max-Age=1", false),
            ("a=b; Max-Age=99999999999999999999999999", true),
            ("a=b; Max-Age=1; Max-Age=100", false),
            ("a=b; Max-Age=100; Max-Age=1", false),
            ("a=b; Max-Age=x", false),
            ("a=b; Max-Age", false),
            ("a=b; Max-Age=+100", false),
            ("a=b; Max-Age=\"100\"", false),
            ("a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT", true),
            ("a=b; Expires=Mon, 23 Nov 2026 00:01:40 GMT", true),
            ("a=b; Expires=Mon, 23 Nov 2026 00:01:39 GMT", false),
            ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false),
            ("a=b; Expires=01 Jan 2038 00:00:00 GMT", false),
            ("a=b; Expires", false),
            ("a=b; Expires=tomorrow", true),
            ("a=b; Expires=01/01/2037", false),
            ("a=b; Expires=01/01/1990; Max-Age=100", true),
            ("a=b; Expires=01/01/1990; Max-Age=99", false),
            ("a=b; Max-Age=100; Expires=01/01/2037", false),
            ("a=\"b; Expires=01/01/1990; Max-Age=100", false),
            (
                "a=b; Max-Age=100; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
                true,
            ),
            (
                "a=b; Max-Age=1; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
                false,
            ),
        ] {
            assert_eq!(lasts(header.as_bytes(), 100, NOW), expected, "{header}");
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
