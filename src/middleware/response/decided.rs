//! What is decided about a response, and what the decisions depend on.

use http::{Extensions, HeaderValue};

use super::super::{config::Config, expiry::Targets, state};
use crate::{
    consent::{Choice, Judgement, Neighbours, Recorded, Withheld},
    policy::{CookiePolicy, mistakes::Mistake},
};

/// The decisions about a response, other than the changes to its headers.
pub(in super::super) struct Decided {
    pub(in super::super) targets: Targets,
    pub(in super::super) judgement: Judgement,
    pub(in super::super) sets_preferences: bool,
    /// A new choice takes consent away, under which pages may have loaded a service.
    pub(in super::super) withdraws: bool,
}

/// Observations about a response before its headers are examined.
#[derive(Clone, Copy)]
pub(in super::super) struct Seen<'a> {
    pub(in super::super) names: state::Names,
    /// The removals of all received cookies, where they replace `Clear-Site-Data`.
    pub(in super::super) spared: Option<&'a [HeaderValue]>,
    /// The inner layers whose preferences cookies it sets.
    pub(in super::super) within: &'a Neighbours,
    pub(in super::super) extensions: &'a Extensions,
}

/// The decision about one `Set-Cookie` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    Withhold(Withheld),
    /// Some browsers would treat it as a removal, so all of them get one.
    Replace,
    /// Allowed, but for at most these seconds.
    Clamp(u64),
}

/// The choice whose record is durable, where records are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordedChoice {
    choice: Option<Choice>,
    /// It is in other records than those of this layer.
    is_elsewhere: bool,
}

impl RecordedChoice {
    /// Returns the choice that the layer inside has recorded, if this layer requires records.
    pub(super) fn of(config: &Config, extensions: &Extensions) -> Option<Self> {
        let own = config.records?;
        let recorded = extensions.get::<Recorded>().copied();
        Some(Self {
            choice: recorded.map(|Recorded(choice, _)| choice),
            is_elsewhere: recorded.is_some_and(|Recorded(_, records)| records != own),
        })
    }

    /// Returns `true` if this choice may be sent: it grants nothing, or is recorded.
    pub(super) fn covers(self, choice: Option<Choice>, policy: &CookiePolicy) -> bool {
        let grant = choice.filter(|choice| choice.grants(policy));
        if grant.is_none() || policy.is_read_only() {
            return true;
        }
        let is_recorded = self.choice == grant;
        if is_recorded && self.is_elsewhere {
            policy.mistakes().note(Mistake::OtherRecords, "");
        }
        is_recorded && !self.is_elsewhere
    }
}
