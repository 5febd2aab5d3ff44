//! Formats a report as a page, for people who do not read logs.

use std::collections::BTreeMap;

use minijinja::{Environment, HtmlEscape, UndefinedBehavior};
use serde::Serialize;

use super::{Finding, Outcome, Report, report::Judged};

const TEMPLATES: [(&str, &str); 2] = [
    ("report.html", include_str!("templates/report.html")),
    ("report.css", include_str!("templates/report.css")),
];

#[derive(Serialize)]
struct PageView<'a> {
    summary: String,
    verdict: &'static str,
    broken: usize,
    rows: Vec<Row<'a>>,
    excused: &'a [Finding],
    answers: &'a BTreeMap<&'static str, usize>,
    failures: &'a [String],
    skipped: Vec<&'a str>,
    notes: Vec<&'a str>,
    version: &'static str,
    about: Option<About<'a>>,
}

/// When and where the check was made.
#[derive(Clone, Copy, Serialize)]
pub(super) struct About<'a> {
    pub(super) date: &'a str,
    pub(super) site: Option<&'a str>,
}

/// One requirement.
#[derive(Serialize)]
struct Row<'a> {
    id: &'static str,
    title: &'static str,
    help: &'static str,
    outcome: Outcome,
    word: String,
    why: Option<&'static str>,
    findings: &'a [Finding],
}

impl<'a> Row<'a> {
    fn new(judged: &'a Judged) -> Self {
        Self {
            id: judged.id.id(),
            title: judged.title,
            help: judged.id.help(),
            outcome: judged.outcome,
            word: judged.outcome.word().to_ascii_lowercase(),
            why: judged.why,
            findings: &judged.findings,
        }
    }
}

impl Report {
    /// Formats the report as one HTML page without scripts or other files, to be archived or sent to whoever
    /// answers for the site: every requirement, the findings with their fixes, what was excused, and what was
    /// not exercised. It is in English, has no date (a pack of evidence adds it), and the same report gives the same bytes.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// # use tower_cookie_consent::{Category, CookiePolicy, CookieConsentLayer};
    /// use tower_cookie_consent::conformance::Conformance;
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let app: axum::Router = axum::Router::new().layer(CookieConsentLayer::new(policy.clone()));
    /// let report = Conformance::new(policy).check(app).await;
    /// let page = report.to_html(); // std::fs::write("conformance.html", page)?
    /// assert!(page.contains("<h2 id=\"not-exercised\">Not exercised</h2>"));
    /// # });
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        self.to_html_about(None)
    }

    /// The same with its date.
    pub(super) fn to_html_about(&self, about: Option<About<'_>>) -> String {
        let view = PageView {
            summary: self.summary(),
            verdict: self.verdict(),
            broken: self.count(Outcome::Broken),
            rows: self.requirements.iter().map(Row::new).collect(),
            excused: &self.excused,
            answers: &self.answers,
            failures: &self.failures,
            skipped: self.skipped().collect(),
            notes: self.remarks().collect(),
            version: env!("CARGO_PKG_VERSION"),
            about,
        };
        // No report makes the template fail; if one did, its text would still be there.
        render(&view)
            .unwrap_or_else(|_| format!("<!doctype html><pre>{}", HtmlEscape(&self.to_string())))
    }
}

fn render(view: &PageView<'_>) -> Result<String, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        templates.add_template(name, source)?;
    }
    templates.get_template("report.html")?.render(view)
}

#[cfg(test)]
mod tests {
    use html5gum::{Token, Tokenizer};

    use super::{super::Requirement, *};

    const HOSTILE: &str =
        "</title></style><script>alert(1)</script><img src=x onerror='a()'>\"&amp;{{ 6*7 }}";

    fn finding(text: &str) -> Finding {
        let some = || Some(text.to_owned());
        Finding {
            requirement: Requirement::ThirdParties,
            request: text.to_owned(),
            requests: vec![text.to_owned(), text.to_owned()],
            situation: text.to_owned(),
            header: "set-cookie",
            cookie: some(),
            category: some(),
            script: true,
            element: some(),
            origin: some(),
            service: some(),
            why: text.to_owned(),
            help: "",
            count: 3,
        }
    }

    fn report(text: &str) -> Report {
        let requirements = Requirement::ALL.into_iter().enumerate();
        let requirements = requirements.map(|(number, id)| Judged {
            id,
            title: id.title(),
            why: None,
            outcome: [
                Outcome::Broken,
                Outcome::Held,
                Outcome::NotExercised,
                Outcome::DoesNotApply,
            ][number % 4],
            findings: if number % 4 == 0 {
                vec![finding(text)]
            } else {
                Vec::new()
            },
        });
        Report {
            requirements: requirements.collect(),
            answers: BTreeMap::from([("success", 2), ("not found", 1)]),
            excused: vec![finding(text)],
            failures: vec![text.to_owned()],
            notes: vec![text.to_owned()],
        }
    }

    /// The page as a browser's tokenizer reads it: its tags with their attributes, and its text.
    fn read(page: &str) -> (Vec<String>, String) {
        let (mut tags, mut text) = (Vec::new(), String::new());
        for token in Tokenizer::new(page) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let names = tag
                        .attributes
                        .keys()
                        .map(|name| String::from_utf8_lossy(name).into_owned());
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    tags.push([vec![name], names.collect()].concat().join(" "));
                }
                Token::String(part) => text += &String::from_utf8_lossy(&part),
                _ => {}
            }
        }
        (tags, text)
    }

    #[test]
    fn no_text_of_a_report_becomes_markup() {
        let (hostile, text) = read(&report(HOSTILE).to_html());
        let (plain, _) = read(&report("plain").to_html());
        assert_eq!(hostile, plain);
        assert!(
            !hostile
                .iter()
                .any(|tag| tag.starts_with("script") || tag.starts_with("img"))
        );
        // Nine texts of each finding, of five broken requirements and one excuse; a failure and a note.
        let broken = Requirement::ALL.len().div_ceil(4);
        assert_eq!(
            text.matches(HOSTILE).count(),
            9 * (broken + 1) + 2,
            "{text}"
        );
    }

    #[test]
    fn a_page_says_what_was_not_exercised() {
        let (_, text) = read(&report("plain").to_html());
        for (number, requirement) in Requirement::ALL.into_iter().enumerate() {
            let times = text.matches(requirement.title()).count();
            // In the table of all, and in a part of its own.
            assert_eq!(
                times,
                if number % 4 == 1 { 1 } else { 2 },
                "{requirement:?}"
            );
        }
    }

    #[test]
    fn an_empty_report_is_a_page() {
        let empty = Report {
            requirements: Vec::new(),
            answers: BTreeMap::new(),
            excused: Vec::new(),
            failures: Vec::new(),
            notes: Vec::new(),
        };
        let (_, text) = read(&empty.to_html());
        assert!(text.contains("No response was received"), "{text}");
        assert!(text.contains("Nothing was excused."), "{text}");
    }
}
