use std::{fmt, time::SystemTime};

use super::CookiePolicy;
use crate::preferences::{Choice, DecodeError, Decoded};

/// Encodes a choice in the preferences cookie and decodes it again.
///
/// The default is [`JsonCodec`](crate::preferences::JsonCodec). A different codec lets a site keep
/// the cookie of its existing banner; set it with
/// [`PreferencesCookie::follow`](crate::preferences::PreferencesCookie::follow) if that banner goes on
/// to write it, or with [`PreferencesCookie::codec`](crate::preferences::PreferencesCookie::codec). For
/// well-known banners, the feature `codecs` has readers.
///
/// A codec decides nothing: it reports what a value says. The crate handles age, revision, signals,
/// and the combination of several cookies. If a value is intact and contains no answer, return
/// [`Decoded::undecided`]; if it does not clearly say what the visitor chose, return a [`DecodeError`]
/// instead of a guess: unreadable preferences grant nothing.
///
/// If a codec panics, the response is not lost. If it was decoding, the result is
/// [`DecodeError::CodecPanicked`]. If it was encoding, the preferences cookie is removed, so that
/// nothing remains granted that the visitor may just have denied. An event reports it. (If panics
/// abort, the process ends as with any other panic.) A codec must be able to decode what it
/// encodes: a response that sets an unreadable value is withheld.
///
/// ```
/// use std::time::SystemTime;
/// use tower_cookie_consent::{
///     Basis, Category, Choice, CookiePolicy,
///     preferences::{DecodeError, Decoded, PreferencesCodec},
/// };
///
/// /// `all@1790000000`, `none@1790000000`, or `asked` before a choice.
/// #[derive(Debug)]
/// struct AllOrNone;
///
/// impl PreferencesCodec for AllOrNone {
///     fn decode(
///         &self,
///         policy: &CookiePolicy,
///         values: &[Option<&[u8]>],
///         _now: SystemTime,
///     ) -> Result<Decoded, DecodeError> {
///         let value = values.first().copied().flatten().ok_or(DecodeError::Format)?;
///         let value = std::str::from_utf8(value).map_err(|_| DecodeError::Format)?;
///         if value == "asked" {
///             return Ok(Decoded::undecided());
///         }
///         let (answer, at) = value.split_once('@').ok_or(DecodeError::Format)?;
///         let granted = match answer {
///             "all" => true,
///             "none" => false,
///             _ => return Err(DecodeError::Format), // not a guess
///         };
///         if !at.bytes().all(|byte| byte.is_ascii_digit()) {
///             return Err(DecodeError::Timestamp);
///         }
///         let at = at.parse().map_err(|_| DecodeError::Timestamp)?;
///         let mut choice = Choice::from_unix_seconds(at);
///         // This banner asks for consent alone: it says nothing about exempt categories.
///         for category in policy.categories().filter(|category| category.basis() == Basis::Consent) {
///             choice.answer(policy, category.id(), granted).map_err(|_| DecodeError::Format)?;
///         }
///         Ok(choice.into())
///     }
///
///     /// What is not granted as a whole is denied as a whole.
///     fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> Option<String> {
///         let mut asked = policy.categories().filter(|category| category.basis() == Basis::Consent);
///         let all = asked.all(|category| choice.get(policy, category.id()) == Some(true));
///         Some(format!("{}@{}", if all { "all" } else { "none" }, choice.unix_seconds()))
///     }
/// }
///
/// let policy = CookiePolicy::new([Category::exempt("stats"), Category::consent("ads")])?;
/// let read = |value: &str| {
///     AllOrNone.decode(&policy, &[Some(value.as_bytes())], SystemTime::UNIX_EPOCH)
/// };
/// let mut no = Choice::from_unix_seconds(1_790_000_000);
/// no.answer(&policy, "ads", false)?;
/// assert_eq!(AllOrNone.encode(&policy, &no, None).as_deref(), Some("none@1790000000"));
/// assert_eq!(read("none@1790000000"), Ok(no.into()), "of stats it says nothing");
/// assert_eq!(read("asked"), Ok(Decoded::undecided()));
/// assert_eq!(read("garbage@1790000000"), Err(DecodeError::Format));
/// assert_eq!(read("all@tomorrow"), Err(DecodeError::Timestamp));
/// // From the far future; the layer takes no yes from there.
/// assert!(read("all@18446744073709551615").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait PreferencesCodec: fmt::Debug + Send + Sync {
    /// Returns the names of the cookies that it reads, for formats that spread a choice over several
    /// cookies, or in which a second cookie shows that the first is an answer. `own` is the name of
    /// the preferences cookie.
    ///
    /// Default: none, which means only the preferences cookie. Called while the policy is built,
    /// which fails if there are more than 16, if one is not a valid cookie name, or if the codec
    /// writes and the preferences cookie is not among them. Cookies with these names are always
    /// necessary.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use tower_cookie_consent::{CookiePolicy, preferences::{DecodeError, Decoded, PreferencesCodec}};
    /// # #[derive(Debug)]
    /// # struct Pair;
    /// impl PreferencesCodec for Pair {
    ///     fn names(&self, own: &str) -> Vec<String> {
    ///         vec![own.to_owned(), format!("{own}_set")]
    ///     }
    ///
    ///     fn decode(
    ///         &self,
    ///         policy: &CookiePolicy,
    ///         values: &[Option<&[u8]>],
    ///         now: SystemTime,
    ///     ) -> Result<Decoded, DecodeError> {
    ///         match values {
    ///             [Some(_answers), Some(b"true")] => Err(DecodeError::Format), // read them here
    ///             _ => Ok(Decoded::undecided()),
    ///         }
    ///     }
    /// }
    /// ```
    fn names(&self, own: &str) -> Vec<String> {
        let _ = own;
        Vec::new()
    }

    /// Returns the name that its tool gives the cookie, for
    /// [`PreferencesCookie::follow`](crate::preferences::PreferencesCookie::follow) (default: `None`,
    /// for `cookies_preferences`).
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use tower_cookie_consent::{
    /// #     CookiePolicy,
    /// #     preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie},
    /// # };
    /// # #[derive(Debug)]
    /// # struct Banner;
    /// impl PreferencesCodec for Banner {
    ///     fn default_name(&self) -> Option<&str> {
    ///         Some("banner_choice")
    ///     }
    ///     // …and `decode`.
    /// #     fn decode(
    /// #         &self,
    /// #         _: &CookiePolicy,
    /// #         _: &[Option<&[u8]>],
    /// #         _: SystemTime,
    /// #     ) -> Result<Decoded, DecodeError> {
    /// #         Ok(Decoded::undecided())
    /// #     }
    /// }
    ///
    /// assert_eq!(PreferencesCookie::follow(Banner).name(), "banner_choice");
    /// ```
    fn default_name(&self) -> Option<&str> {
        None
    }

    /// Returns what of its settings does not fit the policy, each in one sentence that names the
    /// value and the fix (default: nothing). Called while the policy is built, which fails with them.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use tower_cookie_consent::{
    /// #     Category, CookiePolicy,
    /// #     preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie},
    /// # };
    /// /// The banner asks one question, for this category.
    /// #[derive(Debug)]
    /// struct Banner(&'static str);
    ///
    /// impl PreferencesCodec for Banner {
    ///     fn problems(&self, policy: &CookiePolicy) -> Vec<String> {
    ///         match policy.category(self.0) {
    ///             Some(_) => Vec::new(),
    ///             None => vec![format!("the policy has no category {:?}: name one of it", self.0)],
    ///         }
    ///     }
    ///     // …and `decode`.
    /// #     fn decode(
    /// #         &self,
    /// #         _: &CookiePolicy,
    /// #         _: &[Option<&[u8]>],
    /// #         _: SystemTime,
    /// #     ) -> Result<Decoded, DecodeError> {
    /// #         Ok(Decoded::undecided())
    /// #     }
    /// }
    ///
    /// let policy = |id| {
    ///     CookiePolicy::builder()
    ///         .preferences_cookie(PreferencesCookie::follow(Banner("ads")))
    ///         .category(Category::consent(id))
    ///         .build()
    /// };
    /// assert!(policy("ads").is_ok());
    /// let error = policy("stats").unwrap_err().to_string();
    /// assert!(error.contains("no category \"ads\""), "{error}");
    /// ```
    fn problems(&self, policy: &CookiePolicy) -> Vec<String> {
        let _ = policy;
        Vec::new()
    }

    /// Decodes a choice from the raw values, one for each of [`names`](Self::names) in their order
    /// (just one, and always `Some`, if that is empty); `None` for a cookie that was not received.
    /// `now` is the time for which the request is judged, in whole seconds.
    ///
    /// The values are bytes from the network: at most 4,096 each, and otherwise unchecked. Answer only
    /// what the format asks about: an answer for an exempt category that nobody was asked about would
    /// be an objection. Services are answered by their ids, as categories are.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the reason, if the values do not clearly say what was chosen.
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: SystemTime,
    ) -> Result<Decoded, DecodeError>;

    /// Encodes `choice` as the value of the preferences cookie, or returns `None` if the codec only
    /// reads (the default). `previous` is the received value if it was worth keeping (see
    /// [`Decoded::keep_value`]); it is never passed on a refusal, nor if several preferences cookies
    /// were received. Only those of its members that
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) lists may be
    /// written again, since others could identify the visitor.
    ///
    /// Bytes that are not allowed in a cookie value are percent-encoded afterwards. If your values
    /// may contain such bytes, encode them in the codec instead.
    ///
    /// Called while the policy is built too, once, with a choice that answers everything, to learn if
    /// the codec writes and if the longest choice fits into a cookie.
    fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Option<String> {
        let _ = (policy, choice, previous);
        None
    }
}
