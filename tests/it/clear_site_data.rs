//! `Clear-Site-Data`: responses that make the browser delete the visitor's choice.

use std::collections::HashSet;

use http::Response;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Undeclared,
};

use crate::support::{
    Exchange, Prefs, Witness,
    browser::{Browser, Kind, in_each_browser},
    exchange, layer,
    raw::server,
    request, response, value,
};

fn clearing(field: &str, set_cookies: &[&str]) -> Response<()> {
    let mut answer = response(set_cookies);
    answer.headers_mut().append("clear-site-data", value(field));
    answer
}

fn fields(done: &Exchange) -> Vec<&str> {
    let fields = done.response.headers().get_all("clear-site-data").iter();
    fields.map(|field| field.to_str().unwrap()).collect()
}

fn cookies() -> String {
    format!(
        "session=1; {}; _ga=2; other=3; session=1",
        Prefs::refuse().pair()
    )
}

#[test]
fn clearing_all_cookies_is_reported_and_passes() {
    for (field, reported) in [
        ("\"cookies\"", true),
        ("\"cache\", \"cookies\"", true),
        ("\"*\"", true),
        ("\"cache\", \"storage\"", false),
        ("cookies", false),
    ] {
        let witness = Witness::default();
        let layer = layer().observe(witness.clone());
        let asked = request([("cookie", Prefs::accept().pair())]);
        let done = exchange(&layer, asked, clearing(field, &[]));
        assert_eq!(fields(&done), [field]);
        assert!(done.set_cookies().is_empty() && done.cache_control().is_empty());
        let told = witness.take();
        let line = "Set-Cookie clears_cookies clear_site_data - - /";
        assert_eq!(
            told.iter().any(|it| it == line),
            reported,
            "{field}: {told:?}"
        );
    }
}

#[test]
fn choice_is_spared_and_the_rest_expired() {
    for (field, left) in [
        ("\"cookies\"", &[][..]),
        (
            "\"storage\", \"cookies\", \"cache\"",
            &["\"storage\", \"cache\""],
        ),
        (
            "\"*\"",
            &[
                "\"cache\", \"clientHints\", \"executionContexts\", \"prefetchCache\", \
               \"prerenderCache\", \"storage\"",
            ],
        ),
    ] {
        let witness = Witness::default();
        let layer = layer().spare_choice(true).observe(witness.clone());
        let asked = request([("host", "localhost"), ("cookie", &cookies())]);
        let done = exchange(&layer, asked, clearing(field, &["lang=4"]));
        assert_eq!(fields(&done), left, "{field}");
        // `_ga`, which was refused, once.
        assert_eq!(
            done.removals(),
            ["session; Path=/", "_ga; Path=/", "other; Path=/"]
        );
        assert_eq!(done.set_cookies()[0], "lang=4");
        assert_eq!(done.cache_control(), ["private"]);
        let told = witness.take();
        assert!(told.iter().any(|line| line.contains(" spares_choice ")));
        assert!(!told.iter().any(|line| line.contains(" clears_cookies ")));
    }
}

#[test]
fn removals_reach_where_the_browser_would_have_cleared() {
    let asked = request([
        ("host", "www.shop.example"),
        ("cookie", "session=1; __Host-sid=2"),
    ]);
    let layer = layer().spare_choice(true);
    let done = exchange(&layer, asked, clearing("\"cookies\"", &[]));
    assert_eq!(
        done.removals(),
        [
            "session; Path=/",
            "session; Domain=www.shop.example; Path=/",
            "session; Domain=shop.example; Path=/",
            "__Host-sid; Path=/; Secure",
        ]
        .map(ToOwned::to_owned)
    );
}

#[test]
fn response_with_public_storage_is_closed_when_it_spares() {
    let layer = layer().spare_choice(true);
    let mut answer = clearing("\"cookies\"", &[]);
    answer
        .headers_mut()
        .append("cache-control", value("public, max-age=60"));
    let done = exchange(&layer, request([("cookie", "session=1")]), answer);
    assert_eq!(done.cache_control(), ["public, max-age=60", "private"]);
    assert!(fields(&done).is_empty());
}

#[test]
fn what_does_not_fit_into_a_response_is_left_to_the_browser() {
    let many: Vec<String> = (0..20).map(|number| format!("c{number}=1")).collect();
    let witness = Witness::default();
    let layer = layer().spare_choice(true).observe(witness.clone());
    let asked = request([("cookie", many.join("; "))]);
    let done = exchange(&layer, asked, clearing("\"cookies\"", &[]));
    assert_eq!(fields(&done), ["\"cookies\""]);
    assert!(done.set_cookies().is_empty());
    let told = witness.take();
    assert!(told.iter().any(|line| line.contains(" clears_cookies ")));
}

/// Servers in front accept a head of 4 or 8 KiB. Of 16 names that the request carried, each at two places, the
/// removals are all of the room.
#[test]
fn removals_of_a_logout_and_of_a_refusal_share_the_room() {
    let declared: Vec<String> = (0..40).map(|number| format!("ad{number}")).collect();
    let ads = Category::consent("ads").cookies(declared.iter().map(CookieDeclaration::new));
    let policy = CookiePolicy::new([ads]).unwrap();
    let layer = CookieConsentLayer::new(policy.clone()).spare_choice(true);
    let consent = Consent::undecided(policy);
    let refusal = consent.set_cookie(consent.refuse_all()).header_value();
    let refusal = refusal.to_str().unwrap().to_owned();
    for carried in [0, 1, 5, 16] {
        let cookies = declared
            .iter()
            .take(carried)
            .map(|name| format!("{name}=1"));
        let cookies: Vec<String> = cookies.collect();
        let asked = request([("host", "shop.example"), ("cookie", &*cookies.join("; "))]);
        let done = exchange(&layer, asked, clearing("\"cookies\"", &[&*refusal]));
        assert!(fields(&done).is_empty());
        let removals = done.removals();
        assert!(
            (30..=32).contains(&removals.len()),
            "{carried}: {removals:?}"
        );
        let once: HashSet<_> = removals.iter().collect();
        assert_eq!(once.len(), removals.len(), "{carried}: {removals:?}");
        let bytes: usize = done.set_cookies().iter().map(|field| field.len()).sum();
        assert!(bytes - refusal.len() <= 4_096, "{carried}: {bytes}");
        let names: HashSet<_> = done.removed().into_iter().collect();
        assert!(
            declared
                .iter()
                .take(carried)
                .all(|name| names.contains(name)),
            "{names:?}"
        );
    }
}

#[test]
fn cookie_without_a_certain_name_is_left_to_the_browser() {
    for odd in ["bare", "=nameless", "x\u{e9}=1", "\"=1"] {
        let witness = Witness::default();
        let layer = layer().spare_choice(true).observe(witness.clone());
        let asked = request([("cookie", format!("session=1; {odd}"))]);
        let done = exchange(&layer, asked, clearing("\"cookies\"", &["lang=4"]));
        assert_eq!(fields(&done), ["\"cookies\""], "{odd}");
        assert_eq!(done.set_cookies(), ["lang=4"]);
        let told = witness.take();
        assert!(told.iter().any(|line| line.contains(" clears_cookies ")));
    }
    // Nothing is there between two separators.
    let asked = request([("cookie", "session=1; ; ;")]);
    let layer = layer().spare_choice(true);
    let done = exchange(&layer, asked, clearing("\"cookies\"", &[]));
    assert!(fields(&done).is_empty());
}

#[test]
fn choice_does_not_widen_where_all_is_forgotten() {
    // Encoded, as every browser keeps it.
    let accept = Prefs::accept().set_cookie();
    let accept = accept.replace('"', "%22").replace(',', "%2C");
    let set = [&*accept, "_ga=1", "session=2"];
    for layer in [layer(), layer().spare_choice(true)] {
        let done = exchange(&layer, request::<&str>([]), clearing("\"*\"", &set));
        let names: Vec<_> = done
            .set_cookies()
            .iter()
            .map(|field| field.split('=').next().unwrap().to_owned())
            .collect();
        assert!(!names.contains(&"_ga".to_owned()), "{names:?}");
        // It still narrows, and received consent stays in force.
        let asked = request([("cookie", Prefs::accept().pair())]);
        let done = exchange(&layer, asked, clearing("\"*\"", &set));
        assert!(done.set_cookies().contains(&"_ga=1"));
        let asked = request([("cookie", Prefs::accept().pair())]);
        let refusal = [&*Prefs::refuse().set_cookie(), "_ga=1"];
        let done = exchange(&layer, asked, clearing("\"*\"", &refusal));
        assert!(!done.set_cookies().contains(&"_ga=1"));
        assert!(done.removed().contains(&"_ga".to_owned()));
    }
    // Other data does not matter.
    let done = exchange(&layer(), request::<&str>([]), clearing("\"storage\"", &set));
    assert!(done.set_cookies().contains(&"_ga=1"));
}

#[test]
fn report_only_and_off_change_nothing() {
    use tower_cookie_consent::layer::Enforcement;
    for enforcement in [Enforcement::ReportOnly, Enforcement::Off] {
        let witness = Witness::default();
        let layer = layer()
            .spare_choice(true)
            .enforcement(enforcement)
            .observe(witness.clone());
        let asked = request([("cookie", &*cookies())]);
        let done = exchange(&layer, asked, clearing("\"cookies\"", &[]));
        assert_eq!(fields(&done), ["\"cookies\""]);
        assert!(done.set_cookies().is_empty() && done.cache_control().is_empty());
        let told = witness.take();
        let reported = told.iter().any(|line| line.contains(" spares_choice "));
        assert_eq!(reported, enforcement == Enforcement::ReportOnly);
    }
}

#[test]
fn lean_configuration_spares_the_choice_too() {
    let layer = layer()
        .filter_request(false)
        .limit_exempt(false)
        .expose_consent(false)
        .expire(tower_cookie_consent::Expire::Never)
        .spare_choice(true);
    let asked = request([("host", "localhost"), ("cookie", &cookies())]);
    let done = exchange(&layer, asked, clearing("\"cookies\"", &[]));
    assert_eq!(done.removed(), ["session", "_ga", "other"]);
}

in_each_browser!(choice_survives_a_logout_only_where_it_is_spared);

/// Both browsers delete everything, even what the same response sets before or after the header.
fn choice_survives_a_logout_only_where_it_is_spared(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let all = || layer().undeclared(Undeclared::Allow);
    for (layer, left) in [
        (all(), &[][..]),
        (all().spare_choice(true), &["cookies_preferences", "set"]),
    ] {
        // It serves while the test waits for the browser.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let address = runtime.block_on(site(layer));
        let url = |path: &str| format!("http://localhost:{}{path}", address.port());
        browser.go(&url("/set"));
        assert!(browser.cookies().contains("session"));
        browser.go(&url("/logout"));
        browser.go(&url("/"));
        let mut jar: Vec<_> = browser.cookies().into_iter().collect();
        jar.sort();
        assert_eq!(jar, left);
    }
}

/// A service behind the layer that sets cookies and makes browsers delete them.
async fn site(layer: CookieConsentLayer) -> std::net::SocketAddr {
    server(move |mut connection| {
        let layer = layer.clone();
        async move {
            while let Some(head) = connection.head().await {
                let cookies = head.texts("cookie").join("; ");
                let asked = request([("host", "localhost"), ("cookie", &*cookies)]);
                let preferences = format!("{}; Path=/", Prefs::accept().pair());
                let answer = match head.start().split(' ').nth(1).unwrap_or("/") {
                    "/set" => response([&*preferences, "session=1; Path=/", "_ga=1; Path=/"]),
                    "/logout" => clearing("\"cookies\"", &["set=1; Path=/"]),
                    _ => response::<&str>([]),
                };
                let done = exchange(&layer, asked, answer);
                let fields = done
                    .response
                    .headers()
                    .iter()
                    .map(|(name, field)| format!("{name}: {}\r\n", field.to_str().unwrap()));
                let fields: String = fields.collect();
                let start = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n";
                connection.write(format!("{start}{fields}\r\n<p>")).await;
            }
        }
    })
    .await
}
