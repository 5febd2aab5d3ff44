//! Nobody else may choose for the visitor.

use http::StatusCode;

use super::{Answer, FORM, JSON, allowed, field, post_with, preferences, state_after};

fn turned_away(answer: &Answer) {
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(preferences(answer), None);
    // The page has a form of this site, and its responses say where they come from.
    assert!(
        answer.body().contains("action=\"preferences\""),
        "{}",
        answer.body()
    );
    assert!(answer.body().contains("please choose here"));
    assert_eq!(field(answer, "referrer-policy"), "same-origin");
}

#[test]
fn a_form_of_another_site_neither_grants_nor_refuses() {
    for decision in ["accept", "refuse", "withdraw", "save"] {
        for headers in [
            &[
                FORM,
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.example"),
            ][..],
            &[
                FORM,
                ("sec-fetch-site", "same-site"),
                ("origin", "https://other.example.org"),
            ],
            &[FORM, ("sec-fetch-site", "cross-site")],
            &[FORM, ("origin", "https://evil.example")],
            // `Referrer-Policy: no-referrer` on another page, over plain HTTP too.
            &[FORM, ("origin", "null")],
            &[FORM, ("origin", "null"), ("sec-fetch-site", "cross-site")],
        ] {
            turned_away(&post_with(headers, &format!("decision={decision}")));
        }
    }
}

#[test]
fn a_form_of_the_site_itself_is_taken_over_plain_http_too() {
    for headers in [
        &[FORM, ("sec-fetch-site", "same-origin")][..],
        &[FORM, ("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[FORM, ("origin", "https://portal.example.org")],
        &[FORM, ("origin", "http://portal.example.org")],
    ] {
        let answer = post_with(headers, "decision=accept");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{headers:?}");
        assert!(preferences(&answer).is_some());
    }
}

#[test]
fn a_request_of_unknown_origin_may_only_refuse() {
    for headers in [
        &[FORM][..],
        &[FORM, ("origin", "")],
        &[FORM, ("sec-fetch-site", "")],
    ] {
        for decision in ["accept", "save&category=tiers", "save"] {
            turned_away(&post_with(headers, &format!("decision={decision}")));
        }
        for decision in ["refuse", "withdraw"] {
            let answer = post_with(headers, &format!("decision={decision}"));
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert_eq!(allowed(&state_after(&answer)), ["base"]);
        }
    }
}

#[test]
fn scripts_are_turned_away_in_json() {
    let answer = post_with(
        &[JSON, ("origin", "https://evil.example")],
        r#"{"decision":"refuse"}"#,
    );
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let told: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(told["error"], "cross_site");
    assert_eq!(told["state"]["status"], "undecided");
}
