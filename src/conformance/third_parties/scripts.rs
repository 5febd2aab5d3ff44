//! Which scripts browsers run.

/// The subtypes of JavaScript (MIME Sniffing, "JavaScript MIME type"); the type is `text` or `application`.
const JAVASCRIPT: [&str; 4] = ["ecmascript", "javascript", "x-ecmascript", "x-javascript"];

/// Those that only `text` has.
const JAVASCRIPT_TEXT: [&str; 8] = [
    "javascript1.0",
    "javascript1.1",
    "javascript1.2",
    "javascript1.3",
    "javascript1.4",
    "javascript1.5",
    "jscript",
    "livescript",
];

/// Returns `true` for a script that browsers run: one without a type, a module, or one with a type of
/// JavaScript. Others, such as `javascript/blocked`, are data.
pub(in crate::conformance) fn runs(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    match kind.split_once('/') {
        Some(("text", subtype)) if JAVASCRIPT_TEXT.contains(&subtype) => true,
        Some(("text" | "application", subtype)) => JAVASCRIPT.contains(&subtype),
        Some(_) => false,
        None => matches!(&*kind, "" | "module" | "importmap"),
    }
}
