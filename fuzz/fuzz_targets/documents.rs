//! The gate for documents: in whatever pieces a document comes, the same goes out; another parser
//! finds no URL of another host where it would load; and without what was added, the document is the
//! original. With placeholders, banner and footer, the elements are the original's but for those that
//! were added.
//!
//! An input is two bytes for the sizes of the pieces, and a document.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::documents_for_tests::{gate, gate_with_additions};
use tower_cookie_consent_fuzz::documents::{
    has_the_originals_elements, is_the_original, loads_nothing, parse,
};
use url::Url;

fuzz_target!(|data: &[u8]| -> Corpus {
    let [one, two, document @ ..] = data else {
        return Corpus::Reject;
    };
    let Ok(document) = std::str::from_utf8(document) else {
        return Corpus::Reject;
    };
    let url = Url::parse("https://own.example/dir/page").expect("a URL");
    let whole = gate(document.as_bytes(), &url, &mut || usize::MAX);
    let mut turn = false;
    let mut sizes = || {
        turn = !turn;
        usize::from(if turn { *one } else { *two } % 16) + 1
    };
    let pieces = gate(document.as_bytes(), &url, &mut sizes);
    let text = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    assert_eq!(text(&whole), text(&pieces), "in pieces of {one} and {two}");
    let Some(out) = text(&whole) else {
        return Corpus::Keep;
    };
    for scripting in [true, false] {
        loads_nothing(&parse(&out, scripting), &url, &out, false);
    }
    is_the_original(document, &out);
    let shown = gate_with_additions(document.as_bytes(), &url, &mut || usize::MAX);
    let pieces = gate_with_additions(document.as_bytes(), &url, &mut sizes);
    assert_eq!(text(&shown), text(&pieces), "in pieces of {one} and {two}");
    let shown = text(&shown).expect("it was gated before");
    for scripting in [true, false] {
        loads_nothing(&parse(&shown, scripting), &url, &shown, true);
    }
    has_the_originals_elements(document, &shown);
    Corpus::Keep
});
