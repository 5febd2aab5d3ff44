//! Readers in a policy's JSON: `{"klaro": {"tiers": ["youtube"]}, "undated": "no_grants"}`.

use std::{any::Any, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{
    AspNet, Axeptio, Borlabs, C15t, Complianz, CookieFirst, CookieYes, Cookiebot, Didomi,
    DjangoCookieConsent, Faz, GovUk, Iubenda, Klaro, MatomoConsent, OneTrust, Opendatasoft,
    Orejime, Osano, RealCookieBanner, Tarteaucitron, TcString, VanillaCookieconsent,
    format::Format, reader::Reader,
};
use crate::policy::{codec::Codec, names::nearest};

/// Lists the readers, once.
macro_rules! readers {
    ($($reader:ident),* $(,)?) => {
        /// Returns the names of all tools.
        pub(super) fn tools() -> Vec<&'static str> {
            vec![$(id_of(|reader: $reader| reader.0)),*]
        }

        /// Reads the codec of this tool.
        fn codec_of_tool(tool: &str, answers: Value, settings: Value) -> Result<Codec, String> {
            $(if tool == id_of(|reader: $reader| reader.0) {
                return Ok(Codec::custom($reader(reader_of(answers, settings)?)));
            })*
            Err(unknown_tool(tool))
        }

        /// Returns a reader as JSON.
        fn value_of(codec: &dyn Any) -> Option<Value> {
            $(if let Some(reader) = codec.downcast_ref::<$reader>() {
                return json_of_reader(&reader.0);
            })*
            None
        }
    };
}

readers![
    AspNet,
    Axeptio,
    Borlabs,
    C15t,
    Complianz,
    CookieFirst,
    CookieYes,
    Cookiebot,
    Didomi,
    DjangoCookieConsent,
    Faz,
    GovUk,
    Iubenda,
    Klaro,
    MatomoConsent,
    OneTrust,
    Opendatasoft,
    Orejime,
    Osano,
    RealCookieBanner,
    Tarteaucitron,
    TcString,
    VanillaCookieconsent,
];

fn id_of<T, F: Format>(_: fn(T) -> Reader<F>) -> &'static str {
    F::ID
}

/// Reads the codec from its object in JSON.
///
/// # Errors
///
/// A sentence that names the wrong value.
pub(in crate::policy) fn codec_of(mut object: Map<String, Value>) -> Result<Codec, String> {
    let known = tools();
    let mut named: Vec<_> = object
        .keys()
        .filter(|key| known.contains(&&***key))
        .collect();
    let tool = match (named.pop(), named.pop(), object.keys().next()) {
        (Some(tool), None, _) => tool.clone(),
        (Some(one), Some(other), _) => {
            return Err(format!(
                "it names two tools, {other:?} and {one:?}: remove one"
            ));
        }
        (None, _, Some(key)) => return Err(unknown_tool(key)),
        (None, _, None) => {
            return Err("it names no tool: write, for example, {\"klaro\": {}}".to_owned());
        }
    };
    let answers = object.remove(&tool).unwrap_or_default();
    codec_of_tool(&tool, answers, Value::Object(object)).map_err(|why| format!("{tool}: {why}"))
}

/// Returns the codec as JSON, if it is one of the readers.
pub(in crate::policy) fn json_of(codec: &dyn Any) -> Option<Value> {
    value_of(codec)
}

fn unknown_tool(tool: &str) -> String {
    if matches!(tool, "usercentrics" | "termly") {
        return format!(
            "{tool} stores the choice in localStorage, which does not reach the server: let a script \
             repeat it in a cookie and read that with a PreferencesCodec, or ask with this crate's pages"
        );
    }
    let known = tools();
    match nearest(tool, &known) {
        Some(meant) => format!("unknown tool {tool:?}: did you mean {meant:?}?"),
        None => format!("unknown tool {tool:?}: use one of {known:?}"),
    }
}

fn reader_of<F: Format>(answers: Value, settings: Value) -> Result<Reader<F>, String> {
    let answers: BTreeMap<String, Vec<String>> = match answers {
        Value::Null => BTreeMap::new(),
        answers => serde_json::from_value(answers).map_err(|error| error.to_string())?,
    };
    Ok(Reader {
        format: serde_json::from_value(settings).map_err(|error| error.to_string())?,
        answers: answers.into_iter().collect(),
    })
}

fn json_of_reader<F: Format>(reader: &Reader<F>) -> Option<Value> {
    let Ok(Value::Object(mut object)) = serde_json::to_value(&reader.format) else {
        return None;
    };
    let answers = reader.answers.iter();
    let answers = answers.map(|(id, keys)| (id.clone(), Value::from(keys.clone())));
    object.insert(F::ID.to_owned(), Value::Object(answers.collect()));
    Some(Value::Object(object))
}
