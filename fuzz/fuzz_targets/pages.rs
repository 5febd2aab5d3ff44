//! The endpoint of the pages, behind the layer: no request makes it fail, redirect to another site,
//! show input as markup, or grant what a visitor did not ask for on the site's own pages.
#![no_main]

use http::Method;
use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::Basis;
use tower_cookie_consent_fuzz::{
    NOW,
    html::{Attribute, look_at},
    portal::{Answer, Portal, policy_texts},
    reference::{consent::Preferences, name},
    scene::values,
    show, show_all,
    visit::Visit,
};
use url::{Url, form_urlencoded};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(visit) = Visit::read(data) else {
        return Corpus::Reject;
    };
    let answer = Portal::get().answer(&visit);
    assert!(
        answer.status.as_u16() < 500,
        "{}: {}",
        answer.status,
        show(&answer.body)
    );
    stays_on_the_site(&visit, &answer);
    is_a_page_of_the_site(&visit, &answer);
    keeps_to_its_visitor(&visit, &answer);
    takes_only_what_was_chosen(&visit, &answer);
    if let Some(page) = Portal::get().reported() {
        assert!(!page.contains(Visit::MARKER), "{page}");
        assert!(page.len() < 1 << 20, "{} bytes", page.len());
    }
    Corpus::Keep
});

/// The URL of the page, as the browser has it.
fn page(visit: &Visit) -> Url {
    let target = visit
        .request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let target = if target.starts_with('/') { target } else { "/" };
    Url::parse(&format!("https://portal.example.org{target}")).expect("a URL of the portal")
}

fn is_on_the_site(page: &Url, reference: &str) -> bool {
    page.join(reference)
        .is_ok_and(|url| url.origin() == page.origin())
}

fn stays_on_the_site(visit: &Visit, answer: &Answer) {
    let page = page(visit);
    for location in values(&answer.headers, "location") {
        let location = str::from_utf8(&location).expect("visible ASCII");
        assert!(
            is_on_the_site(&page, location),
            "{page} leads to {location}"
        );
    }
}

/// Checks that a page leads nowhere else, loads nothing else, and only has the markup that an
/// honest visitor gets.
fn is_a_page_of_the_site(visit: &Visit, answer: &Answer) {
    let content_type = values(&answer.headers, "content-type");
    let Some(html) = answer.html() else {
        assert!(
            !content_type
                .iter()
                .any(|value| value.starts_with(b"text/html"))
        );
        return;
    };
    assert!(!html.contains(Visit::MARKER), "{html}");
    for name in ["content-security-policy", "x-content-type-options"] {
        assert!(
            visit.fragments || answer.headers.contains_key(name),
            "no {name}"
        );
    }
    let (portal, page) = (Portal::get(), page(visit));
    look_at(html, |attribute| {
        let Attribute {
            element,
            name,
            value,
        } = attribute;
        let at = || {
            format!(
                "{}={} of {} in {page}: {html}",
                show(name),
                show(value),
                show(element)
            )
        };
        assert!(portal.parts.know(attribute), "{}", at());
        let value = str::from_utf8(value).expect("pages are UTF-8");
        let leads = matches!(name, b"href" | b"src" | b"action" | b"data-state");
        // A form may send back the path to return to.
        let is_target = element == b"input" && name == b"value" && value.starts_with('/');
        if leads || is_target {
            let known = portal.urls.contains(value);
            assert!(known || is_on_the_site(&page, value), "{}", at());
        }
    });
}

/// Checks that others may only store what is the same for everybody.
fn keeps_to_its_visitor(visit: &Visit, answer: &Answer) {
    if visit.fragments {
        return;
    }
    let kept = values(&answer.headers, "cache-control");
    let says = |word: &str| {
        kept.iter()
            .any(|value| String::from_utf8_lossy(value).contains(word))
    };
    assert!(!kept.is_empty());
    if answer.headers.contains_key("set-cookie") || answer.html().is_some() {
        assert!(says("no-store") || says("private"), "{}", show_all(&kept));
        assert!(!says("public"), "{}", show_all(&kept));
    }
    if visit.request.method() == Method::HEAD {
        assert!(answer.body.is_empty());
    }
    if values(&answer.headers, "content-type") == [b"application/json"] && !answer.body.is_empty() {
        serde_json::from_slice::<serde_json::Value>(&answer.body).expect("JSON");
    }
}

/// The sender of the request, according to browsers.
#[derive(Debug, PartialEq)]
enum Sender {
    Own,
    Silent,
    Foreign,
}

fn sender(visit: &Visit) -> Sender {
    let headers = visit.request.headers();
    let said = |name| {
        headers
            .get(name)
            .map(|value| value.as_bytes())
            .filter(|value| !value.is_empty())
    };
    let host = values(headers, "host");
    let authority = visit
        .request
        .uri()
        .authority()
        .map(|authority| authority.as_str().as_bytes().to_vec());
    match (said("sec-fetch-site"), said("origin")) {
        (Some(b"same-origin" | b"none"), _) => Sender::Own,
        (Some(_), _) => Sender::Foreign,
        (None, None) => Sender::Silent,
        (None, Some(origin)) => {
            let of_origin = origin
                .windows(3)
                .position(|part| part == b"://")
                .map(|at| &origin[at + 3..]);
            let ours = host.first().into_iter().chain(&authority);
            match ours
                .into_iter()
                .any(|ours| of_origin.is_some_and(|origin| origin.eq_ignore_ascii_case(ours)))
            {
                true => Sender::Own,
                false => Sender::Foreign,
            }
        }
    }
}

/// The contents of a body: decisions and listed categories.
#[derive(Debug, Default)]
struct Said {
    decisions: Vec<String>,
    categories: Vec<String>,
    objections: Vec<String>,
    revisions: Vec<String>,
    texts: Vec<String>,
}

fn said(visit: &Visit) -> Said {
    let mut said = Said::default();
    for (name, value) in form_urlencoded::parse(&visit.body) {
        let list = match &*name {
            "decision" => &mut said.decisions,
            "category" => &mut said.categories,
            "objection" => &mut said.objections,
            "revision" => &mut said.revisions,
            "texts" => &mut said.texts,
            _ => continue,
        };
        list.push(value.into_owned());
    }
    let content_type = values(visit.request.headers(), "content-type");
    let as_json = content_type.first().is_some_and(|value| {
        value
            .to_ascii_lowercase()
            .windows(4)
            .any(|part| part == b"json")
    });
    if as_json {
        let json: serde_json::Value = serde_json::from_slice(&visit.body).unwrap_or_default();
        let strings = |key: &str| -> Vec<String> {
            let list = json[key].as_array().cloned().unwrap_or_default();
            list.iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        said = Said {
            decisions: json["decision"]
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            categories: strings("categories"),
            objections: strings("objections"),
            revisions: json["revision"]
                .as_u64()
                .map(|number| number.to_string())
                .into_iter()
                .collect(),
            texts: json["texts"]
                .as_str()
                .map(str::to_owned)
                .into_iter()
                .collect(),
        };
    }
    said
}

/// Returns the preferences that the request carries.
fn received(visit: &Visit) -> Preferences {
    let site = Portal::get().site;
    let fields = values(visit.request.headers(), "cookie");
    let pairs = fields.iter().flat_map(|field| name::pairs(field));
    let said = pairs.filter_map(|pair| {
        let (name, value) = name::of_pair(pair)?;
        (name == site.preferences).then_some(value)
    });
    Preferences::of(site, said, NOW)
}

fn takes_only_what_was_chosen(visit: &Visit, answer: &Answer) {
    let site = Portal::get().site;
    let set: Vec<Vec<u8>> = values(&answer.headers, "set-cookie")
        .into_iter()
        .filter(|field| name::of_set_cookie(field) == Some(site.preferences))
        .filter(|field| !name::value_of_set_cookie(field).is_empty())
        .collect();
    let [field] = &set[..] else {
        assert!(set.is_empty(), "{}", show_all(&set));
        return;
    };
    let value = name::value_of_set_cookie(field);
    let preferences = Preferences::of(site, [value].into_iter(), NOW);
    let [Some(choice)] = &preferences.said[..] else {
        panic!("{} can't be read", show(field));
    };
    assert_eq!(visit.request.method(), Method::POST);
    assert!(visit.request.uri().path().ends_with("preferences"));
    assert!(!visit.fragments && !visit.broken);

    let sender = sender(visit);
    assert_ne!(sender, Sender::Foreign);
    let said = said(visit);
    let decides = |word: &str| said.decisions.iter().any(|decision| decision == word);
    assert_eq!(said.decisions.len(), 1);
    let accepts = sender == Sender::Own && decides("accept");
    let saves = sender == Sender::Own && decides("save");
    let objects = decides("object");
    assert!(accepts || saves || objects || decides("refuse") || decides("withdraw"));
    // An objection renews no yes; everything else is a choice made now.
    assert!(choice.timestamp == Some(NOW) || (objects && choice.timestamp <= Some(NOW)));
    let before = received(visit);
    for ((number, category), answer) in site.categories.iter().enumerate().zip(&choice.answers) {
        let named = said.categories.iter().any(|id| id == category.id);
        let objected = said.objections.iter().any(|id| id == category.id);
        match category.basis {
            Basis::Necessary => assert_ne!(*answer, Some(false)),
            Basis::Exempt | Basis::OptOut if objects => assert_eq!(*answer, Some(false)),
            // What was not agreed to before is not agreed to now.
            Basis::Consent if objects => {
                let mut before = before.said.iter().flatten();
                let agreed = before.any(|said| said.answers[number] == Some(true));
                assert!(*answer != Some(true) || agreed, "{}", category.id);
            }
            Basis::Consent if saves => assert_eq!(*answer, Some(named)),
            Basis::Exempt | Basis::OptOut if saves => {
                assert!(!objected || *answer == Some(false));
            }
            _ => assert_eq!(*answer, Some(accepts), "{}", category.id),
        }
    }
    if accepts || saves {
        let current = said
            .revisions
            .last()
            .is_none_or(|last| last.parse() == Ok(site.revision));
        assert!(current, "{said:?}");
        let shown = said
            .texts
            .last()
            .is_none_or(|last| policy_texts().contains(last));
        assert!(shown, "{said:?}");
    }
}
