//! Shared caches: who gets removals, what is reported, and that no change makes a response
//! cacheable. The cases are in `tests/data/caches.json`.

use http::{HeaderMap, HeaderName, Method, Request, Response, header::CACHE_CONTROL};
use serde::Deserialize;
use tower_cookie_consent::{Expire, Undeclared};

use crate::support::{NOW, Prefs, Witness, exchange, layer, request, response, value};

#[derive(Deserialize)]
struct Table {
    now: u64,
    cases: Vec<Case>,
}

/// A response's headers for caches, and the result.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "get")]
    method: String,
    /// Lines of the request.
    #[serde(default)]
    request: Vec<String>,
    #[serde(default = "ok")]
    status: u16,
    /// Lines of the response.
    response: Vec<String>,
    /// A shared cache may give it to others with its cookies, without asking.
    kept: bool,
    /// The lines after a cookie was stripped; unchanged if absent.
    stripped: Option<Vec<String>>,
    /// The lines with removals; unchanged if absent.
    closed: Option<Vec<String>>,
}

fn get() -> String {
    "GET".to_owned()
}

const fn ok() -> u16 {
    200
}

impl Case {
    fn all() -> Vec<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/caches.json");
        let table = std::fs::read_to_string(path).unwrap();
        let table: Table = serde_json::from_str(&table).unwrap();
        assert_eq!(table.now, NOW);
        assert!(table.cases.len() > 100);
        table.cases
    }

    fn request(&self, cookies: &str) -> Request<()> {
        let mut asked = request([("cookie", cookies)]);
        *asked.method_mut() = Method::from_bytes(self.method.as_bytes()).unwrap();
        append(asked.headers_mut(), &self.request);
        asked
    }

    fn response(&self, set_cookies: &[&str]) -> Response<()> {
        let mut answer = response(set_cookies);
        *answer.status_mut() = self.status.try_into().unwrap();
        append(answer.headers_mut(), &self.response);
        answer
    }
}

fn append(headers: &mut HeaderMap, lines: &[String]) {
    for line in lines {
        let (name, field) = line.split_once(": ").unwrap_or((line, ""));
        let name = HeaderName::from_bytes(name.trim_end_matches(':').as_bytes()).unwrap();
        headers.append(name, value(field));
    }
}

/// Returns all lines but the cookies, in the order of names.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let mut names: Vec<_> = headers
        .keys()
        .filter(|name| *name != "set-cookie")
        .collect();
    names.sort_by_key(|name| name.as_str());
    names
        .into_iter()
        .flat_map(|name| headers.get_all(name).iter().map(move |field| (name, field)))
        .map(|(name, field)| format!("{name}: {}", field.to_str().unwrap()))
        .collect()
}

#[test]
fn removals_go_out_where_no_shared_cache_keeps_them() {
    for case in Case::all() {
        let witness = Witness::default();
        let layer = layer().observe(witness.clone());
        let cookies = format!("{}; _ga=1; session=1", Prefs::refuse().pair());
        let done = exchange(&layer, case.request(&cookies), case.response(&[]));
        assert_eq!(done.removed().is_empty(), case.kept, "{}", case.name);
        let told = witness.take();
        let left_out = told.iter().any(|line| line.contains(" not_expired "));
        assert_eq!(left_out, case.kept, "{}: {told:?}", case.name);
        let expected = match &case.closed {
            Some(closed) if !case.kept => closed,
            _ => &case.response,
        };
        assert_eq!(&lines(done.response.headers()), expected, "{}", case.name);
    }
}

#[test]
fn refusal_expires_cookies_and_closes_its_response() {
    for case in Case::all() {
        let refusal = Prefs::refuse().set_cookie();
        let done = exchange(&layer(), case.request("_ga=1"), case.response(&[&refusal]));
        assert!(!done.removed().is_empty(), "{}", case.name);
        let expected = case.closed.as_ref().unwrap_or(&case.response);
        assert_eq!(&lines(done.response.headers()), expected, "{}", case.name);
    }
}

#[test]
fn stripped_response_does_not_become_cacheable() {
    for case in Case::all() {
        let done = exchange(&layer(), case.request("x=1"), case.response(&["_ga=1"]));
        assert!(done.set_cookies().is_empty(), "{}", case.name);
        let expected = case.stripped.as_ref().unwrap_or(&case.response);
        assert_eq!(&lines(done.response.headers()), expected, "{}", case.name);
    }
}

#[test]
fn consented_cookies_on_kept_responses_are_reported() {
    for case in Case::all() {
        let witness = Witness::default();
        let layer = layer().observe(witness.clone());
        let set = ["_ga=1", "session=1", "_fbp=; Max-Age=0"];
        let cookies = Prefs::accept().pair();
        let done = exchange(&layer, case.request(&cookies), case.response(&set));
        assert_eq!(done.set_cookies(), set, "{}", case.name);
        assert_eq!(lines(done.response.headers()), case.response);
        let told = witness.take();
        let mut told = told
            .iter()
            .filter(|line| line.contains(" publicly_cacheable "));
        let names: Vec<_> = told
            .by_ref()
            .map(|line| line.split(' ').nth(3).unwrap())
            .collect();
        assert_eq!(names, &["_ga"][..usize::from(case.kept)], "{}", case.name);
    }
}

/// The layer with the switch on, and a visitor who has granted everything.
#[test]
fn only_necessary_cookies_leave_where_caches_keep_them() {
    for case in Case::all() {
        let witness = Witness::default();
        let layer = layer()
            .undeclared(Undeclared::Allow)
            .withhold_from_shared_caches(true)
            .observe(witness.clone());
        let preferences = Prefs::accept().set_cookie();
        let set = [
            "session=1",
            "_ga=1",
            "_pk_ses=1",
            "id=1",
            "_fbp=; Max-Age=0",
        ];
        let set = [&set[..], &[&*preferences]].concat();
        let cookies = Prefs::accept().pair();
        let done = exchange(&layer, case.request(&cookies), case.response(&set));
        let expected = match case.kept {
            true => [&["session=1", "_fbp=; Max-Age=0"][..], &[&*preferences]].concat(),
            false => set,
        };
        assert_eq!(done.set_cookies(), expected, "{}", case.name);
        let told = witness.take();
        let withheld = told
            .iter()
            .filter(|line| line.contains(" withheld shared_cache "));
        assert_eq!(withheld.count(), if case.kept { 3 } else { 0 }, "{told:?}");
    }
    // Without an observer, and with the request's side switched off.
    let lean = layer()
        .withhold_from_shared_caches(true)
        .filter_request(false)
        .limit_exempt(false)
        .expose_consent(false)
        .expire(Expire::Never);
    for layer in [lean, layer().withhold_from_shared_caches(true)] {
        for (method, left) in [("GET", &[][..]), ("POST", &["_ga=1"])] {
            let mut asked = request([("cookie", Prefs::accept().pair())]);
            *asked.method_mut() = method.parse().unwrap();
            let done = exchange(&layer, asked, answer(&["_ga=1"], &["public"]));
            assert_eq!(done.set_cookies(), left, "{method}");
        }
    }
}

#[test]
fn response_that_makes_a_choice_is_kept_by_no_cache() {
    let by_get = |case: &Case| case.method == "GET" && case.request.is_empty();
    for case in Case::all().into_iter().filter(by_get) {
        let choice = Prefs::accept().set_cookie();
        let done = exchange(&layer(), case.request("x=1"), case.response(&[&choice]));
        assert_eq!(done.set_cookies(), [choice], "{}", case.name);
        let expected = match &case.closed {
            Some(closed) if case.kept => closed,
            _ => &case.response,
        };
        assert_eq!(&lines(done.response.headers()), expected, "{}", case.name);
    }
}

/// Whatever the method: caches must never store a choice.
#[test]
fn answer_to_post_that_makes_a_choice_is_kept_by_no_cache() {
    let mut asked = request([("authorization", "Basic eA==")]);
    *asked.method_mut() = Method::POST;
    let accept = Prefs::accept().set_cookie();
    let done = exchange(&layer(), asked, answer(&[&accept], &["max-age=60"]));
    assert_eq!(done.cache_control(), ["max-age=60", "private"]);
}

fn answer(set_cookies: &[&str], cache_control: &[&str]) -> Response<()> {
    let mut answer = response(set_cookies);
    for field in cache_control {
        answer.headers_mut().append(CACHE_CONTROL, value(field));
    }
    answer
}

#[test]
fn nothing_is_added_where_nothing_was_changed() {
    for set_cookies in [&[][..], &["session=1"], &["_ga=; Max-Age=0", "_pk_ses=1"]] {
        let done = exchange(
            &layer(),
            request::<&str>([]),
            answer(set_cookies, &["max-age=60"]),
        );
        assert_eq!(done.cache_control(), ["max-age=60"]);
    }
    // Hiding cookies from the service does not change the response.
    let done = exchange(&layer(), request([("cookie", "_ga=1")]), answer(&[], &[]));
    assert_eq!(done.cache_control(), [""; 0]);
}

#[test]
fn a_clamp_a_replacement_and_an_expiry_are_changes() {
    for set in ["_pk_ses=1; Max-Age=99999999", "_ga=; Max-Age=+0"] {
        let done = exchange(&layer(), request::<&str>([]), answer(&[set], &[]));
        assert_eq!(done.cache_control(), ["private"], "{set}");
        assert_eq!(done.set_cookies().len(), 1);
    }
    let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
    let done = exchange(&layer(), request([("cookie", cookies)]), answer(&[], &[]));
    assert_eq!(done.cache_control(), ["private"]);
}

#[test]
fn report_only_adds_nothing() {
    let layer = layer().report_only(true);
    let done = exchange(&layer, request::<&str>([]), answer(&["_ga=1"], &[]));
    assert_eq!(done.cache_control(), [""; 0]);
    let refusal = Prefs::refuse().set_cookie();
    let done = exchange(
        &layer,
        request::<&str>([]),
        answer(&[&refusal], &["public"]),
    );
    assert_eq!(done.cache_control(), ["public"]);
}

/// A full map is closed as far as possible.
#[test]
fn a_full_header_map_does_not_panic() {
    let mut answer = answer(&[&Prefs::refuse().set_cookie(), "_ga=1"], &["max-age=60"]);
    for number in 0.. {
        let name = HeaderName::try_from(format!("x-{number}")).unwrap();
        if answer.headers_mut().try_insert(name, value("")).is_err() {
            break;
        }
    }
    let done = exchange(&layer(), request([("cookie", "_ga=1")]), answer);
    assert!(done.cache_control().join(",").contains("private"));
    let set = done.set_cookies();
    assert!(
        !set.iter().any(|field| field.starts_with("_ga=1")),
        "{set:?}"
    );
}
