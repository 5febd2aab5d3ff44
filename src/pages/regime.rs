//! The rules that the visitor falls under and the right to opt out, as pages show them.

use serde::Serialize;

use super::{
    category_view::CategoryView,
    localized::LocalizedText,
    texts::{Words, fill},
};
use crate::{
    consent::{Consent, OptOutStatus},
    policy::{CookiePolicy, regimes::Asking},
};

/// The rules that the visitor falls under, in a [`View`](super::View). `None` there where the layer knows no
/// regime, and the policy's own bases count.
///
/// ```
/// use tower_cookie_consent::{
///     Basis, Category, Consent, CookiePolicy, pages::{OptOutView, Pages}, regimes::Regime,
/// };
///
/// let policy = CookiePolicy::builder()
///     .category(Category::consent("ads").title("Advertising").description("Pays for this."))
///     .regime("us-opt-out", Regime::preset("us-opt-out").basis("ads", Basis::OptOut))
///     .build()?;
/// let pages = Pages::at("/cookies", policy.clone())?;
/// let visitor = Consent::undecided(policy.in_regime("us-opt-out").expect("declared above"));
/// let regime = pages.view(&visitor, "en").regime.expect("it is that of a regime");
/// assert_eq!(regime.id, "us-opt-out");
/// let opt_out: OptOutView = regime.opt_out.expect("the law wants the link");
/// assert_eq!((opt_out.status, opt_out.names.as_str()), ("open", "Advertising"));
/// assert_eq!((opt_out.shared.as_str(), opt_out.not_shared.as_str()), ("Advertising", ""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegimeView {
    /// Its id; `strictest` where nobody knows the place of the visitor.
    pub id: String,
    /// The law that applies, in a sentence.
    pub sentence: String,
    /// The address at which the law can be read; empty where no law is known.
    pub source: String,
    /// Closing the banner refuses.
    pub close_refuses: bool,
    /// The pages inform instead of asking.
    pub informs: bool,
    /// The text of the notice.
    pub notice: String,
    /// The right to opt out, where each page has to link to it.
    pub opt_out: Option<OptOutView>,
}

/// The right to opt out and its state, in a [`RegimeView`], which has the example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OptOutView {
    /// `open`, `opted_out`, `honoured` (by the browser's signal) or `overruled` (the visitor allowed it after
    /// the signal).
    pub status: &'static str,
    /// The status in a sentence, for every page; empty while it is open.
    pub sentence: String,
    /// The titles of the categories that are opt-out.
    pub names: String,
    /// The titles of those of them of which something is allowed.
    pub shared: String,
    /// The titles of the others, and of services of allowed categories that are not allowed themselves.
    pub not_shared: String,
    /// The titles of what was opted out of and can be allowed again: categories, and services of allowed ones.
    pub allowed_again: String,
    /// The day of the opt-out; `None` without one, or if it may be that of earlier consent, which is kept.
    pub date: Option<String>,
    /// The titles of the sensitive categories.
    pub sensitive: String,
    /// Something that can be opted out of is allowed.
    pub runs: bool,
    /// Something was opted out of, and can be allowed again.
    pub can_return: bool,
}

impl RegimeView {
    pub(super) fn of(
        consent: &Consent,
        categories: &[CategoryView],
        date: Option<String>,
        lang: &str,
        t: &Words,
    ) -> Option<Self> {
        let regime = consent.regime()?;
        let policy = consent.policy();
        let law = LocalizedText::new(regime.law(), policy, lang);
        let optional = |category: &&CategoryView| category.text.basis != "necessary";
        let runs = |category: &&CategoryView| optional(category) && category.allowed;
        Some(Self {
            id: regime.id().to_owned(),
            sentence: match law {
                Some(law) => fill(&t.rules_text, &[("law", &law.text)]),
                None => t.rules_unknown.clone(),
            },
            source: regime.source().to_owned(),
            close_refuses: regime.close_refuses(),
            informs: regime.asks() == Asking::Notice,
            notice: fill(
                &t.notice_text,
                &[("names", &titles(categories.iter().filter(runs)))],
            ),
            opt_out: OptOutView::of(consent, categories, date, t),
        })
    }
}

impl OptOutView {
    fn of(
        consent: &Consent,
        categories: &[CategoryView],
        date: Option<String>,
        t: &Words,
    ) -> Option<Self> {
        let status = consent.opt_out_status();
        let opt_out = || {
            let all = categories.iter();
            all.filter(|category| is_sold(consent.policy(), category))
        };
        let names = titles(opt_out());
        let shared = titles(opt_out().filter(|category| runs(category)));
        let not_shared: Vec<_> = opt_out().flat_map(not_shared).collect();
        let here = opt_out().filter(|category| category.text.basis == "opt_out");
        let allowed_again: Vec<_> = here.flat_map(withheld).collect();
        let sensitive = categories.iter().filter(|category| {
            let declared = consent.policy().category(&category.text.id);
            declared.is_some_and(crate::Category::get_sensitive)
        });
        let (status, sentence) = match status {
            OptOutStatus::NotOffered => return None,
            OptOutStatus::Open => ("open", String::new()),
            OptOutStatus::OptedOut => ("opted_out", t.opted_out.clone()),
            OptOutStatus::Honoured => ("honoured", t.signal_honoured.clone()),
            OptOutStatus::Overruled => (
                "overruled",
                fill(&t.signal_overruled, &[("names", &shared)]),
            ),
        };
        Some(Self {
            status,
            sentence,
            sensitive: titles(sensitive),
            runs: !shared.is_empty(),
            shared,
            not_shared: not_shared.join(", "),
            date: date.filter(|_| opt_out().any(is_opted_out)),
            can_return: !allowed_again.is_empty(),
            allowed_again: allowed_again.join(", "),
            names,
        })
    }
}

/// Returns `true` if the category is allowed, or one of its services is.
fn runs(category: &CategoryView) -> bool {
    category.allowed || category.choices.iter().any(|service| service.allowed)
}

/// Returns `true` if the visitor denied the category and nothing of it is allowed, or one of its services.
fn is_opted_out(category: &CategoryView) -> bool {
    let mut services = category.choices.iter();
    (!runs(category) && category.answer == Some(false))
        || services.any(|service| !service.allowed && service.answer == Some(false))
}

/// Returns the title of the category if nothing of it is allowed, or those of its services that are not.
fn not_shared(category: &CategoryView) -> Vec<&str> {
    match runs(category) && !category.allowed {
        true => Vec::new(),
        false => withheld(category),
    }
}

/// Returns the title of the category if it is not allowed, or those of its services that are not.
fn withheld(category: &CategoryView) -> Vec<&str> {
    if !category.allowed {
        return vec![&category.text.title.text];
    }
    let services = category.choices.iter().filter(|service| !service.allowed);
    services.map(|service| &*service.title.text).collect()
}

/// Returns `true` for a category that the visitor can opt out of, here or where other rules apply.
fn is_sold(policy: &CookiePolicy, category: &CategoryView) -> bool {
    let index = policy.index_of(category.text.id.as_bytes());
    index.is_some_and(|index| policy.opt_out_somewhere().contains(index))
}

fn titles<'a, Some: Iterator<Item = &'a CategoryView>>(categories: Some) -> String {
    let titles: Vec<_> = categories.map(|it| it.text.title.text.as_str()).collect();
    titles.join(", ")
}
