//! Reads the documents of the site, and judges what they load.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use http::{
    HeaderMap, HeaderValue,
    header::{DATE, LOCATION, SET_COOKIE},
};
use url::Url;

use super::{
    super::planned::get,
    Play,
    shown::{MOST_REDIRECTS, OwnSheet, Shown},
    step::{Step, at, is_html, redirected},
};
use crate::{
    Consent,
    conformance::{
        pages::PageRead,
        recorder::{Occasion, Recorder},
        scenes::Situation,
        target::{MOST_BYTES, Target, TargetAnswer},
        third_parties::{self, Document, Load, Page},
        visitor::Visitor,
    },
    policy::origin::is_own,
};

/// The bytes of style sheets that are kept: a hostile site has any number of them.
const MOST_OF_SHEETS: usize = 64 << 20;
/// Style sheets of the site that are read for one document.
const MOST_SHEETS: usize = 50;

impl<T: Target> Play<T> {
    /// Judges what the response makes the browser load from others.
    pub(super) async fn document(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        shown: Shown<'_>,
    ) {
        // A response that makes a choice is judged by it.
        let consent = shown.told.answer.as_ref().or(shown.told.consent.as_ref());
        let Some(consent) = consent else {
            return;
        };
        let headers = shown.answer.headers();
        let known = fingerprint(shown, consent);
        let known_here = hash(&(known, &*scene.situation));
        let known_in_way = hash(&(known_here, &self.way));
        let mut all_known = [known, known_here, known_in_way].into_iter();
        if all_known.any(|known| self.clean.contains(&known)) && !self.keeps_others() {
            return;
        }
        let page = Page {
            url: shown.url,
            headers,
            body: self.body_of(shown),
        };
        let is_shown = shown
            .answer
            .body()
            .as_ref()
            .is_some_and(|body| !body.is_empty());
        let is_document = is_shown && third_parties::is_document_of(headers);
        let mut document = Document::read(&page, consent);
        document.headers(headers, is_document);
        if is_document {
            third_parties::exercise(consent, &mut self.ledger.recorder);
        }
        let icon = Self::is_followed(scene).then(|| document.icon()).flatten();
        let has_sheets = !document.own_sheets().is_empty();
        self.read_sheets(scene, visitor, (shown.label, &mut document))
            .await;
        // With the pictures of the style sheets.
        let own = Self::own_loads(scene, &document);
        let is_alone = !has_sheets && own.is_empty();
        let has_documents = own.iter().any(Load::is_document);
        for load in own.into_iter().chain(icon) {
            self.follow_load(scene, visitor, (shown.label, &mut document), &load)
                .await;
        }
        let seen = Occasion {
            request: shown.label,
            situation: &scene.situation,
        };
        #[cfg(feature = "evidence")]
        self.capture_others(scene, &document);
        #[cfg(feature = "documents")]
        self.take_others(scene, shown.url.path(), &document);
        let is_fine = judge_page(shown, consent, seen, &mut self.ledger.recorder);
        let is_clean = document.judge(seen, &mut self.ledger.recorder) && is_fine;
        // Style sheets may differ in other situations, and documents in other languages.
        let known = match (is_alone, has_documents) {
            (true, _) => known,
            (false, false) => known_here,
            (false, true) => known_in_way,
        };
        if is_clean {
            self.clean.insert(known);
        }
    }

    /// Reads the style sheets of the site that a document loads.
    async fn read_sheets(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        (label, document): (&str, &mut Document<'_>),
    ) {
        let mut sheets = document.own_sheets();
        let mut read = BTreeSet::new();
        while let Some((url, under)) = sheets.pop() {
            if read.len() >= MOST_SHEETS {
                let note = format!("{label}: more than {MOST_SHEETS} style sheets were not read");
                self.ledger.recorder.note(note);
                break;
            }
            if !read.insert((url.clone(), under)) {
                continue;
            }
            if let Some(sheet) = self.sheet(scene, visitor, &url).await {
                let page = Page {
                    url: &sheet.url,
                    headers: &sheet.headers,
                    body: &sheet.body,
                };
                document.sheet(&page, under);
                let new = document.own_sheets().into_iter();
                sheets.extend(new.filter(|sheet| !read.contains(sheet)));
            }
        }
    }

    /// Returns the body of a document, and reports one that can't be read whole.
    fn body_of<'a>(&mut self, shown: Shown<'a>) -> &'a [u8] {
        let body = shown.answer.body().as_deref().unwrap_or_default();
        let label = shown.label;
        if body.is_empty() {
            return body;
        }
        if self.tell_coding(label, "a document", shown.answer.headers()) {
            return &[];
        }
        if body.len() >= MOST_BYTES {
            let note = format!("{label}: only the first {MOST_BYTES} bytes were read");
            self.ledger.recorder.note(note);
        }
        body
    }

    /// Reports a body that can't be read, and returns `true` for it.
    fn tell_coding(&mut self, label: &str, what: &str, headers: &HeaderMap) -> bool {
        let Some(coding) = third_parties::coding(headers) else {
            return false;
        };
        let failure = format!(
            "{label}: {what} in the content coding {coding:?}, which was not asked for, so it was not \
             read"
        );
        self.ledger.recorder.fail(&failure);
        true
    }

    /// Requests a style sheet of the site, once in each scene.
    async fn sheet(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        url: &Url,
    ) -> Option<OwnSheet> {
        let mut path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        if let Some(sheet) = self.sheets.get(&path) {
            return sheet.clone();
        }
        self.note_resource(&path);
        let asked = path.clone();
        let mut found = None;
        for _ in 0..MOST_REDIRECTS {
            let Some(step) = sheet_step(&path) else {
                break;
            };
            let at = at(&self.site, &step.parts.uri);
            let heard = self
                .exchange(scene, visitor, &step, third_parties::wants_sheet)
                .await;
            let Some((answer, _)) = heard else {
                break;
            };
            if let Some(next) = redirected(&answer, &at) {
                path = next;
                continue;
            }
            self.tell_coding(&step.label, "a style sheet", answer.headers());
            found = own_sheet(&answer, at);
            break;
        }
        let size = |sheet: &Option<OwnSheet>| sheet.as_ref().map_or(0, |it| it.body.len());
        if self.sheets.values().map(size).sum::<usize>() > MOST_OF_SHEETS {
            // They are requested again where they are needed.
            self.sheets.clear();
        }
        self.sheets.insert(asked, found.clone());
        found
    }
}

/// Judges what a page asks. A response to a form may repeat what the visitor has just ticked.
fn judge_page(
    shown: Shown<'_>,
    consent: &Consent,
    seen: Occasion<'_>,
    recorder: &mut Recorder,
) -> bool {
    let headers = shown.answer.headers();
    let body = shown.answer.body().as_deref().unwrap_or_default();
    let is_page = is_html(headers) && third_parties::coding(headers).is_none();
    if !shown.is_visit || !is_page || body.is_empty() {
        return true;
    }
    let text = third_parties::decoded(headers, body);
    !PageRead::may_ask(&text) || PageRead::new(&text, shown.url, consent).judge(seen, recorder)
}

/// Returns what identifies a document for a visitor: the same one need not be read again.
fn fingerprint(shown: Shown<'_>, consent: &Consent) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in shown.answer.headers() {
        if name != SET_COOKIE && name != DATE {
            (name, value).hash(&mut hasher);
        }
    }
    let choice = consent.choice().map(|choice| {
        let sets = (choice.granted, choice.denied);
        (sets, choice.revision, choice.gpc, choice.decided_at)
    });
    (shown.url.as_str(), shown.answer.body(), choice).hash(&mut hasher);
    format!(
        "{:?} {:?}",
        consent.status(),
        consent.regime().map(|regime| regime.id().to_owned())
    )
    .hash(&mut hasher);
    (consent.gpc(), consent.has_several_preferences()).hash(&mut hasher);
    hasher.finish()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn sheet_step(path: &str) -> Option<Step> {
    let mut parts = get(path)?;
    for (name, value) in [
        ("accept", "text/css,*/*;q=0.1"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "style"),
    ] {
        parts.headers.insert(name, HeaderValue::from_static(value));
    }
    let label = format!("GET {}", parts.uri.path());
    Some(Step {
        label,
        ..Step::visit(parts, 0)
    })
}

/// Returns the style sheet of a response; one that leads to another host is like one that imports it.
fn own_sheet(answer: &TargetAnswer, url: Url) -> Option<OwnSheet> {
    let away = answer.headers().get(LOCATION);
    let away = away.filter(|_| answer.status().is_redirection());
    let away = away.and_then(|away| url.join(away.to_str().ok()?).ok());
    let body = match away.filter(|away| !is_own(&url, away)) {
        Some(away) => format!("@import \"{away}\";").into_bytes(),
        None => answer.body().clone()?,
    };
    Some(OwnSheet {
        url,
        headers: answer.headers().clone(),
        body,
    })
}
