//! What the layer did to each `Set-Cookie` field of one answer.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, Request, header::SET_COOKIE};

use super::oracle::{Oracle, fields};
use crate::{Basis, CookiePolicy, Expire, wire};

/// What the layer did to one `Set-Cookie` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Passed,
    Stripped,
    /// Stripped for how long it lives: one of that name that ends with the session would pass.
    Limited,
    /// Cut to 13 months.
    Clamped,
    /// Made a removal that every browser takes for one.
    Replaced,
}

/// One answer, put before the layer in parts.
pub(super) struct Asking<'a> {
    pub(super) oracle: &'a Oracle,
    pub(super) request: &'a Request<()>,
    pub(super) response: &'a HeaderMap,
    pub(super) now: u64,
}

impl Asking<'_> {
    /// The fate of each of these fields, of which the layer has left so many.
    ///
    /// The layer is asked in rounds in which no name comes twice: so what is left of a name is what
    /// became of the one field of that name. Fields of the preferences are in each of them, since
    /// the others are judged by what they say together.
    pub(super) fn fates(&self, sent: &[HeaderValue], left: &[HeaderValue]) -> Vec<Fate> {
        if sent == left {
            return vec![Fate::Passed; sent.len()];
        }
        let policy = self.oracle.policy();
        let mut fates = vec![Fate::Stripped; sent.len()];
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
                    None if self.is_limited(&sent[at], beside(&choices)) => Fate::Limited,
                    None => Fate::Stripped,
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
                fates[at] = Fate::Passed;
            }
        }
        fates
    }

    /// Whether the layer strips the field for its lifetime alone.
    fn is_limited(&self, field: &HeaderValue, choices: Vec<HeaderValue>) -> bool {
        let Some(name) = name(field) else {
            return false;
        };
        let found = self.oracle.policy().find(name);
        if found.is_none_or(|found| found.basis != Basis::Exempt) {
            return false;
        }
        let session = HeaderValue::try_from([name, b"=1; Path=/"].concat());
        let left = self.left_of(choices.into_iter().chain(session.ok()));
        left.iter().any(|left| self::name(left) == Some(name))
    }

    /// What the layer leaves of an answer with these fields.
    fn left_of(&self, sent: impl Iterator<Item = HeaderValue>) -> Vec<HeaderValue> {
        let mut response = self.response.clone();
        response.remove(SET_COOKIE);
        for field in sent {
            // No more than the answer had.
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

fn fate(sent: &[u8], left: &[u8]) -> Fate {
    match left.strip_prefix(sent) {
        Some([]) => Fate::Passed,
        Some(_) => Fate::Clamped,
        None => Fate::Replaced,
    }
}
