//! The codec of a policy: the crate's own, or the site's, whose panics are caught here.

#[cfg(not(feature = "codecs"))]
use std::any::Any;
use std::{
    fmt,
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::{CookiePolicy, JsonCodec, PreferencesCodec};
use crate::preferences::{Choice, DecodeError, Decoded, EncodeError, json, time_of};

/// A policy's JSON can have the default codec and the readers of other tools' cookies.
#[derive(Clone, Default)]
pub(super) enum Codec {
    /// Called directly: it does not panic, and does not pay for codecs that do.
    #[default]
    Json,
    Custom(Arc<Custom<dyn PreferencesCodec>>),
}

/// A codec of the site. If it panics, the visitor must still get a response.
pub(super) struct Custom<C: ?Sized> {
    /// It panicked while writing, and no event has reported it yet.
    panicked: AtomicBool,
    /// The codec as the value of a policy's key, if it can be one.
    json: Option<Value>,
    codec: C,
}

impl Codec {
    pub(super) fn custom(codec: impl PreferencesCodec + 'static) -> Self {
        Self::Custom(Arc::new(Custom {
            panicked: AtomicBool::new(false),
            json: json_of(&codec),
            codec,
        }))
    }

    fn json(&self) -> Option<&Value> {
        match self {
            Self::Json => None,
            Self::Custom(custom) => custom.json.as_ref(),
        }
    }

    /// Returns `true` if a policy's JSON does not have it: the default, and those of the site.
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub(super) fn is_not_json(&self) -> bool {
        self.json().is_none()
    }

    pub(super) fn get(&self) -> &dyn PreferencesCodec {
        match self {
            Self::Json => &JsonCodec,
            Self::Custom(custom) => &custom.codec,
        }
    }

    /// Returns the names that it reads, or `None` if it panicked.
    pub(super) fn names(&self, own: &str) -> Option<Vec<String>> {
        match self {
            Self::Json => Some(Vec::new()),
            Self::Custom(custom) => caught(|| custom.codec.names(own)),
        }
    }

    /// Returns what does not fit the policy, or `None` if it panicked.
    pub(super) fn problems(&self, policy: &CookiePolicy) -> Option<Vec<String>> {
        match self {
            Self::Json => Some(Vec::new()),
            Self::Custom(custom) => caught(|| custom.codec.problems(policy)),
        }
    }

    #[inline]
    pub(super) fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: u64,
    ) -> Result<Decoded, DecodeError> {
        match self {
            Self::Json => json::decode_first(policy, values),
            Self::Custom(custom) => {
                let now = time_of(now);
                let read = caught(|| custom.codec.decode(policy, values, now));
                read.unwrap_or(Err(DecodeError::CodecPanicked))
            }
        }
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// It only reads, or it panicked.
    pub(super) fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Result<String, EncodeError> {
        match self {
            Self::Json => Ok(json::encode(policy, choice, previous)),
            Self::Custom(custom) => {
                let Some(written) = caught(|| custom.codec.encode(policy, choice, previous)) else {
                    custom.panicked.store(true, Ordering::Relaxed);
                    return Err(EncodeError::CodecPanicked);
                };
                written.ok_or(EncodeError::ReadOnly)
            }
        }
    }

    /// Returns `true` if it has panicked while writing since the last call.
    pub(super) fn take_panic(&self) -> bool {
        match self {
            Self::Json => false,
            Self::Custom(custom) => custom.panicked.swap(false, Ordering::Relaxed),
        }
    }
}

/// Returns the result of `call`, or `None` if it panics. (Never reached if panics abort.)
fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => Some(done),
        Err(payload) => {
            // Dropping the payload could panic again.
            let _leaked = ManuallyDrop::new(payload);
            None
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl Serialize for Codec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

/// Reads the codec of a tool: `{"klaro": {"tiers": ["youtube"]}}`.
impl<'de> Deserialize<'de> for Codec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::deserialize(deserializer)?;
        codec_of(object).map_err(D::Error::custom)
    }
}

#[cfg(feature = "codecs")]
use super::codecs::{codec_of, json_of};

#[cfg(not(feature = "codecs"))]
fn json_of(_: &dyn Any) -> Option<Value> {
    None
}

#[cfg(not(feature = "codecs"))]
fn codec_of(object: Map<String, Value>) -> Result<Codec, &'static str> {
    drop(object);
    Err("reading the cookies of other tools needs the feature `codecs` of tower-cookie-consent")
}

/// Codecs are compared by their `Debug` text: two with the same text count as equal.
impl PartialEq for Codec {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json, Self::Json) => true,
            (Self::Custom(one), Self::Custom(other)) if Arc::ptr_eq(one, other) => true,
            _ => format!("{self:?}") == format!("{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::policy::{Category, PreferencesCookie};

    /// Panics in the method of this name.
    #[derive(Debug)]
    struct Panics(&'static str);

    /// Panics when dropped, too.
    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }

    impl Panics {
        fn at(&self, method: &str) {
            if self.0 == method {
                std::panic::panic_any(Payload);
            }
        }
    }

    impl PreferencesCodec for Panics {
        fn names(&self, _: &str) -> Vec<String> {
            self.at("names");
            Vec::new()
        }

        fn problems(&self, _: &CookiePolicy) -> Vec<String> {
            self.at("problems");
            Vec::new()
        }

        fn decode(
            &self,
            _: &CookiePolicy,
            _: &[Option<&[u8]>],
            _: SystemTime,
        ) -> Result<Decoded, DecodeError> {
            self.at("decode");
            Err(DecodeError::Format)
        }

        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
            self.at("encode");
            Some("value".to_owned())
        }
    }

    #[test]
    fn panic_of_a_codec_is_its_own() {
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let choice = Choice::from_unix_seconds(0);
        let codec = Codec::custom(Panics("decode"));
        assert_eq!(
            codec.decode(&policy, &[Some(b"x")], 0),
            Err(DecodeError::CodecPanicked)
        );
        assert_eq!(codec.encode(&policy, &choice, None).unwrap(), "value");
        assert!(!codec.take_panic());
        let codec = Codec::custom(Panics("encode"));
        assert_eq!(
            codec.encode(&policy, &choice, None),
            Err(EncodeError::CodecPanicked)
        );
        assert!(codec.take_panic() && !codec.take_panic());
        assert_eq!(codec.names("p"), Some(vec![]));
        assert_eq!(Codec::custom(Panics("names")).names("p"), None);
    }

    #[test]
    fn policy_of_a_codec_that_panics_is_an_error() {
        for method in ["names", "problems", "encode"] {
            let cookie = PreferencesCookie::new("p").codec(Panics(method));
            let error = CookiePolicy::builder()
                .preferences_cookie(cookie)
                .category(Category::consent("ads"))
                .build()
                .unwrap_err();
            let [problem] = error.problems() else {
                panic!("{error}");
            };
            let expected = format!("preferences cookie \"p\": its codec panics in `{method}`: ");
            assert!(problem.to_string().starts_with(&expected), "{problem}");
        }
    }
}
