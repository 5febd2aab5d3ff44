use http::Extensions;

use super::super::config::Config;
use crate::{
    consent::{Choice, Recorded},
    policy::CookiePolicy,
};

/// The choice whose record is durable, where records are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordedChoice(Option<Choice>);

impl RecordedChoice {
    /// Returns the choice that the layer inside has recorded, if this layer requires records.
    pub(super) fn of(config: &Config, extensions: &Extensions) -> Option<Self> {
        config.requires_records.then(|| {
            let recorded = extensions.get::<Recorded>();
            Self(recorded.map(|Recorded(choice)| *choice))
        })
    }

    /// Returns `true` if this choice may be sent: it grants nothing, or is recorded.
    pub(super) fn covers(self, choice: Option<Choice>, policy: &CookiePolicy) -> bool {
        let grant = choice.filter(|choice| choice.grants(policy));
        grant.is_none() || policy.is_read_only() || self.0 == grant
    }
}
