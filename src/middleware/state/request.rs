use http::{
    HeaderMap, HeaderName, Method, Request,
    header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use smallvec::SmallVec;

use super::{
    super::{config::Config, watch::Watch},
    StateHeaders, verdict,
};
use crate::{
    consent::{Judgement, Verdict, Withheld},
    observe::{Direction, Event, EventKind},
    policy::{CookiePolicy, Found},
    wire::{Keeps, STATE_HEADERS},
};

/// Hides from the service the request headers that send back state without consent.
#[inline]
pub(in super::super) fn hide<B>(
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
        let filter = Filter {
            config,
            policy,
            judgement,
            watch,
        };
        let method = request.method().clone();
        filter.apply(&method, request.headers_mut());
    }
}

struct Filter<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    judgement: Judgement,
    watch: &'a Watch,
}

impl Filter<'_> {
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
