//! Follows what documents load from the site itself: documents inside of them, and what leads to other sites.

use http::{HeaderValue, Response, header::LOCATION};
use url::Url;

use super::{
    Play,
    look::page_step,
    shown::{MOST_REDIRECTS, Shown},
    step::{Step, at, path_and_query},
};
use crate::{
    conformance::{
        scenes::{self, Situation},
        target::Target,
        third_parties::{self, Document, Load},
        visitor::Visitor,
    },
    policy::origin::is_own,
};

/// What is followed in one scene.
const MOST_FOLLOWED: usize = 100;
/// The same with what is followed in other languages and for other browsers.
const MOST_FOLLOWED_IN_WAYS: usize = 200;

/// The files and frames of the site that are compared between visitors.
const MOST_RESOURCES: usize = 16;

/// The situations without consent in which it is followed.
const FOLLOWED: [&str; 3] = [scenes::UNDECIDED, scenes::REFUSED, scenes::WITHDRAWN];

impl<T: Target> Play<T> {
    /// Returns `true` for a scene in which it is followed.
    pub(super) fn is_followed(scene: &Situation) -> bool {
        let name = &*scene.situation;
        FOLLOWED.contains(&name) || name.starts_with(scenes::ONE_SERVICE)
    }

    /// Returns what a document loads from the site itself and has to be followed in this scene.
    pub(super) fn own_loads(scene: &Situation, document: &Document<'_>) -> Vec<Load> {
        match Self::is_followed(scene) {
            true => document.own_loads(),
            false => Vec::new(),
        }
    }

    /// Requests what a document loads, once in each scene, and reads it if it is a document itself.
    pub(super) async fn follow_load(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        (label, document): (&str, &mut Document<'_>),
        load: &Load,
    ) {
        let Some(mut step) = load_step(load, label) else {
            return;
        };
        let mut path = path_and_query(&step.parts.uri);
        let is_file = !load.is_document();
        if !load.is_refresh() {
            self.note_resource(&path);
        }
        // A document in a page may be another one in another language, or for another browser.
        for (name, value) in self.way.iter().filter(|_| !is_file) {
            path = format!("{path} {value:?}");
            step.parts.headers.insert(name.clone(), value.clone());
        }
        if let Some(led) = self.led.get(&path) {
            if let Some(url) = led.clone() {
                document.leads(load, url);
            }
            return;
        }
        let is_in_way = |path: &str| path.contains(' ');
        let most = match is_in_way(&path) {
            true => MOST_FOLLOWED_IN_WAYS,
            false => MOST_FOLLOWED,
        };
        let alike = self.led.keys();
        let alike = alike.filter(|other| is_in_way(other) == is_in_way(&path));
        if alike.count() >= most {
            let note = format!(
                "{label}: only {most} of the things that pages load from the site were followed"
            );
            return self.ledger.recorder.note(note);
        }
        self.led.insert(path.clone(), None);
        let led = self.lead(scene, visitor, step, load.is_document()).await;
        if let Some(url) = led {
            self.led.insert(path, Some(url.clone()));
            document.leads(load, url);
        }
    }

    /// Takes note of a part of a page, whose validators are compared between visitors.
    pub(super) fn note_resource(&mut self, path: &str) {
        if self.resources.len() < MOST_RESOURCES {
            self.resources.insert(path.to_owned());
        }
    }

    /// Returns the address of another site that a request leads to.
    async fn lead(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        mut step: Step,
        is_document: bool,
    ) -> Option<Url> {
        for _ in 0..=MOST_REDIRECTS {
            let url = at(&self.site, &step.parts.uri);
            let wants_body: fn(&Response<()>) -> bool = match is_document {
                true => third_parties::wants_body,
                false => |_| false,
            };
            let heard = self.exchange(scene, visitor, &step, wants_body).await;
            let (answer, told) = heard?;
            let is_redirect = answer.status().is_redirection();
            if is_document && !is_redirect {
                let shown = Shown {
                    answer: &answer,
                    told: &told,
                    url: &url,
                    label: &step.label,
                    is_visit: true,
                };
                Box::pin(self.document(scene, visitor, shown)).await;
            }
            let to = location(is_redirect, answer.headers(), &url)?;
            if !is_own(&url, &to) {
                return Some(to);
            }
            let uri = page_step(&to)?.parts.uri;
            step.parts.uri = uri;
        }
        None
    }
}

fn location(is_redirect: bool, headers: &http::HeaderMap, from: &Url) -> Option<Url> {
    let to = headers.get(LOCATION).filter(|_| is_redirect)?;
    from.join(to.to_str().ok()?).ok()
}

/// Returns the request of a browser for what a document loads.
pub(super) fn load_step(load: &Load, label: &str) -> Option<Step> {
    let mut step = page_step(&load.url)?;
    let (of_file, accept) = load.request_headers();
    let destination = match (load.is_document(), load.is_refresh()) {
        (_, true) => "document",
        (true, _) => "iframe",
        _ => of_file,
    };
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-dest", destination),
    ] {
        step.parts
            .headers
            .insert(name, HeaderValue::from_static(value));
    }
    if !load.is_document() {
        let headers = &mut step.parts.headers;
        headers.insert("sec-fetch-mode", HeaderValue::from_static("no-cors"));
        headers.insert("accept", HeaderValue::from_static(accept));
        headers.remove("sec-fetch-user");
    }
    step.label = format!("{} (in {label})", step.label);
    Some(step)
}
