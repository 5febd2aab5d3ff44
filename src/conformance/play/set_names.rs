//! The names of the cookies that the site sets without a choice.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::{
    conformance::{
        identifiers::set_names,
        judge::{AnswerJudgement, PlayedExchange},
        scenes::{self, Situation},
    },
    wire::{self, Lifetime},
};

/// The names of the cookies that the site has set.
#[derive(Debug, Default)]
pub(super) struct SetNames {
    /// To visitors who have made no choice, by responses that make none.
    pub(super) undecided: BTreeSet<String>,
    /// The sessions that begin with any choice, whatever it is: the next page says that it is stored.
    pub(super) sessions: Option<BTreeSet<String>>,
}

impl SetNames {
    /// Takes note of what a response sets.
    pub(super) fn note(
        &mut self,
        scene: &Situation,
        exchange: &PlayedExchange<'_>,
        told: &AnswerJudgement,
    ) {
        if !told.chose && scene.situation == scenes::UNDECIDED {
            self.undecided
                .extend(set_names(exchange).map(|(name, _)| name));
        }
        if told.chose && !exchange.method.is_safe() {
            let mut begun = sessions(exchange);
            if let Some(earlier) = self.sessions.take() {
                // Visitors keep the one that they have.
                let has = |name: &String| begun.contains(name) || carries(exchange.sent, name);
                begun = earlier.into_iter().filter(has).collect();
            }
            self.sessions = Some(begun);
        }
    }
}

/// Returns the cookies that end with the browser and that scripts do not see.
fn sessions(exchange: &PlayedExchange<'_>) -> BTreeSet<String> {
    let is_session = |field: &[u8]| {
        let lasts = wire::lifetime(field, exchange.now) != Lifetime::Session;
        !lasts && wire::attributes(field).any(|attribute| attribute.is("HttpOnly"))
    };
    let set = set_names(exchange).filter(|(_, field)| is_session(field));
    set.map(|(name, _)| name).collect()
}

fn carries(sent: &HeaderMap, name: &str) -> bool {
    let fields = sent.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let mut pairs = fields.flat_map(wire::pairs);
    pairs.any(|pair| pair.name == Ok(name.as_bytes()))
}
