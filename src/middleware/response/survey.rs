use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use smallvec::SmallVec;

use super::super::config::Config;
use crate::{
    consent::Rules,
    policy::{CategorySet, CookiePolicy, Named},
    wire::{self, fields::MOST_IN_PLACE},
};

/// The cookies that a response sets, judged by their names, each of which is looked up once. Nearly
/// always that is enough: all of them may stay.
#[derive(Default)]
pub(in super::super) struct SetCookieSurvey<'a> {
    fields: SmallVec<[(&'a HeaderValue, Named); MOST_IN_PLACE]>,
    /// The meanings of the names.
    seen: CategorySet,
}

impl<'a> SetCookieSurvey<'a> {
    /// Examines everything that is set. (In place: returning it once it is filled would cost more
    /// than filling it.)
    #[inline]
    pub(in super::super) fn look_at(&mut self, policy: &CookiePolicy, headers: &'a HeaderMap) {
        for field in headers.get_all(SET_COOKIE) {
            let name = wire::written_name(field.as_bytes()).unwrap_or_default();
            let named = policy.classify(name);
            self.seen = self.seen.with(named);
            self.fields.push((field, named));
        }
    }

    /// Returns `true` for a response that sets a cookie with the choice, without examining anything
    /// else.
    #[cold]
    pub(in super::super) fn sets_preferences(policy: &CookiePolicy, headers: &HeaderMap) -> bool {
        let mut survey = SetCookieSurvey::default();
        survey.look_at(policy, headers);
        survey.has_preferences()
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a HeaderValue, Named)> {
        self.fields.iter().copied()
    }

    pub(in super::super) fn has_preferences(&self) -> bool {
        self.seen.has(Named::PREFERENCES)
    }

    /// Returns the headers that carry the choice.
    pub(in super::super) fn preferences(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(|(_, named)| *named == Named::PREFERENCES)
            .map(|(field, _)| field.as_bytes())
    }

    /// Returns `true` if nothing in it depends on the visitor.
    pub(in super::super) fn is_necessary(&self, policy: &CookiePolicy) -> bool {
        (self.seen - policy.necessary()).is_empty()
    }

    /// Returns `true` if the names are enough to let all of it pass, which is never the case for a
    /// preferences cookie.
    pub(super) fn passes(&self, config: &Config, policy: &CookiePolicy, rules: &Rules<'_>) -> bool {
        let limited = match config.limit_exempt {
            true => self.seen & policy.exempt(),
            false => CategorySet::EMPTY,
        };
        limited.is_empty() && !self.has_preferences() && rules.allow(self.seen)
    }
}
