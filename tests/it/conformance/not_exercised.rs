//! What a report says was not exercised, in each of its formats.

use axum::routing::post;
use tower_cookie_consent::{
    Consent,
    conformance::{Outcome, Probe, SiteForm},
};

use super::*;

const PAGE: &str = "<!doctype html><title>Shop</title><main><h1>Shop</h1></main>\
    <section id=cookies><form method=post action=/cookies>\
    <label><input type=checkbox name=category value=ads> Ads</label>\
    <button name=choice value=accept>Accept all</button>\
    <button name=choice value=refuse>Refuse all</button></form></section>";

/// A site with pages, errors and a form, whose service the probe sees.
fn shop(probe: &Probe, page: String) -> Router {
    let choose = async |consent: Consent, body: String| {
        let choice = match body.contains("accept") {
            true => consent.accept_all(),
            false => consent.refuse_all(),
        };
        let stored = consent.set_cookie(choice).header_value();
        ([(SET_COOKIE, stored)], Redirect::to("/"))
    };
    let home = move || async move { ([("cache-control", "private")], Html(page)) };
    Router::new()
        .route("/", get(home))
        .route("/cookies", post(choose))
        .route("/fail", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(from_fn(set_everything))
        .layer(probe.clone())
        .layer(CookieConsentLayer::new(policy()))
}

/// A check that leaves nothing out.
fn whole() -> Report {
    let probe = Probe::new();
    let form = |choice: &str| by_hand::choose(choice);
    let kit = Conformance::new(policy())
        .visit(["/", "/fail"])
        .acceptance(form("accept"))
        .refusal(form("refuse"))
        .probe(&probe);
    check(kit, shop(&probe, PAGE.to_owned()))
}

/// A check of the same site that leaves out a form, a page, and what the service reads.
fn partial() -> Report {
    let page = format!("{PAGE}<a href='/deep?q=m4rk3r-v4lu3'>deep</a>");
    let form = SiteForm::on("/settings").field("choice", "refuse");
    let kit = Conformance::new(policy())
        .visit(["/"])
        .acceptance(by_hand::choose("accept"))
        .refusal(by_hand::choose("refuse"))
        .refusal(form);
    check(kit, shop(&Probe::new(), page))
}

/// Requirements without an occasion: the id, and what it takes.
const REQUIREMENTS: [(&str, &str); 1] = [(
    "hidden-without-consent",
    "a probe or an echo, and a request with a cookie that needs consent",
)];

/// Everything else that is left out, with the reason.
const OTHERS: [&str; 2] = [
    "the form on /settings: its page has the status 404",
    "the linked page /deep: follow_links visits it",
];

/// The page as a browser shows it, without its markup.
fn shown(report: &Report) -> String {
    let html = report.to_html();
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    let entities = [
        ("&quot;", "\""),
        ("&#x2f;", "/"),
        ("&lt;", "<"),
        ("&amp;", "&"),
    ];
    let text = entities
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn each_format_says_what_was_left_out_and_why() {
    let report = partial();
    report.assert_ok();
    let expected: Vec<String> = REQUIREMENTS
        .iter()
        .map(|(id, takes)| format!("{id}: it takes {takes}"))
        .chain(OTHERS.map(str::to_owned))
        .collect();
    assert_eq!(
        report.not_exercised().collect::<Vec<_>>(),
        expected,
        "{report}"
    );

    let text = report.to_string();
    for (id, takes) in REQUIREMENTS {
        assert!(text.contains(&format!("not exercised {id} ")), "{text}");
        assert!(
            text.contains(&format!("\n    it takes {takes}\n")),
            "{text}"
        );
    }
    for line in OTHERS {
        assert_eq!(
            text.matches(&format!("\nnot exercised: {line}\n")).count(),
            1,
            "{text}"
        );
    }
    assert!(!text.contains("note: not exercised"), "{text}");

    assert_eq!(json(&report)["not_exercised"], serde_json::json!(expected));

    let xml = report.to_junit();
    let skipped = junit(&xml);
    for (id, takes) in REQUIREMENTS {
        let line = (id.to_owned(), format!("not exercised: it takes {takes}"));
        assert!(skipped.cases.contains(&line), "{xml}");
    }
    for line in OTHERS {
        let line = format!("not exercised: {line}");
        assert!(skipped.output.lines().any(|it| it == line), "{xml}");
    }

    let page = shown(&report);
    for (id, takes) in REQUIREMENTS {
        assert!(page.contains(&format!("{id}: ")), "{page}");
        assert!(page.contains(&format!("(it takes {takes})")), "{page}");
    }
    for line in OTHERS {
        assert_eq!(page.matches(line).count(), 1, "{page}");
    }
    assert!(
        page.contains("were left out, each for its reason:"),
        "{page}"
    );
    for format in [text, xml, page, json(&report).to_string()] {
        assert!(!format.contains(MARKER), "{format}");
    }
}

#[test]
fn no_format_says_so_of_a_check_that_left_nothing_out() {
    let report = whole();
    report.assert_ok();
    assert_eq!(report.not_exercised().next(), None, "{report}");
    let outcomes = Requirement::ALL.map(|requirement| report.outcome(requirement));
    assert!(!outcomes.contains(&Outcome::NotExercised), "{report}");

    assert!(!report.to_string().contains("not exercised"), "{report}");
    assert!(!report.to_string().contains("it takes"), "{report}");
    assert_eq!(json(&report)["not_exercised"], serde_json::json!([]));
    let xml = report.to_junit();
    assert!(!xml.contains("not exercised"), "{xml}");
    let page = shown(&report);
    assert!(
        page.contains("Every requirement that applies was exercised."),
        "{page}"
    );
    for words in ["left out", "could have violated these", "(it takes"] {
        assert!(!page.contains(words), "{page}");
    }
}

#[derive(Default)]
struct JUnit {
    /// The first word of each skipped case, and its message.
    cases: Vec<(String, String)>,
    output: String,
}

/// Reads the XML as a continuous integration does.
fn junit(xml: &str) -> JUnit {
    use quick_xml::events::{BytesStart, Event};
    let get = |tag: &BytesStart<'_>, name: &str| {
        let attribute = tag.try_get_attribute(name).unwrap().unwrap();
        quick_xml::escape::unescape(&attribute.value)
            .unwrap()
            .into_owned()
    };
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut read, mut case, mut is_output) = (JUnit::default(), String::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                "testcase" => {
                    let name = get(&tag, "name");
                    case = name.split(' ').next().unwrap().to_owned();
                }
                "skipped" => read.cases.push((case.clone(), get(&tag, "message"))),
                name => is_output = name == "system-out",
            },
            Event::Text(text) if is_output => read.output += &text,
            Event::GeneralRef(name) if is_output => {
                let escaped = format!("&{};", &*name);
                read.output += &quick_xml::escape::unescape(&escaped).unwrap();
            }
            Event::End(_) => is_output = false,
            Event::Eof => return read,
            _ => {}
        }
    }
}
