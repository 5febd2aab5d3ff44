//! What is asked of a site, as far as it can be told from the wire.

use serde::{Serialize, Serializer};

use crate::Withheld;

/// One requirement that the kit checks.
///
/// ```
/// use tower_cookie_consent::conformance::Requirement;
///
/// for requirement in Requirement::ALL {
///     println!("{}: {} ({})", requirement.id(), requirement.title(), requirement.help());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// Before a choice no cookie of a consent category is set, on whatever answer (ePrivacy
    /// directive, art. 5(3)).
    NoCookieBeforeConsent,
    /// The same after a refusal and after a withdrawal (ePrivacy directive, art. 5(3); GDPR,
    /// art. 7(3)).
    NoCookieAfterRefusal,
    /// A cookie without consent is not read either: the service does not see it (CNIL,
    /// SAN-2024-019). Exercised only with a [`Probe`](super::Probe) or an
    /// [`echo`](super::Conformance::echo).
    HiddenWithoutConsent,
    /// A refusal expires the cookies of what was refused, as far as requests carry them
    /// (ePrivacy directive, art. 5(3)).
    RefusalExpires,
    /// A missing, malformed or contradictory preferences cookie is no consent, and no withdrawal:
    /// nothing is set, and nothing deleted (CNIL, guidelines 2020-091).
    UnclearGrantsNothing,
    /// A choice is kept as long as the policy says, its age is checked on the server, and a visit
    /// does not renew it (CNIL, recommendation 2020-092).
    ChoiceLifetime,
    /// An older choice does not cover what changed since, and still covers what did not
    /// (CNIL, recommendation 2020-092).
    ChangesAskAgain,
    /// Exempt statistics live 13 months at most, and a later visit does not prolong them (CNIL).
    ExemptLifetime,
    /// `Sec-GPC: 1`, and nothing else, refuses; it deletes nothing, reaches the service, and a yes
    /// that was given with it stands (W3C Global Privacy Control).
    SignalRefuses,
    /// Every cookie that is set is declared, under a name that browsers agree on: what nobody
    /// declared has no purpose that a visitor could consent to.
    Declared,
    /// Browsers keep no state without consent from other headers than `Set-Cookie`, such as `NEL` or
    /// an `ETag` that tells visitors apart (ePrivacy directive, art. 5(3); EDPB Guidelines 2/2023).
    Headers,
}

impl Requirement {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::NoCookieBeforeConsent,
        Self::NoCookieAfterRefusal,
        Self::HiddenWithoutConsent,
        Self::RefusalExpires,
        Self::UnclearGrantsNothing,
        Self::ChoiceLifetime,
        Self::ChangesAskAgain,
        Self::ExemptLifetime,
        Self::SignalRefuses,
        Self::Declared,
        Self::Headers,
    ];

    /// The short name, such as `no-cookie-before-consent`, which stays the same from version to version.
    /// See [the example](Self).
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent => "no-cookie-before-consent",
            Self::NoCookieAfterRefusal => "no-cookie-after-refusal",
            Self::HiddenWithoutConsent => "hidden-without-consent",
            Self::RefusalExpires => "refusal-expires",
            Self::UnclearGrantsNothing => "unclear-grants-nothing",
            Self::ChoiceLifetime => "choice-lifetime",
            Self::ChangesAskAgain => "changes-ask-again",
            Self::ExemptLifetime => "exempt-lifetime",
            Self::SignalRefuses => "signal-refuses",
            Self::Declared => "declared",
            Self::Headers => "headers",
        }
    }

    /// The requirement in one line. See [the example](Self).
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent => "before a choice, nothing that needs consent is set",
            Self::NoCookieAfterRefusal => "after a refusal or withdrawal, nothing refused is set",
            Self::HiddenWithoutConsent => "without consent, the service does not read it either",
            Self::RefusalExpires => "a refusal expires what the browser sends",
            Self::UnclearGrantsNothing => {
                "preferences that say nothing clear grant nothing and delete nothing"
            }
            Self::ChoiceLifetime => "a choice has its time, and a visit does not renew it",
            Self::ChangesAskAgain => "an older choice covers what has not changed, and only that",
            Self::ExemptLifetime => {
                "exempt statistics live 13 months at most and are not prolonged"
            }
            Self::SignalRefuses => "Sec-GPC: 1 refuses, and only refuses",
            Self::Declared => "every cookie that is set is declared",
            Self::Headers => "without consent, browsers keep no state from other headers",
        }
    }

    /// Which one a cookie breaks that should have been withheld for this.
    pub(super) const fn broken_by(why: Withheld) -> Self {
        match why {
            Withheld::Undeclared | Withheld::Unclassifiable => Self::Declared,
            Withheld::Undecided | Withheld::CrossSite | Withheld::SharedCache => {
                Self::NoCookieBeforeConsent
            }
            Withheld::Denied => Self::NoCookieAfterRefusal,
            Withheld::Expired => Self::ChoiceLifetime,
            Withheld::Pending => Self::ChangesAskAgain,
            Withheld::Unreadable | Withheld::UnknownMembers => Self::UnclearGrantsNothing,
            Withheld::Signal => Self::SignalRefuses,
            Withheld::Prolonging | Withheld::TooLong => Self::ExemptLifetime,
        }
    }

    /// What to do where it is broken. See [the example](Self).
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent | Self::NoCookieAfterRefusal => {
                "let CookieConsentLayer stand outermost, around what sets it; for a script's \
                 cookie, embed the script only where Consent::allows its category"
            }
            Self::HiddenWithoutConsent => {
                "leave filter_request on, and put what reads cookies inside of CookieConsentLayer"
            }
            Self::RefusalExpires => {
                "leave Expire::OnRefusal on, and declare the path and domain that it is set with, \
                 and whether it is Partitioned"
            }
            Self::UnclearGrantsNothing => {
                "leave preferences to the crate's codec: what it can't read is no answer; remove \
                 cookies only after a denial"
            }
            Self::ChoiceLifetime => {
                "write the preferences cookie with Consent::set_cookie, and only when the visitor chooses; \
                 do not clear it with all other cookies (CookieConsentLayer::spare_choice)"
            }
            Self::ChangesAskAgain => {
                "judge by Consent: it compares the choice's revision with each category's `since`"
            }
            Self::ExemptLifetime => {
                "leave limit_exempt on, or set it for 395 days at most and only where the request \
                 has none"
            }
            Self::SignalRefuses => "leave Gpc::Honour on, and pass the header on unchanged",
            Self::Declared => {
                "declare it in the policy, or stop setting it; Undeclared::Allow is for the time \
                 of the inventory"
            }
            Self::Headers => {
                "declare the header in the policy with the kind `header`, or stop sending it; \
                 StateHeaders::Withhold strips what is not declared"
            }
        }
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
