//! One row of the database, and the merger of several.

use serde::Deserialize;

use super::suggestion::Suggestion;

#[derive(Clone, Debug)]
pub(super) struct DatabaseEntry {
    domains: Vec<String>,
    /// It applies to any site that sets it.
    first_party: bool,
    suggestion: Suggestion,
}

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(rename = "Cookie / Data Key name", alias = "cookie")]
    pub(super) name: String,
    #[serde(rename = "Platform", default)]
    pub(super) platform: String,
    #[serde(rename = "Category", alias = "category", default)]
    category: String,
    #[serde(rename = "Domain", alias = "domain", default)]
    domain: String,
    #[serde(rename = "Description", alias = "description", default)]
    description: String,
    #[serde(rename = "Data Controller", alias = "dataController", default)]
    controller: String,
    #[serde(rename = "Wildcard match", alias = "wildcardMatch", default)]
    pub(super) wildcard: String,
}

impl DatabaseEntry {
    pub(super) fn of(row: &Row) -> Self {
        let domain = row.domain.to_ascii_lowercase();
        let domains: Vec<_> = domain
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
            .map(|word| word.trim_matches('.'))
            .filter(|word| word.contains('.'))
            .map(str::to_owned)
            .collect();
        // Something that is not a domain does not mean "any", either.
        let first_party = text(&domain).is_none()
            || domain.contains("1st party")
            || domain.contains("first party")
            || domain.contains("advertiser");
        let provider = text(&row.controller).filter(|name| name != "Advertiser's website");
        Self {
            domains,
            first_party,
            suggestion: Suggestion {
                provider: provider.or_else(|| text(&row.platform)),
                purpose: text(&row.description),
                category: category(&row.category),
            },
        }
    }

    fn is_of(&self, domain: &str) -> bool {
        let domain = domain.trim_start_matches('.');
        self.domains.iter().any(|own| {
            let sub = domain.strip_suffix(own.as_str());
            sub.is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
        })
    }
}

/// Merges the entries for one of these domains, or else those for any site.
pub(super) fn best(entries: &[DatabaseEntry], domains: &[String]) -> Option<Suggestion> {
    let of_domain = |entry: &&DatabaseEntry| domains.iter().any(|domain| entry.is_of(domain));
    let of_any = |entry: &&DatabaseEntry| entry.first_party;
    let of_domain = entries.iter().filter(of_domain);
    let common = of_domain
        .map(|entry| entry.suggestion.clone())
        .reduce(agreed);
    common.or_else(|| {
        let of_any = entries.iter().filter(of_any);
        of_any.map(|entry| entry.suggestion.clone()).reduce(agreed)
    })
}

fn agreed(one: Suggestion, other: Suggestion) -> Suggestion {
    let both =
        |one: Option<String>, other: Option<String>| one.filter(|one| other.as_ref() == Some(one));
    Suggestion {
        provider: both(one.provider, other.provider),
        purpose: both(one.purpose, other.purpose),
        category: both(one.category, other.category),
    }
}

/// Returns the cell's text, unless it is empty or a placeholder.
fn text(cell: &str) -> Option<String> {
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && !text.eq_ignore_ascii_case("#N/A") && text != "-").then_some(text)
}

/// Drops "necessary": a list of other sites' cookies can't know that.
fn category(cell: &str) -> Option<String> {
    let category = text(cell)?.to_lowercase();
    let necessary = ["necessary", "essential", "required"];
    let is_necessary = necessary.iter().any(|word| category.contains(word));
    (!is_necessary).then_some(category)
}
