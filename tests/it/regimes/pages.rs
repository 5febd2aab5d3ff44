//! What a visitor of the portal sees and can do, by the place that a header names. The portal's policy has
//! the regimes `uk` and `us-opt-out`.

use http::{
    HeaderName, Method, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE, VARY},
};

use crate::support::server::Server;

const PLACE: HeaderName = HeaderName::from_static("x-country");
const GPC: HeaderName = HeaderName::from_static("sec-gpc");
const CALIFORNIA: (HeaderName, &str) = (PLACE, "US-CA");

fn portal() -> Server {
    Server::start_with("portal", &["--regime-header", "x-country"])
}

/// Asks for a page in English.
fn get(portal: &Server, path: &str, fields: &[(HeaderName, &str)]) -> Response<String> {
    let given = fields.iter().find(|(name, _)| name == COOKIE);
    let cookies = format!("django_language=en; {}", given.map_or("", |(_, it)| it));
    let others = fields.iter().filter(|(name, _)| name != COOKIE).cloned();
    let all: Vec<_> = others.chain([(COOKIE, cookies.as_str())]).collect();
    portal.send(Method::GET, path, &all, "")
}

fn post(
    portal: &Server,
    body: &str,
    cookie: &str,
    fields: &[(HeaderName, &str)],
) -> Response<String> {
    let origin = portal.url("");
    let mut all = vec![
        (ORIGIN, origin.as_str()),
        (CONTENT_TYPE, "application/x-www-form-urlencoded"),
        (COOKIE, cookie),
        CALIFORNIA,
    ];
    all.extend_from_slice(fields);
    portal.send(Method::POST, "/cookies/preferences", &all, body)
}

/// Returns `true` if a response sets this cookie, other than to remove it.
fn sets(response: &Response<String>, name: &str) -> bool {
    let start = format!("{name}=");
    let mut fields = response.headers().get_all(SET_COOKIE).iter();
    fields.any(|field| {
        let field = field.to_str().unwrap();
        field.starts_with(&start) && !field.contains("Max-Age=0")
    })
}

/// The preferences that a response stores, as the browser sends them back, and as JSON.
fn stored(response: &Response<String>) -> Option<(String, serde_json::Value)> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let mut pairs = fields.filter_map(|field| field.to_str().unwrap().split(';').next());
    let pair = pairs.find(|pair| pair.starts_with("cookies_preferences="))?;
    let value = pair.split_once('=')?.1;
    let json = percent_encoding::percent_decode_str(value)
        .decode_utf8()
        .ok()?;
    Some((pair.to_owned(), serde_json::from_str(&json).ok()?))
}

const HONOURED: &str =
    "Opt-out request honored: your browser’s opt-out preference signal was processed.";

#[test]
fn each_place_has_its_own_rules() {
    let portal = portal();
    for (place, third_party, statistics, banner, link) in [
        ("FR", false, true, true, false),
        ("GB", false, true, true, false),
        ("DE", false, false, true, false),
        ("US-CA", true, true, false, true),
        ("US", true, true, false, true),
        ("XX", false, false, true, true),
        ("us-ca", false, false, true, true),
    ] {
        let page = get(&portal, "/", &[(PLACE, place)]);
        assert_eq!(sets(&page, "_ga"), third_party, "{place}");
        assert_eq!(sets(&page, "_pk_id.1.fe4c"), statistics, "{place}");
        let html = page.body();
        assert_eq!(html.contains("value=\"accept\""), banner, "{place}");
        assert_eq!(html.contains("tcc-privacy-choices"), link, "{place}");
        let vary: Vec<_> = page.headers().get_all(VARY).iter().collect();
        assert!(vary.iter().any(|field| *field == "x-country"), "{vary:?}");
    }
    let form = get(&portal, "/cookies/preferences", &[(PLACE, "GB")]);
    assert!(
        form.body()
            .contains("Privacy and Electronic Communications")
    );
    let form = get(&portal, "/cookies/preferences?lang=fr", &[(PLACE, "ZZ")]);
    assert!(form.body().contains("les plus strictes"));
    let charter = get(&portal, "/cookies", &[(PLACE, "GB")]);
    assert!(charter.body().contains("no tracking of individuals"));
    assert!(charter.body().contains("schedule A1"));
}

#[test]
fn a_signal_is_honoured_remembered_and_shown() {
    let portal = portal();
    let page = get(&portal, "/", &[CALIFORNIA, (GPC, "1")]);
    assert!(page.body().contains(HONOURED), "{}", page.body());
    assert!(!sets(&page, "_ga") && !sets(&page, "parcours"));
    let (cookie, json) = stored(&page).unwrap();
    assert_eq!(json["tiers"], false);
    assert_eq!(json["internes"], false);
    assert_eq!(json["gpc"], true);
    assert_eq!(json["regime"], "us-opt-out");
    assert!(json.get("statistiques").is_none());

    // Without the signal it is still so, and shown.
    let next = get(&portal, "/", &[CALIFORNIA, (COOKIE, &cookie)]);
    assert!(next.body().contains(HONOURED));
    assert!(!sets(&next, "_ga") && stored(&next).is_none());
    // A place where nothing is opt-out remembers nothing.
    let french = get(&portal, "/", &[(PLACE, "FR"), (GPC, "1")]);
    assert!(stored(&french).is_none() && !french.body().contains(HONOURED));
}

#[test]
fn opting_out_takes_one_click_and_opting_in_a_confirmation() {
    let portal = portal();
    let page = get(&portal, "/cookies/opt-out", &[CALIFORNIA]);
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.body().contains("value=\"opt_out\""));
    assert!(page.body().contains("Sensitive personal information"));

    let out = post(&portal, "decision=opt_out", "a=b", &[]);
    assert_eq!(out.status(), StatusCode::SEE_OTHER, "{}", out.body());
    assert!(
        out.headers()[LOCATION]
            .to_str()
            .unwrap()
            .contains("opt-out")
    );
    let (cookie, json) = stored(&out).unwrap();
    assert_eq!(
        (&json["tiers"], &json["internes"]),
        (&false.into(), &false.into())
    );
    let shown = get(&portal, "/", &[CALIFORNIA, (COOKIE, &cookie)]);
    assert!(shown.body().contains("Opt-out request honored"));
    assert!(!shown.body().contains("value=\"accept\""), "no banner");

    // In JSON neither, and the answer says where the confirmation is.
    let json = portal.send(
        Method::POST,
        "/cookies/preferences",
        &[
            (ORIGIN, &portal.url("")),
            (CONTENT_TYPE, "application/json"),
            (COOKIE, &cookie),
            CALIFORNIA,
        ],
        r#"{"decision": "accept"}"#,
    );
    let state: serde_json::Value = serde_json::from_str(json.body()).unwrap();
    assert_eq!(state["confirm"], "opt-out?confirm");
    assert_eq!(state["opt_out"], "opted_out");

    // Accepting all does not undo it: a page asks once more.
    let accept = post(&portal, "decision=accept", &cookie, &[]);
    let location = accept.headers()[LOCATION].to_str().unwrap();
    assert!(location.contains("opt-out?confirm"), "{location}");
    let (cookie, json) = stored(&accept).unwrap();
    assert_eq!(json["tiers"], false);
    assert_eq!(json["statistiques"], true);
    let asks = get(
        &portal,
        "/cookies/opt-out?confirm",
        &[CALIFORNIA, (COOKIE, &cookie)],
    );
    assert!(asks.body().contains("Allow again?"));
    let again = post(&portal, "decision=opt_in", &cookie, &[]);
    let (cookie, json) = stored(&again).unwrap();
    assert_eq!(
        (&json["tiers"], &json["internes"]),
        (&true.into(), &true.into())
    );
    let open = get(&portal, "/", &[CALIFORNIA, (COOKIE, &cookie)]);
    assert!(sets(&open, "_ga") && !open.body().contains("Opt-out request honored"));
}

#[test]
fn a_confirmation_under_the_signal_counts_and_is_shown() {
    let portal = portal();
    let signal = [CALIFORNIA, (GPC, "1")];
    let (cookie, _) = stored(&get(&portal, "/", &signal)).unwrap();
    let held = post(&portal, "decision=accept", &cookie, &[(GPC, "1")]);
    assert_eq!(stored(&held).unwrap().1["tiers"], false);
    let again = post(&portal, "decision=opt_in", &cookie, &[(GPC, "1")]);
    let (cookie, json) = stored(&again).unwrap();
    assert_eq!((&json["tiers"], &json["gpc"]), (&true.into(), &true.into()));
    let page = get(&portal, "/", &[CALIFORNIA, (GPC, "1"), (COOKIE, &cookie)]);
    assert!(sets(&page, "_ga"));
    assert!(
        page.body().contains("your choice counts"),
        "{}",
        page.body()
    );
}

#[test]
fn the_opt_out_page_is_there_where_the_law_has_it() {
    let portal = portal();
    for (place, status) in [
        ("US-CA", StatusCode::OK),
        ("ZZ", StatusCode::OK),
        ("FR", StatusCode::NOT_FOUND),
        ("GB", StatusCode::NOT_FOUND),
    ] {
        let page = get(&portal, "/cookies/opt-out", &[(PLACE, place)]);
        assert_eq!(page.status(), status, "{place}");
    }
    let nowhere = portal.send(
        Method::POST,
        "/cookies/preferences",
        &[
            (ORIGIN, &portal.url("")),
            (CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (PLACE, "FR"),
        ],
        "decision=opt_in",
    );
    assert_eq!(nowhere.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn closing_the_banner_refuses_in_italy() {
    let portal = portal();
    let page = get(&portal, "/?lang=it", &[(PLACE, "IT")]);
    assert!(
        page.body()
            .contains("class=\"tcc-close\" name=\"decision\" value=\"refuse\"")
    );
    let page = get(&portal, "/?lang=it", &[(PLACE, "AT")]);
    assert!(!page.body().contains("tcc-close"));
}

#[test]
fn japan_is_informed_once() {
    let portal = portal();
    let page = get(&portal, "/", &[(PLACE, "JP")]);
    // What needs consent there is asked about.
    assert!(page.body().contains("value=\"accept\""));
    let state = get(&portal, "/cookies/state", &[(PLACE, "JP")]);
    assert!(
        state.body().contains("\"regime\":\"japan\""),
        "{}",
        state.body()
    );
}
