//! Warnings about links that pages show, and that are not safe to follow.

use super::{About, Lint, LintWarningKind};
use crate::policy::{Controller, Text};

impl Lint<'_> {
    /// Finds an unsafe address.
    pub(super) fn link(&mut self, about: About<'_>, key: &'static str, url: Option<&str>) {
        if let Some(fault) = url.and_then(fault_of) {
            let message = format!("the {key} {fault}");
            self.warn(about, LintWarningKind::UnsafeLink, message);
        }
    }

    /// Finds unsafe addresses in a text.
    pub(super) fn links(&mut self, about: About<'_>, key: &'static str, text: &Text) {
        for fault in faults_in(text) {
            let message = format!("an address in the {key} {fault}");
            self.warn(about, LintWarningKind::UnsafeLink, message);
        }
    }

    /// Finds unsafe addresses in what the policy says of its controller.
    pub(super) fn controller(&mut self, controller: &Controller) {
        for (key, text) in controller.texts() {
            for fault in faults_in(text) {
                let message = format!("controller: an address in the {key} {fault}");
                self.warn_of_policy(LintWarningKind::UnsafeLink, message);
            }
        }
    }
}

fn faults_in(text: &Text) -> Vec<&'static str> {
    let texts = text.written().map(|(_, text)| text);
    let words =
        texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || "()<>\"'".contains(c)));
    let mut faults: Vec<_> = words
        .filter(|word| is_link(word))
        .filter_map(fault_of)
        .collect();
    faults.dedup();
    faults
}

/// The schemes that are links even without `//`.
const SCHEMES: [&str; 5] = ["javascript:", "data:", "vbscript:", "blob:", "file:"];

fn is_link(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.contains("://")
        || SCHEMES
            .iter()
            .any(|scheme| lower.starts_with(scheme) && lower.len() > scheme.len())
}

/// Returns what is unsafe about an address.
fn fault_of(url: &str) -> Option<&'static str> {
    let is_odd = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '\\' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if url.chars().any(is_odd) {
        return Some(
            "has blanks, backslashes or invisible characters, so that it may lead elsewhere than it seems: remove them",
        );
    }
    let scheme = url
        .split(['/', '?', '#'])
        .next()
        .and_then(|start| start.split_once(':'));
    match scheme
        .map(|(scheme, _)| scheme.to_ascii_lowercase())
        .as_deref()
    {
        Some("https" | "mailto" | "tel") => {}
        Some("http") => {
            return Some(
                "is not encrypted, so that others can read and change what it says: use https",
            );
        }
        Some(_) => {
            return Some(
                "runs or shows something instead of leading to a page: use an address that begins with https://",
            );
        }
        None if url.starts_with("//") => {
            return Some(
                "has no scheme, and is not encrypted on pages that are not: begin it with https:",
            );
        }
        None => {}
    }
    let authority = url.split_once("://").map(|(_, rest)| rest);
    let authority = authority.and_then(|rest| rest.split(['/', '?', '#']).next());
    authority
        .is_some_and(|authority| authority.contains('@'))
        .then_some(
            "has a user name before its host, so that it leads elsewhere than it seems: remove it",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_addresses_have_a_fault() {
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "http://p.example/",
            "https://p.example@evil.example/",
            "https://p.example\\@evil.example",
            "//p.example/",
            "https://p.example/\u{202e}x",
            "java\nscript:x",
            " https://p.example/",
            "ftp://p.example/",
            "blob:https://p.example/x",
        ] {
            assert!(fault_of(url).is_some(), "{url:?}");
        }
        for url in [
            "https://p.example/",
            "HTTPS://p.example/a?b=@c#d",
            "/privacy",
            "#privacy",
            "mailto:dpo@p.example",
            "https://p.example/@user",
            "privacy.html?x=1:2",
        ] {
            assert_eq!(fault_of(url), None, "{url:?}");
        }
        let text = Text::from("Write to dpo@p.example, or see (http://p.example/) or javascript:x");
        assert_eq!(faults_in(&text).len(), 2);
        assert!(faults_in(&Text::from("dpo@p.example; data: none; javascript: none")).is_empty());
    }
}
