//! What the writer has received, and has not handled yet.

use std::{
    mem,
    task::{Context, Poll, ready},
    time::Instant,
};

use tokio::sync::{mpsc, oneshot};

use super::job::{Job, MOST, Message};

#[derive(Default)]
pub(super) struct Inbox {
    /// `None` once all senders are gone.
    messages: Option<mpsc::Receiver<Message>>,
    received: Vec<Message>,
    /// At most as many as are written at once: others wait with the sender.
    jobs: Vec<Job>,
    /// The time of the first of them.
    since: Option<Instant>,
    pub(super) flushes: Vec<oneshot::Sender<usize>>,
}

impl Inbox {
    pub(super) fn open(&mut self, messages: mpsc::Receiver<Message>) {
        self.messages = Some(messages);
    }

    pub(super) const fn is_open(&self) -> bool {
        self.messages.is_some()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.flushes.is_empty()
    }

    /// Returns since when the first job waits.
    pub(super) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Receives what there is. Ready once there was something, or once nothing more will come; never ready while it
    /// has no room.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let room = MOST - self.jobs.len();
        let Some(messages) = self.messages.as_mut().filter(|_| room > 0) else {
            return Poll::Pending;
        };
        if ready!(messages.poll_recv_many(cx, &mut self.received, room)) == 0 {
            self.messages = None;
        }
        let mut received = mem::take(&mut self.received);
        for message in received.drain(..) {
            match message {
                Message::Record(job) => self.put(job),
                Message::Flush(answer) => self.flushes.push(answer),
                // It only wakes.
                Message::Count => {}
            }
        }
        // Its room is used again.
        self.received = received;
        Poll::Ready(())
    }

    pub(super) fn put(&mut self, job: Job) {
        self.since.get_or_insert_with(Instant::now);
        self.jobs.push(job);
    }

    /// Takes all jobs.
    pub(super) fn take(&mut self) -> Vec<Job> {
        self.since = None;
        mem::take(&mut self.jobs)
    }
}
