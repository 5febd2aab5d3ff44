//! What is known of the pages of one run.

use std::collections::{BTreeMap, BTreeSet};

use http::{
    HeaderMap, StatusCode,
    header::{LOCATION, REFRESH},
};
use url::Url;

use crate::{
    Choice, Consent,
    conformance::{
        judge::AnswerJudgement,
        pages::{Content, PageRead, soon},
        play::{
            login::Audience,
            reading::plain::{is_of_data, names_part, plain},
            step::{Step, is_html, path_and_query, redirected},
        },
        recorder::Occasion,
        scenes::Situation,
        target::TargetAnswer,
        third_parties,
        visitor::Visitor,
    },
};

/// A response as a visitor reads it.
pub(in crate::conformance::play) struct PageSeen {
    pub(super) step: Step,
    pub(super) status: StatusCode,
    /// The path that it redirects to, or the other site.
    pub(super) leads_to: Option<String>,
    /// The address that it goes to by itself within seconds.
    pub(super) refreshes_to: Option<Url>,
    /// People ask for it: it is a page, leads to one, or is a file to save.
    pub(super) is_for_people: bool,
    pub(in crate::conformance::play) page: Option<PageRead>,
    /// The text that people read who visit an address without a page.
    pub(super) plain: Option<Content>,
    /// That text names something that needs consent.
    pub(super) names_part: bool,
    /// The address may be that of data, or of something that needs consent.
    pub(super) is_of_data: bool,
    /// It has a heading, or is a whole document.
    pub(super) is_headed: bool,
    /// It is a whole document, and not a part of one.
    pub(super) is_whole: bool,
    /// Caches may give it to other visitors.
    pub(super) is_shared: bool,
    /// The visitor after it.
    pub(super) visitor: Visitor,
}

impl PageSeen {
    pub(in crate::conformance::play) fn new(
        step: &Step,
        (answer, told): (&TargetAnswer, &AnswerJudgement),
        url: &Url,
        visitor: &Visitor,
    ) -> Self {
        let headers = answer.headers();
        let body = answer.body().as_deref().unwrap_or_default();
        let is_page =
            is_html(headers) && third_parties::coding(headers).is_none() && !body.is_empty();
        let text = third_parties::decoded(headers, body);
        let consent = told.consent.as_ref().filter(|_| is_page);
        let start: String = text
            .chars()
            .take(2_000)
            .collect::<String>()
            .to_ascii_lowercase();
        let skeleton = ["<!doctype", "<html", "<body", "<title", "<main"];
        let policy = told.consent.as_ref().map(Consent::policy);
        let plain = plain(step, answer).filter(|_| !is_page);
        let is_whole = is_page && skeleton.iter().any(|part| start.contains(part));
        Self {
            names_part: plain
                .as_ref()
                .zip(policy)
                .is_some_and(|(plain, policy)| names_part(plain, policy)),
            plain,
            is_of_data: policy.is_none_or(|policy| is_of_data(step.parts.uri.path(), policy)),
            step: step.clone(),
            status: answer.status(),
            leads_to: redirected(answer, url).or_else(|| away(answer, url)),
            refreshes_to: refreshed(headers, url),
            is_for_people: is_page
                || answer.status().is_redirection()
                || third_parties::is_file(headers),
            page: consent.map(|consent| PageRead::new(&text, url, consent)),
            is_headed: is_page && (is_whole || start.contains("<h1")),
            is_whole,
            is_shared: false,
            visitor: visitor.clone(),
        }
    }
}

/// What is known of the pages of one run.
#[derive(Default)]
pub(super) struct Reading {
    /// The visitors who read.
    pub(super) audience: Audience,
    /// What controls did, by what they send.
    pub(super) attempts: BTreeMap<String, Attempt>,
    /// The pages behind links, by path: what is wrong with them, if anything is.
    pub(super) linked: BTreeMap<String, Option<String>>,
    /// The paths of documents inside of others.
    pub(super) frames: BTreeSet<String>,
    /// The paths, with their queries, that links for choosing lead to.
    pub(super) settings: BTreeSet<String>,
    /// What controls are called that accept everything, and say so by what they do alone.
    pub(super) asking: BTreeSet<String>,
    /// Some page lets visitors choose.
    pub(super) offers_choice: bool,
    /// Some page is a whole document.
    pub(super) has_whole: bool,
    /// A control that accepts everything did so.
    pub(super) accepts: bool,
    /// So did one that only the page around it says to be about cookies.
    pub(super) accepts_beside: bool,
}

/// What a control did.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) status: StatusCode,
    /// The choice that is stored.
    pub(super) stored: Option<Choice>,
    /// The stored choice is removed.
    pub(super) is_removed: bool,
    pub(super) granted_all: bool,
    pub(super) granted_none: bool,
    /// The other site that it leads to.
    pub(super) away: Option<String>,
    /// It leads to a page that asks for a password.
    pub(super) asks_for_account: bool,
    /// The path that it led to.
    pub(super) path: String,
}

impl Attempt {
    /// Returns `true` if nothing of what was allowed is left.
    pub(super) const fn takes_back(&self) -> bool {
        self.granted_none || (self.is_removed && self.stored.is_none())
    }

    pub(super) fn is_answered(&self) -> bool {
        self.status.as_u16() < 400
    }
}

impl Reading {
    /// Begins to read as these visitors. What others have seen the site do counts for them too.
    pub(super) fn of(audience: Audience, earlier: &Self) -> Self {
        Self {
            audience,
            offers_choice: earlier.offers_choice,
            accepts: earlier.accepts,
            accepts_beside: earlier.accepts_beside,
            ..Self::default()
        }
    }

    /// Returns `true` for a page that visitors go to, and not a part of one.
    pub(super) fn is_page(&self, seen: &PageSeen) -> bool {
        let is_part = self.has_whole && !seen.is_whole;
        seen.page.is_some() && !is_part && !self.frames.contains(seen.step.parts.uri.path())
    }

    /// Returns `true` for what may depend on consent: what the page of the choices says of them, and pages that are
    /// made for each visitor.
    pub(super) fn may_differ(&self, one: &PageSeen, other: &PageSeen) -> bool {
        let is_text = other.leads_to.is_none() && other.status == StatusCode::OK;
        let to = other.leads_to.as_ref();
        let is_led_back = to.is_some_and(|to| !self.settings.contains(to));
        let is_personal = || one.page.as_ref().is_some_and(PageRead::is_personal);
        (is_text && self.is_of_settings(one)) || (is_led_back && is_personal())
    }

    /// Returns `true` for a page that visitors go to for their choices.
    pub(super) fn is_of_settings(&self, seen: &PageSeen) -> bool {
        self.settings
            .contains(&path_and_query(&seen.step.parts.uri))
    }
}

/// Returns the other address that a `Refresh` header leads to within seconds.
fn refreshed(headers: &HeaderMap, from: &Url) -> Option<Url> {
    let fields = headers.get_all(REFRESH).iter();
    let values = fields.filter_map(|field| field.to_str().ok());
    values.filter_map(|value| soon(value, from)).next()
}

/// Returns the address on another site that a response redirects to.
pub(super) fn away(answer: &TargetAnswer, from: &Url) -> Option<String> {
    let target = answer.headers().get(LOCATION)?.to_str().ok()?;
    let url = from
        .join(target)
        .ok()
        .filter(|_| answer.status().is_redirection())?;
    (url.host() != from.host()).then(|| url.origin().ascii_serialization())
}

pub(super) fn seen<'a>(scene: &'a Situation, label: &'a str) -> Occasion<'a> {
    Occasion {
        request: label,
        situation: &scene.situation,
    }
}
