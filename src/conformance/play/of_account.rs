//! Follows the choice of the account that visitors log in to.

use super::{Play, account::is_login, step::Step};
use crate::{
    Choice,
    conformance::{
        identifiers::set_names,
        judge::{AnswerJudgement, PlayedExchange},
        target::Target,
    },
    wire,
};

impl<T: Target> Play<T> {
    /// Takes note of logins, and of what is chosen by those who are logged in.
    pub(super) fn note_account(
        &mut self,
        step: &Step,
        exchange: &PlayedExchange<'_>,
        told: &AnswerJudgement,
    ) {
        if exchange.method.is_safe() {
            return;
        }
        let policy = self.kit.oracle.policy();
        let asked = policy.consenting();
        let account = &mut self.account;
        if self.logins.iter().any(|it| it.label == step.label) || is_login(step) {
            let is_session = |name: &str| {
                let found = policy.find(name.as_bytes());
                let is_choice = policy.preferences_names().any(|own| own == name);
                !is_choice && found.is_none_or(|found| policy.necessary().has(found.named))
            };
            let set = set_names(exchange).filter(|(name, _)| is_session(name));
            account
                .sessions
                .extend(set.map(|(name, field)| (name, wire::value(field).to_vec())));
            // The account may take the newer choice of a device.
            let own = told.consent.as_ref().and_then(|it| it.choice().copied());
            let is_newer = |choice: &Choice| account.refused_at < Some(choice.decided_at);
            if let Some(own) = own.filter(is_newer) {
                account.grant(own.granted & asked);
            }
            return;
        }
        let chosen = told.answer.as_ref().and_then(|it| it.choice().copied());
        let Some(chosen) = chosen.filter(|_| account.is_member(exchange.sent)) else {
            return;
        };
        if (chosen.granted & asked).is_empty() {
            account.granted.clear();
            account.refused_at = Some(chosen.decided_at);
        }
        account.grant(chosen.granted & asked);
    }

    /// Returns `true` for a login whose response stores what the account has granted.
    pub(super) fn brings_account(&self, step: &Step, stored: &Choice) -> bool {
        let is_login = self.logins.iter().any(|it| it.label == step.label) || is_login(step);
        let granted = stored.granted & self.kit.oracle.policy().consenting();
        let mut known = self.account.granted.iter();
        is_login && known.any(|known| (granted - *known).is_empty())
    }
}
