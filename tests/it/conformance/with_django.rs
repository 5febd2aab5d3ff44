//! Forms with tokens against forged requests, on a real Django with templates: a newsletter without the layer, which
//! sets a cookie where somebody subscribes.

use tower_cookie_consent::conformance::{Outcome, SiteForm};

use super::*;
use crate::support::django::Django;

fn letters() -> CookiePolicy {
    let token = CookieDeclaration::new("csrftoken").reason(Reason::Security);
    CookiePolicy::builder()
        .revision(1)
        .category(Category::necessary("base").cookie(token))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap()
}

/// The page, and both buttons of its banner.
fn plan() -> Conformance {
    Conformance::new(letters())
        .visit(["/"])
        .acceptance(SiteForm::on("/").field("answer", "accept"))
        .refusal(SiteForm::on("/").field("answer", "refuse"))
}

fn subscribing() -> Conformance {
    plan().form("/", [("address", "kit@example.org")])
}

fn check(kit: Conformance, django: &Django) -> Report {
    runtime().block_on(kit.check_url(&django.url("")))
}

/// The forms of which the report says that they were not exercised.
fn left_out(report: &Report) -> Vec<String> {
    let lines = report.not_exercised();
    lines.filter(|line| line.contains("the form on")).collect()
}

#[test]
fn a_cookie_behind_a_form_of_django_is_found() {
    let Some(django) = Django::start_letters("always") else {
        return;
    };
    let report = check(subscribing(), &django);
    assert_eq!(left_out(&report), [""; 0], "{report}");
    let found = report.findings().find(|finding| {
        finding.requirement == Requirement::NoCookieBeforeConsent
            && finding.cookie.as_deref() == Some("_ga")
    });
    let found = found.unwrap_or_else(|| panic!("{report}"));
    assert!(found.request.starts_with("the form on /"), "{report}");
    assert!(
        broken(&report).contains(&Requirement::NoCookieAfterRefusal),
        "{report}"
    );
    // Only the form shows it.
    check(plan(), &django).assert_ok();
}

#[test]
fn a_cookie_that_waits_for_consent_passes_on_django() {
    let Some(django) = Django::start_letters("with consent") else {
        return;
    };
    let report = check(subscribing(), &django);
    report.assert_ok();
    assert_eq!(left_out(&report), [""; 0], "{report}");
    for requirement in [
        Requirement::NoCookieBeforeConsent,
        Requirement::NoCookieAfterRefusal,
        Requirement::ChoiceStored,
        Requirement::ChoiceIdentifiesNobody,
        Requirement::RefusalAsEasy,
        Requirement::WithdrawalAsEasy,
        Requirement::NoWall,
    ] {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
}
