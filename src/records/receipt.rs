//! The receipt: the id of a visitor's last record, in a cookie that no script, no third party and no
//! service behind the layer sees.

use cookie::{Cookie, SameSite, time};
use http::{HeaderMap, HeaderValue, header::COOKIE};

use super::RecordId;
use crate::{policy::CookiePolicy, wire};

/// The name of the receipt's cookie.
pub(super) const NAME: &str = "consent_receipt";

/// Takes the receipt out of the request: what is left is what the service behind may see.
pub(super) fn take(headers: &mut HeaderMap) -> Option<RecordId> {
    let has_one = |field: &HeaderValue| {
        let bytes = field.as_bytes();
        memchr::memmem::find(bytes, NAME.as_bytes()).is_some()
    };
    if !headers.get_all(COOKIE).iter().any(has_one) {
        return None;
    }
    let mut found = None;
    let mut several = false;
    let kept: Vec<HeaderValue> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|field| {
            if !has_one(field) {
                return Some(field.clone());
            }
            let mut kept = Vec::new();
            for pair in field.as_bytes().split(|byte| *byte == b';') {
                match pair.trim_ascii().strip_prefix(NAME.as_bytes()) {
                    Some([b'=', value @ ..]) => {
                        several |= found.is_some();
                        found = str::from_utf8(value).ok().and_then(|id| id.parse().ok());
                    }
                    _ => kept.push(pair),
                }
            }
            let field = HeaderValue::from_bytes(kept.join(&b";"[..]).trim_ascii_start()).ok();
            field.filter(|field| !field.is_empty())
        })
        .collect();
    headers.remove(COOKIE);
    for field in kept {
        headers.append(COOKIE, field);
    }
    // Another host of the domain has set one, so neither is known to be this site's.
    found.filter(|_| !several)
}

/// Returns the header that sets the receipt, for the pages below `path`.
pub(super) fn set(id: RecordId, path: &str, policy: &CookiePolicy) -> Option<HeaderValue> {
    let id = id.to_string();
    // Browsers keep no cookie for longer.
    let seconds = policy.choice_lifetime().as_secs().min(400 * wire::DAY);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let cookie = Cookie::build((NAME, &*id))
        .path(path)
        .http_only(true)
        .secure(policy.preferences_cookie().get_secure())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::seconds(seconds))
        .build();
    let mut field = HeaderValue::try_from(cookie.to_string()).ok()?;
    field.set_sensitive(true);
    debug_assert!(wire::name(field.as_bytes()).is_ok());
    Some(field)
}

/// Returns the header that removes the receipt.
#[cfg(feature = "pages")]
pub(super) fn removal(path: &str, policy: &CookiePolicy) -> Option<HeaderValue> {
    let cookie = Cookie::build((NAME, ""))
        .path(path)
        .http_only(true)
        .secure(policy.preferences_cookie().get_secure())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::ZERO)
        .build();
    HeaderValue::try_from(cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Category;

    const ID: &str = "01a0c3e2-7a00-7000-8000-000000000000";

    fn taken(fields: &[&str]) -> (Option<String>, Vec<String>) {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, field.parse().unwrap());
        }
        let id = take(&mut headers).map(|id| id.to_string());
        let left = headers.get_all(COOKIE).iter();
        (id, left.map(|it| it.to_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn only_the_receipt_is_taken_out() {
        let receipt = format!("consent_receipt={ID}");
        let some = Some(ID.to_owned());
        for (fields, id, left) in [
            (vec!["a=1; b=2".to_owned()], &None, vec!["a=1; b=2"]),
            (vec![receipt.clone()], &some, vec![]),
            (
                vec![format!("a=1; {receipt}; b=2")],
                &some,
                vec!["a=1; b=2"],
            ),
            (vec!["a=1".to_owned(), receipt.clone()], &some, vec!["a=1"]),
            (vec![format!("{receipt}; {receipt}")], &None, vec![]),
            (
                vec!["consent_receipt=x; a=1".to_owned()],
                &None,
                vec!["a=1"],
            ),
            (
                vec!["consent_receipts=1".to_owned()],
                &None,
                vec!["consent_receipts=1"],
            ),
            (
                vec!["a=consent_receipt=1".to_owned()],
                &None,
                vec!["a=consent_receipt=1"],
            ),
        ] {
            let fields: Vec<_> = fields.iter().map(|field| &**field).collect();
            assert_eq!(
                taken(&fields),
                (id.clone(), left.into_iter().map(str::to_owned).collect())
            );
        }
    }

    #[test]
    fn the_receipt_is_hidden_from_scripts_and_other_sites() {
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let field = set(ID.parse().unwrap(), "/cookies", &policy).unwrap();
        let seconds = policy.choice_lifetime().as_secs();
        let expected = format!(
            "consent_receipt={ID}; HttpOnly; SameSite=Strict; Secure; Path=/cookies; Max-Age={seconds}"
        );
        assert_eq!(field.to_str().unwrap(), expected);
    }
}
