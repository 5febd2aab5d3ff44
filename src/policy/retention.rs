//! The retention of a cookie or a choice.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::wire::DAY;

/// The time for which a cookie (or the visitor's choice) is kept: the browser session, or a number
/// of days, weeks, months or years.
///
/// A month is 365.25/12 days and a year is 12 months. The total is rounded down to whole days: 6
/// months are 182 days, 12 months 365 and 13 months 395. It is limited to `u32::MAX` days.
///
/// In JSON it is `"session"`, or a number and a unit: `"14 days"`, `"2 weeks"`, `"13 months"`, `"1
/// year"`. `Display` writes the same. A retention keeps the declared unit for the pages that show
/// it: `weeks(2)` and `days(14)` are equally long, but not equal.
///
/// ```
/// use std::time::Duration;
///
/// use tower_cookie_consent::policy::Retention;
///
/// assert_eq!(Retention::days(14).duration(), Some(Duration::from_secs(14 * 86_400)));
/// assert_eq!(Retention::months(13).as_days(), Some(395));
/// assert_eq!(Retention::years(1).as_days(), Some(365));
/// assert_eq!(Retention::session().as_days(), None);
/// assert_eq!(Retention::weeks(2).to_string(), "2 weeks");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retention(Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Span {
    Session,
    Days(u32),
    Weeks(u32),
    Months(u32),
    Years(u32),
}

/// The unit in which a [`Retention`] was declared.
#[cfg(any(feature = "pages", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetentionUnit {
    /// 86,400 seconds.
    Day,
    /// 7 days.
    Week,
    /// 365.25/12 days.
    Month,
    /// 12 months.
    Year,
}

impl Retention {
    /// Creates a retention that lasts for the browser session.
    #[must_use]
    pub const fn session() -> Self {
        Self(Span::Session)
    }

    /// Creates a retention of this many days of 86,400 seconds.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self(Span::Days(count))
    }

    /// Creates a retention of this many weeks of 7 days.
    #[must_use]
    pub const fn weeks(count: u32) -> Self {
        Self(Span::Weeks(count))
    }

    /// Creates a retention of this many months of 365.25/12 days, the total rounded down to whole
    /// days.
    #[must_use]
    pub const fn months(count: u32) -> Self {
        Self(Span::Months(count))
    }

    /// Creates a retention of this many years of 12 [months](Self::months).
    #[must_use]
    pub const fn years(count: u32) -> Self {
        Self(Span::Years(count))
    }

    /// Returns the count and the unit as declared; `None` for the session.
    #[cfg(any(feature = "pages", test))]
    pub(crate) const fn count_and_unit(&self) -> Option<(u32, RetentionUnit)> {
        match self.0 {
            Span::Session => None,
            Span::Days(count) => Some((count, RetentionUnit::Day)),
            Span::Weeks(count) => Some((count, RetentionUnit::Week)),
            Span::Months(count) => Some((count, RetentionUnit::Month)),
            Span::Years(count) => Some((count, RetentionUnit::Year)),
        }
    }

    /// Returns the length in whole days; `None` for the session.
    #[must_use]
    pub fn as_days(&self) -> Option<u32> {
        // 365.25/12 = 1461/48: with integers, only the result is rounded.
        let days = match self.0 {
            Span::Session => return None,
            Span::Days(count) => u64::from(count),
            Span::Weeks(count) => u64::from(count) * 7,
            Span::Months(count) => u64::from(count) * 1461 / 48,
            Span::Years(count) => u64::from(count) * 1461 / 4,
        };
        Some(u32::try_from(days).unwrap_or(u32::MAX))
    }

    /// Returns the length as a duration; `None` for the session.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.as_days()
            .map(|days| Duration::from_secs(u64::from(days) * DAY))
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "session" {
            return Some(Self::session());
        }
        let (count, unit) = text.split_once(' ')?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return None; // `parse` would take a plus sign
        }
        let count = count.parse().ok()?;
        match unit {
            "day" | "days" => Some(Self::days(count)),
            "week" | "weeks" => Some(Self::weeks(count)),
            "month" | "months" => Some(Self::months(count)),
            "year" | "years" => Some(Self::years(count)),
            _ => None,
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.0 {
            Span::Session => return f.write_str("session"),
            Span::Days(count) => (count, "day"),
            Span::Weeks(count) => (count, "week"),
            Span::Months(count) => (count, "month"),
            Span::Years(count) => (count, "year"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

impl Serialize for Retention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Retention;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "\"session\", or a count of days, weeks, months or years such as \"13 months\"",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Retention, E> {
                Retention::parse(text)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_whole_days() {
        for (retention, days) in [
            (Retention::days(0), 0),
            (Retention::days(14), 14),
            (Retention::weeks(2), 14),
            (Retention::months(1), 30),
            (Retention::months(6), 182),
            (Retention::months(12), 365),
            (Retention::months(13), 395),
            (Retention::months(48), 1461),
            (Retention::years(1), 365),
            (Retention::years(2), 730),
            (Retention::years(4), 1461),
            (Retention::days(u32::MAX), u32::MAX),
            (Retention::weeks(u32::MAX), u32::MAX),
            (Retention::months(u32::MAX), u32::MAX),
            (Retention::years(u32::MAX), u32::MAX),
        ] {
            assert_eq!(retention.as_days(), Some(days), "{retention}");
            assert_eq!(
                retention.duration(),
                Some(Duration::from_secs(u64::from(days) * DAY)),
                "{retention}"
            );
        }
        assert_eq!(Retention::session().as_days(), None);
        assert_eq!(Retention::session().duration(), None);
    }

    #[test]
    fn keeps_the_unit_in_which_it_was_declared() {
        for (retention, declared) in [
            (Retention::session(), None),
            (Retention::days(31), Some((31, RetentionUnit::Day))),
            (Retention::weeks(2), Some((2, RetentionUnit::Week))),
            (Retention::months(12), Some((12, RetentionUnit::Month))),
            (Retention::years(1), Some((1, RetentionUnit::Year))),
        ] {
            assert_eq!(retention.count_and_unit(), declared, "{retention}");
        }
    }

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "session",
            "0 days",
            "1 day",
            "14 days",
            "1 week",
            "13 months",
            "2 years",
        ] {
            let retention = Retention::parse(text).unwrap();
            assert_eq!(retention.to_string(), text);
            let json = serde_json::to_value(retention).unwrap();
            assert_eq!(json, text);
            assert_eq!(
                serde_json::from_value::<Retention>(json).unwrap(),
                retention
            );
        }
        assert_eq!(Retention::parse("1 days"), Some(Retention::days(1)));
        assert_eq!(Retention::parse("13 month"), Some(Retention::months(13)));
    }

    #[test]
    fn takes_nothing_else() {
        for text in [
            "",
            " ",
            "days",
            "14",
            "14days",
            "14  days",
            " 14 days",
            "14 days ",
            "14 Days",
            "+1 day",
            "-1 days",
            "1.5 months",
            "14 dayz",
            "14 hours",
            "Session",
            "4294967296 days",
            "１ day",
        ] {
            assert_eq!(Retention::parse(text), None, "{text:?}");
        }
        let error = serde_json::from_str::<Retention>("\"14 dayz\"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("14 dayz") && error.contains("months"),
            "{error}"
        );
    }
}
