//! Who receives data, and where.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    declared::cookies,
    markdown::{cell, to_fill_in},
};
use crate::policy::{Category, CookiePolicy, Service};

/// The countries of the European Economic Area (ISO 3166-1): the European Union, Iceland, Liechtenstein and
/// Norway. Source: Agreement on the European Economic Area, and the treaty on European Union, article 52.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Somebody who receives data.
#[derive(Debug, Default, Serialize)]
pub(super) struct Recipient {
    pub(super) name: String,
    /// The categories and services, by id.
    categories: Vec<String>,
    services: Vec<String>,
    origins: Vec<String>,
    countries: Vec<String>,
    /// Those that are not in the European Economic Area.
    outside_eea: Vec<String>,
    privacy_urls: Vec<String>,
}

/// Returns the controllers and providers that services and cookies name, by name. Cookies name no country:
/// only services do.
pub(super) fn of(policy: &CookiePolicy, language: &str) -> Vec<Recipient> {
    let mut all: BTreeMap<String, Recipient> = BTreeMap::new();
    for category in policy.categories() {
        for service in category.get_services() {
            let name = service
                .get_controller()
                .or(service.get_provider())
                .or(service.get_title());
            let name = policy.text(name, language);
            let name = name.map_or_else(|| service.id(), |(_, name)| name);
            let it = all.entry(name.to_owned()).or_default();
            it.take_service(category, service);
        }
        for cookie in cookies(category) {
            let name = cookie.get_controller().or(cookie.get_provider());
            let Some((_, name)) = policy.text(name, language) else {
                continue;
            };
            let it = all.entry(name.to_owned()).or_default();
            add(&mut it.categories, category.id());
            cookie
                .get_privacy_url()
                .into_iter()
                .for_each(|url| add(&mut it.privacy_urls, url));
        }
    }
    let named = all.into_iter().map(|(name, it)| Recipient { name, ..it });
    named.collect()
}

impl Recipient {
    fn take_service(&mut self, category: &Category, service: &Service) {
        add(&mut self.categories, category.id());
        add(&mut self.services, service.id());
        for origin in service.get_origins() {
            add(&mut self.origins, origin);
        }
        for country in service.get_countries() {
            add(&mut self.countries, country);
            if !EEA.contains(&country.as_str()) {
                add(&mut self.outside_eea, country);
            }
        }
        service
            .get_privacy_url()
            .into_iter()
            .for_each(|url| add(&mut self.privacy_urls, url));
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|it| it == text) {
        list.push(text.to_owned());
    }
}

/// Writes the table of recipients.
pub(super) fn text(recipients: &[Recipient]) -> String {
    let mut text = String::from("# Recipients and transfers\n\nAs the policy names them.\n\n");
    text += "| Recipient | For | Services | Loaded from | Countries | Their privacy policy |\n|---|---|---|---|---|---|\n";
    for it in recipients {
        let list = |list: &[String]| cell(&list.join(", "));
        let countries = match it.countries.is_empty() {
            true => to_fill_in("countries"),
            false => list(&it.countries),
        };
        text += &format!(
            "| {} | {} | {} | {} | {countries} | {} |\n",
            cell(&it.name),
            list(&it.categories),
            list(&it.services),
            list(&it.origins),
            list(&it.privacy_urls),
        );
    }
    text + "\n## Transfers\n\n" + &transfers(recipients)
}

/// Writes what has to be said of transfers (GDPR, chapter V).
pub(super) fn transfers(recipients: &[Recipient]) -> String {
    let outside = recipients.iter().filter(|it| !it.outside_eea.is_empty());
    let lines = outside.map(|it| {
        let (name, countries) = (cell(&it.name), it.outside_eea.join(", "));
        let ground = to_fill_in(
            "the ground: an adequacy decision (article 45), safeguards (46), or a derogation (49)",
        );
        format!("- {name}: {countries}, outside the European Economic Area. {ground}\n")
    });
    let unknown = recipients.iter().filter(|it| it.countries.is_empty());
    let unknown = unknown.map(|it| {
        let countries = to_fill_in("the countries, and for those outside the EEA the ground");
        format!(
            "- {}: the policy names no country. {countries}\n",
            cell(&it.name)
        )
    });
    let lines: String = lines.chain(unknown).collect();
    match lines.is_empty() {
        true => "The policy names no recipient outside the European Economic Area.\n".to_owned(),
        false => lines,
    }
}
