//! The answer to a choice whose grant could not be recorded.

use http::{
    Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};

use super::body::RecordBody;
use crate::consent::{Consent, IfNotRecorded, Rejected};

/// Puts the answer of the pages in the place of theirs. A response of the site's own handler stays as it
/// is: an order that was placed was placed.
pub(super) fn answer<B>(
    mut response: Response<B>,
    why: Rejected,
    after: &Consent,
) -> Response<RecordBody<B>> {
    response.extensions_mut().insert(why);
    let Some(instead) = response.extensions_mut().remove::<IfNotRecorded>() else {
        return response.map(|body| RecordBody::Own { body });
    };
    let answer = (instead.0)(why, after);
    let (parts, content) = answer.into_parts();
    *response.status_mut() = parts.status;
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    for name in [LOCATION, CONTENT_TYPE] {
        match parts.headers.get(&name) {
            Some(value) => drop(headers.insert(name, value.clone())),
            None => drop(headers.remove(name)),
        }
    }
    response.map(|_| RecordBody::replaced(content))
}
