//! Warnings about trackers under a basis that does not ask visitors.

use super::{
    About, Lint, LintWarningKind, trackers,
    tracking_words::{
        ADVERTISING, ADVERTISING_PHRASES, CHOOSING, MEASURING, MEASURING_PHRASES, MEASURING_TOOLS,
        NAMES_OF, TRACKING_TOOLS,
    },
    words::{NEGATIONS, begins, words},
};
use crate::{
    policy::{Basis, Category, CookieDeclaration, Reason, Service, Text, TrackerKind},
    wire::StateHeader,
};

impl Lint<'_> {
    /// Finds a tracker that does not wait for consent: by its name, its site, its provider or its purpose.
    pub(super) fn misplaced(&mut self, category: &Category, cookie: &CookieDeclaration) {
        let about = About::cookie(category, cookie);
        let basis = category.basis();
        if basis == Basis::Consent {
            return;
        }
        let word = basis.word();
        let message = if let Some(provider) = tracker_of(cookie, basis) {
            format!(
                "a tracker of {provider} under the basis {word:?}, which serves others than the site and needs \
                 consent (ePrivacy directive, art. 5(3)): move it to a consent category"
            )
        } else if let Some(purpose) = claimed_purpose(cookie, basis) {
            format!(
                "its purpose is {purpose}, and its basis is {word:?}, although visitors did not ask for that \
                 (ePrivacy directive, art. 5(3)): move it to a consent category"
            )
        } else if is_needless_pixel(cookie, basis) {
            format!(
                "a tracking pixel under the basis {word:?}, and what visitors ask for needs none (EDPB guidelines \
                 2/2023): move it to a consent category"
            )
        } else {
            return;
        };
        self.warn(about, LintWarningKind::Tracker, message);
    }
}

impl Lint<'_> {
    /// Finds a service that is called as a tool for tracking, whatever its id is.
    pub(super) fn misplaced_service(&mut self, about: About<'_>, service: &Service) {
        let basis = about.category.basis();
        let named = [service.get_title(), service.get_provider()];
        if basis != Basis::Consent
            && let Some(tool) = tool_in(&named, basis)
        {
            let word = basis.word();
            let message = format!(
                "{tool} under the basis {word:?}, and it needs consent (ePrivacy directive, art. 5(3)): move it to a \
                 consent category"
            );
            self.warn(about, LintWarningKind::Tracker, message);
        }
    }
}

/// Returns whose tracker it is, if that can't have this basis.
fn tracker_of(cookie: &CookieDeclaration, basis: Basis) -> Option<&'static str> {
    let name = cookie.name();
    let known = match cookie.get_kind() {
        TrackerKind::Cookie => trackers::provider_of(name),
        TrackerKind::Storage => trackers::provider_of_key(name),
        TrackerKind::Header | TrackerKind::Pixel | TrackerKind::Other => None,
    };
    let known = known.filter(|provider| provider.is_misplaced(basis));
    let by_name = match cookie.get_kind() {
        TrackerKind::Header => advertiser(name),
        TrackerKind::Pixel | TrackerKind::Other => {
            host_in(name).and_then(|host| trackers::tracker_of_site(host, basis))
        }
        TrackerKind::Cookie | TrackerKind::Storage => known.map(|provider| &*provider.name),
    };
    by_name
        .or_else(|| trackers::tracker_of_site(cookie.get_third_party()?, basis))
        .or_else(|| named_tool(cookie, basis))
}

/// Returns the purpose of a header that is made for advertising.
fn advertiser(header: &str) -> Option<&'static str> {
    let known = StateHeader::find(header)?;
    known.advertises.then_some("the browser's advertising APIs")
}

/// Returns the host of an address without a scheme or with one, such as `px.example/tr`.
fn host_in(name: &str) -> Option<&str> {
    let rest = name.split_once("://").map_or(name, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let is_host = host.contains('.') && !host.contains(char::is_whitespace);
    is_host.then_some(host)
}

/// Returns the tool for tracking or measuring that a declaration names as what sets it.
fn named_tool(cookie: &CookieDeclaration, basis: Basis) -> Option<&'static str> {
    if keeps_a_choice(cookie) {
        return None;
    }
    let named = [
        cookie.get_provider(),
        cookie.get_service(),
        cookie.get_controller(),
    ];
    tool_in(&named, basis).or_else(|| {
        let (company, _) = NAMES_OF
            .iter()
            .find(|(company, names)| names.contains(&cookie.name()) && is_named(company, &named))?;
        Some(*company)
    })
}

/// Returns `true` if one of the texts has this name as a word.
fn is_named(name: &str, texts: &[Option<&Text>]) -> bool {
    let mut written = texts.iter().copied().flatten().flat_map(Text::written);
    written.any(|(_, text)| words(text).contains(&name.to_lowercase()))
}

/// Returns the tool that a text names.
fn tool_in(texts: &[Option<&Text>], basis: Basis) -> Option<&'static str> {
    let texts: Vec<String> = texts
        .iter()
        .copied()
        .flatten()
        .flat_map(Text::written)
        .map(|(_, text)| words(text))
        .filter(|words| !is_of_choices(words))
        .map(|words| format!(" {} ", words.join(" ")))
        .collect();
    let measuring = (basis == Basis::Necessary).then_some(MEASURING_TOOLS);
    let tools = TRACKING_TOOLS.iter().chain(measuring.into_iter().flatten());
    let is_named = |tool: &&str| {
        let words = format!(" {} ", words(tool).join(" "));
        texts.iter().any(|text| text.contains(&words))
    };
    tools.copied().find(is_named)
}

/// Returns what a declaration says that it is for, if visitors have to be asked for that.
fn claimed_purpose(cookie: &CookieDeclaration, basis: Basis) -> Option<&'static str> {
    if !matches!(basis, Basis::Necessary | Basis::Exempt) || keeps_a_choice(cookie) {
        return None;
    }
    let is_paywall = cookie.get_reason() == Some(&Reason::Paywall);
    let may_measure = basis == Basis::Exempt || is_paywall;
    let texts = cookie.get_purpose()?.written();
    texts
        .map(|(_, text)| words(text))
        .filter(|words| !is_of_choices(words))
        .find_map(|words| {
            if is_about(&words, ADVERTISING, ADVERTISING_PHRASES) {
                return Some("advertising");
            }
            let measures = is_about(&words, MEASURING, MEASURING_PHRASES);
            (measures && !may_measure).then_some("statistics")
        })
}

/// The most words of a purpose that a single one of them tells.
const SHORT: usize = 4;

/// Returns `true` if a short text has one of the words, or any text one of the phrases.
fn is_about(words: &[String], stems: &[&str], phrases: &[&str]) -> bool {
    let has_stem = |word: &String| stems.iter().any(|stem| begins(word, stem));
    let text = format!(" {} ", words.join(" "));
    (words.len() <= SHORT && words.iter().any(has_stem))
        || phrases
            .iter()
            .any(|phrase| text.contains(&format!(" {phrase} ")))
}

/// Returns `true` for a text about what visitors chose, and for one that denies something.
fn is_of_choices(words: &[String]) -> bool {
    words
        .iter()
        .any(|word| NEGATIONS.contains(&&**word) || CHOOSING.iter().any(|stem| begins(word, stem)))
}

/// Returns `true` if it remembers that a visitor refused, which is what a refusal needs.
fn keeps_a_choice(cookie: &CookieDeclaration) -> bool {
    const MARKS: [&str; 7] = [
        "consent", "ignore", "optout", "opt_out", "opt-out", "choice", "pref",
    ];
    let name = cookie.name().to_ascii_lowercase();
    cookie.get_reason() == Some(&Reason::Preferences)
        || MARKS.iter().any(|mark| name.contains(mark))
}

/// A login on several hosts or a check against fraud may need a picture of another host.
fn is_needless_pixel(cookie: &CookieDeclaration, basis: Basis) -> bool {
    let may_need = matches!(
        cookie.get_reason(),
        Some(Reason::Authentication | Reason::Security | Reason::Cart)
    );
    cookie.get_kind() == TrackerKind::Pixel && basis == Basis::Necessary && !may_need
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CookiePolicy, LintWarning};

    fn is_tracker(category: Category, cookie: CookieDeclaration) -> bool {
        let policy = CookiePolicy::new([category.cookie(cookie)]).unwrap();
        let kinds: Vec<_> = policy.lint().iter().map(LintWarning::kind).collect();
        kinds.contains(&LintWarningKind::Tracker)
    }

    fn necessary() -> Category {
        Category::necessary("base")
    }

    fn exempt() -> Category {
        Category::exempt("stats")
    }

    fn cookie() -> CookieDeclaration {
        CookieDeclaration::new("x_id")
    }

    #[test]
    fn tools_that_can_be_exempt_are_not_necessary() {
        for name in ["_pk_id.*", "ph_*", "_cs_id", "ABTasty", "_sp_id.*"] {
            let named = || CookieDeclaration::new(name);
            assert!(is_tracker(necessary(), named()), "{name}");
            assert!(!is_tracker(exempt(), named()), "{name}");
            assert!(!is_tracker(Category::consent("c"), named()), "{name}");
        }
        for name in ["mp_*", "_shopify_y", "__adroll", "fs_uid", "utag_main"] {
            assert!(is_tracker(exempt(), CookieDeclaration::new(name)), "{name}");
        }
    }

    #[test]
    fn a_tool_is_known_by_the_provider() {
        for provider in ["Google Analytics", "Criteo SA", "Hotjar Ltd.", "Matomo"] {
            assert!(
                is_tracker(necessary(), cookie().provider(provider)),
                "{provider}"
            );
        }
        assert!(is_tracker(
            necessary(),
            cookie().provider("Google").service("Google Ads")
        ));
        assert!(!is_tracker(exempt(), cookie().provider("Matomo")));
        for provider in [
            "Google",
            "Criterion",
            "The site",
            "Google Analytics opt-out",
        ] {
            assert!(
                !is_tracker(necessary(), cookie().provider(provider)),
                "{provider}"
            );
        }
        let ignored = CookieDeclaration::new("matomo_ignore").provider("Matomo");
        assert!(!is_tracker(necessary(), ignored));
        let choice = cookie().reason(Reason::Preferences).service("Hotjar");
        assert!(!is_tracker(necessary(), choice));
    }

    #[test]
    fn a_name_that_others_have_too_is_known_with_its_company() {
        let guest = || CookieDeclaration::new("guest_id");
        assert!(is_tracker(necessary(), guest().provider("X Corp.")));
        assert!(is_tracker(necessary(), guest().service("Twitter")));
        assert!(!is_tracker(necessary(), guest().provider("The shop")));
        assert!(!is_tracker(necessary(), cookie().provider("X Corp.")));
    }

    #[test]
    fn a_service_is_known_by_its_title() {
        let is_found = |category: Category, title: &str| {
            let service = Service::new("s").title(title).provider("P");
            let policy = CookiePolicy::new([category.service(service)]).unwrap();
            let kinds: Vec<_> = policy.lint().iter().map(LintWarning::kind).collect();
            kinds.contains(&LintWarningKind::Tracker)
        };
        assert!(is_found(necessary(), "Google Analytics"));
        assert!(is_found(exempt(), "Hotjar"));
        assert!(is_found(necessary(), "Matomo"));
        assert!(!is_found(exempt(), "Matomo"));
        assert!(!is_found(necessary(), "Payments"));
        assert!(!is_found(Category::consent("c"), "Hotjar"));
    }

    #[test]
    fn a_tracker_is_known_by_its_purpose() {
        for purpose in [
            "Advertising",
            "Publicité ciblée",
            "Personalisierte Werbung",
            "Used to show you personalised ads on other pages of ours and theirs",
            "Visitor statistics",
            "Counts visits to each of our pages and to those of others",
        ] {
            assert!(
                is_tracker(necessary(), cookie().purpose(purpose)),
                "{purpose}"
            );
        }
        assert!(is_tracker(exempt(), cookie().purpose("Retargeting")));
        for purpose in [
            "Keeps you logged in to the marketing console",
            "Remembers your choice about advertising",
            "Refused advertising",
            "Keeps the filters of the statistics that you look at",
            "Security measures",
            "Spreads the load, without any statistics",
            "Permette l'accesso ad aree protette",
            "Garde les annonces que vous avez enregistrées",
        ] {
            assert!(
                !is_tracker(necessary(), cookie().purpose(purpose)),
                "{purpose}"
            );
        }
        assert!(!is_tracker(
            exempt(),
            cookie().purpose("Visitor statistics")
        ));
        let opt_out = Category::opt_out("ads");
        assert!(!is_tracker(opt_out, cookie().purpose("Advertising")));
    }

    #[test]
    fn pixels_are_not_necessary() {
        let pixel = || CookieDeclaration::new("a pixel of P").kind(TrackerKind::Pixel);
        assert!(is_tracker(necessary(), pixel()));
        assert!(!is_tracker(exempt(), pixel()));
        assert!(!is_tracker(
            necessary(),
            pixel().reason(Reason::Authentication)
        ));
        #[cfg(feature = "documents")]
        {
            let known = CookieDeclaration::new("https://www.facebook.com/tr?id=1");
            let known = || known.clone().kind(TrackerKind::Pixel);
            assert!(is_tracker(exempt(), known()));
            assert!(is_tracker(necessary(), known().reason(Reason::Security)));
        }
    }
}
