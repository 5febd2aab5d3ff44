use std::fmt;

use super::choice::Choice;
use crate::policy::CookiePolicy;

/// How a choice is written into the preferences cookie and read back.
///
/// The default is [`JsonCodec`](crate::preferences::JsonCodec). Another one lets a site keep the cookie of the
/// banner that it already has; set it with
/// [`PreferencesCookie::codec`](crate::preferences::PreferencesCookie::codec).
///
/// A codec decides nothing: it reports what a value says. Age, revision, signals, and what several
/// cookies mean together are judged by the crate. A value that does not say clearly what the
/// visitor chose is [`DecodeError`], never a guess: unreadable preferences grant nothing.
///
/// A codec that panics loses no response: what it was to read is
/// [`DecodeError::CodecPanicked`], and where it was to write, the preferences cookie is removed, so that
/// nothing stays granted that the visitor may just have denied. An event says so. (Where panics abort,
/// the process ends, as with any other panic.) A codec must read what it writes: a response that sets a
/// value that it can't read is not let through.
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
    /// The names of the cookies that it reads, for formats that spread a choice over several.
    /// See [the example](PreferencesCodec).
    ///
    /// Default: none, which means the preferences cookie alone. Asked while the policy is
    /// built, which fails where the preferences cookie is not among them, where there are more
    /// than 16, or where one is no cookie's name. Cookies of these names are necessary, always.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads a choice from the raw values, one for each of [`names`](Self::names) in their order
    /// (just one, and always `Some`, where that is empty); `None` for a cookie that did not come.
    /// See [the example](PreferencesCodec).
    ///
    /// The values are bytes from the network: at most 4,096 each, otherwise unchecked.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the reason, where the values do not clearly say what was chosen.
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
    ) -> Result<Decoded, DecodeError>;

    /// Writes `choice` as the value of the preferences cookie, over the value that came in where
    /// there was one worth keeping (see [`Decoded::keep_value`]): never at a refusal, nor where several
    /// preferences cookies were received. Of that value, only the members that
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) names may be written again: what
    /// else there is may identify the visitor.
    /// See [the example](PreferencesCodec).
    ///
    /// Bytes that a cookie value can't hold are percent-encoded afterwards; a codec whose values
    /// may hold such bytes does better to encode them its own way.
    fn encode(&self, policy: &CookiePolicy, choice: &Choice, previous: Option<&[u8]>) -> String;
}

/// What a [`PreferencesCodec`] read: the choice, and whether the value holds more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub(crate) choice: Choice,
    pub(crate) keep_value: bool,
    pub(crate) undated: bool,
    pub(crate) unknown_members: bool,
}

impl Decoded {
    /// Keeps the value for [`PreferencesCodec::encode`], because it holds members of others that
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) names. Costs one allocation per request with such a value.
    ///
    /// ```
    /// # use tower_cookie_consent::{Choice, preferences::Decoded};
    /// let decoded = Decoded::from(Choice::from_unix_seconds(0)).keep_value();
    /// ```
    #[must_use]
    pub const fn keep_value(mut self) -> Self {
        self.keep_value = true;
        self
    }

    /// Says that the value holds something beside the choice that
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) does not name. It is not written
    /// again, and a response can't set such a value.
    ///
    /// ```
    /// # use tower_cookie_consent::{Choice, preferences::Decoded};
    /// let decoded = Decoded::from(Choice::from_unix_seconds(0)).unknown_members();
    /// ```
    #[must_use]
    pub const fn unknown_members(mut self) -> Self {
        self.unknown_members = true;
        self
    }

    /// Marks the value as one without a usable date. Its yes can't be checked for age and does not
    /// count; its no does. The preferences count as [`DecodeError::Timestamp`] otherwise.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Choice, CookiePolicy, preferences::Decoded};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let mut choice = Choice::from_unix_seconds(0);
    /// choice.answer(&policy, "ads", false)?;
    /// let decoded = Decoded::from(choice).undated();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn undated(mut self) -> Self {
        self.undated = true;
        self
    }
}

impl From<Choice> for Decoded {
    fn from(choice: Choice) -> Self {
        Self {
            choice,
            keep_value: false,
            undated: false,
            unknown_members: false,
        }
    }
}

/// Why preferences can't be read. Unreadable preferences grant nothing, withhold exempt categories
/// too, and expire nothing; a new choice over them denies the exempt categories that it does not
/// name, since the visitor may have objected. See [the example](crate::preferences::PreferencesCodec).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The value is longer than 4,096 bytes.
    #[error("the value is longer than 4,096 bytes")]
    TooLong,
    /// The value has more than 128 members.
    #[error("the value has more than 128 members")]
    TooManyMembers,
    /// More than 16 preferences cookies came in one request.
    #[error("more than 16 preferences cookies came in one request")]
    TooManyCookies,
    /// The value is not of the codec's format.
    #[error("the value is not of the expected format")]
    Format,
    /// A member that counts stands there twice.
    #[error("a category, the timestamp, the revision or the signal stands there twice")]
    Duplicate,
    /// A category's answer is neither yes nor no.
    #[error("a category's answer is no boolean")]
    Answer,
    /// There is no timestamp, or it is none. Denials that can be read all the same keep their effect
    /// (see [`Decoded::undated`]).
    #[error("there is no timestamp, or it is not a number of seconds or milliseconds since 1970")]
    Timestamp,
    /// The timestamp is more than a day ahead of the server's clock. Denials keep their effect.
    #[error("the timestamp is more than a day ahead of the server's clock")]
    FutureTimestamp,
    /// The revision is not a whole number.
    #[error("the revision is not a whole number")]
    Revision,
    /// The codec panicked.
    #[error("the codec panicked: fix it, no value may make it panic")]
    CodecPanicked,
}
