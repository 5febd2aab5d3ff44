//! Makes each visit of the plan in other ways: in other languages, with other browsers, from other sites, with
//! other queries and methods.

mod changes;
mod listed;
mod more_ways;
mod walls;
mod ways;

use std::borrow::Cow;

use http::{
    HeaderName, HeaderValue, Method,
    header::{
        ACCEPT_ENCODING, ACCEPT_LANGUAGE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
        USER_AGENT,
    },
};

use self::{
    listed::{Ways, changed},
    walls::Seen,
};
use super::{
    MOST_REPEATED, Play,
    shown::Shown,
    step::{Step, at},
    twins::is_partial,
};
use crate::conformance::{
    scenes::{self, Situation, Start},
    target::Target,
    third_parties,
    visitor::Visitor,
};

/// A visitor in a situation, who may be logged in.
type Player<'a> = (&'a Situation, &'a Visitor);

impl<T: Target> Play<T> {
    /// Visits the first pages in other ways: as somebody who has not chosen and as somebody who has refused; and in
    /// some ways as somebody with nothing but a stored choice.
    pub(super) async fn variants(&mut self, all: &[Situation]) {
        let of_name = |name: &str| all.iter().find(|scene| scene.situation == name);
        for (name, ways) in [
            (scenes::UNDECIDED, Ways::All),
            (scenes::REFUSED, Ways::Usual),
        ] {
            if let Some(scene) = of_name(name) {
                self.in_ways(all, scene, ways).await;
            }
        }
        let chosen = [scenes::REFUSED, scenes::ACCEPTED].into_iter();
        let partial = all.iter().find(|scene| is_partial(scene));
        for scene in chosen.filter_map(of_name).chain(partial) {
            self.in_ways(all, &alone(scene), Ways::Some).await;
        }
    }

    async fn in_ways(&mut self, all: &[Situation], scene: &Situation, ways: Ways) {
        self.sheets.clear();
        let mut visitor = self.visitor(scene);
        self.log_in(scene, &mut visitor).await;
        let player = (scene, &visitor);
        self.led.clear();
        let steps = self.plan.clone().into_iter();
        let pages = steps.filter(|step| step.parts.method == Method::GET);
        for step in pages.take(MOST_REPEATED) {
            let usual = self.seen(scene, &mut visitor.clone(), &step).await;
            for way in self.variants_of(&step, ways) {
                let (other, lasts) = (way.step, way.lasts);
                let mut visitor = visitor.clone();
                let seen = match way.repeats {
                    // Its cookies alone are judged.
                    true => self.seen(scene, &mut visitor, &other).await,
                    false => self.variant(scene, &mut visitor, &other).await,
                };
                if lasts {
                    let mut again = step.clone();
                    let way = other.label.trim_end_matches(')');
                    again.label = format!("{way} and then as usual)");
                    self.variant(scene, &mut visitor, &again).await;
                }
                let is_read = is_shown(&other) && !way.repeats;
                let seen = seen.as_ref().filter(|_| is_read);
                if let Some((usual, seen)) = usual.as_ref().zip(seen) {
                    self.walls_of(all, scene, (usual, seen)).await;
                    self.changes_of(scene, (usual, seen)).await;
                }
            }
            self.options(player, &step).await;
            self.revalidate(player, &step).await;
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

    /// Asks for the methods of a page, without cookies that could have to expire.
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
        if scene.start != Start::Planted {
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
}

/// Returns the situation with its choice alone. What is set in it does not count for other situations.
fn alone(scene: &Situation) -> Situation {
    let name = Cow::Owned(format!("{}, in other ways", scene.situation));
    Situation::new(name, Start::Empty, scene.preferences.clone())
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
/// picture or a script. One that may be compressed is not read.
fn is_shown(step: &Step) -> bool {
    let headers = &step.parts.headers;
    let destination = headers.get("sec-fetch-dest");
    let destination = destination.map(HeaderValue::as_bytes).unwrap_or_default();
    matches!(destination, b"" | b"document" | b"iframe" | b"empty")
        && !headers.contains_key(ACCEPT_ENCODING)
}
