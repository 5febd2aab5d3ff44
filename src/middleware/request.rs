//! The filter on the way in: withheld cookies leave the `Cookie` fields that the service sees.

use http::{
    HeaderMap, HeaderValue, Method, Request,
    header::{COOKIE, HeaderName},
};

use super::{
    carried::Carried,
    config::{Config, Expire, Gpc, Undeclared},
    fields::{fields, occupied, put_back},
};
use crate::{
    consent::{Judgement, Signals, Verdict, Withheld},
    observe::{Event, Way},
    policy::{Basis, CategorySet, CookiePolicy, Found},
    wire,
};

const SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What the request tells beside its cookies (W3C Global Privacy Control, Fetch Metadata).
pub(super) fn signals<B>(request: &Request<B>, honour: Gpc) -> Signals {
    let headers = request.headers();
    let gpc = fields(headers, &SEC_GPC).any(|value| value == b"1");
    let is = |name, value: &str| headers.get(name).map(|field| field == value);
    let navigation = is(SEC_FETCH_MODE, "navigate");
    let document = is(SEC_FETCH_DEST, "document");
    let cross_site = is(SEC_FETCH_SITE, "cross-site") == Some(true);
    Signals {
        gpc,
        gpc_honoured: gpc && honour == Gpc::Honour,
        cross_site,
        embedded: cross_site && (navigation == Some(false) || document == Some(false)),
        top_level_get: request.method() == Method::GET
            && navigation == Some(true)
            && document != Some(false),
        navigation: navigation != Some(false),
    }
}

/// Hides what is withheld, and notes the names that the response has to know.
pub(super) fn filter(
    config: &Config,
    policy: &CookiePolicy,
    judgement: Judgement,
    expirable: CategorySet,
    headers: &mut HeaderMap,
) -> Carried {
    let filter = Filter {
        config,
        policy,
        judgement,
    };
    let (carried, withheld) = filter.survey(headers, expirable);
    if withheld && !config.report_only {
        filter.rebuild(headers);
    }
    carried
}

struct Filter<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    judgement: Judgement,
}

impl Filter<'_> {
    /// Looks at every pair without changing any.
    fn survey(&self, headers: &HeaderMap, expirable: CategorySet) -> (Carried, bool) {
        let mut carried = Carried::default();
        let mut withheld = false;
        for pair in fields(headers, &COOKIE).flat_map(wire::pairs) {
            if self.config.filter_request
                && let Verdict::Withheld(why) = self.verdict(&pair)
            {
                withheld = true;
                self.tell(&pair, why);
            }
            if let Ok(name) = pair.name
                && self
                    .find(name)
                    .is_some_and(|found| self.is_to_be_carried(found, expirable))
            {
                carried.note(name);
            }
        }
        (carried, withheld)
    }

    fn find(&self, name: &[u8]) -> Option<Found> {
        self.policy.find(name)
    }

    /// What becomes of a pair that the browser sent.
    fn verdict(&self, pair: &wire::Pair<'_>) -> Verdict {
        let verdict = match pair.name {
            _ if pair.is_blank() => return Verdict::Allowed,
            Err(_) => Verdict::Withheld(Withheld::Unclassifiable),
            Ok(name) => match self.find(name) {
                Some(found) => self.judgement.verdict(found),
                None if self.config.undeclared == Undeclared::Hide => {
                    Verdict::Withheld(Withheld::Undeclared)
                }
                None => Verdict::Allowed,
            },
        };
        match verdict {
            Verdict::Allowed if self.config.strict_values => self.verdict_on_value(pair.value),
            verdict => verdict,
        }
    }

    /// What becomes of an allowed pair whose value some server reads as more than a value.
    fn verdict_on_value(&self, value: &[u8]) -> Verdict {
        wire::names_in_value(value)
            .filter_map(|name| self.find(name))
            .map(|found| self.judgement.verdict(found))
            .find(|verdict| !verdict.is_allowed())
            .unwrap_or(Verdict::Allowed)
    }

    fn is_to_be_carried(&self, found: Found, expirable: CategorySet) -> bool {
        let Some(category) = found.category.filter(|_| found.basis != Basis::Necessary) else {
            return false;
        };
        let expires = self.config.expire != Expire::Never;
        (expires && (found.pattern || expirable.contains(category)))
            || (self.config.limit_exempt && found.basis == Basis::Exempt)
    }

    fn rebuild(&self, headers: &mut HeaderMap) {
        let Some(mut entry) = occupied(headers, &COOKIE) else {
            return;
        };
        let mut gone = false;
        for field in entry.iter_mut() {
            if let Some(rest) = self.without_withheld(field) {
                gone |= rest.is_empty();
                *field = rest;
            }
        }
        if gone {
            let fields: Vec<_> = entry
                .iter_mut()
                .map(|field| std::mem::replace(field, HeaderValue::from_static("")))
                .filter(|field| !field.is_empty())
                .collect();
            put_back(entry, fields);
        }
    }

    /// The field without its withheld pairs; `None` where it has none and stays as it is.
    fn without_withheld(&self, field: &HeaderValue) -> Option<HeaderValue> {
        let bytes = field.as_bytes();
        let first = wire::pairs(bytes).position(|pair| !self.verdict(&pair).is_allowed())?;
        let mut rest = Vec::with_capacity(bytes.len());
        for (index, pair) in wire::pairs(bytes).enumerate() {
            if index < first || (index > first && self.verdict(&pair).is_allowed()) {
                if !rest.is_empty() {
                    rest.push(b';');
                }
                // Blanks at the start are nothing that the service could read.
                rest.extend_from_slice(if rest.is_empty() {
                    pair.raw.trim_ascii_start()
                } else {
                    pair.raw
                });
            }
        }
        // Bytes of a valid value make a valid value.
        let mut rest = HeaderValue::try_from(rest).unwrap_or(HeaderValue::from_static(""));
        rest.set_sensitive(field.is_sensitive());
        Some(rest)
    }

    fn tell(&self, pair: &wire::Pair<'_>, why: Withheld) {
        self.config.observe(&match pair.name {
            Err(how) => Event::Unclassifiable {
                way: Way::Request,
                how,
            },
            Ok(name) => Event::Withheld {
                way: Way::Request,
                name,
                category: self.policy.category_id_of(name),
                why,
            },
        });
    }
}
