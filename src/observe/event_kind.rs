use crate::{
    consent::{DecodeError, Rejected, Withheld},
    policy::mistakes::Mistake,
    wire::Unclassifiable,
};

/// The direction in which a cookie of an [`Event`](crate::observe::Event) went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// From the browser to the service.
    Request,
    /// From the service to the browser.
    Response,
}

impl Direction {
    /// Returns the header that carries the cookies of an [`Event`](super::Event) in this direction.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Request => "Cookie",
            Self::Response => "Set-Cookie",
        }
    }
}

/// The kind of an [`Event`](crate::observe::Event). With report-only it is what would have
/// happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// The cookie was stripped from the response.
    Withheld(Withheld),
    /// The cookie was hidden from the service.
    Hidden(Withheld),
    /// A removal was sent: the category was refused, or its consent lapsed.
    Expired,
    /// A removal was left out, because shared caches may store the response and would remove the
    /// cookie from everybody's browser.
    NotExpired,
    /// The lifetime of an exempt cookie was cut to 13 months, or that of the preferences cookie to
    /// 400 days.
    Clamped,
    /// A removal that only some browsers recognise was replaced with one that all recognise.
    Replaced,
    /// A header without a name that all browsers agree on was withheld or hidden. The event does
    /// not include the name: something that can't be read as a name may be a value.
    Unclassifiable,
    /// An undeclared cookie passed (see [`undeclared`](crate::CookieConsentLayer::undeclared)).
    /// Stripped ones are [`Withheld`](Self::Withheld).
    Undeclared,
    /// The request's preferences could not be read, for this reason. For a response: the codec
    /// panicked while writing a choice, and the preferences cookie is removed instead.
    Unreadable(DecodeError),
    /// The browser still sends a refused cookie an hour after the refusal: its path or domain is
    /// declared incorrectly, or a script writes it again.
    Survived,
    /// A cookie that is not necessary was sent on a response that shared caches may store
    /// (`max-age=60`, `public`, `CDN-Cache-Control: max-age=600`, …): visitors who have not
    /// consented may receive it.
    PubliclyCacheable,
    /// The endpoint did not accept a choice, for this reason. The event has no name, and reports
    /// what really happened even with report-only: the layer never judges choices.
    Rejected(Rejected),
    /// The response makes the browser delete all its cookies, including the visitor's choice
    /// (`Clear-Site-Data: "cookies"` or `"*"`): a refusal does not survive it.
    ClearsCookies,
    /// As [`ClearsCookies`](Self::ClearsCookies), but it was replaced with removals of all cookies
    /// except the choice (see [`spare_choice`](crate::CookieConsentLayer::spare_choice)).
    SparesChoice,
    /// The response carries a new choice to the browser: see [`Event::choice_made`]. The event has no
    /// name, and reports what really happened even with report-only.
    ///
    /// [`Event::choice_made`]: crate::observe::Event::choice_made
    ChoiceMade,
    /// The site uses the crate in a way that fails in silence. The log has each mistake once. The event
    /// reports what really happened even with report-only.
    Mistake(Mistake),
    /// The cookie passed. Only for observers that [ask for it](crate::Observer::wants_passed).
    Passed,
}

impl EventKind {
    /// Returns the kind of an [`Event`](crate::observe::Event) in a word or two, as in metrics and
    /// headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Withheld(_) => "withheld",
            Self::Hidden(_) => "hidden",
            Self::Expired => "expired",
            Self::NotExpired => "not_expired",
            Self::Clamped => "clamped",
            Self::Replaced => "replaced",
            Self::Unclassifiable => "unclassifiable",
            Self::Undeclared => "undeclared",
            Self::Unreadable(_) => "unreadable",
            Self::Survived => "survived",
            Self::PubliclyCacheable => "publicly_cacheable",
            Self::Rejected(_) => "rejected",
            Self::ClearsCookies => "clears_cookies",
            Self::SparesChoice => "spares_choice",
            Self::ChoiceMade => "choice_made",
            Self::Mistake(_) => "mistake",
            Self::Passed => "passed",
        }
    }

    /// Returns `true` if this reports a cookie as received, once for each received cookie.
    pub(crate) const fn is_sighting(self) -> bool {
        match self {
            Self::Withheld(_)
            | Self::Hidden(_)
            | Self::Clamped
            | Self::Replaced
            | Self::Unclassifiable
            | Self::Undeclared
            | Self::Passed => true,
            Self::Expired
            | Self::NotExpired
            | Self::Unreadable(_)
            | Self::Survived
            | Self::PubliclyCacheable
            | Self::Rejected(_)
            | Self::Mistake(_)
            | Self::ClearsCookies
            | Self::SparesChoice
            | Self::ChoiceMade => false,
        }
    }

    /// Returns the reason in a word or two.
    pub(super) const fn reason(self, how: Option<Unclassifiable>) -> &'static str {
        match self {
            Self::Withheld(why) | Self::Hidden(why) => withheld(why),
            Self::Expired => "refused_or_lapsed",
            Self::NotExpired => "publicly_cacheable",
            Self::Clamped => "too_long",
            Self::Replaced => "disputed_removal",
            Self::Unclassifiable => match how {
                Some(how) => unclassifiable(how),
                None => "unclassifiable",
            },
            Self::Undeclared => "undeclared",
            Self::Unreadable(why) => unreadable(why),
            Self::Survived => "denied",
            Self::PubliclyCacheable => "publicly_cacheable",
            Self::Rejected(why) => why.as_str(),
            Self::ClearsCookies | Self::SparesChoice => "clear_site_data",
            Self::ChoiceMade => "choice_made",
            Self::Mistake(mistake) => mistake.as_str(),
            Self::Passed => "allowed",
        }
    }
}

const fn withheld(why: Withheld) -> &'static str {
    match why {
        Withheld::Undeclared => "undeclared",
        Withheld::Unclassifiable => "unclassifiable",
        Withheld::Undecided => "undecided",
        Withheld::Denied => "denied",
        Withheld::Expired => "expired",
        Withheld::Pending => "pending",
        Withheld::Unreadable => "unreadable",
        Withheld::UnknownMembers => "unknown_members",
        Withheld::Signal => "signal",
        Withheld::CrossSite => "cross_site",
        Withheld::Prolonging => "prolonging",
        Withheld::TooLong => "too_long",
        Withheld::SharedCache => "shared_cache",
        Withheld::Unrecorded => "unrecorded",
    }
}

const fn unreadable(why: DecodeError) -> &'static str {
    match why {
        DecodeError::TooLong => "too_long",
        DecodeError::TooManyMembers => "too_many_members",
        DecodeError::TooManyCookies => "too_many_cookies",
        DecodeError::Format => "format",
        DecodeError::Duplicate => "duplicate",
        DecodeError::Answer => "answer",
        DecodeError::Timestamp => "timestamp",
        DecodeError::FutureTimestamp => "future_timestamp",
        DecodeError::Signature => "signature",
        DecodeError::Revision => "revision",
        DecodeError::CodecPanicked => "codec_panicked",
    }
}

const fn unclassifiable(how: Unclassifiable) -> &'static str {
    match how {
        Unclassifiable::NoEquals => "no_equals",
        Unclassifiable::NoName => "no_name",
        Unclassifiable::ControlByte => "control_byte",
        Unclassifiable::NonAscii => "non_ascii",
        Unclassifiable::Delimiter => "delimiter",
        Unclassifiable::SpaceBeforeEquals => "space_before_equals",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHHELD: [(Withheld, &str); 14] = [
        (Withheld::Undeclared, "undeclared"),
        (Withheld::Unclassifiable, "unclassifiable"),
        (Withheld::Undecided, "undecided"),
        (Withheld::Denied, "denied"),
        (Withheld::Expired, "expired"),
        (Withheld::Pending, "pending"),
        (Withheld::Unreadable, "unreadable"),
        (Withheld::UnknownMembers, "unknown_members"),
        (Withheld::Signal, "signal"),
        (Withheld::CrossSite, "cross_site"),
        (Withheld::Prolonging, "prolonging"),
        (Withheld::TooLong, "too_long"),
        (Withheld::SharedCache, "shared_cache"),
        (Withheld::Unrecorded, "unrecorded"),
    ];

    const UNREADABLE: [(DecodeError, &str); 11] = [
        (DecodeError::TooLong, "too_long"),
        (DecodeError::TooManyMembers, "too_many_members"),
        (DecodeError::TooManyCookies, "too_many_cookies"),
        (DecodeError::Format, "format"),
        (DecodeError::Duplicate, "duplicate"),
        (DecodeError::Answer, "answer"),
        (DecodeError::Timestamp, "timestamp"),
        (DecodeError::FutureTimestamp, "future_timestamp"),
        (DecodeError::Signature, "signature"),
        (DecodeError::Revision, "revision"),
        (DecodeError::CodecPanicked, "codec_panicked"),
    ];

    const REJECTED: [(Rejected, &str); 9] = [
        (Rejected::Body, "unreadable_body"),
        (Rejected::CrossSite, "cross_site"),
        (Rejected::Stale, "stale_texts"),
        (Rejected::TooLarge, "body_too_large"),
        (Rejected::ContentType, "unknown_content_type"),
        (Rejected::Decision, "unknown_decision"),
        (Rejected::Category, "unknown_category"),
        (Rejected::NotRecorded, "not_recorded"),
        (Rejected::TooMany, "too_many_choices"),
    ];

    /// Dashboards and alerts are written with these words, and changing one breaks them.
    #[test]
    fn reasons_keep_the_words_that_dashboards_know() {
        for (why, word) in WITHHELD {
            assert_eq!(EventKind::Withheld(why).reason(None), word);
            assert_eq!(EventKind::Hidden(why).reason(None), word);
        }
        for (why, word) in UNREADABLE {
            assert_eq!(EventKind::Unreadable(why).reason(None), word);
        }
        for (why, word) in REJECTED {
            assert_eq!(EventKind::Rejected(why).reason(None), word);
        }
        for (what, word) in [
            (EventKind::Expired, "refused_or_lapsed"),
            (EventKind::NotExpired, "publicly_cacheable"),
            (EventKind::Clamped, "too_long"),
            (EventKind::Replaced, "disputed_removal"),
            (EventKind::Unclassifiable, "unclassifiable"),
            (EventKind::Undeclared, "undeclared"),
            (EventKind::Survived, "denied"),
            (EventKind::PubliclyCacheable, "publicly_cacheable"),
            (EventKind::ClearsCookies, "clear_site_data"),
            (EventKind::SparesChoice, "clear_site_data"),
            (EventKind::ChoiceMade, "choice_made"),
            (EventKind::Passed, "allowed"),
        ] {
            assert_eq!(what.reason(None), word);
        }
    }
}
