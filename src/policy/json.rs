//! Reads a policy from JSON: strict about keys, in one pass, with every problem in one error.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{CookiePolicy, CookiePolicyBuilder, builder::Declared};

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

/// A key that is not one of its object's, and where its value ends, as ` at line 1 column 2`; empty if the
/// source has no lines.
pub(super) type UnknownKey = (String, String);

/// The value of an unknown key, which is skipped. Reading it always fails, with [`HERE`]: only errors carry
/// a position, and this one leaves the rest readable.
pub(super) enum Located {}

const HERE: &str = "value of an unknown key";

/// Returns the position in the error of a [`Located`], if it is that error.
pub(super) fn position<E: fmt::Display>(error: &E) -> Result<String, ()> {
    let error = error.to_string();
    error.strip_prefix(HERE).map(str::to_owned).ok_or(())
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Here)
    }
}

struct Here;

impl<'de> Visitor<'de> for Here {
    type Value = Located;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_unit<E: Error>(self) -> Result<Located, E> {
        Err(E::custom(HERE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Located, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(HERE))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Located, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(HERE))
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
            pub(in crate::policy) unknown: Vec<$crate::policy::json::UnknownKey>,
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
                use $crate::policy::json::{Located, at, label, position, within};

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

impl<'de> Deserialize<'de> for CookiePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let declared = Declared::deserialize(deserializer)?;
        CookiePolicyBuilder(declared)
            .build()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookieDeclaration, PreferencesCookie, Retention};

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
    fn every_unknown_key_is_named_with_its_object_and_position() {
        let text = "{\"revisions\": {\"a\": [1, {}]},\n\"categories\": [{\"id\": \"ads\", \"basis\": \"consent\",\n\
                    \"titles\": \"Ads\",\n\"cookies\": [{\"name\": \"a\", \"paths\": [\"/\", 2.5, null, true]}]}]}";
        let error = serde_json::from_str::<CookiePolicy>(text).unwrap_err();
        let text = error.to_string();
        for expected in [
            "the policy: unknown key \"revisions\": did you mean `revision`? at line 1 column 28",
            "category \"ads\": unknown key \"titles\": did you mean `title`? at line 3 column 15",
            "cookie \"a\" of category \"ads\": unknown key \"paths\": did you mean `path`? at line 4 column 57",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let text =
            "{\n\"categoris\": [], \"categories\": [{\"id\": \"a\", \"basis\": \"consent\"}]}";
        assert_eq!(
            serde_json::from_str::<CookiePolicy>(text)
                .unwrap_err()
                .line(),
            2
        );
        // A value has no lines.
        let value =
            serde_json::json!({"categories": [{"id": "a", "basis": "consent", "titles": {}}]});
        let error = serde_json::from_value::<CookiePolicy>(value).unwrap_err();
        assert!(
            error.to_string().ends_with("did you mean `title`?"),
            "{error}"
        );
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
            let place = if matches!(key, "use" | "codec" | "also_read") {
                GUIDE
            } else {
                text
            };
            assert!(place.contains(&format!("\"{key}\":")), "{key}");
            assert!(GUIDE.contains(&format!("`{key}`")), "{key}");
        }
    }
}
