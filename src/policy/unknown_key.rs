//! Unknown keys of a policy's JSON, with their position.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

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

#[cfg(test)]
mod tests {
    use crate::policy::CookiePolicy;

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
}
