use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Extensions;
#[cfg(feature = "pages")]
use http::uri::PathAndQuery;

use super::{
    beside::Beside,
    evaluate::{current, evaluate},
    judgement::{Judgement, Standing},
    neighbours::Neighbours,
    rules::{Rules, Switches},
    services::pending_services,
    signals::Signals,
    verdict::Verdict,
};
use crate::{
    policy::{Category, CookiePolicy, mistakes::Mistake, regimes::AppliedRegime},
    preferences::{CategorySet, Choice, Reading, unix_seconds},
};

/// The status of the visitor's choice in a [`Consent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// No choice, or none that can be read. Silence is a refusal, but not a withdrawal.
    Undecided,
    /// A choice that is in force.
    Decided,
    /// A choice older than the policy's choice lifetime (6 months by default): its grants have
    /// lapsed, but its denials stay in force.
    Expired,
}

/// The visitor's consent in this request: their choice, judged by the policy, the clock and the
/// request's signals.
///
/// The layer adds one to the extensions of every request; with the feature `axum` it is an
/// extractor. It is small and cheap to clone, and contains the policy.
///
/// ```
/// use http::Request;
/// use tower_cookie_consent::Consent;
///
/// fn handler<B>(request: &Request<B>) -> &'static str {
///     match request.extensions().get::<Consent>() {
///         Some(consent) if consent.allows("tiers") => "with the map of a third party",
///         _ => "with a picture of the map",
///     }
/// }
/// # assert_eq!(handler(&Request::new(())), "with a picture of the map");
/// ```
///
/// For a test or a template without a layer:
///
/// ```
/// use tower_cookie_consent::{
///     Category, Consent, CookieDeclaration, CookiePolicy, Verdict, Withheld,
///     preferences::Status,
/// };
///
/// let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
/// let consent = Consent::undecided(CookiePolicy::new([ads])?);
/// assert_eq!(consent.status(), Status::Undecided);
/// assert!(consent.needs_choice() && !consent.allows("ads") && !consent.allows_cookie("_ga"));
/// assert_eq!(consent.pending().map(Category::id).collect::<Vec<_>>(), ["ads"]);
/// assert!(consent.choice().is_none() && !consent.gpc() && !consent.has_several_preferences());
///
/// let refused = consent.with_choice(consent.refuse_all());
/// assert_eq!(refused.verdict("_ga"), Verdict::Withheld(Withheld::Denied));
/// assert_eq!(refused.judged_at(), consent.judged_at());
/// assert_eq!(refused.policy().revision(), 1);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone)]
pub struct Consent {
    pub(super) policy: CookiePolicy,
    pub(super) judgement: Judgement,
    pub(super) choice: Option<Choice>,
    pub(super) asked: Asked,
}

/// The context of a [`Consent`]: its request and its layer.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) now: u64,
    pub(crate) signals: Signals,
    /// The cookies beside the choice; rarely any.
    pub(crate) beside: Option<Arc<Beside>>,
    /// A reference count, not a copy.
    #[cfg(feature = "pages")]
    pub(crate) target: Option<PathAndQuery>,
    /// The target can be requested again.
    #[cfg(feature = "pages")]
    pub(crate) returnable: bool,
    pub(crate) switches: Switches,
    /// The outer layers.
    pub(crate) around: Neighbours,
    /// Choices are recorded.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) recording: Option<super::Recording>,
}

impl Asked {
    /// Creates the context of a choice that the layer makes by itself.
    pub(crate) fn by_layer(now: u64, signals: Signals, beside: Option<Arc<Beside>>) -> Self {
        Self {
            signals,
            beside,
            ..Self::at(now)
        }
    }

    /// Creates the context without a request.
    const fn at(now: u64) -> Self {
        Self {
            now,
            signals: Signals::NONE,
            beside: None,
            #[cfg(feature = "pages")]
            target: None,
            #[cfg(feature = "pages")]
            returnable: false,
            switches: Switches::DEFAULT,
            around: Neighbours::NONE,
            #[cfg(all(feature = "pages", feature = "records"))]
            recording: None,
        }
    }
}

impl Consent {
    /// Returns the consent of an undecided visitor, as of now: for tests and templates without a
    /// layer.
    #[must_use]
    pub fn undecided(policy: CookiePolicy) -> Self {
        let asked = Asked::at(unix_seconds(SystemTime::now()));
        let evaluation = evaluate(&policy, &Reading::NONE, asked.now, asked.signals);
        Self::new(policy, None, evaluation.judgement, asked)
    }

    /// Returns the consent of a stored choice at a time, without a request.
    #[cfg(feature = "records")]
    pub(crate) fn at(policy: CookiePolicy, choice: Option<Choice>, now: u64) -> Self {
        use crate::preferences::Terms;

        let reading = Reading {
            choice,
            denied_by_all: choice.map_or(CategorySet::EMPTY, |choice| policy.denied_by(&choice)),
            ..Reading::NONE
        };
        let asked = Asked::at(now);
        let evaluation = evaluate(&policy, &reading, asked.now, asked.signals);
        Self::new(policy, choice, evaluation.judgement, asked)
    }

    #[inline]
    pub(crate) fn new(
        policy: CookiePolicy,
        choice: Option<Choice>,
        judgement: Judgement,
        asked: Asked,
    ) -> Self {
        Self {
            policy,
            judgement,
            choice,
            asked,
        }
    }

    /// Returns `true` if the category or service `id` is allowed now. Returns `false` for an id that
    /// the policy does not have, which the layer reports once:
    /// [`Mistake::UnknownId`].
    #[must_use]
    pub fn allows(&self, id: &str) -> bool {
        let Some(index) = self.policy.index_of(id.as_bytes()) else {
            self.policy.mistakes().note(Mistake::UnknownId, id);
            return false;
        };
        self.judgement.allowed.contains(index)
    }

    /// Returns `true` if the browser may load from the origin of this address: a service that is
    /// allowed declares it. If several services declare it, one that is allowed is enough. Returns
    /// `false` for an origin that no service declares, and for an address without a host; the site's
    /// own origin is not a third party's and is never asked about. An origin with `https` covers its
    /// WebSockets (`wss`), one with `http` those with `ws`.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, Consent, CookiePolicy, policy::Service};
    /// use url::Url;
    ///
    /// let films = Service::new("films").origins(["https://*.films.example"]);
    /// let policy = CookiePolicy::new([Category::consent("media").service(films)])?;
    /// let undecided = Consent::undecided(policy);
    /// let film = Url::parse("HTTPS://www.Films.example:443/embed/1")?;
    /// assert!(!undecided.allows_origin(&film));
    /// let granted = undecided.with_choice(undecided.choose([("films", true)])?);
    /// assert!(granted.allows_origin(&film));
    /// assert!(granted.allows_origin(&Url::parse("wss://www.films.example/live")?));
    /// assert!(!granted.allows_origin(&Url::parse("https://films.example.evil.example/")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "documents")]
    #[must_use]
    pub fn allows_origin(&self, url: &url::Url) -> bool {
        self.allows_url(url)
    }

    /// Returns `true` if a service that is allowed declares the origin of this address.
    #[cfg(any(feature = "conformance", feature = "documents"))]
    pub(crate) fn allows_url(&self, url: &url::Url) -> bool {
        let services = self.policy.services_of_url(url);
        !(services & self.judgement.allowed).is_empty()
    }

    /// Returns `true` if a cookie of this name would leave the service:
    /// `verdict(name).is_allowed()`.
    #[must_use]
    pub fn allows_cookie(&self, name: &str) -> bool {
        self.verdict(name).is_allowed()
    }

    /// Returns the decision about a cookie of this name set by the service, with the reason.
    #[must_use]
    pub fn verdict(&self, name: &str) -> Verdict {
        let rules = Rules::of_response(&self.policy, self.judgement, self.asked.switches);
        rules.verdict(self.policy.classify(name.as_bytes()))
    }

    /// Returns whether there is a choice, and whether it is in force.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self.judgement.standing {
            Standing::Undecided | Standing::CrossSite | Standing::Unreadable => Status::Undecided,
            Standing::Decided | Standing::Overridden => Status::Decided,
            Standing::Expired => Status::Expired,
        }
    }

    /// Returns `true` if the visitor should be asked: some consent category is
    /// [pending](Self::pending).
    ///
    /// Returns `false` on cross-site requests without preferences other than top-level GET
    /// navigations, since the browser may just not have sent them (`SameSite`).
    #[must_use]
    pub fn needs_choice(&self) -> bool {
        let asks = self.judgement.standing != Standing::CrossSite
            || self.asked.signals.has(Signals::TOP_LEVEL_GET);
        asks && !self.is_left_alone() && !self.pending_categories().is_empty()
    }

    /// Returns the consent categories without an answer in force, in the policy's order: never
    /// answered, answered before they changed, or answered by a choice that is too old. A category
    /// is also pending if a service was added to it after the visitor said yes to it.
    pub fn pending(&self) -> impl Iterator<Item = &Category> {
        self.pending_categories()
            .iter()
            .filter_map(|index| self.policy.category_at(index))
    }

    /// Returns the received choice, whatever its age; if there are several, what they have in
    /// common.
    #[must_use]
    pub const fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    /// Returns the policy under which the request is judged.
    #[must_use]
    pub const fn policy(&self) -> &CookiePolicy {
        &self.policy
    }

    /// Returns the regime that the visitor falls under: `None` where the layer knows none, and the policy's
    /// own bases count.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, regimes::Regime};
    /// let policy = CookiePolicy::builder()
    ///     .category(Category::consent("ads"))
    ///     .regime("uk", Regime::preset("uk"))
    ///     .build()?;
    /// let british = Consent::undecided(policy.in_regime("uk").expect("declared above"));
    /// assert_eq!(british.regime().map(|regime| regime.id()), Some("uk"));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn regime(&self) -> Option<&AppliedRegime> {
        self.policy.regime()
    }

    /// Returns the time at which this consent was judged, by the layer's clock.
    #[must_use]
    pub fn judged_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(self.asked.now))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    #[cfg(any(feature = "records", all(feature = "documents", feature = "pages")))]
    pub(crate) const fn judged_at_seconds(&self) -> u64 {
        self.asked.now
    }

    /// Returns what is allowed, and why the rest is not.
    #[cfg(feature = "records")]
    pub(crate) const fn judgement(&self) -> Judgement {
        self.judgement
    }

    /// Returns everything that is allowed.
    #[cfg(feature = "records")]
    pub(crate) const fn allowed(&self) -> CategorySet {
        self.judgement.allowed
    }

    /// Returns `true` if several preferences cookies with the same name were received: another host
    /// or path of the same domain has set one. Together they grant only what all of them grant.
    /// [`set_cookie`](Self::set_cookie) removes those of other domains.
    #[must_use]
    pub fn has_several_preferences(&self) -> bool {
        let beside = self.asked.beside.as_deref();
        beside.is_some_and(|beside| beside.several)
    }

    /// Returns `true` if the request carried `Sec-GPC: 1`, or a further
    /// [`Signal`](crate::layer::Signal) refuses.
    #[must_use]
    pub const fn gpc(&self) -> bool {
        self.asked.signals.has(Signals::GPC)
    }

    /// Returns the layers around the current one, of which this one's, the innermost, has left its consent in
    /// the request. They are stored in the current consent, for inner layers.
    #[cold]
    pub(crate) fn neighbours_of_inner(&self, extensions: &mut Extensions) -> Neighbours {
        let around = self.asked.around.and(&self.policy);
        if let Some(now) = extensions.get_mut::<Self>() {
            now.asked.around = around.clone();
        }
        around
    }

    fn pending_categories(&self) -> CategorySet {
        let answered = self.choice.map_or(CategorySet::EMPTY, |choice| {
            current(&self.policy, &choice, self.judgement.standing)
        });
        let answered = match self.choice {
            Some(choice) if !choice.denied.is_empty() => self.with_refusals(choice, answered),
            _ => answered,
        };
        let services = self.policy.services();
        let pending = self.policy.consenting() - answered - services;
        match self.choice {
            Some(choice) if !services.is_empty() => {
                let outdated = pending_services(&self.policy, &choice, answered);
                let outdated = outdated.iter();
                let categories = outdated.filter_map(|it| self.policy.category_number_of(it));
                pending | categories.collect()
            }
            _ => pending,
        }
    }
}

/// Shows neither the policy, which is long, nor any cookie value: the ids of categories and services,
/// and when and for which revision the visitor chose.
impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |set| Ids(&self.policy, set);
        let mut shown = f.debug_struct("Consent");
        shown
            .field("status", &self.status())
            .field("allowed", &ids(self.judgement.allowed))
            .field("denied", &ids(self.judgement.denied))
            .field("pending", &ids(self.pending_categories()));
        if let Some(choice) = &self.choice {
            shown
                .field("decided_at", &choice.decided_at)
                .field("revision", &choice.revision);
        }
        shown.finish_non_exhaustive()
    }
}

/// The ids of a set.
struct Ids<'a>(&'a CookiePolicy, CategorySet);

impl fmt::Debug for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.1.iter().filter_map(|number| self.0.id_at(number));
        f.debug_list().entries(ids).finish()
    }
}
