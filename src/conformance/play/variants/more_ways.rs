//! Further ways, in which the first page of the plan alone is visited.

use http::Method;

use super::ways::Headers;

/// Languages beside the official ones of the Union, and their other regions.
pub(super) const MORE_LANGUAGES: &[&str] = &[
    "nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7",
    "tr-TR,tr;q=0.9",
    "ru-RU,ru;q=0.9",
    "uk-UA,uk;q=0.9",
    "ko-KR,ko;q=0.9",
    "pt-BR,pt;q=0.9",
    "fr-CA,fr;q=0.9",
    "de-AT,de;q=0.9",
    "de-CH,de;q=0.9",
    "zh-TW,zh;q=0.9",
];

pub(super) const MORE_BROWSERS: &[(&str, &str)] = &[
    (
        "an iPad",
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    (
        "Opera",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0",
    ),
    (
        "Samsung Internet",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
    ),
    (
        "Internet Explorer",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0) like Gecko",
    ),
    (
        "Chrome without a window",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    ),
    (
        "Chrome on Windows",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    (
        "the app of a social network",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 [FBAN/EMA;FBAV/485.0.0.0;]",
    ),
];

pub(super) const MORE_REFERRERS: &[&str] = &[
    "https://www.bing.com/",
    "https://duckduckgo.com/",
    "https://www.linkedin.com/",
    "https://www.instagram.com/",
    "https://www.youtube.com/",
    "https://www.reddit.com/",
    "https://x.com/kit",
];

/// Each name once in each, since sites may read the first or the last of several.
pub(super) const MORE_QUERIES: &[&str] = &[
    "consent=true&cookies=yes&accept=all&accept_cookies=true&cookie_consent=accepted&tracking=1&agree=yes",
    "consent=1&cookies=1&accept=true&cookie=accept&gdpr=1&optin=1&ads=1&marketing=1&analytics=1",
    "fbclid=kit&_gl=kit&gad_source=1&dclid=kit&wbraid=kit&srsltid=kit&yclid=kit&ysclid=kit&igshid=kit&epik=kit\
     &rdt_cid=kit&ScCid=kit&click_id=kit&clickid=kit&irclickid=kit&pk_campaign=kit&pk_kwd=kit&mtm_campaign=kit\
     &promo=kit&coupon=kit&mkt_tok=kit&_hsenc=kit",
];

pub(super) const MORE_OTHERS: &[(&str, Method, Headers)] = &[
    (
        "as audio",
        Method::GET,
        &[
            ("sec-fetch-dest", "audio"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
    (
        "as a worker",
        Method::GET,
        &[
            ("sec-fetch-dest", "worker"),
            ("sec-fetch-mode", "same-origin"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
    (
        "as an object",
        Method::GET,
        &[
            ("sec-fetch-dest", "object"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "same-origin"),
        ],
    ),
    (
        "from a host of the same site",
        Method::GET,
        &[("sec-fetch-site", "same-site")],
    ),
    (
        "as a WebSocket",
        Method::GET,
        &[
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "Y29uZm9ybWFuY2Uta2l0IQ=="),
            ("sec-fetch-dest", "websocket"),
            ("sec-fetch-mode", "websocket"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "*/*"),
        ],
    ),
];
