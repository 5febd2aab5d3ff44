//! State beside `Set-Cookie`: response headers that browsers store, and the request headers that
//! send this state back. The list of these headers is in `wire`, and the site's declarations are in
//! `policy`.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE, SET_COOKIE},
};
use smallvec::SmallVec;

use super::{
    config::{Config, StateHeaders},
    events::Watch,
};
use crate::{
    consent::{Judgement, Rules, Verdict, Withheld},
    observe::{Direction, Event, EventKind},
    policy::{CookiePolicy, Found, Named},
    wire::{Keeps, NameLengths, STATE_HEADERS, StateHeader, fields, is_plainly_not_state},
};

/// The relevant names among a response's headers, found in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    pub(super) cookies: bool,
    /// There are headers that browsers store.
    pub(super) state: bool,
    /// The browser may have to forget its cookies.
    pub(super) clears: bool,
}

impl Names {
    /// Examines each name once. Nearly all of them are ruled out by length and first letter, so a
    /// response without such headers pays a few instructions per name.
    #[inline]
    pub(super) fn of(config: &Config, policy: &CookiePolicy, headers: &HeaderMap) -> Self {
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
pub(super) struct ResponseFilter<'a> {
    pub(super) config: &'a Config,
    pub(super) policy: &'a CookiePolicy,
    pub(super) judgement: Judgement,
    pub(super) watch: &'a Watch,
}

impl ResponseFilter<'_> {
    /// Only for a response in which [`Names`] has found some. Everything that passes stays byte for
    /// byte.
    #[cold]
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
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
        let event = Event::new(what, Direction::Response, self.policy)
            .of_header(name.as_str(), header.found)
            .undecided(self.judgement.standing.is_undecided());
        self.watch.tell(self.config, event);
    }
}

/// Hides from the service the request headers that send back state without consent.
#[inline]
pub(super) fn hide<B>(
    config: &Config,
    policy: &CookiePolicy,
    judgement: Judgement,
    watch: &Watch,
    request: &mut Request<B>,
) {
    let declared = policy.header_categories();
    let some = match config.state_headers {
        StateHeaders::Allow => false,
        StateHeaders::Report => !(declared - judgement.allowed).is_empty(),
        StateHeaders::Withhold => true,
    };
    if some && config.switches.filter_request {
        let filter = RequestFilter {
            config,
            policy,
            judgement,
            watch,
        };
        let method = request.method().clone();
        filter.apply(&method, request.headers_mut());
    }
}

struct RequestFilter<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    judgement: Judgement,
    watch: &'a Watch,
}

impl RequestFilter<'_> {
    #[inline(never)]
    fn apply(&self, method: &Method, headers: &mut HeaderMap) {
        let mut hidden: SmallVec<[HeaderName; 4]> = SmallVec::new();
        for name in headers.keys() {
            if is_for_a_write(name, method) {
                continue;
            }
            if let Some((why, found)) = self.withheld(name.as_str()) {
                let event = Event::new(EventKind::Hidden(why), Direction::Request, self.policy);
                let event = event.of_header(name.as_str(), found);
                self.watch.tell(self.config, event);
                hidden.push(name.clone());
            }
        }
        if self.watch.is_report_only(self.config) {
            return;
        }
        for name in hidden {
            headers.remove(&name);
            // Without it, this would request a part of a representation that the browser may not
            // have.
            if name == IF_RANGE {
                headers.remove(RANGE);
            }
        }
    }

    /// Returns the reason why a request header is hidden, and the declaration of the response
    /// header whose state it sends back. One declared and withheld header is enough; undeclared
    /// ones count if none is declared, validators never do.
    fn withheld(&self, name: &str) -> Option<(Withheld, Option<Found>)> {
        let mut undeclared = None;
        let mut declared = false;
        for header in STATE_HEADERS.iter().filter(|it| it.comes_back_in(name)) {
            let lower = header.name.to_ascii_lowercase();
            let found = self.policy.find_header(&lower);
            declared |= found.is_some();
            if found.is_none() && header.keeps == Keeps::Validator {
                continue;
            }
            let verdict = verdict(self.config, self.policy, self.judgement, found);
            match verdict {
                Verdict::Withheld(why) if found.is_some() => return Some((why, found)),
                Verdict::Withheld(why) => undeclared = Some((why, None)),
                Verdict::Allowed => {}
            }
        }
        undeclared.filter(|_| !declared)
    }
}

/// Preconditions on methods other than GET and HEAD protect against lost updates (RFC 9110, section
/// 13.1), and browser caches do not send them.
fn is_for_a_write(name: &HeaderName, method: &Method) -> bool {
    let is_condition = [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE].contains(name);
    is_condition && !matches!(*method, Method::GET | Method::HEAD)
}

/// Decides about a response header that is state: by its declaration, or else by the switch.
fn verdict(
    config: &Config,
    policy: &CookiePolicy,
    judgement: Judgement,
    found: Option<Found>,
) -> Verdict {
    let switch = config.state_headers;
    let rules = Rules::of_headers(
        policy,
        judgement,
        switch == StateHeaders::Report,
        switch == StateHeaders::Allow,
    );
    rules.verdict(found.map_or(Named::UNDECLARED, |found| found.named))
}
