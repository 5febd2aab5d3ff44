//! Correct sites, of different styles: the kit may not find anything in them.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{Method, StatusCode};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Report},
    preferences::PreferencesCookie,
    regimes::{Regime, Whereabouts},
};

use super::{
    super::{by_hand, check, site as everything},
    Style, asking, caches, identities, innocent_choices, innocent_pages, meanings, members,
    missing_cookies, near, opting_out, other_formats, other_requests, overlooked, plain_banners,
    real_browsers, sheets,
    site::{Asked, choosing, home, honest, pages, planted, policy, post},
    terms,
};

type Check = Box<dyn Fn() -> Report + Send + Sync>;

/// Changes that break nothing.
const STYLES: &[Style] = &[
    ("the site itself", |_, _| {}, home),
    ("with pages, a login and a logout", |_, _| {}, pages),
    ("with forms", |_, _| {}, choosing),
    ("with all of it, and links", |_, _| {}, everywhere),
    (
        "optional cookies first",
        |asked, reply| {
            if !asked.is_post() {
                let fields: Vec<_> = reply
                    .headers
                    .get_all("set-cookie")
                    .iter()
                    .cloned()
                    .collect();
                reply.headers.remove("set-cookie");
                for field in fields.into_iter().rev() {
                    reply.headers.append("set-cookie", field);
                }
            }
        },
        everywhere,
    ),
    (
        "a home page that redirects",
        |asked, reply| {
            if asked.path() == "/" {
                reply.status = StatusCode::FOUND;
                reply.header("location", "/article");
                reply.headers.remove("content-type");
                reply.body.clear();
            }
        },
        everywhere,
    ),
    (
        "tokens that come with forms",
        |_, reply| {
            if reply.body.contains("<form") {
                reply.set("csrftoken=t1; Path=/; Secure; SameSite=Lax");
            }
        },
        everywhere,
    ),
    (
        "new tokens with each form",
        |_, reply| {
            static TOKENS: AtomicU32 = AtomicU32::new(0);
            if reply.body.contains("<form") {
                let token = TOKENS.fetch_add(1, Ordering::Relaxed);
                reply.set(&format!("csrftoken=t{token}; Path=/; Secure; SameSite=Lax"));
                reply.body = reply.body.replace(
                    "</form>",
                    &format!("<input type=hidden name=csrf value=t{token}></form>"),
                );
            }
        },
        everywhere,
    ),
    (
        "a language by Accept-Language",
        |asked, reply| {
            let language: String = asked.header("accept-language").chars().take(2).collect();
            reply.change(|field| Some(field.replace("lang=v1", &format!("lang={language}"))));
            reply.header("content-language", &language);
            reply.header("vary", "Accept-Language, Cookie");
        },
        everywhere,
    ),
    (
        "a language by the query",
        |asked, reply| {
            if asked
                .parts
                .uri
                .query()
                .unwrap_or_default()
                .contains("lang=")
            {
                reply.unset("lang");
                reply.set("lang=fr; Path=/; Max-Age=31536000; Secure; SameSite=Lax");
            }
        },
        everywhere,
    ),
    (
        "HEAD without a body, and OPTIONS without cookies",
        |asked, reply| {
            if asked.parts.method == Method::HEAD {
                reply.body.clear();
            }
            if asked.parts.method == Method::OPTIONS {
                reply.headers.remove("set-cookie");
                reply.status = StatusCode::NO_CONTENT;
                reply.body.clear();
                reply.header("allow", "GET, HEAD, OPTIONS");
            }
        },
        everywhere,
    ),
    (
        "ETags, the same for everybody",
        |asked, reply| {
            if asked.path() == "/asset" {
                reply.header("etag", "\"a1\"");
                reply.header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
                if asked.header("if-none-match") == "\"a1\"" {
                    reply.status = StatusCode::NOT_MODIFIED;
                }
            }
        },
        assets,
    ),
    (
        "a public asset",
        |asked, reply| {
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("cache-control", "public, max-age=31536000, immutable");
            }
        },
        assets,
    ),
    (
        "pages that vary by cookie",
        |asked, reply| {
            if !asked.is_post() {
                reply.header("cache-control", "no-cache");
                reply.header("vary", "Cookie");
            }
        },
        everywhere,
    ),
    (
        "a session for each visitor",
        |_, reply| {
            static SESSIONS: AtomicU32 = AtomicU32::new(0);
            let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
            reply.change(|field| {
                Some(field.replace("sessionid=v1", &format!("sessionid=s{session}")))
            });
        },
        everywhere,
    ),
    (
        "a session that is renewed now and then",
        |asked, reply| {
            static REQUESTS: AtomicU32 = AtomicU32::new(0);
            if asked.path() != "/logout"
                && REQUESTS.fetch_add(1, Ordering::Relaxed).is_multiple_of(7)
            {
                reply.unset("sessionid");
                reply.set(
                    "sessionid=again; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
                );
            }
        },
        everywhere,
    ),
    (
        "a session that slides",
        |asked, reply| {
            if let Some(session) = asked
                .cookie("sessionid")
                .filter(|_| !["/login", "/logout"].contains(&asked.path()))
            {
                let field = format!(
                    "sessionid={session}; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax"
                );
                reply.set(&field);
            }
        },
        everywhere,
    ),
    (
        "a page for logged-in visitors",
        |asked, reply| {
            if asked.path() == "/article" && asked.cookie("sessionid").is_none() {
                reply.status = StatusCode::UNAUTHORIZED;
                reply.body = "Please log in".to_owned();
                reply.header("content-type", "text/plain");
            }
        },
        everywhere,
    ),
    (
        "a logout that clears the cache",
        |asked, reply| {
            if asked.path() == "/logout" {
                reply.header("clear-site-data", "\"cache\", \"storage\"");
            }
        },
        everywhere,
    ),
    (
        "unreadable preferences are removed",
        |asked, reply| {
            let is_unreadable = asked.consent.choice().is_none() && !asked.raw().is_empty();
            if is_unreadable && !asked.is_post() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        everywhere,
    ),
    (
        "a login for every language and browser",
        |asked, reply| {
            reply.header(
                "x-seen",
                asked.header("user-agent").get(..7).unwrap_or_default(),
            );
            reply.header("vary", "User-Agent, Cookie");
        },
        everywhere,
    ),
    (
        "errors without cookies that need consent",
        |asked, reply| {
            if asked.path() == "/fail" {
                reply.change(|field| (!field.contains("kit-test")).then_some(field));
            }
        },
        everywhere,
    ),
    (
        "cookies that need consent on one page only",
        |asked, reply| {
            if asked.path() != "/article" {
                reply.change(|field| (!field.contains("kit-test")).then_some(field));
            }
        },
        everywhere,
    ),
    (
        "nothing is set for crawlers",
        |asked, reply| {
            if asked.header("user-agent").contains("bot") {
                reply.change(|field| field.contains("Max-Age=0").then_some(field));
            }
        },
        everywhere,
    ),
    (
        "statistics only after consent",
        |_, reply| {
            reply.change(|field| {
                (!field.starts_with("_pk_id") || field.contains("Max-Age=0")).then_some(field)
            });
        },
        everywhere,
    ),
    (
        "an answer to an acceptance that sets nothing else",
        |asked, reply| {
            if asked.is_post() && asked.path() == "/cookies" {
                reply.change(|field| (!field.contains("kit-test")).then_some(field));
            }
        },
        everywhere,
    ),
    (
        "a refused form",
        |asked, reply| {
            // The site takes no form without its token, which the plan does not know.
            if asked.is_post() && asked.path() == "/cookies" {
                let asked = Asked {
                    parts: asked.parts.clone(),
                    body: String::new(),
                    cookies: asked.cookies.clone(),
                    consent: asked.consent.clone(),
                };
                *reply = super::site::reply(&asked);
                reply.status = StatusCode::FORBIDDEN;
                reply.headers.remove("location");
            }
        },
        everywhere,
    ),
];

fn everywhere() -> Conformance {
    choosing()
        .visit(["/article", "/logout", "/fail", "/cookies"])
        .request(post("/login", "user=a&password=b"))
        .follow_links(2)
}

fn assets() -> Conformance {
    home().visit(["/asset"])
}

pub(super) fn sites() -> Vec<(String, Check)> {
    let mut sites: Vec<(String, Check)> = Vec::new();
    let styles = [
        STYLES,
        asking::RIGHT,
        caches::RIGHT,
        identities::RIGHT,
        meanings::RIGHT,
        innocent_pages::RIGHT,
        members::RIGHT,
        missing_cookies::RIGHT,
        near::RIGHT,
        super::one_by_one::RIGHT,
        other_formats::RIGHT,
        other_requests::RIGHT,
        overlooked::RIGHT,
        terms::RIGHT,
        plain_banners::RIGHT,
        sheets::RIGHT,
        super::withheld::RIGHT,
        real_browsers::RIGHT,
        super::pages::STYLES,
        innocent_choices::RIGHT,
    ];
    for (name, plant, plan) in styles.into_iter().flatten() {
        let check = || check(plan(), planted(*plant, &Default::default()));
        sites.push(((*name).to_owned(), Box::new(check)));
    }
    sites.extend(innocent_choices::sites());
    let mut add =
        |name: &str, check: fn() -> Report| sites.push((name.to_owned(), Box::new(check)));
    add("by hand, and the layer around it", || {
        check(
            everywhere(),
            honest().layer(CookieConsentLayer::new(policy())),
        )
    });
    add("the layer around a site that sets everything", || {
        let layer = CookieConsentLayer::new(policy());
        check(
            Conformance::for_layer(&layer).visit(["/", "/login", "/fail"]),
            everything().layer(layer),
        )
    });
    add("a choice for one category", || {
        check(
            by_hand::choosing().request(by_hand::choose("maps")),
            by_hand::honest(),
        )
    });
    add("declared intents", || {
        let kit = home()
            .acceptance(post("/cookies", "choice=accept"))
            .refusal(post("/cookies", "choice=refuse"))
            .withdrawal(post("/cookies", "choice=withdraw"));
        check(kit, honest())
    });
    add("a preferences cookie of another name and domain", || {
        let cookie = PreferencesCookie::new("choice").domain("shop.example");
        let policy = policy()
            .to_builder()
            .preferences_cookie(cookie)
            .build()
            .unwrap();
        let layer = CookieConsentLayer::new(policy);
        let kit = Conformance::for_layer(&layer).host("www.shop.example");
        check(kit, everything().layer(layer))
    });
    add("two services, and no reasons", || {
        check(
            terms::other_home(),
            terms::other_site(|_, _| {}, &Default::default()),
        )
    });
    add("members who opt out", || {
        check(
            opting_out::plan(),
            opting_out::california(|_, _| {}, &Default::default()),
        )
    });
    add("regimes", || {
        let policy = policy()
            .to_builder()
            .regime("de", Regime::preset("de"))
            .build()
            .unwrap();
        let layer = CookieConsentLayer::new(policy).regime_for(|_| Whereabouts::Regime("de"));
        check(Conformance::for_layer(&layer), everything().layer(layer))
    });
    add("a policy without anything to ask", || {
        let policy = CookiePolicy::new([
            Category::necessary("base").cookie(CookieDeclaration::new("sessionid"))
        ]);
        let layer = CookieConsentLayer::new(policy.unwrap());
        check(Conformance::for_layer(&layer), everything().layer(layer))
    });
    add("a signed choice", || {
        let cookie = PreferencesCookie::new("choice").signed([7; 32]);
        let policy = policy()
            .to_builder()
            .preferences_cookie(cookie)
            .build()
            .unwrap();
        let layer = CookieConsentLayer::new(policy);
        check(Conformance::for_layer(&layer), everything().layer(layer))
    });
    sites
}
