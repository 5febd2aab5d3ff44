//! The report: text, a line, HTML, JSON, JUnit XML, and no value in any of them.

use tower_cookie_consent::conformance::Probe;

use super::*;

#[test]
fn no_report_holds_a_cookie_value() {
    let probe = Probe::new();
    let app = site().layer(probe.clone());
    let report = check(kit().probe(&probe), app);
    assert!(!report.is_ok());
    let json = serde_json::to_string(&report).unwrap();
    for text in [
        report.to_string(),
        format!("{report:?}"),
        json,
        report.to_junit(),
        report.to_html(),
        report.summary(),
    ] {
        assert!(!text.contains(MARKER), "{text}");
        assert!(!text.contains("conformance-kit;"), "{text}");
        assert!(!text.contains("timestamp"), "{text}");
    }
}

#[test]
fn the_report_is_text_json_and_junit_xml() {
    let report = check(kit(), site());
    let text = report.to_string();
    assert!(
        text.contains("BROKEN        no-cookie-before-consent before a choice"),
        "{text}"
    );
    assert!(
        text.contains("not exercised hidden-without-consent"),
        "{text}"
    );
    assert!(
        text.contains("→ add CookieConsentLayer outermost"),
        "{text}"
    );

    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["requirements"][0]["id"], "no-cookie-before-consent");
    assert_eq!(json["requirements"][0]["outcome"], "broken");
    assert_eq!(
        json["requirements"][0]["findings"][0]["header"],
        "set-cookie"
    );
    assert!(json["answers"]["not found"].as_u64().unwrap() > 0);

    let xml = report.to_junit();
    let mut reader = quick_xml::Reader::from_str(&xml);
    let (mut cases, mut failures, mut skipped) = (0, 0, 0);
    loop {
        use quick_xml::events::Event::{Empty, Eof, Start};
        match reader.read_event().unwrap() {
            Start(tag) | Empty(tag) => match tag.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "skipped" => skipped += 1,
                _ => {}
            },
            Eof => break,
            _ => {}
        }
    }
    assert_eq!(
        (cases, failures, skipped),
        (Requirement::ALL.len() + 1, 9, 13)
    );
    let sums = format!("tests=\"{cases}\" failures=\"9\" errors=\"0\" skipped=\"13\"");
    assert!(xml.contains(&sums), "{xml}");
}

#[test]
fn the_summary_counts_on_one_line() {
    let [mut correct, mut broken, mut failed] = [
        check(kit(), correct()),
        check(kit(), site()),
        check(kit().host("a b"), correct()),
    ]
    .map(|report| report.summary());
    for summary in [&mut correct, &mut broken, &mut failed] {
        assert!(!summary.contains('\n'), "{summary}");
        let counts: Vec<_> = summary
            .split(", ")
            .flat_map(|it| it.rsplit(' ').next())
            .collect();
        let counts: Vec<usize> = counts
            .into_iter()
            .map(|count| count.parse().unwrap())
            .collect();
        // Each requirement has one outcome.
        assert_eq!(
            counts[..4].iter().sum::<usize>(),
            Requirement::ALL.len(),
            "{summary}"
        );
    }
    assert!(
        correct.starts_with("cookie consent: ok. held: 15, broken: 0, not exercised: 6, "),
        "{correct}"
    );
    assert!(
        correct.ends_with(", findings: 0, excused: 0, failures: 0"),
        "{correct}"
    );
    assert!(
        broken.starts_with("cookie consent: BROKEN. held: "),
        "{broken}"
    );
    assert!(broken.contains(", broken: 9, "), "{broken}");
    assert!(
        failed.starts_with("cookie consent: FAILED. held: 0, broken: 0, "),
        "{failed}"
    );
    assert!(failed.ends_with(", failures: 1"), "{failed}");
}

#[test]
fn what_a_failure_says_cannot_break_the_xml() {
    let hostile = "\u{0}\u{fffe}\u{ffff}\u{1b}[2J]]></error><![CDATA[ &amp;&x; \u{202e}\u{85}";
    let report = check(kit().host(hostile), correct());
    let xml = report.to_junit();
    let is_xml = |character: char| matches!(character, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(is_xml), "{xml:?}");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut told = String::new();
    loop {
        use quick_xml::events::Event::{Eof, GeneralRef, Start, Text};
        match reader.read_event().unwrap() {
            Start(tag) => assert!(
                ["testsuites", "testsuite", "testcase", "error", "skipped"]
                    .contains(&tag.name().as_ref()),
                "{xml}"
            ),
            Text(text) => told += &text,
            GeneralRef(_) => told.push('&'),
            Eof => break,
            other => assert!(
                matches!(
                    other,
                    quick_xml::events::Event::End(_)
                        | quick_xml::events::Event::Empty(_)
                        | quick_xml::events::Event::Decl(_)
                ),
                "{other:?}"
            ),
        }
    }
    assert!(told.contains("CDATA"), "{told}");
}

#[test]
fn names_of_cookies_cannot_break_the_xml() {
    let name = "<]]>&'`{}|~!#$%^*()[]?/:@".to_owned();
    let field = format!("{name}=1; Path=/");
    let wrap = move |request: Request, next: Next| {
        let field = field.clone();
        async move {
            let mut response = next.run(request).await;
            append(response.headers_mut(), &field);
            response
        }
    };
    let report = check(kit(), correct().layer(from_fn(wrap)));
    let xml = report.to_junit();
    let mut reader = quick_xml::Reader::from_str(&xml);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    assert!(xml.contains("&lt;]]&gt;&amp;"), "{xml}");
}
