//! Counts the layer's allocations: a counting allocator under the workloads of the benchmarks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in tests, helpers included"
)]

#[path = "../benches/support/mod.rs"]
mod support;

use std::sync::{Mutex, PoisonError};

use allocation_counter::measure;
use http::{Request, Response, header::SET_COOKIE};
use support::{Setup, Workload, all, parts, policy, turn};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_cookie_consent::{
    CookieConsentLayer, Inventory,
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
