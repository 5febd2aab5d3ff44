//! The gate for documents: in whatever pieces a document comes, the same goes out; another parser
//! finds no URL of another host where it would load; and without what was added, the document is the
//! original. With placeholders, banner and footer, the elements are the original's but for those that
//! were added.
//!
//! An input is two bytes for the sizes of the pieces, and a document.
#![no_main]

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use libfuzzer_sys::{Corpus, fuzz_target};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use tower_cookie_consent::documents_for_tests::{gate, gate_with_additions};
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
        loads_nothing(&parse(&out, scripting), &url, &out);
    }
    is_the_original(document, &out);
    let shown = gate_with_additions(document.as_bytes(), &url, &mut || usize::MAX);
    let pieces = gate_with_additions(document.as_bytes(), &url, &mut sizes);
    assert_eq!(text(&shown), text(&pieces), "in pieces of {one} and {two}");
    let shown = text(&shown).expect("it was gated before");
    for scripting in [true, false] {
        loads_nothing(&parse(&shown, scripting), &url, &shown);
    }
    has_the_originals_elements(document, &shown);
    Corpus::Keep
});

/// Documents with these words can't be compared: values that are written anew, and what is added.
const WRITTEN_ANEW: [&str; 11] = [
    "srcdoc",
    "style",
    "data-consent",
    "text/plain",
    "clip-path",
    "cursor",
    "fill",
    "filter",
    "marker",
    "mask",
    "stroke",
];

/// Compares the elements, without those that were added.
fn has_the_originals_elements(document: &str, shown: &str) {
    let lower = document.to_ascii_lowercase();
    // What would contain the forms if it does not end; and links and buttons that do not end where they
    // should, in which there can be no others.
    let others = [
        "<a",
        "<button",
        "<!",
        "<?",
        "</",
        "<math",
        "<nobr",
        "<noembed",
        "<noframes",
        "<noscript",
        "<option",
        "<plaintext",
        "<script",
        "<select",
        "<svg",
        "<template",
        "<textarea",
        "<title",
        "<xmp",
        "<frame",
        "\0",
    ];
    // End tags are well-formed in all that is compared.
    let ends = lower
        .replace("</p>", "")
        .replace("</div>", "")
        .replace("</video>", "");
    // A second tag of these gives the element what it lacks: a renamed attribute too.
    let is_merged = ["<body", "<html"]
        .iter()
        .any(|tag| ends.matches(tag).count() > 1);
    // These begin again in what is added behind the element in which they do not end.
    let is_formatted = [
        "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u",
    ]
    .iter()
    .any(|tag| {
        let start = format!("<{tag}");
        let mut rests = ends.split(&*start).skip(1);
        rests.any(|rest| rest.starts_with([' ', '\t', '\n', '\x0c', '\r', '/', '>']))
    });
    if is_merged
        || is_formatted
        || WRITTEN_ANEW
            .iter()
            .chain(&others)
            .any(|word| ends.contains(word))
    {
        return;
    }
    let (mut before, mut after) = (String::new(), String::new());
    outline(&parse(document, true), &mut before);
    outline(&parse(shown, true), &mut after);
    assert_eq!(before, after, "from {document:?}\nto {shown:?}");
}

/// Writes the elements and attributes as they were before the gate.
fn outline(node: &Handle, out: &mut String) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs.borrow();
        let value = |wanted: &str| {
            let found = attributes.iter().find(|it| &*it.name.local == wanted);
            found.map(|attribute| attribute.value.to_string())
        };
        if value("data-added").is_some() {
            return;
        }
        let added = value("data-consent-added").unwrap_or_default();
        let kept = attributes.iter().filter_map(|attribute| {
            let name = &*attribute.name.local;
            let is_added = added.split(' ').any(|it| it == name)
                || matches!(name, "data-consent" | "data-consent-added");
            let name = name.strip_prefix("data-consent-").unwrap_or(name);
            (!is_added).then(|| format!(" {name}={:?}", &*attribute.value))
        });
        let mut kept: Vec<_> = kept.collect();
        kept.sort();
        out.push_str(&format!("<{}{}>", name.local, kept.concat()));
        // What does not end may contain the forms.
        if &*name.local == "iframe" {
            return;
        }
    }
    for child in node.children.borrow().iter() {
        outline(child, out);
    }
    if let NodeData::Element { .. } = &node.data {
        out.push_str("</>");
    }
}

fn parse(document: &str, scripting_enabled: bool) -> Handle {
    let tree_builder = TreeBuilderOpts {
        scripting_enabled,
        ..TreeBuilderOpts::default()
    };
    let options = ParseOpts {
        tree_builder,
        ..ParseOpts::default()
    };
    parse_document(RcDom::default(), options)
        .one(document)
        .document
}

/// Attributes that load, by a plain reading of the HTML standard.
const LOADS: [(&str, &str); 18] = [
    ("audio", "src"),
    ("body", "background"),
    ("embed", "src"),
    ("frame", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("table", "background"),
    ("td", "background"),
    ("th", "background"),
    ("track", "src"),
    ("tr", "background"),
    ("video", "poster"),
    ("video", "src"),
    ("feImage", "href"),
    ("use", "href"),
];

fn loads_nothing(node: &Handle, url: &Url, out: &str) {
    if let NodeData::Element {
        name,
        attrs,
        template_contents,
        ..
    } = &node.data
    {
        let is_svg = name.ns.ends_with("svg");
        let attributes = attrs.borrow();
        let value = |wanted: &str| {
            let found = attributes
                .iter()
                .find(|attribute| &*attribute.name.local == wanted);
            found.map(|attribute| attribute.value.to_string())
        };
        // A script with another type is data.
        let inert = &*name.local == "script" && value("type").is_some_and(|kind| is_data(&kind));
        for (element, attribute) in LOADS {
            let is_namespace = is_svg == matches!(element, "feImage" | "use");
            if inert || &*name.local != element || !is_namespace || name.ns.ends_with("MathML") {
                continue;
            }
            let host = value(attribute).and_then(|value| url.join(&value).ok());
            let is_own = host.is_none_or(|other| {
                !matches!(other.scheme(), "http" | "https") || other.origin() == url.origin()
            });
            assert!(is_own, "<{element} {attribute}> in {out:?}");
        }
        if let Some(document) = value("srcdoc").filter(|_| &*name.local == "iframe" && !is_svg) {
            loads_nothing(&parse(&document, true), url, out);
        }
        if let Some(content) = template_contents.borrow().as_ref() {
            loads_nothing(content, url, out);
        }
    }
    for child in node.children.borrow().iter() {
        loads_nothing(child, url, out);
    }
}

fn is_data(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    !kind.is_empty() && !kind.contains("script") && kind != "module"
}

/// Takes away what was added. Values that are written anew, and documents that contain the same
/// words themselves, can't be compared like this.
fn is_the_original(document: &str, out: &str) {
    let lower = document.to_ascii_lowercase();
    if WRITTEN_ANEW.iter().any(|word| lower.contains(word)) {
        return;
    }
    let original = out
        .replace("data-consent-", "")
        .replace(" type=\"text/plain\"", "");
    assert_eq!(original, document);
}
