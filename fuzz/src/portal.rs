//! A site with the crate's pages.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_executor::block_on;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Inventory,
    pages::{GpcResource, Pages},
    policy::{Reason, Retention},
};

use crate::{
    NOW, html,
    site::{Site, pick},
    visit::{Pieces, Visit},
};

/// The response.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The page, if it is one.
    pub fn html(&self) -> Option<&str> {
        let content_type = self.headers.get("content-type")?.as_bytes();
        let html = content_type.starts_with(b"text/html");
        html.then(|| str::from_utf8(&self.body).expect("pages are UTF-8"))
    }
}

/// The site.
#[derive(Debug)]
pub struct Portal {
    /// The site's declarations, for the reference.
    pub site: &'static Site<'static>,
    /// The parts of an honest visitor's pages.
    pub parts: html::Parts,
    /// The addresses of others that the policy mentions.
    pub urls: BTreeSet<String>,
    policy: CookiePolicy,
    pages: Pages,
    fixed: Pages,
    gpc: GpcResource,
    /// What browsers have reported.
    inventory: Inventory,
}

static PORTAL: LazyLock<Portal> = LazyLock::new(Portal::new);
static TEXTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let portal = Portal::get();
    let undecided = Consent::undecided(portal.policy.clone());
    let languages = ["en", "fr", "de"];
    languages
        .map(|language| portal.pages.view(&undecided, language).texts)
        .into()
});

/// The fingerprints of the texts that the portal may have shown.
pub fn policy_texts() -> &'static BTreeSet<String> {
    &TEXTS
}

const PRIVACY: &str = "https://ads.example/privacy?a=b&c=d";

impl Portal {
    pub fn get() -> &'static Self {
        &PORTAL
    }

    fn new() -> Self {
        let (site, _) = pick(0);
        let policy = policy(site);
        let inventory = Inventory::new();
        let pages = Pages::at("/cookies", policy.clone())
            .expect("a path")
            .browser_reports(inventory.clone())
            .language_cookie("django_language")
            .site([("en", "The <Portal>"), ("fr", "Le \"Portail\"")]);
        let mut portal = Self {
            site,
            parts: html::Parts::default(),
            urls: [PRIVACY.to_owned()].into(),
            gpc: pages.gpc("2026-01-01").expect("a day"),
            policy,
            fixed: pages.clone().fixed(true),
            pages,
            inventory,
        };
        for visit in honest() {
            let visit = Visit::read(visit.as_bytes()).expect("a request");
            let answer = portal.answer(&visit);
            portal.parts.learn(answer.html().unwrap_or_default());
        }
        // The words in the texts of the policy are not markup either.
        for element in ["b", "x", "provider", "portal", "tiers"] {
            let itself = html::Attribute {
                element: element.as_bytes(),
                name: b"",
                value: b"",
            };
            assert!(
                !portal.parts.know(itself),
                "<{element}> of a text is markup"
            );
        }
        portal
    }

    /// Returns the page of what was reported since the last time, if anything was.
    pub fn reported(&self) -> Option<String> {
        let report = self.inventory.report();
        if report.third_parties().is_empty() {
            return None;
        }
        self.inventory.clear();
        Some(self.pages.inventory_page(&report, None).expect("a page"))
    }

    /// Sends a request through the layer to the pages.
    pub fn answer(&self, visit: &Visit) -> Answer {
        let service = service_fn(async |mut request: Request<Pieces>| {
            *request.uri_mut() = visit.seen();
            let response = match (visit.fragments, visit.gpc) {
                (true, _) => self.with_pieces(&request),
                (_, true) => self.gpc.clone().oneshot(request).await?.map(BodyExt::boxed),
                _ => self
                    .pages
                    .clone()
                    .oneshot(request)
                    .await?
                    .map(BodyExt::boxed),
            };
            Ok::<_, Infallible>(response)
        });
        let layer = CookieConsentLayer::new(self.policy.clone())
            .with_clock(|| UNIX_EPOCH + Duration::from_secs(NOW));
        block_on(async {
            let Ok(response) = layer.layer(service).call(visit.in_pieces()).await;
            let (parts, body) = response.into_parts();
            let Ok(body) = body.collect().await;
            Answer {
                status: parts.status,
                headers: parts.headers,
                body: body.to_bytes().to_vec(),
            }
        })
    }

    /// One of the site's own pages.
    fn with_pieces(
        &self,
        request: &Request<Pieces>,
    ) -> Response<http_body_util::combinators::BoxBody<Bytes, Infallible>> {
        let consent: &Consent = request.extensions().get().expect("the layer exposes it");
        let language = self
            .pages
            .language_for(request.headers(), request.uri().query());
        let html = [
            String::from(self.pages.head(consent, language).expect("a head")),
            self.pages
                .banner(consent, language)
                .map(String::from)
                .expect("a banner"),
            self.fixed
                .banner(consent, language)
                .map(String::from)
                .expect("a banner"),
            String::from(self.pages.notice(consent, language).expect("a notice")),
            String::from(self.pages.footer(consent, language).expect("a footer")),
        ];
        let mut response = Response::new(Full::new(Bytes::from(html.concat())).boxed());
        let html = HeaderValue::from_static("text/html");
        response.headers_mut().insert("content-type", html);
        response
    }
}

/// Returns the policy of the first site, with the texts that the pages need.
fn policy(site: &Site<'_>) -> CookiePolicy {
    let category = |declared: &crate::site::Declared| {
        let category = match declared.basis {
            tower_cookie_consent::Basis::Necessary => Category::necessary(declared.id),
            tower_cookie_consent::Basis::Exempt => Category::exempt(declared.id).gpc(declared.gpc),
            tower_cookie_consent::Basis::OptOut => Category::opt_out(declared.id),
            tower_cookie_consent::Basis::Consent => {
                Category::consent(declared.id).consent_mode(["ad_storage"])
            }
        };
        let cookie = |name: &&str| {
            CookieDeclaration::new(*name)
                .purpose([
                    ("en", "Counts <b>visits</b> & \"more\""),
                    ("fr", "Compte les visites"),
                ])
                .provider("A <provider>")
                .service("A 'service'")
                .controller("Ads & Co")
                .privacy_url(PRIVACY)
                .reason(Reason::Other("Needs \"it\"".into()))
                .retention(Retention::months(6))
        };
        category
            .since(declared.since)
            .title([("en", "Cookies of \"others\""), ("fr", "Cookies <tiers>")])
            .description("What they are for: <x> & y.")
            .cookies(declared.names.iter().map(cookie))
    };
    CookiePolicy::builder()
        .revision(site.revision)
        .categories(site.categories.iter().map(category))
        .build()
        .expect("a policy")
}

/// Returns requests whose responses cover every page in every state.
fn honest() -> Vec<String> {
    let own = "host: portal.example.org\nsec-fetch-site: same-origin";
    let cookies = [
        "x=1",
        "cookies_preferences={\"tiers\":true,\"ads\":true,\"stats\":false,\"timestamp\":1795435200,\"revision\":3}",
        "cookies_preferences={\"tiers\":false,\"ads\":false,\"timestamp\":1795435100,\"revision\":3}",
        "cookies_preferences={\"tiers\":true,\"timestamp\":1695435200}",
    ];
    let mut requests = Vec::new();
    for cookie in cookies {
        for gpc in ["0", "1"] {
            for language in ["en", "fr", "de", "xx"] {
                let fields =
                    format!("{own}\ncookie: {cookie}\nsec-gpc: {gpc}\naccept-language: {language}");
                for target in [
                    "/cookies",
                    "/cookies/preferences?return_to=/a",
                    "/cookies/preferences?lang=fr",
                    "/cookies/nothing",
                ] {
                    requests.push(format!("\0GET {target}\n{fields}"));
                }
                requests.push(format!("\x02GET /a/b\n{fields}"));
                requests.push(format!("\0PUT /cookies\n{fields}"));
                requests.push(format!(
                    "\0POST /cookies/preferences\n{fields}\n\ndecision=x"
                ));
            }
        }
    }
    requests
}
