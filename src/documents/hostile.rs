//! Documents that are made to take up memory or time, or to get something past the gate.

use std::{
    convert::Infallible,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};

use super::{
    body::GateBody,
    cases::{Hosts, gate, gate_in_pieces, run, setup, table},
    charset::Charset,
    codings::tests::of,
    gate::Gate,
    stopped::{GateError, Stopped},
};

/// A body of these pieces, after which it waits for ever if `waits`.
struct Pieces {
    pieces: std::vec::IntoIter<Vec<u8>>,
    waits: bool,
}

impl Pieces {
    fn new(pieces: Vec<Vec<u8>>, waits: bool) -> Self {
        Self {
            pieces: pieces.into_iter(),
            waits,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.pieces.next() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
            None if self.waits => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.pieces.as_slice().iter().map(Vec::len).sum::<usize>();
        SizeHint::with_exact(left as u64)
    }
}

fn body(pieces: Vec<Vec<u8>>, waits: bool, coding: &str, sniffs: bool) -> GateBody<Pieces> {
    let inner = Pieces::new(pieces, waits);
    let decoders = of(coding.as_bytes()).expect("known");
    GateBody::gate(inner, decoders, setup(Arc::new(Hosts::default())), sniffs)
}

/// Reads what comes without waiting.
fn read(body: GateBody<Pieces>) -> (Vec<u8>, Option<Stopped>) {
    let mut body = pin!(body);
    let mut out = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut cx) {
        match frame {
            Ok(frame) => {
                let mut data = frame.into_data().expect("no trailers");
                let length = data.remaining();
                out.extend_from_slice(&data.copy_to_bytes(length));
            }
            Err(GateError::Stopped(stopped)) => {
                assert!(matches!(
                    body.as_mut().poll_frame(&mut cx),
                    Poll::Ready(None)
                ));
                return (out, Some(stopped));
            }
            Err(GateError::Inner(never)) => match never {},
        }
    }
    (out, None)
}

#[test]
fn first_bytes_leave_when_the_first_came() {
    let start = b"<p>x</p>".repeat(1024);
    for coding in ["", "gzip", "deflate", "br"] {
        let bytes = super::codings::tests::begun(coding, &start);
        let (out, stopped) = read(body(vec![bytes], true, coding, false));
        assert_eq!(stopped, None);
        assert!(out.len() > start.len() - 100, "{coding}: {}", out.len());
    }
}

#[test]
fn charset_is_known_before_the_body() {
    for (start, charset) in [
        (
            &b"<meta charset=gbk><img src=\"//own.example/\xd6\xd0\">"[..],
            encoding_rs::GBK,
        ),
        (b"\xef\xbb\xbf<meta charset=gbk>", encoding_rs::UTF_8),
        (b"caf\xe9", encoding_rs::WINDOWS_1252),
        (b"", encoding_rs::UTF_8),
    ] {
        let mut body = pin!(body(vec![start.to_vec()], false, "", true));
        let mut cx = Context::from_waker(Waker::noop());
        match body.as_mut().poll_charset(&mut cx) {
            Poll::Ready(Ok(found)) => assert_eq!(found, Some(charset)),
            other => panic!("{other:?}"),
        }
    }
    let (out, stopped) = read(body(vec![b"\xfe\xff\0<".to_vec()], false, "", true));
    assert_eq!((out, stopped), (Vec::new(), Some(Stopped::Charset)));
}

#[test]
fn lying_codings_send_nothing_raw() {
    let page = b"<img src=//t.example>".to_vec();
    for coding in ["gzip", "br", "zstd", "deflate", "gzip, br"] {
        let (out, stopped) = read(body(vec![page.clone()], false, coding, false));
        assert_eq!(
            (out, stopped),
            (Vec::new(), Some(Stopped::Coding)),
            "{coding}"
        );
    }
}

#[test]
fn deep_nesting_ends_the_document_or_passes() {
    for (start, end) in [
        ("<div>", ""),
        ("<b>", "</b>"),
        ("<svg>", ""),
        ("<template>", ""),
        ("<li>", ""),
    ] {
        let text = format!(
            "{}<img src=//t.example>{}",
            start.repeat(100_000),
            end.repeat(100_000)
        );
        match gate(&text) {
            Ok(out) => assert!(out.contains("data-consent-src")),
            Err(stopped) => assert_eq!(stopped, Stopped::Memory, "{start}"),
        }
    }
    let nested = (0..12).fold("<img src=//t.example>".to_owned(), |inner, _| {
        format!("<iframe srcdoc=\"{}\">", super::attribute::escape(&inner))
    });
    let out = gate(&nested).expect("read");
    assert!(
        out.contains("data-consent-srcdoc"),
        "too deep to be read: {out}"
    );
}

#[test]
fn long_attributes_and_endless_documents_are_bounded() {
    let attribute = format!("<img alt=\"{}\" src=//t.example>", "x".repeat(10_000_000));
    assert_eq!(gate_in_pieces(&attribute, 32_768), Err(Stopped::Memory));
    let style = format!("<style>a{{b:url({}", "x".repeat(10_000_000));
    assert_eq!(gate_in_pieces(&style, 32_768), Err(Stopped::Memory));
    let mut endless = Gate::new(setup(Arc::new(Hosts::default())));
    let mut sent = 0;
    for _ in 0..2_000 {
        endless
            .write(&b"<p>text</p><!-- comment -->".repeat(1_000))
            .expect("as it comes");
        let out = endless.take();
        assert!(out.len() < 100_000);
        sent += out.len();
    }
    assert!(sent > 50_000_000);
}

/// Gates a document that may take up this much memory.
fn gate_within(memory: usize, page: &str) -> Result<String, Stopped> {
    let mut setup = setup(Arc::new(Hosts::default()));
    setup.memory = memory;
    let out = run(Gate::new(setup), page.as_bytes(), 100)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn documents_inside_of_others_share_what_is_left() {
    let framed = |document: &str, count: usize| {
        (0..count).fold(document.to_owned(), |inner, _| {
            format!("<iframe srcdoc=\"{}\">", super::attribute::escape(&inner))
        })
    };
    let text = "x".repeat(30_000);
    for (memory, count, is_read) in [
        (400_000, 1, true),
        (400_000, 3, true),
        (400_000, 5, false),
        (40_000, 1, true),
        (40_000, 2, false),
    ] {
        let page = framed(&format!("{text}<img src=//t.example>"), count);
        let out = gate_within(memory, &page).expect("its tag fits");
        assert_eq!(
            out.contains("data-consent-src="),
            is_read,
            "{memory} {count}"
        );
        assert_eq!(
            out.contains("data-consent-srcdoc="),
            !is_read,
            "{memory} {count}"
        );
    }
    let tag = format!("<noscript><img alt=\"{text}\" src=//t.example></noscript>");
    assert!(gate_within(100_000, &tag).is_ok_and(|out| out.contains("data-consent-src")));
    assert_eq!(gate_within(50_000, &tag), Err(Stopped::Memory));
}

#[test]
fn any_limit_of_memory_is_one() {
    let page = "<p class=a><iframe srcdoc='<img src=//t.example>'></iframe>".repeat(10);
    for memory in [0, 1, 100, 1_023, 1_024, 5_000] {
        let out = gate_within(memory, &page);
        assert!(
            out.is_err() || !out.is_ok_and(|out| out.contains(" srcdoc='<img src=")),
            "{memory}"
        );
    }
}

#[test]
fn odd_bytes_stay_as_they_are() {
    let every: Vec<u8> = (0..=255).filter(|byte| *byte != b'<').collect();
    let mut page = b"<!doctype html>\0<p title='\0\xff'>".to_vec();
    page.extend(&every);
    page.extend(b"</p><script>\xff\xfe\0</script><style>\x80{}</style><img src='/\xff'>");
    for charset in [
        encoding_rs::UTF_8,
        encoding_rs::SHIFT_JIS,
        encoding_rs::GB18030,
        encoding_rs::WINDOWS_1252,
    ] {
        for size in [1, 5, usize::MAX] {
            let mut setup = setup(Arc::new(Hosts::default()));
            setup.charset = Charset::new(charset).expect("known");
            let out = run(Gate::new(setup), &page, size).expect("read");
            assert!(out == page, "{}", charset.name());
        }
    }
}

#[test]
fn report_only_changes_nothing() {
    let judge = Arc::new(Hosts::default());
    let mut setup = setup(Arc::clone(&judge) as _);
    setup.report_only = true;
    let page = "<img src=//t.example><script>film()</script><style>a{b:url(//t.example/c)}</style>\
        <base href=//t.example><img srcset=//map.example><iframe src=data:text/html,x></iframe>\
        <iframe srcdoc='<img src=//t.example/d>'></iframe><noscript><img src=//t.example/e></noscript>";
    let out = run(Gate::new(setup), page.as_bytes(), 7).expect("read");
    assert_eq!(String::from_utf8_lossy(&out), page);
    let held = judge.held.lock().expect("not poisoned");
    for line in [
        "img src https://t.example/",
        "script  ",
        "style  https://t.example/c",
        "iframe src ",
    ] {
        assert!(held.iter().any(|other| other == line), "{line} in {held:?}");
    }
    assert!(
        held.iter().any(|line| line.ends_with("/d"))
            && held.iter().any(|line| line.ends_with("/e"))
    );
}

#[test]
fn scripts_start_again_a_bounded_number_of_times() {
    let text = "<svg/><style></style>".repeat(100);
    assert_eq!(gate(&text).as_deref(), Ok(&*text));
    let text = "<svg/><style></style>".repeat(10_000);
    assert_eq!(gate(&text), Err(Stopped::Ambiguous));
}

#[test]
fn rules_that_are_not_read_to_the_end_are_held() {
    for (before, after) in [
        ("[".repeat(140), "]".repeat(140)),
        (" ".repeat(70_000), String::new()),
    ] {
        let value = if after.is_empty() { "0" } else { "" };
        let rules =
            format!(r#"{{"x":{before}{value}{after},"prefetch":[{{"urls":["//t.example"]}}]}}"#);
        let page = format!("<script type=speculationrules>{rules}</script>");
        let out = gate(&page).expect("read");
        assert!(
            out.starts_with("<script type=\"text/plain\""),
            "{}",
            &out[..40]
        );
    }
}

#[test]
fn first_of_many_attributes_counts() {
    let many: String = (0..16_000).map(|number| format!(" a{number}")).collect();
    let page = format!("<img src=/own{many} src=//t.example alt>");
    assert_eq!(gate(&page).as_deref(), Ok(&*page));
    let page = format!("<img{many} src=//t.example src=/own>");
    let out = gate(&page).expect("read");
    assert!(out.ends_with("data-consent-src=//t.example data-consent-src=/own>"));
}

#[test]
fn report_only_ends_no_document() {
    let ambiguous = table(include_str!("../../tests/data/documents/ambiguous.txt"));
    let mut pages: Vec<_> = ambiguous
        .map(|(page, _)| (page.into_bytes(), Stopped::Ambiguous))
        .collect();
    let picture = format!("<img src=\"data:,{}\"><p>", "A".repeat(3_000_000));
    pages.push((picture.into_bytes(), Stopped::Memory));
    let utf_16 = b"\xff\xfe<\0p\0>\0".repeat(1_000);
    pages.push((utf_16, Stopped::Charset));
    for (page, reason) in pages {
        let judge = Arc::new(Hosts::default());
        let mut setup = setup(Arc::clone(&judge) as _);
        (setup.report_only, setup.pass_charsets) = (true, true);
        let pieces = page.chunks(100_000).map(<[u8]>::to_vec).collect();
        let decoders = of(b"").expect("known");
        let mut body = pin!(GateBody::gate(
            Pieces::new(pieces, false),
            decoders,
            setup,
            true
        ));
        let mut out = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            let left = (page.len() - out.len()) as u64;
            assert_eq!(body.size_hint().exact(), Some(left));
            match body.as_mut().poll_frame(&mut cx) {
                Poll::Ready(Some(Ok(frame))) => out.extend(frame.into_data().expect("data")),
                Poll::Ready(None) => break,
                other => panic!("{other:?}"),
            }
        }
        let shown = String::from_utf8_lossy(&page[..page.len().min(100)]);
        assert!(out == page, "{shown}");
        let held = judge.held.lock().expect("not poisoned");
        assert_eq!(held.last(), Some(&reason.to_string()), "{shown}");
    }
}
