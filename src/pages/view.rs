//! What a template sees: everything that the pages show, as plain data.

use std::{collections::BTreeSet, sync::Arc, time::SystemTime};

use cookie::time::OffsetDateTime;
use serde::Serialize;

use super::{
    charter::{CategoryText, category_text},
    language::{Languages, direction},
    links::Place,
    return_to::is_path_of_this_site,
    texts::{Words, fill},
};
use crate::{
    consent::{Choice, Consent, Status},
    policy::{Basis, Category, CookiePolicy, Text},
};

pub use super::charter::CookieView;

/// Everything that a page or a fragment shows, for templates and for sites with an engine of their
/// own. All of it is text, to be escaped; nothing of the request is in it but `return_to`, a checked
/// path.
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
    /// The language of the interface, a tag of BCP 47.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The words of the interface.
    #[serde(serialize_with = "words")]
    pub t: Arc<Words>,
    /// The site's name, where [`Pages::site`](super::Pages::site) tells it.
    pub site: Option<LocalizedText>,
    /// Where the resources are.
    pub links: LinksView,
    /// Every category, in declared order.
    pub categories: Vec<CategoryView>,
    /// Whether some category is exempt: only then do the pages speak of exempt statistics.
    pub has_exempt: bool,
    /// Whether some category needs consent.
    pub has_consent: bool,
    /// Who else receives data of consent categories: the declared controllers, each once.
    pub recipients: Vec<LocalizedText>,
    /// How the visitor's choice stands.
    pub choice: ChoiceView,
    /// The revision of the policy that is shown, to be sent back with the choice.
    pub revision: u32,
    /// The [fingerprint](crate::CookiePolicy::text_fingerprint) of the texts that are shown, to be
    /// sent back with the choice.
    pub texts: String,
    /// The path to lead the visitor back to, to be sent back with the choice; `None` where the page
    /// can't be asked for again.
    pub return_to: Option<String>,
    /// The languages of the interface, by their tags.
    pub languages: Vec<LanguageView>,
    /// The signals of Google Consent Mode that some consent category grants, parted by blanks.
    pub consent_mode: String,
    /// The nonce of the page's Content-Security-Policy, for stylesheet and script, where
    /// [`Pages::head_with_nonce`](super::Pages::head_with_nonce) was given one.
    pub nonce: Option<String>,
    /// The id of the main content.
    pub main: String,
    /// Whether the banner stands at the foot of the window.
    pub fixed: bool,
    /// What went wrong, in the visitor's language.
    pub error: Option<String>,
}

/// A text of the policy, with the language that it is in: `lang="…"` where that is not the page's.
/// See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LocalizedText {
    /// The language, a tag of BCP 47.
    pub lang: String,
    /// The text.
    pub text: String,
}

impl LocalizedText {
    pub(super) fn new(text: Option<&Text>, policy: &CookiePolicy, language: &str) -> Option<Self> {
        let (lang, text) = policy.text(text, language)?;
        Some(Self {
            lang: lang.to_owned(),
            text: text.to_owned(),
        })
    }
}

/// Relative links from the page to the resources. See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LinksView {
    /// The site's root.
    pub home: String,
    /// The charter.
    pub charter: String,
    /// The form, which is also where it is sent.
    pub preferences: String,
    /// The form, for a visitor to be led back here from it.
    pub choose: String,
    /// The present consent as JSON.
    pub state: String,
    /// The stylesheet.
    pub style: String,
    /// The script.
    pub script: String,
}

/// A category, and what the visitor's choice means for it. See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CategoryView {
    /// What the policy tells of it.
    #[serde(flatten)]
    pub text: CategoryText,
    /// Whether its cookies are allowed now.
    pub allowed: bool,
    /// What the visitor answered, whatever it is worth now.
    pub answer: Option<bool>,
}

/// How the visitor's choice stands. See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChoiceView {
    /// `undecided`, `decided` or `expired`.
    pub status: &'static str,
    /// When it was made.
    pub decided: Option<DateView>,
    /// Until when it counts.
    pub ends: Option<DateView>,
    /// Whether the visitor should be asked.
    pub needs_choice: bool,
    /// Whether something was consented to, so that it can be withdrawn.
    pub granted: bool,
    /// Whether it was made within the last ten seconds: the visitor comes from choosing.
    pub just_made: bool,
    /// Whether the browser sends `Sec-GPC: 1`.
    pub gpc: bool,
    /// When and until when, as a sentence in the visitor's language.
    pub sentence: String,
}

/// A day. See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DateView {
    /// As `2026-01-31`, for `datetime="…"`.
    pub iso: String,
    /// As the language writes it in digits.
    pub shown: String,
}

/// A language of the interface. See [the example](View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LanguageView {
    /// Its tag.
    pub tag: String,
    /// Its name for itself.
    pub name: String,
}

/// What a view is made from, beside the consent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) languages: &'a Languages,
    pub(super) site: Option<&'a Text>,
    pub(super) style: &'a str,
    pub(super) script: &'a str,
    pub(super) main: &'a str,
    pub(super) fixed: bool,
}

const JUST_NOW: u64 = 10;

impl View {
    /// `query` is what links of these pages carry: the language that was asked for.
    pub(super) fn new(
        source: Source<'_>,
        consent: &Consent,
        lang: &str,
        t: Arc<Words>,
        place: &Place,
        query: &str,
    ) -> Self {
        let policy = consent.policy();
        let base = &place.base;
        let categories: Vec<_> = policy
            .categories()
            .map(|category| CategoryView {
                text: category_text(category, policy, lang, &t),
                allowed: consent.allows(category.id()),
                answer: consent
                    .choice()
                    .and_then(|choice| choice.get(policy, category.id())),
            })
            .collect();
        let of = |basis| {
            categories
                .iter()
                .any(|category| category.text.basis == basis)
        };
        let recipients: BTreeSet<_> = policy
            .categories()
            .filter(|category| category.basis() == Basis::Consent)
            .flat_map(Category::get_cookies)
            .filter_map(|cookie| LocalizedText::new(cookie.get_controller(), policy, lang))
            .collect();
        let signals: BTreeSet<_> = policy
            .categories()
            .filter(|category| category.basis() == Basis::Consent)
            .flat_map(Category::get_consent_mode)
            .map(String::as_str)
            .collect();
        Self {
            lang: lang.to_owned(),
            dir: direction(lang),
            site: LocalizedText::new(source.site, policy, lang),
            links: LinksView {
                home: place.home.clone(),
                charter: format!("{}{query}", place.charter),
                preferences: format!("{base}preferences{query}"),
                choose: format!("{base}preferences{query}"),
                state: format!("{base}state"),
                style: format!("{base}{}", source.style),
                script: format!("{base}{}", source.script),
            },
            has_exempt: of("exempt"),
            has_consent: of("consent"),
            recipients: recipients.into_iter().collect(),
            choice: choice_view(consent, &categories, &t),
            categories,
            revision: policy.revision(),
            texts: policy.text_fingerprint(lang).to_string(),
            return_to: None,
            languages: source
                .languages
                .iter()
                .map(|(tag, words)| LanguageView {
                    tag: tag.to_owned(),
                    name: words.name.clone(),
                })
                .collect(),
            consent_mode: signals.into_iter().collect::<Vec<_>>().join(" "),
            nonce: None,
            main: source.main.to_owned(),
            fixed: source.fixed,
            error: None,
            t,
        }
    }

    /// Leads the visitor back to `path` after the choice, where that is a path of this site.
    pub(super) fn lead_back_to(&mut self, path: Option<&str>) {
        let path = path.filter(|path| is_path_of_this_site(path));
        self.return_to = path.map(str::to_owned);
        let form = &self.links.preferences;
        self.links.choose = path.map_or_else(
            || form.clone(),
            |path| {
                let path: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
                let mark = if form.contains('?') { '&' } else { '?' };
                format!("{form}{mark}return_to={path}")
            },
        );
    }
}

fn choice_view(consent: &Consent, categories: &[CategoryView], t: &Words) -> ChoiceView {
    // Denials whose date can't be read have none to show.
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
    let age = decided.and_then(|at| consent.judged_at().duration_since(at).ok());
    ChoiceView {
        status,
        decided: decided_on,
        ends: ends_on,
        needs_choice: consent.needs_choice(),
        granted: categories.iter().any(|category| {
            category.text.basis == "consent" && (category.allowed || category.answer == Some(true))
        }),
        just_made: status == "decided" && age.is_some_and(|age| age.as_secs() <= JUST_NOW),
        gpc: consent.gpc(),
        sentence,
    }
}

fn words<S: serde::Serializer>(words: &Arc<Words>, serializer: S) -> Result<S::Ok, S::Error> {
    words.serialize(serializer)
}

/// In UTC, as the log of a server is.
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
