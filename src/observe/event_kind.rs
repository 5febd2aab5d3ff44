use crate::{
    consent::{DecodeError, Rejected, Withheld},
    wire::Unclassifiable,
};

/// Which way a cookie went. See [the example](crate::observe::Event).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// From the browser to the service.
    Request,
    /// From the service to the browser.
    Response,
}

impl Direction {
    /// The header field in which a cookie goes this way. See [the example](crate::observe::Event).
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Request => "Cookie",
            Self::Response => "Set-Cookie",
        }
    }
}

/// What happened to a cookie. Under report-only it is what would have happened.
/// See [the example](crate::observe::Event).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// Stripped from the response.
    Withheld(Withheld),
    /// Not shown to the service.
    Hidden(Withheld),
    /// A removal went out: its category was refused, or a consent lapsed.
    Expired,
    /// A removal was left out, since the response says that shared caches may keep it, which would
    /// remove the cookie from everybody's browser.
    NotExpired,
    /// An exempt cookie's lifetime was cut to 13 months, or that of the preferences cookie to 400 days.
    Clamped,
    /// What only some browsers take for a removal became one.
    Replaced,
    /// A field without a name that all browsers agree on was withheld or hidden. The event does not
    /// have the name: what can't be read as one may be a value.
    Unclassifiable,
    /// The policy does not declare it, and it passed all the same
    /// (see [`undeclared`](crate::CookieConsentLayer::undeclared)). Stripped ones are
    /// [`Withheld`](Self::Withheld).
    Undeclared,
    /// The preferences that came in could not be read, for this reason. Of a response: the codec
    /// panicked when it was to write a choice, and the preferences cookie is removed instead.
    Unreadable(DecodeError),
    /// A refused cookie still comes in an hour after the refusal: the declaration has a wrong path
    /// or domain, or a script writes it again.
    Survived,
    /// A cookie that is not necessary leaves on a response that shared caches may keep (`max-age=60`,
    /// `public`, `CDN-Cache-Control: max-age=600`, …): others may get it who have not consented.
    PubliclyCacheable,
    /// The endpoint did not take a choice, for this reason. The event has no name, and reports what
    /// happened under report-only too: the layer never judges choices.
    Rejected(Rejected),
    /// The response has the browser forget all its cookies, the visitor's choice among them
    /// (`Clear-Site-Data: "cookies"` or `"*"`): a refusal does not survive it.
    ClearsCookies,
    /// The same, but removals of all cookies except the choice took its place
    /// (see [`spare_choice`](crate::CookieConsentLayer::spare_choice)).
    SparesChoice,
    /// It passed. Only for observers that [ask for it](crate::Observer::wants_passed).
    Passed,
}

impl EventKind {
    /// The event in a word or two, as metrics and headers have it. See [the example](crate::observe::Event).
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
            Self::Passed => "passed",
        }
    }

    /// Whether this tells of a cookie as it came, once for each that comes.
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
            | Self::ClearsCookies
            | Self::SparesChoice => false,
        }
    }

    /// The reason in a word or two.
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

    const WITHHELD: [(Withheld, &str); 13] = [
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
    ];

    const UNREADABLE: [(DecodeError, &str); 10] = [
        (DecodeError::TooLong, "too_long"),
        (DecodeError::TooManyMembers, "too_many_members"),
        (DecodeError::TooManyCookies, "too_many_cookies"),
        (DecodeError::Format, "format"),
        (DecodeError::Duplicate, "duplicate"),
        (DecodeError::Answer, "answer"),
        (DecodeError::Timestamp, "timestamp"),
        (DecodeError::FutureTimestamp, "future_timestamp"),
        (DecodeError::Revision, "revision"),
        (DecodeError::CodecPanicked, "codec_panicked"),
    ];

    const REJECTED: [(Rejected, &str); 7] = [
        (Rejected::Body, "unreadable_body"),
        (Rejected::CrossSite, "cross_site"),
        (Rejected::Stale, "stale_texts"),
        (Rejected::TooLarge, "body_too_large"),
        (Rejected::ContentType, "unknown_content_type"),
        (Rejected::Decision, "unknown_decision"),
        (Rejected::Category, "unknown_category"),
    ];

    /// Dashboards and alerts are written with these words: to change one breaks them.
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
            (EventKind::Passed, "allowed"),
        ] {
            assert_eq!(what.reason(None), word);
        }
    }
}
