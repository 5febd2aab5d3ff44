//! How often the layer allocates: a counting allocator under the workloads of the benchmarks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in tests, helpers included"
)]

#[path = "../benches/support/mod.rs"]
mod support;

use allocation_counter::measure;
use support::{Setup, Workload, all, policy, turn};

/// The allocations of one turn beyond those of the bare service.
fn added(workload: &Workload, setup: Setup) -> u64 {
    let [with, bare] = [setup.name(), "bare"].map(|setup| {
        let mut turn = turn(workload, setup).unwrap();
        // What is made once is not of the request.
        turn();
        measure(turn).count_total
    });
    with - bare
}

#[test]
fn a_request_allocates_no_more_than_it_has_to() {
    for workload in all() {
        let [response_only, default] = Setup::ALL.map(|setup| added(&workload, setup));
        // The one of the default is the consent itself, beside another extension.
        let (most, most_by_default) = match workload.name {
            "W1c" => (0, 8),
            // Names under a pattern are noted, since only the request tells them.
            name if name.starts_with("pattern-") || name.starts_with("nested-") => (0, 8),
            // Removals of what was refused.
            "W1c-nav" => (0, 100),
            // More kept values than have room on the stack, and a response of some kilobytes.
            "W4" => (1, 4),
            _ => (0, 1),
        };
        let name = workload.name;
        assert!(response_only <= most, "{name}: {response_only}");
        assert!(default <= most_by_default, "{name}, default: {default}");
    }
}

/// The first extension of a request takes the map and its table, too.
#[test]
fn an_empty_map_of_extensions_takes_two_more() {
    let mut workload = support::workload("W1").unwrap();
    workload.request.extensions_mut().clear();
    assert!(added(&workload, Setup::Default) <= 3);
}

/// What a name costs, with everything that a policy keeps of it: its declaration, too.
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
