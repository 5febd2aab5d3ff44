//! The data of a template: everything that the pages show, as plain data.

use std::{collections::BTreeSet, sync::Arc, time::SystemTime};

use cookie::time::OffsetDateTime;
use serde::Serialize;

use super::{
    account::AccountView,
    category::category_text,
    category_view::{CategoryView, category_view},
    controller::ControllerView,
    language::direction,
    links::{LinksView, PagePlace},
    localized::LocalizedText,
    proof::RecordsView,
    regime::RegimeView,
    source::{Reader, Source, words},
    texts::{Words, fill},
};
use crate::{
    consent::{Choice, Consent, Status},
    policy::{Basis, Category, CookieDeclaration, CookiePolicy, Service},
};

/// The data of a page or a fragment, for templates and for sites with their own template engine.
/// All of it is text that must be escaped. Nothing in it comes from the request, except for
/// `return_to`, a checked path.
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
///
/// let policy = CookiePolicy::new([
///     Category::consent("ads").title("Advertising").description("Pays for what you read."),
/// ])?;
/// let pages = Pages::at("/cookies", policy.clone())?;
/// let view = pages.view(&Consent::undecided(policy), "fr-CA");
/// assert_eq!(view.lang, "fr");
/// assert_eq!(view.categories[0].text.title.text, "Advertising");
/// assert_eq!(view.categories[0].text.title.lang, "en");
/// assert!(view.choice.needs_choice && !view.categories[0].allowed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct View {
    /// The language of the texts, a BCP 47 tag.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The texts in that language, and in the wording of the visitor's regime.
    #[serde(serialize_with = "words")]
    pub t: Arc<Words>,
    /// The site's name, if [`Pages::site`](super::Pages::site) sets one.
    pub site: Option<LocalizedText>,
    /// The links to the resources.
    pub links: LinksView,
    /// Every category, in declared order.
    pub categories: Vec<CategoryView>,
    /// The pages can store a choice. `false` if the policy
    /// [follows](crate::preferences::PreferencesCookie::follow) the cookie of another tool, which asks
    /// instead: there is no form and no banner then.
    pub can_choose: bool,
    /// Some category is exempt: only then do the pages mention exempt statistics.
    pub has_exempt: bool,
    /// Some category is exempt or opt-out, so that the visitor can object to it.
    pub has_objectable: bool,
    /// Some category needs consent.
    pub has_consent: bool,
    /// The recipients of data of consent categories: the declared controllers of cookies and services,
    /// each once.
    pub recipients: Vec<LocalizedText>,
    /// The status of the visitor's choice.
    pub choice: ChoiceView,
    /// The revision of the shown policy, to be sent back with the choice.
    pub revision: u32,
    /// The fingerprint of the shown texts, to be sent back with the choice: a
    /// [`text_fingerprint`](crate::CookiePolicy::text_fingerprint), or with the feature `records` one of
    /// a hash for which nobody can find two texts.
    pub texts: String,
    /// The nonce of the form, to be sent back with the choice as `nonce`: with records, a form that is sent
    /// twice makes one record. `None` without records, and in what a cache may store.
    pub form_nonce: Option<String>,
    /// The rules that the visitor falls under. `None` where the policy's own bases count.
    pub regime: Option<RegimeView>,
    /// The opt-out page asks whether to allow again what was opted out of.
    pub confirms: bool,
    /// The controller of the site's data, if the policy names one.
    pub controller: Option<ControllerView>,
    /// The facts about the records of choices. `None` where nothing is recorded.
    pub records: Option<RecordsView>,
    /// The account, while the choice follows one.
    pub(super) account: Option<AccountView>,
    /// The path to which the visitor returns, to be sent back with the choice; `None` if the page
    /// can't be requested again.
    pub return_to: Option<String>,
    /// The available languages.
    pub languages: Vec<LanguageView>,
    /// The Google Consent Mode signals that some consent category grants, separated by spaces.
    pub consent_mode: String,
    /// The nonce of the page's Content-Security-Policy for the stylesheet and the script, if
    /// [`Pages::head_with_nonce`](super::Pages::head_with_nonce) was given one.
    pub nonce: Option<String>,
    /// The nonce for the stylesheet: the same one, or in documents (`HtmlConsentLayer::pages`) that of the
    /// site's policy for styles.
    pub style_nonce: Option<String>,
    /// The stylesheet may load. `false` only in documents whose own Content-Security-Policy forbids it.
    pub has_style: bool,
    /// The same for the script.
    pub has_script: bool,
    /// The id of the main content.
    pub main: String,
    /// The banner is fixed to the bottom of the window.
    pub fixed: bool,
    /// The page has a Content-Security-Policy of what is allowed now (feature `documents`), which can't
    /// be widened: after a new consent, the script loads the page again.
    pub reload: bool,
    /// The error message, in the visitor's language.
    pub error: Option<String>,
}

/// The status of the visitor's choice, in a [`View`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChoiceView {
    /// `undecided`, `decided` or `expired`.
    pub status: &'static str,
    /// The date of the choice.
    pub decided: Option<DateView>,
    /// The date on which it ends.
    pub ends: Option<DateView>,
    /// The visitor should be asked.
    pub needs_choice: bool,
    /// The visitor has consented to something, which can be withdrawn.
    pub granted: bool,
    /// Something exempt or opt-out is allowed now, before a choice too: the visitor can object to it.
    pub objectable: bool,
    /// It was made within the last ten seconds: the visitor has just chosen.
    pub just_made: bool,
    /// The browser sends `Sec-GPC: 1`.
    pub gpc: bool,
    /// The two dates as a sentence in the visitor's language.
    pub sentence: String,
}

/// A date, in a [`View`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DateView {
    /// As `2026-01-31`, for `datetime="…"`.
    pub iso: String,
    /// In the numeric format of the language.
    pub shown: String,
}

/// A language of the pages, in a [`View`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LanguageView {
    /// Its tag.
    pub tag: String,
    /// Its own name for itself.
    pub name: String,
    /// The link to this page in that language, as a query.
    pub link: String,
}

const JUST_NOW: u64 = 10;

/// Returns `true` if the choice was made just now, by its date.
pub(super) fn is_just_made(consent: &Consent) -> bool {
    let decided = consent.choice().map(Choice::decided_at);
    let age = decided.and_then(|at| consent.judged_at().duration_since(at).ok());
    consent.status() == Status::Decided && age.is_some_and(|age| age.as_secs() <= JUST_NOW)
}

impl ChoiceView {
    /// Forgets when the choice was made.
    #[cfg(feature = "records")]
    pub(super) fn forget_dates(&mut self, t: &Words) {
        (self.decided, self.ends, self.just_made) = (None, None, false);
        self.sentence.clone_from(&t.present_none);
    }
}

impl View {
    /// Creates a view. `query` is added to links of these pages: the requested language.
    pub(super) fn new(
        source: Source<'_>,
        consent: &Consent,
        Reader { lang, words: t }: Reader<'_>,
        place: &PagePlace,
        query: &str,
    ) -> Self {
        let policy = consent.policy();
        let categories: Vec<_> = policy
            .categories()
            .map(|category| category_view(category_text(category, policy, lang, &t), consent))
            .collect();
        let of = |basis| {
            categories
                .iter()
                .any(|category| category.text.basis == basis)
        };
        let recipients = recipients(policy, lang);
        let choice = choice_view(consent, &categories, &t);
        Self {
            lang: lang.to_owned(),
            dir: direction(lang),
            site: LocalizedText::new(policy.site().or(source.site), policy, lang),
            links: LinksView::new(source, place, query),
            can_choose: !policy.is_read_only() && !policy.is_for_minors(),
            has_exempt: of("exempt"),
            has_objectable: of("exempt") || of("opt_out"),
            has_consent: of("consent"),
            recipients,
            regime: RegimeView::of(consent, &categories, choice.opted_out_on(), lang, &t),
            choice,
            confirms: false,
            categories,
            revision: policy.revision(),
            texts: policy.form_texts(lang),
            form_nonce: None,
            controller: policy
                .controller()
                .and_then(|controller| ControllerView::of(controller, policy, lang)),
            #[cfg(feature = "records")]
            records: RecordsView::of(consent, lang, &t),
            #[cfg(not(feature = "records"))]
            records: None,
            #[cfg(feature = "records")]
            account: AccountView::of(consent, lang),
            #[cfg(not(feature = "records"))]
            account: None,
            return_to: None,
            languages: languages(source),
            consent_mode: consent_mode(policy),
            nonce: None,
            style_nonce: None,
            has_style: true,
            has_script: true,
            main: source.main.to_owned(),
            fixed: source.fixed,
            reload: consent.is_confined(),
            error: None,
            t,
        }
    }

    /// Returns the visitor to `path` after the choice, if it is a path of this site.
    pub(super) fn lead_back_to(&mut self, path: Option<&str>) {
        self.return_to = self.links.lead_back_to(path);
    }
}

/// Returns the Google Consent Mode signals that some category grants, each once.
fn consent_mode(policy: &CookiePolicy) -> String {
    let signals: BTreeSet<_> = policy
        .categories()
        .filter(|category| matches!(category.basis(), Basis::Consent | Basis::OptOut))
        .flat_map(Category::get_consent_mode)
        .map(String::as_str)
        .collect();
    signals.into_iter().collect::<Vec<_>>().join(" ")
}

impl ChoiceView {
    /// Returns the day of an opt-out, unless it may be that of consent.
    fn opted_out_on(&self) -> Option<String> {
        let date = self.decided.as_ref().filter(|_| !self.granted);
        date.map(|date| date.shown.clone())
    }
}

fn languages(source: Source<'_>) -> Vec<LanguageView> {
    let languages = source.languages.iter();
    languages
        .map(|(tag, wordings)| LanguageView {
            tag: tag.to_owned(),
            name: wordings.words().name.clone(),
            link: format!("?lang={tag}"),
        })
        .collect()
}

/// Returns the controllers that consent categories name, each once.
fn recipients(policy: &CookiePolicy, lang: &str) -> Vec<LocalizedText> {
    let asked = policy
        .categories()
        .filter(|category| category.basis() == Basis::Consent);
    let controllers: BTreeSet<_> = asked
        .flat_map(|category| {
            let services = category.get_services().iter();
            let of_services = services.clone().map(Service::get_controller);
            let cookies = services.flat_map(Service::get_cookies);
            let cookies = category.get_cookies().iter().chain(cookies);
            of_services.chain(cookies.map(CookieDeclaration::get_controller))
        })
        .filter_map(|controller| LocalizedText::new(controller, policy, lang))
        .collect();
    controllers.into_iter().collect()
}

/// Returns the category and its services: each allowed or not, and the visitor's answer.
fn units(category: &CategoryView) -> impl Iterator<Item = (bool, Option<bool>)> {
    let services = category.choices.iter();
    services
        .map(|service| (service.allowed, service.answer))
        .chain([(category.allowed, category.answer)])
}

fn choice_view(consent: &Consent, categories: &[CategoryView], t: &Words) -> ChoiceView {
    // Denials with an unreadable date have no date to show.
    let dated = |_: &&Choice| consent.status() != Status::Undecided;
    let decided = consent.choice().filter(dated).map(Choice::decided_at);
    let ends = decided.and_then(|at| at.checked_add(consent.policy().choice_lifetime()));
    let decided_on = decided.map(|at| date(at, t));
    let ends_on = ends.map(|at| date(at, t));
    let filled = |text: &str| match (&decided_on, &ends_on) {
        (Some(on), Some(end)) => fill(text, &[("date", &on.shown), ("end", &end.shown)]),
        _ => t.present_none.clone(),
    };
    let (status, sentence) = match consent.status() {
        Status::Undecided => ("undecided", t.present_none.clone()),
        Status::Decided => ("decided", filled(&t.present_on)),
        Status::Expired => ("expired", filled(&t.present_expired)),
    };
    ChoiceView {
        status,
        decided: decided_on,
        ends: ends_on,
        needs_choice: consent.needs_choice(),
        granted: categories.iter().any(|category| {
            let mut units = units(category);
            category.text.basis == "consent"
                && units.any(|(allowed, answer)| allowed || answer == Some(true))
        }),
        objectable: categories.iter().any(|category| {
            let mut units = units(category);
            matches!(category.text.basis, "exempt" | "opt_out") && units.any(|(allowed, _)| allowed)
        }),
        just_made: is_just_made(consent),
        gpc: consent.gpc(),
        sentence,
    }
}

/// Formats a time in UTC, like the log of a server.
fn date(at: SystemTime, t: &Words) -> DateView {
    let date = OffsetDateTime::from(at).date();
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let parts = [
        ("year", format!("{year:04}")),
        ("month", format!("{month:02}")),
        ("day", format!("{day:02}")),
    ];
    let parts: Vec<_> = parts
        .iter()
        .map(|(key, part)| (*key, part.as_str()))
        .collect();
    DateView {
        iso: format!("{year:04}-{month:02}-{day:02}"),
        shown: fill(&t.date, &parts),
    }
}
