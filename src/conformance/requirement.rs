//! The requirements for a site, as far as they can be checked on the wire.

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
    /// Before a choice, no response sets cookies of a consent category (ePrivacy directive, art.
    /// 5(3)).
    NoCookieBeforeConsent,
    /// The same applies after a refusal and after a withdrawal (ePrivacy directive, art. 5(3);
    /// GDPR, art. 7(3)).
    NoCookieAfterRefusal,
    /// A cookie without consent is not read either: the service does not see it (CNIL,
    /// SAN-2024-019). Only exercised with a [`Probe`](super::Probe) or an
    /// [`echo`](super::Conformance::echo).
    HiddenWithoutConsent,
    /// A refusal expires the cookies of the refused categories that requests carry (ePrivacy
    /// directive, art. 5(3)).
    RefusalExpires,
    /// A missing, malformed or contradictory preferences cookie is neither consent nor a
    /// withdrawal: nothing is set, and nothing is deleted (CNIL, guidelines 2020-091).
    UnclearGrantsNothing,
    /// A choice is stored for as long as the policy says, its age is checked on the server, and a
    /// visit does not renew it (CNIL, recommendation 2020-092).
    ChoiceLifetime,
    /// An older choice does not cover later changes, but still covers everything else: no page asks visitors again who
    /// have answered everything, but those to which they go for it (CNIL, recommendation 2020-092).
    ChangesAskAgain,
    /// Exempt statistics live for at most 13 months, and a later visit does not prolong them
    /// (CNIL).
    ExemptLifetime,
    /// Only `Sec-GPC: 1` refuses. It deletes nothing, reaches the service, and does not override
    /// consent given with it (W3C Global Privacy Control). Where the regime of the visitor remembers
    /// signals, a page stores the refusal of what is opt-out (11 CCR §7025(c)).
    SignalRefuses,
    /// Every cookie that is set is declared, under a name that browsers agree on: an undeclared
    /// cookie has no purpose that a visitor could consent to.
    Declared,
    /// Without consent, browsers store nothing from headers other than `Set-Cookie`, such as `NEL`
    /// or an `ETag` that identifies visitors (ePrivacy directive, art. 5(3); EDPB Guidelines
    /// 2/2023).
    Headers,
    /// Without consent to a third party's service, documents load nothing from it: no script, frame,
    /// picture or font, and no connection in advance (ePrivacy directive, art. 5(3); EDPB Guidelines
    /// 2/2023).
    ThirdParties,
    /// Consent to one service is not consent to the others of its category, or to the category (GDPR,
    /// art. 4(11) and recital 43).
    OneService,
    /// A request that accepts, refuses, saves or withdraws stores just that, where browsers keep it for the whole
    /// site (GDPR, art. 7(1) and 7(3); CNIL, recommendation 2020-092).
    ChoiceStored,
    /// Necessary cookies do not depend on consent: without it, none is lost, cut or kept from a logout, and the
    /// service sees each of them (ePrivacy directive, art. 5(3); EDPB Guidelines 05/2020, on conditionality).
    NecessaryKept,
    /// No cache gives one visitor's choice to another, or shows again what was withdrawn: what depends on the choice is
    /// not stored by shared caches, nor shown again by the browser's own (ePrivacy directive, art. 5(3); RFC 9111).
    Caches,
    /// A choice identifies nobody: two visitors who choose the same at the same time get the same (CNIL,
    /// recommendation 2020-092).
    ChoiceIdentifiesNobody,
    /// No field for what needs consent is on in a page for a visitor who has not allowed it (CJEU, C-673/17,
    /// Planet49; GDPR, recital 32). As for the other requirements on what pages ask, the outcome is
    /// [`Outcome::DoesNotApply`](super::Outcome::DoesNotApply) if nothing needs consent.
    NothingTicked,
    /// Where a page has a control that accepts everything, one of the same kind beside it refuses everything in
    /// one action (GDPR, art. 4(11) and 7; CNIL, recommendation 2020-092 and notices of December 2024).
    RefusalAsEasy,
    /// Visitors who have accepted can change or withdraw that on every page, by a control or a link to one that works, and
    /// without an account, a mail or more fields (GDPR, art. 7(3)). A form with the choices takes an objection to what is
    /// exempt, or something else does (CNIL; ICO).
    WithdrawalAsEasy,
    /// No page, file or order is withheld, cut or covered before a choice or after a refusal, and refusing does not lead
    /// away (GDPR, art. 7(4); EDPB Guidelines 05/2020, on cookie walls).
    NoWall,
    /// Every page links to the opt-out page, for visitors of a regime with opt-outs (Cal. Civ. Code
    /// §1798.135(a); 11 CCR §7015). As for the other requirements on opt-outs, the outcome is
    /// [`Outcome::DoesNotApply`](super::Outcome::DoesNotApply) if the policy has none.
    OptOutLink,
    /// Every page says whether the visitor's opt-out, or the browser's signal, was processed, and does not say
    /// so where it was not (11 CCR §7025(c)(6), §7026(g)).
    OptOutShown,
    /// The opt-out page is about sale, sharing and sensitive data, takes an opt-out without an account or a
    /// proof, and shows that it was honoured (11 CCR §7026, §7060(b)).
    OptOutPage,
    /// Nobody who has opted out is asked again, whichever way it was done (Cal. Civ. Code §1798.135(c)(4)).
    OptOutNotAskedAgain,
    /// What a visitor opted out of is allowed again only with a separate confirmation: accepting everything
    /// does not undo it (11 CCR §7028(a)).
    OptInConfirmed,
    /// A signal is remembered: later requests without it are still opted out (11 CCR §7025(c)(1)).
    SignalRemembered,
    /// `/.well-known/gpc.json` says that the site honours the signal (W3C Global Privacy Control).
    GpcResource,
}

impl Requirement {
    /// All requirements, in the order of a report.
    pub const ALL: [Self; 28] = [
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
        Self::ThirdParties,
        Self::OneService,
        Self::ChoiceStored,
        Self::NecessaryKept,
        Self::Caches,
        Self::ChoiceIdentifiesNobody,
        Self::NothingTicked,
        Self::RefusalAsEasy,
        Self::WithdrawalAsEasy,
        Self::NoWall,
        Self::OptOutLink,
        Self::OptOutShown,
        Self::OptOutPage,
        Self::OptOutNotAskedAgain,
        Self::OptInConfirmed,
        Self::SignalRemembered,
        Self::GpcResource,
    ];

    /// Returns `true` for those that only matter to visitors who can opt out of something.
    pub(super) const fn is_of_opt_outs(self) -> bool {
        matches!(
            self,
            Self::OptOutLink
                | Self::OptOutShown
                | Self::OptOutPage
                | Self::OptOutNotAskedAgain
                | Self::OptInConfirmed
                | Self::SignalRemembered
                | Self::GpcResource
        )
    }

    /// Returns `true` for those on what pages ask, which only matter where something needs consent.
    pub(super) const fn is_of_asking(self) -> bool {
        matches!(
            self,
            Self::NothingTicked | Self::RefusalAsEasy | Self::WithdrawalAsEasy | Self::NoWall
        )
    }

    /// Returns the short name, such as `no-cookie-before-consent`, which does not change between
    /// versions.
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
            Self::ThirdParties => "third-parties",
            Self::OneService => "one-service",
            Self::ChoiceStored => "choice-stored",
            Self::NecessaryKept => "necessary-kept",
            Self::Caches => "caches",
            Self::ChoiceIdentifiesNobody => "choice-identifies-nobody",
            Self::NothingTicked => "nothing-ticked",
            Self::RefusalAsEasy => "refusal-as-easy",
            Self::WithdrawalAsEasy => "withdrawal-as-easy",
            Self::NoWall => "no-wall",
            Self::OptOutLink => "opt-out-link",
            Self::OptOutShown => "opt-out-shown",
            Self::OptOutPage => "opt-out-page",
            Self::OptOutNotAskedAgain => "opt-out-not-asked-again",
            Self::OptInConfirmed => "opt-in-confirmed",
            Self::SignalRemembered => "signal-remembered",
            Self::GpcResource => "gpc-resource",
        }
    }

    /// Returns the requirement in one line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent => "before a choice, nothing that needs consent is set",
            Self::NoCookieAfterRefusal => "after a refusal or withdrawal, nothing refused is set",
            Self::HiddenWithoutConsent => "without consent, the service does not read it either",
            Self::RefusalExpires => "a refusal expires what the browser sends",
            Self::UnclearGrantsNothing => "unclear preferences grant nothing and delete nothing",
            Self::ChoiceLifetime => {
                "a choice lasts as long as declared, and a visit does not renew it"
            }
            Self::ChangesAskAgain => {
                "only changes ask again, and an older choice covers only what has not changed"
            }
            Self::ExemptLifetime => {
                "exempt statistics live for at most 13 months and are not prolonged"
            }
            Self::SignalRefuses => "Sec-GPC: 1 refuses, and does nothing else",
            Self::Declared => "every cookie that is set is declared",
            Self::Headers => "without consent, browsers store no state from other headers",
            Self::ThirdParties => "without consent to a service, nothing is loaded from it",
            Self::OneService => "consent to one service is not consent to its category",
            Self::ChoiceStored => "what accepts, refuses or withdraws stores just that",
            Self::NecessaryKept => "necessary cookies do not depend on consent",
            Self::Caches => "no cache gives a choice to others or brings back what was withdrawn",
            Self::ChoiceIdentifiesNobody => "a choice contains no identifier of the visitor",
            Self::NothingTicked => "nothing that needs consent is ticked in advance",
            Self::RefusalAsEasy => "refusing is as easy as accepting",
            Self::WithdrawalAsEasy => "withdrawing is as easy as consenting, on every page",
            Self::NoWall => "no page is withheld for want of consent",
            Self::OptOutLink => "every page links to the opt-out page",
            Self::OptOutShown => "every page says whether an opt-out or a signal was processed",
            Self::OptOutPage => "the opt-out page informs, needs no account, and shows the result",
            Self::OptOutNotAskedAgain => "nobody who has opted out is asked again",
            Self::OptInConfirmed => "what was opted out of takes a separate confirmation",
            Self::SignalRemembered => "a signal holds for later requests without it",
            Self::GpcResource => "/.well-known/gpc.json says that the signal is honoured",
        }
    }

    /// Returns the requirement broken by a cookie that should have been withheld for this reason.
    pub(super) const fn broken_by(why: Withheld) -> Self {
        match why {
            Withheld::Undeclared | Withheld::Unclassifiable => Self::Declared,
            Withheld::Undecided
            | Withheld::CrossSite
            | Withheld::SharedCache
            | Withheld::Unrecorded => Self::NoCookieBeforeConsent,
            Withheld::Denied => Self::NoCookieAfterRefusal,
            Withheld::Expired => Self::ChoiceLifetime,
            Withheld::Pending => Self::ChangesAskAgain,
            Withheld::Unreadable | Withheld::UnknownMembers => Self::UnclearGrantsNothing,
            Withheld::Signal => Self::SignalRefuses,
            Withheld::Prolonging | Withheld::TooLong => Self::ExemptLifetime,
        }
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
