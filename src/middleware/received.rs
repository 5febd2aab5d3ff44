//! The received cookies: their names, and the choice among them.

use std::sync::Arc;

use http::{HeaderValue, Request};

use super::{
    clearing,
    config::{Config, Expire},
    events::Watch,
    head::Glance,
    remembered::{Carried, Expirable, Notes, read_preferences},
};
use crate::{
    consent::{
        Asked, Beside, Choice, Consent, Judgement, Neighbours, PreferencesValues, Reading,
        ReceivedValues, Rules, SetChoice, Signals, evaluate, hidden,
    },
    policy::{CategorySet, CookiePolicy, Found, Named},
    wire,
};

/// The received cookies of a request, judged.
pub(super) struct Received {
    pub(super) survey: CookieSurvey,
    pub(super) choice: Option<Choice>,
    pub(super) signals: Signals,
    pub(super) judgement: Judgement,
    pub(super) expirable: Expirable,
    /// The cookies beside the choice; rarely any.
    pub(super) beside: Option<Arc<Beside>>,
    pub(super) kept: Option<Box<Kept>>,
}

/// The parts of a request that only some configurations keep for the response.
pub(super) struct Kept {
    /// All names, to remove them in the place of `Clear-Site-Data`.
    pub(super) cookies: Carried,
    /// The preferences, for a codec that reads several cookies.
    pub(super) values: ReceivedValues,
    /// The headers that take the choice over from a former cookie, or send it again.
    pub(super) taken_over: Vec<HeaderValue>,
    /// The refusal that a signal makes, where it is remembered.
    pub(super) signalled: Option<Box<SetChoice>>,
}

impl Kept {
    const NOTHING: Self = Self {
        cookies: Carried::NOTHING,
        values: ReceivedValues::NONE,
        taken_over: Vec::new(),
        signalled: None,
    };
}

impl Received {
    /// Returns notes of what the response may need of the cookies, and of nothing else.
    #[inline]
    pub(super) fn into_notes(self) -> Notes {
        let kept = self.kept.map_or(Kept::NOTHING, |kept| *kept);
        Notes {
            cookies: kept.cookies,
            expirable: self.expirable,
            received: kept.values,
            taken_over: kept.taken_over,
            signalled: kept.signalled,
            ..Notes::NOTHING
        }
    }

    /// Reads each cookie once.
    #[inline]
    pub(super) fn of(
        config: &Config,
        policy: &CookiePolicy,
        glance: &Glance<'_>,
        now: u64,
        watch: &mut Watch,
    ) -> Self {
        if glance.has_cookies() {
            return Self::of_cookies(config, policy, glance, now, watch);
        }
        let signals = glance.signals(config, policy, true);
        Self {
            survey: CookieSurvey::default(),
            choice: None,
            signals,
            judgement: evaluate(policy, &Reading::NONE, now, signals).judgement,
            expirable: Expirable::NOTHING,
            beside: None,
            kept: None,
        }
    }

    /// Out of line, so that first visits do not pay for it.
    #[inline(never)]
    fn of_cookies(
        config: &Config,
        policy: &CookiePolicy,
        glance: &Glance<'_>,
        now: u64,
        watch: &mut Watch,
    ) -> Self {
        let mut values = PreferencesValues::default();
        let survey = CookieSurvey::of(config, policy, glance, &mut values);
        let signals = glance.signals(config, policy, values.is_empty());
        let reading = read_preferences(config, policy, &values, now, watch);
        let evaluation = evaluate(policy, &reading, now, signals);
        if watch.is_on() {
            watch.look_for_survivors(evaluation.refused, reading.choice, now);
        }
        let mut kept = Kept::of(config, policy, glance, &values);
        let several = values.several();
        let beside = match several || policy.has_formers() || reading.previous.is_some() {
            true => beside(config, policy, glance, &values, reading.previous),
            false => None,
        };
        if reading.former
            && let Some(kept) = &mut kept
        {
            kept.take_over(policy, &reading, beside.as_deref(), now);
        }
        Self {
            survey,
            choice: reading.choice,
            signals: signals.with(Signals::SEVERAL, reading.several),
            judgement: evaluation.judgement,
            expirable: Expirable::of(config, policy, &evaluation, glance),
            beside,
            kept,
        }
    }

    pub(super) fn kept_mut(&mut self) -> &mut Kept {
        self.kept.get_or_insert_with(|| Box::new(Kept::NOTHING))
    }

    /// Passes the consent to the service, or to the crate's own layers alone, if the site has it so. Returns
    /// the outer layers.
    #[inline]
    pub(super) fn expose<B>(
        &mut self,
        config: &Config,
        policy: &CookiePolicy,
        now: u64,
        request: &mut Request<B>,
    ) -> Neighbours {
        if !config.expose_consent {
            if hidden::is_wanted() {
                self.hide(config, policy, now, request);
            }
            return Neighbours::NONE;
        }
        let consent = self.consent(config, policy, now, request);
        match request.extensions_mut().insert(consent) {
            Some(outer) => {
                hidden::forget(request.extensions_mut());
                outer.neighbours_of_inner(request.extensions_mut())
            }
            None => Neighbours::NONE,
        }
    }

    #[cold]
    #[inline(never)]
    fn hide<B>(
        &mut self,
        config: &Config,
        policy: &CookiePolicy,
        now: u64,
        request: &mut Request<B>,
    ) {
        let consent = self.consent(config, policy, now, request);
        consent.hide(request.extensions_mut());
    }

    #[inline]
    fn consent<B>(
        &mut self,
        config: &Config,
        policy: &CookiePolicy,
        now: u64,
        request: &Request<B>,
    ) -> Consent {
        #[cfg(not(feature = "pages"))]
        let _ = request;
        let asked = Asked {
            now,
            signals: self.signals,
            beside: self.beside.take(),
            #[cfg(feature = "pages")]
            target: request.uri().path_and_query().cloned(),
            #[cfg(feature = "pages")]
            returnable: matches!(*request.method(), http::Method::GET | http::Method::HEAD),
            switches: config.switches,
            around: Neighbours::NONE,
            #[cfg(all(feature = "pages", feature = "records"))]
            recording: None,
        };
        Consent::new(policy.clone(), self.choice.take(), self.judgement, asked)
    }
}

/// Returns the cookies beside the choice, if there are any.
#[cold]
#[inline(never)]
fn beside(
    config: &Config,
    policy: &CookiePolicy,
    glance: &Glance<'_>,
    values: &PreferencesValues<'_>,
    previous: Option<&[u8]>,
) -> Option<Arc<Beside>> {
    let formers: Vec<_> = values.former_names(policy).map(str::to_owned).collect();
    let several = values.several();
    // In a regime the layer itself writes a choice, too.
    let is_needed = config.expose_consent || policy.is_in_regime();
    let previous = previous.filter(|_| is_needed).map(Box::from);
    let removes = several || !formers.is_empty();
    (removes || previous.is_some()).then(|| {
        Arc::new(Beside {
            previous,
            host: glance.host_name().filter(|_| removes).map(str::to_owned),
            several,
            formers,
        })
    })
}

impl Kept {
    fn of(
        config: &Config,
        policy: &CookiePolicy,
        glance: &Glance<'_>,
        values: &PreferencesValues<'_>,
    ) -> Option<Box<Self>> {
        let values = values.keep_several(policy);
        if values.are_none() && !config.spare_choice {
            return None;
        }
        let cookies = match config.spare_choice {
            true => clearing::carried_by(glance),
            false => Carried::NOTHING,
        };
        Some(Box::new(Self {
            cookies,
            values,
            ..Self::NOTHING
        }))
    }

    /// Keeps the headers that store the choice in the preferences cookie and remove the former one.
    #[cold]
    fn take_over(
        &mut self,
        policy: &CookiePolicy,
        reading: &Reading<'_>,
        beside: Option<&Beside>,
        now: u64,
    ) {
        let (Some(choice), Some(beside)) = (&reading.choice, beside) else {
            return;
        };
        let set = SetChoice::taken_over(policy, choice, beside, now);
        if let Some(Ok(fields)) = set.as_ref().map(SetChoice::header_values) {
            self.taken_over = fields.collect();
        }
    }
}

/// The received cookies, as far as they can be judged before the preferences among them are read.
/// Nearly always all of them may stay, and no second look at the bytes is needed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CookieSurvey {
    /// The meanings of the cookies' names.
    pub(super) seen: CategorySet,
    /// The categories of cookies that were found by a pattern.
    by_pattern: CategorySet,
}

impl CookieSurvey {
    /// Reads every pair once, if pairs matter at all, and sets the `values` of the preferences
    /// among them aside.
    #[inline]
    fn of<'a>(
        config: &Config,
        policy: &CookiePolicy,
        glance: &Glance<'a>,
        values: &mut PreferencesValues<'a>,
    ) -> Self {
        let mut survey = Self::default();
        let looks = looks_at_cookies(config);
        for field in glance.cookie_fields() {
            if !looks {
                values.look_for(policy, field);
                continue;
            }
            for pair in wire::pairs(field) {
                survey.see(policy, &pair, values);
            }
        }
        survey
    }

    #[inline]
    fn see<'a>(
        &mut self,
        policy: &CookiePolicy,
        pair: &wire::Pair<'a>,
        values: &mut PreferencesValues<'a>,
    ) {
        let (named, found) = classify(policy, pair);
        let Some(named) = named else {
            return;
        };
        self.seen = self.seen.with(named);
        let Some(found) = found else {
            return;
        };
        if found.is_preferences() {
            values.offer(policy, pair.name.unwrap_or_default(), pair.value);
        } else if found.by_pattern {
            self.by_pattern = self.by_pattern.with(named);
        }
    }

    /// Returns `true` if some of it may have to be hidden.
    pub(super) fn has_withheld(&self, config: &Config, rules: &Rules<'_>) -> bool {
        let strict = config.strict_values && config.switches.filter_request;
        strict || !rules.allow(self.seen)
    }

    /// Returns `true` if the response has to know some of it.
    pub(super) fn has_to_be_carried(
        &self,
        config: &Config,
        policy: &CookiePolicy,
        expirable: CategorySet,
    ) -> bool {
        let expire = (self.seen & expirable) | (self.by_pattern - policy.necessary());
        (config.expire != Expire::Never && !expire.is_empty())
            || (config.limit_exempt && !(self.seen & policy.exempt()).is_empty())
    }
}

/// Returns `true` if the request's cookies matter, beside the preferences.
pub(super) fn looks_at_cookies(config: &Config) -> bool {
    config.switches.filter_request || config.expire != Expire::Never || config.limit_exempt
}

/// Returns the meaning of a pair's name, and its declaration; nothing for a blank pair, which
/// passes.
#[inline]
pub(super) fn classify<'a>(
    policy: &'a CookiePolicy,
    pair: &wire::Pair<'_>,
) -> (Option<Named>, Option<&'a Found>) {
    match pair.name {
        Ok(name) => {
            let found = policy.entry(name);
            let named = found.map_or(Named::UNDECLARED, |found| found.named);
            (Some(named), found)
        }
        Err(_) if pair.is_blank() => (None, None),
        Err(_) => (Some(Named::UNCLASSIFIABLE), None),
    }
}
