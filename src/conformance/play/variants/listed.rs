//! The list of the ways in which a page is visited.

use http::{HeaderName, HeaderValue, Method, Uri, header::ACCEPT_LANGUAGE};

use super::{
    more_ways::{MORE_BROWSERS, MORE_LANGUAGES, MORE_OTHERS, MORE_QUERIES, MORE_REFERRERS},
    ways::{BROWSERS, Headers, LANGUAGES, OTHERS, QUERIES, REFERRERS, UNION_LANGUAGES},
};
use crate::{
    conformance::{
        play::{
            Play,
            step::{Step, at, path_and_query},
        },
        target::Target,
    },
    policy::{CategorySet, languages},
};

/// How many ways a visitor takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// All of them.
    All,
    /// All that every page is visited in.
    Usual,
    /// The most common ones.
    Some,
}

/// A visit in another way.
pub(super) struct Variant {
    pub(super) step: Step,
    /// A site may remember it, so the page is visited as usual afterwards.
    pub(super) lasts: bool,
    /// The page may repeat a query, in addresses and forms, so that it is not the site that asks.
    pub(super) repeats: bool,
}

impl Variant {
    const fn alone(step: Step) -> Self {
        Self {
            step,
            lasts: false,
            repeats: false,
        }
    }

    fn lasting(step: Step) -> Self {
        let query = step.parts.uri.query();
        Self {
            repeats: query.is_some_and(|query| query.contains("consent=")),
            step,
            lasts: true,
        }
    }

    const fn repeating(step: Step) -> Self {
        Self {
            step,
            lasts: false,
            repeats: true,
        }
    }
}

impl<T: Target> Play<T> {
    /// Returns the visits of a page in other ways, of which the first page of the plan has more.
    pub(super) fn variants_of(&self, step: &Step, ways: Ways) -> Vec<Variant> {
        if ways == Ways::Some {
            return some_ways(step);
        }
        let is_first = self.is_first(step);
        let mut all: Vec<_> = OTHERS.iter().map(|other| by(step, other)).collect();
        all.extend(self.in_languages(step, is_first, ways));
        all.extend(BROWSERS.iter().map(|browser| with_browser(step, browser)));
        all.extend(other_paths(step));
        let mut lasting: Vec<_> = REFERRERS.iter().map(|from| self.from(step, from)).collect();
        let queries = QUERIES.iter();
        lasting.extend(queries.filter_map(|query| with_query(step, query)));
        let mut repeating = Vec::new();
        if is_first {
            let consents = self.consents();
            let queries = MORE_QUERIES.iter().copied();
            let queries = queries.chain(consents.iter().map(String::as_str));
            repeating.extend(queries.filter_map(|query| with_query(step, query)));
        }
        if is_first && ways == Ways::All {
            all.extend(MORE_OTHERS.iter().map(|other| by(step, other)));
            let browsers = MORE_BROWSERS.iter();
            all.extend(browsers.map(|browser| with_browser(step, browser)));
            let referrers = MORE_REFERRERS.iter();
            all.extend(referrers.map(|from| self.from(step, from)));
        }
        let alone = all.into_iter().map(Variant::alone);
        alone
            .chain(lasting.into_iter().map(Variant::lasting))
            .chain(repeating.into_iter().map(Variant::repeating))
            .collect()
    }

    fn is_first(&self, step: &Step) -> bool {
        let mut pages = self.plan.iter();
        let page = pages.find(|step| step.parts.method == Method::GET);
        page.is_some_and(|page| page.label == step.label)
    }

    /// Returns a visit from a page: an empty address is the page's own.
    fn from(&self, step: &Step, referrer: &str) -> Step {
        let host = self.site.origin().ascii_serialization();
        let own = format!("{host}{}", at(&self.site, &step.parts.uri).path());
        let (from, site, what) = match referrer {
            "" => (&*own, "same-origin", "from its own page".to_owned()),
            other => (other, "cross-site", format!("from {other:?}")),
        };
        let headers = [("referer", from), ("sec-fetch-site", site)];
        changed(step, &what, &headers)
    }

    /// Returns queries that consent to what the policy asks for.
    fn consents(&self) -> Vec<String> {
        let policy = self.kit.oracle.policy();
        let ids = |asked: CategorySet, with: fn(&str) -> String| {
            let ids = asked.iter().filter_map(|number| policy.id_at(number));
            ids.map(with).collect::<Vec<_>>().join("&")
        };
        let asked = policy.consenting();
        [
            ids(asked, |id| format!("{id}=1")),
            ids(asked, |id| format!("consent={id}")),
        ]
        .into_iter()
        .filter(|query| !query.is_empty())
        .collect()
    }

    /// Returns visits of a page with other preferred languages.
    fn in_languages(&self, step: &Step, is_first: bool, ways: Ways) -> Vec<Step> {
        let own = languages(self.kit.oracle.policy());
        let union: &[&str] = if is_first { &UNION_LANGUAGES } else { &[] };
        let has_more = is_first && ways == Ways::All;
        let more = if has_more { MORE_LANGUAGES } else { &[] };
        let all = LANGUAGES.iter().chain(union).chain(more).copied();
        all.chain(own.iter().map(String::as_str))
            .chain([""])
            .filter_map(|language| in_language(step, language))
            .collect()
    }
}

/// Returns the visits of somebody who has chosen in the most common other ways.
fn some_ways(step: &Step) -> Vec<Variant> {
    let languages = LANGUAGES.iter().take(2);
    let mut all: Vec<_> = languages
        .filter_map(|language| in_language(step, language))
        .collect();
    let browsers = BROWSERS.iter().take(2);
    all.extend(browsers.map(|browser| with_browser(step, browser)));
    let others = OTHERS
        .iter()
        .filter(|(what, ..)| matches!(*what, "HEAD" | "by fetch" | "with Accept-Encoding"));
    all.extend(others.map(|other| by(step, other)));
    let queries = QUERIES.iter().take(1);
    let lasting = queries.filter_map(|query| with_query(step, query));
    let lasting: Vec<_> = lasting.map(Variant::lasting).collect();
    all.into_iter().map(Variant::alone).chain(lasting).collect()
}

fn by(step: &Step, (what, method, headers): &(&str, Method, Headers)) -> Step {
    let mut step = changed(step, what, headers);
    step.parts.method = method.clone();
    step
}

fn with_browser(step: &Step, (what, agent): &(&str, &str)) -> Step {
    changed(step, &format!("by {what}"), &[("user-agent", agent)])
}

fn in_language(step: &Step, language: &str) -> Option<Step> {
    let field = HeaderValue::try_from(language).ok()?;
    let first = language.split(',').next().unwrap_or_default();
    let mut step = changed(step, &format!("in {first:?}"), &[]);
    step.parts.headers.insert(ACCEPT_LANGUAGE, field);
    Some(step)
}

fn with_query(step: &Step, query: &str) -> Option<Step> {
    let first = query.split('&').next().unwrap_or_default();
    let name = first.split('=').next().unwrap_or_default();
    let what = if name == "consent" { first } else { name };
    let mut step = changed(step, &format!("with ?{what}"), &[]);
    let path = path_and_query(&step.parts.uri);
    let joint = if path.contains('?') { '&' } else { '?' };
    step.parts.uri = format!("{path}{joint}{query}").parse::<Uri>().ok()?;
    Some(step)
}

/// Returns visits of addresses that are like the one of a page: with or without a slash at the end, and of a page
/// that is not there.
fn other_paths(step: &Step) -> Vec<Step> {
    let path = step.parts.uri.path();
    let bare = path.trim_end_matches('/');
    if bare.is_empty() {
        return Vec::new();
    }
    let slash = match bare.len() == path.len() {
        true => (format!("{bare}/"), "with a slash at the end"),
        false => (bare.to_owned(), "without the slash at the end"),
    };
    let missing = (format!("{bare}/conformance-kit"), "a missing page below it");
    let paths = [slash, missing].into_iter().filter_map(|(path, what)| {
        let mut step = changed(step, what, &[]);
        step.parts.uri = path.parse().ok()?;
        Some(step)
    });
    paths.collect()
}

/// Returns the step with these headers.
pub(super) fn changed(step: &Step, what: &str, headers: &[(&str, &str)]) -> Step {
    let mut step = step.clone();
    step.label = format!("{} ({what})", step.label);
    for (name, value) in headers {
        let name = HeaderName::try_from(*name);
        let value = HeaderValue::try_from(*value);
        if let (Ok(name), Ok(value)) = (name, value) {
            step.parts.headers.insert(name, value);
        }
    }
    step
}
