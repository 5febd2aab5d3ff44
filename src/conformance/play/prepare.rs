//! Fills in the forms that a test names, and those that pages have, as the visitor gets them.

use bytes::Bytes;
use http::{
    HeaderName,
    header::{ACCEPT_LANGUAGE, USER_AGENT},
    request::Parts,
};
use url::Url;

use super::{
    Play,
    exchange::Played,
    identities::ADDRESS,
    shown::MOST_REDIRECTS,
    step::{Step, at, redirected},
};
use crate::conformance::{
    forms::{Filled, SiteForm},
    intent::{Intent, Known},
    markup::Submission,
    pages::PageRead,
    planned::get,
    scenes::Situation,
    target::Target,
    third_parties,
    visitor::Visitor,
};

impl<T: Target> Play<T> {
    /// Sends a request of the plan: for a form, visits its page first and fills it in.
    pub(super) async fn prepared(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<Step> {
        let form = step.form.clone()?;
        let filled = match self.form_of(scene, visitor, &form).await {
            Ok(filled) => filled,
            Err(why) => {
                self.skip(&step.label, &why);
                return None;
            }
        };
        let Filled { parts, body } = filled;
        let intent = match &step.intent {
            Some((intent, Known::Declared)) => Some((intent.clone(), Known::Declared)),
            _ => Intent::of_plan(&parts, &body, self.kit.oracle.policy())
                .map(|intent| (intent, Known::Read)),
        };
        Some(Step {
            intent,
            ..as_the_same_browser(step, parts, body)
        })
    }

    /// Reports a request that said nothing.
    pub(super) fn skip(&mut self, label: &str, why: &str) {
        let note = format!("not exercised: {label}: {why}");
        self.ledger.recorder.note(note);
    }

    /// Takes note of a form whose response is an error.
    pub(super) fn note_refused_form(&mut self, step: &Step, status: u16) {
        if step.form.is_some() && status >= 400 {
            let why = format!("its response has the status {status}");
            self.skip(&step.label, &why);
        }
    }

    async fn form_of(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        form: &SiteForm,
    ) -> Result<Filled, String> {
        let (played, url) = self.page_of(scene, visitor, &form.page).await?;
        filled(&played, &url, form)
    }

    /// Returns the request of a control that a page had before; `None` if this visitor does not get it.
    pub(super) async fn found_again(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<Step> {
        let wanted = step.control.as_ref()?;
        let (played, url) = self.page_of(scene, visitor, &wanted.page).await.ok()?;
        let headers = played.answer.headers();
        let body = played.answer.body().as_deref().unwrap_or_default();
        let text = third_parties::decoded(headers, body);
        let page = PageRead::new(&text, &url, played.told.consent.as_ref()?);
        let mut all = page.controls.all.iter();
        let control = all.find(|it| it.meaning == wanted.meaning && it.text == wanted.text)?;
        let Submission { parts, body, .. } = page.controls.submission(control)?;
        Some(as_the_same_browser(step, parts, body))
    }

    /// Visits the page of a form.
    async fn page_of(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        path: &str,
    ) -> Result<(Played, Url), String> {
        let mut path = path.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let parts = get(&path).ok_or_else(|| "a path begins with `/`".to_owned())?;
            let mut visit = Step::visit(parts, 0);
            visit.label = format!("GET {} (for its form)", visit.parts.uri.path());
            let url = at(&self.site, &visit.parts.uri);
            let played = self
                .sent(scene, visitor, &visit, third_parties::wants_body)
                .await;
            let played = played.ok_or_else(|| "its page gets no response".to_owned())?;
            match redirected(&played.answer, &url) {
                Some(next) => path = next,
                None => return Ok((played, url)),
            }
        }
        Err("its page redirects without end".to_owned())
    }
}

/// Returns the step with this request, sent by the browser of the step.
fn as_the_same_browser(step: &Step, mut parts: Parts, body: Bytes) -> Step {
    let told = [USER_AGENT.as_str(), ACCEPT_LANGUAGE.as_str(), ADDRESS];
    for name in told.map(HeaderName::from_static) {
        if let Some(value) = step.parts.headers.get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    Step {
        parts,
        body,
        ..step.clone()
    }
}

fn filled(played: &Played, url: &Url, form: &SiteForm) -> Result<Filled, String> {
    let (status, headers) = (played.answer.status(), played.answer.headers());
    if !status.is_success() {
        return Err(format!("its page has the status {}", status.as_u16()));
    }
    if third_parties::coding(headers).is_some() {
        return Err("its page has a content coding, which was not asked for".to_owned());
    }
    let body = played.answer.body().as_deref().unwrap_or_default();
    Filled::of(&third_parties::decoded(headers, body), url, form)
}
