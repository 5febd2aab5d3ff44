//! The tools' own banners in a real browser: before a choice, after consent, after its withdrawal.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};

use super::tools::{TOOLS, Tool};
use crate::support::{
    browser::{Browser, Kind, missing},
    npm::Package,
    process::of_crate,
    server::serve,
};

/// The site's own cookie, which needs consent.
const VISITS: &str = "visits";

/// The `Cookie` header of each page, as it was after the layer.
type Received = Arc<Mutex<Vec<String>>>;

#[test]
fn layer_follows_the_banners_of_packages() {
    let packages = TOOLS.iter().flat_map(|tool| tool.packages);
    let folders: Result<BTreeMap<_, _>, _> = packages.map(folder).collect();
    let folders = match folders {
        Ok(folders) => folders,
        Err(why) => return missing(&format!("a banner could not be fetched with npm: {why}")),
    };
    let Some(browser) = Browser::start(Kind::Chromium) else {
        return;
    };
    let received = Received::default();
    let mut site = Router::new()
        .route("/npm/{*path}", get(file))
        .with_state(folders);
    for tool in &TOOLS {
        site = site.nest(&format!("/{}", tool.name), page(tool, received.clone()));
    }
    let address = serve(site);
    for tool in &TOOLS {
        browser.forget_cookies();
        let visit = Visit {
            browser: &browser,
            url: format!("http://{address}/{}", tool.name),
            received: &received,
        };
        visit.judge(tool);
    }
}

struct Visit<'a> {
    browser: &'a Browser,
    url: String,
    received: &'a Received,
}

impl Visit<'_> {
    fn judge(&self, tool: &Tool) {
        let name = tool.name;
        assert_eq!(self.load(), (false, false), "{name}: undecided");
        assert_eq!(self.load(), (false, false), "{name}: undecided, again");
        self.press(tool.accept);
        self.browser.until(tool.granted);
        assert_eq!(self.load(), (false, true), "{name}: accepted");
        assert_eq!(self.load(), (true, true), "{name}: accepted, again");
        self.press(tool.withdraw);
        self.browser.until(&format!("!({})", tool.granted));
        assert_eq!(self.load(), (false, false), "{name}: withdrawn");
        let own = (tool.follow)().name().to_owned();
        assert!(self.browser.cookies().contains(&own), "{name}: {own} stays");
    }

    /// Loads the page. Returns `true` twice if its handler received the site's cookie, and if the
    /// browser has it now.
    fn load(&self) -> (bool, bool) {
        self.browser.go(&self.url);
        let received = self.received.lock().unwrap().pop().unwrap();
        let was_received = received.split("; ").any(|pair| pair == "visits=1");
        (was_received, self.browser.cookies().contains(VISITS))
    }

    /// Clicks one after the other, each as soon as it can be seen.
    fn press(&self, selectors: &[&str]) {
        for selector in selectors {
            let hit = format!(
                "window.ready !== false && (() => {{ \
                   const target = document.querySelector('{selector}'); \
                   if (!target?.checkVisibility({{ opacityProperty: true, visibilityProperty: true }})) return false; \
                   const box = target.getBoundingClientRect(); \
                   const still = window.last === box.top; \
                   window.last = box.top; \
                   const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2); \
                   return still && (target.contains(found) || found?.contains(target)); \
                 }})()"
            );
            self.browser.until(&hit);
            self.browser.click(selector);
        }
    }
}

fn folder(package: &Package) -> Result<(&'static str, PathBuf), String> {
    Ok((package.name, package.unpacked()?))
}

/// The tool's page, which sets the site's cookie each time.
fn page(tool: &Tool, received: Received) -> Router {
    let file = format!("tests/data/banners/{}.html", tool.name);
    let html = Html(fs::read_to_string(of_crate(&file)).unwrap());
    let handler = async move |State(received): State<Received>, headers: HeaderMap| {
        let cookie = headers.get(header::COOKIE).map(|it| it.to_str().unwrap());
        let cookie = cookie.unwrap_or_default().to_owned();
        received.lock().unwrap().push(cookie);
        let set = format!("{VISITS}=1; Path=/; Max-Age=1000");
        ([(header::SET_COOKIE, set)], html)
    };
    let stats = Category::consent("stats").cookie(CookieDeclaration::new(VISITS));
    let policy = CookiePolicy::builder()
        .preferences_cookie((tool.follow)())
        .category(stats)
        // That of vanilla-cookieconsent's page; the others have none.
        .revision(2)
        .build()
        .unwrap();
    Router::new()
        .route("/", get(handler))
        .with_state(received)
        .layer(CookieConsentLayer::new(policy))
}

/// A file of a package.
async fn file(
    State(folders): State<BTreeMap<&'static str, PathBuf>>,
    Path(path): Path<String>,
) -> impl IntoResponse {
    let content = folders.iter().find_map(|(name, folder)| {
        let rest = path.strip_prefix(name)?.strip_prefix('/')?;
        fs::read(folder.join(rest)).ok()
    });
    let kind = match path.ends_with(".css") {
        true => "text/css",
        false => "text/javascript",
    };
    let content = content.ok_or(StatusCode::NOT_FOUND)?;
    Ok::<_, StatusCode>(([(header::CONTENT_TYPE, kind)], content))
}
