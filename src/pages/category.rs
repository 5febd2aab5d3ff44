//! A category as the pages show it: its texts, and the tables of its cookies.

use serde::Serialize;

use super::{
    localized::LocalizedText,
    texts::{Words, counted},
};
use crate::policy::{
    Basis, Category, CookieDeclaration, CookiePolicy, Reason, Retention, RetentionUnit, Service,
    Text, TrackerKind,
    regimes::{Exemption, law_of},
};

/// The texts of a category in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CategoryText {
    /// The category's id.
    pub id: String,
    /// `necessary`, `exempt`, `consent` or `opt_out`.
    pub basis: &'static str,
    /// Its title, or the id without one.
    pub title: LocalizedText,
    /// Its purpose.
    pub description: Option<LocalizedText>,
    /// The conditions under which it is exempt, if the policy declares them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption: Option<ExemptionView>,
    /// Its cookies, in declared order.
    pub cookies: Vec<CookieView>,
    /// Its other declarations: storage, pixels, headers and others.
    pub trackers: Vec<CookieView>,
    /// Its services, in declared order.
    pub services: Vec<ServiceText>,
}

/// The conditions under which a category is exempt, in a [`CategoryText`].
///
/// ```
/// use tower_cookie_consent::pages::{ExemptionView, View};
///
/// fn laws(view: &View) -> Vec<&ExemptionView> {
///     view.categories.iter().filter_map(|category| category.text.exemption.as_ref()).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExemptionView {
    /// The titles of the laws, or their ids.
    pub laws: Vec<String>,
    /// The sole purpose.
    pub purpose: Option<LocalizedText>,
    /// The company that measures.
    pub processor: Option<LocalizedText>,
    /// For how long the data are kept, in the reader's language.
    pub data_retention: Option<String>,
}

fn exemption_view(
    exemption: &Exemption,
    policy: &CookiePolicy,
    lang: &str,
    t: &Words,
) -> ExemptionView {
    let kept = exemption.data_retention();
    ExemptionView {
        laws: exemption.laws().map(|law| law_of(law).to_owned()).collect(),
        purpose: LocalizedText::new(exemption.purpose(), policy, lang),
        processor: LocalizedText::new(exemption.processor(), policy, lang),
        data_retention: kept.map(|kept| retention(kept, lang, t)),
    }
}

/// The texts of a service in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceText {
    /// The service's id.
    pub id: String,
    /// Its title, or the id without one.
    pub title: LocalizedText,
    /// The company that provides it.
    pub provider: Option<LocalizedText>,
    /// The controller of the data.
    pub controller: Option<LocalizedText>,
    /// The purposes of the controller.
    pub purposes: Vec<LocalizedText>,
    /// The countries that the data is sent to, as codes of two letters.
    pub countries: Vec<String>,
    /// The provider's privacy information: an `https` or `http` address.
    pub privacy_url: Option<String>,
    /// The origins that it loads from.
    pub origins: Vec<String>,
    /// Its cookies, in declared order.
    pub cookies: Vec<CookieView>,
    /// Its other declarations.
    pub trackers: Vec<CookieView>,
}

/// One row of the table of cookies in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CookieView {
    /// The name, or the pattern with its `*`.
    pub name: String,
    /// `cookie`, `storage`, `pixel`, `header` or `other`.
    pub kind: &'static str,
    /// The kind in the reader's language; empty for a cookie.
    pub kind_name: String,
    /// The company that sets it.
    pub provider: Option<LocalizedText>,
    /// The service and its location.
    pub service: Option<LocalizedText>,
    /// The other site that it belongs to.
    pub third_party: Option<String>,
    /// Its purpose.
    pub purpose: Option<LocalizedText>,
    /// The reason why it is necessary.
    pub reason: Option<LocalizedText>,
    /// Its retention, in the reader's language.
    pub retention: Option<String>,
    /// The retention in days; `None` for the session.
    pub retention_days: Option<u32>,
    /// The controller of the data.
    pub controller: Option<LocalizedText>,
    /// The provider's privacy information: an `https` or `http` address, or a path on this site.
    pub privacy_url: Option<String>,
}

pub(super) fn category_text(
    category: &Category,
    policy: &CookiePolicy,
    lang: &str,
    t: &Words,
) -> CategoryText {
    let (cookies, trackers) = rows(category.get_cookies(), policy, lang, t);
    let services = category.get_services().iter();
    CategoryText {
        id: category.id().to_owned(),
        basis: category.basis().word(),
        title: titled(category.get_title(), category.id(), policy, lang),
        description: LocalizedText::new(category.get_description(), policy, lang),
        exemption: category
            .get_exemption()
            .map(|it| exemption_view(it, policy, lang, t)),
        cookies,
        trackers,
        services: services
            .map(|service| service_text(service, policy, lang, t))
            .collect(),
    }
}

pub(super) fn service_text(
    service: &Service,
    policy: &CookiePolicy,
    lang: &str,
    t: &Words,
) -> ServiceText {
    let said = |text| LocalizedText::new(text, policy, lang);
    let purposes = service.get_purposes().iter();
    let (cookies, trackers) = rows(service.get_cookies(), policy, lang, t);
    ServiceText {
        id: service.id().to_owned(),
        title: titled(service.get_title(), service.id(), policy, lang),
        provider: said(service.get_provider()),
        controller: said(service.get_controller()),
        purposes: purposes.filter_map(|text| said(Some(text))).collect(),
        countries: service.get_countries().to_vec(),
        privacy_url: service.get_privacy_url().map(str::to_owned),
        origins: service.get_origins().to_vec(),
        cookies,
        trackers,
    }
}

/// Returns the title, or the id without one.
pub(super) fn titled(
    title: Option<&Text>,
    id: &str,
    policy: &CookiePolicy,
    lang: &str,
) -> LocalizedText {
    LocalizedText::new(title, policy, lang).unwrap_or_else(|| LocalizedText {
        lang: policy.default_language().to_owned(),
        text: id.to_owned(),
    })
}

/// Returns the rows of cookies, and those of other declarations.
fn rows(
    declared: &[CookieDeclaration],
    policy: &CookiePolicy,
    lang: &str,
    t: &Words,
) -> (Vec<CookieView>, Vec<CookieView>) {
    let rows = declared.iter().map(|cookie| row(cookie, policy, lang, t));
    rows.partition(|row| row.kind == TrackerKind::Cookie.word())
}

fn row(cookie: &CookieDeclaration, policy: &CookiePolicy, lang: &str, t: &Words) -> CookieView {
    let kind = cookie.get_kind();
    let said = |text| LocalizedText::new(text, policy, lang);
    CookieView {
        name: cookie.name().to_owned(),
        kind: kind.word(),
        kind_name: match kind {
            TrackerKind::Cookie => String::new(),
            TrackerKind::Storage => t.kind_storage.clone(),
            TrackerKind::Pixel => t.kind_pixel.clone(),
            TrackerKind::Header => t.kind_header.clone(),
            TrackerKind::Other => t.kind_other.clone(),
        },
        provider: said(cookie.get_provider()),
        service: said(cookie.get_service()),
        third_party: cookie.get_third_party().map(str::to_owned),
        purpose: said(cookie.get_purpose()),
        reason: cookie
            .get_reason()
            .and_then(|reason| why(reason, policy, lang, t)),
        retention: cookie.get_retention().map(|kept| retention(kept, lang, t)),
        retention_days: cookie.get_retention().and_then(|kept| kept.as_days()),
        controller: said(cookie.get_controller()),
        privacy_url: cookie
            .get_privacy_url()
            .filter(|url| is_link(url))
            .map(str::to_owned),
    }
}

/// Accepts only safe links: no `javascript:`, whoever wrote the policy.
fn is_link(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    ["https://", "http://", "/"]
        .iter()
        .any(|start| lower.starts_with(start))
}

fn why(reason: &Reason, policy: &CookiePolicy, lang: &str, t: &Words) -> Option<LocalizedText> {
    let text = match reason {
        Reason::Preferences => &t.reason_preferences,
        Reason::Authentication => &t.reason_authentication,
        Reason::Security => &t.reason_security,
        Reason::Cart => &t.reason_cart,
        Reason::Language => &t.reason_language,
        Reason::LoadBalancing => &t.reason_load_balancing,
        Reason::Paywall => &t.reason_paywall,
        Reason::Other(text) => return LocalizedText::new(Some(text), policy, lang),
    };
    Some(LocalizedText {
        lang: lang.to_owned(),
        text: text.clone(),
    })
}

pub(super) fn retention(kept: Retention, lang: &str, t: &Words) -> String {
    let Some((count, unit)) = kept.count_and_unit() else {
        return t.session.clone();
    };
    let forms = match unit {
        RetentionUnit::Day => &t.days,
        RetentionUnit::Week => &t.weeks,
        RetentionUnit::Month => &t.months,
        RetentionUnit::Year => &t.years,
    };
    counted(lang, forms, count)
}

/// Returns the missing texts without which visitors can't consent to a category.
pub(super) fn missing_texts(category: &Category) -> Option<&'static str> {
    if category.basis() != Basis::Consent {
        return None;
    }
    match (category.get_title(), category.get_description()) {
        (Some(_), Some(_)) => None,
        (None, Some(_)) => Some("title"),
        (Some(_), None) => Some("description"),
        (None, None) => Some("title and description"),
    }
}
