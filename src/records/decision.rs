//! The path of one new choice: read from the response, recorded, and let out or taken out.

use std::{
    fmt,
    task::{Context, Poll},
};

use super::{
    Cause, Entry, RecordId,
    answer::answer,
    body::RecordBody,
    chooser::{Chooser, New},
    receipt,
    record::CauseOf,
    ticket::Ticket,
    visitor::is_of_choice,
    writer::Outcome,
};
#[cfg(feature = "pages")]
use crate::consent::IfRecorded;
use crate::{
    consent::{Choice, Consent, Corrected, Receipt, Recorded, Rejected},
    observe::{Shown, Surface},
    policy::CookiePolicy,
    wire,
};
use http::{HeaderMap, HeaderValue, Response, header::SET_COOKIE};

/// A response with a new choice, while its record is written.
pub struct Decision<B> {
    visitor: Chooser,
    response: Response<B>,
    new: New,
    is_grant: bool,
    /// The record, once it is one, or will be.
    id: Option<RecordId>,
    ticket: Option<Ticket>,
    outcome: Option<Outcome>,
    failure: Option<Rejected>,
    /// The rest of the choice without its grant.
    left: Option<Choice>,
}

/// Does not show the response, which contains cookies.
impl<B> fmt::Debug for Decision<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision").finish_non_exhaustive()
    }
}

impl<B> Decision<B> {
    /// Begins to record what the response makes, or returns the response if there is nothing to wait
    /// for.
    pub(super) fn about(
        mut visitor: Chooser,
        mut response: Response<B>,
    ) -> Result<Response<B>, Box<Self>> {
        if let Some(Corrected(consent)) = response.extensions().get() {
            visitor.consent = consent.clone();
        }
        let Some(new) = visitor.new_choice(response.headers()) else {
            return Ok(response);
        };
        if let New::Choice(choice) = &new
            && visitor.is_known(choice)
        {
            let recorded = Recorded(*choice, visitor.records.0.id);
            response.extensions_mut().insert(recorded);
            return Ok(response);
        }
        let is_grant = match &new {
            New::Choice(choice) => visitor.is_grant(choice),
            New::Removal => false,
        };
        let mut decision = Box::new(Self {
            visitor,
            response,
            new,
            is_grant,
            id: None,
            ticket: None,
            outcome: None,
            failure: None,
            left: None,
        });
        match is_grant && decision.visitor.records.0.grants.check().is_err() {
            true => decision.take_out(Rejected::TooMany),
            false => decision.record(),
        }
        Err(decision)
    }

    /// Returns `true` if the browser's signal makes the choice.
    fn is_of_signal(&self) -> bool {
        let shown = self.response.extensions().get::<Shown>();
        shown.is_some_and(|shown| shown.surface() == Surface::Signal)
    }

    /// Lets a refusal take effect without its record.
    fn leave_unrecorded(&mut self) {
        self.outcome = Some(Outcome::Failed);
        self.visitor.records.0.counts.lose(1);
    }

    /// Returns `true` if this refusal is one too many to have a record of its own. An account that is logged in always
    /// has one, but for the browser's signal: nobody chose, and it comes with every request without cookies.
    fn is_merged(&self, entry: &Entry) -> bool {
        let is_limited = entry.account.is_none() || self.is_of_signal();
        !self.is_grant && is_limited && self.visitor.records.0.refusals.check().is_err()
    }

    /// Begins to record the choice as it is now.
    fn record(&mut self) {
        let extensions = self.response.extensions();
        let cause = extensions
            .get()
            .map_or(Cause::Choice, |CauseOf(cause)| *cause);
        let entry = self.visitor.entry(&self.new, cause, extensions.get());
        let records = &self.visitor.records;
        if let Some(entry) = entry.as_ref().filter(|entry| self.is_merged(entry)) {
            records.merge(&entry.record);
            self.outcome = Some(Outcome::Failed);
            return;
        }
        self.ticket = entry.and_then(|entry| Ticket::for_entry(records, entry, self.is_grant));
        if self.ticket.is_none() {
            match self.is_grant {
                true => self.outcome = Some(Outcome::Failed),
                false => self.leave_unrecorded(),
            }
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let outcome = match (&mut self.ticket, self.outcome) {
                (_, Some(outcome)) => outcome,
                (Some(ticket), None) => std::task::ready!(ticket.poll(cx)),
                (None, None) => return Poll::Ready(()),
            };
            self.ticket = None;
            self.outcome = Some(outcome);
            self.id = match outcome {
                Outcome::Durable(id) | Outcome::Later(id) => Some(id),
                Outcome::Failed => None,
            };
            if !(self.is_grant && outcome == Outcome::Failed) {
                return Poll::Ready(());
            }
            // What it refuses still counts, and is recorded.
            self.take_out(Rejected::NotRecorded);
        }
    }

    /// Takes the grant out of the response, and begins to record what is left of the choice.
    fn take_out(&mut self, why: Rejected) {
        self.failure = Some(why);
        self.is_grant = false;
        self.outcome = None;
        self.id = None;
        let New::Choice(choice) = &self.new else {
            return;
        };
        let left = without_grant(&self.visitor.consent, choice);
        let policy = self.visitor.consent.policy();
        let headers = self.response.headers_mut();
        remove_choice(policy, headers);
        let Some(left) = left else {
            self.outcome = Some(Outcome::Failed);
            return;
        };
        // It can be written, since the choice before could.
        self.visitor
            .consent
            .set_cookie(left)
            .append_to(headers)
            .ok();
        // As it is written: the codec may keep less, and denials are added.
        let headers = self.response.headers();
        let Some(New::Choice(left)) = self.visitor.new_choice(headers) else {
            self.outcome = Some(Outcome::Failed);
            return;
        };
        self.left = Some(left);
        self.new = New::Choice(left);
        self.record();
    }

    /// Returns the response as it goes out.
    pub(super) fn finish(mut self) -> Response<RecordBody<B>> {
        let is_left = self.failure.is_none() || self.left.is_some();
        if let New::Choice(choice) = &self.new
            && is_left
        {
            // Without a grant by now, or with its record.
            let recorded = Recorded(*choice, self.visitor.records.0.id);
            self.response.extensions_mut().insert(recorded);
        }
        let policy = self.visitor.consent.policy();
        let subject = &self.visitor.records.0.settings.subject;
        let path = subject.receipts_at(Some(policy));
        let field = path
            .zip(self.id)
            .and_then(|(path, id)| receipt::set(id, path, policy));
        if let Some(field) = field {
            self.response.extensions_mut().insert(Receipt(field));
        }
        #[cfg(feature = "pages")]
        let link = self.response.extensions_mut().remove::<IfRecorded>();
        #[cfg_attr(
            not(feature = "pages"),
            allow(unused_mut, reason = "the pages link receipts")
        )]
        let mut response = match self.failure {
            None => self.response.map(|body| RecordBody::Own { body }),
            Some(why) => {
                let consent = &self.visitor.consent;
                let left = self.left.map(|left| consent.with_choice(left));
                answer(self.response, why, left.as_ref().unwrap_or(consent))
            }
        };
        #[cfg(feature = "pages")]
        if let Some((IfRecorded(link), id)) = link.zip(self.id) {
            link(&id.to_string(), response.headers_mut());
        }
        response
    }
}

/// Returns what is left of a choice without what it newly grants: its denials, and the grants that are
/// in force already, with their date. `None` if it takes nothing away.
fn without_grant(consent: &Consent, choice: &Choice) -> Option<Choice> {
    let before = consent.in_force();
    let policy = consent.policy();
    let denied = choice.denied - before.denied;
    let dropped = before.granted - choice.granted;
    if ((denied | dropped) & policy.optional()).is_empty() {
        return None;
    }
    let kept = (choice.granted - choice.denied) & before.granted & policy.optional();
    let mut left = Choice {
        granted: (choice.granted & policy.necessary()) | kept,
        ..*choice
    };
    if let Some(before) = consent.choice().filter(|_| !kept.is_empty()) {
        left.decided_at = before.decided_at;
        left.revision = before.revision;
        left.gpc = before.gpc;
    }
    Some(left)
}

/// Removes the headers that set the choice. Every other one stays.
fn remove_choice(policy: &CookiePolicy, headers: &mut HeaderMap) {
    let is_ours = |field: &HeaderValue| {
        let name = wire::name(field.as_bytes()).unwrap_or_default();
        is_of_choice(policy, name)
    };
    let kept: Vec<_> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter(|field| !is_ours(field))
        .cloned()
        .collect();
    headers.remove(SET_COOKIE);
    for field in kept {
        let _ = headers.try_append(SET_COOKIE, field);
    }
}
