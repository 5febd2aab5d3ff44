use super::Choice;

/// The result of a [`PreferencesCodec`](crate::preferences::PreferencesCodec)'s `decode`: the
/// choice, and whether the value contains anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub(crate) choice: Choice,
    pub(crate) keep_value: bool,
    /// The reason why only its denials count.
    pub(crate) denials_only: Option<DecodeError>,
    pub(crate) unknown_members: bool,
    pub(crate) undecided: bool,
    /// It is from a cookie that stored the choice earlier.
    pub(crate) former: bool,
}

impl Decoded {
    /// Reports that the values are intact and contain no answer of the visitor: many tools write their
    /// defaults before anybody has chosen, or when a dialogue is closed. It is the same as if no
    /// cookie had been received: what needs consent is withheld, and exempt categories stay allowed.
    ///
    /// ```
    /// # use tower_cookie_consent::preferences::Decoded;
    /// let decoded = Decoded::undecided();
    /// ```
    #[must_use]
    pub const fn undecided() -> Self {
        Self {
            choice: Choice::at(0),
            keep_value: false,
            denials_only: None,
            unknown_members: false,
            undecided: true,
            former: false,
        }
    }

    pub(crate) const fn former(mut self) -> Self {
        self.former = true;
        self
    }

    /// Keeps the value for [`PreferencesCodec::encode`](crate::preferences::PreferencesCodec::encode), because it contains members listed in
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep). Costs one
    /// allocation per request with such a value.
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

    /// Reports that the value contains members that are neither part of the choice nor listed in
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep). They are not
    /// written again, and a response can't set such a value.
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

    /// Marks the value as having no usable date. Its grants can't be checked for age and do not
    /// count; its denials do. Otherwise, the preferences count as [`DecodeError::Timestamp`]. If a
    /// format has no date at all and the choice should count for as long as the browser keeps it,
    /// date it with the `now` that `decode` gets instead.
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
        self.denials_only = Some(DecodeError::Timestamp);
        self
    }

    /// Marks the value as not signed, although the site signs: any host of the domain may have made it up.
    pub(crate) const fn unsigned(self) -> Self {
        Self {
            denials_only: Some(DecodeError::Signature),
            undecided: false,
            ..self
        }
    }
}

impl From<Choice> for Decoded {
    fn from(choice: Choice) -> Self {
        Self {
            choice,
            keep_value: false,
            denials_only: None,
            unknown_members: false,
            undecided: false,
            former: false,
        }
    }
}

/// The reason why a choice can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncodeError {
    /// The codec only reads.
    ReadOnly,
    CodecPanicked,
}

/// The reason why a [`PreferencesCodec`](crate::preferences::PreferencesCodec) can't decode preferences. Unreadable preferences grant
/// nothing, withhold exempt categories too, and expire nothing. A new choice made over them denies
/// the exempt categories that it does not mention, since the visitor may have objected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The value is longer than 4,096 bytes.
    #[error("the value is longer than 4,096 bytes")]
    TooLong,
    /// The value has more than 128 members, or more than 32 whose keys have JSON escapes.
    #[error("the value has more than 128 members, or more than 32 with escapes in their keys")]
    TooManyMembers,
    /// The request contains more than 16 preferences cookies.
    #[error("the request has more than 16 preferences cookies")]
    TooManyCookies,
    /// The value does not have the codec's format.
    #[error("the value does not have the expected format")]
    Format,
    /// A relevant member is repeated.
    #[error("a category, the timestamp, the revision or the signal is repeated")]
    Duplicate,
    /// A category's answer is neither `true` nor `false`.
    #[error("a category's answer is not a boolean")]
    Answer,
    /// The timestamp is missing or invalid. Denials that can still be read stay in force (see
    /// [`Decoded::undated`]).
    #[error("the timestamp is missing or is not a number of seconds or milliseconds since 1970")]
    Timestamp,
    /// The timestamp is more than a day ahead of the server's clock. Denials stay in force.
    #[error("the timestamp is more than a day ahead of the server's clock")]
    FutureTimestamp,
    /// The revision is not a whole number.
    #[error("the revision is not a whole number")]
    Revision,
    /// The value is not signed with a key of the site
    /// ([`PreferencesCookie::signed`](crate::preferences::PreferencesCookie)). Denials stay in force.
    #[error("the value is not signed with a key of the site")]
    Signature,
    /// The codec panicked.
    #[error("the codec panicked: fix it, it must not panic for any value")]
    CodecPanicked,
}
