//! The path of one new choice: read from the response, recorded, and let out or taken out.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Response, header::SET_COOKIE, uri::Authority};
use tokio::{
    sync::oneshot,
    time::{Sleep, sleep},
};

use super::{
    Answer, Cause, ConsentRecord, Document, Entry, Instant, RecordId, Records, Withdrawal,
    answer::answer,
    body::RecordBody,
    receipt,
    record::CauseOf,
    writer::{Fate, Job, Message, Outcome},
};
#[cfg(feature = "pages")]
use crate::consent::IfRecorded;
use crate::{
    consent::{
        Choice, Consent, InForce, PreferencesValues, Receipt, Recorded, Rejected, SignalledChoice,
        answers, read,
    },
    observe::{Shown, Surface},
    policy::{CategorySet, CookiePolicy},
    wire::{self, Removal, ServerDate, host},
};

/// The longest that a response waits for the record of a refusal. It passes regardless.
const REFUSAL_WAIT: Duration = Duration::from_millis(20);

/// The facts about a request that matter if its response carries a choice.
pub struct Visitor {
    pub(super) consent: Consent,
    pub(super) authority: Option<Authority>,
    pub(super) host: Option<HeaderValue>,
    pub(super) previous: Option<RecordId>,
    /// The name of the account.
    pub(super) account: Option<String>,
    /// The providers' name for the visitor.
    pub(super) handle: Option<String>,
    /// The refusal that the request's signal makes, where it is remembered.
    pub(super) signalled: Option<SignalledChoice>,
    pub(super) records: Records,
    #[cfg(feature = "pages")]
    pub(super) head: Option<crate::consent::ResponseHead>,
}

/// Does not show the consent, which contains the visitor's choice.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").finish_non_exhaustive()
    }
}

/// A new choice of a response.
enum New {
    Choice(Choice),
    /// The preferences cookie is removed, and with it all answers.
    Removal,
}

impl Visitor {
    /// Returns `true` if a header sets a cookie with the choice.
    pub(super) fn may_be_set_in(&self, headers: &HeaderMap) -> bool {
        // Most responses have so few headers that a look at each costs less than one look-up.
        if !headers.keys().any(|name| name == SET_COOKIE) {
            return false;
        }
        let policy = self.consent.policy();
        !policy.is_read_only()
            && headers.get_all(SET_COOKIE).iter().any(|field| {
                let name = wire::name(field.as_bytes()).unwrap_or_default();
                is_of_choice(policy, name)
            })
    }

    /// Returns the choice that the response makes, unless it is the one in force, or can't be read: then
    /// the consent layer withholds it.
    fn new_choice(&self, headers: &HeaderMap) -> Option<New> {
        let policy = self.consent.policy();
        let mut values = PreferencesValues::default();
        let mut removed = false;
        for field in headers.get_all(SET_COOKIE) {
            let field = field.as_bytes();
            let Ok(name) = wire::name(field) else {
                continue;
            };
            if !is_of_choice(policy, name) {
                continue;
            }
            match wire::classify_removal(field, || self.now(), || ServerDate::Absent) {
                Removal::Certain => removed = true,
                _ => {
                    values.offer(policy, name, wire::value(field));
                }
            }
        }
        let reading = read(policy, &values, self.now());
        match reading.choice {
            Some(choice) if reading.fault.is_none() => Some(New::Choice(choice)),
            None if removed && values.is_empty() && self.consent.choice().is_some() => {
                Some(New::Removal)
            }
            _ => None,
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.consent.judged_at_seconds()
    }

    /// Returns `true` if the choice grants something that was not in force, or dates a grant anew.
    fn is_grant(&self, choice: &Choice) -> bool {
        let policy = self.consent.policy();
        let granted = (choice.granted - choice.denied) & policy.optional();
        let before = self.consent.in_force();
        // A date or a signal of its own makes a grant last longer, or count for more. In the second of the
        // choice before nobody can tell if it is dated anew.
        let is_new = choice.decided_at >= self.now();
        let is_stronger = self.consent.choice().is_none_or(|before| {
            is_new || choice.decided_at > before.decided_at || (choice.gpc && !before.gpc)
        });
        // What is allowed without asking too: nobody could prove that yes either.
        !(granted - before.granted).is_empty() || (is_stronger && !granted.is_empty())
    }

    /// Returns `true` if the choice is the one that the request carried.
    fn is_known(&self, choice: &Choice) -> bool {
        self.consent.choice() == Some(choice)
    }

    fn entry(&self, new: &New, cause: Cause, shown: Option<&Shown>) -> Option<Entry> {
        let policy = self.consent.policy();
        let id = RecordId::now()?;
        let (now, cause, decided_at, gpc) = match new {
            New::Choice(choice) => (
                InForce::of_choice(choice),
                cause,
                choice.decided_at,
                choice.gpc,
            ),
            New::Removal => (
                InForce {
                    granted: CategorySet::EMPTY,
                    denied: CategorySet::EMPTY,
                },
                Cause::Removed,
                id.unix_seconds(),
                self.consent.gpc(),
            ),
        };
        let of_policy = self.records.document_of(policy);
        let document = shown.and_then(Shown::get_document);
        let answers = answers(policy, now, self.consent.in_force())
            .map(|(id, now, before)| (id.to_owned(), Answer::new(now, before)));
        let record = ConsentRecord {
            id,
            recorded_at: Instant::from_unix_seconds(id.unix_seconds()),
            decided_at: Instant::from_unix_seconds(decided_at),
            site: self.site(),
            policy: of_policy.digest(),
            shown: document.map(Document::digest),
            surface: shown.map_or(Surface::Handler, Shown::surface),
            language: shown.and_then(Shown::get_language).map(str::to_owned),
            regime: policy.regime().map(|regime| regime.id().to_owned()),
            gpc,
            cause,
            answers: answers.collect(),
            key: shown.and_then(Shown::get_nonce).map(str::to_owned),
        };
        let mut entry = Entry::new(Arc::new(record), vec![of_policy]);
        entry.documents.extend(document.cloned());
        let accounts = self.records.0.settings.accounts.as_ref();
        entry.account = self
            .account
            .as_ref()
            .zip(accounts)
            .map(|(name, accounts)| accounts.account(name));
        if entry.account.is_none() {
            entry.previous = self.previous;
        }
        if self.records.0.settings.passing.is_some() {
            entry.withdrawals = self.withdrawals(new, &entry.record);
        }
        Some(entry)
    }

    /// Returns the news for each category and service that was allowed, and is not allowed any more.
    fn withdrawals(&self, new: &New, record: &ConsentRecord) -> Vec<Withdrawal> {
        let policy = self.consent.policy();
        let withdrawn = match new {
            New::Choice(choice) => {
                self.consent.allowed() - self.consent.with_choice(*choice).allowed()
            }
            // What is allowed without asking stays so.
            New::Removal => self.consent.in_force().granted & policy.consenting(),
        };
        let ids = (withdrawn & policy.optional()).iter();
        ids.filter_map(|index| policy.id_at(index))
            .map(|id| Withdrawal {
                record: record.id,
                provider: id.to_owned(),
                handle: self.handle.clone(),
                withdrawn_at: record.recorded_at,
            })
            .collect()
    }

    fn site(&self) -> String {
        let named = self.records.0.settings.site.clone();
        named.unwrap_or_else(|| {
            let said = match (&self.authority, &self.host) {
                (Some(authority), _) => authority.host().as_bytes(),
                (None, Some(field)) => field.as_bytes(),
                (None, None) => b"",
            };
            host::name_in(said).unwrap_or_default().to_ascii_lowercase()
        })
    }

    /// Hands an entry to the writer. `None` if it has too much to do.
    fn submit(&self, entry: Entry, is_grant: bool) -> Option<Ticket> {
        let (answer, answered) = oneshot::channel();
        let fate = Fate::default();
        let job = Job {
            entry,
            is_grant,
            fate: fate.clone(),
            answer,
        };
        let message = Message::Record(job);
        self.records.0.messages.try_send(message).ok()?;
        let wait = match is_grant {
            true => self.records.0.settings.grant_wait,
            false => REFUSAL_WAIT,
        };
        Some(Ticket {
            answered,
            fate,
            until: Box::pin(sleep(wait)),
        })
    }
}

/// Returns `true` for the names of the preferences cookie itself, not of former ones.
fn is_of_choice(policy: &CookiePolicy, name: &[u8]) -> bool {
    let mut own = policy.preferences_names().take(policy.own_names());
    own.any(|own| own.as_bytes() == name)
}

/// The wait for a record.
struct Ticket {
    answered: oneshot::Receiver<Outcome>,
    fate: Fate,
    until: Pin<Box<Sleep>>,
}

impl Ticket {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Poll::Ready(outcome) = Pin::new(&mut self.answered).poll(cx) {
            return Poll::Ready(outcome.unwrap_or(Outcome::Failed));
        }
        match self.until.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            // The record may be durable by now, with its answer on the way.
            Poll::Ready(()) if !self.fate.give_up() => Pin::new(&mut self.answered)
                .poll(cx)
                .map(|outcome| outcome.unwrap_or(Outcome::Failed)),
            Poll::Ready(()) => Poll::Ready(Outcome::Failed),
        }
    }
}

/// A response with a new choice, while its record is written.
pub struct Decision<B> {
    visitor: Visitor,
    response: Response<B>,
    new: New,
    is_grant: bool,
    /// The id of the entry that is being written.
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
        visitor: Visitor,
        mut response: Response<B>,
    ) -> Result<Response<B>, Box<Self>> {
        let Some(new) = visitor.new_choice(response.headers()) else {
            return Ok(response);
        };
        if let New::Choice(choice) = &new
            && visitor.is_known(choice)
        {
            response.extensions_mut().insert(Recorded(*choice));
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
        let is_limited = is_grant || decision.is_of_signal();
        if !is_limited || decision.visitor.records.0.limit.check().is_ok() {
            decision.record();
        } else if is_grant {
            decision.take_out(Rejected::TooMany);
        } else {
            decision.leave_unrecorded();
        }
        Err(decision)
    }

    /// Returns `true` if nobody chose: the browser's signal does so with every request that has no cookie.
    fn is_of_signal(&self) -> bool {
        let shown = self.response.extensions().get::<Shown>();
        shown.is_some_and(|shown| shown.surface() == Surface::Signal)
    }

    /// Lets a refusal take effect without its record.
    fn leave_unrecorded(&mut self) {
        self.outcome = Some(Outcome::Failed);
        let counts = &self.visitor.records.0.counts;
        counts.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins to record the choice as it is now.
    fn record(&mut self) {
        let extensions = self.response.extensions();
        let cause = extensions
            .get()
            .map_or(Cause::Choice, |CauseOf(cause)| *cause);
        let entry = self.visitor.entry(&self.new, cause, extensions.get());
        self.id = entry.as_ref().map(|entry| entry.record.id);
        self.ticket = entry.and_then(|entry| self.visitor.submit(entry, self.is_grant));
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
            if let Outcome::Durable(id) = outcome {
                self.id = Some(id);
            }
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
            self.response.extensions_mut().insert(Recorded(*choice));
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
