//! A page behind the gate for documents, and the parser that the gate is built on with the same selectors and
//! the same edits.

use std::{
    convert::Infallible,
    future::ready,
    hint::black_box,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use axum::body::{Bytes, HttpBody};
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use lol_html::{HtmlRewriter, Settings, element};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy, documents::HtmlConsentLayer,
    documents_for_tests::SELECTOR, policy::Service as Declared,
};

/// A page of the site alone, and one whose frames, pictures and scripts are of services without consent.
pub(crate) const NAMES: [&str; 2] = ["nothing held back", "all held back"];

/// The most that the gate may take, in instructions or in time, for one by the parser alone.
pub(crate) const MOST: f64 = 1.25;

/// A policy has no more services than this, beside its categories.
const SERVICES: usize = 109;

/// What comes from the network at once.
const PIECE: usize = 8 * 1024;

/// What the site's own inline scripts are like.
const OWN_SCRIPT: &str = "(function () {\n  var menu = document.querySelector('#menu');\n  if (!menu) { return; }\n  \
    menu.addEventListener('click', function (event) {\n    event.preventDefault();\n    \
    menu.classList.toggle('is-open');\n    localStorage.setItem('menu', String(Date.now()));\n  });\n})();\n";

/// What those are like that load a service.
const LOADERS: [&str; 2] = [
    "window.dataLayer = window.dataLayer || [];\nfunction gtag() { dataLayer.push(arguments); }\n\
        gtag('js', new Date());\ngtag('config', 'G-0000000000');\n/* googletagmanager.com/gtag */\n",
    "var _paq = window._paq = window._paq || [];\n_paq.push(['trackPageView']);\n\
        _paq.push(['enableLinkTracking']);\n",
];

/// Returns a page of 50 KB with eight scripts of others, eight inline scripts, frames and pictures. `None` for an
/// unknown name.
fn page(name: &str) -> Option<String> {
    let is_held = NAMES.iter().position(|known| *known == name)? == 1;
    let host = if is_held {
        "https://www.youtube.com"
    } else {
        ""
    };
    let mut page = String::from("<!doctype html><html lang=en><head><title>A page</title>");
    for number in 0..8 {
        page.push_str(&format!(
            "<script async src=\"{host}/{number}.js\"></script>\n"
        ));
    }
    page.push_str("<style>body{color:#222;background:url(/paper.png)}</style></head><body>\n");
    for number in 0..8 {
        let own = OWN_SCRIPT.repeat(3);
        page.push_str(&match is_held {
            true => format!(
                "<script data-of=third>{}{own}</script>\n",
                LOADERS[number % 2]
            ),
            false => format!("<script>{own}</script>\n"),
        });
    }
    for number in 0.. {
        page.push_str(&format!(
            "<div class=\"row\"><h2 id=\"h{number}\">Heading</h2><p>Some text with <a \
             href=\"/page/{number}\">a link</a>, and <em>more</em> of it in the next line.</p></div>\n"
        ));
        if number % 20 == 0 {
            page.push_str(&format!("<iframe src=\"{host}/f{number}\"></iframe>\n"));
            page.push_str(&format!("<img alt=\"\" src=\"{host}/p{number}.png\">\n"));
        }
        if page.len() > 50_000 {
            break;
        }
    }
    Some(page + "</body></html>")
}

/// Returns a turn that reads a page with the parser alone: it makes the changes of the gate, which it knows by
/// the host.
fn parser(page: String) -> impl FnMut() -> usize {
    move || {
        let mut length = 0;
        let settings =
            Settings::new().append_element_content_handler(element!(SELECTOR, |element| {
                let source = element
                    .get_attribute("src")
                    .filter(|source| source.starts_with("https://www.youtube.com/"));
                let is_held = source.is_some();
                if let Some(source) = source {
                    element.remove_attribute("src");
                    element.set_attribute("data-consent-src", &source)?;
                    element.set_attribute("data-consent", "youtube")?;
                }
                let is_script = element.tag_name() == "script";
                if is_script && (is_held || element.has_attribute("data-of")) {
                    element.set_attribute("type", "text/plain")?;
                }
                Ok(())
            }));
        let mut rewriter = HtmlRewriter::new(settings, |out: &[u8]| length += out.len());
        for piece in page.as_bytes().chunks(PIECE) {
            rewriter.write(piece).expect("a page");
        }
        rewriter.end().expect("a page");
        length
    }
}

/// A page as it comes from the network.
#[derive(Default)]
struct Pieces(Bytes);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let size = self.0.len().min(PIECE);
        let piece = (size > 0).then(|| self.0.split_to(size));
        Poll::Ready(piece.map(|piece| Ok(http_body::Frame::data(piece))))
    }
}

/// A policy with services of the catalogue, each in a category of what it is for.
fn policy() -> CookiePolicy {
    let rows = include_str!("../../src/policy/catalogue/services.json");
    let rows: Vec<serde_json::Value> = serde_json::from_str(rows).expect("the catalogue");
    let mut categories: Vec<Category> = Vec::new();
    let must = ["youtube", "google-analytics", "matomo-cloud"];
    let is_first =
        |row: &&serde_json::Value| must.contains(&row["id"].as_str().unwrap_or_default());
    let (first, others): (Vec<_>, Vec<_>) = rows.iter().partition(is_first);
    for row in first.into_iter().chain(others).take(SERVICES) {
        let [id, purpose] = ["id", "category"].map(|key| row[key].as_str().expect("a text"));
        let service = Declared::from_catalogue(id).cookies([]);
        let at = categories.iter().position(|it| it.id() == purpose);
        let at = at.unwrap_or_else(|| {
            categories.push(Category::consent(purpose));
            categories.len() - 1
        });
        categories[at] = categories[at].clone().service(service);
    }
    CookiePolicy::new(categories).expect("a valid policy")
}

/// Returns a turn that reads a page behind the layers.
fn gated(page: String) -> impl FnMut() -> usize {
    let page = Bytes::from(page);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let inner = service_fn(move |_: Request<()>| {
        let mut response = Response::new(Pieces(page.clone()));
        response.headers_mut().insert(CONTENT_TYPE, html.clone());
        ready(Ok::<_, Infallible>(response))
    });
    let layer = CookieConsentLayer::new(policy());
    let mut service = layer.layer(HtmlConsentLayer::new().layer(inner));
    let mut request = super::request(&[]);
    let document = HeaderValue::from_static("document");
    request.headers_mut().insert("sec-fetch-dest", document);
    move || {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(service.call(request.clone())).poll(&mut context)
        else {
            return 0;
        };
        let mut body = pin!(response.into_body());
        let mut length = 0;
        while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
            let frame = frame.expect("a page");
            length += frame.data_ref().map_or(0, Bytes::len);
        }
        length
    }
}

/// Returns a turn of the gate, or of the parser alone. `None` for an unknown name.
pub(crate) fn turn(name: &str, is_gated: bool) -> Option<Box<dyn FnMut()>> {
    let page = page(name)?;
    let length = page.len();
    let mut turn: Box<dyn FnMut() -> usize> = match is_gated {
        true => Box::new(gated(page)),
        false => Box::new(parser(page)),
    };
    Some(Box::new(move || {
        assert!(black_box(turn()) >= length);
    }))
}
