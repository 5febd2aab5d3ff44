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

fn is_written_anew(lower: &str) -> bool {
    WRITTEN_ANEW.iter().any(|word| lower.contains(word))
}

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
    let mut ends = lower.clone();
    for well_formed in [
        "p", "div", "video", "audio", "span", "section", "h2", "ul", "li",
    ] {
        ends = ends.replace(&format!("</{well_formed}>"), "");
    }
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
    let is_other = others.iter().any(|word| ends.contains(word));
    if is_merged || is_formatted || is_other || is_written_anew(&lower) {
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
const LOADS: [(&str, &str); 16] = [
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
];

/// Elements of SVG whose `href` or `xlink:href` loads.
const SVG_LOADS: [&str; 4] = ["feImage", "image", "script", "use"];

/// Relations of a `<link>` that load.
const RELATIONS: [&str; 8] = [
    "dns-prefetch",
    "icon",
    "manifest",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
    "stylesheet",
];

/// Checks a document, whose addresses are relative to its URL, or to its first `<base>` from there on.
/// What was added is left out: its writer here does not know of bases.
fn loads_nothing(document: &Handle, url: &Url, out: &str, has_additions: bool) {
    Page::new(url, url, out, has_additions).node(document, true);
}

struct Page<'a> {
    /// Of the outermost document.
    url: &'a Url,
    /// What the document's addresses are relative to, without a base of its own.
    fallback: Url,
    /// The first base.
    base: Option<Url>,
    out: &'a str,
    has_additions: bool,
}

impl<'a> Page<'a> {
    fn new(url: &'a Url, fallback: &Url, out: &'a str, has_additions: bool) -> Self {
        Self {
            url,
            fallback: fallback.clone(),
            base: None,
            out,
            has_additions,
        }
    }

    fn base(&self) -> &Url {
        self.base.as_ref().unwrap_or(&self.fallback)
    }

    fn is_own(&self, address: &str) -> bool {
        self.base().join(address).map_or(true, |other| {
            !matches!(other.scheme(), "http" | "https") || other.origin() == self.url.origin()
        })
    }

    fn all_own(&self, place: &str, addresses: &[String]) {
        for address in addresses {
            let out = self.out;
            assert!(self.is_own(address), "{address:?} of <{place}> in {out:?}");
        }
    }

    /// `counts` outside of templates, where a `<base>` has a meaning.
    fn node(&mut self, node: &Handle, counts: bool) {
        let mut inner = None;
        if let NodeData::Element {
            name,
            attrs,
            template_contents,
            ..
        } = &node.data
        {
            let element = &*name.local;
            let attributes: Vec<(String, String)> = attrs
                .borrow()
                .iter()
                .map(|it| (it.name.local.to_string(), it.value.to_string()))
                .collect();
            let is_added =
                self.has_additions && attributes.iter().any(|(name, _)| name == "data-added");
            match &*name.ns {
                _ if is_added => {}
                ns if ns.ends_with("svg") => self.svg(element, &attributes),
                ns if ns.ends_with("MathML") => {}
                _ => self.html(element, &attributes),
            }
            let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted);
            if let Some((_, style)) = value("style") {
                self.all_own("style", &of_css(style));
            }
            if element == "style" && !name.ns.ends_with("MathML") {
                self.all_own("style", &of_css(&text_of(node)));
            }
            let href = value("href").filter(|_| element == "base" && name.ns.ends_with("xhtml"));
            if let Some((_, href)) = href.filter(|_| counts && self.base.is_none()) {
                // The first one counts, also if it is none that can be used.
                let base = self.fallback.join(href).ok();
                let base = base.filter(|it| !matches!(it.scheme(), "data" | "javascript"));
                self.base = Some(base.unwrap_or_else(|| self.fallback.clone()));
            }
            inner.clone_from(&template_contents.borrow());
        }
        if let Some(content) = inner {
            self.node(&content, false);
        }
        for child in node.children.borrow().iter() {
            self.node(child, counts);
        }
    }

    fn html(&self, element: &str, attributes: &[(String, String)]) {
        let value = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| &**value)
        };
        let is = |name: &str, wanted: &str| {
            value(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        // A script with another type is data.
        let inert = element == "script" && value("type").is_some_and(is_data);
        for (loading, attribute) in LOADS {
            if loading == element && !inert {
                let address = value(attribute).map(str::to_owned);
                self.all_own(element, address.as_slice());
            }
        }
        let list = |name: &str| -> Vec<String> {
            let all = value(name).unwrap_or_default();
            all.split_ascii_whitespace().map(str::to_owned).collect()
        };
        let addresses = match element {
            "img" | "source" => value("srcset").map(of_srcset).unwrap_or_default(),
            "input" if is("type", "image") => value("src").map(str::to_owned).into_iter().collect(),
            "a" | "area" => list("ping"),
            "link"
                if list("rel").iter().any(|rel| {
                    RELATIONS
                        .iter()
                        .any(|known| rel.eq_ignore_ascii_case(known))
                }) =>
            {
                let href = value("href").map(str::to_owned).into_iter();
                let images = value("imagesrcset").map(of_srcset).unwrap_or_default();
                href.chain(images).collect()
            }
            "meta" if is("http-equiv", "refresh") => {
                value("content").and_then(of_refresh).into_iter().collect()
            }
            _ => Vec::new(),
        };
        self.all_own(element, &addresses);
        if let Some(document) = value("srcdoc").filter(|_| element == "iframe") {
            let mut page = Page::new(self.url, self.base(), self.out, self.has_additions);
            page.node(&parse(document, true), true);
        }
    }

    fn svg(&self, element: &str, attributes: &[(String, String)]) {
        let kind = attributes.iter().find(|(name, _)| name == "type");
        let inert = element == "script" && kind.is_some_and(|(_, kind)| is_data(kind));
        for (name, value) in attributes {
            match &**name {
                // A part of the document itself, whatever the base is.
                "href" if value.starts_with('#') => {}
                "href" if SVG_LOADS.contains(&element) && !inert => {
                    self.all_own(element, std::slice::from_ref(value));
                }
                "clip-path" | "cursor" | "fill" | "filter" | "mask" | "stroke" => {
                    self.all_own(element, &of_css(value));
                }
                _ => {}
            }
        }
    }
}

fn text_of(node: &Handle) -> String {
    let mut text = String::new();
    for child in node.children.borrow().iter() {
        if let NodeData::Text { contents } = &child.data {
            text.push_str(&contents.borrow());
        }
    }
    text
}

/// The addresses of plain `url(…)`. What has strings, escapes, comments or blocks that do not match is for
/// the tests of the gate: parsers differ, or it takes one to tell.
fn of_css(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    // A namespace is a name, and nothing loads it.
    let is_plain = !lower.contains("@namespace")
        && !text.contains(['"', '\'', '\\', '\0', '[', ']'])
        && !text.contains("/*");
    if !is_plain || text.contains("<!") || text.contains("-->") {
        return Vec::new();
    }
    let mut addresses = Vec::new();
    let mut from = 0;
    while let Some(at) = lower[from..].find("url(").map(|at| from + at) {
        let starts = lower[..at].chars().next_back();
        from = at + "url(".len();
        if starts.is_some_and(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_".contains(c)) {
            continue;
        }
        let Some(end) = lower[from..].find(')').map(|end| from + end) else {
            break;
        };
        let address = text[from..end].trim_ascii();
        // A part of the document itself, whatever the base is.
        let is_local = address.starts_with('#');
        if !is_local && !address.contains(|c: char| c <= ' ' || c == '(' || c == '\u{7f}') {
            addresses.push(address.to_owned());
        }
        from = end + 1;
    }
    addresses
}

/// The HTML standard, "parsing a srcset attribute", without its descriptors.
fn of_srcset(text: &str) -> Vec<String> {
    let mut addresses = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return addresses;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        addresses.push(address.trim_end_matches(',').to_owned());
        rest = after;
        if !address.ends_with(',') {
            let mut depth = 0;
            let end = rest.find(|c: char| match c {
                '(' => {
                    depth = 1;
                    false
                }
                ')' => {
                    depth = 0;
                    false
                }
                c => c == ',' && depth == 0,
            });
            rest = &rest[end.unwrap_or(rest.len())..];
        }
    }
}

/// The address of a refresh in its usual form: digits, `;`, `url=`.
fn of_refresh(content: &str) -> Option<String> {
    let (time, rest) = content.split_once(';')?;
    let is_time = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let is_url = rest
        .get(..4)
        .is_some_and(|it| it.eq_ignore_ascii_case("url="));
    let address = rest.get(4..)?;
    let is_quoted = address.starts_with(|c: char| c.is_ascii_whitespace() || "'\"".contains(c));
    (is_time && is_url && !is_quoted).then(|| address.to_owned())
}

fn is_data(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    !kind.is_empty() && !kind.contains("script") && kind != "module"
}

/// Takes away what was added. Values that are written anew, and documents that contain the same
/// words themselves, can't be compared like this.
fn is_the_original(document: &str, out: &str) {
    let lower = document.to_ascii_lowercase();
    if is_written_anew(&lower) {
        return;
    }
    let original = out
        .replace("data-consent-", "")
        .replace(" type=\"text/plain\"", "");
    assert_eq!(original, document);
}
