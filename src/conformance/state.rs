//! State beside `Set-Cookie`: headers without consent, and validators that identify visitors.

use std::{
    mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use http::{
    HeaderName, HeaderValue, Request, StatusCode,
    header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use tower::{Layer, Service};

use super::{
    Requirement,
    judge::exchange::PlayedExchange,
    oracle::{Oracle, Recorded, quietly},
    recorder::{Breach, Occasion, Recorder},
    target::{RequestBody, Target, TargetAnswer},
};
use crate::{
    Category, CookiePolicy, Observer,
    layer::StateHeaders,
    observe::{Event, EventKind},
    policy::TrackerKind,
};

/// Finds the headers of a response from which browsers would store state without consent: those
/// that the layer strips.
pub(super) fn judge(
    oracle: &Oracle,
    exchange: &PlayedExchange<'_>,
    seen: Occasion<'_>,
    recorder: &mut Recorder,
) {
    let noted = NotedHeaders::default();
    let layer = oracle.layer_at(exchange.now).observe(noted.clone());
    let mut request = Request::new(());
    *request.method_mut() = exchange.method.clone();
    *request.uri_mut() = exchange.uri.clone();
    *request.headers_mut() = exchange.sent.clone();
    let answer = Recorded(exchange.received.clone());
    let future = pin!(layer.layer(answer).call(request));
    // It is ready at once, and only its events matter.
    drop(quietly(|| {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }));

    let mut said = noted.said();
    if said.any {
        recorder.exercise(Requirement::Headers);
    }
    for why in mem::take(&mut said.stripped) {
        breach(oracle.policy(), seen, why, recorder);
    }
}

fn breach(policy: &CookiePolicy, seen: Occasion<'_>, why: String, recorder: &mut Recorder) {
    let breach = Breach {
        requirement: Requirement::Headers,
        header: "response header",
        cookie: None,
        script: false,
        why,
    };
    recorder.breach(policy, seen, breach);
}

/// Collects the layer's events about the headers of a response.
#[derive(Clone, Default)]
struct NotedHeaders(Arc<Mutex<HeaderNotes>>);

#[derive(Default)]
struct HeaderNotes {
    /// There were some.
    any: bool,
    stripped: Vec<String>,
}

impl NotedHeaders {
    fn said(&self) -> MutexGuard<'_, HeaderNotes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for NotedHeaders {
    fn observe(&self, event: &Event<'_>) {
        let (TrackerKind::Header, Some(name)) = (event.tracker_kind(), event.name()) else {
            return;
        };
        let mut said = self.said();
        match event.kind() {
            EventKind::Hidden(_) => return,
            EventKind::Withheld(why) => {
                let category = event.category().map(Category::id);
                let category = category.map_or_else(String::new, |id| format!(" ({id})"));
                let why = why.as_str();
                said.stripped.push(format!(
                    "{name}{category}: browsers store state from it, and {why}"
                ));
            }
            _ => {}
        }
        said.any = true;
    }

    fn wants_passed(&self) -> bool {
        true
    }
}

/// Compares what two visitors get in the same situation.
///
/// A validator that differs is not conclusive: pages that contain a token get a new one each time.
/// But if it differs and the site recognises it from each of the two visitors, by a 304 or by
/// sending it again, it identifies them for as long as their browsers cache it.
pub(super) async fn compare(
    target: &mut impl Target,
    oracle: &Oracle,
    ((request, label), situation): ((Request<RequestBody>, &str), &str),
    recorder: &mut Recorder,
) {
    if oracle.state_headers() == StateHeaders::Allow {
        return;
    }
    let Some(first) = get(target, &request, None).await else {
        return;
    };
    let Some(second) = get(target, &request, None).await else {
        return;
    };
    if first.status() == StatusCode::OK && second.status() == StatusCode::OK {
        recorder.exercise(Requirement::Headers);
    }
    for (header, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
        let validator = |answer: &TargetAnswer| answer.headers().get(&header).cloned();
        let (Some(one), Some(other)) = (validator(&first), validator(&second)) else {
            continue;
        };
        // A declared one was judged by its category.
        let declared = oracle.policy().find_header(header.as_str()).is_some();
        if one == other || declared {
            continue;
        }
        let mut known = true;
        for validator in [one, other] {
            let condition = (condition.clone(), validator.clone());
            let answer = get(target, &request, Some(condition)).await;
            known &= answer.is_some_and(|answer| {
                answer.status() == StatusCode::NOT_MODIFIED
                    || answer.headers().get(&header) == Some(&validator)
            });
        }
        if known {
            let name = if header == ETAG {
                "ETag"
            } else {
                "Last-Modified"
            };
            let why = format!(
                "{name}: each of two visitors got another one, and the site knew both again when \
                 they came back: it identifies them"
            );
            let seen = Occasion {
                request: label,
                situation,
            };
            breach(oracle.policy(), seen, why, recorder);
        }
    }
}

/// Requests the response, with a condition if one is given.
async fn get(
    target: &mut impl Target,
    request: &Request<RequestBody>,
    condition: Option<(HeaderName, HeaderValue)>,
) -> Option<TargetAnswer> {
    let mut request = request.clone();
    if let Some((name, validator)) = condition {
        request.headers_mut().insert(name, validator);
    }
    target.send(request, |_| false).await.ok()
}
