//! What visitors see in place of what is held back, in a real stack.

mod browser;

use axum::Router;
use http::{Method, Request};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    pages::Pages,
    policy::{Placeholder, Service},
};

use super::{Answer, NOW, Origin, ask, cookie};
use crate::support::at;

fn policy() -> CookiePolicy {
    let films = Service::new("films")
        .title("Films")
        .provider("Films Ltd")
        .controller("Films Ireland Ltd")
        .purposes(["playing films", "advertising"])
        .countries(["IE", "US"])
        .privacy_url("https://www.films.example/privacy")
        .placeholder(Placeholder::Video)
        .origins(["https://www.films.example"]);
    let maps = Service::new("maps")
        .title("Maps")
        .placeholder(Placeholder::Map)
        .origins(["https://tiles.maps.example"]);
    let counter = Service::new("counter")
        .placeholder(Placeholder::None)
        .origins(["https://counter.example"]);
    let cdn = Service::new("cdn").origins(["https://cdn.example"]);
    let media = Category::consent("media")
        .title("Media")
        .description("Films and maps of others.")
        .services([films, maps, counter]);
    let base = Category::necessary("base").service(cdn);
    CookiePolicy::new([base, media]).unwrap()
}

fn pages() -> Pages {
    Pages::at("/cookies", policy()).unwrap()
}

fn site(origin: &Origin, pages: Pages, layer: HtmlConsentLayer) -> Router {
    let consent = CookieConsentLayer::new(policy()).with_clock(|| at(NOW));
    origin
        .router()
        .nest_service("/cookies", pages.clone())
        .layer(layer.pages(pages).banner(false).footer(false))
        .layer(consent)
}

fn shown(page: &str, answers: &str) -> String {
    shown_with(page, answers, pages(), HtmlConsentLayer::new())
}

fn shown_with(page: &str, answers: &str, pages: Pages, layer: HtmlConsentLayer) -> String {
    let answer = answer(&Origin::html(page), answers, pages, layer);
    answer
        .text()
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#38;#x2f;", "/")
        .replace("&#x2f;", "/")
}

fn answer(origin: &Origin, answers: &str, pages: Pages, layer: HtmlConsentLayer) -> Answer {
    let cookie = cookie(answers);
    let headers = [
        ("cookie", &*cookie),
        ("sec-fetch-dest", "document"),
        ("accept-language", "en"),
    ];
    ask(site(origin, pages, layer), Method::GET, &headers)
}

const FRAME: &str = "<p><iframe src=https://www.films.example/1 width=560 height=315 sandbox=allow-scripts></iframe>";
const ALWAYS: &str = "Always show Films here</button>";

#[test]
fn placeholder_says_who_receives_what_for_how_long() {
    for page in [FRAME, "<video src=https://www.films.example/1></video>"] {
        let out = shown(page, "");
        for text in [
            "Video from Films",
            "Films Ireland Ltd receives your IP address and the address of this page, and may store cookies",
            "Purposes: playing films, advertising",
            "Countries: IE, US",
            ALWAYS,
            "covers everything from Films on this site",
            "It is valid for: 6 months.",
            "You can change your mind at any time",
            "href=\"./cookies/preferences?return_to=%2Fpage%3Fq%3D1\"",
            "href=\"https://www.films.example/privacy\"",
            "name=\"return_to\" value=\"/page?q=1\"",
            "name=\"anchor\" value=\"tcc-embed-1\"",
        ] {
            assert!(out.contains(text), "{text} in {out}");
        }
        assert_eq!(out.matches("name=\"decision\" value=\"allow\"").count(), 1);
        assert!(!out.contains("value=\"accept\""), "{out}");
    }
    let out = shown(FRAME, "");
    assert!(
        out.contains("data-consent-src=https://www.films.example/1"),
        "{out}"
    );
    assert!(out.contains("data-consent-sandbox=allow-scripts"), "{out}");
    assert!(shown("<div data-consent=maps></div>", "").contains("Map from Maps"));
}

#[test]
fn nobody_is_asked_about_an_undeclared_origin() {
    for page in [
        "<iframe src=//unknown.example/1></iframe>",
        "<embed src=//unknown.example/1>",
    ] {
        let out = shown(page, "");
        assert!(out.contains("Content from unknown.example is not shown. This site does not say"));
        assert!(!out.contains("<button") && !out.contains("<form"), "{out}");
    }
}

#[test]
fn documents_without_anything_to_show_stay_as_they_are() {
    let page = "<p>a<img src=https://cdn.example/1><iframe src=/own></iframe>\
        <iframe src=https://cdn.example/1></iframe><video src=/own></video></body></html>";
    for answers in ["", r#""media":true,"#] {
        assert_eq!(shown(page, answers), page);
    }
    // No placeholder, and no button beside it.
    let page = "<iframe src=https://counter.example/1></iframe>";
    assert_eq!(
        shown(page, ""),
        "<iframe data-consent=\"counter\" data-consent-src=https://counter.example/1></iframe>"
    );
    assert_eq!(shown(page, r#""media":true,"#), page);
}

#[test]
fn only_the_gate_shows_placeholders() {
    let layer = || HtmlConsentLayer::new();
    let csp = layer().documents(Documents::Csp);
    let report = layer().report_only(true);
    for layer in [csp, report] {
        assert_eq!(shown_with(FRAME, "", pages(), layer), FRAME);
    }
    let once = "Just this once</button>";
    let gate = layer().documents(Documents::Gate);
    assert!(shown_with(FRAME, "", pages(), gate).contains(once));
    assert!(!shown(FRAME, "").contains(once));
}

#[test]
fn where_there_is_no_room_a_link_leads_to_the_form() {
    for page in [
        "<iframe src=https://www.films.example/1 height=119></iframe>",
        "<embed src=https://www.films.example/1 width=199>",
    ] {
        let out = shown(page, "");
        assert!(out.contains(">Not shown: Films</a>"), "{out}");
        assert!(!out.contains("<button"), "{out}");
    }
}

#[test]
fn stylesheets_take_the_nonce_of_the_site() {
    for page in [FRAME, "<embed src=https://www.films.example/1>"] {
        let origin = Origin::html(page).with("content-security-policy", "style-src 'nonce-r4nd0m'");
        let answer = answer(&origin, "", pages(), HtmlConsentLayer::new());
        let text = answer.text().replace("&#34;", "\"");
        assert!(
            text.contains("link rel=\"stylesheet\" nonce=\"r4nd0m\""),
            "{text}"
        );
        assert_eq!(answer.all("content-security-policy").len(), 2);
    }
}

#[test]
fn texts_and_templates_are_replaced_as_those_of_the_pages() {
    let pages = pages()
        .language("en", r#"{"held_always": "Show {service}!"}"#)
        .unwrap();
    let stop = "<i form={{ form }}>{{ t.held_stop | fill(service=name) }}</i>";
    let pages = pages.template("placeholder_stop.html", stop).unwrap();
    let layer = HtmlConsentLayer::new;
    assert!(shown_with(FRAME, "", pages.clone(), layer()).contains(">Show Films!</button>"));
    let out = shown_with(FRAME, r#""films":true,"#, pages.clone(), layer());
    assert!(
        out.contains("<i form=tcc-embed-1-form>Stop showing Films</i>"),
        "{out}"
    );
    assert!(
        pages
            .template("placeholder.html", "{{ nothing.x.y }}")
            .is_err()
    );
}

#[test]
fn language_and_texts_are_a_part_of_the_entity_tag() {
    let tag = |pages: Pages, language: &str| {
        let origin = Origin::html(FRAME).with("etag", "\"v\"");
        let headers = [
            ("accept-language", language),
            ("sec-fetch-dest", "document"),
        ];
        let answer = ask(
            site(&origin, pages, HtmlConsentLayer::new()),
            Method::GET,
            &headers,
        );
        assert!(answer.all("vary").join(",").contains("Accept-Language"));
        let own = answer.text().contains(match language {
            "fr" => "Toujours afficher Films ici",
            _ => "here",
        });
        assert!(own, "{language}: {}", answer.text());
        answer.all("etag")[0].to_owned()
    };
    let changed = pages()
        .language("en", r#"{"held_always": "Show {service} here"}"#)
        .unwrap();
    let tags = [tag(pages(), "en"), tag(pages(), "fr"), tag(changed, "en")];
    assert_eq!(tag(pages(), "en"), tags[0]);
    assert!(tags[0] != tags[1] && tags[0] != tags[2] && tags[1] != tags[2]);
}

#[test]
fn placeholder_has_the_language_of_its_page() {
    for (start, button) in [
        ("<html lang=fr>", "Toujours afficher Films ici"),
        ("<html lang=\"FR-ca\">", "Toujours afficher Films ici"),
        ("<html lang=xx>", "Always show Films here"),
        ("<html lang='\"><script>'>", "Always show Films here"),
        ("<html><div lang=fr>", "Always show Films here"),
    ] {
        let out = shown(&format!("<!doctype html>{start}{FRAME}"), "");
        assert!(out.contains(button), "{start}: {out}");
    }
}

/// Returns the fields of the only form, as a browser submits them with its button.
fn fields(html: &str, decision: &str) -> String {
    let (_, form) = html.split_once("<form").expect("a form");
    let (form, _) = form.split_once("</form>").expect("its end");
    let mut fields = format!("decision={decision}");
    for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let (value, _) = rest.split_once('"').unwrap();
        let value = value.replace('?', "%3F").replace('=', "%3D");
        fields.push_str(&format!("&{name}={value}"));
    }
    fields
}

#[test]
fn form_allows_one_service_and_leads_back_to_the_element() {
    for (page, answers, decision, expected) in [
        (FRAME, "", "allow", r#""films":true"#),
        (
            "<video><source src=https://www.films.example/1></video>",
            "",
            "allow",
            r#""films":true"#,
        ),
        (FRAME, r#""media":true,"#, "deny", r#""films":false"#),
    ] {
        let html = shown(page, answers);
        let body = fields(&html, decision);
        let request = Request::post("/cookies/preferences")
            .header("host", "own.example")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie(answers))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(body.clone()))
            .unwrap();
        let site = site(&Origin::html(page), pages(), HtmlConsentLayer::new());
        let response = futures_executor::block_on(site.oneshot(request)).unwrap();
        let field = |name| response.headers()[name].to_str().unwrap();
        assert_eq!(response.status(), 303, "{body}");
        assert_eq!(field("location"), "../page?q=1#tcc-embed-1", "{body}");
        let choice = percent_encoding_of(field("set-cookie"));
        assert!(choice.contains(expected), "{choice}");
        assert!(
            !choice.contains("\"maps\":") && !choice.contains("\"media\":false"),
            "{choice}"
        );
    }
}

fn percent_encoding_of(value: &str) -> String {
    value
        .replace("%22", "\"")
        .replace("%2C", ",")
        .replace("%3A", ":")
        .replace("%7B", "{")
}

#[test]
fn page_that_was_posted_is_not_returned_to() {
    let site = site(&Origin::html(FRAME), pages(), HtmlConsentLayer::new());
    let answer = ask(site, Method::POST, &[("sec-fetch-dest", "document")]);
    assert!(!answer.text().contains("return_to"), "{}", answer.text());
}

#[test]
fn of_services_with_one_origin_the_visible_one_is_offered() {
    for ids in [
        ["google-recaptcha", "google-maps"],
        ["google-maps", "google-recaptcha"],
    ] {
        let media = Category::consent("media")
            .title("Media")
            .description("Maps of others.");
        let policy = CookiePolicy::new([media.services(ids.map(Service::from_catalogue))]).unwrap();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let page = "<!doctype html><iframe src=https://www.google.com/maps/embed?pb=1></iframe>";
        let site = Origin::html(page)
            .router()
            .layer(HtmlConsentLayer::new().pages(pages))
            .layer(CookieConsentLayer::new(policy));
        let answer = ask(site, Method::GET, &[]);
        assert!(
            answer.text().contains(" data-consent=\"google-maps\""),
            "{ids:?}"
        );
        let button = "Always show Google Maps here";
        assert!(answer.text().contains(button), "{ids:?}: {}", answer.text());
    }
}
