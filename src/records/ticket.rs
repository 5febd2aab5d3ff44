//! The wait for a record that the writer has.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Sleep, sleep},
};

use super::{
    ConsentRecord, Entry, Records,
    forms::Forms,
    writer::{Fate, Job, Message, Outcome},
};

/// The longest that a response waits for the record of a refusal. It passes regardless.
const REFUSAL_WAIT: Duration = Duration::from_millis(20);

/// The wait for a record.
pub(super) struct Ticket {
    answered: oneshot::Receiver<Outcome>,
    fate: Fate,
    until: Pin<Box<Sleep>>,
    /// A refusal, whose response passes in any case.
    refusal: Option<Refusal>,
}

struct Refusal {
    record: Arc<ConsentRecord>,
    forms: Arc<Forms>,
}

impl Ticket {
    /// Hands an entry to the writer. `None` if it has too much to do.
    pub(super) fn for_entry(records: &Records, entry: Entry, is_grant: bool) -> Option<Self> {
        let (answer, answered) = oneshot::channel();
        let fate = Fate::default();
        let refusal = (!is_grant).then(|| Refusal {
            record: Arc::clone(&entry.record),
            forms: Arc::clone(&records.0.forms),
        });
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
            refusal,
        })
    }

    /// Waits for what became of it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Poll::Ready(outcome) = Pin::new(&mut self.answered).poll(cx) {
            return Poll::Ready(outcome.unwrap_or(Outcome::Failed));
        }
        std::task::ready!(self.until.as_mut().poll(cx));
        let outcome = match &self.refusal {
            Some(refusal) => refusal.outcome(&self.fate),
            None => self.fate.give_up().then_some(Outcome::Failed),
        };
        match outcome {
            Some(outcome) => Poll::Ready(outcome),
            // The record may be durable by now, with its answer on the way.
            None => Pin::new(&mut self.answered)
                .poll(cx)
                .map(|outcome| outcome.unwrap_or(Outcome::Failed)),
        }
    }
}

impl Refusal {
    /// Returns the record whose id goes out with the response, before the writer knows. `None` if it was faster.
    fn outcome(&self, fate: &Fate) -> Option<Outcome> {
        // The same form was sent before: one record for both.
        if let Some((id, _)) = self.forms.repeated(&self.record) {
            return Some(Outcome::Later(id));
        }
        let id = self.record.id;
        let is_first = fate.give_up();
        if is_first {
            self.forms.note(&self.record, id, false);
        }
        is_first.then_some(Outcome::Later(id))
    }
}

#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests {
    use std::{
        convert::Infallible,
        sync::{Mutex, mpsc},
    };

    use http::{Request, Response, header::SET_COOKIE};
    use tower::{Layer, ServiceExt, service_fn};

    use super::*;
    use crate::{
        Category, Consent, CookieConsentLayer, CookiePolicy,
        records::{Appended, RecordLayer, RecordStore, StoreError, StoreFuture, Subject},
    };

    /// A store that is busy until the test ends, and says so.
    #[derive(Debug)]
    struct Busy(mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);

    impl RecordStore for Busy {
        fn append<'a>(&'a self, _: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
            self.0.send(()).ok();
            self.1.lock().unwrap().recv().ok();
            Box::pin(async { Err(StoreError::temporary("it was busy")) })
        }
    }

    #[tokio::test]
    async fn a_refusal_that_is_recorded_nowhere_has_no_receipt() {
        let (busy, is_busy) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let store = Busy(busy, Mutex::new(ended));
        let records = Records::builder(store).subject(Subject::Receipt {
            path: "/".to_owned(),
        });
        let records = records.build().unwrap();
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let refuse = async || {
            let refuse = service_fn(async |request: Request<()>| {
                let consent = request.extensions().get::<Consent>().unwrap();
                let mut response = Response::new(String::new());
                let set = consent.set_cookie(consent.refuse_all());
                set.append_to(response.headers_mut()).unwrap();
                Ok::<_, Infallible>(response)
            });
            let service = RecordLayer::new(records.clone()).layer(refuse);
            let layer = CookieConsentLayer::new(policy.clone()).records(&records);
            let response = layer.layer(service).oneshot(Request::new(())).await;
            let response = response.unwrap();
            let fields = response.headers().get_all(SET_COOKIE).iter();
            fields
                .map(|field| field.to_str().unwrap().contains("consent_receipt="))
                .collect::<Vec<_>>()
        };
        assert_eq!(refuse().await, [false, true]);
        // The writer takes no more messages by then.
        is_busy.recv().unwrap();
        while {
            let message = Message::Flush(oneshot::channel().0);
            records.0.messages.try_send(message).is_ok()
        } {}
        assert_eq!(refuse().await, [false]);
        assert_eq!(records.health().lost, 1);
        drop(end);
    }
}
