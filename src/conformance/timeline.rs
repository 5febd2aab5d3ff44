//! The visitor's consent over the time of a capture, and the requests to others in it.

use std::collections::BTreeMap;

use http::header::COOKIE;
use url::Url;

use super::{
    har::{HarEntry, HarRequest},
    host::{belongs_to, without_dot},
    judge::AnswerJudgement,
    recorder::{Occasion, Recorder},
    third_parties::{Suspect, exercise},
};
use crate::{Choice, Consent, CookiePolicy, preferences::Status};

pub(super) struct Timeline {
    site: String,
    undecided: Consent,
    /// Each with the position of the request that shows it.
    consents: Vec<(usize, Consent)>,
}

impl Timeline {
    pub(super) fn new(policy: &CookiePolicy, site: &str) -> Self {
        Self {
            site: site.to_owned(),
            undecided: Consent::undecided(policy.clone()),
            consents: Vec::new(),
        }
    }

    /// Records what a request of the site and its response say.
    pub(super) fn remember(&mut self, entry: &HarEntry, told: &AnswerJudgement) {
        // Requests without credentials, and those of other hosts of the domain, need not carry it.
        let says = |consent: &&Consent| {
            let is_own = host_of(&entry.url) == self.site && entry.sent.contains_key(COOKIE);
            is_own || self.consents.is_empty() || consent.status() != Status::Undecided
        };
        let before = told.consent.as_ref().filter(says);
        let both = before.into_iter().chain(&told.answer);
        let both: Vec<_> = both.map(|consent| (entry.order, consent.clone())).collect();
        self.consents.extend(both);
    }

    /// Reports the requests to others without consent.
    pub(super) fn judge(&self, requests: &[HarRequest], recorder: &mut Recorder) {
        let mut pages: BTreeMap<&str, &Url> = BTreeMap::new();
        for request in requests {
            let is_first = !pages.contains_key(&*request.page);
            // Without the header of browsers: a document of the site, or what a page begins with.
            let is_page = match self.is_own(&request.url) {
                true => is_first || request.is_html,
                false => is_first && !request.page.is_empty() && request.cause.is_none(),
            };
            if request.is_navigation.unwrap_or(is_page) {
                pages.insert(&request.page, &request.url);
                if self.is_own(&request.url) {
                    exercise(self.consent_at(request.order), recorder);
                }
                continue;
            }
            // Without a document of its own, the page began before the capture.
            let page = pages.get(&*request.page).copied();
            let page = page.or(request.cause.as_ref());
            if page.is_none_or(|page| self.is_own(page)) {
                self.request(request, page, recorder);
            }
        }
    }

    fn request(&self, request: &HarRequest, page: Option<&Url>, recorder: &mut Recorder) {
        let url = &request.url;
        if host_of(url) == self.site {
            return;
        }
        let consent = self.consent_at(request.order);
        let mut suspect = Suspect::of(consent, url);
        if suspect.is_allowed() || (self.is_own(url) && !suspect.is_declared()) {
            return;
        }
        // A script of the site may have stored a choice that no request has carried yet.
        let is_made = |consent: &&Consent| {
            let made = consent.choice().map(Choice::unix_seconds);
            made.zip(request.at).is_some_and(|(made, at)| made <= at)
        };
        let later = self
            .consents
            .iter()
            .map(|(order, consent)| (*order, consent));
        let mut later = later.filter(|(order, _)| *order > request.order);
        if let Some((_, next)) = later.find(|(_, consent)| is_made(consent)) {
            suspect = Suspect::of(next, url);
        }
        let is_theirs = |cause: &Url| !self.is_own(cause) && consent.allows_url(cause);
        if suspect.is_allowed() || request.cause.as_ref().is_some_and(is_theirs) {
            return;
        }
        let path = page.map_or("(unknown page)", Url::path);
        let seen = Occasion {
            request: &format!("GET {path}"),
            situation: situation(consent),
        };
        suspect.request(seen, recorder);
    }

    fn consent_at(&self, order: usize) -> &Consent {
        let mut before = self.consents.iter().rev();
        let before = before.find(|(other, _)| *other <= order);
        before.map_or(&self.undecided, |(_, consent)| consent)
    }

    fn is_own(&self, url: &Url) -> bool {
        belongs_to(host_of(url), &self.site)
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().map_or("", without_dot)
}

/// Returns the visitor's situation in this request.
pub(super) fn situation(consent: &Consent) -> &'static str {
    let denies = |consent: &Consent| {
        let answers = consent
            .choice()
            .map(|choice| choice.answers(consent.policy()));
        answers.is_some_and(|mut answers| answers.any(|(_, granted)| !granted))
    };
    match consent.status() {
        _ if consent.has_several_preferences() => "several preferences cookies",
        Status::Undecided if consent.gpc() => "Sec-GPC before a choice",
        Status::Undecided => "before a choice",
        Status::Expired => "expired choice",
        Status::Decided if denies(consent) => "after refusal",
        Status::Decided => "after acceptance",
    }
}
