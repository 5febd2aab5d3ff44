//! What browsers keep of a response beside cookies and validators, and come back with: permanent redirects, other
//! services, dictionaries, and files. If each first-time visitor gets another one, it identifies them.
//!
//! `Strict-Transport-Security` can do so too, one bit for each host name (RFC 6797, section 14.9), but the header of
//! one host says nothing of that.

use std::collections::{BTreeMap, BTreeSet};

use http::{
    HeaderMap, Request,
    header::{ALT_SVC, LOCATION},
};

use super::{
    Requirement,
    caches::Reuse,
    identifiers::without_times,
    judge::exchange::PlayedExchange,
    oracle::Oracle,
    recorder::{Breach, Occasion, Recorder},
    target::{RequestBody, Target, TargetAnswer},
    third_parties,
};
use crate::{layer::StateHeaders, wire::DAY};

const SITUATION: &str = "several visitors before a choice";

/// The visitors, of which each has to get another one.
const VISITORS: usize = 6;

/// The header that offers a response as a dictionary for others (RFC 9842).
const DICTIONARY: &str = "use-as-dictionary";

/// Something that browsers keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Redirect,
    Service,
    Dictionary,
    File,
}

impl Kept {
    const fn header(self) -> &'static str {
        match self {
            Self::Redirect => "location",
            Self::Service => "alt-svc",
            Self::Dictionary => DICTIONARY,
            Self::File => "cache-control",
        }
    }

    const fn why(self) -> &'static str {
        match self {
            Self::Redirect => {
                "each visitor is led to another address, and browsers keep this redirect: it identifies them"
            }
            Self::Service => {
                "each visitor gets another service (Alt-Svc), and browsers keep that: its name identifies them \
                 (RFC 7838, section 9.4)"
            }
            Self::Dictionary => {
                "each visitor gets another dictionary, and browsers send its hash with later requests: it identifies \
                 them (RFC 9842, section 10)"
            }
            Self::File => {
                "each visitor gets another file, and browsers keep it for a day or longer: scripts can read an \
                 identifier in it"
            }
        }
    }
}

/// Compares what several first-time visitors get.
pub(super) async fn compare(
    target: &mut impl Target,
    oracle: &Oracle,
    (request, label): (Request<RequestBody>, &str),
    recorder: &mut Recorder,
) {
    if oracle.state_headers() == StateHeaders::Allow {
        return;
    }
    let mut seen: BTreeMap<Kept, BTreeSet<String>> = BTreeMap::new();
    for visitor in 1..=VISITORS {
        let Ok(answer) = target.send(request.clone(), |_| true).await else {
            return;
        };
        let kept = kept_of(&request, &answer, oracle);
        for (kind, value) in kept {
            seen.entry(kind).or_default().insert(value);
        }
        // Each of the visitors so far got one, and another one.
        seen.retain(|_, values| values.len() == visitor);
        if seen.is_empty() {
            return;
        }
    }
    for kind in seen.into_keys() {
        let breach = Breach {
            requirement: Requirement::Headers,
            header: kind.header(),
            cookie: None,
            script: false,
            why: kind.why().to_owned(),
        };
        let seen = Occasion {
            request: label,
            situation: SITUATION,
        };
        recorder.breach(oracle.policy(), seen, breach);
    }
}

/// Returns what the browser keeps of a response, without times.
fn kept_of(
    request: &Request<RequestBody>,
    answer: &TargetAnswer,
    oracle: &Oracle,
) -> BTreeMap<Kept, String> {
    let headers = answer.headers();
    let now = oracle.now();
    let reuse = Reuse::of(&PlayedExchange {
        method: request.method(),
        uri: request.uri(),
        sent: request.headers(),
        status: answer.status(),
        received: headers,
        now,
    });
    let mut kept = BTreeMap::new();
    let text = |bytes: &[u8]| without_times(bytes, &[now]);
    let undeclared = |name: &str| oracle.policy().find_header(name).is_none();
    let location = headers.get(LOCATION).filter(|_| reuse.browser);
    if let Some(location) = location.filter(|_| answer.status().is_redirection()) {
        kept.insert(Kept::Redirect, text(location.as_bytes()));
    }
    if let Some(service) = headers.get(ALT_SVC).filter(|_| undeclared("alt-svc")) {
        kept.insert(Kept::Service, text(service.as_bytes()));
    }
    let body = answer.body().as_deref().unwrap_or_default();
    if headers.contains_key(DICTIONARY) && reuse.kept && undeclared(DICTIONARY) {
        kept.insert(Kept::Dictionary, text(body));
    } else if reuse.browser && reuse.seconds >= DAY && is_file(headers, answer) {
        kept.insert(Kept::File, text(body));
    }
    kept
}

/// Returns `true` for something else than a document, which may have a token of each visit.
fn is_file(headers: &HeaderMap, answer: &TargetAnswer) -> bool {
    answer.status().is_success() && !third_parties::is_document_of(headers)
}
