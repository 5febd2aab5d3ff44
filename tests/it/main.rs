//! The integration tests: one binary, a module for each subject.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that can't go on says so by ending, helpers included"
)]
#![allow(
    clippy::too_many_arguments,
    clippy::too_many_lines,
    reason = "tables of cases, and what browsers are asked"
)]

mod acceptance;
mod cache;
mod choice_in_response;
mod choice_made;
mod clear_site_data;
mod codecs;
mod compile;
mod conformance;
mod consent;
mod cookie_database;
mod corpora;
mod django;
mod docs;
mod documents;
mod enforcement;
mod evidence;
mod exempt;
mod expiry;
mod follow;
mod former;
mod further_signals;
mod har_audit;
mod hyper_service;
mod inventory;
mod lasting;
mod lint;
mod load_generator;
mod metrics;
mod mistakes;
mod nested;
mod no_value;
mod observer;
mod one_decision;
mod pages;
mod policy_diff;
mod portal;
mod preferences;
mod preferences_set;
mod properties;
mod real_sites;
mod records;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the fuzz targets include it too, and use all of it"
)]
#[path = "../reference/mod.rs"]
mod reference;
mod regimes;
mod regressions;
mod reload;
mod request;
mod response;
mod reverse_proxy;
mod rules;
mod services;
mod shop;
mod signals;
mod signed;
mod sites;
mod slow_body;
mod spellings;
mod stacks;
mod state_headers;
mod support;
mod switches;
mod tracing;
// The portal has its page for developers in debug builds only.
#[cfg(debug_assertions)]
mod watching;
