//! Responses that are no documents, with the gate for documents mounted.

use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use tower::{Service, util::MapResponse};

use super::{Inner, Workload, policy, request};

/// The layer without the gate, the baseline of [`GATED`].
pub(crate) const UNGATED: &str = "ungated";
pub(crate) const GATED: &str = "gated";

/// What a browser loads for a page, what its script fetches, and a client that does not say.
pub(crate) const NAMES: [&str; 3] = ["picture", "fetched", "unknown"];

pub(super) fn workload(name: &str) -> Option<Workload> {
    let name = *NAMES.iter().find(|known| **known == name)?;
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

/// Makes the responses of `inner` ones that browsers do not read as documents.
pub(super) fn of_no_document<B: Default>(
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
