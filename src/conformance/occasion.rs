//! The occasions of requirements: what an exchange takes that could violate one.

use super::Requirement;

impl Requirement {
    /// Returns what it takes to exercise it.
    pub(super) const fn occasion(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent => {
                "something that needs consent, and a visitor without a choice"
            }
            Self::NoCookieAfterRefusal => {
                "something that can be refused, and a refusal that the codec can write"
            }
            Self::HiddenWithoutConsent => {
                "a probe or an echo, and a request with a cookie that needs consent"
            }
            Self::RefusalExpires => "a request with a cookie of a refused category",
            Self::UnclearGrantsNothing => "preferences that the codec cannot read",
            Self::ChoiceLifetime => "a request with a choice that the codec can write",
            Self::ChangesAskAgain => {
                "a policy of a later revision than the first, or a page that asks"
            }
            Self::ExemptLifetime => "a response that sets a cookie of an exempt category",
            Self::SignalRefuses => {
                "a site that honours Sec-GPC, and something that the signal refuses"
            }
            Self::Declared => "a response that sets a cookie",
            Self::Headers => {
                "a page with the status 200, or a header from which browsers store state"
            }
            Self::ThirdParties => "a page in HTML or XML",
            Self::OneService => "a page, and consent to one service of a category alone",
            Self::ChoiceStored | Self::ChoiceIdentifiesNobody => {
                "a request of the plan that makes a choice (Conformance::acceptance, refusal, form)"
            }
            Self::NecessaryKept => "a response that sets a cookie",
            Self::Caches => {
                "a page that depends on the choice, or a response that sets an optional cookie"
            }
            Self::NothingTicked => "a page with fields for what needs consent",
            Self::RefusalAsEasy => "a page with a control that accepts everything",
            Self::WithdrawalAsEasy => "a page for a visitor who has accepted, and one that asks",
            Self::NoWall => "a page for a visitor who has accepted",
            Self::OptOutPage => "a page on which visitors opt out",
            Self::OptInConfirmed => "an opt-out, and a request or a button that accepts everything",
            Self::SignalRemembered => "a regime that remembers signals, and a page",
            Self::OptOutLink
            | Self::OptOutShown
            | Self::OptOutNotAskedAgain
            | Self::GpcResource => "a visitor in a regime with opt-outs, and a page in HTML",
        }
    }
}
