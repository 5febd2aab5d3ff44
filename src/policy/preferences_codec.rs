use std::fmt;

use super::CookiePolicy;
use crate::preferences::{Choice, DecodeError, Decoded};

/// Encodes a choice in the preferences cookie and decodes it again.
///
/// The default is [`JsonCodec`](crate::preferences::JsonCodec). A different codec lets a site keep
/// the cookie of its existing banner; set it with
/// [`PreferencesCookie::codec`](crate::preferences::PreferencesCookie::codec).
///
/// A codec decides nothing: it reports what a value says. The crate handles age, revision, signals,
/// and the combination of several cookies. If a value does not clearly say what the visitor chose,
/// return a [`DecodeError`] instead of a guess: unreadable preferences grant nothing.
///
/// If a codec panics, the response is not lost. If it was decoding, the result is
/// [`DecodeError::CodecPanicked`]. If it was encoding, the preferences cookie is removed, so that
/// nothing remains granted that the visitor may just have denied. An event reports it. (If panics
/// abort, the process ends as with any other panic.) A codec must be able to decode what it
/// encodes: a response that sets an unreadable value is withheld.
///
/// ```
/// use tower_cookie_consent::{
///     Basis, Category, Choice, CookiePolicy,
///     preferences::{DecodeError, Decoded, PreferencesCodec},
/// };
///
/// /// `all@1790000000` or `none@1790000000`
/// #[derive(Debug)]
/// struct AllOrNone;
///
/// impl PreferencesCodec for AllOrNone {
///     /// Only for codecs that read several cookies, or others than the preferences cookie.
///     fn names(&self) -> Vec<String> {
///         vec!["cookies_preferences".to_owned()]
///     }
///
///     fn decode(
///         &self,
///         policy: &CookiePolicy,
///         values: &[Option<&[u8]>],
///     ) -> Result<Decoded, DecodeError> {
///         let value = values.first().copied().flatten().ok_or(DecodeError::Format)?;
///         let value = std::str::from_utf8(value).map_err(|_| DecodeError::Format)?;
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
///         for category in policy.categories() {
///             // A necessary category can't be denied; nothing is lost by not answering it.
///             let _ = choice.answer(policy, category.id(), granted);
///         }
///         Ok(choice.into())
///     }
///
///     /// What is not granted as a whole is denied as a whole.
///     fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> String {
///         let all = policy.categories().all(|category| {
///             category.basis() == Basis::Necessary
///                 || choice.get(policy, category.id()) == Some(true)
///         });
///         format!("{}@{}", if all { "all" } else { "none" }, choice.unix_seconds())
///     }
/// }
///
/// let policy = CookiePolicy::new([Category::exempt("stats"), Category::consent("ads")])?;
/// let read = |value: &str| AllOrNone.decode(&policy, &[Some(value.as_bytes())]);
/// let mut yes = Choice::from_unix_seconds(1_790_000_000);
/// yes.answer(&policy, "ads", true)?;
/// assert_eq!(AllOrNone.encode(&policy, &yes, None), "none@1790000000", "of stats it says nothing");
/// yes.answer(&policy, "stats", true)?;
/// assert_eq!(read(&AllOrNone.encode(&policy, &yes, None)), Ok(yes.into()));
/// assert_eq!(read("garbage@1790000000"), Err(DecodeError::Format));
/// assert_eq!(read("all@tomorrow"), Err(DecodeError::Timestamp));
/// // From the far future; the layer takes no yes from there.
/// assert!(read("all@18446744073709551615").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait PreferencesCodec: fmt::Debug + Send + Sync {
    /// Returns the names of the cookies that it reads, for formats that spread a choice over
    /// several.
    ///
    /// Default: none, which means only the preferences cookie. Called while the policy is built,
    /// which fails if the preferences cookie is not among them, if there are more than 16, or if
    /// one is not a valid cookie name. Cookies with these names are always necessary.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Decodes a choice from the raw values, one for each of [`names`](Self::names) in their order
    /// (just one, and always `Some`, if that is empty); `None` for a cookie that was not received.
    ///
    /// The values are bytes from the network: at most 4,096 each, and otherwise unchecked.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the reason, if the values do not clearly say what was chosen.
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
    ) -> Result<Decoded, DecodeError>;

    /// Encodes `choice` as the value of the preferences cookie. `previous` is the received value if
    /// it was worth keeping (see [`Decoded::keep_value`]); it is never passed on a refusal, nor if
    /// several preferences cookies were received. Only those of its members that
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) lists may be
    /// written again, since others could identify the visitor.
    ///
    /// Bytes that are not allowed in a cookie value are percent-encoded afterwards. If your values
    /// may contain such bytes, encode them in the codec instead.
    fn encode(&self, policy: &CookiePolicy, choice: &Choice, previous: Option<&[u8]>) -> String;
}
