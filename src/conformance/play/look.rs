//! Single requests of visitors who opt out, and what they see.

use http::StatusCode;
use url::Url;

use super::{
    super::planned::get,
    Play,
    login::Audience,
    step::{Step, at, is_html, path_and_query, redirected},
};
use crate::{
    conformance::{
        judge::AnswerJudgement,
        markup::Submission,
        opt_outs::{KnownPages, Markup, PageSeen},
        recorder::Occasion,
        scenes::{Situation, Start},
        target::Target,
        third_parties,
        visitor::Visitor,
    },
    consent::{OptOutStatus, unix_seconds},
    wire::cache::{self, Cacheability},
};

/// A response as a visitor sees it.
pub(super) struct Look {
    pub(super) url: Url,
    pub(super) label: String,
    pub(super) status: StatusCode,
    pub(super) told: AnswerJudgement,
    /// The path that it redirects to, on this site.
    pub(super) next: Option<String>,
    /// Shared caches may store it, so that it can't carry a choice.
    pub(super) is_shared: bool,
    pub(super) markup: Option<Markup>,
}

/// The opt-outs of one run.
pub(super) struct OptOuts {
    /// The visitors who opt out.
    pub(super) audience: Audience,
    pub(super) known: KnownPages,
    /// The pages of visitors who can opt out.
    pub(super) pages: Vec<Step>,
}

impl OptOuts {
    /// Returns a situation of these visitors, whose browsers keep what they get.
    pub(super) fn situation(&self, name: &str, gpc: Option<&'static str>) -> Situation {
        situation(self.audience.situation(name), gpc)
    }

    /// Returns the page of a look, if it is one of a visitor who can opt out.
    pub(super) fn page<'a>(look: &'a Look, scene: &'a Situation) -> Option<PageSeen<'a>> {
        let consent = look.told.consent.as_ref()?;
        let offers = consent.opt_out_status() != OptOutStatus::NotOffered;
        Some(PageSeen {
            markup: look.markup.as_ref().filter(|_| offers)?,
            url: &look.url,
            consent,
            seen: Occasion {
                request: &look.label,
                situation: &scene.situation,
            },
        })
    }
}

/// Returns the situation of a visitor whose browser keeps what it gets.
pub(super) fn situation(name: impl Into<String>, gpc: Option<&'static str>) -> Situation {
    Situation {
        gpc,
        ..Situation::new(name.into(), Start::Lasting, Vec::new())
    }
}

impl<T: Target> Play<T> {
    pub(super) fn visitor(&self, scene: &Situation) -> Visitor {
        let mut visitor = Visitor::new(&self.kit, &self.site);
        visitor.enter(scene, self.kit.oracle.policy(), &self.site);
        visitor
    }

    /// Sends one request, without following redirects.
    pub(super) async fn look(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<Look> {
        let (answer, told) = self
            .exchange(scene, visitor, step, third_parties::wants_body)
            .await?;
        let url = at(&self.site, &step.parts.uri);
        let headers = answer.headers();
        let body = answer.body().as_deref().unwrap_or_default();
        let is_page = answer.status().is_success()
            && is_html(headers)
            && third_parties::coding(headers).is_none();
        let markup = is_page.then(|| Markup::read(&third_parties::decoded(headers, body), &url));
        let now = || unix_seconds(self.kit.now());
        Some(Look {
            next: redirected(&answer, &url),
            is_shared: cache::keeps_cookies(headers, Cacheability::USUAL, now),
            status: answer.status(),
            label: step.label.clone(),
            markup,
            told,
            url,
        })
    }
}

/// Returns the visit of a page of the site.
pub(super) fn page_step(url: &Url) -> Option<Step> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let parts = get(&path)?;
    let label = format!("GET {}", parts.uri.path());
    Some(Step {
        label,
        ..Step::visit(parts, 0)
    })
}

/// Returns the request of a form.
pub(super) fn submitted(submission: Submission) -> Step {
    let Submission { parts, body, url } = submission;
    Step {
        label: format!("{} {}", parts.method, url.path()),
        body,
        ..Step::visit(parts, 0)
    }
}

/// Returns `true` for the same request.
pub(super) fn is_same(one: &Step, other: &Step) -> bool {
    (&one.parts.method, path_and_query(&one.parts.uri), &one.body)
        == (
            &other.parts.method,
            path_and_query(&other.parts.uri),
            &other.body,
        )
}
