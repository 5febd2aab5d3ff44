//! The request filter: withheld cookies are removed from the `Cookie` headers that the service
//! sees.

use http::{HeaderMap, HeaderValue, header::COOKIE};

use super::{
    config::{Config, Expire},
    events::Watch,
    head::Glance,
    received::{Received, classify, looks_at_cookies},
    remembered::Carried,
};
use crate::{
    consent::{Rules, Verdict, Withheld},
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookiePolicy, Found, Named},
    wire::{
        self,
        fields::{GONE, change, fields, retain},
    },
};

/// Returns the unchanged `Cookie` header if nothing has to be known about it before the response:
/// with everything that concerns the request turned off. Several headers are judged at once, since
/// keeping them would take an allocation.
#[inline]
pub(super) fn cookie_for_later(
    config: &Config,
    glance: &Glance<'_>,
) -> Option<Option<HeaderValue>> {
    if config.passes_consent() || looks_at_cookies(config) {
        return None;
    }
    glance.single_cookie_field().map(Option::<&_>::cloned)
}

/// Hides withheld cookies, and records the names that matter for the response.
#[inline]
pub(super) fn filter(
    config: &Config,
    policy: &CookiePolicy,
    received: &Received,
    watch: &Watch,
    headers: &mut HeaderMap,
) -> Carried {
    let (survey, expirable) = (&received.survey, received.expirable.categories);
    let mut carried = Carried::default();
    if survey.seen.is_empty() && !config.strict_values && !watch.is_on() {
        return carried;
    }
    let rules = Rules::of_request(policy, received.judgement, config.switches);
    let has_withheld = survey.has_withheld(config, &rules);
    if !has_withheld && !watch.is_on() && !survey.has_to_be_carried(config, policy, expirable) {
        return carried;
    }
    let filter = CookieFilter {
        config,
        policy,
        rules,
        watch,
    };
    if !has_withheld || watch.is_report_only(config) {
        for field in fields(headers, &COOKIE) {
            filter.look(field, expirable, &mut carried);
        }
        return carried;
    }
    change(headers, &COOKIE, |mut entry| {
        let mut gone = false;
        for field in entry.iter_mut() {
            if let Some(rest) = filter.look(field.as_bytes(), expirable, &mut carried) {
                gone |= rest.is_empty();
                // Bytes of a valid value make a valid value.
                let mut rest = HeaderValue::try_from(rest).unwrap_or(GONE);
                // Keeps it out of `Debug` output.
                rest.set_sensitive(true);
                *field = rest;
            }
        }
        if gone {
            let count = entry.iter().count();
            retain(entry, count, |field| !field.is_empty());
        }
    });
    carried
}

struct CookieFilter<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    rules: Rules<'a>,
    watch: &'a Watch,
}

impl CookieFilter<'_> {
    /// Examines every pair. Returns the header without the withheld ones, if there are any.
    fn look(&self, field: &[u8], expirable: CategorySet, carried: &mut Carried) -> Option<Vec<u8>> {
        let mut rest: Option<Vec<u8>> = None;
        let mut start = 0;
        for pair in wire::pairs(field) {
            let (named, found) = classify(self.policy, &pair);
            let found = found.copied();
            if let (Ok(name), Some(found)) = (pair.name, found)
                && self.is_to_be_carried(found, expirable)
            {
                carried.note(name);
            }
            let verdict = named.map_or(Verdict::Allowed, |named| self.verdict(&pair, named));
            if let Verdict::Withheld(why) = verdict {
                self.tell(&pair, found, why);
                rest = rest.or_else(|| Some(Self::begin(field, start)));
            } else {
                if self.watch.is_on() {
                    self.tell_passed(&pair, found);
                }
                if let Some(rest) = &mut rest {
                    if rest.is_empty() {
                        rest.extend_from_slice(pair.raw.trim_ascii_start());
                    } else {
                        rest.push(b';');
                        rest.extend_from_slice(pair.raw);
                    }
                }
            }
            if let (Ok(name), Some(found)) = (pair.name, found)
                && self.watch.has_survived(found)
            {
                self.report(EventKind::Survived, name, Some(found));
            }
            start += pair.raw.len() + 1;
        }
        // Only spaces are left, which the service could not read.
        if let Some(rest) = &mut rest
            && rest.iter().all(|byte| matches!(byte, b' ' | b';'))
        {
            rest.clear();
        }
        rest
    }

    /// Returns everything before the pair at `start`, all of which is kept.
    fn begin(field: &[u8], start: usize) -> Vec<u8> {
        let before = field.get(..start.saturating_sub(1)).unwrap_or_default();
        let blanks = before.iter().take_while(|byte| matches!(byte, b' ' | b';'));
        let before = before.get(blanks.count()..).unwrap_or_default();
        let mut rest = Vec::with_capacity(field.len());
        rest.extend_from_slice(before);
        rest
    }

    fn verdict(&self, pair: &wire::Pair<'_>, named: Named) -> Verdict {
        match self.rules.verdict(named) {
            Verdict::Allowed if self.config.strict_values => self.verdict_on_value(pair.value),
            verdict => verdict,
        }
    }

    /// Decides about an allowed pair whose value some server may split.
    fn verdict_on_value(&self, value: &[u8]) -> Verdict {
        wire::names_in_value(value)
            .filter_map(|name| self.policy.find(name))
            .map(|found| self.rules.verdict(found.named))
            .find(|verdict| !verdict.is_allowed())
            .unwrap_or(Verdict::Allowed)
    }

    fn is_to_be_carried(&self, found: Found, expirable: CategorySet) -> bool {
        if !self.policy.optional().has(found.named) {
            return false;
        }
        let expires = self.config.expire != Expire::Never;
        (expires && (found.by_pattern || expirable.has(found.named)))
            || (self.config.limit_exempt && self.policy.exempt().has(found.named))
    }

    fn tell(&self, pair: &wire::Pair<'_>, found: Option<Found>, why: Withheld) {
        match pair.name {
            Ok(name) => self.report(EventKind::Hidden(why), name, found),
            Err(how) => {
                let event = Event::unclassifiable(Direction::Request, how, self.policy);
                self.watch.tell(self.config, event);
            }
        }
    }

    fn tell_passed(&self, pair: &wire::Pair<'_>, found: Option<Found>) {
        if let Ok(name) = pair.name {
            let what = found.map_or(EventKind::Undeclared, |_| EventKind::Passed);
            self.report(what, name, found);
        }
    }

    fn report(&self, what: EventKind, name: &[u8], found: Option<Found>) {
        let event = Event::new(what, Direction::Request, self.policy).of(name, found);
        self.watch.tell(self.config, event);
    }
}
