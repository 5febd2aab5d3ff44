//! The current consent as JSON, for page scripts.

use std::{collections::BTreeMap, time::SystemTime};

use cookie::time::OffsetDateTime;
use serde::Serialize;

use crate::{
    consent::{Choice, Consent, OptOutStatus, Status},
    policy::{Basis, Category, CookieDeclaration},
};

/// The response of `GET …/state`, and to a choice submitted as JSON.
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::State};
///
/// let policy = CookiePolicy::new([Category::consent("ads").consent_mode(["ad_storage"])])?;
/// let state = State::of(&Consent::undecided(policy));
/// assert_eq!(state.status, "undecided");
/// assert_eq!(state.pending, ["ads"]);
/// assert_eq!(state.consent_mode["ad_storage"], "denied");
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct State {
    /// `undecided`, `decided` or `expired`.
    pub status: &'static str,
    /// Every category, in declared order.
    pub categories: Vec<CategoryState>,
    /// The ids of the consent categories without an answer in force.
    pub pending: Vec<String>,
    /// The visitor should be asked.
    pub needs_choice: bool,
    /// The visitor should be informed, in a regime that only informs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub needs_notice: bool,
    /// The id of the regime that the visitor falls under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regime: Option<String>,
    /// The state of the right to opt out: `open`, `opted_out`, `honoured` or `overruled`; absent where
    /// there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<&'static str>,
    /// The address, relative to this one, at which the visitor has to confirm what the choice allows again
    /// after an opt-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<&'static str>,
    /// The time of the choice, in whole seconds of UTC (RFC 3339).
    pub decided_at: Option<String>,
    /// The time at which it ends, in the same format.
    pub ends_at: Option<String>,
    /// The revision of the policy under which the choice was made.
    pub choice_revision: Option<u32>,
    /// The current revision of the policy.
    pub revision: u32,
    /// The request carried `Sec-GPC: 1`.
    pub gpc: bool,
    /// For Google Consent Mode v2: each signal listed by a consent or opt-out category, `granted` if one of
    /// those categories is allowed, and otherwise `denied`. Exempt categories grant none.
    pub consent_mode: BTreeMap<String, &'static str>,
    /// The declared entries of the browser's storage, by the visitor's answer.
    pub storage: StorageState,
}

/// The declared entries of the browser's local and session storage, in a [`State`]: names, and
/// patterns that end in `*`. After a refusal, the pages' script removes what is refused, unless an
/// entry that is kept has a name that fits better.
///
/// ```
/// use tower_cookie_consent::{
///     Category, Consent, CookieDeclaration, CookiePolicy, pages::State, policy::TrackerKind,
/// };
///
/// let path = CookieDeclaration::new("path-*").kind(TrackerKind::Storage);
/// let policy = CookiePolicy::new([Category::consent("ads").cookie(path)])?;
/// let consent = Consent::undecided(policy);
/// assert_eq!(State::of(&consent).storage.kept, ["path-*"]);
/// let refused = consent.with_choice(consent.refuse_all());
/// assert_eq!(State::of(&refused).storage.refused, ["path-*"]);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StorageState {
    /// Those of categories and services that the visitor has refused or objected to.
    pub refused: Vec<String>,
    /// All others. Silence deletes nothing.
    pub kept: Vec<String>,
}

/// The effect of the choice on a category, in a [`State`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CategoryState {
    /// The category's id.
    pub id: String,
    /// `necessary`, `exempt` or `consent`.
    pub basis: &'static str,
    /// Its cookies are allowed now.
    pub allowed: bool,
    /// The visitor's answer, whether or not it is in force.
    pub answer: Option<bool>,
    /// Its services, in declared order.
    pub services: Vec<ServiceState>,
}

/// The effect of the choice on a service, in a [`State`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceState {
    /// The service's id.
    pub id: String,
    /// It is allowed now.
    pub allowed: bool,
    /// The visitor's own answer for it, whether or not it is in force.
    pub answer: Option<bool>,
}

impl State {
    /// Describes this consent.
    #[must_use]
    pub fn of(consent: &Consent) -> Self {
        let policy = consent.policy();
        let choice = consent.choice();
        // Denials with an unreadable date have no date to show.
        let dated = choice.filter(|_| consent.status() != Status::Undecided);
        let decided_at = dated.map(Choice::decided_at);
        let answer = |id: &str| choice.and_then(|choice| choice.get(policy, id));
        let mut consent_mode = BTreeMap::new();
        let asked = |basis| matches!(basis, Basis::Consent | Basis::OptOut);
        for category in policy.categories().filter(|c| asked(c.basis())) {
            let granted = consent.allows(category.id());
            for signal in category.get_consent_mode() {
                let state = consent_mode.entry(signal.clone()).or_insert("denied");
                if granted {
                    *state = "granted";
                }
            }
        }
        Self {
            status: match consent.status() {
                Status::Undecided => "undecided",
                Status::Decided => "decided",
                Status::Expired => "expired",
            },
            categories: policy
                .categories()
                .map(|category| CategoryState {
                    id: category.id().to_owned(),
                    basis: category.basis().word(),
                    allowed: consent.allows(category.id()),
                    answer: answer(category.id()),
                    services: category
                        .get_services()
                        .iter()
                        .map(|service| ServiceState {
                            id: service.id().to_owned(),
                            allowed: consent.allows(service.id()),
                            answer: answer(service.id()),
                        })
                        .collect(),
                })
                .collect(),
            pending: consent
                .pending()
                .map(Category::id)
                .map(str::to_owned)
                .collect(),
            needs_choice: consent.needs_choice(),
            needs_notice: consent.needs_notice(),
            regime: consent.regime().map(|regime| regime.id().to_owned()),
            opt_out: opt_out_word(consent.opt_out_status()),
            confirm: None,
            decided_at: decided_at.map(rfc_3339),
            ends_at: decided_at
                .and_then(|at| at.checked_add(policy.choice_lifetime()))
                .map(rfc_3339),
            choice_revision: dated.map(Choice::revision),
            revision: policy.revision(),
            gpc: consent.gpc(),
            consent_mode,
            storage: storage(consent),
        }
    }
}

const fn opt_out_word(status: OptOutStatus) -> Option<&'static str> {
    match status {
        OptOutStatus::NotOffered => None,
        OptOutStatus::Open => Some("open"),
        OptOutStatus::OptedOut => Some("opted_out"),
        OptOutStatus::Honoured => Some("honoured"),
        OptOutStatus::Overruled => Some("overruled"),
    }
}

/// Sorts the declared entries of the browser's storage by the visitor's answer for their service, or
/// else for their category.
fn storage(consent: &Consent) -> StorageState {
    let policy = consent.policy();
    // Of several preferences cookies, the others may not refuse it.
    let choice = consent
        .choice()
        .filter(|_| !consent.has_several_preferences());
    let answer = |id: &str| choice?.get(policy, id);
    let mut storage = StorageState::default();
    for category in policy.categories() {
        let own = answer(category.id());
        let mut sort = |cookies: &[CookieDeclaration], answer: Option<bool>| {
            let list = match answer {
                Some(false) if category.basis() != Basis::Necessary => &mut storage.refused,
                _ => &mut storage.kept,
            };
            let entries = cookies.iter().filter(|entry| entry.is_storage());
            list.extend(entries.map(|entry| entry.name().to_owned()));
        };
        sort(category.get_cookies(), own);
        for service in category.get_services() {
            sort(service.get_cookies(), answer(service.id()).or(own));
        }
    }
    storage
}

fn rfc_3339(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
