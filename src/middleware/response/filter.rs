use std::cell::OnceCell;

use http::{HeaderMap, HeaderValue, header::DATE, uri::PathAndQuery};

use super::{
    super::{config::Config, events::Watch, remembered::Carried},
    decided::{Fate, RecordedChoice},
    survey::SetCookieSurvey,
};
use crate::{
    consent::{DecodeError, Neighbours, Rules, Signals, Verdict, Withheld},
    observe::{Direction, Event, EventKind},
    policy::{CookiePolicy, MAX_EXEMPT_DAYS, Named},
    wire::{
        self, DAY, Lifetime, Removal, ServerDate,
        cache::{self, Cacheability},
        fields::{Changes, fields},
    },
    work,
};

/// 13 months of 365.25 / 12 days, in whole days: the longest life of an exempt statistics cookie
/// (CNIL, audience measurement).
const LONGEST_EXEMPT: u64 = MAX_EXEMPT_DAYS as u64 * DAY;

/// Judges what a response sets, whoever wrote it, and reports it.
pub(super) struct SetCookieFilter<'a, Now> {
    pub(super) config: &'a Config,
    pub(super) policy: &'a CookiePolicy,
    pub(super) rules: Rules<'a>,
    pub(super) carried: &'a Carried,
    pub(super) watch: &'a Watch,
    pub(super) headers: &'a HeaderMap,
    pub(super) cacheability: Cacheability,
    /// The outer and inner layers around the same service.
    pub(super) around: &'a Neighbours,
    pub(super) within: &'a Neighbours,
    /// The result for the preferences that are set, if they have to be read together.
    pub(super) together: Option<Option<Withheld>>,
    /// The choice that is recorded, if one has to be before it may grant anything.
    pub(super) recorded: Option<RecordedChoice>,
    /// The path of the request, if exempt cookies are limited.
    pub(super) path: Option<&'a PathAndQuery>,
    pub(super) signals: Signals,
    /// The declarations of the cookies that the request carried, looked up once if needed.
    pub(super) carried_kinds: OnceCell<Vec<u32>>,
    /// Called if a date has to be compared.
    pub(super) now: Now,
}

impl<Now: Fn() -> u64> SetCookieFilter<'_, Now> {
    /// Records the changes to the headers of this survey, unless there are none.
    #[inline]
    pub(super) fn judge(&self, survey: &SetCookieSurvey<'_>, changes: &mut Changes) {
        let watched = self.watch.is_on();
        let withholds = self.config.withhold_from_shared_caches;
        if !watched && !withholds && survey.passes(self.config, self.policy, &self.rules) {
            return;
        }
        let hears = self.watch.hears(self.config);
        self.report_panic(survey);
        let public = (watched || withholds)
            && cache::keeps_cookies(self.headers, self.cacheability, &self.now);
        for (field, named) in survey.fields() {
            let fate = match self.fate(field.as_bytes(), named) {
                // Others would receive it from a cache.
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
            // Nothing else can be said about something without a certain name.
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

    /// Returns `true` for cookies that not all visitors get; the choice itself always passes.
    fn is_personal(&self, named: Named) -> bool {
        let shared = self.policy.necessary().with(Named::PREFERENCES);
        !shared.has(named)
    }

    fn is_limited(&self, named: Named) -> bool {
        self.config.limit_exempt && self.policy.exempt().has(named)
    }

    /// Lets a removal pass whatever its category, but only if every browser recognises it.
    #[inline(always)]
    pub(super) fn unless_removal(&self, field: &[u8], why: Withheld) -> Fate {
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

    /// Applies the conditions for exempt statistics: they live for at most 13 months, and a later
    /// visit does not prolong them. A cookie that lives for at most a day counts visits, and may be
    /// set again. (Out of line, like everything that few headers need, so that the others do not
    /// pay for it.)
    #[inline(never)]
    fn limited(&self, field: &[u8]) -> Fate {
        let now = (self.now)();
        // Browsers count `Expires` from the response's own date.
        let seconds = match wire::lifetime(field, self.served().earliest(now)) {
            Lifetime::Session => return Fate::Pass,
            Lifetime::Seconds(seconds) if seconds <= DAY => return Fate::Pass,
            Lifetime::Seconds(seconds) => seconds,
        };
        // No longer than by the clock, which is what the service meant.
        let clamp = (seconds > LONGEST_EXEMPT && wire::appended_max_age_wins(field))
            .then(|| wire::meant_lifetime(field, now).min(LONGEST_EXEMPT));
        match clamp {
            // Some browsers would see a removal; now all do.
            Some(0) => Fate::Clamp(0),
            _ if !self.is_new(field) => Fate::Withhold(Withheld::Prolonging),
            Some(seconds) => Fate::Clamp(seconds),
            None if seconds <= LONGEST_EXEMPT => Fate::Pass,
            None => Fate::Withhold(Withheld::TooLong),
        }
    }

    /// Returns `true` if the browser certainly has no cookie of this declaration: the request would
    /// have carried it, but carried none, not even another name of its pattern.
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
        carried.binary_search(&found.declaration).is_err() && self.sending().would_bring(field)
    }

    fn sending(&self) -> wire::Sending<'_> {
        let from = match self.signals {
            signals if !signals.has(Signals::OTHER_SITE) => wire::From::OwnSite,
            signals if signals.has(Signals::TOP_LEVEL_GET) => wire::From::TopLevelGet,
            _ => wire::From::OtherSite,
        };
        let path = self.path.map_or("/", PathAndQuery::path);
        wire::Sending { path, from }
    }

    /// Returns the replacement of a changed header, or `None` if there is none.
    #[inline(never)]
    fn instead(field: &HeaderValue, fate: Fate) -> Option<HeaderValue> {
        let bytes = field.as_bytes();
        match fate {
            Fate::Pass | Fate::Withhold(_) => None,
            Fate::Replace => {
                let name = str::from_utf8(wire::name(bytes).ok()?).ok()?;
                wire::build_removal(name, &wire::scope(bytes)?)
            }
            Fate::Clamp(seconds) => {
                // Every measured browser uses the last attribute of a name. (A valid value with
                // this appended is valid; otherwise, the header would be removed.)
                let clamped = [bytes, format!("; Max-Age={seconds}").as_bytes()].concat();
                let mut clamped = HeaderValue::try_from(clamped).ok()?;
                clamped.set_sensitive(true);
                Some(clamped)
            }
        }
    }

    /// Returns the response's own date, by which browsers correct what they read.
    pub(super) fn served(&self) -> ServerDate {
        wire::server_date(fields(self.headers, &DATE))
    }
}

/// Reports the cookies of a response.
impl<Now: Fn() -> u64> SetCookieFilter<'_, Now> {
    #[inline(never)]
    pub(super) fn tell(&self, field: &[u8], fate: Fate, public: bool) {
        if self.watch.is_on() {
            self.tell_passed(field, fate, public);
        }
        self.tell_changed(field, fate);
    }

    /// Reports a codec that panicked while writing the choice.
    pub(super) fn report_panic(&self, survey: &SetCookieSurvey<'_>) {
        if survey.has_preferences() && self.policy.preferences_cookie().take_panic() {
            let what = EventKind::Unreadable(DecodeError::CodecPanicked);
            let event = Event::new(what, Direction::Response, self.policy);
            self.watch.tell(self.config, event);
        }
    }

    fn tell_changed(&self, field: &[u8], fate: Fate) {
        let what = match fate {
            Fate::Pass => return,
            Fate::Withhold(why) => EventKind::Withheld(why),
            Fate::Replace => EventKind::Replaced,
            Fate::Clamp(_) => EventKind::Clamped,
        };
        self.watch.tell(
            self.config,
            match wire::name(field) {
                Ok(name) => self.event(what, field).of(name, self.policy.find(name)),
                Err(how) => Event::unclassifiable(Direction::Response, how, self.policy),
            },
        );
    }

    /// Reports a cookie that stays, if an observer may want to know.
    fn tell_passed(&self, field: &[u8], fate: Fate, public: bool) {
        let stays = matches!(fate, Fate::Pass | Fate::Clamp(_));
        let (Ok(name), true) = (wire::name(field), stays) else {
            return;
        };
        let found = self.policy.find(name);
        let tell = |what| {
            let event = self.event(what, field).of(name, found);
            self.watch.tell(self.config, event);
        };
        if fate == Fate::Pass {
            match found {
                Some(_) => tell(EventKind::Passed),
                // A removal need not be declared, and neither does another layer's choice.
                None if self.is_removal(field) || self.is_a_neighbours(field) => {}
                None => tell(EventKind::Undeclared),
            }
        }
        let is_necessary = found.is_some_and(|found| !self.policy.optional().has(found.named));
        if public && !is_necessary && !self.is_removal(field) {
            tell(EventKind::PubliclyCacheable);
        }
    }

    fn is_removal(&self, field: &[u8]) -> bool {
        wire::classify_removal(field, &self.now, || self.served()) == Removal::Certain
    }

    fn event<'e>(&'e self, what: EventKind, field: &'e [u8]) -> Event<'e> {
        Event::new(what, Direction::Response, self.policy)
            .with_set_cookie(field)
            .undecided(self.rules.standing().is_undecided())
    }
}
