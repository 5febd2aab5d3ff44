use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use smallvec::SmallVec;

use super::super::config::{Config, Undeclared};
use crate::{
    consent::Judgement,
    policy::{CategorySet, CookiePolicy, Found},
    wire,
};

/// So many fields are looked at without an allocation, which takes 8 KiB of the stack; browsers take
/// far fewer from one response.
pub(super) const MOST_IN_PLACE: usize = 512;

/// What a response sets, told by the names of its fields, each of which is looked up once. Nearly
/// always that is enough: all of it may stay.
#[derive(Default)]
pub(in super::super) struct Survey<'a> {
    fields: SmallVec<[(&'a HeaderValue, Named); MOST_IN_PLACE]>,
    categories: CategorySet,
    preferences: bool,
    undeclared: bool,
    unclassifiable: bool,
}

/// What the name of one field was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A carrier of the choice, which is always allowed.
    Preferences,
    /// A cookie of this category.
    Of(u8),
    Undeclared,
    Unclassifiable,
}

impl<'a> Survey<'a> {
    /// Looks at all that is set. (In place: to hand it over when it is filled would cost more than to
    /// fill it.)
    #[inline]
    pub(in super::super) fn look_at(&mut self, policy: &CookiePolicy, headers: &'a HeaderMap) {
        for field in headers.get_all(SET_COOKIE) {
            let named = self.see(policy, field.as_bytes());
            self.fields.push((field, named));
        }
    }

    /// Whether a response sets a carrier of the choice, where nothing else is looked at.
    #[cold]
    pub(in super::super) fn sets_preferences(policy: &CookiePolicy, headers: &HeaderMap) -> bool {
        let mut survey = Survey::default();
        survey.look_at(policy, headers);
        survey.preferences
    }

    #[inline(always)]
    fn see(&mut self, policy: &CookiePolicy, field: &[u8]) -> Named {
        let name = wire::written_name(field).unwrap_or_default();
        // Nearly always it is declared, and then it needs no other look.
        match policy.find(name) {
            Some(found) if !found.is_by_pattern() => self.see_found(found),
            found => self.see_other(name, found),
        }
    }

    fn see_other(&mut self, name: &[u8], found: Option<Found>) -> Named {
        if wire::check_name(name).is_err() {
            self.unclassifiable = true;
            return Named::Unclassifiable;
        }
        let Some(found) = found else {
            self.undeclared = true;
            return Named::Undeclared;
        };
        self.see_found(found)
    }

    #[inline(always)]
    fn see_found(&mut self, found: Found) -> Named {
        match found.category {
            Some(category) if !found.is_preferences() => {
                self.categories.insert(category);
                Named::Of(category)
            }
            _ => {
                self.preferences = true;
                Named::Preferences
            }
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a HeaderValue, Named)> {
        self.fields.iter().copied()
    }

    pub(in super::super) const fn has_preferences(&self) -> bool {
        self.preferences
    }

    /// The fields that carry the choice.
    pub(in super::super) fn preferences(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(|(_, named)| *named == Named::Preferences)
            .map(|(field, _)| field.as_bytes())
    }

    /// Whether nothing in it depends on the visitor.
    pub(in super::super) fn is_necessary(&self, policy: &CookiePolicy) -> bool {
        let declared = (self.categories - policy.necessary()).is_empty();
        declared && !self.preferences && !self.undeclared && !self.unclassifiable
    }

    /// Whether the names are enough to let all of it pass; of a preferences cookie they never are.
    pub(super) fn passes(
        &self,
        config: &Config,
        policy: &CookiePolicy,
        judgement: Judgement,
    ) -> bool {
        let limited = match config.limit_exempt {
            true => self.categories & policy.exempt(),
            false => CategorySet::EMPTY,
        };
        (self.categories - judgement.allowed).is_empty()
            && limited.is_empty()
            && (!self.undeclared || config.undeclared == Undeclared::Allow)
            && !self.unclassifiable
            && !self.preferences
    }
}
