use serde::{Deserialize, Serialize};

use super::{
    STRICTEST,
    preset::Preset,
    regime::{Asking, Regime, SignalEffect},
};
use crate::policy::{Retention, Text};

/// A regime that is in effect: what its preset has and the site overrides, for a policy from
/// [`CookiePolicy::in_regime`](crate::CookiePolicy::in_regime) or a
/// [`Consent::regime`](crate::Consent::regime).
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, policy::Retention, regimes::{Asking, Regime, SignalEffect},
/// };
///
/// let policy = CookiePolicy::builder()
///     .category(Category::consent("ads"))
///     .regime("it", Regime::preset("it"))
///     .build()?;
/// assert!(policy.regime().is_none(), "the policy itself is in no regime");
/// let italian = policy.in_regime("it").expect("declared above");
/// let regime = italian.regime().expect("it is that of a regime");
/// assert_eq!((regime.id(), regime.asks()), ("it", Asking::Question));
/// assert_eq!(regime.signals(), SignalEffect::Refuse);
/// assert_eq!(regime.reask_after_refusal(), Some(Retention::months(6)));
/// assert!(regime.close_refuses() && !regime.opt_out_link());
/// assert_eq!(regime.date(), "2022-01-09");
/// assert!(regime.law().is_some() && regime.source().starts_with("https://"));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedRegime {
    id: String,
    /// Where its id is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preset: Option<String>,
    signals: SignalEffect,
    asks: Asking,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reask_after_refusal: Option<Retention>,
    #[serde(default)]
    close_refuses: bool,
    #[serde(default)]
    opt_out_link: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    law: Option<Text>,
    #[serde(default)]
    date: String,
    #[serde(default)]
    source: String,
    #[serde(skip)]
    pub(super) choice_lifetime: Option<Retention>,
}

impl AppliedRegime {
    pub(super) fn new(id: &str, preset: &Preset, overrides: Option<&Regime>) -> Self {
        let of = |field: fn(&Regime) -> Option<bool>| overrides.and_then(field);
        let law = overrides.and_then(|it| it.law.clone());
        Self {
            id: id.to_owned(),
            preset: (preset.id != id).then(|| preset.id.clone()),
            signals: overrides
                .and_then(|it| it.signals)
                .unwrap_or(preset.signals),
            asks: overrides.and_then(|it| it.asks).unwrap_or(preset.asks),
            reask_after_refusal: overrides
                .and_then(|it| it.reask_after_refusal)
                .or(preset.reask_after_refusal),
            close_refuses: of(|it| it.close_refuses).unwrap_or(preset.close_refuses),
            opt_out_link: of(|it| it.opt_out_link).unwrap_or(preset.opt_out_link),
            law: Some(law.unwrap_or_else(|| preset.law.as_str().into())),
            date: overrides
                .and_then(|it| it.date.clone())
                .unwrap_or_else(|| preset.date.clone()),
            source: overrides
                .and_then(|it| it.source.clone())
                .unwrap_or_else(|| preset.source.clone()),
            choice_lifetime: overrides
                .and_then(|it| it.choice_lifetime)
                .or(preset.choice_lifetime),
        }
    }

    /// Returns, field by field, the strictest of `all`: every signal, every link, the shortest yes and the
    /// longest no. `lifetime` is that of the policy itself.
    pub(super) fn strictest(all: &[Self], lifetime: Retention) -> Self {
        let longest = all.iter().filter_map(|it| it.reask_after_refusal);
        let shortest = all.iter().filter_map(|it| it.choice_lifetime);
        Self {
            id: STRICTEST.to_owned(),
            preset: None,
            signals: SignalEffect::Remember,
            asks: Asking::Question,
            reask_after_refusal: longest.chain([lifetime]).max_by_key(Retention::as_days),
            close_refuses: all.iter().any(|it| it.close_refuses),
            opt_out_link: all.iter().any(|it| it.opt_out_link),
            law: None,
            date: String::new(),
            source: String::new(),
            choice_lifetime: shortest.chain([lifetime]).min_by_key(Retention::as_days),
        }
    }

    /// Returns the id, `strictest` for a visitor whose regime is not known.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the preset, which a regime under another id is based on.
    #[cfg(feature = "pages")]
    pub(crate) fn preset(&self) -> &str {
        self.preset.as_deref().unwrap_or(&self.id)
    }

    /// Returns the effect of signals.
    #[must_use]
    pub const fn signals(&self) -> SignalEffect {
        self.signals
    }

    /// Returns what pages ask.
    #[must_use]
    pub const fn asks(&self) -> Asking {
        self.asks
    }

    /// Returns how long after a refusal pages may ask again. `None` is as long as consent counts.
    #[must_use]
    pub const fn reask_after_refusal(&self) -> Option<Retention> {
        self.reask_after_refusal
    }

    /// Returns `true` if closing the banner refuses.
    #[must_use]
    pub const fn close_refuses(&self) -> bool {
        self.close_refuses
    }

    /// Returns `true` if each page links to the opt-out page.
    #[must_use]
    pub const fn opt_out_link(&self) -> bool {
        self.opt_out_link
    }

    /// Returns the law. `None` where no regime is known.
    #[must_use]
    pub const fn law(&self) -> Option<&Text> {
        self.law.as_ref()
    }

    /// Returns the date since when the law is so; empty where no regime is known.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// Returns the address at which that can be read; empty where no regime is known.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}
