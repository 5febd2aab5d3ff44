//! Reports the cookies of a response.

use super::{fate::Fate, filter::SetCookieFilter, survey::SetCookieSurvey};
use crate::{
    consent::{DecodeError, Standing},
    observe::{Direction, Event, EventKind},
    policy::Basis,
    wire::{self, Removal},
};

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
        let is_necessary = found.is_some_and(|found| found.basis == Basis::Necessary);
        if public && !is_necessary && !self.is_removal(field) {
            tell(EventKind::PubliclyCacheable);
        }
    }

    fn is_removal(&self, field: &[u8]) -> bool {
        wire::classify_removal(field, &self.now, || self.served()) == Removal::Certain
    }

    fn event<'e>(&'e self, what: EventKind, field: &'e [u8]) -> Event<'e> {
        let undecided = matches!(
            self.rules.standing(),
            Standing::Undecided | Standing::CrossSite | Standing::Unreadable
        );
        Event::new(what, Direction::Response, self.policy)
            .with_set_cookie(field)
            .undecided(undecided)
    }
}
