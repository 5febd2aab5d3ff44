//! The catalogue of services that sites embed: facts with their sources, as suggestions.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Basis, CookieDeclaration, Placeholder, Retention, Service, Text, declared::Declared};
use crate::policy::{
    PolicyProblem, PolicyProblemKind, check::place_of_service, names::nearest, origin::Origin,
};

/// A service as the catalogue has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    id: String,
    title: String,
    provider: String,
    controller: String,
    purposes: Vec<String>,
    countries: Vec<String>,
    privacy_url: String,
    origins: Vec<String>,
    markers: Vec<String>,
    /// What it is for, in one word.
    pub(super) category: String,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    placeholder: Placeholder,
    cookies: Vec<CookieRow>,
    #[cfg_attr(not(test), allow(dead_code, reason = "for readers of the file"))]
    sources: Vec<String>,
    #[cfg_attr(not(test), allow(dead_code, reason = "for readers of the file"))]
    checked: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CookieRow {
    name: String,
    purpose: String,
    /// Absent for the browser session.
    retention_days: Option<u32>,
    third_party: Option<String>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    // A test reads the same file.
    serde_json::from_str(include_str!("services.json")).unwrap_or_default()
});

/// The origins of all rows, with the ids of these.
static ORIGINS: LazyLock<Vec<(Origin, &str)>> = LazyLock::new(|| {
    let rows = ROWS.iter();
    let all = rows.flat_map(|row| row.origins().map(|origin| (origin, &*row.id)));
    all.collect()
});

/// Returns the id of the service that loads from this address: of several, that with the most specific
/// origin.
pub(crate) fn service_of(url: &url::Url) -> Option<&'static str> {
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let matching = ORIGINS
        .iter()
        .filter(|(origin, _)| origin.matches(url.scheme(), host, port));
    let (_, id) = matching.max_by_key(|(origin, _)| origin.specificity())?;
    Some(id)
}

impl Row {
    /// Returns the row with this id.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.id == id)
    }

    /// Returns all rows.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        ROWS.iter()
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Returns what it loads from.
    pub(super) fn origins(&self) -> impl Iterator<Item = Origin> {
        let origins = self.origins.iter();
        origins.filter_map(|origin| Origin::parse(origin).ok())
    }

    /// Returns the other sites that its cookies belong to.
    pub(super) fn third_parties(&self) -> impl Iterator<Item = &str> {
        let cookies = self.cookies.iter();
        cookies.filter_map(|cookie| cookie.third_party.as_deref())
    }

    /// Returns the services on this host, or that set cookies of this site: those with the most specific origin, or
    /// else all of the site.
    pub(super) fn on_host(host: &str) -> Vec<&'static Self> {
        let matching = || {
            let all = ORIGINS.iter();
            all.filter(|(origin, _)| origin.matches("https", host, 443))
        };
        let best = matching().map(|(origin, _)| origin.specificity()).max();
        let ids = matching().filter(|(origin, _)| Some(origin.specificity()) == best);
        let by_origin: Vec<_> = ids.filter_map(|(_, id)| Self::find(id)).collect();
        let of_site = Self::all().filter(|row| row.third_parties().any(|site| site == host));
        by_origin.into_iter().chain(of_site).collect()
    }

    /// Returns `true` for a service that a site may need to work at all, so that its category can be
    /// necessary.
    pub(super) fn may_be_necessary(&self) -> bool {
        matches!(&*self.category, "security" | "payment" | "functional")
    }

    /// Returns the bases that fit what the service is for.
    pub(super) fn fits(&self, basis: Basis) -> bool {
        basis == Basis::Consent || (basis == Basis::Necessary && self.may_be_necessary())
    }

    pub(super) fn categories() -> impl Iterator<Item = &'static str> {
        ROWS.iter().map(|row| &*row.category)
    }

    /// Fills in what the service does not declare itself. An empty list is declared, too.
    fn complete(&self, service: &mut Service) {
        let text = |own: &mut Option<Text>, row: &str| {
            own.get_or_insert_with(|| row.into());
        };
        fn list<T>(own: &mut Option<Vec<T>>, row: impl Iterator<Item = T>) {
            if own.is_none() {
                let row: Vec<_> = row.collect();
                *own = (!row.is_empty()).then_some(row);
            }
        }
        if service.id.is_empty() {
            service.id.clone_from(&self.id);
        }
        text(&mut service.title, &self.title);
        text(&mut service.provider, &self.provider);
        text(&mut service.controller, &self.controller);
        let purposes = self.purposes.iter();
        list(&mut service.purposes, purposes.map(|it| (&**it).into()));
        list(&mut service.countries, self.countries.iter().cloned());
        list(&mut service.origins, self.origins.iter().cloned());
        list(&mut service.markers, self.markers.iter().cloned());
        list(
            &mut service.cookies,
            self.cookies.iter().map(CookieRow::declaration),
        );
        let privacy_url = &mut service.privacy_url;
        privacy_url.get_or_insert_with(|| self.privacy_url.clone());
        service.placeholder.get_or_insert(self.placeholder);
        if self.sensitive {
            service.sensitive.get_or_insert(true);
        }
    }
}

/// The services of the catalogue that an address may belong to.
#[cfg(feature = "conformance")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownService {
    /// One or more: services share hosts.
    pub(crate) ids: Vec<&'static str>,
    /// What the first is for, in one word.
    pub(crate) purpose: &'static str,
}

#[cfg(feature = "conformance")]
impl KnownService {
    /// Finds the services with the most specific origin of this address.
    pub(crate) fn of_url(url: &url::Url) -> Option<Self> {
        let host = url.host_str().filter(|_| url.port().is_none())?;
        // All origins of the catalogue are of HTTPS.
        let matching = || {
            let all = ORIGINS.iter();
            all.filter(|(origin, _)| origin.matches("https", host, 443))
        };
        let best = matching().map(|(origin, _)| origin.specificity()).max()?;
        let ids = matching().filter(|(origin, _)| origin.specificity() == best);
        let ids: Vec<_> = ids.map(|(_, id)| *id).collect();
        let purpose = &*Row::find(ids.first()?)?.category;
        Some(Self { ids, purpose })
    }
}

impl CookieRow {
    fn declaration(&self) -> CookieDeclaration {
        let retention = self
            .retention_days
            .map_or(Retention::session(), Retention::days);
        let cookie = CookieDeclaration::new(&*self.name)
            .purpose(&*self.purpose)
            .retention(retention);
        match &self.third_party {
            Some(site) => cookie.third_party(&**site),
            None => cookie,
        }
    }
}

/// Completes every service that uses a row of the catalogue.
pub(super) fn complete(policy: &mut Declared, problems: &mut Vec<PolicyProblem>) {
    for category in &mut policy.categories {
        for service in &mut category.services {
            let Some(used) = &service.r#use else {
                continue;
            };
            match Row::find(used) {
                Some(row) => row.complete(service),
                None => {
                    let known: Vec<_> = ROWS.iter().map(|row| &*row.id).collect();
                    let help = match nearest(used, &known) {
                        Some(known) => format!("did you mean {known:?}?"),
                        None => "declare it with its origins instead".to_owned(),
                    };
                    let message = format!("the catalogue has no service {used:?}: {help}");
                    let id = match &*service.id {
                        "" => used,
                        id => id,
                    };
                    let place = place_of_service(&category.id, id);
                    let kind = PolicyProblemKind::InvalidValue;
                    problems.push(PolicyProblem::new(kind, place, message));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::{Category, CookiePolicy};

    #[test]
    fn every_row_has_a_source_and_makes_a_valid_service() {
        let rows: Vec<Row> = serde_json::from_str(include_str!("services.json")).unwrap();
        assert!(rows.len() >= 60, "{}", rows.len());
        let ids: BTreeSet<_> = rows.iter().map(|row| &*row.id).collect();
        assert_eq!(ids.len(), rows.len());
        for row in &rows {
            assert!(
                !row.sources.is_empty() && !row.checked.is_empty(),
                "{}",
                row.id
            );
            assert!(
                row.sources.iter().all(|url| url.starts_with("https://")),
                "{}",
                row.id
            );
            assert!(
                !row.origins.is_empty() || !row.markers.is_empty(),
                "{}",
                row.id
            );
            assert!(
                !row.purposes.is_empty() && !row.countries.is_empty(),
                "{}",
                row.id
            );
            let service = Service::from_catalogue(&*row.id);
            let policy = CookiePolicy::new([Category::consent("c").service(service)]);
            assert!(policy.is_ok(), "{}: {:?}", row.id, policy.err());
        }
    }

    #[cfg(feature = "conformance")]
    #[test]
    fn an_address_leads_to_its_services() {
        let of = |url: &str| KnownService::of_url(&url::Url::parse(url).unwrap());
        let film = of("https://www.youtube-nocookie.com/embed/1").unwrap();
        assert_eq!((film.ids, film.purpose), (vec!["youtube"], "media"));
        assert!(of("https://www.google.com/x").unwrap().ids.len() > 1);
        assert!(of("http://www.youtube.com/").is_some());
        assert_eq!(of("https://unknown.example/"), None);
    }

    /// A row whose fields all have a value that is not the default.
    fn full_row() -> Row {
        serde_json::from_str(
            r#"{"id": "row", "title": "Row", "provider": "P", "controller": "C", "purposes": ["a"],
                "countries": ["IE"], "privacy_url": "https://row.example/", "sensitive": true,
                "origins": ["https://row.example"], "markers": ["row("], "category": "media",
                "placeholder": "video", "sources": [], "checked": "", "cookies": [
                    {"name": "r", "purpose": "p", "retention_days": 1, "third_party": null}]}"#,
        )
        .unwrap()
    }

    /// Returns what becomes of a declaration that uses [`full_row`].
    fn completed(declared: &serde_json::Value) -> serde_json::Value {
        let mut service: Service = serde_json::from_value(declared.clone()).unwrap();
        full_row().complete(&mut service);
        serde_json::to_value(&service).unwrap()
    }

    #[test]
    fn every_field_of_a_row_can_be_overridden() {
        let own = serde_json::json!({
            "id": "own", "title": "Own", "provider": "O", "controller": "O", "purposes": ["b", "c"],
            "countries": ["FR"], "privacy_url": "https://own.example/", "sensitive": false,
            "origins": ["https://own.example"], "markers": ["own("], "placeholder": "none",
            "since": 1, "use": "row", "cookies": [{"name": "o"}],
        });
        let keys: BTreeSet<_> = own
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, Service::KEYS.iter().copied().collect());
        let of_row = completed(&serde_json::json!({"use": "row"}));
        for key in keys {
            let mut values = vec![own[key].clone()];
            if own[key].is_array() {
                values.push(serde_json::json!([]));
            }
            for value in values {
                let mut declared = serde_json::json!({"use": "row"});
                declared[key] = value;
                let mut expected = of_row.clone();
                expected[key] = declared[key].clone();
                assert_eq!(completed(&declared), expected, "{declared}");
                // And once more, when the written policy is read.
                assert_eq!(completed(&expected), expected, "{declared}");
            }
        }
        assert_eq!(completed(&own), own);
    }

    #[test]
    fn a_policy_overrides_its_row() {
        let read = |service: &str| -> CookiePolicy {
            let policy = format!(
                r#"{{"categories": [{{"id": "c", "basis": "consent", "services": [{service}]}}]}}"#
            );
            serde_json::from_str(&policy).unwrap()
        };
        let named = read(r#"{"use": "youtube", "id": "films"}"#);
        assert!(named.service("films").is_some() && named.service("youtube").is_none());
        assert_eq!(
            named.service("films").unwrap().get_title(),
            Some(&"YouTube".into())
        );
        let markers = |service: &str| {
            read(service)
                .service("plausible")
                .unwrap()
                .get_markers()
                .len()
        };
        assert!(markers(r#"{"use": "plausible"}"#) > 0);
        assert_eq!(markers(r#"{"use": "plausible", "markers": []}"#), 0);
        let built = Service::from_catalogue("plausible").markers([""; 0]);
        let policy = CookiePolicy::new([Category::consent("c").service(built)]).unwrap();
        assert!(
            policy
                .service("plausible")
                .unwrap()
                .get_markers()
                .is_empty()
        );
    }

    #[test]
    fn an_unknown_row_is_a_problem() {
        let category = Category::consent("c").service(Service::from_catalogue("youtueb"));
        let error = CookiePolicy::new([category]).unwrap_err();
        assert!(
            error.to_string().contains("did you mean \"youtube\"?"),
            "{error}"
        );
    }
}
