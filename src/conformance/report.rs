//! The findings, for people and for machines.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::Requirement;

/// The outcome of a [`Requirement`] in a [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It was exercised, and no violation was seen.
    Held,
    /// A violation was seen.
    Broken,
    /// No exchange could have violated it.
    NotExercised,
    /// It is about something that the site does not have: a policy without opt-outs.
    DoesNotApply,
}

impl Outcome {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "BROKEN",
            Self::NotExercised => "not exercised",
            Self::DoesNotApply => "does not apply",
        }
    }
}

/// A violation of a requirement, from a [`Report`]. It never contains cookie values, and only the
/// path of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The violated requirement.
    pub requirement: Requirement,
    /// The first request in which it was seen: method and path, and a number if several requests of
    /// the plan or capture share these, such as `POST /cookies #2`.
    pub request: String,
    /// All requests in which it was seen, up to 20.
    pub requests: Vec<String>,
    /// The visitor's situation, such as `after refusal`.
    pub situation: String,
    /// The header that shows it, such as `set-cookie`.
    pub header: &'static str,
    /// The cookie's name, escaped and cut; `None` if the header has no clear one.
    pub cookie: Option<String>,
    /// The category that declares it.
    pub category: Option<String>,
    /// A script wrote the cookie: only a capture can show this.
    pub script: bool,
    /// The element and attribute that load something of a third party, such as `<iframe src>`, or the
    /// header.
    pub element: Option<String>,
    /// The third party's origin, such as `https://www.youtube.com`.
    pub origin: Option<String>,
    /// The service that declares that origin.
    pub service: Option<String>,
    /// A description of the violation.
    pub why: String,
    /// A way to fix it.
    pub help: &'static str,
    /// The number of requests in which it was seen.
    pub count: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.request, self.situation, self.header)?;
        let names = [&self.cookie, &self.element];
        for name in names.into_iter().flatten() {
            write!(f, " {name}")?;
        }
        match (&self.category, self.script) {
            (Some(category), true) => write!(f, " ({category}, a script's)")?,
            (Some(category), false) => write!(f, " ({category})")?,
            (None, true) => f.write_str(" (a script's)")?,
            (None, false) => {}
        }
        write!(f, ": {}", self.why)?;
        if self.count > 1 {
            write!(f, " ({} times", self.count)?;
            let others = self.requests.get(1..).unwrap_or_default();
            if !others.is_empty() {
                write!(f, "; also {}", others.join(", "))?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// One requirement with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Judged {
    pub(super) id: Requirement,
    pub(super) title: &'static str,
    pub(super) outcome: Outcome,
    /// What an occasion takes, if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<&'static str>,
    pub(super) findings: Vec<Finding>,
}

/// The beginning of a note on something that was not checked.
const SKIPPED: &str = "not exercised: ";

/// The results of the kit: the outcome of each requirement.
///
/// `Display` and [`to_html`](Self::to_html) are for people, [`summary`](Self::summary) is for a log, and serde's
/// JSON and [`to_junit`](Self::to_junit) are for machines. None of them contain cookie values.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// # use axum::{Router, response::AppendHeaders, routing::get};
/// # use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};
/// use tower_cookie_consent::conformance::{Conformance, Outcome, Requirement};
///
/// # let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
/// # let policy = CookiePolicy::new([ads]).unwrap();
/// // A site without the layer:
/// let app = Router::new().route("/", get(async || AppendHeaders([("set-cookie", "_ga=1")])));
/// let report = Conformance::new(policy).check(app).await;
/// assert!(!report.is_ok(), "or `report.assert_ok()`, which shows all of it");
/// assert_eq!(report.outcome(Requirement::NoCookieBeforeConsent), Outcome::Broken);
/// let finding = report.findings().next().unwrap();
/// assert_eq!((finding.request.as_str(), finding.cookie.as_deref()), ("GET /", Some("_ga")));
/// assert!(report.failures().is_empty());
/// for note in report.notes() {
///     println!("{note}");
/// }
/// assert!(report.to_junit().contains("<testsuite"));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub(super) requirements: Vec<Judged>,
    /// The number of responses by class of status.
    pub(super) answers: BTreeMap<&'static str, usize>,
    pub(super) excused: Vec<Finding>,
    pub(super) failures: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Report {
    /// Returns the outcome of one requirement.
    #[must_use]
    pub fn outcome(&self, requirement: Requirement) -> Outcome {
        self.requirements
            .iter()
            .find(|judged| judged.id == requirement)
            .map_or(Outcome::NotExercised, |judged| judged.outcome)
    }

    /// Returns all violations, in the order of requirements.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.requirements.iter().flat_map(|judged| &judged.findings)
    }

    /// Returns deviations that are tolerated, each with its reason: a cookie that stays because its
    /// removal would reach a shared cache, or one that the site also deletes after an acceptance.
    /// They do not count against the site.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// # use axum::{Router, routing::get};
    /// # use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};
    /// use tower_cookie_consent::conformance::{Conformance, Requirement};
    ///
    /// # let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
    /// # let policy = CookiePolicy::new([ads]).unwrap();
    /// let logo = || async { [("cache-control", "public, max-age=3600")] };
    /// let app = Router::new().route("/logo", get(logo));
    /// let report = Conformance::new(policy).visit(["/logo"]).check(app).await;
    /// let excused = &report.excused()[0];
    /// assert_eq!((excused.requirement, &*excused.request), (Requirement::RefusalExpires, "GET /logo"));
    /// assert!(excused.why.contains("public"));
    /// # });
    /// ```
    #[must_use]
    pub fn excused(&self) -> &[Finding] {
        &self.excused
    }

    /// Returns the requests without a response, and anything else that prevented checks.
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Returns notes on how the check went.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns what the check did not exercise: pages and kinds of requests that were not visited, forms that the
    /// site did not take, and requirements without an occasion, each with the reason. All formats have it.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// # use tower_cookie_consent::{Category, CookiePolicy};
    /// use tower_cookie_consent::conformance::{Conformance, SiteForm};
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let app: axum::Router = axum::Router::new();
    /// let form = SiteForm::on("/settings").field("choice", "refuse");
    /// let report = Conformance::new(policy).refusal(form).check(app).await;
    /// let left: Vec<_> = report.not_exercised().collect();
    /// assert!(left.contains(&"the form on /settings: its page has the status 404".to_owned()));
    /// assert!(left.iter().any(|it| it.starts_with("choice-stored: it takes a request")));
    /// # });
    /// ```
    pub fn not_exercised(&self) -> impl Iterator<Item = String> {
        let requirements = self.requirements.iter().filter_map(|judged| {
            let why = judged.why?;
            Some(format!("{}: it takes {why}", judged.id.id()))
        });
        requirements.chain(self.skipped().map(str::to_owned))
    }

    /// Returns the pages, requests and forms that were not exercised.
    pub(super) fn skipped(&self) -> impl Iterator<Item = &str> {
        let notes = self.notes.iter();
        notes.filter_map(|note| note.strip_prefix(SKIPPED))
    }

    /// Returns the notes on anything else.
    pub(super) fn remarks(&self) -> impl Iterator<Item = &str> {
        let notes = self.notes.iter().map(String::as_str);
        notes.filter(|note| !note.starts_with(SKIPPED))
    }

    /// Returns `true` if no requirement is broken and every request got a response, of which there
    /// was at least one. Requirements that were not exercised or do not apply do not count.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings().next().is_none() && self.failures.is_empty() && !self.answers.is_empty()
    }

    /// Asserts that the report [is ok](Self::is_ok), for tests.
    ///
    /// # Panics
    ///
    /// If it is not, with the whole report as text.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left: Vec<_> = self.not_exercised().collect();
        let mut report = serializer.serialize_struct("Report", 6)?;
        report.serialize_field("requirements", &self.requirements)?;
        report.serialize_field("answers", &self.answers)?;
        report.serialize_field("excused", &self.excused)?;
        report.serialize_field("failures", &self.failures)?;
        report.serialize_field("notes", &self.notes)?;
        report.serialize_field("not_exercised", &left)?;
        report.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie consent: ")?;
        if self.is_ok() {
            f.write_str("nothing broken\n")?;
        } else {
            let broken = self.requirements.iter();
            let broken = broken.filter(|judged| judged.outcome == Outcome::Broken);
            write!(f, "{} requirement(s) broken", broken.count())?;
            match self.failures.len() {
                0 => f.write_str("\n")?,
                failures => writeln!(f, ", {failures} failure(s)")?,
            }
        }
        if self.answers.is_empty() {
            f.write_str("no response was received: there is nothing to judge\n")?;
        } else {
            f.write_str("answers:")?;
            for (class, count) in &self.answers {
                write!(f, " {count} {class}")?;
            }
            f.write_str("\n")?;
        }
        for judged in &self.requirements {
            let id = judged.id.id();
            writeln!(f, "{:<13} {id:<24} {}", judged.outcome.word(), judged.title)?;
            if let Some(why) = judged.why {
                writeln!(f, "    it takes {why}")?;
            }
            for finding in &judged.findings {
                writeln!(f, "    {finding}")?;
            }
            if !judged.findings.is_empty() {
                writeln!(f, "    → {}", judged.id.help())?;
            }
        }
        for excused in &self.excused {
            writeln!(f, "excused: {excused} [{}]", excused.requirement.id())?;
        }
        for failure in &self.failures {
            writeln!(f, "failed: {failure}")?;
        }
        for skipped in self.skipped() {
            writeln!(f, "{SKIPPED}{skipped}")?;
        }
        for note in self.remarks() {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
