//! What browsers load for an element: which of its attributes are URLs, or contain some.

use super::namespaces::Namespace;

/// How an attribute names what it loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loads {
    /// A URL.
    Url,
    /// A URL, or a part of the document itself.
    Reference,
    /// The URL of a document of its own, which `data:` and `javascript:` bring along.
    Frame,
    /// The URL of a `<base>`.
    Base,
    /// The URL of a style sheet.
    Sheet,
    Srcset,
    /// URLs with white space between them.
    UrlList,
    /// URLs with `;` between them.
    Animation,
    Refresh,
    Css,
    /// A document.
    Srcdoc,
}

/// Attributes of SVG that are CSS: the presentation attributes in which a URL may be.
const PRESENTATION: [&str; 11] = [
    "clip-path",
    "cursor",
    "fill",
    "filter",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "mask-image",
    "stroke",
];

/// The elements that the parser has to report, beside those with an attribute of any element. All
/// inside of SVG and `MathML` are followed; those that load there are named as well, for markup of
/// which it is not certain where it is.
pub const SELECTOR: &str = "script, style, noscript, title, textarea, xmp, iframe, noembed, \
    noframes, plaintext, select, frameset, template, base, frame, img, image, source, video, audio, \
    track, embed, object, portal, fencedframe, model, input, link, meta, svg, svg *, math, math *, \
    use, feimage, set, animate, pattern, lineargradient, radialgradient, filter, textpath, mpath, \
    animatemotion, animatetransform, cursor, tref, glyphref, font-face-uri, [style], [background], [ping], \
    [attributionsrc], [data-consent], [clip-path], [cursor], [fill], [filter], [marker], \
    [marker-end], [marker-mid], [marker-start], [mask], [mask-image], [stroke], [xlink\\:href]";

/// The condition under which an attribute loads something at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum If {
    Always,
    /// `<input type=image>`
    ImageInput,
    /// `<link rel>` with one of the words that load.
    Link,
    /// `<meta http-equiv=refresh>`
    Refresh,
    /// `<set attributeName>` and the like.
    Animates,
}

/// Returns how this attribute of this element names what it loads. Without a namespace, the element
/// may be one of HTML or of SVG.
pub(crate) fn loads(
    namespace: Option<Namespace>,
    element: &str,
    attribute: &str,
) -> Option<(Loads, If)> {
    let always = |loads| Some((loads, If::Always));
    match (element, attribute) {
        (_, "style") => return always(Loads::Css),
        ("a" | "area", "ping") => return always(Loads::UrlList),
        ("a" | "area" | "img" | "script", "attributionsrc") => return always(Loads::UrlList),
        _ => {}
    }
    match namespace {
        None => html(element, attribute).or_else(|| svg(element, attribute)),
        Some(Namespace::Html) => html(element, attribute),
        Some(Namespace::Svg) => svg(element, attribute),
        Some(Namespace::MathMl) => None,
    }
}

fn html(element: &str, attribute: &str) -> Option<(Loads, If)> {
    let always = |loads| Some((loads, If::Always));
    match (element, attribute) {
        ("base", "href") => always(Loads::Base),
        ("iframe" | "frame" | "embed" | "portal" | "fencedframe" | "model", "src")
        | ("object", "data") => always(Loads::Frame),
        ("iframe", "srcdoc") => always(Loads::Srcdoc),
        ("script" | "img" | "image" | "source" | "video" | "audio" | "track", "src")
        | ("video", "poster")
        | (
            "body" | "table" | "col" | "colgroup" | "thead" | "tbody" | "tfoot" | "tr" | "td"
            | "th",
            "background",
        ) => always(Loads::Url),
        ("img" | "image" | "source", "srcset") => always(Loads::Srcset),
        ("input", "src") => Some((Loads::Url, If::ImageInput)),
        ("link", "href") => Some((Loads::Sheet, If::Link)),
        ("link", "imagesrcset") => Some((Loads::Srcset, If::Link)),
        ("meta", "content") => Some((Loads::Refresh, If::Refresh)),
        _ => None,
    }
}

fn svg(element: &str, attribute: &str) -> Option<(Loads, If)> {
    match (element, attribute) {
        // A link.
        ("a", "href" | "xlink:href") => None,
        (_, "href" | "xlink:href") => Some((Loads::Reference, If::Always)),
        ("set" | "animate", "to" | "from" | "by" | "values") => {
            Some((Loads::Animation, If::Animates))
        }
        (_, name) if PRESENTATION.contains(&name) => Some((Loads::Css, If::Always)),
        _ => None,
    }
}

/// Does a `<link>` with this `rel` load something, or prepare to? (Firefox prefetches `next`.)
pub(crate) fn link_loads(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|word| {
        [
            "stylesheet",
            "preload",
            "modulepreload",
            "prefetch",
            "prerender",
            "preconnect",
            "dns-prefetch",
            "icon",
            "apple-touch-icon",
            "apple-touch-icon-precomposed",
            "apple-touch-startup-image",
            "mask-icon",
            "fluid-icon",
            "image_src",
            "next",
            "manifest",
            "compression-dictionary",
            "import",
            "subresource",
            // Chrome fetches the description of a search (OpenSearch) from its own process, where no policy counts.
            "search",
        ]
        .iter()
        .any(|other| word.eq_ignore_ascii_case(other))
    })
}

/// Is a script with this type only data? (The HTML standard, "prepare the script element".)
pub(crate) fn is_data_block(kind: &str) -> bool {
    let kind = kind
        .trim_matches(|c: char| c.is_ascii_whitespace())
        .to_ascii_lowercase();
    // All types of JavaScript contain the word.
    !kind.is_empty() && !kind.contains("script") && kind != "module"
}

/// Does the parser switch to text at this HTML element?
pub(crate) fn contains_text(element: &str) -> bool {
    matches!(
        element,
        "script"
            | "style"
            | "noscript"
            | "title"
            | "textarea"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "plaintext"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every word in quotes here is tried as an element, and as an attribute.
    #[test]
    fn the_script_puts_back_every_attribute_that_is_renamed() {
        let source = include_str!("loads.rs");
        let (source, _) = source.split_once("#[cfg(test)]").unwrap();
        let words: BTreeSet<_> = source.split('"').skip(1).step_by(2).collect();
        let namespaces = [Some(Namespace::Html), Some(Namespace::Svg), None];
        let is_renamed = |attribute: &str| {
            let pairs = words
                .iter()
                .flat_map(|element| namespaces.map(|namespace| (namespace, element)));
            let loads =
                pairs.filter_map(|(namespace, element)| loads(namespace, element, attribute));
            let mut loads = loads.map(|(loads, _)| loads);
            // A document comes with the page anew.
            loads.any(|loads| !matches!(loads, Loads::Css | Loads::Base | Loads::Srcdoc))
        };
        let renamed = words.iter().copied().filter(|word| is_renamed(word));
        // Of scripts, and of frames with a placeholder.
        let renamed: BTreeSet<_> = renamed.chain(["type", "sandbox"]).collect();
        let script = include_str!("../pages/script.js");
        let (_, rest) = script.split_once("/^data-consent-(").unwrap();
        let (known, _) = rest.split_once(")$/").unwrap();
        assert_eq!(known.split('|').collect::<BTreeSet<_>>(), renamed);
    }
}
