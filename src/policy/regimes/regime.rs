use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::IntoDeserializer};

use crate::policy::{Basis, Retention, Text, json::object};

/// The effect of a request's signals, such as `Sec-GPC: 1`, in a regime. A signal only ever refuses.
///
/// ```
/// use tower_cookie_consent::regimes::SignalEffect;
///
/// assert_eq!(serde_json::to_string(&SignalEffect::Remember)?, r#""remember""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignalEffect {
    /// It has none.
    Ignore,
    /// It refuses as long as the browser sends it.
    Refuse,
    /// It refuses, and the response stores the refusal of all opt-out categories (11 CCR §7025(c)).
    Remember,
}

/// The question of pages to a visitor who has not answered.
///
/// ```
/// use tower_cookie_consent::regimes::Asking;
///
/// assert_eq!(serde_json::to_string(&Asking::Notice)?, r#""notice""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Asking {
    /// Nothing beyond the links at the bottom of the page.
    Nothing,
    /// A notice says what runs.
    Notice,
    /// The banner asks.
    Question,
}

/// The bases of categories in a regime, by id. `opt-out` is read as `opt_out`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(in crate::policy) struct Bases(BTreeMap<String, Basis>);

impl Bases {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::policy) fn get(&self, category: &str) -> Option<Basis> {
        self.0.get(category).copied()
    }

    pub(in crate::policy) fn iter(&self) -> impl Iterator<Item = (&str, Basis)> {
        self.0.iter().map(|(id, basis)| (id.as_str(), *basis))
    }
}

impl<'de> Deserialize<'de> for Bases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = BTreeMap::<String, String>::deserialize(deserializer)?;
        let bases = words.into_iter().map(|(id, word)| {
            let word = word.replace('-', "_");
            let basis = Basis::deserialize(word.into_deserializer())?;
            Ok((id, basis))
        });
        bases.collect::<Result<_, _>>().map(Self)
    }
}

object! {
    /// One regime of a policy: a preset, and what the site overrides of it.
    ///
    /// The presets are `eu` (opt-in), `fr`, `it`, `es`, `nl`, `uk`, `de`, `ch`, `us-opt-out`, `quebec`,
    /// `brazil`, `japan`, and `us-notice` and `none`, which apply to no country. A preset never makes a
    /// category laxer than the site declares it: an exempt category needs consent where the law of the
    /// regime does not exempt it, and an opt-out category where that law wants consent first. To make one
    /// laxer, name it in [`basis`](Self::basis).
    ///
    /// ```
    /// use tower_cookie_consent::{Basis, Category, Consent, CookiePolicy, regimes::Regime};
    ///
    /// let california = Regime::preset("us-opt-out").basis("ads", Basis::OptOut);
    /// let policy = CookiePolicy::builder()
    ///     .category(Category::consent("ads"))
    ///     .regime("us-opt-out", california)
    ///     .build()?;
    /// let visitor = policy.in_regime("us-opt-out").expect("declared above");
    /// assert!(Consent::undecided(visitor).allows("ads"));
    /// assert!(!Consent::undecided(policy).allows("ads"));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub struct Regime: "a regime" {
        keys {
            #[serde(skip_serializing_if = "Option::is_none")]
            preset: Option<String> = None,
            #[serde(skip_serializing_if = "Bases::is_empty")]
            categories: Bases = Bases::default(),
            #[serde(skip_serializing_if = "Option::is_none")]
            signals: Option<SignalEffect> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            asks: Option<Asking> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            choice_lifetime: Option<Retention> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            reask_after_refusal: Option<Retention> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            close_refuses: Option<bool> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            opt_out_link: Option<bool> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            law: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            date: Option<String> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            source: Option<String> = None,
        }
        others {}
    }
}

impl Regime {
    /// Creates a regime with everything that the preset has. An unknown preset is an error of the policy.
    pub fn preset(id: impl Into<String>) -> Self {
        Self {
            preset: Some(id.into()),
            ..Self::empty()
        }
    }

    /// Sets the basis of a category in this regime.
    ///
    /// ```
    /// use tower_cookie_consent::{Basis, regimes::Regime};
    ///
    /// let uk = Regime::preset("uk").basis("ads", Basis::Consent);
    /// # let _ = uk;
    /// ```
    pub fn basis(mut self, category: impl Into<String>, basis: Basis) -> Self {
        self.categories.0.insert(category.into(), basis);
        self
    }

    /// Sets the effect of signals.
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::{Regime, SignalEffect};
    /// let regime = Regime::preset("japan").signals(SignalEffect::Remember);
    /// # let _ = regime;
    /// ```
    pub fn signals(mut self, effect: SignalEffect) -> Self {
        self.signals = Some(effect);
        self
    }

    /// Sets what pages ask.
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::{Asking, Regime};
    /// let regime = Regime::preset("us-opt-out").asks(Asking::Notice);
    /// # let _ = regime;
    /// ```
    pub fn asks(mut self, asks: Asking) -> Self {
        self.asks = Some(asks);
        self
    }

    /// Sets how long consent counts (default: the policy's own).
    ///
    /// ```
    /// # use tower_cookie_consent::{policy::Retention, regimes::Regime};
    /// let regime = Regime::preset("eu").choice_lifetime(Retention::months(4));
    /// # let _ = regime;
    /// ```
    pub fn choice_lifetime(mut self, lifetime: Retention) -> Self {
        self.choice_lifetime = Some(lifetime);
        self
    }

    /// Sets how long after a refusal pages may ask again about what was refused (default: the preset's, or
    /// else as long as consent counts).
    ///
    /// ```
    /// # use tower_cookie_consent::{policy::Retention, regimes::Regime};
    /// let regime = Regime::preset("it").reask_after_refusal(Retention::months(12));
    /// # let _ = regime;
    /// ```
    pub fn reask_after_refusal(mut self, period: Retention) -> Self {
        self.reask_after_refusal = Some(period);
        self
    }

    /// Sets whether the banner has a button that closes it, and with it refuses (Garante, 10 June 2021).
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::Regime;
    /// let regime = Regime::preset("eu").close_refuses(true);
    /// # let _ = regime;
    /// ```
    pub fn close_refuses(mut self, refuses: bool) -> Self {
        self.close_refuses = Some(refuses);
        self
    }

    /// Sets whether each page links to the opt-out page (11 CCR §7015).
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::Regime;
    /// let regime = Regime::preset("japan").opt_out_link(true);
    /// # let _ = regime;
    /// ```
    pub fn opt_out_link(mut self, link: bool) -> Self {
        self.opt_out_link = Some(link);
        self
    }

    /// Sets the law as pages name it, the date since when it is so, and where that can be read.
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::Regime;
    /// let regime = Regime::preset("eu").law("ePrivacy directive", "2009-12-19", "https://eur-lex.europa.eu");
    /// # let _ = regime;
    /// ```
    pub fn law(
        mut self,
        law: impl Into<Text>,
        date: impl Into<String>,
        source: impl Into<String>,
    ) -> Self {
        self.law = Some(law.into());
        self.date = Some(date.into());
        self.source = Some(source.into());
        self
    }
}
