//! The same checks on a browser's capture.

use std::collections::{BTreeMap, BTreeSet};

use http::{
    Uri,
    header::{COOKIE, SET_COOKIE},
};

use super::{
    Conformance, HarError, Report, Requirement,
    har::{self, Capture, HarEntry},
    host::{belongs_to, host_name, without_dot},
    judge::{AnswerJudgement, PlayedExchange, exchange::unquote_removals, judge},
    labels::Labels,
    ledger::kept_for_caches,
    past::{Past, Whence},
    recorder::{Breach, Occasion, Recorder, shown},
    timeline::{Timeline, situation},
};
use crate::{Category, Consent, Verdict, consent::unix_seconds};

/// The number of names or hosts listed in a note.
const MOST_LISTED: usize = 50;

impl Conformance {
    /// Checks a capture: a HAR file, as exported by a browser's developer tools and examined by
    /// authorities. It must be exported *with sensitive data*, or it contains no cookies; the
    /// report then shows that as a failure, and no requirement is held.
    ///
    /// Requests to the site are judged: to the [`host`](Self::host), or that of the first request,
    /// and its parents and subdomains. The host may be a name in any case and script, or an
    /// address. If a request carries a cookie that neither the first request carried nor a response
    /// set, a script wrote it, and it is marked as such. (An older cookie with another path may be
    /// mistaken for one. A cookie that another host set for the whole domain is shown with that
    /// host.) The paths to visit and the clock do not matter here: a capture has its own times.
    ///
    /// Requests to other hosts are judged by the consent at their time: each that the visitor had not
    /// consented to is a finding with its origin, the service that it belongs to in the policy or may
    /// belong to in the catalogue, and the page. Of subdomains of the site, only those that a service
    /// declares are judged so. What the frames and style sheets of an allowed service load is theirs.
    ///
    /// ```no_run
    /// # use tower_cookie_consent::{CookiePolicy, conformance::Conformance};
    /// # fn audit(policy: CookiePolicy) -> Result<(), Box<dyn std::error::Error>> {
    /// let capture = std::fs::read_to_string("capture.har")?;
    /// println!("{}", Conformance::new(policy).host("www.example.org").check_har(&capture)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HarError`] if the text is not a HAR file.
    pub fn check_har(&self, har: &str) -> Result<Report, HarError> {
        let Capture {
            entries,
            requests,
            left_out,
        } = har::read(har)?;
        let mut recorder = Recorder::default();
        if left_out > 0 {
            let note = format!("left out {left_out} request(s) without a response over HTTP");
            recorder.note(note);
        }
        let Some(site) = self.site_of(&entries) else {
            let host = self.host.as_deref().unwrap_or_default();
            recorder.fail(&format!(
                "invalid host {host:?}: use a host name or an address"
            ));
            return Ok(recorder.report());
        };
        let mut labels = Labels::default();
        for entry in entries.iter().filter(|entry| belongs(entry, &site)) {
            labels.expect(entry.method.as_str(), entry.url.path());
        }
        let mut audit = Audit {
            kit: self,
            recorder,
            past: Past::default(),
            labels,
            scripts: BTreeMap::new(),
            others: BTreeSet::new(),
            cookies: false,
            now: unix_seconds(self.now()),
            timeline: Timeline::new(self.oracle.policy(), &site),
        };
        for entry in &entries {
            match belongs(entry, &site) {
                true => audit.own(entry),
                false => audit.other(entry, &site),
            }
        }
        audit.timeline.judge(&requests, &mut audit.recorder);
        Ok(audit.report())
    }

    /// Returns the host whose requests are judged: the configured one, or that of the first
    /// request.
    fn site_of(&self, entries: &[HarEntry]) -> Option<String> {
        match &self.host {
            Some(host) => host_name(host),
            None => Some(entries.first().map_or("", host_of).to_owned()),
        }
    }
}

fn host_of(entry: &HarEntry) -> &str {
    entry.url.host_str().map_or("", without_dot)
}

/// Returns `true` for a request to the site's host, its parents or its subdomains.
fn belongs(entry: &HarEntry, site: &str) -> bool {
    belongs_to(host_of(entry), site)
}

struct Audit<'a> {
    kit: &'a Conformance,
    recorder: Recorder,
    past: Past,
    labels: Labels,
    /// The names set by scripts, with their categories.
    scripts: BTreeMap<String, Option<String>>,
    /// The other hosts that set cookies.
    others: BTreeSet<String>,
    /// The site's requests or responses have a cookie header at all.
    cookies: bool,
    now: u64,
    /// The consents over time, for the requests to other hosts.
    timeline: Timeline,
}

impl Audit<'_> {
    fn own(&mut self, entry: &HarEntry) {
        self.cookies |= entry.sent.contains_key(COOKIE) || entry.received.contains_key(SET_COOKIE);
        self.now = entry.at.unwrap_or(self.now);
        let Ok(uri) = entry.url.path().parse::<Uri>() else {
            return;
        };
        let mut received = entry.received.clone();
        unquote_removals(&mut received, self.now);
        let exchange = PlayedExchange {
            method: &entry.method,
            uri: &uri,
            sent: &entry.sent,
            status: entry.status,
            received: &received,
            now: self.now,
        };
        let label = self.labels.next(entry.method.as_str(), entry.url.path());
        // Judged twice, since the situation's name is only known afterwards.
        let mut unheard = Recorder::default();
        let seen = Occasion {
            request: &label,
            situation: "",
        };
        let told = judge(&self.kit.oracle, &exchange, seen, &mut unheard);
        let seen = Occasion {
            situation: told.consent.as_ref().map_or("", situation),
            ..seen
        };
        judge(&self.kit.oracle, &exchange, seen, &mut self.recorder);
        for name in self.past.unheard(entry) {
            if let Some(consent) = &told.consent {
                self.out_of_nowhere(&name, consent, seen);
            }
        }
        self.timeline.remember(entry, &told);
        self.expired(&told, seen);
        self.past.remember(entry, &told);
    }

    fn other(&mut self, entry: &HarEntry, site: &str) {
        if entry.received.contains_key(SET_COOKIE) {
            self.others.insert(host_of(entry).to_owned());
            self.past.remember_shared(entry, site);
        }
    }

    /// Reports a cookie that no response of the site has set.
    fn out_of_nowhere(&mut self, name: &str, consent: &Consent, seen: Occasion<'_>) {
        let policy = self.kit.oracle.policy();
        let whence = self.past.whence(name);
        let script = !matches!(whence, Whence::Host(_));
        if script {
            let category = policy.category_of(name).map(Category::id);
            let shown = shown(policy, name.as_bytes());
            self.scripts.insert(shown, category.map(str::to_owned));
        }
        let Verdict::Withheld(why) = consent.verdict(name) else {
            return;
        };
        let whence = match whence {
            Whence::Host(host) => format!("{host} set it for the whole domain"),
            Whence::Again => "a response removed it, and it is back: a script sets it, or the removal has the wrong \
                              path or domain"
                .to_owned(),
            Whence::Script => "no response set it, so a script did".to_owned(),
        };
        let breach = Breach {
            requirement: Requirement::broken_by(why),
            header: "cookie",
            cookie: Some(name.as_bytes()),
            script,
            why: format!("{whence}; and {}", why.as_str()),
        };
        self.recorder.breach(policy, seen, breach);
    }

    fn expired(&mut self, told: &AnswerJudgement, seen: Occasion<'_>) {
        let policy = self.kit.oracle.policy();
        for name in &told.left_to_caches {
            if !self.past.is_gone(name, &told.removed) {
                self.recorder.excuse(policy, seen, kept_for_caches(name));
            }
        }
        for name in &told.to_expire {
            if self.past.is_gone(name, &told.removed) {
                continue;
            }
            let why = "the request carried it, its category is refused, and the answer does not \
                       remove it";
            let breach = Breach {
                requirement: Requirement::RefusalExpires,
                header: "set-cookie",
                cookie: Some(name.as_bytes()),
                script: false,
                why: why.to_owned(),
            };
            self.recorder.breach(policy, seen, breach);
        }
    }

    fn report(mut self) -> Report {
        if !self.cookies {
            self.recorder.forget();
            self.recorder.fail(
                "no request of the site has a cookie field: browsers leave them out unless the \
                 capture is exported with sensitive data",
            );
        }
        if !self.scripts.is_empty() {
            let list = self.scripts.iter().map(|(name, category)| match category {
                Some(category) => format!("{name} ({category})"),
                None => format!("{name} (undeclared)"),
            });
            let list = listed(list, self.scripts.len());
            self.recorder
                .note(format!("cookies written by scripts: {list}"));
        }
        if !self.others.is_empty() {
            let list = listed(self.others.iter().cloned(), self.others.len());
            let note = format!("cookies of these other hosts were not judged: {list}");
            self.recorder.note(note);
        }
        self.recorder.report()
    }
}

/// Lists the first of many, so that a capture does not fill the report.
fn listed(names: impl Iterator<Item = String>, count: usize) -> String {
    let mut list: Vec<_> = names.take(MOST_LISTED).collect();
    if count > MOST_LISTED {
        list.push(format!("and {} more", count - MOST_LISTED));
    }
    list.join(", ")
}
