//! Makes each visit of the plan in other ways: in other languages, with other browsers, from other sites, with
//! other queries and methods.

mod walls;
mod ways;

use self::{
    walls::Seen,
    ways::{BROWSERS, LANGUAGES, MORE_LANGUAGES, OTHERS, QUERIES, REFERRERS},
};
use super::{
    MOST_REPEATED, Play,
    shown::Shown,
    step::{Step, at, path_and_query},
};
use crate::{
    conformance::{
        scenes::{self, Situation, Start},
        target::Target,
        third_parties,
        visitor::Visitor,
    },
    policy::languages,
};
use http::{
    HeaderName, HeaderValue, Method, Uri,
    header::{ACCEPT_LANGUAGE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT},
};

/// A visit in another way.
struct Variant {
    step: Step,
    /// A site may remember it, so the page is visited as usual afterwards.
    lasts: bool,
}

/// A visitor in a situation, who may be logged in.
type Player<'a> = (&'a Situation, &'a Visitor);

impl<T: Target> Play<T> {
    /// Visits the first pages in other ways, as somebody who has not chosen and as somebody who has refused.
    pub(super) async fn variants(&mut self, all: &[Situation]) {
        let scenes = [scenes::UNDECIDED, scenes::REFUSED];
        for name in scenes {
            let Some(scene) = all.iter().find(|scene| scene.situation == name) else {
                continue;
            };
            self.sheets.clear();
            let mut visitor = self.visitor(scene);
            self.log_in(scene, &mut visitor).await;
            let player = (scene, &visitor);
            self.led.clear();
            let steps = self.plan.clone().into_iter();
            let pages = steps.filter(|step| step.parts.method == Method::GET);
            for step in pages.take(MOST_REPEATED) {
                let usual = self.seen(scene, &mut visitor.clone(), &step).await;
                for Variant { step: other, lasts } in self.variants_of(&step) {
                    let mut visitor = visitor.clone();
                    let seen = self.variant(scene, &mut visitor, &other).await;
                    if lasts {
                        let mut again = step.clone();
                        let way = other.label.trim_end_matches(')');
                        again.label = format!("{way} and then as usual)");
                        self.variant(scene, &mut visitor, &again).await;
                    }
                    let seen = seen.as_ref().filter(|_| is_shown(&other));
                    if let Some((usual, seen)) = usual.as_ref().zip(seen) {
                        self.walls_of(all, scene, (usual, seen)).await;
                    }
                }
                self.options(player, &step).await;
                self.revalidate(player, &step).await;
            }
        }
    }

    /// Visits a page in another way, and judges what it loads.
    async fn variant(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<Seen> {
        let seen = self.seen(scene, visitor, step).await?;
        let shown = Shown {
            answer: &seen.answer,
            told: &seen.told,
            url: &seen.url,
            label: &step.label,
            is_visit: step.parts.method.is_safe(),
        };
        if is_shown(step) {
            self.way = way_of(step);
            self.document(scene, visitor, shown).await;
            self.way.clear();
        }
        Some(seen)
    }

    async fn seen(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<Seen> {
        if scene.start == Start::Planted {
            visitor.plant(self.kit.oracle.policy(), &self.site, 0);
        }
        let heard = self
            .exchange(scene, visitor, step, third_parties::wants_body)
            .await;
        let (answer, told) = heard?;
        Some(Seen {
            step: step.clone(),
            url: at(&self.site, &step.parts.uri),
            visitor: visitor.clone(),
            answer,
            told,
        })
    }

    /// Asks for the methods of a page, without cookies.
    async fn options(&mut self, player: Player<'_>, step: &Step) {
        let headers = [
            ("access-control-request-method", "GET"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-dest", "empty"),
        ];
        let mut step = changed(step, "OPTIONS", &headers);
        step.parts.method = Method::OPTIONS;
        let (scene, visitor) = player;
        if scene.situation == scenes::UNDECIDED {
            self.variant(scene, &mut visitor.clone(), &step).await;
        }
    }

    /// Asks with the validator that the site gave whether the page has changed.
    async fn revalidate(&mut self, player: Player<'_>, step: &Step) {
        let (scene, visitor) = player;
        let first = changed(step, "for its ETag", &[]);
        let seen = self.variant(scene, &mut visitor.clone(), &first).await;
        let Some(seen) = seen else {
            return;
        };
        for (validator, condition, what) in [
            (ETAG, IF_NONE_MATCH, "with its ETag"),
            (LAST_MODIFIED, IF_MODIFIED_SINCE, "with its Last-Modified"),
        ] {
            if let Some(value) = seen.answer.headers().get(&validator) {
                let mut again = changed(step, what, &[]);
                again.parts.headers.insert(condition, value.clone());
                self.variant(scene, &mut visitor.clone(), &again).await;
            }
        }
    }

    fn variants_of(&self, step: &Step) -> Vec<Variant> {
        let mut all: Vec<_> = OTHERS
            .iter()
            .map(|(what, method, headers)| {
                let mut step = changed(step, what, headers);
                step.parts.method = method.clone();
                step
            })
            .collect();
        all.extend(self.in_languages(step));
        all.extend(
            BROWSERS.iter().map(|(what, agent)| {
                changed(step, &format!("by {what}"), &[("user-agent", agent)])
            }),
        );
        all.extend(other_paths(step));
        let mut lasting = Vec::new();
        for referrer in REFERRERS {
            let host = self.site.origin().ascii_serialization();
            let own = format!("{host}{}", at(&self.site, &step.parts.uri).path());
            let (from, site, what) = match referrer {
                "" => (&*own, "same-origin", "from its own page".to_owned()),
                other => (other, "cross-site", format!("from {other:?}")),
            };
            let headers = [("referer", from), ("sec-fetch-site", site)];
            lasting.push(changed(step, &what, &headers));
        }
        for query in QUERIES {
            let first = query.split('=').next().unwrap_or_default();
            let mut step = changed(step, &format!("with ?{first}"), &[]);
            let path = path_and_query(&step.parts.uri);
            let joint = if path.contains('?') { '&' } else { '?' };
            if let Ok(uri) = format!("{path}{joint}{query}").parse::<Uri>() {
                step.parts.uri = uri;
                lasting.push(step);
            }
        }
        let alone = all.into_iter().map(|step| Variant { step, lasts: false });
        let lasting = lasting
            .into_iter()
            .map(|step| Variant { step, lasts: true });
        alone.chain(lasting).collect()
    }

    /// Returns visits of a page with other preferred languages.
    fn in_languages(&self, step: &Step) -> Vec<Step> {
        let own = languages(self.kit.oracle.policy());
        let mut pages = self
            .plan
            .iter()
            .filter(|step| step.parts.method == Method::GET);
        let is_first = pages.next().is_some_and(|page| page.label == step.label);
        let more: &[&str] = if is_first { &MORE_LANGUAGES } else { &[] };
        let all = LANGUAGES.iter().chain(more).copied();
        all.chain(own.iter().map(String::as_str))
            .chain([""])
            .filter_map(|language| {
                let field = HeaderValue::try_from(language).ok()?;
                let first = language.split(',').next().unwrap_or_default();
                let mut step = changed(step, &format!("in {first:?}"), &[]);
                step.parts.headers.insert(ACCEPT_LANGUAGE, field);
                Some(step)
            })
            .collect()
    }
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

/// Returns what the documents in a page are asked for with as well, if it is not as usual.
fn way_of(step: &Step) -> Vec<(HeaderName, HeaderValue)> {
    let headers = &step.parts.headers;
    let names = [ACCEPT_LANGUAGE, USER_AGENT].into_iter();
    names
        .filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())))
        .collect()
}

/// Returns `true` for a request whose response browsers read as a document: none is what a page loads as a
/// picture or a script.
fn is_shown(step: &Step) -> bool {
    let destination = step.parts.headers.get("sec-fetch-dest");
    let destination = destination.map(HeaderValue::as_bytes).unwrap_or_default();
    matches!(destination, b"" | b"document" | b"iframe" | b"empty")
}

/// Returns the step with these headers; an empty one is left out.
fn changed(step: &Step, what: &str, headers: &[(&str, &str)]) -> Step {
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
