//! The filter on the way out: every `Set-Cookie` field is judged, whoever wrote it.

mod changes;
mod survey;
mod telling;

use http::{HeaderMap, HeaderValue, header::DATE};

pub(super) use self::{changes::Changes, survey::Survey};
use super::{
    cache::{self, Cacheability},
    carried::Carried,
    config::Config,
    expiry,
    fields::fields,
    watch::Watch,
};
use crate::{
    consent::{Rules, Standing, Verdict, Withheld},
    policy::{CookiePolicy, Named},
    wire::{self, Lifetime, Removal, ServerDate},
};

/// 13 months of 365.25 / 12 days, in whole days: the longest life of an exempt statistics cookie
/// (CNIL, audience measurement).
const LONGEST_EXEMPT: u64 = 395 * DAY;
const DAY: u64 = 24 * 60 * 60;

/// Judges what a response sets, whoever wrote it, and tells of it.
pub(super) struct Filter<'a, Now> {
    pub(super) config: &'a Config,
    pub(super) policy: &'a CookiePolicy,
    pub(super) rules: Rules,
    pub(super) standing: Standing,
    pub(super) carried: &'a Carried,
    pub(super) watch: &'a Watch,
    pub(super) headers: &'a HeaderMap,
    pub(super) cacheability: Cacheability,
    /// Cacheability where a date has to be compared.
    pub(super) now: Now,
}

/// What becomes of one `Set-Cookie` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Pass,
    Withhold(Withheld),
    /// Some browsers would take it for a removal: all of them get one.
    Replace,
    /// Allowed, but for these seconds at most.
    Clamp(u64),
}

impl<Now: Fn() -> u64> Filter<'_, Now> {
    /// Notes what has to be done to the fields of this survey, unless nothing has.
    pub(super) fn judge(&self, survey: &Survey<'_>, changes: &mut Changes) {
        let watched = self.watch.is_on();
        if !watched && survey.passes(self.config, self.policy, &self.rules) {
            return;
        }
        let hears = self.watch.hears(self.config);
        let public = watched && cache::keeps_cookies(self.headers, self.cacheability, &self.now);
        for (field, named) in survey.fields() {
            let fate = self.fate(field.as_bytes(), named);
            if hears {
                self.tell(field.as_bytes(), fate, public);
            }
            match fate {
                Fate::Pass => changes.keep(),
                Fate::Withhold(_) => changes.drop(),
                Fate::Replace | Fate::Clamp(_) => changes.replace(Self::instead(field, fate)),
            }
        }
        if self.watch.is_report_only(self.config) {
            changes.clear();
        }
    }

    #[inline(always)]
    fn fate(&self, field: &[u8], named: Named) -> Fate {
        match self.rules.verdict(named) {
            // Nothing else can be said of what has no certain name.
            Verdict::Withheld(why @ Withheld::Unclassifiable) => Fate::Withhold(why),
            Verdict::Withheld(why) => self.unless_removal(field, why),
            Verdict::Allowed if self.is_limited(named) => self.limited(field),
            Verdict::Allowed => Fate::Pass,
        }
    }

    fn is_limited(&self, named: Named) -> bool {
        self.config.limit_exempt && self.policy.exempt().has(named)
    }

    /// A removal passes whatever its category, but only what every browser takes for one.
    #[inline(always)]
    fn unless_removal(&self, field: &[u8], why: Withheld) -> Fate {
        match wire::removal(field, &self.now, || self.served()) {
            Removal::Certain => Fate::Pass,
            Removal::Disputed => match wire::scope(field) {
                Some(_) => Fate::Replace,
                None => Fate::Withhold(why),
            },
            Removal::No | Removal::Unlikely => Fate::Withhold(why),
        }
    }

    /// The conditions under which statistics are exempt: 13 months at most, and a later visit does
    /// not prolong them. A cookie that ends with the day counts visits, and may be set again. (Apart,
    /// like all that few fields need, so that it takes nothing from the others.)
    #[inline(never)]
    fn limited(&self, field: &[u8]) -> Fate {
        let now = (self.now)();
        // Browsers count `Expires` from the response's own date.
        let from = match self.served() {
            ServerDate::At(served) => served.min(now),
            ServerDate::Absent => now,
            // Some browser may read it, as any time.
            ServerDate::Unreadable => 0,
        };
        let seconds = match wire::lifetime(field, from) {
            Lifetime::Session => return Fate::Pass,
            Lifetime::Seconds(seconds) if seconds <= DAY => return Fate::Pass,
            Lifetime::Seconds(seconds) => seconds,
        };
        // No longer than by the clock, which is what the service meant.
        let clamp = (seconds > LONGEST_EXEMPT && wire::appended_max_age_wins(field))
            .then(|| wire::meant_lifetime(field, now).min(LONGEST_EXEMPT));
        let is_carried = || wire::name(field).is_ok_and(|name| self.carried.contains(name));
        match clamp {
            // A removal, if only some browsers would see it: now all do.
            Some(0) => Fate::Clamp(0),
            _ if is_carried() => Fate::Withhold(Withheld::Prolonging),
            Some(seconds) => Fate::Clamp(seconds),
            None if seconds <= LONGEST_EXEMPT => Fate::Pass,
            None => Fate::Withhold(Withheld::TooLong),
        }
    }

    /// What stands in place of a field that is changed; `None` where nothing can.
    #[inline(never)]
    fn instead(field: &HeaderValue, fate: Fate) -> Option<HeaderValue> {
        let bytes = field.as_bytes();
        match fate {
            Fate::Pass | Fate::Withhold(_) => None,
            Fate::Replace => {
                let name = str::from_utf8(wire::name(bytes).ok()?).ok()?;
                expiry::removal(name, &wire::scope(bytes)?)
            }
            Fate::Clamp(seconds) => {
                // The last attribute of a name wins in every measured browser. (A valid value
                // with this behind it is one; were it not, the field would go.)
                let clamped = [bytes, format!("; Max-Age={seconds}").as_bytes()].concat();
                let mut clamped = HeaderValue::try_from(clamped).ok()?;
                clamped.set_sensitive(field.is_sensitive());
                Some(clamped)
            }
        }
    }

    /// The response's own date, by which browsers correct what they read.
    fn served(&self) -> ServerDate {
        wire::server_date(fields(self.headers, &DATE))
    }
}
