//! The layer's effect on each `Set-Cookie` of a response.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Request, header::SET_COOKIE};

use super::oracle::{Oracle, fields};
use crate::{CookiePolicy, Expire, wire};

/// The layer's effect on one `Set-Cookie`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldFate {
    Passed,
    Stripped,
    /// Stripped because of its lifetime: a session cookie of that name would pass.
    Limited,
    /// Cut to 13 months.
    Clamped,
    /// Replaced with a removal that every browser recognises.
    Replaced,
}

/// One response, passed through the layer in parts.
pub(super) struct Asking<'a> {
    pub(super) oracle: &'a Oracle,
    pub(super) request: &'a Request<()>,
    pub(super) response: &'a HeaderMap,
    pub(super) now: u64,
}

impl Asking<'_> {
    /// Returns the fate of each of these headers, of which the layer has left `left`.
    ///
    /// The layer is called in rounds that contain each name only once, so the header left for a
    /// name is the result for its one header. Headers with preferences are in every round, since
    /// they determine how the others are judged.
    pub(super) fn fates(&self, sent: &[HeaderValue], left: &[HeaderValue]) -> Vec<FieldFate> {
        if sent == left {
            return vec![FieldFate::Passed; sent.len()];
        }
        let policy = self.oracle.policy();
        let mut fates = vec![FieldFate::Stripped; sent.len()];
        let (choices, others): (Vec<usize>, Vec<usize>) =
            (0..sent.len()).partition(|at| is_choice(policy, &sent[*at]));
        let mut rounds: Vec<Vec<usize>> = Vec::new();
        let mut seen: BTreeMap<Option<&[u8]>, usize> = BTreeMap::new();
        for at in others {
            let round = seen.entry(name(&sent[at])).or_default();
            match rounds.get_mut(*round) {
                Some(members) => members.push(at),
                None => rounds.push(vec![at]),
            }
            *round += 1;
        }
        let beside = |choices: &[usize]| choices.iter().map(|at| sent[*at].clone()).collect();
        for members in rounds {
            let with_choices = |at: &usize| choices.contains(at) || members.contains(at);
            let asked = (0..sent.len()).filter(with_choices);
            let left = self.left_of(asked.map(|at| sent[at].clone()));
            for at in members {
                let left = left.iter().find(|left| name(left) == name(&sent[at]));
                fates[at] = match left {
                    Some(left) => fate(sent[at].as_bytes(), left.as_bytes()),
                    None if self.is_limited(&sent[at], beside(&choices)) => FieldFate::Limited,
                    None => FieldFate::Stripped,
                };
            }
        }
        // These keep their order.
        let mut left = left
            .iter()
            .filter(|left| is_choice(policy, left))
            .peekable();
        for at in choices {
            if left.next_if(|left| *left == sent[at]).is_some() {
                fates[at] = FieldFate::Passed;
            }
        }
        fates
    }

    /// Returns `true` if the layer strips the header only because of its lifetime.
    fn is_limited(&self, field: &HeaderValue, choices: Vec<HeaderValue>) -> bool {
        let Some(name) = name(field) else {
            return false;
        };
        let policy = self.oracle.policy();
        let found = policy.find(name);
        if found.is_none_or(|found| !policy.exempt().has(found.named)) {
            return false;
        }
        let session = HeaderValue::try_from([name, b"=1; Path=/"].concat());
        let left = self.left_of(choices.into_iter().chain(session.ok()));
        left.iter().any(|left| self::name(left) == Some(name))
    }

    /// Returns what the layer leaves of a response with these headers.
    fn left_of(&self, sent: impl Iterator<Item = HeaderValue>) -> Vec<HeaderValue> {
        let mut response = self.response.clone();
        response.remove(SET_COOKIE);
        for field in sent {
            // No more than the response had.
            let _ = response.try_append(SET_COOKIE, field);
        }
        let judged = self
            .oracle
            .pass(Expire::Never, self.request, response, self.now);
        fields(judged.headers())
    }
}

fn name(field: &HeaderValue) -> Option<&[u8]> {
    wire::name(field.as_bytes()).ok()
}

fn is_choice(policy: &CookiePolicy, field: &HeaderValue) -> bool {
    let name = name(field).unwrap_or_default();
    policy
        .preferences_names()
        .any(|known| known.as_bytes() == name)
}

fn fate(sent: &[u8], left: &[u8]) -> FieldFate {
    match left.strip_prefix(sent) {
        Some([]) => FieldFate::Passed,
        Some(_) => FieldFate::Clamped,
        None => FieldFate::Replaced,
    }
}
