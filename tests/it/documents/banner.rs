//! The banner and the footer in the site's own documents, in a real stack.

use axum::{Router, routing::get};
use http::{Method, header::SET_COOKIE};
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    pages::Pages,
    policy::Service,
    regimes::{Regime, Whereabouts},
};

use super::{Answer, NOW, Origin, ask, cookie, heard};
use crate::support::at;

const BANNER: &str = "<section class=\"tcc tcc-banner\" aria-label=\"Do you allow these cookies?\"";
const FOOTER: &str = "<section class=\"tcc tcc-document-footer\" aria-label=\"Cookie policy\"";
const HTML: &str = "<!doctype html><html lang=en><title>a</title><body><p>Hello</body></html>";
const NAVIGATION: (&str, &str) = ("sec-fetch-dest", "document");

fn policy() -> CookiePolicy {
    let films = Service::new("films").origins(["https://www.films.example"]);
    let media = Category::consent("media").title("Media");
    CookiePolicy::new([media.description("Films of others.").service(films)]).unwrap()
}

fn pages() -> Pages {
    Pages::at("/cookies", policy()).unwrap()
}

fn site(origin: &Origin, layer: HtmlConsentLayer) -> Router {
    let consent = CookieConsentLayer::new(policy()).with_clock(|| at(NOW));
    let site = origin.router().nest_service("/cookies", pages());
    site.layer(layer.pages(pages())).layer(consent)
}

fn answer(origin: &Origin, answers: &str, fields: &[(&str, &str)]) -> Answer {
    let cookie = cookie(answers);
    let fields = [&[("cookie", &*cookie), ("accept-language", "en")], fields].concat();
    ask(site(origin, HtmlConsentLayer::new()), Method::GET, &fields)
}

/// Is there a banner, and a footer?
fn has(answer: &Answer) -> (bool, bool) {
    (
        answer.text().contains(BANNER),
        answer.text().contains(FOOTER),
    )
}

#[test]
fn banner_is_there_until_the_choice_and_the_footer_always() {
    let html = Origin::html(HTML);
    for (answers, expected) in [
        ("", (true, true)),
        (r#""media":true,"#, (false, true)),
        (r#""media":false,"#, (false, true)),
    ] {
        let page = answer(&html, answers, &[NAVIGATION]);
        assert_eq!(has(&page), expected, "{answers}");
        let page = page.text().replace("&#x2f;", "/");
        let (start, rest) = page.split_once("<body>").unwrap();
        assert_eq!(start, "<!doctype html><html lang=en><title>a</title>");
        assert!(
            rest.starts_with("<link rel=\"stylesheet\" href=\"./cookies/style-"),
            "{page}"
        );
        assert!(
            rest.contains("></script><section") || !answers.is_empty(),
            "{page}"
        );
        assert!(
            rest.contains("<p>Hello</body></html></form><section"),
            "{page}"
        );
        let (_, footer) = page.split_once(FOOTER).unwrap();
        assert!(
            footer.contains("<a href=\"./cookies\">Cookie policy</a>"),
            "{footer}"
        );
        let form = "<a href=\"./cookies/preferences?return_to=%2Fpage%3Fq%3D1\">Manage cookies</a>";
        assert!(footer.contains(form), "{footer}");
        let can_withdraw = !footer.contains("data-cookie-consent hidden");
        assert_eq!(can_withdraw, answers.contains("true"), "{footer}");
        assert_eq!(page.matches("<script").count(), 1);
    }
}

#[test]
fn only_pages_in_windows_of_their_own_have_them() {
    let html = Origin::html(HTML);
    for (fields, expected) in [
        (&[][..], true),
        (&[("accept", "*/*")], true),
        (&[NAVIGATION], true),
        (&[("sec-fetch-dest", "iframe")], false),
        (&[("sec-fetch-dest", "frame")], false),
        (&[("sec-fetch-dest", "embed")], false),
        (
            &[("sec-fetch-dest", "empty"), ("accept", "text/html")],
            false,
        ),
        (&[("hx-request", "true")], false),
        (&[("x-requested-with", "XMLHttpRequest")], false),
        (&[NAVIGATION, ("sec-purpose", "prefetch")], false),
        (&[NAVIGATION, ("purpose", "prefetch")], false),
    ] {
        let page = answer(&html, "", fields);
        assert_eq!(has(&page), (expected, expected), "{fields:?}");
        assert_eq!(page.text() == HTML, !expected, "{fields:?}");
    }
    let post = ask(
        site(&html, HtmlConsentLayer::new()),
        Method::POST,
        &[NAVIGATION],
    );
    assert_eq!(post.text(), HTML);
    for (page, fields, expected) in [
        ("<p>Hello", &[][..], false),
        ("<p>Hello", &[NAVIGATION], true),
        ("<p>Hello", &[("upgrade-insecure-requests", "1")], true),
        ("<title>a</title>Hello", &[], true),
        ("<!doctype html><html amp><body>Hello", &[NAVIGATION], false),
        (
            "<!doctype html><html \u{26a1}><body>Hello",
            &[NAVIGATION],
            false,
        ),
        ("<frameset><frame src=/a></frameset>", &[NAVIGATION], false),
        ("", &[NAVIGATION], false),
    ] {
        let shown = answer(&Origin::html(page), "", fields);
        assert_eq!(has(&shown), (expected, expected), "{page} {fields:?}");
        assert_eq!(shown.text() == page, !expected, "{page}");
    }
}

#[test]
fn a_choice_that_was_just_made_is_confirmed() {
    let html = Origin::html(HTML).with("etag", "\"a\"");
    let notice = "<p class=\"tcc-notice\" role=\"status\" lang=\"en\" dir=\"ltr\">Your choice has been saved.</p>";
    let page = |seconds: u64, layer: HtmlConsentLayer| {
        let choice = format!(r#"cookies_preferences={{"media":false,"timestamp":{seconds}}}"#);
        let fields = [("cookie", &*choice), NAVIGATION];
        ask(site(&html, layer), Method::GET, &fields)
    };
    let now = page(NOW, HtmlConsentLayer::new());
    let (_, body) = now.text().split_once("<body>").unwrap();
    let (before, _) = body.split_once("<p>Hello").unwrap();
    assert!(before.ends_with(notice), "{body}");
    // Later, the browser's copy of it is another document.
    let later = page(NOW - 60, HtmlConsentLayer::new());
    assert!(!later.text().contains("tcc-notice"));
    assert_ne!(later.all("etag"), now.all("etag"));
    // It goes with the banner, which the site's templates may have.
    let own = page(NOW, HtmlConsentLayer::new().banner(false));
    assert!(!own.text().contains("tcc-notice"));
}

#[test]
fn other_responses_have_neither() {
    for (status, field, expected) in [
        (200, None, (true, true)),
        (404, None, (false, true)),
        (403, None, (false, true)),
        (503, None, (false, true)),
        (302, None, (false, false)),
        (
            200,
            Some(("content-disposition", "attachment; filename=a.html")),
            (false, false),
        ),
        (200, Some(("content-disposition", "inline")), (true, true)),
        (
            200,
            Some((
                "set-cookie",
                "cookies_preferences={\"media\":false,\"timestamp\":1795000000}; Path=/",
            )),
            (false, true),
        ),
    ] {
        let mut origin = Origin::html(HTML).status(status);
        if let Some((name, value)) = field {
            origin = origin.with(name, value);
        }
        let page = answer(&origin, "", &[NAVIGATION]);
        assert_eq!(has(&page), expected, "{status} {field:?}");
    }
    // Nobody returns to an error page.
    let page = answer(&Origin::html(HTML).status(404), "", &[NAVIGATION]);
    assert!(!page.text().contains("return_to"), "{}", page.text());
    let xhtml = Origin::page(&[("content-type", "application/xhtml+xml")], HTML);
    assert_eq!(answer(&xhtml, "", &[NAVIGATION]).text(), HTML);
}

#[test]
fn pages_themselves_have_one_footer() {
    let site = site(&Origin::html(HTML), HtmlConsentLayer::new());
    for path in ["/cookies", "/cookies/preferences", "/cookies/nothing"] {
        let request = http::Request::get(path).header("host", "own.example");
        let request = request.header(NAVIGATION.0, NAVIGATION.1);
        let response = crate::support::server::runtime().block_on(async {
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(site.clone(), request)
                .await
                .unwrap();
            let body = response.into_body();
            axum::body::to_bytes(body, usize::MAX).await.unwrap()
        });
        let page = String::from_utf8(response.to_vec()).unwrap();
        assert!(
            !page.contains(BANNER) && !page.contains(FOOTER),
            "{path}: {page}"
        );
        assert!(page.contains("tcc-page"), "{path}: {page}");
    }
}

#[test]
fn each_part_can_be_switched_off() {
    let page = HTML.replace("Hello", "<iframe src=https://www.films.example/1></iframe>");
    let shown = |layer: HtmlConsentLayer| {
        let fields = [("cookie", &*cookie("")), NAVIGATION];
        ask(site(&Origin::html(&*page), layer), Method::GET, &fields)
    };
    let has = |layer| {
        let shown = shown(layer);
        let text = shown.text();
        let has_placeholder = text.contains("data-consent-added");
        (
            text.contains(BANNER),
            text.contains(FOOTER),
            has_placeholder,
        )
    };
    let layer = HtmlConsentLayer::new;
    assert_eq!(has(layer()), (true, true, true));
    assert_eq!(has(layer().banner(false)), (false, true, true));
    assert_eq!(has(layer().footer(false)), (true, false, true));
    assert_eq!(has(layer().placeholders(false)), (true, true, false));
    let placeholders_only = layer().banner(false).footer(false);
    let text = shown(placeholders_only.clone()).text().to_owned();
    assert!(!text.contains("<script"), "{text}");
    assert_eq!(has(placeholders_only), (false, false, true));
    assert_eq!(has(layer().documents(Documents::Gate)), (true, true, true));
    for unchanged in [layer().report_only(true), layer().documents(Documents::Csp)] {
        assert_eq!(shown(unchanged).text(), page);
    }
}

#[test]
fn files_obey_the_sites_own_policies() {
    let meta = "<meta http-equiv=content-security-policy content=\"script-src 'nonce-m' 'self'\">";
    for (policies, head, style, script, left_out) in [
        (&[][..], "", Some(""), Some(""), &[][..]),
        (&["default-src 'self'"], "", Some(""), Some(""), &[]),
        (
            &["default-src 'self'; script-src 'nonce-a' 'strict-dynamic'; style-src 'nonce-b'"],
            "",
            Some("nonce=\"b\" "),
            Some(" nonce=\"a\""),
            &[],
        ),
        (
            &["style-src 'none'"],
            "",
            None,
            Some(""),
            &["link style-src"],
        ),
        (
            &["script-src 'strict-dynamic' 'sha256-x'"],
            "",
            Some(""),
            None,
            &["script script-src"],
        ),
        (
            &["connect-src 'none'"],
            "",
            Some(""),
            None,
            &["script connect-src"],
        ),
        (
            &[
                "default-src 'self'",
                "default-src https://x.example; form-action 'none'",
            ],
            "",
            None,
            None,
            &["link default-src", "script default-src", "form form-action"],
        ),
        (&[], meta, Some(""), Some(" nonce=\"m\""), &[]),
        (
            &["script-src 'self' 'nonce-a'"],
            meta,
            Some(""),
            Some(" nonce=\"a\""),
            &[],
        ),
        (
            &["script-src 'nonce-a'", "script-src 'nonce-b'"],
            meta,
            Some(""),
            None,
            &["script script-src"],
        ),
        (
            &["sandbox allow-forms"],
            "",
            Some(""),
            None,
            &["script sandbox"],
        ),
    ] {
        let html = HTML.replace("<title>", &format!("{head}<title>"));
        let mut origin = Origin::html(html);
        for policy in policies {
            origin = origin.with("content-security-policy", policy);
        }
        let (layer, lines) = heard(HtmlConsentLayer::new());
        let page = ask(site(&origin, layer), Method::GET, &[NAVIGATION]);
        let page = page.text();
        let found = page
            .split_once("<link rel=\"stylesheet\" ")
            .map(|(_, it)| it.split_once("href").unwrap().0);
        assert_eq!(found, style, "{policies:?}");
        let found = page
            .split_once(" defer")
            .map(|(_, it)| it.split_once(" data-state").unwrap().0);
        assert_eq!(found, script, "{policies:?}");
        assert!(
            page.contains(BANNER) && page.contains("value=\"refuse\""),
            "{page}"
        );
        let lines: Vec<_> = lines.lock().unwrap().clone();
        let expected: Vec<_> = left_out
            .iter()
            .map(|it| {
                let element = it.split(' ').next().unwrap();
                format!("left_out {element} - - /page")
            })
            .collect();
        assert_eq!(lines, expected, "{policies:?}");
    }
}

#[test]
fn event_names_the_directive() {
    let (lines, origin) = (
        std::sync::Arc::new(std::sync::Mutex::new(Vec::new())),
        Origin::html(HTML),
    );
    let heard = std::sync::Arc::clone(&lines);
    let layer = HtmlConsentLayer::new().observe(move |event| {
        heard
            .lock()
            .unwrap()
            .push((event.attribute().to_owned(), event.to_string()));
    });
    let origin = origin.with("content-security-policy", "form-action 'none'");
    ask(site(&origin, layer), Method::GET, &[NAVIGATION]);
    let (directive, line) = lines.lock().unwrap().remove(0);
    assert_eq!(directive, "form-action");
    assert_eq!(
        line,
        "browsers will not submit the banner's form: the document's own Content-Security-Policy \
         forbids it. Allow 'self' in its form-action"
    );
}

#[test]
fn validators_know_what_was_added() {
    let origin = Origin::html(HTML).with("etag", "\"v\"");
    let tag = |answers: &str, fields: &[(&str, &str)]| {
        let answer = answer(&origin, answers, fields);
        assert!(answer.all("vary").join(", ").contains("Sec-Fetch-Dest"));
        answer.all("etag")[0].to_owned()
    };
    let asked = tag("", &[NAVIGATION]);
    let refused = tag(r#""media":false,"#, &[NAVIGATION]);
    let frame = tag("", &[("sec-fetch-dest", "iframe")]);
    let ahead = tag("", &[NAVIGATION, ("sec-purpose", "prefetch")]);
    assert_eq!(asked, tag("", &[NAVIGATION]));
    assert_ne!(asked, refused, "the banner is gone");
    assert_ne!(asked, frame);
    assert_eq!(frame, ahead, "both without");
    // The service sees its own validator only if the same would be added.
    for (answers, fields, seen) in [
        (
            "",
            [NAVIGATION, ("if-none-match", &*asked)],
            Some("\"v\"".to_owned()),
        ),
        (
            r#""media":false,"#,
            [NAVIGATION, ("if-none-match", &*asked)],
            None,
        ),
        (
            "",
            [("sec-fetch-dest", "iframe"), ("if-none-match", &*asked)],
            None,
        ),
    ] {
        answer(&origin, answers, &fields);
        assert_eq!(origin.seen("if-none-match"), seen, "{answers} {fields:?}");
    }
}

/// What is allowed is the same in both visits of a row, and what the page says is not.
#[test]
fn validators_know_what_the_pages_say_of_signals_and_notices() {
    const GPC: (&str, &str) = ("sec-gpc", "1");
    let ads = Category::consent("ads")
        .title("Ads")
        .description("Of others.");
    let counts = Category::exempt("counts")
        .title("Counts")
        .description("Of visits.");
    let us = Regime::preset("us-opt-out").basis("ads", Basis::OptOut);
    let policy = CookiePolicy::builder()
        .category(ads)
        .regime("us-opt-out", us)
        .build()
        .unwrap();
    let notice = CookiePolicy::builder()
        .category(counts)
        .regime("japan", Regime::preset("japan"))
        .build()
        .unwrap();
    let origin = Origin::html(HTML).with("etag", "\"v\"");
    let overruled = cookie(r#""ads":true,"gpc":true,"regime":"us-opt-out","#);
    let opted_out = cookie(r#""ads":false,"regime":"us-opt-out","#);
    let noted = cookie(r#""regime":"japan","#);
    for (regime, one, other) in [
        (
            "us-opt-out",
            &[("cookie", &*overruled)][..],
            &[("cookie", &*overruled), GPC][..],
        ),
        (
            "us-opt-out",
            &[("cookie", &*opted_out)],
            &[("cookie", &*opted_out), GPC],
        ),
        ("japan", &[], &[("cookie", &*noted)]),
    ] {
        let policy = match regime {
            "japan" => &notice,
            _ => &policy,
        };
        let visit = |fields: &[(&str, &str)]| {
            let pages = Pages::at("/cookies", policy.clone()).unwrap();
            let consent = CookieConsentLayer::new(policy.clone())
                .with_clock(|| at(NOW))
                .regime_for(move |_| Whereabouts::Regime(regime));
            let layer = HtmlConsentLayer::new().pages(pages);
            let site = origin.router().layer(layer).layer(consent);
            let page = ask(site, Method::GET, &[fields, &[NAVIGATION]].concat());
            (page.text().to_owned(), page.all("etag")[0].to_owned())
        };
        let ((page, tag), (other_page, other_tag)) = (visit(one), visit(other));
        assert_ne!(page, other_page, "{regime} {other:?}");
        assert_ne!(tag, other_tag, "{regime} {other:?}");
    }
}

#[test]
fn links_lead_to_the_pages_whatever_the_base_is() {
    let html = HTML.replace("<title>", "<base href=https://cdn.example/><title>");
    let page = answer(&Origin::html(html), "", &[NAVIGATION]);
    let page = page.text().replace("&#x2f;", "/");
    for link in [
        "href=\"//own.example/cookies/style-",
        "src=\"//own.example/cookies/script-",
        "action=\"//own.example/cookies/preferences\"",
        "<a href=\"//own.example/cookies\">",
    ] {
        assert!(page.contains(link), "{link} in {page}");
    }
}

#[test]
fn texts_are_in_the_language_of_the_document_and_in_ascii() {
    let html = Origin::html(HTML.replace("lang=en", "lang=el"));
    let page = answer(&html, "", &[NAVIGATION]);
    assert!(page.text().is_ascii() && page.text().contains("lang=\"el\""));
    let undecided = Consent::undecided(policy());
    let banner = pages().banner(&undecided, "el").unwrap();
    assert!(!banner.as_str().is_ascii());
    let unspoken = Origin::html(HTML.replace(" lang=en", ""));
    let page = answer(&unspoken, "", &[NAVIGATION, ("accept-language", "fr")]);
    assert!(
        page.text().contains("lang=\"en\""),
        "the first field counts"
    );
}

#[test]
fn choice_of_a_handler_ends_the_banner_at_once() {
    let consent = CookieConsentLayer::new(policy());
    let handler = async |consent: Consent| {
        let set = consent.set_cookie(consent.refuse_all());
        (
            [(SET_COOKIE, set.header_value())],
            axum::response::Html(HTML),
        )
    };
    let site = Router::new().route("/page", get(handler));
    let site = site
        .layer(HtmlConsentLayer::new().pages(pages()))
        .layer(consent);
    let page = ask(site, Method::GET, &[NAVIGATION]);
    assert_eq!(has(&page), (false, true));
}
