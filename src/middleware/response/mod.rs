//! The filter on the way out: every `Set-Cookie` field is judged, whoever wrote it.

mod changes;
mod preferences;
mod survey;
mod telling;

use std::cell::OnceCell;

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
    consent::{Neighbours, Rules, Standing, Verdict, Withheld},
    policy::{CookiePolicy, MAX_EXEMPT_DAYS, Named},
    wire::{self, DAY, Lifetime, Removal, ServerDate},
    work,
};

/// 13 months of 365.25 / 12 days, in whole days: the longest life of an exempt statistics cookie
/// (CNIL, audience measurement).
const LONGEST_EXEMPT: u64 = MAX_EXEMPT_DAYS as u64 * DAY;

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
    /// Other layers around the same service, further out and further in.
    pub(super) around: &'a Neighbours,
    pub(super) within: &'a Neighbours,
    /// What was found of the preferences that are set, where they have to be read together.
    pub(super) together: Option<Option<Withheld>>,
    /// What the request could show of the browser's cookies.
    pub(super) sending: wire::Sending<'a>,
    /// The declarations of what the request carried, looked up once where that is asked for.
    pub(super) carried_kinds: OnceCell<Vec<u32>>,
    /// Asked where a date has to be compared.
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
        let withholds = self.config.withhold_from_shared_caches;
        if !watched && !withholds && survey.passes(self.config, self.policy, &self.rules) {
            return;
        }
        let hears = self.watch.hears(self.config);
        self.tell_of_a_panic(survey);
        let public = (watched || withholds)
            && cache::keeps_cookies(self.headers, self.cacheability, &self.now);
        for (field, named) in survey.fields() {
            let fate = match self.fate(field.as_bytes(), named) {
                // Others would get it out of a cache.
                Fate::Pass | Fate::Clamp(_) if public && withholds && self.is_personal(named) => {
                    self.unless_removal(field.as_bytes(), Withheld::SharedCache)
                }
                fate => fate,
            };
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
        if named == Named::PREFERENCES {
            return self.preferences(field);
        }
        match self.rules.verdict(named) {
            // Nothing else can be said of what has no certain name.
            Verdict::Withheld(why @ Withheld::Unclassifiable) => Fate::Withhold(why),
            Verdict::Withheld(why) => self.unless_removal(field, why),
            Verdict::Allowed if self.is_limited(named) => self.limited(field),
            Verdict::Allowed => Fate::Pass,
        }
    }

    #[inline(always)]
    fn has_neighbours(&self) -> bool {
        !self.around.are_none() || !self.within.are_none()
    }

    /// What is not for all visitors alike; the choice itself always passes.
    fn is_personal(&self, named: Named) -> bool {
        let shared = self.policy.necessary().with(Named::PREFERENCES);
        !shared.has(named)
    }

    fn is_limited(&self, named: Named) -> bool {
        self.config.limit_exempt && self.policy.exempt().has(named)
    }

    /// A removal passes whatever its category, but only what every browser takes for one.
    #[inline(always)]
    fn unless_removal(&self, field: &[u8], why: Withheld) -> Fate {
        match wire::classify_removal(field, &self.now, || self.served()) {
            Removal::Certain => Fate::Pass,
            _ if self.has_neighbours() && self.is_a_neighbours(field) => Fate::Pass,
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
        match clamp {
            // A removal, if only some browsers would see it: now all do.
            Some(0) => Fate::Clamp(0),
            _ if !self.is_new(field) => Fate::Withhold(Withheld::Prolonging),
            Some(seconds) => Fate::Clamp(seconds),
            None if seconds <= LONGEST_EXEMPT => Fate::Pass,
            None => Fate::Withhold(Withheld::TooLong),
        }
    }

    /// Whether the browser surely has no cookie of this declaration: the request would have brought
    /// it, and brought none, under a pattern also none of another name.
    fn is_new(&self, field: &[u8]) -> bool {
        let Some(found) = wire::name(field)
            .ok()
            .and_then(|name| self.policy.find(name))
        else {
            return false;
        };
        let carried = || self.carried.declarations(self.policy);
        let carried = self.carried_kinds.get_or_init(carried);
        work::did(
            1 + carried
                .len()
                .checked_ilog2()
                .map_or(0, |steps| steps as usize),
        );
        carried.binary_search(&found.declaration).is_err() && self.sending.would_bring(field)
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
                clamped.set_sensitive(true);
                Some(clamped)
            }
        }
    }

    /// The response's own date, by which browsers correct what they read.
    fn served(&self) -> ServerDate {
        wire::server_date(fields(self.headers, &DATE))
    }
}
