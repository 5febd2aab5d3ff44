//! Recognition of `Set-Cookie` headers that remove a cookie.

use super::DAY;
use super::attributes::{
    LONGEST_VALUE, LifetimeAttribute, MaxAge, find_lifetime, lifetime_attributes, max_age,
};
use super::bytes::is_plain;
use super::date::{Expires, Looks, expires, strict_date};
use super::search::count_digits;
use super::set_cookie::name;

/// The most by which a response's own `Date` may differ from the clock and count as current, in seconds.
///
/// Chromium and Firefox shift `Expires` by the difference. A removal's `Expires` is more than a day
/// past, so after a shift of half a day it is still half a day past.
const ABOUT_NOW: u64 = DAY / 2;

/// The `Date` header of a response, by which browsers correct `Expires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerDate {
    /// Absent; servers add the current time.
    Absent,
    /// Unix seconds.
    At(u64),
    /// Not a well-formed date of 1970 or later, or several different ones.
    Unreadable,
}

impl ServerDate {
    /// Returns the earliest time from which a browser may count, in Unix seconds, at the time `now`.
    pub(crate) fn earliest(self, now: u64) -> u64 {
        match self {
            Self::At(served) => served.min(now),
            Self::Absent => now,
            // Some browser may read it, as any time.
            Self::Unreadable => 0,
        }
    }
}

/// Reads all `Date` headers of a response.
#[allow(
    single_use_lifetimes,
    reason = "an anonymous one is unstable in this place"
)]
pub(crate) fn server_date<'a>(fields: impl Iterator<Item = &'a [u8]>) -> ServerDate {
    let mut date = ServerDate::Absent;
    for field in fields {
        date = match (date, strict_date(super::bytes::trim_blanks(field))) {
            (ServerDate::Absent, Some(at)) => ServerDate::At(at),
            (ServerDate::At(before), Some(at)) if before == at => date,
            _ => return ServerDate::Unreadable,
        };
    }
    date
}

/// The effect of a `Set-Cookie` in browsers with regard to removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// No browser removes the cookie.
    No,
    /// Some browser may remove the cookie, although it does not look like a removal: browsers may
    /// read its date differently, and it is neither past nor in a format that any measured browser
    /// reads.
    Unlikely,
    /// Some browsers may remove the cookie, and others store it.
    Disputed,
    /// Every browser removes the cookie, and none stores it.
    Certain,
}

/// Determines whether browsers treat this header as a removal at `now` (Unix seconds), if the
/// response itself was dated `served`.
///
/// [`Certain`](Removal::Certain) requires printable ASCII without `"`, a name, and `Max-Age` or
/// `Expires`. Every `Max-Age` must be zero or a negative integer, every `Expires` a [strict
/// date](strict_date) more than a day past, and no value longer than browsers read. With `Expires`
/// alone, `served` must be absent or within twelve hours. None of the measured headers that meet
/// this was stored by Chromium, Firefox or WebKitGTK.
///
/// A plain future lifetime that decides in every browser is [`No`](Removal::No), and one that only
/// looks like it is [`Unlikely`](Removal::Unlikely). WebKitGTK also removes a cookie for a
/// `Max-Age` of 2^31 or more, which sites do send to mean "forever".
///
/// Most headers have no `Expires`, and then neither time is requested.
#[inline(always)]
pub(crate) fn classify_removal(
    set_cookie: &[u8],
    now: impl Fn() -> u64,
    served: impl Fn() -> ServerDate,
) -> Removal {
    if plainly_removes_nothing(set_cookie) {
        return Removal::No;
    }
    read_removal(set_cookie, now, served)
}

/// Returns `true` if the header specifies the lifetime the way nearly all cookies that are to be
/// stored do: not at all, or by `; Max-Age=` with plain digits that do not begin with a zero. All
/// other headers must be read.
#[inline(always)]
fn plainly_removes_nothing(set_cookie: &[u8]) -> bool {
    let mut start = 0;
    while let Some(x) = find_lifetime(set_cookie, start) {
        let attribute = x.checked_sub(4).and_then(|begin| set_cookie.get(begin..));
        let value = attribute.and_then(|attribute| attribute.strip_prefix(b"; Max-Age="));
        let Some(value @ [b'1'..=b'9', ..]) = value else {
            return false;
        };
        let digits = count_digits(value);
        if !matches!(value.get(digits), None | Some(b';')) || digits > LONGEST_VALUE {
            return false;
        }
        start = set_cookie.len() - value.len() + digits;
    }
    true
}

/// Out of line, so headers that need no reading do not pay for it.
#[inline(never)]
fn read_removal(
    set_cookie: &[u8],
    now: impl Fn() -> u64,
    served: impl Fn() -> ServerDate,
) -> Removal {
    let mut max_age = MaxAgeReads::default();
    let mut expires = ExpiresReads::default();
    let mut times = None;
    let mut read_times = move || Times {
        now: now(),
        served: served(),
    };
    for attribute in lifetime_attributes(set_cookie) {
        match attribute {
            LifetimeAttribute::MaxAge(value) => {
                max_age.read(value);
                expires.since_max_age = false;
                expires.unclear_since_max_age = false;
            }
            LifetimeAttribute::Expires(value) => {
                let times = times.get_or_insert_with(&mut read_times);
                expires.read(value.unwrap_or_default(), times);
            }
        }
    }
    let plain = is_plain(set_cookie);
    let no = match expires.unclear_since_max_age || (expires.unclear && !plain) {
        true => Removal::Unlikely,
        false => Removal::No,
    };
    if !max_age.removes && !expires.removes {
        return no;
    }
    if plain
        && name(set_cookie).is_ok()
        && !max_age.uncertain
        && !expires.uncertain
        && (max_age.seen || times.is_none_or(|times| times.are_one()))
    {
        return Removal::Certain;
    }
    let outlived = if max_age.seen {
        max_age.last_is_future && !expires.since_max_age
    } else {
        expires.last_is_future
    };
    if plain && outlived {
        no
    } else {
        Removal::Disputed
    }
}

/// The times by which browsers read an `Expires`.
struct Times {
    now: u64,
    served: ServerDate,
}

impl Times {
    /// Returns the time after which a date is in the future even for browsers that correct by
    /// `served`.
    fn edge(&self) -> u64 {
        match self.served {
            ServerDate::At(at) => at.max(self.now),
            ServerDate::Absent | ServerDate::Unreadable => self.now,
        }
    }

    /// Returns `true` if the response is dated about now.
    fn are_one(&self) -> bool {
        match self.served {
            ServerDate::Absent => true,
            ServerDate::At(at) => at.abs_diff(self.now) <= ABOUT_NOW,
            ServerDate::Unreadable => false,
        }
    }
}

/// The combined meaning of all `Max-Age` of a header.
#[derive(Default)]
struct MaxAgeReads {
    seen: bool,
    /// Some browser treats one of them as a removal.
    removes: bool,
    /// One of them is not a removal in every browser.
    uncertain: bool,
    last_is_future: bool,
}

impl MaxAgeReads {
    fn read(&mut self, value: Option<&[u8]>) {
        let reading = max_age(value);
        self.seen = true;
        self.removes |= matches!(reading, MaxAge::Past | MaxAge::Odd { removes: true, .. });
        self.uncertain |= reading != MaxAge::Past;
        self.last_is_future = matches!(reading, MaxAge::Seconds(_));
    }
}

/// The combined meaning of all `Expires` of a header.
#[derive(Default)]
struct ExpiresReads {
    removes: bool,
    uncertain: bool,
    last_is_future: bool,
    /// One that removes comes after the last `Max-Age`, so WebKitGTK prefers it.
    since_max_age: bool,
    /// One may be any time.
    unclear: bool,
    /// One that may be any time comes after the last `Max-Age`.
    unclear_since_max_age: bool,
}

impl ExpiresReads {
    fn read(&mut self, value: &[u8], times: &Times) {
        let edge = times.edge();
        let reading = expires(value, times.now);
        let removes = match reading {
            Expires::At(at) => at <= edge,
            Expires::Any(Looks::Like(at)) => u64::try_from(at).map_or(true, |at| at <= edge),
            Expires::Any(Looks::Past | Looks::Either) => true,
            Expires::Any(Looks::Coming | Looks::Nothing) | Expires::Nothing => false,
        };
        self.removes |= removes;
        self.since_max_age |= removes;
        let unclear = matches!(reading, Expires::Any(_));
        self.unclear |= unclear;
        self.unclear_since_max_age |= unclear;
        let long_past = matches!(reading, Expires::At(at) if at.saturating_add(DAY) < times.now);
        self.uncertain |= !long_past;
        self.last_is_future = matches!(reading, Expires::At(at) if at > edge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_392_000; // 2026-11-23

    /// `{PAST}` and `{FUTURE}` stand for an `Expires`.
    #[rustfmt::skip]
    const REMOVALS: [(&str, Removal); 38] = {
        use Removal::{Certain, Disputed, No, Unlikely};
        [
            ("a=b", No),
            ("a=; Path=/", No),
            ("a=b; Max-Age=0", Certain),
            ("a=b; MAX-AGE = -000", Certain),
            ("a=b; {PAST}; Max-Age=0", Certain),
            ("a=b; {PAST}; Path=/; Domain=x.example; Secure", Certain),
            ("a=b; Expires=Sun, 22 Nov 2026 00:00:01 GMT", Disputed),
            ("a=b; Expires=Sat, 21 Nov 2026 23:59:59 GMT", Certain),
            ("a=b; Expires=Mon, 23 Nov 2026 00:00:00 GMT", Disputed),
            ("a=b; Expires=Mon, 23 Nov 2026 00:00:01 GMT", No),
            ("a=\"b\"; {PAST}", Disputed),
            ("a=b\tc; {PAST}", Disputed),
            ("a=é; {PAST}", Disputed),
            ("a; {PAST}", Disputed),
            ("a=b; {PAST}; Expires", Disputed),
            ("a=b; {PAST}; Max-Age", Disputed),
            ("a=b; {PAST}; Max-Age=100", No),
            ("a=b; Max-Age=100; {PAST}", Disputed),
            ("a=b; Max-Age=0; {FUTURE}", Disputed),
            ("a=b; Max-Age=0; Max-Age=100", No),
            ("a=b; Max-Age=100; Max-Age=0", Disputed),
            ("a=b; {PAST}; {FUTURE}", No),
            ("a=\"b; {PAST}; {FUTURE}; c\"", Disputed),
            ("a=\"b\"; {FUTURE}; Max-Age=100", No),
            ("a=b; Max-Age=\"0\"", Disputed),
            ("a=b; Max-Age=99999999999999999999", No),
            ("a=b; {FUTURE}", No),
            ("a=b; Expires=01/01/1990 00:00:00", Disputed),
            ("a=b; Expires=12/31/37", Disputed),
            ("a=b; Expires=0", Unlikely),
            ("a=b; Expires=01/01/2037 00:00:00", Unlikely),
            ("a=b; Expires=Fri, 01 Jan 2038 00:00:00 +0000", Unlikely),
            ("a=b; Max-Age=5; Expires=01/01/2037", Unlikely),
            ("a=b; Expires=01/01/2037; Max-Age=5", No),
            ("a=b; Expires=12/31/37; Max-Age=5", No),
            ("a=\"b; Expires=01/01/2037; Max-Age=5", Unlikely),
            ("a=b; Max-Age=0; Expires=01/01/2037", Disputed),
            ("a=b; Expires=tomorrow", No),
        ]
    };

    #[test]
    fn removals() {
        for (row, expected) in REMOVALS {
            let header = row
                .replace("{PAST}", "Expires=Thu, 01 Jan 1970 00:00:00 GMT")
                .replace("{FUTURE}", "Expires=Fri, 01 Jan 2038 00:00:00 GMT");
            let found = classify_removal(header.as_bytes(), || NOW, || ServerDate::Absent);
            assert_eq!(found, expected, "{header}");
            let read = read_removal(header.as_bytes(), || NOW, || ServerDate::Absent);
            assert_eq!(found, read, "{header}");
        }
    }

    #[test]
    fn ordinary_attributes_do_not_look_like_removals() {
        let long = |digits| format!("a=b; Max-Age=1{}; Path=/", "0".repeat(digits));
        for (header, plainly) in [
            ("", true),
            ("a=b", true),
            ("a=x-Max-Age=0; Path=/; SameSite=Lax", false),
            ("a=xx; Path=/x; HttpOnly; SameSite=Lax; Secure", true),
            ("a=b; Max-Age=1", true),
            ("a=b; Path=/; Max-Age=31536000; SameSite=Lax; Secure", true),
            ("a=b; Max-Age=3600; Domain=x.example; Max-Age=1", true),
            ("a=b; Max-Age=3600; Domain=x.example; Max-Age=0", false),
            ("a=b; Max-Age=3600; Domain=ax.example; Expires=x", false),
            ("a=b; Max-Age=", false),
            ("a=b; Max-Age", false),
            ("a=b; Max-Age=0", false),
            ("a=b; Max-Age=-1", false),
            ("a=b; Max-Age=01", false),
            ("a=b; Max-Age=1x", false),
            ("a=b; Max-Age=12345678x", false),
            ("a=b; Max-Age=1 ; Path=/", false),
            ("a=b; max-age=1", false),
            ("a=b;Max-Age=1", false),
            ("a=b; EXPIRES=Fri, 01 Jan 2038 00:00:00 GMT", false),
            ("x-=b", false),
            (&long(1_023), true),
            (&long(1_024), false),
        ] {
            assert_eq!(
                plainly_removes_nothing(header.as_bytes()),
                plainly,
                "{header}"
            );
        }
    }

    #[test]
    fn the_responses_own_date() {
        const HALF_A_DAY: u64 = 43_200;
        let past = b"a=b; Expires=Wed, 01 Jan 2025 00:00:00 GMT";
        let both = b"a=b; Expires=Wed, 01 Jan 2025 00:00:00 GMT; Max-Age=0";
        for (served, expected) in [
            (ServerDate::Absent, Removal::Certain),
            (ServerDate::At(NOW - HALF_A_DAY), Removal::Certain),
            (ServerDate::At(NOW + HALF_A_DAY), Removal::Certain),
            (ServerDate::At(NOW - HALF_A_DAY - 1), Removal::Disputed),
            (ServerDate::At(0), Removal::Disputed),
            (ServerDate::At(u64::MAX), Removal::Disputed),
            (ServerDate::Unreadable, Removal::Disputed),
        ] {
            assert_eq!(
                classify_removal(past, || NOW, || served),
                expected,
                "{served:?}"
            );
            assert_eq!(
                classify_removal(both, || NOW, || served),
                Removal::Certain,
                "{served:?}"
            );
        }
        let ahead = ServerDate::At(NOW + 20 * 365 * DAY);
        let future = b"a=b; Expires=Fri, 01 Jan 2038 00:00:00 GMT";
        assert_eq!(
            classify_removal(future, || NOW, || ahead),
            Removal::Disputed
        );
    }

    #[test]
    fn server_dates() {
        let read = |fields: &[&str]| server_date(fields.iter().map(|field| field.as_bytes()));
        let (one, other) = (
            "Thu, 01 Jan 1970 00:00:01 GMT",
            "Thu, 01 Jan 1970 00:00:02 GMT",
        );
        assert_eq!(read(&[]), ServerDate::Absent);
        assert_eq!(read(&[one]), ServerDate::At(1));
        assert_eq!(read(&[one, one]), ServerDate::At(1));
        assert_eq!(read(&[one, other]), ServerDate::Unreadable);
        assert_eq!(read(&[one, ""]), ServerDate::Unreadable);
        assert_eq!(
            read(&["Wed, 31 Dec 1969 00:00:00 GMT"]),
            ServerDate::Unreadable
        );
    }
}
