//! The report in one line, and its counts.

use super::{Outcome, Report};

impl Report {
    /// Returns the report in one line, for the log of a continuous integration and for its headline: the
    /// outcome, the number of requirements by their own outcome, and the numbers of findings, of what was
    /// excused and of failures.
    ///
    /// The outcome is `ok` if the report [is](Self::is_ok), `BROKEN` if a requirement is broken, or else
    /// `FAILED`: a request got no response, or nothing could be checked. The order of the counts does not
    /// change between versions; a count may be added at the end.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// # use axum::{Router, response::AppendHeaders, routing::get};
    /// # use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};
    /// use tower_cookie_consent::conformance::Conformance;
    ///
    /// # let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
    /// # let policy = CookiePolicy::new([ads]).unwrap();
    /// // A site without the layer:
    /// let app = Router::new().route("/", get(async || AppendHeaders([("set-cookie", "_ga=1")])));
    /// let report = Conformance::new(policy).check(app).await;
    /// // cookie consent: BROKEN. held: …, broken: …, not exercised: …, does not apply: …, findings: …
    /// assert!(report.summary().starts_with("cookie consent: BROKEN. held: "));
    /// assert!(report.summary().ends_with(", failures: 0"));
    /// # });
    /// ```
    #[must_use]
    pub fn summary(&self) -> String {
        let outcomes = [
            Outcome::Held,
            Outcome::Broken,
            Outcome::NotExercised,
            Outcome::DoesNotApply,
        ];
        let counts = outcomes.map(|outcome| {
            let word = outcome.word().to_ascii_lowercase();
            format!("{word}: {}", self.count(outcome))
        });
        format!(
            "cookie consent: {}. {}, findings: {}, excused: {}, failures: {}",
            self.verdict(),
            counts.join(", "),
            self.findings().count(),
            self.excused.len(),
            self.failures.len(),
        )
    }

    /// Returns the outcome of the whole in one word.
    pub(super) fn verdict(&self) -> &'static str {
        match (self.is_ok(), self.count(Outcome::Broken)) {
            (true, _) => "ok",
            (false, 0) => "FAILED",
            (false, _) => "BROKEN",
        }
    }

    /// Returns the number of requirements with this outcome.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        let judged = self.requirements.iter();
        judged.filter(|judged| judged.outcome == outcome).count()
    }
}
