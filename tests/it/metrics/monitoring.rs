//! The dashboard and the alerts: their queries name what the layer really counts.

use std::collections::{BTreeMap, BTreeSet};

use http::{Response, StatusCode, header::CACHE_CONTROL};
use serde_json::Value;
use tower_cookie_consent::{Consent, Undeclared, preferences::Rejected};
use yaml_rust2::{Yaml, YamlLoader};

use super::*;
use crate::support::{NOW, Prefs, exchange_with};

const DASHBOARD: &str = include_str!("../../../examples/monitoring/grafana.json");
const ALERTS: &str = include_str!("../../../examples/monitoring/alerts.yml");

/// The labels of a counter, each with the values that it had.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// Makes everything happen that can, and returns what was counted, by name.
fn counted() -> BTreeMap<String, Labels> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let site = layer().observe(CookieMetrics::new());
        let set = [
            "_ga=1",
            "id=1",
            "M4RK",
            "_pk_ses=1; Max-Age=99999999",
            "_ga=1; Max-Age=+0",
        ];
        let refused = Prefs::refuse().decided(NOW - 86_400).pair();
        for layer in [&site, &site.clone().report_only(true)] {
            exchange(
                layer,
                request([("cookie", format!("{refused}; _ga=1"))]),
                response(set),
            );
            exchange(layer, request([("cookie", "_ga=1")]), response(set));
            exchange(
                layer,
                request([("cookie", "cookies_preferences=M4RK")]),
                response(set),
            );
            exchange(
                layer,
                request::<&str>([]),
                response([Prefs::accept().set_cookie()]),
            );
        }
        shared_and_cleared(&site);
        headers(&site);
        for why in [Rejected::Stale, Rejected::NotRecorded] {
            exchange_with(&site, request::<&str>([]), |_| {
                let mut answer = Response::new(());
                *answer.status_mut() = StatusCode::CONFLICT;
                answer.extensions_mut().insert(why);
                answer
            });
        }
        exchange_with(&site, request::<&str>([]), |request| {
            let consent = request.extensions().get::<Consent>().unwrap();
            assert!(!consent.allows("adds"));
            Response::new(())
        });
    });
    parsed(&metrics.render())
}

fn shared_and_cleared(site: &CookieConsentLayer) {
    let mut public = response(["session=1"]);
    public
        .headers_mut()
        .append(CACHE_CONTROL, value("public, max-age=60"));
    exchange(site, request::<&str>([]), public);
    let mut public = response(["id=1"]);
    public
        .headers_mut()
        .append(CACHE_CONTROL, value("public, max-age=60"));
    let refused = format!("{}; _ga=1", Prefs::refuse().pair());
    let lax = site.clone().undeclared(Undeclared::Allow);
    exchange(&lax, request([("cookie", refused)]), public);
    for site in [site.clone(), site.clone().spare_choice(true)] {
        let mut clearing = response::<&str>([]);
        clearing
            .headers_mut()
            .append("clear-site-data", value("\"cookies\""));
        let chosen = [("cookie", Prefs::accept().pair())];
        exchange(&site, request(chosen), clearing);
    }
}

fn headers(site: &CookieConsentLayer) {
    for site in [
        site.clone(),
        site.clone().state_headers(StateHeaders::Withhold),
    ] {
        let mut answer = response::<&str>([]);
        answer.headers_mut().append("accept-ch", value("M4RK"));
        exchange(&site, request([("dictionary-id", "M4RK")]), answer);
    }
}

/// Reads lines such as `name{label="value"} 1`.
fn parsed(text: &str) -> BTreeMap<String, Labels> {
    let mut all: BTreeMap<String, Labels> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, rest)) = line.split_once('{') else {
            continue;
        };
        let (labels, _) = rest.split_once('}').unwrap();
        let of_name = all.entry(name.to_owned()).or_default();
        for (label, value) in matchers(labels) {
            of_name.entry(label).or_default().insert(value);
        }
    }
    all
}

/// Returns the labels and values of `a="b",c=~"d|e"`.
fn matchers(text: &str) -> Vec<(String, String)> {
    let parts = text.split("\",").filter(|part| !part.trim().is_empty());
    let pairs = parts.flat_map(|part| {
        let (label, values) = part.split_once("=").unwrap();
        let values = values.trim_start_matches('~').trim_matches('"');
        let label = label.trim().to_owned();
        values
            .split('|')
            .map(|value| (label.clone(), value.to_owned()))
            .collect::<Vec<_>>()
    });
    pairs.collect()
}

/// A use of a counter in a query: its name, the labels that it is matched by, and those that it is summed by.
#[derive(Debug)]
struct Use {
    name: String,
    matched: Vec<(String, String)>,
    summed: Vec<String>,
}

fn uses(query: &str) -> Vec<Use> {
    let mut summed = Vec::new();
    for part in query.split("by (").skip(1) {
        let (labels, _) = part.split_once(')').unwrap();
        summed.extend(labels.split(',').map(|label| label.trim().to_owned()));
    }
    let starts = query.match_indices("cookie_consent_").map(|(at, _)| at);
    let uses = starts.map(|at| {
        let rest = &query[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap();
        let matched = match rest[end..].strip_prefix('{') {
            Some(rest) => matchers(rest.split_once('}').unwrap().0),
            None => Vec::new(),
        };
        Use {
            name: rest[..end].to_owned(),
            matched,
            summed: summed.clone(),
        }
    });
    uses.collect()
}

/// Checks that the query, and the labels in the texts about its result, are of what is counted.
#[track_caller]
fn assert_counted(counted: &BTreeMap<String, Labels>, query: &str, texts: &[&str]) {
    let uses = uses(query);
    assert!(!uses.is_empty(), "{query}");
    for it in &uses {
        let labels = counted.get(&it.name);
        let labels = labels.unwrap_or_else(|| panic!("{} is not counted: {query}", it.name));
        for (label, value) in &it.matched {
            let values = labels
                .get(label)
                .unwrap_or_else(|| panic!("no label {label}: {query}"));
            let is_reason = crate::support::process::of_crate("docs/guide/troubleshooting.md");
            let guide = std::fs::read_to_string(is_reason).unwrap();
            assert!(
                values.contains(value) || guide.contains(&format!("`{value}`")),
                "{value}: {query}"
            );
        }
        assert!(
            it.summed.iter().all(|label| labels.contains_key(label)),
            "{query}"
        );
        for text in texts {
            for named in text.split("{{").skip(1) {
                let label = named.split("}}").next().unwrap().trim();
                let label = label.trim_start_matches("$labels.");
                assert!(it.summed.iter().any(|it| it == label), "{text}: {query}");
            }
        }
    }
}

#[test]
fn the_dashboard_shows_what_is_counted() {
    let counted = counted();
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut shown = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let is_row = panel["type"] == "row";
        let targets = panel["targets"].as_array();
        assert!(
            is_row || targets.is_some_and(|it| !it.is_empty()),
            "{panel}"
        );
        for target in targets.into_iter().flatten() {
            let (query, legend) = (target["expr"].as_str().unwrap(), &target["legendFormat"]);
            assert_counted(&counted, query, &[legend.as_str().unwrap()]);
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            shown.extend(uses(query).into_iter().map(|it| it.name));
        }
    }
    // Everything that is counted is shown somewhere, but for details of report-only.
    let missing: Vec<_> = counted
        .keys()
        .filter(|name| !shown.contains(*name))
        .collect();
    let is_detail = |name: &&&String| name.starts_with("cookie_consent_report_only_");
    assert_eq!(
        missing.len(),
        missing.iter().filter(is_detail).count(),
        "{missing:?}"
    );
}

#[test]
fn the_alerts_watch_what_is_counted() {
    let counted = counted();
    let alerts = &YamlLoader::load_from_str(ALERTS).unwrap()[0];
    let rules = alerts["groups"][0]["rules"].as_vec().unwrap();
    let mut names = BTreeSet::new();
    for rule in rules {
        let text = |yaml: &Yaml| {
            yaml.as_str()
                .unwrap_or_else(|| panic!("{rule:?}"))
                .to_owned()
        };
        assert!(names.insert(text(&rule["alert"])), "{rule:?}");
        let annotations = &rule["annotations"];
        let texts = [
            text(&annotations["summary"]),
            text(&annotations["description"]),
        ];
        assert_counted(
            &counted,
            &text(&rule["expr"]),
            &texts.each_ref().map(String::as_str),
        );
        let severity = text(&rule["labels"]["severity"]);
        assert!(
            ["warning", "critical"].contains(&severity.as_str()),
            "{severity}"
        );
    }
    assert!(names.len() >= 8);
}
