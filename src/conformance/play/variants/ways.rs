//! The ways in which requests differ beside their path.

use http::Method;

/// The languages in which pages are visited, beside those of the policy.
pub(super) const LANGUAGES: [&str; 13] = [
    "fr-FR,fr;q=0.9",
    "de-DE,de;q=0.9",
    "es-ES,es;q=0.9",
    "it-IT,it;q=0.9",
    "nl-NL,nl;q=0.9",
    "pt-PT,pt;q=0.9",
    "pl-PL,pl;q=0.9",
    "sv-SE,sv;q=0.9",
    "en-GB,en;q=0.9",
    "en-US",
    "ja-JP,ja;q=0.9",
    "zh-CN,zh;q=0.9",
    "ar,he;q=0.8",
];

/// The other official languages of the Union, in which the first page alone is visited.
pub(super) const UNION_LANGUAGES: [&str; 15] = [
    "bg-BG,bg;q=0.9",
    "cs-CZ,cs;q=0.9",
    "da-DK,da;q=0.9",
    "el-GR,el;q=0.9",
    "et-EE,et;q=0.9",
    "fi-FI,fi;q=0.9",
    "ga-IE,ga;q=0.9",
    "hr-HR,hr;q=0.9",
    "hu-HU,hu;q=0.9",
    "lt-LT,lt;q=0.9",
    "lv-LV,lv;q=0.9",
    "mt-MT,mt;q=0.9",
    "ro-RO,ro;q=0.9",
    "sk-SK,sk;q=0.9",
    "sl-SI,sl;q=0.9",
];

pub(super) const BROWSERS: [(&str, &str); 9] = [
    (
        "an iPhone",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    (
        "an Android phone",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    ),
    (
        "Firefox",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    (
        "Edge",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    ),
    (
        "Safari",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ),
    (
        "a crawler",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    (
        "an app",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 390.0.0.28.85",
    ),
    ("a command line", "curl/8.14.1"),
    ("no user-agent", ""),
];

/// The pages from which visitors come. Others than one's own are other sites.
pub(super) const REFERRERS: [&str; 6] = [
    "https://www.google.com/",
    "https://www.facebook.com/",
    "https://t.co/kit",
    "https://newsletter.example/kit",
    "android-app://com.example.kit/",
    "",
];

/// Queries as campaigns, links and forms add them.
pub(super) const QUERIES: [&str; 7] = [
    "utm_source=newsletter&utm_medium=email&utm_campaign=kit&utm_term=kit&utm_content=kit",
    "gclid=kit&gbraid=kit&fbclid=kit&msclkid=kit&ttclid=kit&twclid=kit&li_fat_id=kit&mc_cid=kit&mc_eid=kit",
    "lang=fr&locale=fr&hl=fr&l=fr",
    "consent=all&cookies=accept&accept=1&accept_cookies=1&choice=accept&decision=accept&consent_mode=granted",
    "ref=kit&source=kit&from=kit&campaign=kit&affiliate=kit&partner=kit&aff=kit&via=kit",
    "q=kit&s=kit&search=kit&page=2&sort=asc&id=1&v=2&variant=b&ab=b&tab=2",
    "preview=1&debug=1&test=1&amp=1&embed=1&print=1&format=html&share=1&track=1&pixel=1",
];

pub(super) type Headers = &'static [(&'static str, &'static str)];

/// Other ways of a request: what it is called, its method, and its headers.
pub(super) const OTHERS: [(&str, Method, Headers); 24] = [
    ("HEAD", Method::HEAD, &[]),
    (
        "as an image",
        Method::GET,
        &[
            ("sec-fetch-dest", "image"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "image/avif,image/webp,image/png,*/*;q=0.8"),
        ],
    ),
    (
        "as a script",
        Method::GET,
        &[
            ("sec-fetch-dest", "script"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
    (
        "as a style sheet",
        Method::GET,
        &[
            ("sec-fetch-dest", "style"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/css,*/*;q=0.1"),
        ],
    ),
    (
        "as a font",
        Method::GET,
        &[
            ("sec-fetch-dest", "font"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
    (
        "as a video",
        Method::GET,
        &[
            ("sec-fetch-dest", "video"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "video/*,*/*;q=0.5"),
            ("range", "bytes=0-"),
        ],
    ),
    (
        "as a frame",
        Method::GET,
        &[
            ("sec-fetch-dest", "iframe"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "same-origin"),
        ],
    ),
    (
        "by fetch",
        Method::GET,
        &[
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "application/json, */*;q=0.5"),
        ],
    ),
    (
        "by XMLHttpRequest",
        Method::GET,
        &[
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
            ("x-requested-with", "XMLHttpRequest"),
        ],
    ),
    (
        "by htmx",
        Method::GET,
        &[
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
            ("hx-request", "true"),
            ("hx-boosted", "true"),
        ],
    ),
    (
        "by Turbo",
        Method::GET,
        &[
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            (
                "accept",
                "text/vnd.turbo-stream.html, text/html, application/xhtml+xml",
            ),
            ("turbo-frame", "main"),
        ],
    ),
    (
        "as a component",
        Method::GET,
        &[
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/x-component"),
            ("rsc", "1"),
        ],
    ),
    (
        "with client hints",
        Method::GET,
        &[
            ("sec-ch-ua-mobile", "?1"),
            ("sec-ch-ua-platform", "\"Android\""),
            ("sec-ch-prefers-color-scheme", "dark"),
        ],
    ),
    (
        "as a service worker",
        Method::GET,
        &[
            ("sec-fetch-dest", "serviceworker"),
            ("sec-fetch-mode", "same-origin"),
            ("sec-fetch-site", "same-origin"),
            ("service-worker", "script"),
            ("accept", "*/*"),
        ],
    ),
    (
        "as a manifest",
        Method::GET,
        &[
            ("sec-fetch-dest", "manifest"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
    (
        "prefetched",
        Method::GET,
        &[("sec-purpose", "prefetch"), ("purpose", "prefetch")],
    ),
    (
        "prerendered",
        Method::GET,
        &[("sec-purpose", "prefetch;prerender")],
    ),
    (
        "without headers of fetch",
        Method::GET,
        &[
            ("sec-fetch-dest", ""),
            ("sec-fetch-mode", ""),
            ("sec-fetch-site", ""),
            ("sec-fetch-user", ""),
        ],
    ),
    (
        "with If-None-Match",
        Method::GET,
        &[("if-none-match", "\"kit\"")],
    ),
    (
        "with If-Modified-Since",
        Method::GET,
        &[("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT")],
    ),
    ("with Range", Method::GET, &[("range", "bytes=0-99")]),
    (
        "reloaded",
        Method::GET,
        &[("cache-control", "no-cache"), ("pragma", "no-cache")],
    ),
    (
        "with Accept-Encoding",
        Method::GET,
        &[
            ("accept-encoding", "gzip, deflate, br, zstd"),
            ("priority", "u=0, i"),
        ],
    ),
    (
        "with DNT and Save-Data",
        Method::GET,
        &[("dnt", "1"), ("save-data", "on")],
    ),
];
