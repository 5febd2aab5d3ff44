//! The document that went in, in what came out.

use markup5ever_rcdom::{Handle, NodeData};

use super::parse;

/// Documents with these words can't be compared: they are what is added.
const ADDED: [&str; 2] = ["data-consent", "text/plain"];

/// Values that are written anew: attributes with these names, or those that begin so.
const WRITTEN_ANEW: [&str; 9] = [
    "srcdoc",
    "style",
    "clip-path",
    "cursor",
    "fill",
    "filter",
    "marker",
    "mask",
    "stroke",
];

fn has_any(lower: &str, words: &[&str]) -> bool {
    words.iter().any(|word| lower.contains(word))
}

/// Compares the elements, without those that were added.
pub fn has_the_originals_elements(document: &str, shown: &str) {
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
    if is_merged || is_formatted || is_other || has_any(&lower, &ADDED) {
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
                || matches!(name, "data-consent" | "data-consent-added")
                || name == "type" && &*attribute.value == "text/plain";
            let name = name.strip_prefix("data-consent-").unwrap_or(name);
            // Under its own name it is in a namespace.
            let name = name.strip_prefix("xlink:").unwrap_or(name);
            let is_anew = WRITTEN_ANEW.iter().any(|it| name.starts_with(it));
            let value = if is_anew { "" } else { &*attribute.value };
            (!is_added).then(|| format!(" {name}={value:?}"))
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

/// Takes away what was added. Where values may be written anew, the elements and all other values are compared;
/// documents that contain the same words themselves can't be.
pub fn is_the_original(document: &str, out: &str) {
    let lower = document.to_ascii_lowercase();
    if has_any(&lower, &ADDED) {
        return;
    }
    if has_any(&lower, &WRITTEN_ANEW) {
        let (mut before, mut after) = (String::new(), String::new());
        outline(&parse(document, true), &mut before);
        outline(&parse(out, true), &mut after);
        assert_eq!(before, after, "from {document:?}\nto {out:?}");
        return;
    }
    let original = out
        .replace("data-consent-", "")
        .replace(" type=\"text/plain\"", "");
    assert_eq!(original, document);
}
