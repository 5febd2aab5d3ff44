//! The wait for a record that the writer has.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Sleep, sleep},
};

use super::{
    Entry, Records,
    writer::{Fate, Job, Message, Outcome},
};

/// The longest that a response waits for the record of a refusal. It passes regardless.
const REFUSAL_WAIT: Duration = Duration::from_millis(20);

/// The wait for a record.
pub(super) struct Ticket {
    answered: oneshot::Receiver<Outcome>,
    fate: Fate,
    until: Pin<Box<Sleep>>,
}

impl Ticket {
    /// Hands an entry to the writer. `None` if it has too much to do.
    pub(super) fn for_entry(records: &Records, entry: Entry, is_grant: bool) -> Option<Self> {
        let (answer, answered) = oneshot::channel();
        let fate = Fate::default();
        let job = Job {
            entry,
            is_grant,
            fate: fate.clone(),
            answer,
        };
        let message = Message::Record(job);
        records.0.messages.try_send(message).ok()?;
        let wait = match is_grant {
            true => records.0.settings.grant_wait,
            false => REFUSAL_WAIT,
        };
        Some(Self {
            answered,
            fate,
            until: Box::pin(sleep(wait)),
        })
    }

    /// Waits for what became of it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
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
