//! Visitors who make choices while the store fails.

use std::{
    convert::Infallible,
    fmt,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response, header::SET_COOKIE};
use tokio::{task::JoinSet, time::sleep};
use tower::{Layer, Service};

use super::report::{StoreDrill, StoreReport};
use crate::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    records::{
        Appended, CountedChoices, Entry, OutboxStore, RecordId, RecordLayer, RecordStore, Records,
        StoreError, StoreFuture, Subject,
    },
};

/// Visitors at once.
const VISITORS: usize = 8;

/// The longest that a response waits for its record.
const WAIT: Duration = Duration::from_millis(200);

/// The longest that the store has to catch up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way in which calls go wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// Nothing reaches the store.
    Down,
    /// It stores, and its answer is lost.
    AnswerLost,
    /// It answers when nobody waits any more.
    Late,
    /// It never answers.
    Hangs,
}

const FAULTS: [Fault; 9] = [
    Fault::None,
    Fault::Down,
    Fault::None,
    Fault::AnswerLost,
    Fault::None,
    Fault::Late,
    Fault::None,
    Fault::Hangs,
    Fault::None,
];

/// The site's store, behind a fault.
struct Faulty<S> {
    store: Arc<S>,
    fault: Arc<AtomicU8>,
}

impl<S: RecordStore> fmt::Debug for Faulty<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faulty").field(&self.store).finish()
    }
}

impl<S: RecordStore> RecordStore for Faulty<S> {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        let fault = FAULTS.get(usize::from(self.fault.load(Ordering::SeqCst)));
        let fault = fault.copied().unwrap_or(Fault::None);
        Box::pin(async move {
            match fault {
                Fault::None => self.store.append(entries).await,
                Fault::Down => Err(StoreError::temporary("the drill takes it away")),
                Fault::AnswerLost => {
                    self.store.append(entries).await?;
                    Err(StoreError::temporary("the drill loses the answer"))
                }
                Fault::Late => {
                    let appended = self.store.append(entries).await;
                    sleep(WAIT * 2).await;
                    appended
                }
                Fault::Hangs => std::future::pending().await,
            }
        })
    }

    fn count<'a>(&'a self, choices: &'a [CountedChoices]) -> StoreFuture<'a, ()> {
        self.store.count(choices)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        self.store.outbox()
    }
}

pub(super) async fn drill(store: Arc<impl RecordStore>, report: &mut StoreReport) {
    let fault = Arc::new(AtomicU8::new(0));
    let faulty = Faulty {
        store,
        fault: Arc::clone(&fault),
    };
    let Ok(policy) = CookiePolicy::new([Category::consent("ads")]) else {
        return;
    };
    let records = Records::builder(faulty)
        .grant_wait(WAIT)
        .subject(Subject::Receipt {
            path: "/".to_owned(),
        })
        .build();
    let records = match records {
        Ok(records) => records,
        Err(error) => return report.find(StoreDrill::Faults, error.to_string()),
    };
    for number in 0..u8::try_from(FAULTS.len()).unwrap_or(0) {
        fault.store(number, Ordering::SeqCst);
        let mut visitors = JoinSet::new();
        for visitor in 0..VISITORS {
            let (policy, records) = (policy.clone(), records.clone());
            visitors.spawn(visit(policy, records, visitor.is_multiple_of(2)));
        }
        while let Some(visited) = visitors.join_next().await {
            match visited {
                Ok(answers) => judge(answers, report),
                Err(_) => report.find(StoreDrill::Faults, "a choice panics"),
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
    let waiting = tokio::time::timeout(PATIENCE, async {
        while records.flush().await > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    });
    if waiting.await.is_err() {
        let what = "it does not take what waited for it";
        report.find(StoreDrill::Faults, what);
    }
}

/// A service whose visitors accept or refuse everything. It is always ready, as the layers around it are.
#[derive(Clone, Copy)]
struct Chooses {
    accepts: bool,
}

impl Service<Request<()>> for Chooses {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let mut response = Response::new(String::new());
        if let Some(consent) = request.extensions().get::<Consent>() {
            let choice = match self.accepts {
                true => consent.accept_all(),
                false => consent.refuse_all(),
            };
            let set = consent.set_cookie(choice);
            set.append_to(response.headers_mut()).ok();
        }
        ready(Ok(response))
    }
}

/// The facts of a response.
struct Told {
    accepts: bool,
    grants: bool,
    refuses: bool,
    receipt: Option<RecordId>,
}

/// Makes three choices, each as a first one.
async fn visit(policy: CookiePolicy, records: Records, accepts_first: bool) -> Vec<Told> {
    let mut answers = Vec::new();
    for turn in 0..3 {
        let accepts = accepts_first == (turn % 2 == 0);
        let choose = Chooses { accepts };
        let service = RecordLayer::new(records.clone()).layer(choose);
        let layer = CookieConsentLayer::new(policy.clone()).records(&records);
        let response = layer.layer(service).call(Request::new(())).await;
        answers.extend(response.map(|response| told(&response, accepts)));
    }
    answers
}

fn told<B>(response: &Response<B>, accepts: bool) -> Told {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let fields: Vec<_> = fields
        .filter_map(|field| HeaderValue::to_str(field).ok())
        .collect();
    let of = |name: &str| fields.iter().find_map(|field| field.strip_prefix(name));
    let choice = of("cookies_preferences=").unwrap_or_default();
    let receipt = of("consent_receipt=").and_then(|rest| rest.split(';').next());
    Told {
        accepts,
        grants: choice.contains("%22ads%22%3Atrue"),
        refuses: !accepts && choice.contains("%22ads%22%3Afalse"),
        receipt: receipt.and_then(|receipt| receipt.parse().ok()),
    }
}

fn judge(answers: Vec<Told>, report: &mut StoreReport) {
    for told in answers {
        match told.receipt {
            Some(id) => report.must_have(id),
            None if told.grants => {
                report.find(StoreDrill::Faults, "a response grants without a record");
            }
            None => {}
        }
        if !told.accepts && !told.refuses {
            report.find(StoreDrill::Faults, "a refusal is not in effect");
        }
    }
}
