//! The filter on the way out: every `Set-Cookie` field is judged, whoever wrote it.

use std::mem;

use http::{
    HeaderMap, HeaderValue,
    header::{DATE, SET_COOKIE},
};

use super::{
    carried::Carried,
    config::{Config, Undeclared},
    expiry,
    fields::{fields, occupied, put_back},
};
use crate::{
    consent::{Judgement, Verdict, Withheld},
    observe::{Event, Way},
    policy::{Basis, CookiePolicy, Found},
    wire::{self, Lifetime, Removal, Scope, ServerDate},
};

/// 13 months of 365.25 / 12 days, in whole days: the longest life of an exempt statistics cookie
/// (CNIL, audience measurement).
const LONGEST_EXEMPT: u64 = 395 * DAY;
const DAY: u64 = 24 * 60 * 60;

/// Strips what is withheld; says whether the fields were changed. What is kept stays byte for
/// byte, in order.
pub(super) fn filter(
    config: &Config,
    policy: &CookiePolicy,
    judgement: Judgement,
    carried: &Carried,
    headers: &mut HeaderMap,
) -> bool {
    let filter = Filter {
        config,
        policy,
        judgement,
        carried,
        served: wire::server_date(fields(headers, &DATE)),
    };
    let mut changes = false;
    for field in fields(headers, &SET_COOKIE) {
        let fate = filter.fate(field);
        changes |= fate != Fate::Pass;
        filter.tell(field, &fate);
    }
    if !changes || config.report_only {
        return false;
    }
    if let Some(mut entry) = occupied(headers, &SET_COOKIE) {
        let kept: Vec<_> = entry
            .iter_mut()
            .filter_map(|field| {
                filter
                    .apply(field)
                    .unwrap_or_else(|| Some(mem::replace(field, HeaderValue::from_static(""))))
            })
            .collect();
        put_back(entry, kept);
    }
    true
}

/// What becomes of one `Set-Cookie` field.
#[derive(Debug, PartialEq, Eq)]
enum Fate<'a> {
    Pass,
    Withhold(Withheld),
    /// Some browsers would take it for a removal: all of them get one.
    Replace(Scope<'a>),
    /// Allowed, but for these seconds at most.
    Clamp(u64),
}

struct Filter<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    judgement: Judgement,
    carried: &'a Carried,
    served: ServerDate,
}

impl Filter<'_> {
    fn fate<'f>(&self, field: &'f [u8]) -> Fate<'f> {
        let Ok(name) = wire::name(field) else {
            return Fate::Withhold(Withheld::Unclassifiable);
        };
        let found = self.policy.find(name);
        let verdict = match found {
            Some(found) => self.judgement.verdict(found),
            None if self.config.undeclared == Undeclared::Allow => Verdict::Allowed,
            None => Verdict::Withheld(Withheld::Undeclared),
        };
        match (verdict, found) {
            (Verdict::Withheld(why), _) => self.unless_removal(field, why),
            (Verdict::Allowed, Some(found)) if self.is_limited(found) => self.limited(field, name),
            (Verdict::Allowed, _) => Fate::Pass,
        }
    }

    /// A removal passes whatever its category, but only what every browser takes for one.
    fn unless_removal<'f>(&self, field: &'f [u8], why: Withheld) -> Fate<'f> {
        match wire::removal(field, self.config.now(), self.served) {
            Removal::Certain => Fate::Pass,
            Removal::Disputed => wire::scope(field).map_or(Fate::Withhold(why), Fate::Replace),
            Removal::No => Fate::Withhold(why),
        }
    }

    fn is_limited(&self, found: Found) -> bool {
        self.config.limit_exempt && found.basis == Basis::Exempt
    }

    /// The conditions under which statistics are exempt: 13 months at most, and a later visit does
    /// not prolong them. A cookie that ends with the day counts visits, and may be set again.
    fn limited<'f>(&self, field: &'f [u8], name: &[u8]) -> Fate<'f> {
        // Browsers count `Expires` from the response's own date.
        let now = self.config.now();
        let from = match self.served {
            ServerDate::At(served) => served.min(now),
            ServerDate::Absent => now,
            // Some browser may read it, as any time.
            ServerDate::Unreadable => 0,
        };
        match wire::lifetime(field, from) {
            Lifetime::Session => Fate::Pass,
            Lifetime::Seconds(seconds) if seconds <= DAY => Fate::Pass,
            Lifetime::Seconds(_) if self.carried.contains(name) => {
                Fate::Withhold(Withheld::Prolonging)
            }
            Lifetime::Seconds(seconds) if seconds <= LONGEST_EXEMPT => Fate::Pass,
            Lifetime::Seconds(_) if wire::appended_max_age_wins(field) => {
                // No longer than by the clock, which is what the service meant.
                Fate::Clamp(match wire::lifetime(field, now) {
                    Lifetime::Seconds(meant) => meant.min(LONGEST_EXEMPT),
                    Lifetime::Session => LONGEST_EXEMPT,
                })
            }
            Lifetime::Seconds(_) => Fate::Withhold(Withheld::TooLong),
        }
    }

    /// What the field becomes: `None` where it stays as it is, `Some(None)` where it goes.
    fn apply(&self, field: &HeaderValue) -> Option<Option<HeaderValue>> {
        let bytes = field.as_bytes();
        match self.fate(bytes) {
            Fate::Pass => None,
            Fate::Withhold(_) => Some(None),
            Fate::Replace(scope) => {
                let name = wire::name(bytes)
                    .ok()
                    .and_then(|name| str::from_utf8(name).ok());
                Some(name.and_then(|name| expiry::removal(name, &scope)))
            }
            Fate::Clamp(seconds) => {
                // The last attribute of a name wins in every measured browser. (A valid value
                // with this behind it is one; were it not, the field would go.)
                let clamped = [bytes, format!("; Max-Age={seconds}").as_bytes()].concat();
                Some(HeaderValue::try_from(clamped).ok().map(|mut clamped| {
                    clamped.set_sensitive(field.is_sensitive());
                    clamped
                }))
            }
        }
    }

    fn tell(&self, field: &[u8], fate: &Fate<'_>) {
        let (way, name) = (Way::Response, wire::name(field));
        self.config.observe(&match (fate, name) {
            (Fate::Pass, _) => return,
            (_, Err(how)) => Event::Unclassifiable { way, how },
            (Fate::Withhold(why), Ok(name)) => Event::Withheld {
                way,
                name,
                category: self.policy.category_id_of(name),
                why: *why,
            },
            (Fate::Replace(_), Ok(name)) => Event::Replaced { name },
            (Fate::Clamp(_), Ok(name)) => Event::Clamped { name },
        });
    }
}
