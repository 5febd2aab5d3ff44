//! What is asked of a site, as far as it can be told from the wire.

use serde::{Serialize, Serializer};

use crate::Withheld;

/// One requirement that the kit checks. The numbers are those of the crate's own list.
///
/// ```
/// use tower_cookie_consent::conformance::Requirement;
///
/// for requirement in Requirement::ALL {
///     println!("{}: {} ({})", requirement.id(), requirement.title(), requirement.mend());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// Before a choice no cookie of a consent category is set, on whatever answer (ePrivacy
    /// directive, art. 5(3)).
    R1,
    /// The same after a refusal and after a withdrawal.
    R2,
    /// A cookie without consent is not read either: the service does not see it. Exercised only
    /// with a [`Probe`](super::Probe) or an [`echo`](super::Conformance::echo).
    R3,
    /// A refusal expires the cookies of what was refused, as far as requests carry them.
    R4,
    /// A missing, malformed or contradictory preferences cookie is no consent, and no withdrawal:
    /// nothing is set, and nothing deleted.
    R5,
    /// A choice is kept as long as the policy says, its age is checked on the server, and a visit
    /// does not renew it.
    R9,
    /// An older choice does not cover what changed since, and still covers what did not.
    R10,
    /// Exempt statistics live 13 months at most, and a later visit does not prolong them (CNIL).
    R12,
    /// `Sec-GPC: 1`, and nothing else, refuses; it deletes nothing, reaches the service, and a yes
    /// that was given with it stands (W3C Global Privacy Control).
    R17,
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
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R9,
        Self::R10,
        Self::R12,
        Self::R17,
        Self::Declared,
        Self::Headers,
    ];

    /// The short name, such as `R1`, which stays the same from version to version.
    /// See [the example](Self).
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
            Self::R4 => "R4",
            Self::R5 => "R5",
            Self::R9 => "R9",
            Self::R10 => "R10",
            Self::R12 => "R12",
            Self::R17 => "R17",
            Self::Declared => "declared",
            Self::Headers => "headers",
        }
    }

    /// The requirement in one line. See [the example](Self).
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::R1 => "before a choice, nothing that needs consent is set",
            Self::R2 => "after a refusal or withdrawal, nothing refused is set",
            Self::R3 => "without consent, the service does not read it either",
            Self::R4 => "a refusal expires what the browser sends",
            Self::R5 => "preferences that say nothing clear grant nothing and delete nothing",
            Self::R9 => "a choice has its time, and a visit does not renew it",
            Self::R10 => "an older choice covers what has not changed, and only that",
            Self::R12 => "exempt statistics live 13 months at most and are not prolonged",
            Self::R17 => "Sec-GPC: 1 refuses, and only refuses",
            Self::Declared => "every cookie that is set is declared",
            Self::Headers => "without consent, browsers keep no state from other headers",
        }
    }

    /// Which one a cookie breaks that should have been withheld for this.
    pub(super) const fn broken_by(why: Withheld) -> Self {
        match why {
            Withheld::Undeclared | Withheld::Unclassifiable => Self::Declared,
            Withheld::Undecided | Withheld::CrossSite | Withheld::SharedCache => Self::R1,
            Withheld::Denied => Self::R2,
            Withheld::Expired => Self::R9,
            Withheld::Pending => Self::R10,
            Withheld::Unreadable | Withheld::UnknownMembers => Self::R5,
            Withheld::Signal => Self::R17,
            Withheld::Prolonging | Withheld::TooLong => Self::R12,
        }
    }

    /// What to do where it is broken. See [the example](Self).
    #[must_use]
    pub const fn mend(self) -> &'static str {
        match self {
            Self::R1 | Self::R2 => {
                "let CookieConsentLayer stand outermost, around what sets it; for a script's \
                 cookie, embed the script only where Consent::allows its category"
            }
            Self::R3 => {
                "leave filter_request on, and put what reads cookies inside of CookieConsentLayer"
            }
            Self::R4 => {
                "leave Expire::OnRefusal on, and declare the path and domain that it is set with, \
                 and whether it is Partitioned"
            }
            Self::R5 => {
                "leave preferences to the crate's codec: what it can't read is no answer; remove \
                 cookies only after a denial"
            }
            Self::R9 => {
                "write the preferences cookie with Consent::set, and only when the visitor chooses; \
                 do not clear it with all other cookies (CookieConsentLayer::spare_choice)"
            }
            Self::R10 => {
                "judge by Consent: it compares the choice's revision with each category's `since`"
            }
            Self::R12 => {
                "leave limit_exempt on, or set it for 395 days at most and only where the request \
                 has none"
            }
            Self::R17 => "leave Gpc::Honour on, and pass the header on unchanged",
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
