//! Advice on broken requirements.

use super::Requirement;

impl Requirement {
    /// Returns advice for when it is broken.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::NoCookieBeforeConsent | Self::NoCookieAfterRefusal => {
                "add CookieConsentLayer outermost, around what sets it; for a script's \
                 cookie, embed the script only if Consent::allows its category"
            }
            Self::HiddenWithoutConsent => {
                "leave filter_request on, and put what reads cookies inside CookieConsentLayer"
            }
            Self::RefusalExpires => {
                "leave Expire::OnRefusal on, and declare the path and domain that it is set \
                 with, and Partitioned if it is"
            }
            Self::UnclearGrantsNothing => {
                "leave preferences to the crate's codec: what it can't read is not an answer; \
                 delete cookies only after a refusal"
            }
            Self::ChoiceLifetime => {
                "set the preferences cookie with Consent::set_cookie, and only when the visitor \
                 chooses; do not clear it with all other cookies (CookieConsentLayer::spare_choice)"
            }
            Self::ChangesAskAgain => {
                "use Consent: it compares the choice's revision with each category's `since`, and \
                 Consent::needs_choice says whether to show a banner"
            }
            Self::ExemptLifetime => {
                "leave limit_exempt on, or set it for at most 395 days and only if the request \
                 has none"
            }
            Self::SignalRefuses => "leave Gpc::Honour on, and pass the header on unchanged",
            Self::Declared => {
                "declare it in the policy, or stop setting it; use Undeclared::Allow only while \
                 you take inventory"
            }
            Self::Headers => {
                "declare the header in the policy with the kind `header`, or stop sending it; \
                 StateHeaders::Withhold strips undeclared ones"
            }
            Self::ThirdParties => {
                "declare services with their origins, and add HtmlConsentLayer directly inside \
                 CookieConsentLayer"
            }
            Self::OneService => {
                "ask Consent::allows for the service itself, not for its category; \
                 HtmlConsentLayer does"
            }
            Self::ChoiceStored
            | Self::NecessaryKept
            | Self::Caches
            | Self::ChoiceIdentifiesNobody => self.help_on_choices(),
            Self::NothingTicked | Self::RefusalAsEasy | Self::WithdrawalAsEasy | Self::NoWall => {
                self.help_on_pages()
            }
            _ => self.help_on_opt_outs(),
        }
    }

    /// Returns the advice for the requirements on what pages ask.
    const fn help_on_pages(self) -> &'static str {
        match self {
            Self::NothingTicked => {
                "tick only what Consent::allows, as Pages does; leave consent out of hidden fields"
            }
            Self::RefusalAsEasy => {
                "put a button that refuses everything beside the one that accepts, in the same form and style, as \
                 Pages::banner does; mark them with data-consent-control if they are not recognised"
            }
            Self::WithdrawalAsEasy => {
                "put Pages::footer on every page, or a link to a form that refuses \
                 (data-consent-control=\"settings\") or a button (\"withdraw\")"
            }
            _ => "serve the same page with or without consent, and a placeholder for what needs it",
        }
    }

    /// Returns the advice for the requirements on what choices store and change.
    const fn help_on_choices(self) -> &'static str {
        match self {
            Self::ChoiceStored => {
                "store choices with Consent::accept_all, refuse_all or choose, and Consent::set_cookie"
            }
            Self::NecessaryKept => {
                "set and remove necessary cookies whatever the choice, and declare as necessary only what is"
            }
            Self::Caches => {
                "send `Cache-Control: private, no-cache` or `Vary: Cookie` with what depends on the choice, validators \
                 that differ with it, and `Clear-Site-Data: \"cache\"` with withdrawals"
            }
            _ => {
                "store what was chosen, when and under which revision, as Consent::set_cookie does, and nothing that \
                 differs between visitors; keep proof on the server (feature records)"
            }
        }
    }

    /// Returns the advice for the requirements on opt-outs.
    const fn help_on_opt_outs(self) -> &'static str {
        match self {
            Self::OptOutLink => {
                "put Pages::footer on every page, or a link with data-opt-out=\"link\" to an opt-out \
                 page of your own (Conformance::opt_out_page)"
            }
            Self::OptOutShown => {
                "put Pages::footer on every page, or an element whose data-opt-out is the \
                 Consent::opt_out_status, such as \"honoured\", with a text that says so"
            }
            Self::OptOutPage => {
                "mount Pages, or mark sale, sharing and sensitive data and the form of your own page with \
                 data-opt-out; the form may ask for nothing"
            }
            Self::OptOutNotAskedAgain => "show a banner only where Consent::needs_choice is true",
            Self::OptInConfirmed => {
                "let the endpoint of Pages take choices, or keep what Consent::opt_out_status says is \
                 opted out denied until the visitor confirms it separately"
            }
            Self::SignalRemembered => {
                "let the layer store the refusal: do not remove its preferences cookie, and keep \
                 such pages out of shared caches"
            }
            _ => "serve Pages::gpc at /.well-known/gpc.json",
        }
    }
}
