use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use url::Url;

use super::ThirdPartyRow;
use crate::policy::{Category, CookiePolicy, Service};

/// An id has at most 32 characters; this leaves room for a number.
const LONGEST_ID: usize = 28;

/// Drafted services for the origins that the policy lacks (feature `documents`). Its `Display` output is
/// JSON, an array to paste as the `services` of a category.
///
/// Origins that the catalogue knows become a reference to its service (`{"use": "youtube"}`), which you
/// complete or override; others become a service for each registrable domain, with the origins that were
/// seen. It is up to you to pick the category, to say who is behind a domain and why the site needs it,
/// or to remove what loads it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, response::Html, routing::get};
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy, Inventory, documents::HtmlConsentLayer,
/// };
///
/// let inventory = Inventory::new();
/// let seen = inventory.clone();
/// let page = "<iframe src=https://www.youtube.com/embed/1></iframe><img src=//a.ads.example/1.png>";
/// let app: Router = Router::new()
///     .route("/", get(async move || Html(page)))
///     .layer(HtmlConsentLayer::new().observe(move |event| seen.observe_document(event)))
///     .layer(CookieConsentLayer::new(CookiePolicy::new([Category::consent("media")])?));
/// # use tower::ServiceExt;
/// # let request = http::Request::get("/").header("host", "own.example");
/// # let request = request.body(axum::body::Body::empty())?;
/// # futures_executor::block_on(async {
/// #     let response = app.oneshot(request).await.unwrap();
/// #     axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
/// # });
/// // Traffic later:
/// let draft = inventory.report().service_draft();
/// println!("{draft}"); // to paste
/// assert_eq!(draft.services()[0].origins, ["https://a.ads.example"]);
/// assert_eq!(draft.services()[1].catalogue.as_deref(), Some("youtube"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct ServiceDraft {
    services: Vec<DraftService>,
    #[serde(skip)]
    left_out: Vec<String>,
}

/// One service of a [`ServiceDraft`]: a reference to the catalogue, or an id with origins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DraftService {
    /// The id of the catalogue's service.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// An id made of the domain, if the catalogue does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The domain, until somebody says what it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The origins that were seen, if the catalogue does not know them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl ServiceDraft {
    pub(super) fn of(rows: &[ThirdPartyRow]) -> Self {
        let mut known: BTreeMap<&str, DraftService> = BTreeMap::new();
        let mut others: BTreeMap<String, DraftService> = BTreeMap::new();
        let mut left_out = Vec::new();
        for row in rows.iter().filter(|row| row.service.is_none()) {
            if let Some(id) = &row.catalogue {
                known.entry(id).or_insert_with(|| DraftService {
                    catalogue: Some(id.clone()),
                    ..DraftService::default()
                });
                continue;
            }
            match domain_of(&row.origin).filter(|_| takes(&row.origin)) {
                Some(domain) => {
                    let draft = others.entry(domain).or_default();
                    draft.origins.push(row.origin.clone());
                }
                None => left_out.push(row.origin.clone()),
            }
        }
        let mut ids = BTreeSet::new();
        let others = others.into_iter().map(|(domain, draft)| {
            let id = id_of(&domain, &ids);
            ids.insert(id.clone());
            DraftService {
                id: Some(id),
                title: Some(domain),
                ..draft
            }
        });
        Self {
            services: others.chain(known.into_values()).collect(),
            left_out,
        }
    }

    /// Returns origins that no policy takes: public suffixes, and names of one part.
    ///
    /// ```
    /// # let report = tower_cookie_consent::Inventory::new().report();
    /// assert!(report.service_draft().left_out().is_empty(), "nothing was seen");
    /// ```
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Returns the drafted services: those of unknown domains by domain, then those of the catalogue.
    #[must_use]
    pub fn services(&self) -> &[DraftService] {
        &self.services
    }
}

impl fmt::Display for ServiceDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

/// Returns the domain that somebody has registered, or the whole host.
fn domain_of(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str()?;
    let registered = match url.host()? {
        url::Host::Domain(name) => psl::domain_str(name),
        _ => None,
    };
    Some(registered.unwrap_or(host).to_owned())
}

/// Returns `true` if a policy accepts this origin.
fn takes(origin: &str) -> bool {
    let service = Service::new("draft").origins([origin]);
    CookiePolicy::new([Category::consent("drafts").service(service)]).is_ok()
}

/// Makes an id of a domain, other than those that are taken.
fn id_of(domain: &str, taken: &BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let id: String = domain.chars().map(plain).collect();
    let id: String = id.trim_matches('-').chars().take(LONGEST_ID).collect();
    let mut number = 1;
    let mut free = id.clone();
    while taken.contains(&free) {
        number += 1;
        free = format!("{id}-{number}");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(origin: &str, catalogue: Option<&str>, service: Option<&str>) -> ThirdPartyRow {
        let mut row = ThirdPartyRow::default();
        origin.clone_into(&mut row.origin);
        row.catalogue = catalogue.map(str::to_owned);
        row.service = service.map(str::to_owned);
        row
    }

    #[test]
    fn draft_is_what_a_policy_takes() {
        let draft = ServiceDraft::of(&[
            row("https://a.ads.example", None, None),
            row("http://b.ads.example:8080", None, None),
            row("https://www.youtube.com", Some("youtube"), None),
            row("https://i.ytimg.com", Some("youtube"), None),
            row("https://tiles.maps.example", None, Some("maps")),
            row("http://[::1]:3000", None, None),
            row("http://localhost:3000", None, None),
            row("https://shop.co.uk", None, None),
        ]);
        let categories = format!(
            r#"{{"categories": [{{"id": "media", "basis": "consent", "services": {draft}}}]}}"#
        );
        let policy: CookiePolicy = serde_json::from_str(&categories).expect(&categories);
        let origins = |id| policy.service(id).map(|it| it.get_origins().to_vec());
        let ads = ["https://a.ads.example", "http://b.ads.example:8080"];
        assert_eq!(
            origins("ads-example").as_deref(),
            Some(&ads.map(str::to_owned)[..])
        );
        assert!(origins("shop-co-uk").is_some() && origins("youtube").is_some());
        assert_eq!(draft.services().len(), 5, "{draft}");
    }

    #[test]
    fn ids_are_short_and_different() {
        let long = format!("https://{}.example", "long-name-".repeat(5) + "x");
        let draft = ServiceDraft::of(&[
            row(&long, None, None),
            row(&long.replace("x.", "y."), None, None),
            row("https://a-b.example", None, None),
            row("https://a.b-example", None, None),
        ]);
        let ids: Vec<_> = draft
            .services()
            .iter()
            .filter_map(|it| it.id.clone())
            .collect();
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), 4, "{ids:?}");
        assert!(ids.iter().all(|id| id.len() <= 32), "{ids:?}");
    }

    #[test]
    fn what_no_policy_takes_is_left_out() {
        let draft = ServiceDraft::of(&[
            row("http://intranet", None, None),
            row("https://co.uk", None, None),
            row("https://ads.example", None, None),
        ]);
        assert_eq!(draft.services().len(), 1, "{draft}");
        assert_eq!(draft.left_out(), ["http://intranet", "https://co.uk"]);
    }
}
