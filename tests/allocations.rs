//! Counts the layer's allocations: a counting allocator under the workloads of the benchmarks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in tests, helpers included"
)]

#[path = "../benches/support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response, header::SET_COOKIE};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use support::{Setup, Workload, all, parts, policy, turn};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_cookie_consent::{
    CookieConsentLayer, Inventory,
    documents::HtmlConsentLayer,
    layer::{HostPolicies, PolicySource},
};

/// Returns the allocations of one turn in addition to those of the bare service.
fn added(workload: &Workload, setup: Setup) -> u64 {
    let [with, bare] = [setup.name(), "bare"].map(|setup| {
        let mut turn = turn(workload, setup).unwrap();
        // One-time allocations do not belong to the request.
        turn();
        measure(turn).count_total
    });
    with - bare
}

/// While there is a gate in the process, a layer that hides the consent from the service makes one.
static GATE: Mutex<()> = Mutex::new(());

#[test]
fn a_request_allocates_no_more_than_it_has_to() {
    let _no_gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    for workload in all() {
        let [response_only, default] = Setup::ALL.map(|setup| added(&workload, setup));
        // The single one by default is the consent itself, next to another extension.
        let (most, most_by_default) = match workload.name {
            "W1c" => (0, 8),
            // Names of a pattern are remembered, since only the request contains them.
            name if name.starts_with("pattern-") || name.starts_with("nested-") => (0, 8),
            // Removals of refused cookies.
            "W1c-nav" => (0, 100),
            // More kept values than fit on the stack, and a response of some kilobytes.
            "W4" => (1, 4),
            _ => (0, 1),
        };
        let name = workload.name;
        assert!(response_only <= most, "{name}: {response_only}");
        assert!(default <= most_by_default, "{name}, default: {default}");
    }
}

#[test]
fn the_gate_and_records_allocate_nothing_without_work() {
    let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    for name in parts::NAMES {
        let [gated, ungated] = [true, false].map(|gated| {
            let mut turn = parts::turn(name, gated).unwrap();
            turn();
            measure(turn).count_total
        });
        assert_eq!(gated, ungated, "{name}");
    }
}

/// Counts the allocations of a request of W1 through this layer.
fn of_layer(layer: &CookieConsentLayer) -> u64 {
    let workload = support::workload("W1").unwrap();
    let inner = service_fn(async |_: Request<()>| Ok::<_, ()>(Response::new(())));
    let mut service = layer.layer(inner);
    let mut send = || {
        let request = workload.request.clone();
        futures_executor::block_on(service.call(request)).unwrap();
    };
    send();
    measure(send).count_total
}

#[test]
fn a_policy_by_host_or_from_a_file_allocates_nothing() {
    let policy = policy(100);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("allocations");
    std::fs::create_dir_all(&folder).unwrap();
    let json = serde_json::to_string(&policy).unwrap();
    for file in ["default.json", "www.example.org.json", "*.example.org.json"] {
        std::fs::write(folder.join(file), &json).unwrap();
    }
    let source = PolicySource::folder(&folder).unwrap();
    let hosts = HostPolicies::new(policy.clone())
        .host("*.example.org", policy.clone())
        .unwrap();
    let layer = CookieConsentLayer::new(policy.clone());
    // One that takes its policy from nowhere. The response keeps it, which is the one allocation.
    let constant = of_layer(&layer.clone().policy_for(move |_| policy.clone()));
    assert_eq!(constant, of_layer(&layer) + 1);
    for layer in [
        layer.clone().policy_for(source.hook()),
        layer.clone().policy_for(hosts.hook()),
    ] {
        assert_eq!(of_layer(&layer), constant);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The first extension of a request also allocates the map and its table.
#[test]
fn an_empty_map_of_extensions_takes_two_more() {
    let mut workload = support::workload("W1").unwrap();
    workload.request.extensions_mut().clear();
    assert!(added(&workload, Setup::Default) <= 3);
}

/// Checks the memory for a name with everything that a policy stores for it, including its
/// declaration.
#[test]
fn memory_grows_with_the_names_alone() {
    let size = |names| {
        let mut kept = None;
        let info = measure(|| kept = Some(policy(names)));
        drop(kept);
        u64::try_from(info.bytes_current).unwrap()
    };
    let (small, large) = (size(1_000), size(10_000));
    assert!(large <= small * 12, "{small} {large}");
}

/// Sends a million names, half of them set and half received, in 2,000 requests.
fn a_million_names(layer: &CookieConsentLayer) {
    const EACH: usize = 500;
    for round in 0..1_000_000 / EACH {
        let name = |number: usize| format!("n{round}-{number}x=1");
        let cookies: Vec<_> = (EACH / 2..EACH).map(name).collect();
        let request = Request::get(format!("/{round}/{}", "long".repeat(100)))
            .header("cookie", cookies.join("; "))
            .body(())
            .unwrap();
        let mut response = Response::new(());
        for number in 0..EACH / 2 {
            let field = name(number).parse().unwrap();
            response.headers_mut().append(SET_COOKIE, field);
        }
        let response = std::cell::Cell::new(Some(response));
        let inner = service_fn(async |_: Request<()>| response.take().ok_or("called twice"));
        futures_executor::block_on(layer.layer(inner).oneshot(request)).unwrap();
    }
}

#[test]
fn a_million_different_names_take_bounded_memory() {
    let inventory = Inventory::new();
    let layer = CookieConsentLayer::new(policy(10))
        .report_only(true)
        .observe(inventory.clone());
    let info = measure(|| a_million_names(&layer));
    let report = inventory.report();
    let (kept, more) = (report.rows().len(), report.more_names());
    assert_eq!(kept, 1_000);
    assert_eq!(report.more_sightings(), 1_000_000 - 1_000);
    assert!((900_000..1_100_000).contains(&more), "{more}");
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.len() < 1_000_000, "{}", json.len());
    // Storing them would take more than 500 MiB.
    assert!(info.bytes_current < 16 << 20, "{}", info.bytes_current);
}

/// A document of a start and many equal pieces, which are made as they are sent.
struct Long {
    start: Option<Bytes>,
    piece: Bytes,
    left: usize,
}

impl Body for Long {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(start) = self.start.take() {
            return Poll::Ready(Some(Ok(Frame::data(start))));
        }
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        Poll::Ready(is_left.then(|| Ok(Frame::data(self.piece.clone()))))
    }
}

/// What a document may take up, in bytes.
const LIMIT: usize = 256 * 1024;

/// Zstandard with a window of 8 MiB, and a block that repeats a space 128 Ki times.
const ZSTD: [&[u8]; 2] = [b"\x28\xb5\x2f\xfd\x00\x68", b"\x02\x00\x10 "];

/// Brotli with a window of 16 MiB, and the headers of 64 KiB that follow as they are: the first, and each other.
const BROTLI: [&[u8]; 2] = [b"\x8f\xff\xff", b"\xf8\xff\x0f"];

/// Returns the bytes that a document of this start and so many of this piece takes up at most, and those of it
/// that came out.
fn peak(coding: &'static str, start: Vec<u8>, piece: Vec<u8>, count: usize) -> (u64, usize) {
    let page = service_fn(async |request: Request<Long>| {
        let page = Response::builder()
            .header("content-type", "text/html; charset=utf-8")
            .header("content-encoding", coding)
            .body(request.into_body());
        Ok::<_, Infallible>(page.unwrap())
    });
    let layer = CookieConsentLayer::new(policy(10));
    let mut service = layer.layer(HtmlConsentLayer::new().memory_limit(LIMIT).layer(page));
    let mut body = Some(Long {
        start: Some(start.into()),
        piece: piece.into(),
        left: count,
    });
    let mut sent = 0;
    let read = || {
        let request = Request::new(body.take().unwrap());
        futures_executor::block_on(async {
            let mut body = pin!(service.call(request).await.unwrap().into_body());
            while let Some(Ok(frame)) = body.frame().await {
                sent += frame.into_data().map_or(0, |data| data.len());
            }
        });
    };
    let most = measure(read).bytes_max;
    (most, sent)
}

/// Documents in documents, each with this text.
fn nested(depth: usize, text: &str) -> Vec<u8> {
    let inner = (0..depth).fold(text.to_owned(), |inner, _| {
        let inner = inner.replace('&', "&amp;").replace('"', "&quot;");
        format!("<iframe srcdoc=\"{inner}\"></iframe>")
    });
    inner.into_bytes()
}

#[test]
fn hostile_documents_take_up_no_more_than_they_may() {
    const MIB: usize = 1024 * 1024;
    let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    let of = |text: &str| text.repeat(65_536 / text.len()).into_bytes();
    let tag = |text: &str, times| format!("<img {}>", text.repeat(times)).into_bytes();
    let after = |header: &[u8]| [header, &[b' '; 65_536]].concat();
    let page = "<p>text</p><img src=//t.example/x><!-- c -->";
    let (zstd, brotli) = (ZSTD.map(<[u8]>::to_vec), BROTLI.map(after));
    let frames = |text: &str| nested(8, text);
    #[rustfmt::skip]
    let all = [
        // What streams.
        ("page", "", [Vec::new(), of(page)], 100, 0, true),
        ("script", "", [b"<script>".to_vec(), of("x()")], 100, 0, true),
        ("zstd", "zstd", zstd, 200, 8 * MIB, true),
        ("br", "br", brotli, 300, 16 * MIB, true),
        // What does not end.
        ("tag", "", [b"<img alt=\"".to_vec(), of("x")], 100, 0, false),
        ("attributes", "", [b"<img ".to_vec(), of("a ")], 100, 0, false),
        ("style", "", [b"<style>a{b:url(".to_vec(), of("x")], 100, 0, false),
        ("style of svg", "", [b"<svg><style>".to_vec(), of("a{b:url(x)}")], 100, 0, false),
        ("noscript", "", [b"<noscript><img alt=\"".to_vec(), of("x")], 100, 0, false),
        ("lists", "", [Vec::new(), of("<li>")], 100, 0, false),
        ("svg", "", [Vec::new(), of("<svg>")], 100, 0, false),
        ("templates", "", [Vec::new(), of("<template>")], 100, 0, false),
        // What ends just before that.
        ("long tags", "", [Vec::new(), tag("x", LIMIT / 3)], 100, 0, true),
        ("many attributes", "", [Vec::new(), tag("a ", 2_000)], 500, 0, true),
        ("one attribute", "", [Vec::new(), tag("src=//t.example ", 2_000)], 100, 0, true),
        ("long frames", "", [Vec::new(), frames(&"x".repeat(LIMIT / 3))], 20, 0, true),
        ("many frames", "", [Vec::new(), frames("<img src=//t.example>").repeat(100)], 20, 0, true),
    ];
    for (name, coding, [start, piece], count, window, passes) in all {
        let (peak, sent) = peak(coding, start, piece, count);
        // A long tag is read and written anew, and what the decoders keep grows by half of the window.
        let most = 4 * LIMIT + window + window / 2;
        assert!(peak <= most as u64, "{name}: {peak} of {most}");
        assert_eq!(sent > MIB, passes, "{name}: {sent} bytes came out");
    }
}
