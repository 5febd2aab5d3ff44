//! The same checks on what a browser recorded.

use std::collections::{BTreeMap, BTreeSet};

use http::{
    HeaderValue, Uri,
    header::{COOKIE, SET_COOKIE},
};

use super::{
    Conformance, HarError, Report, Requirement,
    har::{self, Entry},
    judge::{Exchange, Judgement, judge, names_in, requirement_of, text},
    recorder::{Breach, Recorder, Seen},
};
use crate::{Consent, Status, Verdict, consent::unix_seconds, observe::ShownName, wire};

impl Conformance {
    /// Checks a capture: a HAR file, which a browser's developer tools export and authorities look
    /// at. It must have been exported *with sensitive data*, or it holds no cookies.
    ///
    /// Judged are the requests to the site, which is the [`host`](Self::host), or that of the first
    /// request, with its parents and subdomains. A cookie that a request carries, and that neither
    /// the first request carried nor an answer set, is a script's: it is marked as such. (A cookie
    /// of another path may be taken for one, if it is older than the capture.) What is to be
    /// visited counts for nothing here, nor does a clock: a capture has its own time.
    ///
    /// # Errors
    ///
    /// [`HarError`] if the text is no HAR file.
    pub fn check_har(&self, har: &str) -> Result<Report, HarError> {
        let (entries, left_out) = har::read(har)?;
        let mut recorder = Recorder::default();
        if left_out > 0 {
            let note = format!("{left_out} request(s) without an answer over HTTP are left out");
            recorder.note(note);
        }
        let first = entries.first().and_then(|entry| entry.url.host_str());
        let site = self.host.as_deref().or(first).unwrap_or_default();
        let site = site
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let (own, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| {
            entry
                .url
                .host_str()
                .is_some_and(|host| belongs(host, &site))
        });
        let mut audit = Audit {
            kit: self,
            recorder,
            known: None,
            removed: BTreeSet::new(),
            scripts: BTreeMap::new(),
            now: unix_seconds(self.now()),
        };
        for entry in &own {
            audit.entry(entry);
        }
        audit.tell(&own, &others);
        Ok(audit.recorder.report())
    }
}

fn belongs(host: &str, site: &str) -> bool {
    let below = |host: &str, site: &str| {
        let rest = host.strip_suffix(site);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(host, site) || (host.contains('.') && below(site, host))
}

struct Audit<'a> {
    kit: &'a Conformance,
    recorder: Recorder,
    /// Names that were there at the start or that an answer set; `None` before the first request.
    known: Option<BTreeSet<Vec<u8>>>,
    /// Names that an answer has removed.
    removed: BTreeSet<Vec<u8>>,
    /// Names that scripts set, with their category.
    scripts: BTreeMap<String, Option<String>>,
    now: u64,
}

impl Audit<'_> {
    fn entry(&mut self, entry: &Entry) {
        self.now = entry.at.unwrap_or(self.now);
        let Ok(uri) = entry.url.path().parse::<Uri>() else {
            return;
        };
        let exchange = Exchange {
            method: &entry.method,
            uri: &uri,
            sent: &entry.sent,
            status: entry.status,
            received: &entry.received,
            now: self.now,
        };
        let label = format!("{} {}", entry.method, entry.url.path());
        // Judged twice: what the situation is called is known only afterwards.
        let mut unheard = Recorder::default();
        let seen = Seen {
            request: &label,
            situation: "",
        };
        let told = judge(&self.kit.oracle, &exchange, seen, &mut unheard);
        let seen = Seen {
            situation: told.consent.as_ref().map_or("", situation),
            ..seen
        };
        judge(&self.kit.oracle, &exchange, seen, &mut self.recorder);
        if let Some(consent) = &told.consent {
            self.scripts(entry, consent, seen);
        }
        self.expired(&told, seen);
        self.remember(entry, &told);
    }

    /// Cookies that come out of nowhere.
    fn scripts(&mut self, entry: &Entry, consent: &Consent, seen: Seen<'_>) {
        let policy = &self.kit.oracle.policy;
        let carried: BTreeSet<_> = names_in(&entry.sent).map(<[u8]>::to_vec).collect();
        let Some(known) = &mut self.known else {
            self.known = Some(carried);
            return;
        };
        for name in carried {
            if !known.insert(name.clone()) {
                continue;
            }
            let category = policy.category_id_of(policy.find(&name)).map(str::to_owned);
            let shown = ShownName::new(&name).to_string();
            self.scripts.insert(shown, category);
            let Verdict::Withheld(why) = consent.verdict(&text(&name)) else {
                continue;
            };
            let whence = match self.removed.contains(&name) {
                true => {
                    "an answer has removed it, and it comes again: a script sets it, or path or \
                     domain of the removal are wrong"
                }
                false => "no answer set it: a script did",
            };
            let breach = Breach {
                requirement: requirement_of(why),
                header: "cookie",
                cookie: Some(&name),
                script: true,
                why: format!("{whence}; and {}", why.as_str()),
            };
            self.recorder.breach(policy, seen, breach);
        }
    }

    fn expired(&mut self, told: &Judgement, seen: Seen<'_>) {
        for name in told.to_expire.difference(&told.removed) {
            let why = "the request carried it, its category is refused, and the answer does not \
                       remove it";
            let breach = Breach {
                requirement: Requirement::R4,
                header: "set-cookie",
                cookie: Some(name.as_bytes()),
                script: false,
                why: why.to_owned(),
            };
            self.recorder.breach(&self.kit.oracle.policy, seen, breach);
        }
    }

    fn remember(&mut self, entry: &Entry, told: &Judgement) {
        let known = self.known.get_or_insert_default();
        let fields = entry.received.get_all(SET_COOKIE).iter();
        for name in fields
            .map(HeaderValue::as_bytes)
            .filter_map(|field| wire::name(field).ok())
        {
            if told.removed.contains(&text(name)) {
                known.remove(name);
                self.removed.insert(name.to_vec());
            } else {
                known.insert(name.to_vec());
            }
        }
    }

    fn tell(&mut self, own: &[&Entry], others: &[&Entry]) {
        let cookies = own.iter().any(|entry| {
            entry.sent.contains_key(COOKIE) || entry.received.contains_key(SET_COOKIE)
        });
        if !cookies {
            self.recorder.note(
                "no request of the site has a cookie field: browsers leave them out unless the \
                 capture is exported with sensitive data",
            );
        }
        if !self.scripts.is_empty() {
            let list: Vec<_> = self
                .scripts
                .iter()
                .map(|(name, category)| match category {
                    Some(category) => format!("{name} ({category})"),
                    None => format!("{name} (undeclared)"),
                })
                .collect();
            let note = format!("cookies of scripts: {}", list.join(", "));
            self.recorder.note(note);
        }
        let setting = others
            .iter()
            .filter(|entry| entry.received.contains_key(SET_COOKIE))
            .filter_map(|entry| entry.url.host_str());
        let hosts: BTreeSet<_> = setting.collect();
        if !hosts.is_empty() {
            let hosts: Vec<_> = hosts.into_iter().collect();
            let note = format!(
                "other sites that set cookies of their own, which no policy of this site covers: \
                 {}",
                hosts.join(", ")
            );
            self.recorder.note(note);
        }
    }
}

/// How the visitor stands with this request.
fn situation(consent: &Consent) -> &'static str {
    let denies = |consent: &Consent| {
        let answers = consent
            .choice()
            .map(|choice| choice.answers(consent.policy()));
        answers.is_some_and(|mut answers| answers.any(|(_, granted)| !granted))
    };
    match consent.status() {
        Status::Undecided if consent.gpc() => "Sec-GPC before a choice",
        Status::Undecided => "before a choice",
        Status::Expired => "expired choice",
        Status::Decided if denies(consent) => "after refusal",
        Status::Decided => "after acceptance",
    }
}
