//! The choice that a response makes with the preferences cookies that it sets.

use smallvec::SmallVec;

use super::{super::remembered::Before, decided::RecordedChoice};
use crate::{
    consent::{Choice, Judgement, PreferencesValues, Reading, Signals, Withheld, evaluate, read},
    policy::{CategorySet, CookiePolicy, SameSite, mistakes::Mistake},
    wire::{self, DAY, Removal, ServerDate, host::fits},
};

/// A choice only grants consent in its own response if it is stored for at least a day, the
/// shortest choice lifetime of a policy, or for the browser session. Otherwise, the cookies that it
/// lets through could outlive it, and no later request would show that the visitor ever agreed.
const LEAST: u64 = DAY;

/// The judgement for the rest of the response.
pub(super) struct NewChoice {
    pub(super) judgement: Judgement,
    /// The categories that the choice denies.
    pub(super) refused: CategorySet,
    /// For a codec that reads several cookies: why they can't be set, judged together with the
    /// others that the browser has. `None` if each can be judged separately.
    pub(super) together: Option<Option<Withheld>>,
    /// The choice itself, if it can be read in full.
    pub(super) choice: Option<Choice>,
    /// Why no browser stores it.
    pub(super) lost: Option<Mistake>,
}

impl NewChoice {
    /// Returns what counts of it where records are kept: without its record nothing that did not count
    /// before, and nobody hears of it.
    pub(super) fn if_recorded(
        self,
        recorded: RecordedChoice,
        policy: &CookiePolicy,
        before: Judgement,
    ) -> Self {
        if recorded.covers(self.choice, policy) {
            return self;
        }
        Self {
            judgement: self.judgement.narrowed_by(before),
            choice: None,
            ..self
        }
    }
}

/// The context of a response that sets preferences.
pub(super) struct Answer<'a, Served, Host, Now> {
    pub(super) policy: &'a CookiePolicy,
    /// The received preferences, if the codec reads several cookies.
    pub(super) received: PreferencesValues<'a>,
    pub(super) served: Served,
    pub(super) host: Host,
    pub(super) now: Now,
    /// The page that chose came over plain HTTP, from a host that is not local.
    pub(super) plain_http: bool,
}

/// The headers that set or remove preferences cookies, read.
struct SetValues<'f> {
    values: PreferencesValues<'f>,
    names: SmallVec<[&'f [u8]; 4]>,
    removed: bool,
    /// Browsers store each value that is set.
    stored: bool,
    lost: Option<Mistake>,
}

impl Default for SetValues<'_> {
    fn default() -> Self {
        Self {
            values: PreferencesValues::default(),
            names: SmallVec::new(),
            removed: false,
            stored: true,
            lost: None,
        }
    }
}

impl<'a, Served, Host, Now> Answer<'a, Served, Host, Now>
where
    Served: Fn() -> ServerDate,
    Host: Fn() -> &'a str,
    Now: Fn() -> u64,
{
    /// Reads each header that sets or removes a preferences cookie.
    #[inline]
    #[allow(single_use_lifetimes, reason = "it outlives what is read")]
    fn values_in<'v, 'f: 'v>(
        &self,
        fields: impl Iterator<Item = &'f [u8]>,
        embedded: bool,
    ) -> SetValues<'v>
    where
        'a: 'v,
    {
        let policy = self.policy;
        let mut set = SetValues::default();
        let mut removed_beside = None;
        for field in fields {
            let Ok(name) = wire::name(field) else {
                continue;
            };
            let removal = wire::classify_removal(field, &self.now, &self.served);
            if removal == Removal::Certain && self.is_not_ours(field, name) {
                removed_beside = Some(name);
                continue;
            }
            set.names.push(name);
            set.removed |= removal != Removal::No;
            // Some browsers store what only others treat as a removal.
            if removal != Removal::Certain {
                set.values.offer(policy, name, wire::value(field));
                let is_stored = self.is_stored_as_ours(field, name, embedded);
                set.stored &= is_stored;
                if !is_stored || self.plain_http {
                    set.lost = set.lost.or_else(|| self.why_lost(field, name));
                }
            }
        }
        // With a new choice go removals of what would be beside it. Without one, what was received may
        // be what is removed.
        let own = policy.preferences_cookie().name().as_bytes();
        if let Some(name) = removed_beside.filter(|_| set.removed || !set.names.contains(&own)) {
            set.names.push(name);
            set.removed = true;
        }
        set
    }

    /// Returns the choice set by these headers of the response, judged, or `None` if they set none.
    ///
    /// It always takes consent away. It only grants consent if browsers will store that very header
    /// as the preferences cookie: otherwise, the next request would still be without consent, and
    /// only this response would have set the cookies. A removal is not a choice.
    #[allow(
        single_use_lifetimes,
        reason = "an anonymous one is unstable in this place"
    )]
    pub(super) fn set_in<'f>(
        &self,
        fields: impl Iterator<Item = &'f [u8]>,
        before: Before,
    ) -> Option<NewChoice> {
        let (policy, embedded) = (self.policy, before.signals.has(Signals::EMBEDDED));
        // A browser that did not send any may not store any there.
        let perhaps_blocked = embedded && before.cross_site;
        let SetValues {
            mut values,
            names,
            removed,
            stored,
            lost,
        } = self.values_in(fields, embedded);
        if names.is_empty() {
            return None;
        }
        let now = (self.now)();
        let reading = read(policy, &values, now);
        let evaluation = evaluate(policy, &reading, now, before.signals);
        let mut judgement = evaluation.judgement;
        // A denial that the new choice does not mention stays in force until the end of this
        // response.
        let answered = reading.choice.map_or(CategorySet::EMPTY, Choice::answered);
        let unanswered = before.judgement.perhaps_denied(policy) - answered;
        judgement.allowed = judgement.allowed - unanswered;
        judgement.denied = judgement.denied | unanswered;
        if removed {
            let undecided = evaluate(policy, &Reading::NONE, now, before.signals).judgement;
            judgement = judgement.narrowed_by(undecided);
        }
        let alone = names.len() == 1 && !before.several;
        if removed || !stored || !alone || perhaps_blocked || reading.fault.is_some() {
            judgement = judgement.narrowed_by(before.judgement);
        }
        let together = (policy.preferences_names().len() > 1).then(|| {
            values.fill(policy, &self.received, &names);
            read(policy, &values, now).fault.map(Withheld::from)
        });
        let is_sent = together.map_or(reading.fault.is_none(), |fault| fault.is_none());
        Some(NewChoice {
            judgement,
            refused: evaluation.refused,
            together,
            choice: reading.choice.filter(|_| is_sent),
            lost,
        })
    }

    /// Returns `true` if every browser stores the header as the policy's preferences cookie: plain
    /// bytes, the configured path and domain, the requirements of the name's prefix and of
    /// `SameSite=None`, in an embedded response `SameSite=None` itself, a size within the limits
    /// (RFC 6265bis §5.6 and §5.7), and a lifetime of at least [`LEAST`].
    fn is_stored_as_ours(&self, field: &[u8], name: &[u8], embedded: bool) -> bool {
        let preferences = self.policy.preferences_cookie();
        // Only plain bytes have a scope.
        let Some(scope) = wire::scope(field) else {
            return false;
        };
        let domain = match (scope.domain, preferences.get_domain()) {
            (None, None) => true,
            (Some(set), Some(ours)) => {
                let set = set.trim_start_matches('.');
                set.eq_ignore_ascii_case(ours) && fits((self.host)(), ours)
            }
            _ => false,
        };
        let prefix = wire::prefix(preferences.name());
        let secure = scope.secure
            || !(prefix.secure
                || preferences.get_same_site() == SameSite::None
                || scope.same_site == Some(SameSite::None));
        let http_only = scope.http_only || !prefix.http_only;
        let same_site = !embedded || scope.same_site == Some(SameSite::None);
        let size = name.len() + wire::value(field).len() <= wire::MAX_PAIR;
        let plain = scope.path == Some("/") && !scope.partitioned;
        plain && domain && secure && http_only && same_site && size && self.lasts(field)
    }

    /// Returns `true` if the header is about a former cookie, or about one of another domain than the
    /// policy's preferences cookie.
    fn is_not_ours(&self, field: &[u8], name: &[u8]) -> bool {
        if self.policy.is_former(name) {
            return true;
        }
        let ours = self.policy.preferences_cookie().get_domain();
        match (wire::scope(field).map(|scope| scope.domain), ours) {
            (None, _) => false,
            (Some(Some(domain)), Some(ours)) => {
                !domain.trim_start_matches('.').eq_ignore_ascii_case(ours)
            }
            (Some(domain), ours) => domain.is_some() != ours.is_some(),
        }
    }

    /// Returns the reason for which no browser stores the header, if it is one that sites overlook.
    #[cold]
    fn why_lost(&self, field: &[u8], name: &[u8]) -> Option<Mistake> {
        if name.len() + wire::value(field).len() > wire::MAX_PAIR {
            return Some(Mistake::ChoiceTooLarge);
        }
        let scope = wire::scope(field)?;
        let host = (self.host)();
        let domain = scope.domain.map(|domain| domain.trim_start_matches('.'));
        if domain.is_some_and(|domain| !host.is_empty() && !fits(host, domain)) {
            Some(Mistake::ChoiceDomain)
        } else if self.plain_http && scope.secure {
            Some(Mistake::ChoiceNotSecure)
        } else {
            None
        }
    }

    fn lasts(&self, field: &[u8]) -> bool {
        let now = (self.now)();
        let from = match (self.served)() {
            ServerDate::At(served) => served.max(now),
            ServerDate::Absent => now,
            // Some browser may read it, as any time.
            ServerDate::Unreadable => u64::MAX,
        };
        wire::lasts(field, LEAST, from)
    }
}
