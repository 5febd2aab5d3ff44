//! Visitors who make choices over HTTP, and note what they are answered.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::{
    Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{runtime::Runtime, task::JoinHandle, time::sleep};

/// The categories of the portal that can be refused.
pub(super) const CATEGORIES: [&str; 3] = ["internes", "tiers", "statistiques"];

const DECISIONS: [&str; 4] = [
    r#"{"decision": "accept"}"#,
    r#"{"decision": "refuse"}"#,
    r#"{"decision": "save", "categories": ["tiers"]}"#,
    r#"{"decision": "save", "categories": ["internes", "tiers"]}"#,
];

type Http = Client<HttpConnector, Full<Bytes>>;

/// A choice that was answered with a receipt.
pub(super) struct Answered {
    /// The receipt: the id of the record.
    pub(super) id: String,
    /// What the preferences cookie of the response grants.
    pub(super) granted: BTreeSet<&'static str>,
    pub(super) after: Duration,
}

/// What visitors saw.
#[derive(Default)]
pub(super) struct Tally {
    /// Responses that grant.
    pub(super) grants: Vec<Answered>,
    /// Responses that grant nothing, or whose grant was taken out.
    pub(super) refusals: Vec<Answered>,
    /// Grants that were answered with 429 or 503.
    pub(super) turned_down: usize,
    /// Refusals that count without a record of their own, since too many came at once.
    pub(super) merged: usize,
    /// Requests whose connection was lost before the answer.
    pub(super) unanswered: usize,
}

impl Tally {
    pub(super) fn of(visitors: Vec<Visitor>) -> Self {
        let mut all = Self::default();
        for Visitor { tally, .. } in visitors {
            all.grants.extend(tally.grants);
            all.refusals.extend(tally.refusals);
            all.turned_down += tally.turned_down;
            all.merged += tally.merged;
            all.unanswered += tally.unanswered;
        }
        all
    }
}

/// One visitor, with the cookies of earlier answers.
#[derive(Default)]
pub(super) struct Visitor {
    preferences: String,
    receipt: String,
    turn: usize,
    tally: Tally,
}

impl Visitor {
    /// Returns so many, each of whom begins with another decision.
    pub(super) fn crowd(count: usize) -> Vec<Self> {
        let begins_with = |turn| Self {
            turn,
            ..Self::default()
        };
        (0..count).map(begins_with).collect()
    }

    async fn choose(&mut self, http: &Http, node: &str) {
        let decision = DECISIONS[self.turn % DECISIONS.len()];
        self.turn += 1;
        let cookies = [&*self.preferences, &*self.receipt].join("; ");
        let request = Request::post(format!("{node}/cookies/preferences"))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(COOKIE, cookies.trim_matches([';', ' ']))
            .body(Full::from(decision))
            .unwrap();
        let start = Instant::now();
        match http.request(request).await {
            Ok(response) => {
                self.note(decision, &response, start.elapsed());
                // The connection is used again.
                drop(response.into_body().collect().await);
            }
            Err(error) => {
                self.tally.unanswered += usize::from(!error.is_connect());
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    fn note(&mut self, decision: &str, response: &Response<Incoming>, after: Duration) {
        let pair = |name: &str| {
            let fields = response.headers().get_all(SET_COOKIE).iter();
            let pairs = fields.map(|field| field.to_str().unwrap().split(';').next().unwrap());
            let found: Vec<_> = pairs.filter(|pair| pair.starts_with(name)).collect();
            assert!(found.len() < 2, "{found:?}");
            found.first().map(|pair| (*pair).to_owned())
        };
        let before = granted(&self.preferences);
        let preferences = pair("cookies_preferences=");
        let is_refusal = decision.contains("refuse");
        match response.status() {
            StatusCode::OK => assert!(preferences.is_some(), "{decision} is not in effect"),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if !is_refusal => {
                self.tally.turned_down += 1;
                let now = preferences.as_deref().map(granted);
                assert!(now.is_none_or(|now| now.is_subset(&before)), "{decision}");
            }
            other => panic!("{decision}: {other}"),
        }
        let Some(preferences) = preferences else {
            return;
        };
        let granted = granted(&preferences);
        assert!(!is_refusal || granted.is_empty(), "{preferences}");
        let is_grant = response.status() == StatusCode::OK && !granted.is_empty();
        let Some(receipt) = pair("consent_receipt=") else {
            // The same answers in the same second, or a refusal beyond what is recorded one by one.
            if preferences != self.preferences {
                assert!(!is_grant, "{preferences}");
                self.tally.merged += 1;
                self.preferences = preferences;
            }
            return;
        };
        let answered = Answered {
            id: receipt.split_once('=').unwrap().1.to_owned(),
            granted,
            after,
        };
        match is_grant {
            true => self.tally.grants.push(answered),
            false => self.tally.refusals.push(answered),
        }
        (self.preferences, self.receipt) = (preferences, receipt);
    }
}

/// Returns what a preferences cookie grants.
fn granted(preferences: &str) -> BTreeSet<&'static str> {
    let has = |id: &&str| preferences.contains(&format!("%22{id}%22%3Atrue"));
    CATEGORIES.into_iter().filter(has).collect()
}

/// Visitors who choose until they are stopped.
pub(super) struct Load {
    end: Arc<AtomicBool>,
    nodes: Arc<Mutex<Vec<String>>>,
    chosen: Arc<AtomicUsize>,
    runtime: Runtime,
    tasks: Vec<JoinHandle<Visitor>>,
}

impl Load {
    /// Starts them. Each asks one node after the other, and waits for so long after each answer.
    pub(super) fn start(visitors: Vec<Visitor>, nodes: Vec<String>, pause: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut http = Client::builder(TokioExecutor::new());
        let http = http.retry_canceled_requests(false).build_http();
        let end = Arc::new(AtomicBool::new(false));
        let nodes = Arc::new(Mutex::new(nodes));
        let chosen = Arc::<AtomicUsize>::default();
        let tasks = visitors.into_iter().map(|mut visitor| {
            let (end, nodes): (Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) =
                (Arc::clone(&end), Arc::clone(&nodes));
            let (http, chosen): (Http, Arc<AtomicUsize>) =
                (Clone::clone(&http), Arc::clone(&chosen));
            runtime.spawn(async move {
                while !end.load(Ordering::Relaxed) {
                    let node = {
                        let nodes = nodes.lock().unwrap();
                        nodes[visitor.turn % nodes.len()].clone()
                    };
                    visitor.choose(&http, &node).await;
                    chosen.fetch_add(1, Ordering::Relaxed);
                    sleep(pause).await;
                }
                visitor
            })
        });
        let tasks = tasks.collect();
        Self {
            end,
            nodes,
            chosen,
            runtime,
            tasks,
        }
    }

    /// Returns how many choices were made so far.
    pub(super) fn chosen(&self) -> usize {
        self.chosen.load(Ordering::Relaxed)
    }

    /// Names another address for a node.
    pub(super) fn replace(&self, node: usize, url: String) {
        self.nodes.lock().unwrap()[node] = url;
    }

    /// Waits for the last answers.
    pub(super) fn stop(self) -> Vec<Visitor> {
        self.end.store(true, Ordering::Relaxed);
        let tasks = self.tasks;
        self.runtime.block_on(async {
            let mut visitors = Vec::new();
            for task in tasks {
                visitors.push(task.await.unwrap());
            }
            visitors
        })
    }
}
