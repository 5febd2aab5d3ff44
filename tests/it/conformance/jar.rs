//! What stays in the browser: paths, domains and partitions.

use axum::response::AppendHeaders;
use tower_cookie_consent::{conformance::Outcome, preferences::PreferencesCookie};

use super::*;

#[test]
fn a_declaration_with_a_wrong_path_breaks_r4() {
    let policy = |path| {
        let cookie = CookieDeclaration::new("_ga").path(path);
        CookiePolicy::new([Category::consent("ads").cookie(cookie)]).unwrap()
    };
    let app = |path| {
        let deep = || async { [(SET_COOKIE, "_ga=1; Path=/deep; HttpOnly")] };
        let routes = Router::new().route("/deep", get(deep));
        routes.layer(CookieConsentLayer::new(policy(path)))
    };
    let kit = |path| Conformance::new(policy(path)).visit(["/deep"]);
    check(kit("/deep"), app("/deep")).assert_ok();
    let report = check(kit("/"), app("/"));
    assert_breaks(
        &report,
        Requirement::RefusalExpires,
        "_ga",
        "does not remove it",
    );
    assert_eq!(
        report.findings().next().unwrap().situation,
        "after withdrawal"
    );
}

#[test]
fn cookies_of_a_whole_domain_are_checked_on_a_host_of_it() {
    let policy = |domain| {
        let cookie = CookieDeclaration::new("_ga").domain(domain);
        CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::new("p").domain("example.org"))
            .category(Category::consent("ads").cookie(cookie))
            .build()
            .unwrap()
    };
    let app = |domain| {
        let shared = || async { [(SET_COOKIE, "_ga=1; Path=/; Domain=example.org")] };
        let routes = Router::new().route("/", get(shared));
        routes.layer(CookieConsentLayer::new(policy(domain)))
    };
    let kit = |domain| Conformance::new(policy(domain)).host("www.example.org");
    check(kit("example.org"), app("example.org")).assert_ok();
    let report = check(kit("www.example.org"), app("www.example.org"));
    assert_breaks(
        &report,
        Requirement::RefusalExpires,
        "_ga",
        "does not remove it",
    );
}

fn ads(cookie: CookieDeclaration) -> CookiePolicy {
    CookiePolicy::new([Category::consent("ads").cookie(cookie)]).unwrap()
}

/// A site that sets these on every answer, behind the layer.
fn setting(policy: &CookiePolicy, fields: &[&str]) -> Report {
    let fields: Vec<_> = fields
        .iter()
        .map(|field| (SET_COOKIE, (*field).to_owned()))
        .collect();
    let set = async move || AppendHeaders(fields);
    let routes = Router::new().route("/", get(set));
    let app = routes.layer(CookieConsentLayer::new(policy.clone()));
    check(Conformance::new(policy.clone()), app)
}

const PARTITIONED: &str = "_ga=1; Path=/; Secure; SameSite=None; Partitioned";

#[test]
fn a_partitioned_cookie_that_is_declared_so_is_removed() {
    let report = setting(
        &ads(CookieDeclaration::new("_ga").partitioned(true)),
        &[PARTITIONED],
    );
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::RefusalExpires), Outcome::Held);
}

#[test]
fn a_removal_that_leaves_a_partitioned_cookie_breaks_r4() {
    let report = setting(&ads(CookieDeclaration::new("_ga")), &[PARTITIONED]);
    assert_breaks(
        &report,
        Requirement::RefusalExpires,
        "_ga",
        "does not remove it",
    );
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.situation, "after withdrawal");
    assert!(finding.help.contains("Partitioned"), "{}", finding.help);
}

#[test]
fn a_removal_that_leaves_a_plain_cookie_breaks_r4() {
    let partitioned = ads(CookieDeclaration::new("_ga").partitioned(true));
    for fields in [
        &["_ga=1; Path=/; Secure"][..],
        &["_ga=1; Path=/; Secure", PARTITIONED],
    ] {
        let report = setting(&partitioned, fields);
        assert_breaks(
            &report,
            Requirement::RefusalExpires,
            "_ga",
            "does not remove it",
        );
    }
}

#[test]
fn what_browsers_refuse_is_not_in_the_jar() {
    // Partitioned and not secure.
    let insecure = "_ga=1; Path=/; SameSite=None; Partitioned";
    setting(&ads(CookieDeclaration::new("_ga")), &[insecure]).assert_ok();
    // A prefix that says more than the attributes.
    for field in [
        "__Host-ad=1; Path=/; Secure; Domain=localhost",
        "__Secure-ad=1; Path=/",
    ] {
        let name = field.split('=').next().unwrap();
        let policy = ads(CookieDeclaration::new(name).path("/other"));
        setting(&policy, &[field]).assert_ok();
    }
}

#[test]
fn removing_the_wrong_one_of_two_is_not_a_deletion() {
    let policy = policy();
    let app = spoilt(|sent, headers| {
        if preferences(sent).is_none() && sent.contains("_ga=") {
            append(headers, "_ga=; Path=/; Max-Age=0; Secure; Partitioned");
        }
    });
    check(Conformance::new(policy), app).assert_ok();
}
