//! The filter on the way out: every `Set-Cookie` field is judged, whoever wrote it.

use http::{
    HeaderMap, HeaderValue,
    header::{DATE, SET_COOKIE},
};

use super::{
    cache,
    carried::Carried,
    config::{Config, Undeclared},
    expiry,
    fields::{GONE, drop_empty, fields, occupied},
    watch::Watch,
};
use crate::{
    consent::{Judgement, Standing, Verdict, Withheld},
    observe::{Event, Way, What},
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
    now: impl Fn() -> u64,
    watch: &Watch,
    headers: &mut HeaderMap,
) -> bool {
    let judge = Judge {
        config,
        policy,
        judgement,
        watch,
    };
    // Nearly always all of them pass, and nothing is touched.
    let questionable = |field| watch.is_on() || !judge.passes(field);
    let Some(first) = fields(headers, &SET_COOKIE).position(questionable) else {
        return false;
    };
    let filter = Filter {
        judge,
        carried,
        now: now(),
        served: wire::server_date(fields(headers, &DATE)),
    };
    let public = watch.is_on() && cache::is_publicly_cacheable(headers);
    let report_only = watch.is_report_only(config);
    let Some(mut entry) = occupied(headers, &SET_COOKIE) else {
        return false;
    };
    let mut gone = false;
    let mut changed = false;
    for field in entry.iter_mut().skip(first) {
        let (fate, found) = filter.fate(field.as_bytes());
        if watch.is_on() {
            filter.tell_passed(field.as_bytes(), found, &fate, public);
        }
        if matches!(fate, Fate::Pass) {
            continue;
        }
        filter.tell(field.as_bytes(), found, &fate);
        if !report_only {
            *field = Filter::instead(field, &fate).unwrap_or(GONE);
            gone |= field.is_empty();
            changed = true;
        }
    }
    if gone {
        drop_empty(entry);
    }
    changed
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

struct Judge<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    judgement: Judgement,
    watch: &'a Watch,
}

impl Judge<'_> {
    /// The verdict on the name alone.
    fn verdict(&self, name: &[u8]) -> (Option<Found>, Verdict) {
        let found = self.policy.find(name);
        let verdict = match found {
            Some(found) => self.judgement.verdict(found),
            None if self.config.undeclared == Undeclared::Allow => Verdict::Allowed,
            None => Verdict::Withheld(Withheld::Undeclared),
        };
        (found, verdict)
    }

    fn is_limited(&self, found: Option<Found>) -> bool {
        self.config.limit_exempt && found.is_some_and(|found| found.basis == Basis::Exempt)
    }

    /// Whether the name is enough to let the field pass.
    fn passes(&self, field: &[u8]) -> bool {
        wire::name(field).is_ok_and(|name| {
            let (found, verdict) = self.verdict(name);
            verdict.is_allowed() && !self.is_limited(found)
        })
    }
}

struct Filter<'a> {
    judge: Judge<'a>,
    carried: &'a Carried,
    now: u64,
    served: ServerDate,
}

impl Filter<'_> {
    fn fate<'f>(&self, field: &'f [u8]) -> (Fate<'f>, Option<Found>) {
        let Ok(name) = wire::name(field) else {
            return (Fate::Withhold(Withheld::Unclassifiable), None);
        };
        let (found, verdict) = self.judge.verdict(name);
        let fate = match verdict {
            Verdict::Withheld(why) => self.unless_removal(field, why),
            Verdict::Allowed if self.judge.is_limited(found) => self.limited(field, name),
            Verdict::Allowed => Fate::Pass,
        };
        (fate, found)
    }

    /// A removal passes whatever its category, but only what every browser takes for one.
    fn unless_removal<'f>(&self, field: &'f [u8], why: Withheld) -> Fate<'f> {
        match wire::removal(field, self.now, self.served) {
            Removal::Certain => Fate::Pass,
            Removal::Disputed => wire::scope(field).map_or(Fate::Withhold(why), Fate::Replace),
            Removal::No => Fate::Withhold(why),
        }
    }

    /// The conditions under which statistics are exempt: 13 months at most, and a later visit does
    /// not prolong them. A cookie that ends with the day counts visits, and may be set again.
    fn limited<'f>(&self, field: &'f [u8], name: &[u8]) -> Fate<'f> {
        // Browsers count `Expires` from the response's own date.
        let from = match self.served {
            ServerDate::At(served) => served.min(self.now),
            ServerDate::Absent => self.now,
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
                Fate::Clamp(match wire::lifetime(field, self.now) {
                    Lifetime::Seconds(meant) => meant.min(LONGEST_EXEMPT),
                    Lifetime::Session => LONGEST_EXEMPT,
                })
            }
            Lifetime::Seconds(_) => Fate::Withhold(Withheld::TooLong),
        }
    }

    /// What stands in place of a field that does not pass; `None` where nothing does.
    fn instead(field: &HeaderValue, fate: &Fate<'_>) -> Option<HeaderValue> {
        let bytes = field.as_bytes();
        match fate {
            Fate::Pass => Some(field.clone()),
            Fate::Withhold(_) => None,
            Fate::Replace(scope) => {
                let name = str::from_utf8(wire::name(bytes).ok()?).ok()?;
                expiry::removal(name, scope)
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

    fn tell(&self, field: &[u8], found: Option<Found>, fate: &Fate<'_>) {
        let what = match fate {
            Fate::Pass => return,
            Fate::Withhold(why) => What::Withheld(*why),
            Fate::Replace(_) => What::Replaced,
            Fate::Clamp(_) => What::Clamped,
        };
        let Judge { config, policy, .. } = self.judge;
        self.judge.watch.tell(
            config,
            match wire::name(field) {
                Ok(name) => self.event(what, field).of(name, found),
                Err(how) => Event::unclassifiable(Way::Response, how, policy),
            },
        );
    }

    /// What an observer may want to know of a cookie that stays.
    fn tell_passed(&self, field: &[u8], found: Option<Found>, fate: &Fate<'_>, public: bool) {
        let Judge { config, watch, .. } = self.judge;
        let stays = matches!(fate, Fate::Pass | Fate::Clamp(_));
        let (Ok(name), true) = (wire::name(field), stays) else {
            return;
        };
        let tell = |what| watch.tell(config, self.event(what, field).of(name, found));
        if *fate == Fate::Pass {
            match found {
                Some(_) => tell(What::Passed),
                // A removal is nothing that somebody would have to declare.
                None if self.is_removal(field) => {}
                None => tell(What::Undeclared),
            }
        }
        let is_necessary = found.is_some_and(|found| found.basis == Basis::Necessary);
        if public && !is_necessary && !self.is_removal(field) {
            tell(What::PubliclyCacheable);
        }
    }

    fn is_removal(&self, field: &[u8]) -> bool {
        wire::removal(field, self.now, self.served) == Removal::Certain
    }

    fn event<'e>(&'e self, what: What, field: &'e [u8]) -> Event<'e> {
        let Judge {
            policy, judgement, ..
        } = self.judge;
        let undecided = matches!(
            judgement.standing,
            Standing::Undecided | Standing::CrossSite | Standing::Unreadable
        );
        Event::new(what, Way::Response, policy)
            .with_set_cookie(field)
            .undecided(undecided)
    }
}
