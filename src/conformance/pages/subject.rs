//! What a field is about: a category or service of the policy, or everything.

use super::words::{List, Meaning, is_about_cookies, is_word, meaning};
use crate::{CookiePolicy, conformance::intent::Intent, policy::CategorySet};

/// Words beside "tracking" in names that are not about parcels, time or habits.
const OF_TRACKING: [&str; 22] = [
    "accept",
    "ad",
    "ads",
    "allow",
    "allowed",
    "analytics",
    "enable",
    "enabled",
    "marketing",
    "on",
    "online",
    "optional",
    "parties",
    "party",
    "pixel",
    "site",
    "third",
    "user",
    "visitor",
    "web",
    "website",
    "all",
];

/// What a field lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// This category or service.
    One(u8),
    /// Everything that needs consent.
    Everything,
    /// A purpose that is none of the policy's names.
    Purpose(String),
}

/// A field with what names it.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// Other attributes that may have an id.
    pub(super) others: Vec<&'a str>,
    pub(super) label: String,
    /// It is one of several answers to one question.
    pub(super) is_answer: bool,
}

impl Named<'_> {
    /// Returns what the field lets through if it is on.
    pub(super) fn subject(&self, policy: &CookiePolicy) -> Option<Subject> {
        let name = tokens(self.name);
        if self.says() == Some(false) {
            return None;
        }
        if let Some(number) = find(policy, &name) {
            let own = tokens(policy.id_at(number).unwrap_or_default());
            let rest = name.iter().filter(|token| !own.contains(token));
            let is_no = rest.into_iter().any(|token| is_word(List::Inverse, token));
            let is_yes = !self.is_answer || self.says() == Some(true);
            return one_of(policy, number).filter(|_| is_yes && !is_no);
        }
        if name.iter().any(|token| is_word(List::Inverse, token)) {
            return None;
        }
        let by_value = [self.value].into_iter().chain(self.others.iter().copied());
        let by_value = by_value
            .map(tokens)
            .find_map(|tokens| find(policy, &tokens));
        if let Some(number) = by_value.or_else(|| by_label(policy, &self.label)) {
            return one_of(policy, number);
        }
        let is_yes = !self.is_answer || self.says() == Some(true);
        let is_accepting = Intent::of_pair(self.name, self.value) == Some(Intent::Accept);
        let is_general = names_consent(self.name)
            || (is_about_cookies(&self.label) && meaning(&self.label) == Some(Meaning::Accept));
        if is_accepting || (is_general && is_yes) {
            return Some(Subject::Everything);
        }
        self.purpose(policy, &name).filter(|_| is_yes)
    }

    fn purpose(&self, policy: &CookiePolicy, name: &[String]) -> Option<Subject> {
        let (value, label) = (tokens(self.value), tokens(&self.label));
        // Labels tell more than the purpose, so only their first words count.
        let words = name.iter().chain(&value).chain(label.iter().take(4));
        let has_exempt = !policy.objectable().is_empty();
        let of_purpose = |word: &&String| {
            let is_statistics = is_word(List::Statistics, word) && !has_exempt;
            is_word(List::Purpose, word) && policy.opt_out().is_empty() || is_statistics
        };
        let mut words = words;
        words
            .find(of_purpose)
            .map(|word| Subject::Purpose(word.clone()))
    }

    /// Returns what the value says, or else the label.
    fn says(&self) -> Option<bool> {
        let value = tokens(self.value).concat();
        match &*value {
            "" | "0" | "false" | "no" | "off" | "deny" | "denied" | "refuse" | "refused"
            | "reject" | "rejected" | "none" | "non" | "nein" | "decline" | "necessary"
            | "essential" => Some(false),
            "1" | "true" | "yes" | "on" | "allow" | "allowed" | "accept" | "accepted" | "grant"
            | "granted" | "all" | "oui" | "ja" | "enabled" | "y" | "consent" => Some(true),
            "n" => Some(false),
            _ if self.is_answer => match meaning(&self.label) {
                Some(Meaning::Accept) => Some(true),
                Some(Meaning::Refuse) => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Returns the categories that visitors are asked for.
pub(super) fn asked(policy: &CookiePolicy) -> CategorySet {
    policy.consenting() - policy.services()
}

fn one_of(policy: &CookiePolicy, number: u8) -> Option<Subject> {
    policy
        .consenting()
        .contains(number)
        .then_some(Subject::One(number))
}

/// Returns the category or service with the longest id in these words.
fn find(policy: &CookiePolicy, words: &[String]) -> Option<u8> {
    let known = (0..CategorySet::CAPACITY).filter_map(|number| {
        let id = tokens(policy.id_at(number).filter(|id| !id.is_empty())?);
        let is_in = !id.is_empty() && words.windows(id.len()).any(|window| window == id);
        is_in.then_some((id.len(), number))
    });
    known
        .max_by_key(|(length, _)| *length)
        .map(|(_, number)| number)
}

/// Returns the category or service that a label names, by its id or a title.
fn by_label(policy: &CookiePolicy, label: &str) -> Option<u8> {
    let lower = label.to_lowercase();
    let is_titled = |number: &u8| {
        let category = policy.category_at(*number).and_then(|it| it.get_title());
        let title = category.or_else(|| policy.service_at(*number).and_then(|it| it.get_title()));
        let titles = title.map(|title| {
            let languages = title.languages().filter_map(|it| title.get(it, it));
            let any = title.get("en", "en");
            let texts = languages.chain(any).map(|(_, text)| text.to_lowercase());
            texts.collect::<Vec<_>>()
        });
        let titles = titles.unwrap_or_default();
        titles
            .iter()
            .any(|title| title.len() > 2 && lower.starts_with(title.as_str()))
    };
    let mut numbers = 0..CategorySet::CAPACITY;
    let named = || find(policy, tokens(label).get(..1).unwrap_or_default());
    numbers.find(is_titled).or_else(named)
}

/// Returns the words of a name, such as `cookieConsent[ads]`.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        let is_end = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if is_end && !word.is_empty() {
            all.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

/// Returns `true` for a name about cookies or consent. `order_tracking` is none.
pub(super) fn names_consent(text: &str) -> bool {
    let lower = text.to_lowercase();
    if is_about_cookies(&lower.replace("tracking", "").replace("tracker", "")) {
        return true;
    }
    let is_tracking = |word: &str| word.starts_with("tracking") || word.starts_with("tracker");
    let words = tokens(text);
    words.iter().any(|word| is_tracking(word))
        && words
            .iter()
            .all(|word| is_tracking(word) || OF_TRACKING.contains(&&**word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Category, policy::Service};

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base"),
            Category::exempt("stats"),
            Category::consent("maps").title("Carte"),
            Category::consent("media").service(Service::new("films").title("Film house")),
        ])
        .unwrap()
    }

    fn subject(name: &str, value: &str, label: &str, is_answer: bool) -> Option<String> {
        let policy = policy();
        let named = Named {
            name,
            value,
            others: Vec::new(),
            label: label.to_owned(),
            is_answer,
        };
        named.subject(&policy).map(|subject| match subject {
            Subject::One(number) => policy.id_at(number).unwrap_or_default().to_owned(),
            Subject::Everything => "*".to_owned(),
            Subject::Purpose(word) => format!("?{word}"),
        })
    }

    #[test]
    fn fields_say_what_they_are_about() {
        for (name, value, label, is_answer, expected) in [
            ("maps", "on", "", false, Some("maps")),
            ("category", "maps", "", false, Some("maps")),
            ("consent[maps]", "1", "", false, Some("maps")),
            ("cookieMaps", "yes", "", false, Some("maps")),
            ("c2", "on", "Film house, films", false, Some("films")),
            ("c2", "on", "Carte", false, Some("maps")),
            ("maps", "no", "", true, None),
            ("maps", "yes", "", true, Some("maps")),
            ("maps", "x", "I accept", true, Some("maps")),
            ("maps", "x", "", true, None),
            ("choice", "accept", "", true, Some("*")),
            ("choice", "refuse", "", true, None),
            ("cookie_consent", "on", "", false, Some("*")),
            ("c3", "on", "Marketing", false, Some("?marketing")),
            ("refuse_maps", "1", "", false, None),
            // Exempt, or necessary.
            ("stats", "on", "", false, None),
            ("analytics", "on", "", false, None),
            ("base", "on", "", false, None),
            ("necessary_cookies", "on", "", false, None),
            ("newsletter", "on", "Send me news", false, None),
            (
                "order_tracking",
                "on",
                "Mail me where my parcel is",
                false,
                None,
            ),
            ("allow_tracking", "on", "", false, Some("*")),
        ] {
            let found = subject(name, value, label, is_answer);
            assert_eq!(found.as_deref(), expected, "{name} {value} {label}");
        }
    }
}
