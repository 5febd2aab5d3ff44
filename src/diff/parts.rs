//! A policy as a list of parts, each with its keys and values: the JSON that it is written as, made flat.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::place::Place;
use crate::policy::CookiePolicy;

/// The identity of a part, in both editions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Policy,
    Category(String),
    Service(String),
    Cookie(Box<CookieKey>),
}

/// A declaration. What has another kind or is of another site is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CookieKey {
    /// The id of its category or service.
    pub(super) group: String,
    pub(super) tracker: Tracker,
    /// Rows that only inform may be repeated.
    nth: usize,
}

/// Something that is stored or read, whatever it is declared under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tracker {
    pub(super) kind: String,
    pub(super) name: String,
    third_party: Option<String>,
}

impl Key {
    /// Returns the id of a category or service.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Category(id) | Self::Service(id) => Some(id),
            Self::Policy | Self::Cookie(_) => None,
        }
    }

    /// Returns `true` if pages show what this key has, as a text or several.
    pub(super) fn is_text(&self, key: &str) -> bool {
        match self {
            Key::Policy => {
                let is_law = key.starts_with("regimes.") && key.ends_with(".law");
                const CONTROLLER: [&str; 4] = [
                    "controller.name",
                    "controller.address",
                    "controller.contact",
                    "controller.dpo",
                ];
                key == "site" || is_law || CONTROLLER.contains(&key)
            }
            Key::Category(_) => {
                const TEXTS: [&str; 4] = [
                    "title",
                    "description",
                    "exemption.purpose",
                    "exemption.processor",
                ];
                TEXTS.contains(&key)
            }
            Key::Service(_) => ["title", "provider", "controller", "purposes"].contains(&key),
            Key::Cookie(_) => [
                "provider",
                "service",
                "purpose",
                "controller",
                "reason.other",
            ]
            .contains(&key),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) key: Key,
    pub(super) place: Place,
    /// Nested objects have keys with dots.
    pub(super) values: BTreeMap<String, Value>,
}

impl Part {
    /// Returns the texts of a key; none if it has something else.
    pub(super) fn texts(&self, key: &str) -> Vec<&Value> {
        match self.values.get(key) {
            Some(_) if !self.key.is_text(key) => Vec::new(),
            Some(Value::Array(texts)) => texts.iter().collect(),
            text => text.into_iter().collect(),
        }
    }

    /// Returns the values of a list.
    pub(super) fn list(&self, key: &str) -> &[Value] {
        match self.values.get(key) {
            Some(Value::Array(values)) => values,
            _ => &[],
        }
    }
}

/// Returns the policy, its categories, their services and all declarations, in declared order.
pub(super) fn parts(policy: &CookiePolicy) -> Vec<Part> {
    // A policy can always be written.
    let mut policy = object(serde_json::to_value(policy).unwrap_or_default());
    let categories = take_list(&mut policy, "categories");
    let mut parts = Parts::default();
    parts.push(Key::Policy, Place::default(), policy);
    for mut category in categories {
        let id = id_of(&category);
        let cookies = take_list(&mut category, "cookies");
        let services = take_list(&mut category, "services");
        let place = Place::of_category(&id);
        parts.push(Key::Category(id.clone()), place.clone(), category);
        parts.cookies(&id, &place, cookies);
        for mut service in services {
            let id = id_of(&service);
            let cookies = take_list(&mut service, "cookies");
            let place = Place {
                service: Some(id.clone()),
                ..place.clone()
            };
            parts.push(Key::Service(id.clone()), place.clone(), service);
            parts.cookies(&id, &place, cookies);
        }
    }
    parts.0
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, key: Key, place: Place, mut object: Map<String, Value>) {
        object.remove("id");
        let mut values = BTreeMap::new();
        flatten(&key, "", object, &mut values);
        self.0.push(Part { key, place, values });
    }

    fn cookies(&mut self, group: &str, place: &Place, cookies: Vec<Map<String, Value>>) {
        let mut seen: Vec<Tracker> = Vec::new();
        for mut cookie in cookies {
            let mut word = |key| match cookie.remove(key) {
                Some(Value::String(word)) => Some(word),
                _ => None,
            };
            let tracker = Tracker {
                kind: word("kind").unwrap_or_else(|| "cookie".to_owned()),
                name: word("name").unwrap_or_default(),
                third_party: word("third_party"),
            };
            let place = Place {
                cookie: Some(tracker.name.clone()),
                ..place.clone()
            };
            let nth = seen.iter().filter(|it| **it == tracker).count();
            seen.push(tracker.clone());
            let group = group.to_owned();
            let key = Key::Cookie(Box::new(CookieKey {
                group,
                tracker,
                nth,
            }));
            self.push(key, place, cookie);
        }
    }
}

/// Adds each value under its key. Texts per language, and what sites keep for themselves, stay whole.
fn flatten(
    of: &Key,
    within: &str,
    object: Map<String, Value>,
    values: &mut BTreeMap<String, Value>,
) {
    for (key, value) in object {
        let is_own = key.starts_with("x-");
        let key = match within {
            "" => key,
            within => format!("{within}.{key}"),
        };
        match value {
            Value::Object(inner) if !inner.is_empty() && !is_own && !of.is_text(&key) => {
                flatten(of, &key, inner, values);
            }
            value => drop(values.insert(key, value)),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn take_list(of: &mut Map<String, Value>, key: &str) -> Vec<Map<String, Value>> {
    match of.remove(key) {
        Some(Value::Array(list)) => list.into_iter().map(object).collect(),
        _ => Vec::new(),
    }
}

fn id_of(object: &Map<String, Value>) -> String {
    let id = object.get("id").and_then(Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Returns the words of a text by language, in lower case.
pub(super) fn words(text: &Value, default_language: &str) -> BTreeMap<String, String> {
    let each = match text {
        Value::String(words) => vec![(default_language, words)],
        Value::Object(texts) => {
            let texts = texts.iter().filter_map(|(language, words)| match words {
                Value::String(words) => Some((language.as_str(), words)),
                _ => None,
            });
            texts.collect()
        }
        _ => Vec::new(),
    };
    let each = each.into_iter();
    each.map(|(language, words)| (language.to_ascii_lowercase(), words.clone()))
        .collect()
}
