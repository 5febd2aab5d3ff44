//! Third parties behind the site's own addresses.

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    super::{
        Row, row,
        site::{Asked, Reply, home},
    },
    article, page_at, redirect_at, swap,
};

const FILM: &str = "https://www.films.example/embed/1";

/// Puts something into the home page.
fn embed(asked: &Asked, reply: &mut Reply, element: &str) {
    if asked.path() == "/" {
        swap(
            reply,
            "<p>Welcome.</p>",
            &format!("<p>Welcome.</p>{element}"),
        );
    }
}

fn film() -> String {
    format!("<!doctype html><title>Film</title><iframe src={FILM}></iframe>")
}

pub(in super::super) const ROWS: &[Row] = &[
    row(
        "a frame of the site with a film",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/embed></iframe>");
            page_at(asked, reply, "/embed", &film());
        },
        home,
    ),
    row(
        "an object of the site with a film",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<object data=/embed type=text/html></object>");
            page_at(asked, reply, "/embed", &film());
        },
        home,
    ),
    row(
        "a frame in a frame of the site",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/outer></iframe>");
            page_at(
                asked,
                reply,
                "/outer",
                "<!doctype html><title>Outer</title><iframe src=embed></iframe>",
            );
            page_at(asked, reply, "/embed", &film());
        },
        home,
    ),
    row(
        "a frame in a document of an attribute",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(
                asked,
                reply,
                "<iframe srcdoc='<iframe src=/embed></iframe>'></iframe>",
            );
            page_at(asked, reply, "/embed", &film());
        },
        home,
    ),
    row(
        "a frame that redirects to a film",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/film></iframe>");
            redirect_at(asked, reply, "/film", FILM);
        },
        home,
    ),
    row(
        "a frame that redirects twice",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/film></iframe>");
            redirect_at(asked, reply, "/film", "/film/1");
            redirect_at(asked, reply, "/film/1", FILM);
        },
        home,
    ),
    row(
        "a picture that redirects",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<img src=/pixel.gif alt=''>");
            redirect_at(
                asked,
                reply,
                "/pixel.gif",
                "https://count.example/pixel.gif",
            );
        },
        home,
    ),
    row(
        "a script that redirects",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<script src=/count.js async></script>");
            redirect_at(asked, reply, "/count.js", "https://count.example/count.js");
        },
        home,
    ),
    row(
        "a film of the site that redirects after a refusal",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<video><source src=/film.mp4></video>");
            if asked.is_refused() {
                redirect_at(asked, reply, "/film.mp4", "https://www.films.example/1.mp4");
            }
        },
        home,
    ),
    row(
        "a preloaded script that redirects",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<link rel=preload as=script href=/count.js>");
            redirect_at(asked, reply, "/count.js", "//count.example/count.js");
        },
        home,
    ),
    row(
        "a frame with a Refresh header",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/film></iframe>");
            page_at(
                asked,
                reply,
                "/film",
                "<!doctype html><title>One moment</title>",
            );
            if asked.path() == "/film" {
                reply.header("refresh", &format!("0;url={FILM}"));
            }
        },
        home,
    ),
    row(
        "a frame that refreshes by its markup",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/film></iframe>");
            page_at(
                asked,
                reply,
                "/film",
                &format!("<!doctype html><meta http-equiv=refresh content='0;url={FILM}'>"),
            );
        },
        home,
    ),
    row(
        "a film in a page whose type lacks a semicolon",
        "R24",
        ThirdParties,
        |asked, reply| {
            if asked.path() == "/article" {
                reply.header("content-type", "text/html charset=utf-8");
                swap(reply, "<h1>Article</h1>", &film());
            }
        },
        article,
    ),
    row(
        "a film in a page with two types",
        "R24",
        ThirdParties,
        |asked, reply| {
            if asked.path() == "/article" {
                reply.header("content-type", "text/plain, text/html");
                swap(reply, "<h1>Article</h1>", &film());
            }
        },
        article,
    ),
    row(
        "a frame with a film in German alone",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/embed></iframe>");
            let film = match asked.header("accept-language").starts_with("de") {
                true => film(),
                false => "<!doctype html><title>Film</title><p>No film.</p>".to_owned(),
            };
            page_at(asked, reply, "/embed", &film);
        },
        home,
    ),
    row(
        "a frame with a film on phones alone",
        "R24",
        ThirdParties,
        |asked, reply| {
            embed(asked, reply, "<iframe src=/embed></iframe>");
            if asked.header("user-agent").contains("iPhone") {
                page_at(asked, reply, "/embed", &film());
            }
        },
        home,
    ),
    row(
        "an icon that redirects",
        "R24",
        ThirdParties,
        |asked, reply| {
            let to = "https://count.example/favicon.ico";
            redirect_at(asked, reply, "/favicon.ico", to);
        },
        home,
    ),
];
