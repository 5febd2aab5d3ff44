//! Reads a policy from JSON: strict about keys, in one pass, with every problem in one error.

use std::collections::BTreeMap;

use serde::de::Error;
use serde_json::Value;

/// Keys that begin with `x-`, kept unchanged.
pub(super) type Extra = BTreeMap<String, Value>;

/// Returns the JSON text of one of these keys.
pub(super) fn extra(extra: &Extra, key: &str) -> Option<String> {
    extra.get(key).map(Value::to_string)
}

/// Adds the key to an error, and the id or name of its object if that came before. (The text of a
/// `serde_json` error ends in its position, which it extracts again.)
pub(super) fn at<E: Error>(object: Option<&str>, key: &str, error: &E) -> E {
    let key = key.escape_debug();
    match object {
        Some(object) => E::custom(format_args!("{object:?}: {key}: {error}")),
        None => E::custom(format_args!("{key}: {error}")),
    }
}

/// Adds the id or name of its object to an error, if that came before.
pub(super) fn within<E: Error>(object: Option<&str>, error: E) -> E {
    match object {
        Some(object) => E::custom(format_args!("{object:?}: {error}")),
        None => error,
    }
}

/// Returns the value of a key if it is a text by which people know the object.
pub(super) fn label(key: &str, value: &impl serde::Serialize) -> Option<String> {
    let value = matches!(key, "id" | "name").then(|| serde_json::to_value(value))?;
    Some(value.ok()?.as_str()?.to_owned())
}

/// Returns the JSON key of a field, whose name may be a keyword of Rust.
pub(super) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Declares a struct that is read from a JSON object. A key is either one of `keys`, where null
/// counts as absent; or begins with `x-` and is kept; or is recorded as unknown, for the check to
/// report. `others` are not keys. (`serde(flatten)` alone would lose positions and ignore repeated
/// keys.)
macro_rules! object {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident: $what:literal {
            keys { $($(#[$key_meta:meta])* $key:ident: $key_type:ty = $key_default:expr,)* }
            others { $($(#[$other_meta:meta])* $other:ident: $other_type:ty = $other_default:expr,)* }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        $visibility struct $name {
            $($(#[$key_meta])* pub(in crate::policy) $key: $key_type,)*
            $($(#[$other_meta])* #[serde(skip)] pub(in crate::policy) $other: $other_type,)*
            #[serde(flatten)]
            pub(in crate::policy) extra: $crate::policy::json::Extra,
            #[serde(skip)]
            pub(in crate::policy) unknown: Vec<$crate::policy::unknown_key::UnknownKey>,
        }

        impl $name {
            pub(in crate::policy) const KEYS: &[&'static str] = &[$($crate::policy::json::key(stringify!($key))),*];

            /// Returns the defaults.
            pub(in crate::policy) fn empty() -> Self {
                Self {
                    $($key: $key_default,)*
                    $($other: $other_default,)*
                    extra: Default::default(),
                    unknown: Vec::new(),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::{Error, MapAccess, Visitor};
                use $crate::policy::{
                    json::{at, label, within},
                    unknown_key::{Located, position},
                };

                struct Keys;

                impl<'de> Visitor<'de> for Keys {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object: ", $what))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut object = $name::empty();
                        let mut seen = std::collections::BTreeSet::new();
                        let mut known_as = None;
                        while let Some(key) = map
                            .next_key::<String>()
                            .map_err(|error| within(known_as.as_deref(), error))?
                        {
                            if seen.contains(&key) {
                                return Err(A::Error::custom(format_args!(
                                    "the key {key:?} appears twice: remove one"
                                )));
                            }
                            match key.as_str() {
                                $(known if known == $crate::policy::json::key(stringify!($key)) => {
                                    let value = map.next_value::<Option<$key_type>>();
                                    let value = value.map_err(|e| at(known_as.as_deref(), &key, &e))?;
                                    if let Some(value) = value {
                                        known_as = known_as.or_else(|| label(&key, &value));
                                        object.$key = value;
                                    }
                                })*
                                _ if key.starts_with("x-") => {
                                    let value = map.next_value();
                                    let value = value.map_err(|e| at(known_as.as_deref(), &key, &e))?;
                                    object.extra.insert(key.clone(), value);
                                }
                                _ => {
                                    let Err(error) = map.next_value::<Located>();
                                    let place = position(&error);
                                    let place = place.map_err(|()| at(known_as.as_deref(), &key, &error))?;
                                    object.unknown.push((key.clone(), place));
                                }
                            }
                            seen.insert(key);
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Keys)
            }
        }
    };
}

pub(super) use object;

#[cfg(test)]
mod tests {
    use crate::policy::{
        Category, CookieDeclaration, CookiePolicy, PreferencesCookie, Retention, declared::Declared,
    };

    #[test]
    fn a_wrong_value_is_named_with_its_object_and_position() {
        for (text, expected) in [
            (
                "{\"categories\": [\n{\"id\": \"stats\", \"basis\": \"consnt\"}]}",
                "categories: \"stats\": basis: unknown variant `consnt`",
            ),
            (
                "{\"categories\": [\n{\"id\": \"ads\", \"cookies\": [{\"name\": \"a\", \"retention\": \"5 ages\"}]}]}",
                "categories: \"ads\": cookies: \"a\": retention: invalid value",
            ),
            (
                "{\"categories\": [\n{\"basis\": 1, \"id\": \"ads\"}]}",
                "categories: basis: ",
            ),
        ] {
            let error = serde_json::from_str::<CookiePolicy>(text).unwrap_err();
            assert_eq!(error.line(), 2, "{error}");
            let error = error.to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(error.contains(" at line 2 column "), "{error}");
        }
    }

    #[test]
    fn missing_comma_is_named_with_its_object_and_position() {
        for text in [
            "{\"categories\": [\n{\"id\": \"ads\" \"basis\": \"consent\"}]}",
            "{\"categories\": [\n{\"id\": \"ads\", \"titles\": [1 2]}]}",
            "{\"categories\": [\n{\"id\": \"ads\", \"basis\": \"consent\",}]}",
        ] {
            let error = serde_json::from_str::<CookiePolicy>(text).unwrap_err();
            assert_eq!(error.line(), 2, "{error}");
            let error = error.to_string();
            assert!(error.starts_with("categories: \"ads\": "), "{error}");
            assert!(error.contains(" at line 2 column "), "{error}");
        }
    }

    #[test]
    fn reports_the_same_problems_as_the_builder() {
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
    fn keeps_keys_that_begin_with_x() {
        let text = r#"{"x-a": [1], "preferences_cookie": {"x-p": 2}, "categories":
            [{"id": "a", "basis": "consent", "x-c": null, "cookies": [{"name": "n", "x-k": {}}]}]}"#;
        let policy: CookiePolicy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.extra("x-a").as_deref(), Some("[1]"));
        let preferences = policy.preferences_cookie();
        assert_eq!(preferences.extra("x-p").as_deref(), Some("2"));
        let category = policy.category("a").unwrap();
        assert_eq!(category.extra("x-c").as_deref(), Some("null"));
        let cookie = &category.get_cookies()[0];
        assert_eq!(cookie.extra("x-k").as_deref(), Some("{}"));
        assert_eq!(policy.extra("x-b"), None);
    }

    const GUIDE: &str = include_str!("../../docs/guide/policy.md");

    #[test]
    fn the_guide_has_a_valid_policy_with_every_key() {
        let (_, rest) = GUIDE.split_once("```json\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let policy: CookiePolicy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.categories().len(), 4);
        for key in [
            Declared::KEYS,
            PreferencesCookie::KEYS,
            Category::KEYS,
            CookieDeclaration::KEYS,
            crate::policy::Controller::KEYS,
            crate::policy::Service::KEYS,
        ]
        .concat()
        {
            let place = if matches!(key, "use" | "codec" | "also_read" | "regime") {
                GUIDE
            } else {
                text
            };
            let is_written = key != "regime";
            assert!(
                !is_written || place.contains(&format!("\"{key}\":")),
                "{key}"
            );
            assert!(GUIDE.contains(&format!("`{key}`")), "{key}");
        }
    }
}
