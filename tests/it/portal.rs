//! The example `portal`, in a real browser and over HTTP.

use std::collections::BTreeSet;

use http::{
    Method, Response, StatusCode,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE},
};

use crate::support::{
    browser::{Browser, Kind, in_chromium_first, in_each_browser},
    process::example,
    server::Server,
};

in_each_browser!(
    a1_the_first_visit_keeps_only_what_needs_no_consent,
    a_refusal_leaves_nothing_but_the_necessary_cookies,
    a2_acceptance_keeps_declared_cookies_only,
    d1_withdrawal_removes_cookies_even_http_only_ones,
    what_the_page_says_was_sent_is_what_the_browser_keeps,
);
in_chromium_first!(
    one_chosen_category_keeps_its_cookies_and_no_others,
    r1_redirects_and_error_pages_are_held_to_the_same_choice,
    the_keyboard_alone_is_enough_to_refuse,
    login_and_language_work_after_a_refusal,
);

const NECESSARY: [&str; 2] = ["csrftoken", "sessionid"];
const PREFERENCES: &str = "cookies_preferences";
const RECEIPT: &str = "consent_receipt";
const STATISTICS: &str = "_pk_id.1.fe4c";
const FIRST_PARTY: &str = "parcours";
const THIRD_PARTY: [&str; 2] = ["_ga", "_ga_PORTAIL"];

fn names(names: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn necessary_and(others: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    names(NECESSARY.into_iter().chain(others))
}

/// The cookies of a visitor who has chosen.
fn chosen_and(others: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    necessary_and([PREFERENCES, RECEIPT].into_iter().chain(others))
}

fn all_declared() -> BTreeSet<String> {
    chosen_and([STATISTICS, FIRST_PARTY].into_iter().chain(THIRD_PARTY))
}

/// A visitor's first visit to the home page.
fn first_visit(kind: Kind) -> Option<(Browser, Server)> {
    let browser = Browser::start_without_scripts(kind)?;
    let portal = Server::start("portal");
    browser.go(&portal.url("/"));
    Some((browser, portal))
}

fn a1_the_first_visit_keeps_only_what_needs_no_consent(kind: Kind) {
    let Some((browser, portal)) = first_visit(kind) else {
        return;
    };
    assert_eq!(browser.cookies(), necessary_and([STATISTICS]));
    browser.go(&portal.url("/cookies"));
    assert_eq!(browser.cookies(), necessary_and([STATISTICS]));
}

fn a_refusal_leaves_nothing_but_the_necessary_cookies(kind: Kind) {
    let Some((browser, portal)) = first_visit(kind) else {
        return;
    };
    browser.follow("button[value=refuse]");
    assert_eq!(browser.cookies(), chosen_and([]));
    browser.go(&portal.url("/cookies"));
    assert_eq!(browser.cookies(), chosen_and([]));
}

fn a2_acceptance_keeps_declared_cookies_only(kind: Kind) {
    let Some((browser, portal)) = first_visit(kind) else {
        return;
    };
    browser.follow("button[value=accept]");
    assert_eq!(browser.cookies(), all_declared());
    browser.go(&portal.url("/cookies"));
    assert_eq!(browser.cookies(), all_declared());
}

fn d1_withdrawal_removes_cookies_even_http_only_ones(kind: Kind) {
    let Some((browser, _portal)) = first_visit(kind) else {
        return;
    };
    browser.follow("button[value=accept]");
    assert!(browser.is_http_only(FIRST_PARTY));
    assert_eq!(browser.cookies(), all_declared());
    browser.follow("button[value=withdraw]");
    assert_eq!(browser.cookies(), chosen_and([]));
}

fn one_chosen_category_keeps_its_cookies_and_no_others(kind: Kind) {
    let Some((browser, portal)) = first_visit(kind) else {
        return;
    };
    browser.follow("a.tcc-choose");
    browser.click("input[value=internes]");
    browser.follow("button[value=save]");
    // Back on the page that led to the form.
    assert_eq!(browser.path(), "/");
    // The statistics are exempt, and nobody has objected to them.
    assert_eq!(browser.cookies(), chosen_and([FIRST_PARTY, STATISTICS]));

    browser.go(&portal.url("/cookies/preferences"));
    browser.click("input[type=checkbox][value=statistiques]");
    browser.follow("button[value=save]");
    assert_eq!(browser.cookies(), chosen_and([FIRST_PARTY]));
}

fn r1_redirects_and_error_pages_are_held_to_the_same_choice(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = Server::start("portal");
    for path in ["/introuvable", "/redirection"] {
        browser.go(&portal.url(path));
        assert_eq!(
            browser.cookies(),
            necessary_and([STATISTICS]),
            "{path}, undecided"
        );
    }
    for (choice, kept) in [("accept", all_declared()), ("refuse", chosen_and([]))] {
        browser.go(&portal.url("/cookies/preferences"));
        browser.follow(&format!("button[value={choice}]"));
        for path in ["/introuvable", "/redirection"] {
            browser.go(&portal.url(path));
            assert_eq!(browser.cookies(), kept, "{path}, {choice}");
        }
    }
}

fn what_the_page_says_was_sent_is_what_the_browser_keeps(kind: Kind) {
    let Some((browser, _portal)) = first_visit(kind) else {
        return;
    };
    let shown = |outcome: &str| browser.attributes(&format!("tr.{outcome}"), "data-cookie");
    assert_eq!(shown("sent"), browser.cookies());
    let withheld = [FIRST_PARTY, "ab_test"].into_iter().chain(THIRD_PARTY);
    assert_eq!(shown("withheld"), names(withheld));
    browser.follow("button[value=accept]");
    assert_eq!(shown("withheld"), names([STATISTICS, "ab_test"]));
}

fn the_keyboard_alone_is_enough_to_refuse(kind: Kind) {
    let Some((browser, _portal)) = first_visit(kind) else {
        return;
    };
    browser.tab_to_and_press("refuse");
    assert_eq!(browser.cookies(), chosen_and([]));
}

fn login_and_language_work_after_a_refusal(kind: Kind) {
    let Some((browser, portal)) = first_visit(kind) else {
        return;
    };
    browser.follow("button[value=refuse]");
    browser.go(&portal.url("/connexion"));
    browser.write("#name", "Amélie <b>");
    browser.follow("main form button");
    assert_eq!(browser.text(".user"), "Amélie <b>");
    browser.follow("button[name=language]");
    assert_eq!(browser.attributes("html", "lang"), names(["en"]));
    assert_eq!(browser.text(".user"), "Amélie <b>");
    // The refusal follows the account, too.
    assert_eq!(
        browser.cookies(),
        chosen_and(["django_language", "account_choice"])
    );
}

fn cookies_set_by<B>(response: &Response<B>) -> BTreeSet<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    fields
        .map(|field| {
            field
                .to_str()
                .unwrap()
                .split('=')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn every_status_withholds_without_preferences() {
    let portal = Server::start("portal");
    for (path, status) in [
        ("/", StatusCode::OK),
        ("/connexion", StatusCode::OK),
        ("/introuvable", StatusCode::NOT_FOUND),
    ] {
        let response = portal.get(path);
        assert_eq!(response.status(), status);
        assert_eq!(
            cookies_set_by(&response),
            necessary_and([STATISTICS]),
            "{path}"
        );
    }
    let response = portal.get("/redirection");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(cookies_set_by(&response), names(["sessionid", STATISTICS]));
}

#[test]
fn accepting_and_refusing_look_the_same_and_nothing_is_ticked() {
    let portal = Server::start("portal");
    let page = portal.get("/").into_body();
    let button = |value: &str, label: &str| {
        format!(r#"<button class="tcc-button" name="decision" value="{value}">{label}</button>"#)
    };
    assert!(page.contains(&button("accept", "Tout accepter")));
    assert!(page.contains(&button("refuse", "Tout refuser")));
    let place = |mark: &str| page.find(mark).unwrap();
    assert!(place("class=\"skip\"") < place("tcc-banner"));
    assert!(place("tcc-banner") < place("<header"));
    assert!(!page.contains("checked"));
    assert!(!page.contains("<script>"));
}

#[test]
fn no_value_of_a_tried_cookie_is_on_the_page() {
    let portal = Server::start("portal");
    let response = portal.get("/");
    for field in response.headers().get_all(SET_COOKIE) {
        let (name, rest) = field.to_str().unwrap().split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        // The token's value is in the forms, as it has to be, but nowhere on the home page.
        assert!(!response.body().contains(value), "{name}");
    }
    assert!(!response.body().contains("GA1.1"));
}

#[test]
fn a_form_of_another_site_does_not_choose_for_the_visitor() {
    let portal = Server::start("portal");
    let choose = |origin: &str| {
        let form = "application/x-www-form-urlencoded";
        let headers = [(CONTENT_TYPE, form), (ORIGIN, origin)];
        portal.send(
            Method::POST,
            "/cookies/preferences",
            &headers,
            "decision=accept&return_to=/",
        )
    };
    let foreign = choose("https://example.org");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(!cookies_set_by(&foreign).contains(PREFERENCES));
    let own = choose(&portal.url(""));
    assert_eq!(own.status(), StatusCode::SEE_OTHER);
    assert_eq!(own.headers()[LOCATION], "../#content");
    assert!(cookies_set_by(&own).contains(PREFERENCES));
}

#[test]
fn unknown_arguments_end_it_with_a_usage_line() {
    for arguments in [&["--help-me"][..], &["--listen"], &["--listen", "a", "b"]] {
        let output = example("portal").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.starts_with("usage: ") && told.lines().count() == 1,
            "{told}"
        );
    }
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_when_asked_to() {
    let mut portal = Server::start("portal");
    portal.process.terminate();
    assert!(portal.process.wait().success());
}

/// What the page with a film and a map loads from other sites, for a visitor with this cookie.
fn loaded(portal: &Server, cookie: &str) -> (bool, bool) {
    let page = portal.send(Method::GET, "/territoire", &[(COOKIE, cookie)], "");
    assert_eq!(page.status(), StatusCode::OK);
    let policies: Vec<_> = page
        .headers()
        .get_all(CONTENT_SECURITY_POLICY)
        .iter()
        .collect();
    assert_eq!(
        policies.len(),
        2,
        "the site's own, and that of what is allowed"
    );
    let loads = |url: &str| {
        let shown = page.body().contains(&format!(" src=\"{url}"));
        let held = page.body().contains(&format!(" data-consent-src=\"{url}"));
        assert!(shown != held, "{url}");
        let origin = url.trim_end_matches("/embed/").trim_end_matches("/export/");
        let is_source = policies
            .iter()
            .all(|policy| policy.to_str().unwrap().contains(origin));
        assert_eq!(is_source, shown, "{url}");
        shown
    };
    let film = loads("https://www.youtube-nocookie.com/embed/");
    (film, loads("https://www.openstreetmap.org/export/"))
}

#[test]
fn a_film_and_a_map_load_each_with_consent_of_its_own() {
    let portal = Server::start("portal");
    assert_eq!(loaded(&portal, ""), (false, false));
    let choose = |decision: &str| {
        let form = "application/x-www-form-urlencoded";
        let own = portal.url("");
        let body = format!("{decision}&return_to=/territoire&anchor=film");
        let headers = [(CONTENT_TYPE, form), (ORIGIN, &*own)];
        let response = portal.send(Method::POST, "/cookies/preferences", &headers, &body);
        assert_eq!(response.headers()[LOCATION], "../territoire#film");
        let fields = response.headers().get_all(SET_COOKIE).iter();
        let mut fields = fields.map(|field| field.to_str().unwrap().split(';').next().unwrap());
        let preferences = fields.find(|field| field.starts_with(PREFERENCES));
        preferences.unwrap().to_owned()
    };
    for (decision, expected) in [
        ("decision=allow&service=youtube", (true, false)),
        ("decision=allow&service=openstreetmap", (false, true)),
        ("decision=accept", (true, true)),
        ("decision=refuse", (false, false)),
    ] {
        assert_eq!(loaded(&portal, &choose(decision)), expected, "{decision}");
    }
}
