//! A choice that a response makes: the preferences cookie among its `Set-Cookie` fields.

use super::host::fits;
use crate::{
    consent::{Choice, Judgement, PreferencesValues, Reading, Signals, evaluate, read},
    policy::{CategorySet, CookiePolicy, SameSite},
    wire::{self, Removal, ServerDate},
};

/// What held when the response was made.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) judgement: Judgement,
    /// Several preferences cookies came in; the one that is set here is not alone.
    pub(super) several: bool,
    /// The request came from another site, and without preferences.
    pub(super) cross_site: bool,
    pub(super) signals: Signals,
}

/// The judgement for the rest of the response.
pub(super) struct NewChoice {
    pub(super) judgement: Judgement,
    /// The categories that the choice denies.
    pub(super) refused: CategorySet,
}

/// The choice that these fields of the response set, judged; `None` where they set none.
///
/// It always narrows what is allowed. It widens it only where browsers will store that very field
/// as the preferences cookie: otherwise the next request would still come without consent, and
/// this response would have been the only one that set the cookies. Its removal is no choice.
#[allow(
    single_use_lifetimes,
    reason = "an anonymous one is unstable in this place"
)]
pub(super) fn set_in<'a, 'f>(
    fields: impl Iterator<Item = &'f [u8]>,
    served: impl Fn() -> ServerDate,
    policy: &CookiePolicy,
    host: impl Fn() -> &'a str,
    now: impl Fn() -> u64,
    before: Before,
) -> Option<NewChoice> {
    let embedded = before.signals.embedded;
    // A browser that has sent none there may keep none there.
    let perhaps_blocked = embedded && before.cross_site;
    let mut values = PreferencesValues::default();
    let mut removed = false;
    let mut stored = true;
    let mut set = 0;
    for field in fields {
        let Ok(name) = wire::name(field) else {
            continue;
        };
        set += 1;
        let removal = wire::removal(field, &now, &served);
        removed |= removal != Removal::No;
        // What only some browsers take for a removal, others keep.
        if removal != Removal::Certain {
            values.offer(policy, name, wire::value(field));
            stored &= is_stored_as_ours(field, name, policy, host(), embedded);
        }
    }
    if set == 0 {
        return None;
    }

    let now = now();
    let reading = read(policy, &values, now);
    let evaluation = evaluate(policy, &reading, now, before.signals);
    let mut judgement = evaluation.judgement;
    // A no that the new choice does not answer holds to the end of this response.
    let answered = reading.choice.map_or(CategorySet::EMPTY, Choice::answered);
    let unanswered = before.judgement.perhaps_denied(policy) - answered;
    judgement.allowed = judgement.allowed - unanswered;
    judgement.denied = judgement.denied | unanswered;
    if removed {
        let undecided = evaluate(policy, &Reading::NONE, now, before.signals).judgement;
        judgement = judgement.narrowed_by(undecided);
    }
    if removed || !stored || before.several || perhaps_blocked || set > 1 {
        judgement = judgement.narrowed_by(before.judgement);
    }
    Some(NewChoice {
        judgement,
        refused: evaluation.refused,
    })
}

/// Whether every browser stores the field as the policy's preferences cookie: plain bytes, the
/// configured path and domain, what the name's prefix and `SameSite=None` ask for, in an embedded
/// answer `SameSite=None` itself, and a size within the limits (RFC 6265bis §5.6 and §5.7).
fn is_stored_as_ours(
    field: &[u8],
    name: &[u8],
    policy: &CookiePolicy,
    host: &str,
    embedded: bool,
) -> bool {
    let preferences = policy.preferences_cookie();
    // Only plain bytes have a scope.
    let Some(scope) = wire::scope(field) else {
        return false;
    };
    let domain = match (scope.domain, preferences.get_domain()) {
        (None, None) => true,
        (Some(set), Some(ours)) => {
            set.trim_start_matches('.').eq_ignore_ascii_case(ours) && fits(host, ours)
        }
        _ => false,
    };
    let prefix = wire::prefix(preferences.name());
    let secure = scope.secure
        || !(prefix.secure
            || preferences.get_same_site() == SameSite::None
            || scope.same_site == Some(wire::SameSite::None));
    let http_only = scope.http_only || !prefix.http_only;
    let same_site = !embedded || scope.same_site == Some(wire::SameSite::None);
    let size = name.len() + wire::value(field).len() <= wire::MAX_PAIR;
    let plain = scope.path == Some("/") && !scope.partitioned;
    plain && domain && secure && http_only && same_site && size
}
