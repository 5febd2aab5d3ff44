//! What browsers send for a form.

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{CONTENT_TYPE, HeaderName, ORIGIN, REFERER},
    request::Parts,
};
use url::{Url, form_urlencoded::Serializer};

use super::{FoundForm, SiteForm};
use crate::conformance::planned::get;

/// The separator of the parts of a form that is sent in parts.
const BOUNDARY: &str = "----kit-form-boundary-7MA4YWxk";

/// A request that a form makes.
#[derive(Debug)]
pub(in crate::conformance) struct Filled {
    pub(in crate::conformance) parts: Parts,
    pub(in crate::conformance) body: Bytes,
}

impl Filled {
    /// Fills in the form of a page, or returns why that is not possible.
    pub(in crate::conformance) fn of(
        text: &str,
        page: &Url,
        wanted: &SiteForm,
    ) -> Result<Self, String> {
        let (form, base) = FoundForm::on_page(text, page, wanted)?;
        let is_given = |name: &str, value: &str| {
            wanted
                .given
                .iter()
                .any(|(own, given)| own == name && given == value)
        };
        let mut buttons = form.buttons.iter();
        let pressed = buttons.find(|button| is_given(&button.name, &button.value));
        let only = form.buttons.first().filter(|_| form.buttons.len() == 1);
        let button = pressed.or(only);
        let mut pairs: Vec<(&str, &str)> = form
            .sent
            .iter()
            .filter(|(name, _)| !wanted.given.iter().any(|(given, _)| given == name))
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let given = wanted.given.iter();
        pairs.extend(given.map(|(name, value)| (&**name, &**value)));
        if let Some(button) = button.filter(|button| !button.name.is_empty())
            && !pairs.iter().any(|(name, _)| *name == button.name)
        {
            pairs.push((&button.name, &button.value));
        }
        let own = |of_button: Option<&String>, of_form: &str| {
            of_button.map_or_else(|| of_form.to_owned(), Clone::clone)
        };
        let action = button
            .and_then(|it| it.action.as_ref())
            .or(form.action.as_ref());
        let action = action.filter(|action| !action.is_empty());
        let url = action.map_or_else(|| Ok(page.clone()), |action| base.join(action));
        let url = url.map_err(|_| "its action is not an address".to_owned())?;
        if url.host() != page.host() {
            return Err("it is sent to another host".to_owned());
        }
        let method = own(button.and_then(|it| it.method.as_ref()), &form.method);
        let enctype = own(button.and_then(|it| it.enctype.as_ref()), &form.enctype);
        match method == "post" {
            true => posted(page, &url, &pairs, &enctype),
            false => asked(page, url, &pairs),
        }
        .ok_or_else(|| "its request can't be made".to_owned())
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut encoded = Serializer::new(String::new());
    encoded.extend_pairs(pairs);
    encoded.finish()
}

/// Returns the path and query of an address, as a navigation from the page.
fn navigation(page: &Url, url: &Url) -> Option<Parts> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut parts = get(&path)?;
    let same = HeaderValue::from_static("same-origin");
    parts
        .headers
        .insert(HeaderName::from_static("sec-fetch-site"), same);
    let mut from = page.clone();
    from.set_fragment(None);
    let from = HeaderValue::try_from(from.as_str()).ok()?;
    parts.headers.insert(REFERER, from);
    Some(parts)
}

fn asked(page: &Url, mut url: Url, pairs: &[(&str, &str)]) -> Option<Filled> {
    url.set_query(Some(&encoded(pairs)));
    let parts = navigation(page, &url)?;
    let body = Bytes::new();
    Some(Filled { parts, body })
}

fn posted(page: &Url, url: &Url, pairs: &[(&str, &str)], enctype: &str) -> Option<Filled> {
    let mut parts = navigation(page, url)?;
    parts.method = Method::POST;
    let origin = HeaderValue::try_from(page.origin().ascii_serialization()).ok()?;
    parts.headers.insert(ORIGIN, origin);
    let (media, body) = match enctype {
        "multipart/form-data" => {
            let media = format!("multipart/form-data; boundary={BOUNDARY}");
            (media, in_parts(pairs))
        }
        "text/plain" => {
            let lines = pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}\r\n"));
            ("text/plain".to_owned(), lines.collect())
        }
        _ => (
            "application/x-www-form-urlencoded".to_owned(),
            encoded(pairs),
        ),
    };
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::try_from(media).ok()?);
    let body = Bytes::from(body);
    Some(Filled { parts, body })
}

fn in_parts(pairs: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        // As browsers escape names (HTML, multipart/form-data encoding algorithm).
        let name = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        body += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body + &format!("--{BOUNDARY}--\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"
        <form action=/search><input name=q></form>
        <form id=cookies method=post action="/cookies?next=%2F">
        <input type=hidden name=csrf value="a&amp;b">
        <input type=checkbox name=category value=maps checked><input type=checkbox name=category value=ads>
        <select name=lang><option>en<option selected value=fr>français</select>
        <textarea name=note>
x</textarea>
        <button name=choice value=accept>Yes</button>
        <button name=choice value=refuse formaction=/refuse>No</button></form>
        <form name=upload method=POST enctype=multipart/form-data><input name=a value=1><button>Send</button></form>
        <input form=cookies name=outside value=o>"#;

    fn fill(form: &SiteForm) -> Result<(String, String), String> {
        let page = Url::parse("https://localhost/settings?a=1#f").unwrap();
        let filled = Filled::of(PAGE, &page, form)?;
        let headers = &filled.parts.headers;
        assert_eq!(headers[REFERER], "https://localhost/settings?a=1");
        if filled.parts.method == Method::POST {
            assert_eq!(headers[ORIGIN], "https://localhost");
        }
        let body = String::from_utf8(filled.body.to_vec()).unwrap();
        Ok((
            format!("{} {}", filled.parts.method, filled.parts.uri),
            body,
        ))
    }

    #[test]
    fn forms_are_found_and_sent_as_browsers_do() {
        let on = || SiteForm::on("/settings");
        let rest = "csrf=a%26b&category=maps&lang=fr&note=x&outside=o";
        for form in [
            on().id("cookies").field("choice", "accept"),
            on().field("choice", "accept"),
            on().action("/cookies").field("choice", "accept"),
        ] {
            let expected = (
                "POST /cookies?next=%2F".to_owned(),
                format!("{rest}&choice=accept"),
            );
            assert_eq!(fill(&form), Ok(expected));
        }
        let refused = fill(&on().field("choice", "refuse")).unwrap();
        assert_eq!(
            refused,
            ("POST /refuse".to_owned(), format!("{rest}&choice=refuse"))
        );
        let saved = on()
            .id("cookies")
            .fields([("category", "ads"), ("category", "films")]);
        let (_, body) = fill(&saved).unwrap();
        assert!(
            body.ends_with("&category=ads&category=films") && !body.contains("maps"),
            "{body}"
        );
        let (line, body) = fill(&on().field("q", "a b")).unwrap();
        assert_eq!((&*line, &*body), ("GET /search?q=a+b", ""));
        let (line, body) = fill(&on().id("upload").field("a", "2")).unwrap();
        assert_eq!(line, "POST /settings?a=1");
        assert!(body.contains("name=\"a\"\r\n\r\n2\r\n"), "{body}");
    }

    #[test]
    fn a_form_that_is_not_clear_is_not_sent() {
        let on = || SiteForm::on("/settings");
        assert!(
            fill(&on().id("login"))
                .unwrap_err()
                .contains("3 forms, and not this one")
        );
        assert!(
            fill(&on())
                .unwrap_err()
                .contains("3 forms of the page may be meant")
        );
        let page = Url::parse("https://localhost/").unwrap();
        let away = "<form method=post action=https://evil.example/></form>";
        assert!(
            Filled::of(away, &page, &on())
                .unwrap_err()
                .contains("another host")
        );
    }
}
