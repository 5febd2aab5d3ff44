//! The inventory as a page: what each filter shows, when rows were seen, and text that stays text.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tower_cookie_consent::{Inventory, documents::HtmlConsentLayer, policy::Service};

use super::*;

struct Site {
    router: Router,
    pages: Pages,
    inventory: Inventory,
    clock: Arc<AtomicU64>,
}

impl Site {
    fn new() -> Self {
        let films = Service::new("films").origins(["https://films.example"]);
        let media = Category::consent("media")
            .title("Media")
            .description("Films.")
            .service(films);
        let categories = policy()
            .categories()
            .cloned()
            .chain([media])
            .collect::<Vec<_>>();
        let policy = CookiePolicy::new(categories).unwrap();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let pages = pages.browser_reports(Inventory::new());
        let inventory = Inventory::new();
        let clock = Arc::new(AtomicU64::new(NOW));
        let (seen, time) = (inventory.clone(), Arc::clone(&clock));
        let documents = HtmlConsentLayer::new().observe(move |event| seen.observe_document(event));
        let consent = CookieConsentLayer::new(policy)
            .with_clock(move || UNIX_EPOCH + Duration::from_secs(time.load(Ordering::Relaxed)))
            .observe(inventory.clone());
        let set = ["sessionid=1; Max-Age=1300000", "_ga=1", "stray=1"];
        let set = set.map(|field| (header::SET_COOKIE, field));
        let page =
            "<iframe src=https://films.example/1></iframe><img src=https://other.example/1.png>";
        let router = Router::new()
            .route(
                "/",
                get(async move || (axum::response::AppendHeaders(set), Html(page))),
            )
            .layer(documents)
            .layer(consent);
        Self {
            router,
            pages,
            inventory,
            clock,
        }
    }

    fn visit(&self, headers: &[(&str, &str)]) {
        send(self.router.clone(), request(Method::GET, "/", headers, ""));
    }

    fn page(&self, query: Option<&str>) -> String {
        self.pages
            .inventory_page(&self.inventory.report(), query)
            .unwrap()
    }

    /// Returns the rows of the page.
    fn rows(&self, query: &str) -> Vec<String> {
        let page = self.page(Some(query));
        let names = page.split("scope=\"row\"").skip(1);
        let names = names.map(|rest| rest.split("<code dir=\"ltr\">").nth(1).unwrap());
        let names = names.map(|rest| rest.split("</code>").next().unwrap());
        names.map(|name| name.replace("&#x2f;", "/")).collect()
    }
}

const FILMS: &str = "https://films.example";
const OTHER: &str = "https://other.example";

#[test]
fn each_filter_shows_its_rows() {
    let site = Site::new();
    site.visit(&[]);
    // `_ga` comes back after a refusal.
    let refused = post("decision=refuse");
    let refused = refused.headers()["set-cookie"].to_str().unwrap().to_owned();
    let sent = format!("{}; _ga=1", refused.split(';').next().unwrap());
    site.visit(&[("cookie", &sent)]);
    let all = [
        FILMS,
        OTHER,
        "_ga",
        "cookies_preferences",
        "sessionid",
        "stray",
    ];
    for (query, expected) in [
        ("", &all[..]),
        ("show=nonsense&other=1", &all),
        ("name=&show=everything&category=", &all),
        ("show=undeclared", &[OTHER, "stray"]),
        ("show=withheld", &[FILMS, OTHER, "_ga", "stray"]),
        ("show=before_choice", &["_ga", "sessionid", "stray"]),
        ("show=too_long", &["sessionid"]),
        ("show=survived", &[]),
        ("category=tiers", &["_ga"]),
        ("category=media", &[FILMS]),
        ("category=media&show=undeclared", &[]),
        ("category=nobody", &[]),
        ("name=OTHER", &[OTHER]),
        ("name=s&category=base", &["sessionid"]),
    ] {
        assert_eq!(site.rows(query), expected, "{query}");
    }
    let page = site.page(Some("category=media&show=undeclared"));
    assert!(page.contains("The filter shows none of 2."), "{page}");
    assert!(page.contains("The filter shows none of 4."), "{page}");
    // Drafts are of everything.
    assert!(
        page.contains("&quot;name&quot;: &quot;stray&quot;"),
        "{page}"
    );
    assert!(page.contains("<option value=\"media\" selected>"), "{page}");
    // An hour after the refusal a cookie has survived it.
    site.clock.fetch_add(3 * 3_600, Ordering::Relaxed);
    site.visit(&[("cookie", &sent)]);
    assert_eq!(site.rows("show=survived"), ["_ga"]);
}

#[test]
fn a_row_says_when_it_was_seen() {
    let site = Site::new();
    site.visit(&[]);
    site.clock.fetch_add(86_400 + 60, Ordering::Relaxed);
    site.visit(&[]);
    let page = site.page(None);
    // NOW is 2026-09-21 14:13:20 UTC.
    let seen = "first <time datetime=\"2026-09-21T14:13:20Z\">2026-09-21 14:13</time><br>\
                last <time datetime=\"2026-09-22T14:14:20Z\">2026-09-22 14:14</time>";
    // Two origins and three cookies.
    assert_eq!(page.matches(seen).count(), 5, "{page}");
}

#[test]
fn an_inventory_without_anything_says_so() {
    let site = Site::new();
    let page = site.page(None);
    assert_eq!(page.matches("<p>None was seen.</p>").count(), 2, "{page}");
    assert!(
        !page.contains("<textarea") && !page.contains("<table"),
        "{page}"
    );
    assert!(page.contains("<h3>Declared, and never seen</h3>"), "{page}");
}

#[test]
fn what_is_looked_for_stays_text() {
    let site = Site::new();
    site.visit(&[]);
    let plain = site.page(Some("name=nobody"));
    for hostile in [
        "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "%27onfocus=x",
        "%FF%00%0A",
    ] {
        let page = site.page(Some(&format!(
            "name={hostile}&show={hostile}&category={hostile}"
        )));
        assert!(
            !page.contains("<script") && !page.contains("'onfocus"),
            "{page}"
        );
        assert_eq!(
            page.matches('<').count(),
            plain.matches('<').count(),
            "{page}"
        );
        assert_eq!(page.matches("selected").count(), 1, "{page}");
    }
}
