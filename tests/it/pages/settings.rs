//! The settings of the pages, and the errors for invalid ones.

use tower_cookie_consent::{
    Category, Consent, CookiePolicy,
    pages::{Pages, PagesError},
};

use super::{fetch, field, policy, request, send, site_with};

fn pages() -> Pages {
    Pages::at("/cookies", policy()).unwrap()
}

#[test]
fn a_consent_category_needs_texts() {
    for (category, missing) in [
        (Category::consent("ads"), "title and description"),
        (Category::consent("ads").title("Ads"), "description"),
        (Category::consent("ads").description("Ads"), "title"),
    ] {
        let policy = CookiePolicy::new([category]).unwrap();
        let error = Pages::at("/cookies", policy).unwrap_err();
        assert_eq!(
            error,
            PagesError::MissingText {
                category: "ads".into(),
                missing
            }
        );
    }
}

#[test]
fn an_invalid_path_is_an_error_that_names_it() {
    for path in [
        "",
        "/",
        "cookies",
        "/cookies/",
        "//cookies",
        "/a b",
        "/a?b",
        "/..",
        "/a/./b",
        "/é",
        "/a\"b",
    ] {
        let error = Pages::at(path, policy()).unwrap_err();
        assert_eq!(error, PagesError::Path { path: path.into() });
    }
    assert!(Pages::at("/shop/my-cookies_1.0~", policy()).is_ok());
}

#[test]
fn other_invalid_settings_are_errors_too() {
    assert!(pages().gpc("today").is_err());
    assert!(pages().main_id("a b").is_err());
    assert!(pages().frame_ancestors("'self'; script-src *").is_err());
    assert!(pages().trusted_origin("example.org").is_err());
    assert!(pages().language("x y", "{}").is_err());
    assert!(pages().language("br", "{}").is_err());
}

#[test]
fn templates_can_be_replaced_and_are_checked_at_once() {
    let own = pages().template(
        "banner.html",
        "<aside>{{ t.banner_title }} {{ site }}</aside>",
    );
    assert!(own.is_ok());
    let consent = Consent::undecided(policy());
    let banner = own.unwrap().site("<b>").banner(&consent, "en").unwrap();
    assert!(!banner.as_str().contains("<b>"), "{banner}");
    for (name, source) in [
        ("banner.html", "{{ t.banner_title "),
        ("banner.html", "{{ nothing.there }}"),
        ("other.html", ""),
    ] {
        assert!(
            matches!(
                pages().template(name, source),
                Err(PagesError::Template { .. })
            ),
            "{source}"
        );
    }
}

/// A banner that can be rendered in English, in which it is checked, and in no other language.
fn with_a_template_that_fails() -> Pages {
    let own = "own{% if lang != 'en' %}{{ nothing.is.there }}{% endif %}";
    pages().template("banner.html", own).unwrap()
}

#[test]
fn pieces_are_the_fragments_and_can_not_fail() {
    let pages = pages().site("Portal");
    let consent = Consent::undecided(policy());
    for lang in ["en", "fr", "mt"] {
        let pieces = pages.pieces(&consent, lang);
        assert_eq!((&*pieces.lang, pieces.dir), (lang, "ltr"));
        assert_eq!(pieces.head, pages.head(&consent, lang).unwrap());
        assert_eq!(pieces.banner, pages.banner(&consent, lang).unwrap());
        assert_eq!(pieces.notice, pages.notice(&consent, lang).unwrap());
        assert_eq!(pieces.footer, pages.footer(&consent, lang).unwrap());
        assert!(!pieces.head.is_empty() && !pieces.banner.is_empty());
        let json = serde_json::to_value(&pieces).unwrap();
        assert_eq!(json["banner"], pieces.banner.as_str());
    }
    let refused = consent.with_choice(consent.refuse_all());
    assert!(pages.pieces(&refused, "en").banner.is_empty());

    let failing = with_a_template_that_fails().site("Portal");
    failing.banner(&consent, "fr").unwrap_err();
    assert_eq!(failing.pieces(&consent, "en").banner.as_str(), "own");
    let built_in = pages.pieces(&consent, "fr");
    assert_eq!(failing.pieces(&consent, "fr"), built_in);
}

#[tokio::test]
async fn a_failed_fragment_is_a_response_of_axum() {
    let pages = with_a_template_that_fails();
    let home = async move |consent: Consent| -> Result<String, PagesError> {
        Ok(pages.banner(&consent, "fr")?.to_string())
    };
    let app = axum::Router::new()
        .route("/", axum::routing::get(home))
        .layer(tower_cookie_consent::CookieConsentLayer::new(policy()));
    let request = http::Request::new(axum::body::Body::empty());
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 1_000)
        .await
        .unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(
        text.starts_with("invalid template \"banner.html\""),
        "{text}"
    );
}

#[test]
fn words_can_be_replaced_and_a_right_to_left_language_added() {
    let changed = pages()
        .language("en", r#"{"accept_all": "Yes to all"}"#)
        .unwrap();
    let consent = Consent::undecided(policy());
    assert!(
        changed
            .banner(&consent, "en")
            .unwrap()
            .as_str()
            .contains(">Yes to all<")
    );

    let english = serde_json::to_string(&*pages().view(&consent, "en").t).unwrap();
    let hebrew = pages().language("he", &english).unwrap();
    let site = site_with(hebrew, policy());
    let answer = send(
        site,
        request(
            http::Method::GET,
            "/cookies",
            &[("accept-language", "he-IL")],
            "",
        ),
    );
    assert!(
        answer.body().contains("<html lang=\"he\" dir=\"rtl\">"),
        "{}",
        answer.body()
    );
    // Untranslated texts are marked with their language.
    assert!(
        answer
            .body()
            .contains("<span lang=\"en\" dir=\"auto\">Necessary cookies</span>")
    );
}

#[test]
fn the_language_follows_query_cookie_browser_policy() {
    let cookie = ("cookie", "lang=de");
    let browser = ("accept-language", "zh, da;q=0.5, sv;q=0.7");
    for (path, headers, lang) in [
        ("/cookies?lang=fr", &[cookie, browser][..], "fr"),
        ("/cookies?lang=xx", &[cookie, browser], "de"),
        ("/cookies", &[browser], "sv"),
        ("/cookies", &[], "en"),
    ] {
        let answer = fetch(path, headers);
        assert!(
            answer
                .body()
                .contains(&format!("<html lang=\"{lang}\" dir=\"ltr\">")),
            "{path}"
        );
    }
    // The requested language stays the same from page to page.
    assert!(
        fetch("/cookies?lang=fr", &[])
            .body()
            .contains("preferences?lang=fr\"")
    );
}

#[test]
fn every_language_renders_every_page_without_a_gap() {
    let consent = Consent::undecided(policy());
    let tags: Vec<_> = pages()
        .view(&consent, "en")
        .languages
        .into_iter()
        .map(|l| l.tag)
        .collect();
    assert_eq!(tags.len(), 24);
    for tag in tags {
        for path in ["/cookies", "/cookies/preferences", "/cookies/none"] {
            let answer = fetch(&format!("{path}?lang={tag}"), &[]);
            let body = answer.body();
            assert!(body.contains(&format!("lang=\"{tag}\"")), "{tag}");
            assert!(!body.contains(['{', '}']), "{tag}: {body}");
        }
    }
}

#[test]
fn who_may_frame_the_pages_can_be_set() {
    let framed = pages()
        .frame_ancestors("'self' https://example.org")
        .unwrap();
    let answer = send(
        site_with(framed, policy()),
        request(http::Method::GET, "/cookies", &[], ""),
    );
    assert!(
        field(&answer, "content-security-policy")
            .ends_with("frame-ancestors 'self' https://example.org")
    );
}
