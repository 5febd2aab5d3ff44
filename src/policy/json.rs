//! Reads a policy from JSON: strict about keys, in one pass, with every problem of the policy in one
//! error.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    Basis, Category, CookieDeclaration, CookiePolicy, Kind, PolicyProblem, PreferencesCookie,
    Reason, Retention, SameSite, Text, check::unknown_key,
};

/// Keys that begin with `x-`, kept as they are.
pub(super) type Extra = BTreeMap<String, Value>;

/// The same error, saying under which key. (An error of `serde_json` ends in its position, which it
/// takes out of the text again.)
pub(super) fn at<E: Error>(key: &str, error: &E) -> E {
    E::custom(format_args!("{}: {error}", key.escape_debug()))
}

/// An object whose keys are all known, kept (`x-`), or noted. `serde(flatten)` would lose positions,
/// and pass over a key that is there twice.
macro_rules! object {
    ($raw:ident, $what:literal, { $($key:ident: $type:ty,)* }) => {
        #[derive(Default)]
        struct $raw {
            $($key: Option<$type>,)*
            extra: Extra,
            unknown: Vec<String>,
        }

        impl $raw {
            const KEYS: &[&'static str] = &[$(stringify!($key)),*];

            fn unknown(&mut self, place: &str) -> impl Iterator<Item = PolicyProblem> {
                std::mem::take(&mut self.unknown)
                    .into_iter()
                    .map(move |key| unknown_key(place.to_owned(), key, Self::KEYS))
            }
        }

        impl<'de> Deserialize<'de> for $raw {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Keys;

                impl<'de> Visitor<'de> for Keys {
                    type Value = $raw;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("an object: ", $what))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$raw, A::Error> {
                        let mut raw = $raw::default();
                        let mut seen = BTreeSet::new();
                        while let Some(key) = map.next_key::<String>()? {
                            if seen.contains(&key) {
                                return Err(A::Error::custom(format_args!(
                                    "the key {key:?} is there twice; remove one"
                                )));
                            }
                            match key.as_str() {
                                $(stringify!($key) => {
                                    raw.$key = map.next_value().map_err(|e| at(&key, &e))?;
                                })*
                                _ if key.starts_with("x-") => {
                                    let value = map.next_value().map_err(|e| at(&key, &e))?;
                                    raw.extra.insert(key.clone(), value);
                                }
                                _ => {
                                    map.next_value::<IgnoredAny>()?;
                                    raw.unknown.push(key.clone());
                                }
                            }
                            seen.insert(key);
                        }
                        Ok(raw)
                    }
                }

                deserializer.deserialize_map(Keys)
            }
        }
    };
}

object!(RawPolicy, "a policy", {
    revision: u32,
    since: u32,
    default_language: String,
    choice_lifetime: Retention,
    preferences_cookie: RawPreferencesCookie,
    categories: Vec<RawCategory>,
});

object!(RawPreferencesCookie, "the preferences cookie", {
    name: String,
    domain: String,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
});

object!(RawCategory, "a category", {
    id: String,
    basis: Basis,
    title: Text,
    description: Text,
    since: u32,
    consent_mode: Vec<String>,
    gpc: bool,
    cookies: Vec<RawCookie>,
});

object!(RawCookie, "a cookie", {
    name: String,
    kind: Kind,
    reason: Reason,
    provider: Text,
    service: Text,
    purpose: Text,
    retention: Retention,
    path: Vec<String>,
    domain: Vec<String>,
    partitioned: bool,
    controller: Text,
    privacy_url: String,
});

impl<'de> Deserialize<'de> for CookiePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut raw = RawPolicy::deserialize(deserializer)?;
        let mut problems: Vec<_> = raw.unknown("the policy").collect();
        let mut builder = Self::builder();
        if let Some(raw) = raw.preferences_cookie {
            builder.preferences_cookie = preferences_cookie(raw, &mut problems);
        }
        for raw in raw.categories.unwrap_or_default() {
            builder.categories.push(category(raw, &mut problems));
        }
        builder.revision = raw.revision.unwrap_or(builder.revision);
        builder.since = raw.since.unwrap_or(builder.since);
        builder.default_language = raw.default_language.unwrap_or(builder.default_language);
        builder.choice_lifetime = raw.choice_lifetime.unwrap_or(builder.choice_lifetime);
        builder.extra = raw.extra;
        builder.problems = problems;
        builder.build().map_err(D::Error::custom)
    }
}

fn preferences_cookie(
    mut raw: RawPreferencesCookie,
    problems: &mut Vec<PolicyProblem>,
) -> PreferencesCookie {
    problems.extend(raw.unknown("preferences_cookie"));
    let default = PreferencesCookie::default();
    PreferencesCookie {
        name: raw.name.unwrap_or(default.name),
        domain: raw.domain,
        secure: raw.secure.unwrap_or(default.secure),
        http_only: raw.http_only.unwrap_or(default.http_only),
        same_site: raw.same_site.unwrap_or(default.same_site),
        extra: raw.extra,
        ..default
    }
}

/// An absent id is an empty one, for the check to find.
fn category(mut raw: RawCategory, problems: &mut Vec<PolicyProblem>) -> Category {
    let id = raw.id.take().unwrap_or_default();
    problems.extend(raw.unknown(&format!("category {id:?}")));
    let basis = raw.basis.unwrap_or_else(|| {
        problems.push(PolicyProblem::NoBasis {
            category: id.clone(),
        });
        Basis::Necessary
    });
    let mut category = Category::new(id, basis);
    for raw in raw.cookies.unwrap_or_default() {
        category.cookies.push(cookie(&category.id, raw, problems));
    }
    category.title = raw.title;
    category.description = raw.description;
    category.since = raw.since;
    category.consent_mode = raw.consent_mode.unwrap_or_default();
    category.gpc = raw.gpc.unwrap_or_default();
    category.extra = raw.extra;
    category
}

/// An absent name is an empty one, for the check to find.
fn cookie(
    category: &str,
    mut raw: RawCookie,
    problems: &mut Vec<PolicyProblem>,
) -> CookieDeclaration {
    let name = raw.name.take().unwrap_or_default();
    problems.extend(raw.unknown(&format!("cookie {name:?} of category {category:?}")));
    CookieDeclaration {
        name,
        kind: raw.kind.unwrap_or_default(),
        reason: raw.reason,
        provider: raw.provider,
        service: raw.service,
        purpose: raw.purpose,
        retention: raw.retention,
        path: raw.path.unwrap_or_default(),
        domain: raw.domain.unwrap_or_default(),
        partitioned: raw.partitioned.unwrap_or_default(),
        controller: raw.controller,
        privacy_url: raw.privacy_url,
        extra: raw.extra,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_same_as_the_builder() {
        let text = r#"{"choice_lifetime": "session",
            "categories": [{"id": "gpc", "basis": "consent", "cookies": [{"name": "a b"}]}]}"#;
        let through_serde = serde_json::from_str::<CookiePolicy>(text).unwrap_err();
        let cookie = CookieDeclaration::new("a b");
        let built = CookiePolicy::builder()
            .choice_lifetime(Retention::session())
            .category(Category::consent("gpc").cookie(cookie))
            .build()
            .unwrap_err();
        assert_eq!(through_serde.to_string(), built.to_string());
        assert_eq!(built.problems().len(), 3);
    }

    #[test]
    fn says_where_a_wrong_type_stands() {
        let text = "{\"categories\": [\n{\"id\": \"a\", \"basis\": 1}]}";
        let error = serde_json::from_str::<CookiePolicy>(text).unwrap_err();
        assert!(
            error.to_string().starts_with("categories: basis: "),
            "{error}"
        );
        assert_eq!(error.line(), 2);
    }

    #[test]
    fn keeps_keys_of_ones_own() {
        let text = r#"{"x-a": [1], "preferences_cookie": {"x-p": 2}, "categories":
            [{"id": "a", "basis": "consent", "x-c": null, "cookies": [{"name": "n", "x-k": {}}]}]}"#;
        let policy: CookiePolicy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.extra("x-a"), Some(&serde_json::json!([1])));
        assert_eq!(
            policy.preferences_cookie().extra("x-p"),
            Some(&serde_json::json!(2))
        );
        let category = policy.category("a").unwrap();
        assert_eq!(category.extra("x-c"), Some(&Value::Null));
        assert_eq!(
            category.get_cookies()[0].extra("x-k"),
            Some(&serde_json::json!({}))
        );
        assert_eq!(policy.extra("x-b"), None);
    }

    const GUIDE: &str = include_str!("../../docs/guide/policy.md");

    #[test]
    fn the_guide_has_a_policy_that_can_be_with_every_key() {
        let (_, rest) = GUIDE.split_once("```json\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let policy: CookiePolicy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.categories().len(), 3);
        for key in [
            RawPolicy::KEYS,
            RawPreferencesCookie::KEYS,
            RawCategory::KEYS,
            RawCookie::KEYS,
        ]
        .concat()
        {
            assert!(text.contains(&format!("\"{key}\":")), "{key}");
            assert!(GUIDE.contains(&format!("`{key}`")), "{key}");
        }
    }
}
