//! `POST …/reports`: what browsers report of a Content-Security-Policy, for the inventory.

use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HOST},
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use url::Url;

use super::{
    answer::{Keep, PagesBody, answer},
    cross_site::{Sender, sender},
    service::Visit,
    settings::Pages,
};
use crate::{
    Inventory,
    consent::Consent,
    observe::{Sighting, Witness},
    policy::origin::is_own,
    wire::host,
};

/// The longest accepted body, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// The number of reports that are read of one body.
const MOST_REPORTS: usize = 100;

/// The longest directive of the standard is half as long.
const LONGEST_DIRECTIVE: usize = 40;

/// The formats in which browsers report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// That of `report-uri`: one report (CSP 3, section 5.3).
    One,
    /// That of `report-to`: a list of reports of any type (Reporting API, section 3.3).
    List,
}

/// A violation, in either format. What else browsers send (the address with its query, the referrer, a
/// sample of the code, the policy) is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation {
    #[serde(alias = "documentURL", alias = "document-uri")]
    document: String,
    #[serde(alias = "blockedURL", alias = "blocked-uri")]
    blocked: String,
    #[serde(alias = "effectiveDirective", alias = "effective-directive")]
    effective: String,
    /// The only directive of older browsers, followed by its sources.
    #[serde(alias = "violated-directive")]
    violated: String,
    disposition: String,
}

#[derive(Deserialize)]
struct Single {
    #[serde(rename = "csp-report")]
    report: Violation,
}

#[derive(Deserialize)]
struct Member {
    r#type: String,
    #[serde(default)]
    body: serde_json::Value,
}

impl Pages {
    /// Takes browsers' reports of a Content-Security-Policy at `POST …/reports`, for this inventory
    /// (feature `documents`; default: none are taken, and the address does not exist). An
    /// [`HtmlConsentLayer`](crate::documents::HtmlConsentLayer) with these pages then asks browsers for
    /// them. This shows what scripts of real pages load from others, which no markup names, and with
    /// [`report_only`](crate::documents::HtmlConsentLayer::report_only), before anything is withheld.
    ///
    /// Of each report, the inventory keeps the origin that was blocked, the directive, and the path of the
    /// site's own page, without what looks generated in it; no query, referrer or sample of code. Both
    /// formats are read: `application/csp-report` of `report-uri`, which the layer asks for, and
    /// `application/reports+json` of `report-to`, for a policy of the site's own. Anybody can send a report,
    /// so take them as hints: those of other sites' pages are refused or ignored, a body may have 64 KiB and
    /// 100 reports, and origins that nothing but a report has named take up at most 250 rows. Nothing is
    /// logged.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, Inventory, documents::HtmlConsentLayer, pages::Pages,
    /// };
    ///
    /// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
    /// let inventory = Inventory::new();
    /// let pages = Pages::at("/cookies", CookiePolicy::new([ads])?)?.browser_reports(inventory.clone());
    /// let layer = HtmlConsentLayer::new().pages(pages).report_only(true);
    /// // Traffic later:
    /// for row in inventory.report().third_parties() {
    ///     println!("{} {:?} {:?}", row.origin, row.directives, row.paths);
    /// }
    /// # let _ = layer;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Source: Content Security Policy Level 3, sections 5 and 6.5; Reporting API.
    pub fn browser_reports(self, inventory: Inventory) -> Self {
        self.with(|settings| settings.reports = Some(inventory))
    }

    /// Returns the link to the endpoint of reports, if there is one, from the page of this consent.
    pub(crate) fn report_uri(&self, consent: &Consent) -> Option<String> {
        self.0.reports.as_ref()?;
        let place = self.place_on_site(consent);
        Some(format!("{}reports", place.base))
    }
}

impl Visit<'_> {
    /// Takes what a browser reports, and says nothing in return.
    pub(super) async fn reports<B>(&mut self, parts: &Parts, body: B) -> Response<PagesBody>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let status = match &self.pages.0.reports {
            None => return self.not_found(),
            Some(_) if parts.method != Method::POST => return self.method_not_allowed("POST"),
            Some(inventory) => self.read_reports(inventory, parts, body).await.err(),
        };
        let status = status.unwrap_or(StatusCode::NO_CONTENT);
        answer(status, "text/plain; charset=utf-8", Keep::Nobody, "")
    }

    async fn read_reports<B>(
        &self,
        inventory: &Inventory,
        parts: &Parts,
        body: B,
    ) -> Result<(), StatusCode>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if sender(&self.pages.0.csrf, parts).await == Sender::Foreign {
            return Err(StatusCode::FORBIDDEN);
        }
        let format = Format::of(parts).ok_or(StatusCode::UNSUPPORTED_MEDIA_TYPE)?;
        let collected = Limited::new(body, LONGEST_BODY).collect().await;
        let collected = collected.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let violations = format
            .read(&collected.to_bytes())
            .ok_or(StatusCode::BAD_REQUEST)?;
        let field = parts.headers.get(HOST);
        let field = field.map_or(&b""[..], HeaderValue::as_bytes);
        let Some(own) = host::name_in(host::said_in(&parts.uri, field)) else {
            return Ok(());
        };
        for violation in violations {
            violation.record(own, &self.consent, inventory);
        }
        Ok(())
    }
}

impl Format {
    fn of(parts: &Parts) -> Option<Self> {
        let field = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = field.split(';').next().unwrap_or_default().trim();
        match &*essence.to_ascii_lowercase() {
            "application/csp-report" => Some(Self::One),
            "application/reports+json" => Some(Self::List),
            _ => None,
        }
    }

    fn read(self, body: &[u8]) -> Option<Vec<Violation>> {
        match self {
            Self::One => {
                let single: Single = serde_json::from_slice(body).ok()?;
                Some(vec![single.report])
            }
            Self::List => {
                let members: Vec<Member> = serde_json::from_slice(body).ok()?;
                let violations = members
                    .into_iter()
                    .filter(|member| member.r#type == "csp-violation")
                    .filter_map(|member| serde_json::from_value(member.body).ok());
                Some(violations.take(MOST_REPORTS).collect())
            }
        }
    }
}

impl Violation {
    /// Records the report if it is about a page of this host and another site.
    fn record(&self, own: &str, consent: &Consent, inventory: &Inventory) {
        let Ok(document) = Url::parse(&self.document) else {
            return;
        };
        // `inline`, `eval`, `data` and the like are no addresses; extensions of the browser load from
        // schemes of their own.
        let is_loaded = |url: &Url| matches!(url.scheme(), "http" | "https" | "ws" | "wss");
        let Some(blocked) = Url::parse(&self.blocked).ok().filter(is_loaded) else {
            return;
        };
        let host = document.host_str().unwrap_or_default();
        let directive = match &*self.effective {
            "" => self.violated.split(' ').next().unwrap_or_default(),
            effective => effective,
        };
        if !host.eq_ignore_ascii_case(own)
            || is_own(&document, &blocked)
            || !is_directive(directive)
        {
            return;
        }
        let policy = consent.policy();
        let services = policy.services_of_url(&blocked);
        inventory.sight(&Sighting {
            origin: &blocked.origin().ascii_serialization(),
            service: services.iter().find_map(|number| policy.id_at(number)),
            path: document.path(),
            now: consent.judged_at_seconds(),
            witness: Witness::Browser {
                directive,
                blocked: self.disposition != "report",
            },
        });
    }
}

fn is_directive(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    (1..=LONGEST_DIRECTIVE).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookiePolicy, Service};

    fn recorded(format: Format, body: &str) -> Vec<String> {
        let films = Service::new("films").origins(["https://film.example"]);
        let policy = CookiePolicy::new([Category::consent("media").service(films)]).unwrap();
        let (visitor, inventory) = (Consent::undecided(policy), Inventory::new());
        for violation in format.read(body.as_bytes()).unwrap_or_default() {
            violation.record("own.example", &visitor, &inventory);
        }
        let report = inventory.report();
        let rows = report.third_parties().iter().map(|row| {
            let (service, paths) = (row.service.as_deref().unwrap_or("-"), row.paths.join(" "));
            let directives = row.directives.join(" ");
            let counts = (row.blocked, row.reported);
            format!("{} {service} {directives} {paths} {counts:?}", row.origin)
        });
        rows.collect()
    }

    #[test]
    fn both_formats_are_read() {
        let one = r#"{"csp-report": {"document-uri": "https://own.example/a?secret=1",
            "referrer": "https://own.example/b", "violated-directive": "img-src",
            "effective-directive": "img-src", "original-policy": "default-src 'self'",
            "disposition": "enforce", "blocked-uri": "https://film.example/1.png?id=2",
            "status-code": 200, "script-sample": "secret()"}}"#;
        assert_eq!(
            recorded(Format::One, one),
            ["https://film.example films img-src /a (1, 0)"]
        );
        let list = r#"[{"type": "deprecation", "body": {}, "url": "https://own.example/"},
            {"type": "csp-violation", "age": 1, "url": "https://own.example/a", "body": {
            "documentURL": "https://own.example/a", "blockedURL": "wss://other.example:8443/",
            "effectiveDirective": "connect-src", "disposition": "report", "sample": null}}]"#;
        assert_eq!(
            recorded(Format::List, list),
            ["wss://other.example:8443 - connect-src /a (0, 1)"]
        );
        let old = r#"{"csp-report": {"document-uri": "https://own.example/",
            "violated-directive": "script-src 'self'", "blocked-uri": "https://x.example"}}"#;
        assert_eq!(
            recorded(Format::One, old),
            ["https://x.example - script-src / (1, 0)"]
        );
    }

    #[test]
    fn what_is_not_about_another_site_is_not_recorded() {
        let report = |document: &str, blocked: &str, directive: &str| {
            let body = serde_json::json!({"csp-report": {"document-uri": document,
                "blocked-uri": blocked, "effective-directive": directive}});
            recorded(Format::One, &body.to_string())
        };
        let page = "https://own.example/";
        assert_eq!(report(page, "https://x.example/", "img-src").len(), 1);
        for (document, blocked, directive) in [
            (
                "https://elsewhere.example/",
                "https://x.example/",
                "img-src",
            ),
            ("", "https://x.example/", "img-src"),
            (page, "https://own.example/a", "img-src"),
            (page, "inline", "script-src-elem"),
            (page, "data", "img-src"),
            (page, "moz-extension://abc/x.js", "script-src-elem"),
            (page, "https://x.example/", ""),
            (page, "https://x.example/", "<script>"),
            (page, "https://x.example/", &"a".repeat(41)),
            (
                "blob:https://own.example/1",
                "https://x.example/",
                "img-src",
            ),
            ("about:srcdoc", "https://x.example/", "img-src"),
            (
                "https://own.example@evil.example/",
                "https://x.example/",
                "img-src",
            ),
            (page, "https://user:secret@own.example/", "img-src"),
        ] {
            assert!(
                report(document, blocked, directive).is_empty(),
                "{document} {blocked}"
            );
        }
        for body in ["", "[]", "{}", "null", "[1]", r#"{"csp-report": 1}"#] {
            assert!(recorded(Format::One, body).is_empty(), "{body}");
            assert!(recorded(Format::List, body).is_empty(), "{body}");
        }
    }

    #[test]
    fn a_list_is_read_to_its_hundredth_report() {
        let member = |number: usize| {
            serde_json::json!({"type": "csp-violation", "body": {
                "documentURL": "https://own.example/", "effectiveDirective": "img-src",
                "blockedURL": format!("https://x{number}.example/")}})
        };
        let list: Vec<_> = (0..300).map(member).collect();
        let list = serde_json::to_string(&list).unwrap();
        assert_eq!(recorded(Format::List, &list).len(), MOST_REPORTS);
    }
}
