//! Measures the gate for documents relative to the parser it is built on, with the same selectors
//! and the same changes: `cargo bench -p benches --bench documents`.
//!
//! Only ratios within one run are meaningful: all take turns in each round, and the fastest round of
//! each counts.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that prints a table"
)]

use std::time::{Duration, Instant};

use lol_html::{HtmlRewriter, Settings, element};
use tower_cookie_consent::documents_for_tests::{SELECTOR, gate};
use url::Url;

const ROUNDS: usize = 60;
const PIECE: usize = 8 * 1024;

/// A page of 50 KB with eight scripts, frames and pictures of others, all held back if `third`.
fn page(host: &str) -> String {
    let mut page = String::from("<!doctype html><html lang=en><head><title>A page</title>");
    for number in 0..8 {
        page.push_str(&format!(
            "<script async src=\"https://{host}/{number}.js\"></script>\n"
        ));
    }
    page.push_str("<style>body{color:#222;background:url(/paper.png)}</style></head><body>\n");
    for number in 0.. {
        page.push_str(&format!(
            "<div class=\"row\"><h2 id=\"h{number}\">Heading</h2><p>Some text with <a \
             href=\"/page/{number}\">a link</a>, and <em>more</em> of it in the next line.</p></div>\n"
        ));
        if number % 20 == 0 {
            page.push_str(&format!(
                "<iframe src=\"https://{host}/f{number}\"></iframe>\n"
            ));
            page.push_str(&format!(
                "<img alt=\"\" src=\"https://{host}/p{number}.png\">\n"
            ));
        }
        if page.len() > 50_000 {
            break;
        }
    }
    page + "</body></html>"
}

/// The parser with the gate's selectors and its changes, for this page alone.
fn plain(page: &[u8], host: &str) -> usize {
    let mut length = 0;
    let start = format!("https://{host}/");
    let settings = Settings::new().append_element_content_handler(element!(SELECTOR, |element| {
        let source = element
            .get_attribute("src")
            .filter(|source| source.starts_with(&start));
        if let Some(source) = source {
            element.remove_attribute("src");
            element.set_attribute("data-consent-src", &source)?;
            if element.tag_name() == "script" {
                element.set_attribute("type", "text/plain")?;
            }
        }
        Ok(())
    }));
    let mut rewriter = HtmlRewriter::new(settings, |out: &[u8]| length += out.len());
    for piece in page.chunks(PIECE) {
        rewriter.write(piece).expect("a page");
    }
    rewriter.end().expect("a page");
    length
}

fn main() {
    let url = Url::parse("https://own.example/").expect("a URL");
    println!(
        "{:<28}{:>12}{:>12}{:>8}",
        "a page of 50 KB", "parser, µs", "gate, µs", "ratio"
    );
    for (name, host) in [
        ("nothing held back", "own.example"),
        ("all held back", "third.example"),
    ] {
        let page = page(host);
        let page = page.as_bytes();
        let (mut parser, mut gated) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            // What is not of the page's own is held back by both, or by neither.
            let held = if host == "own.example" {
                "nobody.example"
            } else {
                host
            };
            parser = parser.min(time(|| plain(page, held)));
            gated = gated.min(time(|| {
                gate(page, &url, &mut || PIECE).expect("a page").len()
            }));
        }
        let ratio = gated.as_secs_f64() / parser.as_secs_f64();
        println!(
            "{name:<28}{:>12}{:>12}{ratio:>8.2}",
            parser.as_micros(),
            gated.as_micros()
        );
    }
}

fn time(work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}
