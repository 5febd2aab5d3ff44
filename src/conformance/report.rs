//! What was found, for people and for machines.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{Requirement, junit};

/// How it stands with one requirement. See [the example](Report).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It came up, and nothing that breaks it was seen.
    Held,
    /// Something that breaks it was seen.
    Broken,
    /// Nothing that was seen could have broken it.
    NotExercised,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "BROKEN",
            Self::NotExercised => "not exercised",
        }
    }
}

/// Something that breaks a requirement. It never holds a cookie's value, and of a URL the path
/// alone. See [the example](Report).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What is broken.
    pub requirement: Requirement,
    /// The first request with which it was seen: method and path, and where several of the plan or
    /// of the capture share these, its number among them, such as `POST /cookies #2`.
    pub request: String,
    /// All requests with which it was seen, the first 20 of them.
    pub requests: Vec<String>,
    /// In which situation of the visitor, such as `after refusal`.
    pub situation: String,
    /// The header field that shows it, such as `set-cookie`.
    pub header: &'static str,
    /// The cookie's name, escaped and cut; `None` where the header has no clear one.
    pub cookie: Option<String>,
    /// The category that declares it.
    pub category: Option<String>,
    /// Whether a script wrote the cookie: only a capture can show it.
    pub script: bool,
    /// What is wrong with it.
    pub why: String,
    /// What to do.
    pub help: &'static str,
    /// With how many requests it was seen.
    pub count: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.request, self.situation, self.header)?;
        if let Some(cookie) = &self.cookie {
            write!(f, " {cookie}")?;
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
    pub(super) findings: Vec<Finding>,
}

/// What the kit found: for each requirement whether it held.
///
/// `Display` is for people, serde's JSON and [`to_junit`](Self::to_junit) for machines. Nothing of
/// it holds a cookie's value.
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
/// assert!(report.failures().is_empty() && report.excused().is_empty());
/// for note in report.notes() {
///     println!("{note}");
/// }
/// assert!(report.to_junit().contains("<testsuite"));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub(super) requirements: Vec<Judged>,
    /// How many answers came, by the class of their status.
    pub(super) answers: BTreeMap<&'static str, usize>,
    pub(super) excused: Vec<Finding>,
    pub(super) failures: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Report {
    /// How it stands with one requirement. See [the example](Self).
    #[must_use]
    pub fn outcome(&self, requirement: Requirement) -> Outcome {
        self.requirements
            .iter()
            .find(|judged| judged.id == requirement)
            .map_or(Outcome::NotExercised, |judged| judged.outcome)
    }

    /// All that breaks a requirement, in the order of requirements. See [the example](Self).
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.requirements.iter().flat_map(|judged| &judged.findings)
    }

    /// What would break a requirement, and is let pass for a reason that each of them names: a
    /// cookie that stays because its removal would reach a shared cache, or one that the site
    /// deletes after an acceptance too. Nothing of it counts against the site.
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

    /// Requests that had no answer, and what else kept the kit from checking.
    /// See [the example](Self).
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// What the reader should know of how the check went. See [the example](Self).
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether nothing is broken, every request had an answer, and there was one at all. What was
    /// not exercised does not count against it. See [the example](Self).
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings().next().is_none() && self.failures.is_empty() && !self.answers.is_empty()
    }

    /// For tests: nothing where [`is_ok`](Self::is_ok). See [the example](Self).
    ///
    /// # Panics
    ///
    /// With the whole report as text, otherwise.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.is_ok(), "{self}");
    }

    /// The report as JUnit XML for continuous integration: a test case for each requirement, and
    /// one for the requests having been answered. See [the example](Self).
    #[must_use]
    pub fn to_junit(&self) -> String {
        junit::write(self)
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
            f.write_str("no answer was seen: there is nothing to judge\n")?;
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
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
