use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};
use smallvec::SmallVec;

use super::{
    super::{config::Config, watch::Watch},
    StateHeaders, verdict,
};
use crate::{
    consent::{Judgement, Standing, Verdict},
    observe::{Direction, Event, EventKind},
    policy::{CookiePolicy, Found},
    wire::{NameLengths, StateHeader, fields, is_plainly_not_state},
};

/// The relevant names among a response's headers, found in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Names {
    pub(in super::super) cookies: bool,
    /// There are headers that browsers store.
    pub(in super::super) state: bool,
    /// The browser may have to forget its cookies.
    pub(in super::super) clears: bool,
}

impl Names {
    /// Examines each name once. Nearly all of them are ruled out by length and first letter, so a
    /// response without such headers pays a few instructions per name.
    #[inline(always)]
    pub(in super::super) fn of(
        config: &Config,
        policy: &CookiePolicy,
        headers: &HeaderMap,
    ) -> Self {
        let mut names = Self::default();
        let lengths = match config.state_headers {
            StateHeaders::Allow => NameLengths::COOKIES,
            StateHeaders::Withhold | StateHeaders::Report => policy.header_lengths(),
        };
        for name in headers.keys() {
            if !is_plainly_not_state(name) && lengths.may_have(name.as_str()) {
                names.see(config, policy, headers, name);
            }
        }
        names
    }

    #[inline(never)]
    fn see(
        &mut self,
        config: &Config,
        policy: &CookiePolicy,
        headers: &HeaderMap,
        name: &HeaderName,
    ) {
        if name == SET_COOKIE {
            self.cookies = true;
        } else if name.as_str() == "clear-site-data" {
            self.clears = true;
        } else if config.state_headers != StateHeaders::Allow {
            let header = Governed::find(policy, name);
            let mut fields = headers.get_all(name).into_iter();
            self.state |= header.is_some_and(|header| fields.any(|field| header.is_state(field)));
        }
    }
}

/// A governed header: declared, or known to be stored.
#[derive(Clone, Copy)]
struct Governed {
    found: Option<Found>,
    known: Option<&'static StateHeader>,
}

impl Governed {
    fn find(policy: &CookiePolicy, name: &HeaderName) -> Option<Self> {
        let found = policy.find_header(name.as_str());
        let known = StateHeader::find(name.as_str());
        (found.is_some() || known.is_some()).then_some(Self { found, known })
    }

    /// Returns `true` if the browser stores something from the header; for a declared header,
    /// unless it only makes the browser forget something.
    fn is_state(&self, field: &HeaderValue) -> bool {
        let field = field.as_bytes();
        match self.known {
            Some(known) if known.is_removal(field) => false,
            Some(known) => self.found.is_some() || known.keeps(field),
            None => true,
        }
    }
}

/// Strips headers from which browsers would store state without consent.
pub(in super::super) struct Filter<'a> {
    pub(in super::super) config: &'a Config,
    pub(in super::super) policy: &'a CookiePolicy,
    pub(in super::super) judgement: Judgement,
    pub(in super::super) watch: &'a Watch,
}

impl Filter<'_> {
    /// Only for a response in which [`Names`] has found some. Everything that passes stays byte for
    /// byte.
    #[cold]
    pub(in super::super) fn apply(&self, headers: &mut HeaderMap) {
        let mut withheld: SmallVec<[(HeaderName, Governed); 4]> = SmallVec::new();
        for name in headers.keys() {
            let Some(header) = Governed::find(self.policy, name) else {
                continue;
            };
            let mut fields = headers.get_all(name).into_iter();
            if !fields.any(|field| header.is_state(field)) {
                continue;
            }
            let verdict = verdict(self.config, self.policy, self.judgement, header.found);
            self.tell(name, header, verdict);
            if !verdict.is_allowed() {
                withheld.push((name.clone(), header));
            }
        }
        if self.watch.is_report_only(self.config) {
            return;
        }
        for (name, header) in withheld {
            fields::change(headers, &name, |entry| {
                let count = entry.iter().count();
                fields::retain(entry, count, |field| !header.is_state(field));
            });
        }
    }

    fn tell(&self, name: &HeaderName, header: Governed, verdict: Verdict) {
        let what = match verdict {
            Verdict::Withheld(why) => EventKind::Withheld(why),
            Verdict::Allowed if header.found.is_some() => EventKind::Passed,
            Verdict::Allowed => EventKind::Undeclared,
        };
        let undecided = matches!(
            self.judgement.standing,
            Standing::Undecided | Standing::CrossSite | Standing::Unreadable
        );
        let event = Event::new(what, Direction::Response, self.policy)
            .of_header(name.as_str(), header.found)
            .undecided(undecided);
        self.watch.tell(self.config, event);
    }
}
