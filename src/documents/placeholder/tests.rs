//! Documents with placeholders, by a table.

use std::sync::Arc;

use url::Url;

use super::{
    super::{
        cases::{Hosts, run, setup, table},
        gate::Gate,
        stopped::Stopped,
    },
    Owner, Part, Placeholders, Spot, Writer,
};

/// Writes each part as a short element. `cdn.example` is allowed.
struct Short;

fn owner(spot: &Spot<'_>) -> String {
    match spot.owner {
        Owner::Declared(number) => ["film", "map", "cdn"][usize::from(number)].to_owned(),
        Owner::Nobody(host) => format!("?{host}"),
    }
}

impl Writer for Short {
    fn title(&self, spot: &Spot<'_>) -> Option<String> {
        Some(format!("{:?} {}", spot.shape, owner(spot)))
    }

    fn write(&self, part: Part, spot: &Spot<'_>) -> Option<String> {
        let name = match part {
            Part::Sheet => return Some("<link>".to_owned()),
            part => format!("{part:?}").to_lowercase(),
        };
        let mut text = format!("<{name} {} {}", owner(spot), spot.id);
        if let Some(anchor) = spot.anchor.as_ref().filter(|anchor| **anchor != spot.id) {
            text.push_str(&format!(" #{anchor}"));
        }
        for (is_so, word) in [
            (spot.small, "small"),
            (spot.plain, "plain"),
            (spot.base.is_some(), "absolute"),
            (spot.anchor.is_none(), "lost"),
        ] {
            if is_so {
                text.push_str(&format!(" {word}"));
            }
        }
        if part == Part::Inline && spot.size.0 > 0 {
            text.push_str(&format!(" {}x{}", spot.size.0, spot.size.1));
        }
        Some(text + " \u{e9}>")
    }

    fn service_of(&self, url: &Url) -> Option<u8> {
        (url.host_str() == Some("cdn.example")).then_some(2)
    }

    fn service_named(&self, id: &str) -> Option<u8> {
        (id == "cdn").then_some(2)
    }
}

fn written(document: &str, size: usize) -> Result<String, Stopped> {
    let mut setup = setup(Arc::new(Hosts::default()));
    setup.placeholders = Some(Placeholders::new(Box::new(Short)));
    let out = run(Gate::new(setup), document.as_bytes(), size)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn placeholders_are_where_something_is_missing() {
    for (before, after) in table(include_str!(
        "../../../tests/data/documents/placeholders.txt"
    )) {
        for size in [1, 3, usize::MAX] {
            let out = written(&before, size);
            assert_eq!(
                out.as_deref(),
                Ok(&*after),
                "in pieces of {size}, from:\n{before}"
            );
        }
    }
}

/// With the templates of the pages.
#[cfg(feature = "pages")]
mod of_pages {
    use http::{Request, Response};

    use super::{
        super::super::{consented::Consented, head::Head, reader::Reader},
        *,
    };
    use crate::{
        consent::{Consent, Grants},
        documents::HtmlConsentLayer,
        pages::Pages,
        policy::{Category, CookiePolicy, Service},
    };

    fn gated(document: &str, answers: &[(&str, bool)], language: &str) -> String {
        let films = Service::new("films")
            .title("Films")
            .origins(["https://film.example"]);
        let media = Category::consent("media")
            .title("Media")
            .description("Of others.");
        let policy = CookiePolicy::new([media.service(films)]).unwrap();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let consent = Consent::undecided(policy);
        let consent = consent.with_choice(consent.choose(answers.iter().copied()).unwrap());
        let settings = HtmlConsentLayer::new().pages(pages).settings();
        let request = Request::get("/dir/page")
            .header("host", "own.example")
            .header("accept-language", language)
            .extension(consent.clone());
        let mut request = request.body(()).unwrap();
        let reader = Reader::of(&settings, &mut request).unwrap();
        let grants = Grants::of(&consent);
        let address = Head::of(request.headers()).address(&request);
        let consented = Consented {
            allowed: grants.allowed(),
            grants: Some(grants),
            document: address.located(),
            address,
            settings,
        };
        let (parts, ()) = Response::new(()).into_parts();
        let additions = reader.additions(&consented, &parts, false).unwrap();
        let mut setup = setup(Arc::new(consented));
        setup.placeholders = additions.placeholders;
        let out = run(Gate::new(setup), document.as_bytes(), usize::MAX);
        String::from_utf8(out.unwrap()).unwrap()
    }

    const FRAME: &str = "<iframe src=https://film.example/1></iframe>";
    const FILM: &str = "<video src=https://film.example/1 width=640></video>";

    #[test]
    fn button_is_for_one_service_and_returns_to_its_place() {
        let page = gated(FRAME, &[], "en");
        for part in [
            "target=&#34;_top&#34;",
            "name=&#34;service&#34; value=&#34;films&#34;",
            "name=&#34;anchor&#34; value=&#34;tcc-embed-1&#34;",
            "name=&#34;decision&#34; value=&#34;allow&#34;",
            "Always show Films here",
            "It is valid for: 6 months.",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let page = gated(FILM, &[], "en");
        let form = "<form id=\"tcc-embed-1-form\" method=\"post\"";
        assert!(page.contains("form=\"tcc-embed-1-form\""), "{page}");
        assert!(page.find(form) > page.find("</video>"), "{page}");
        assert!(page.contains("width=\"640\" height=\"320\""), "{page}");
    }

    #[test]
    fn many_elements_get_a_bounded_number_of_placeholders() {
        let page = "<embed src=https://film.example/1>".repeat(1_000);
        let out = gated(&page, &[], "en");
        assert_eq!(out.matches("data-consent-src").count(), 1_000);
        assert_eq!(out.matches("-form\" method=\"post\"").count(), 200);
        assert!(out.len() < 1_000_000, "{}", out.len());
    }

    #[test]
    fn texts_are_in_the_language_and_in_ascii() {
        for language in ["bg", "el", "fr", "mt"] {
            for page in [FRAME, FILM] {
                for answers in [&[][..], &[("films", true)]] {
                    let out = gated(page, answers, language);
                    assert!(out.is_ascii(), "{out}");
                    assert!(out.contains("lang=") && out.contains(language), "{out}");
                }
            }
        }
        assert!(gated(FILM, &[], "fr").contains("Vid&#233;o fournie par Films"));
    }

    #[test]
    fn film_and_sound_with_sources_inside_have_texts_of_their_own() {
        let source = "<source src=https://film.example/1>";
        let of = |name| gated(&format!("<{name} controls>{source}</{name}>"), &[], "fr");
        assert!(of("video").contains("Vid&#233;o fournie par Films"));
        assert!(of("audio").contains("Films") && !of("audio").contains("Vid&#233;o"));
    }

    #[test]
    fn links_do_not_follow_the_base_of_another_site() {
        let page = format!("<base href=https://cdn.example/>{FILM}");
        let out = gated(&page, &[], "en");
        assert!(out.contains("href=\"//own.example/cookies/style-"), "{out}");
        assert!(
            out.contains(
                "//own.example/cookies/preferences"
                    .replace('/', "&#x2f;")
                    .as_str()
            ),
            "{out}"
        );
        assert!(!gated(FILM, &[], "en").contains("own.example"));
    }

    #[test]
    fn granted_service_has_a_button_that_ends_it() {
        for page in [FRAME, FILM] {
            let out = gated(page, &[("films", true)], "en");
            assert!(
                out.contains("value=\"deny\">Stop showing Films</button>"),
                "{out}"
            );
            assert!(out.contains("<form id=\"tcc-embed-1-form\""), "{out}");
            let without: String = out.replace(' ', "");
            assert!(without.contains(&page.replace(' ', "")), "{out}");
        }
    }
}
