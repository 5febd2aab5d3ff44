//! Responses that are not documents, with the gate for documents mounted, and requests without a choice, with
//! the layer for records.

use std::{convert::Infallible, time::SystemTime};

use axum::body::Body;
use http::{
    HeaderValue, Request, Response,
    header::{CONTENT_TYPE, COOKIE},
};
use tower::{Layer, Service, util::MapResponse};
use tower_cookie_consent::{
    Choice, Consent, CookiePolicy,
    documents::HtmlConsentLayer,
    preferences::PreferencesCookie,
    records::{Appended, Entry, RecordLayer, RecordStore, Records, StoreFuture},
};

use super::{Inner, Setup, Workload, drive, policy, request, workload as of_layer};

/// What a browser loads for a page, what its script fetches, and a client that does not say; then requests of a
/// new visitor and of a returning one, whose responses set nothing, and five cookies.
/// Last, the returning visitor with a signed choice.
pub(crate) const NAMES: [&str; 7] = [
    "picture",
    "fetched",
    "unknown",
    "records-W1",
    "records-W1d",
    "records-W3",
    "signed-W1d",
];

fn workload(name: &str) -> Option<Workload> {
    let name = *NAMES.iter().find(|known| **known == name)?;
    if let Some(of) = name
        .strip_prefix("records-")
        .or(name.strip_prefix("signed-"))
    {
        return of_layer(of);
    }
    let mut request = request(&[]);
    let mut insert = |name, value| {
        let value = HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
    };
    match name {
        "picture" => {
            insert("accept", "image/avif,image/webp,image/png,*/*;q=0.8");
            insert("sec-fetch-dest", "image");
        }
        "fetched" => {
            insert("accept", "*/*");
            insert("sec-fetch-dest", "empty");
        }
        _ => insert("accept", "*/*"),
    }
    Some(Workload {
        name,
        policy: policy(100),
        request,
        sets: Vec::new(),
    })
}

/// Returns one round with a workload, behind the layer alone or with the gate inside of it. It is apart
/// from the other rounds: a second instance of the layer's code would change what the compiler inlines
/// where they are counted.
pub(crate) fn turn(name: &str, gated: bool) -> Option<Box<dyn FnMut()>> {
    let workload = workload(name)?;
    if name.starts_with("records-") {
        return turn_of_records(workload, gated);
    }
    if name.starts_with("signed-") {
        return turn_of_signed(workload, gated);
    }
    let layer = Setup::Default.layer(workload.policy.clone());
    let inner = of_no_document(Inner::new(&workload));
    let bare = layer.layer(inner.clone());
    let more = layer.layer(HtmlConsentLayer::new().layer(inner));
    Some(compared(bare, more, workload.request, gated))
}

/// Returns a round of one of two services. What was allocated before decides how much an allocation costs, so both
/// are made, used and kept.
fn compared<A, B, Of, With>(
    mut bare: A,
    mut more: B,
    request: Request<()>,
    with: bool,
) -> Box<dyn FnMut()>
where
    A: Service<Request<Body>, Response = Response<Of>, Error = Infallible> + 'static,
    B: Service<Request<Body>, Response = Response<With>, Error = Infallible> + 'static,
{
    drive::<Body, _, _>(&mut bare, &request);
    drive::<Body, _, _>(&mut more, &request);
    Box::new(move || match with {
        true => drive::<Body, _, _>(&mut more, &request),
        false => drive::<Body, _, _>(&mut bare, &request),
    })
}

/// A store that is never asked, since nobody makes a choice.
#[derive(Debug)]
struct Unused;

impl RecordStore for Unused {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
    }
}

fn turn_of_records(workload: Workload, recorded: bool) -> Option<Box<dyn FnMut()>> {
    let records = Records::builder(Unused)
        .site("data.example.org")
        .build()
        .ok()?;
    let layer = Setup::Default
        .layer(workload.policy.clone())
        .records(&records);
    let inner = Inner::new(&workload);
    let bare = layer.layer(inner.clone());
    let more = layer.layer(RecordLayer::new(records).layer(inner));
    Some(compared(bare, more, workload.request, recorded))
}

/// Returns a round with the visitor's choice as it is, or signed and verified.
fn turn_of_signed(mut workload: Workload, signed: bool) -> Option<Box<dyn FnMut()>> {
    if signed {
        let cookie = PreferencesCookie::default().signed([7; 32]);
        let builder = workload.policy.to_builder().preferences_cookie(cookie);
        workload.policy = builder.build().ok()?;
        let field = workload.request.headers().get(COOKIE)?.to_str().ok()?;
        let pairs: Vec<_> = field
            .split("; ")
            .map(|pair| match pair.starts_with("cookies_preferences=") {
                true => signed_pair(&workload.policy),
                false => Some(pair.to_owned()),
            })
            .collect::<Option<_>>()?;
        let field = HeaderValue::try_from(pairs.join("; ")).ok()?;
        workload.request.headers_mut().insert(COOKIE, field);
    }
    let inner = Inner::new(&workload);
    let mut service = Setup::Default.layer(workload.policy).layer(inner);
    let request = workload.request;
    Some(Box::new(move || {
        drive::<Body, _, _>(&mut service, &request);
    }))
}

/// Returns what the site writes for the choice of [`super::choice`].
fn signed_pair(policy: &CookiePolicy) -> Option<String> {
    let consent = Consent::undecided(policy.clone());
    let header = consent.set_cookie(choice(policy)?).header_value();
    let pair = header.to_str().ok()?.split(';').next()?;
    Some(pair.to_owned())
}

/// Returns the choice that the other workloads have as text.
fn choice(policy: &CookiePolicy) -> Option<Choice> {
    let mut choice = Choice::new(SystemTime::now() - super::CHOSEN);
    for (at, id) in super::CATEGORIES.into_iter().enumerate().skip(1) {
        choice.answer(policy, id, at == super::GRANTED).ok()?;
    }
    Some(choice)
}

/// Makes the responses of `inner` ones that browsers do not read as documents.
fn of_no_document<B: Default>(
    inner: Inner,
) -> MapResponse<Inner, impl Fn(Response<B>) -> Response<B> + Clone>
where
    Inner: Service<Request<B>, Response = Response<B>>,
{
    MapResponse::new(inner, |mut response: Response<B>| {
        let value = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, value);
        response
    })
}
