//! The rule for choices without a date, which several readers share.

/// Declares the format of a reader, with that rule as its only setting.
macro_rules! undated {
    ($reader:ident: $format:ident) => {
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $format {
            #[serde(default)]
            undated: $crate::policy::codecs::format::Undated,
        }

        impl $reader {
            /// Sets the rule for its choices, which have no date (default: they count for as long
            /// as the browser keeps the cookie).
            ///
            /// ```
            #[doc = concat!("use tower_cookie_consent::codecs::{Undated, ", stringify!($reader), "};")]
            ///
            #[doc = concat!("let strict = ", stringify!($reader), "::new().undated(Undated::NoGrants);")]
            #[doc = concat!("assert_ne!(strict, ", stringify!($reader), "::new());")]
            /// ```
            pub fn undated(mut self, rule: $crate::policy::codecs::format::Undated) -> Self {
                self.0.format.undated = rule;
                self
            }
        }
    };
}

pub(super) use undated;
