//! Documents in other codings and charsets, and those that can't be read.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use flate2::{Compression, write::GzEncoder};
use http::Method;
use tower_cookie_consent::documents::{DocumentEvent, Documents, HtmlConsentLayer, Stopped};

use super::{Origin, PAGE, ask, get, heard, site};

/// The reasons that a layer's observer hears.
fn with_reasons(layer: HtmlConsentLayer) -> (HtmlConsentLayer, Arc<Mutex<Vec<Option<Stopped>>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let reasons = Arc::clone(&heard);
    let layer = layer.observe(move |event: &DocumentEvent<'_>| {
        reasons.lock().unwrap().push(event.reason());
    });
    (layer, heard)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_compressed_document_is_gated() {
    let origin = Origin::html(gzip(PAGE.as_bytes())).with("content-encoding", "gzip");
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert!(answer.text().contains("data-consent-src"));
    assert!(answer.all("content-encoding").is_empty());
}

#[test]
fn codings_that_cannot_be_read_are_not_asked_for() {
    let origin = Origin::html(PAGE);
    let all = "gzip, br, zstd, dcb, dcz";
    for (documents, dest, asked) in [
        // The library for zstd can't read a document as it arrives.
        (Documents::Both, "document", "gzip, br"),
        (Documents::Gate, "iframe", "gzip, br"),
        (Documents::Both, "empty", "gzip, br, zstd"),
        (Documents::Both, "script", all),
        (Documents::Csp, "document", all),
    ] {
        let layer = HtmlConsentLayer::new().documents(documents);
        let headers = [("accept-encoding", all), ("sec-fetch-dest", dest)];
        ask(site(&origin, layer), Method::GET, &headers);
        let seen = origin.seen("accept-encoding");
        assert_eq!(seen.as_deref(), Some(asked), "{documents:?} {dest}");
    }
}

#[test]
fn the_charset_is_pinned() {
    for (content_type, start, pinned) in [
        ("text/html", "", "UTF-8"),
        ("text/html", "<meta charset=utf-8>", "UTF-8"),
        ("text/html; charset=iso-8859-1", "", "windows-1252"),
        ("text/html; charset=iso-8859-1", "\u{feff}", "UTF-8"),
        (
            "text/html; charset=unheard-of",
            "<meta charset=koi8-r>",
            "KOI8-R",
        ),
    ] {
        let origin = Origin::page(&[("content-type", content_type)], format!("{start}{PAGE}"));
        let answer = get(&origin, HtmlConsentLayer::new(), "");
        let expected = format!("text/html; charset={pinned}");
        assert_eq!(
            answer.all("content-type"),
            [expected],
            "{content_type} {start}"
        );
        assert_eq!(answer.all("x-content-type-options"), ["nosniff"]);
    }
}

/// Browsers guess by the first bytes, and never that it is HTML after `nosniff`.
#[test]
fn what_browsers_show_as_something_else_stays_that() {
    let script = "<script>alert(1)</script>";
    let (text, padded) = (format!("my notes {script}"), format!(" \n{script}"));
    let nosniff = ("x-content-type-options", "NoSniff, x");
    let unknown = ("content-type", "application/unknown");
    for (fields, body, becomes_html) in [
        (&[][..], &text, false),
        (&[unknown], &text, false),
        (&[nosniff], &text, false),
        (&[], &padded, true),
        (&[unknown], &padded, true),
        (&[nosniff], &padded, false),
        (&[nosniff, unknown], &padded, false),
    ] {
        let origin = Origin::page(fields, body.clone());
        for documents in [Documents::Both, Documents::Gate] {
            let layer = HtmlConsentLayer::new().documents(documents);
            let answer = get(&origin, layer, "");
            let types = answer.all("content-type");
            let is_html = types.iter().any(|it| it.starts_with("text/html"));
            assert_eq!(is_html, becomes_html, "{fields:?} {body}");
            let sent: Vec<_> = fields.iter().filter(|it| it.0 == "content-type").collect();
            assert!(is_html || types.len() == sent.len(), "{types:?}");
            assert!(answer.text().ends_with(script), "{fields:?}");
            let policies = answer.all("content-security-policy").len();
            assert_eq!(policies == 1, documents == Documents::Both);
        }
    }
    // What is passed as it is was decoded to be looked at.
    let origin = Origin::page(&[("content-encoding", "gzip")], gzip(text.as_bytes()));
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert_eq!(answer.text(), text);
    assert!(answer.all("content-encoding").is_empty());
}

#[test]
fn what_cannot_be_read_is_not_sent() {
    let utf_16: Vec<u8> = PAGE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&b"\xff\xfe"[..], &utf_16].concat();
    let series = ("content-type", "multipart/x-mixed-replace; boundary=x");
    for (origin, reason) in [
        (
            Origin::html(PAGE).with("content-encoding", "unheard-of"),
            Stopped::Coding,
        ),
        (
            Origin::html(PAGE).with("content-encoding", "gzip"),
            Stopped::Coding,
        ),
        (
            Origin::page(&[("content-type", "text/html; charset=utf-16le")], utf_16),
            Stopped::Charset,
        ),
        (Origin::html(marked), Stopped::Charset),
        (Origin::page(&[series], PAGE), Stopped::Series),
    ] {
        let (layer, reasons) = with_reasons(HtmlConsentLayer::new());
        let (layer, heard) = heard(layer);
        let answer = get(&origin, layer, "");
        assert_eq!((answer.status, answer.text()), (502, ""));
        assert_eq!(*heard.lock().unwrap(), ["unreadable  - - /page"]);
        assert_eq!(*reasons.lock().unwrap(), [Some(reason)]);
    }
}

#[test]
fn documents_that_replace_each_other_are_not_sent() {
    let kind = "multipart/x-mixed-replace; boundary=x";
    let origin = Origin::page(&[("content-type", kind)], PAGE);
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert_eq!((answer.status, answer.text()), (502, ""));
    // The pictures of a camera, and what only reports or only sends a policy.
    let headers = [("sec-fetch-dest", "image")];
    let answer = ask(
        site(&origin, HtmlConsentLayer::new()),
        Method::GET,
        &headers,
    );
    assert_eq!((answer.status, answer.text()), (200, PAGE));
    for layer in [
        HtmlConsentLayer::new().report_only(true),
        HtmlConsentLayer::new().documents(Documents::Csp),
    ] {
        let answer = get(&origin, layer, "");
        assert_eq!((answer.status, answer.text()), (200, PAGE));
    }
}

#[test]
fn nothing_raw_follows_an_error() {
    let long = format!(
        "<!doctype html>{}<img alt=\"{}",
        "x".repeat(70_000),
        "a".repeat(3_000_000)
    );
    let page = format!("{long}\"><img src=https://unknown.example/>");
    let cut = gzip(PAGE.repeat(2_000).as_bytes());
    let two_ways = format!(
        "{}<select><xmp><img alt='</xmp>' src=//unknown.example></select>",
        "x".repeat(70_000)
    );
    for (origin, kind, reason) in [
        (Origin::html(page), "stopped", Stopped::Memory),
        (Origin::html(two_ways), "stopped", Stopped::Ambiguous),
        (
            Origin::html(&cut[..cut.len() / 2]).with("content-encoding", "gzip"),
            "unreadable",
            Stopped::Coding,
        ),
    ] {
        let (layer, reasons) = with_reasons(HtmlConsentLayer::new());
        let (layer, heard) = heard(layer);
        let answer = get(&origin, layer, "");
        assert!(answer.body.is_err(), "{kind}");
        let heard = heard.lock().unwrap();
        assert!(heard.iter().any(|line| line.starts_with(kind)), "{heard:?}");
        assert!(reasons.lock().unwrap().contains(&Some(reason)), "{reason}");
        // A report of it changes nothing.
        if kind == "stopped" {
            let (layer, reasons) = with_reasons(HtmlConsentLayer::new().report_only(true));
            let answer = get(&origin, layer, "");
            assert_eq!(answer.body, Ok(origin.body), "{reason}");
            assert!(reasons.lock().unwrap().contains(&Some(reason)), "{reason}");
        }
    }
}

#[test]
fn other_charsets_pass_when_they_may() {
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let named = ("content-type", "text/html; charset=utf-16le");
    let long = utf_16(&PAGE.repeat(400));
    for (origin, content_type) in [
        (Origin::page(&[named], utf_16(PAGE)), named.1),
        (
            Origin::html(utf_16(&format!("\u{feff}{PAGE}"))),
            "text/html; charset=UTF-16LE",
        ),
        (
            Origin::html([&b"\xff\xfe"[..], &long].concat()),
            "text/html; charset=UTF-16LE",
        ),
        (
            Origin::page(&[("content-type", "text/html; charset=iso-2022-jp")], PAGE),
            "text/html; charset=iso-2022-jp",
        ),
    ] {
        let (layer, heard) = heard(HtmlConsentLayer::new().pass_other_charsets(true));
        let answer = get(&origin, layer, "");
        assert_eq!(
            (answer.status, answer.all("content-type")),
            (200, vec![content_type])
        );
        assert_eq!(answer.body.as_ref(), Ok(&origin.body));
        assert_eq!(answer.all("content-security-policy").len(), 1);
        assert!(answer.all("cache-control").contains(&"no-cache"));
        assert_eq!(*heard.lock().unwrap(), ["passed  - - /page"]);
    }
    // A report changes nothing.
    let origin = Origin::html(utf_16(&format!("\u{feff}{PAGE}")));
    let (layer, heard) = heard(HtmlConsentLayer::new().report_only(true));
    let answer = get(&origin, layer, "");
    assert_eq!(
        (answer.status, answer.body.as_ref()),
        (200, Ok(&origin.body))
    );
    assert_eq!(*heard.lock().unwrap(), ["passed  - - /page (unchanged)"]);
    // What is compressed in a way that nobody knows, may be in any charset.
    let origin = Origin::page(&[named], PAGE).with("content-encoding", "unheard-of");
    let answer = get(
        &origin,
        HtmlConsentLayer::new().pass_other_charsets(true),
        "",
    );
    assert_eq!(answer.status, 502);
}
