//! Warnings about links that pages show, and that are not safe to follow.

use super::{About, Lint, LintWarningKind, texts::is_blank};
use crate::policy::Text;

impl Lint<'_> {
    /// Finds an unsafe address, or one that is empty.
    pub(super) fn link(&mut self, about: About<'_>, key: &'static str, url: Option<&str>) {
        let Some(url) = url else {
            return;
        };
        if is_blank(url) {
            let message = format!(
                "the {key} is empty, so that its link leads to the page that it is on: write it, or leave it out"
            );
            self.warn(about, LintWarningKind::EmptyText, message);
        } else if let Some(fault) = fault_of(url).or_else(|| fault_without_scheme(url)) {
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
    pub(super) fn links_of_the_controller(&mut self, key: &str, text: &Text) {
        for fault in faults_in(text) {
            let message = format!("controller: an address in the {key} {fault}");
            self.warn_of_policy(LintWarningKind::UnsafeLink, message);
        }
    }
}

fn faults_in(text: &Text) -> Vec<&'static str> {
    let texts = text.written().map(|(_, text)| text);
    let words =
        texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || "()<>\"'".contains(c)));
    let mut faults: Vec<_> = words.filter_map(link_in).filter_map(fault_of).collect();
    faults.dedup();
    faults
}

/// The schemes that are links even without `//`.
const SCHEMES: [&str; 5] = ["javascript:", "data:", "vbscript:", "blob:", "file:"];

/// Returns the address of a word.
fn link_in(word: &str) -> Option<&str> {
    // Some stand in quotes or brackets.
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '#'));
    let word = word.trim_end_matches(['.', ',', ';', '!', '”', '»', '“', ']']);
    let lower = word.to_lowercase();
    let is_link = lower.contains("://")
        || SCHEMES
            .iter()
            .any(|scheme| lower.starts_with(scheme) && lower.len() > scheme.len());
    is_link.then_some(word)
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
        Some("https") => fault_of_host(url),
        Some("mailto" | "tel") => None,
        Some("http") => {
            Some("is not encrypted, so that others can read and change what it says: use https")
        }
        Some(_) => Some(
            "runs or shows something instead of leading to a page: use an address that begins with https://",
        ),
        None if url.starts_with("//") => {
            Some("has no scheme, and is not encrypted on pages that are not: begin it with https:")
        }
        None => None,
    }
}

/// Returns what is wrong with the host of an address of the scheme `https`.
fn fault_of_host(url: &str) -> Option<&'static str> {
    let rest = url.split_once("://").map(|(_, rest)| rest);
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let Some(authority) = authority.filter(|authority| !authority.is_empty()) else {
        return Some("has no host: write it as https://host/path");
    };
    if authority.contains('@') {
        return Some(
            "has a user name before its host, so that it leads elsewhere than it seems: remove it",
        );
    }
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host?.trim_end_matches('.').to_lowercase();
    if is_local(&host) {
        return Some(
            "leads to a machine that visitors can't reach: use the address of the public page",
        );
    }
    is_disguised(&host).then_some(
        "has a host of mixed scripts or escapes, so that it may lead elsewhere than it seems: check it",
    )
}

/// Returns `true` for a host of the machine itself or of a private network.
fn is_local(host: &str) -> bool {
    use std::net::{Ipv4Addr, Ipv6Addr};

    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_loopback()
            || address.is_private()
            || address.is_link_local()
            || address.is_unspecified();
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return address.is_loopback()
            || address.is_unspecified()
            || address.is_unique_local()
            || address.is_unicast_link_local();
    }
    let end = host.rsplit('.').next();
    host == "localhost"
        || matches!(
            end,
            Some("localhost" | "local" | "internal" | "invalid" | "lan")
        )
}

/// Returns `true` for a host with escapes, or with a label of Latin and other letters that look alike.
fn is_disguised(host: &str) -> bool {
    let is_alike = |c: char| matches!(c, '\u{370}'..='\u{52f}');
    let mixes =
        |label: &str| label.chars().any(is_alike) && label.chars().any(|c| c.is_ascii_alphabetic());
    host.contains('%') || host.split('.').any(mixes)
}

/// The ends of files: what has one is a path.
const FILES: [&str; 11] = [
    "html", "htm", "xhtml", "php", "pdf", "asp", "aspx", "jsp", "txt", "md", "do",
];

/// Returns what is wrong with a whole address that has no scheme.
fn fault_without_scheme(url: &str) -> Option<&'static str> {
    if url == "#" {
        return Some("leads nowhere: write the address, or leave it out");
    }
    let start = url.split(['/', '?', '#']).next()?;
    let (name, end) = start.rsplit_once('.')?;
    let is_host = !name.is_empty()
        && !start.contains(':')
        && end.len() > 1
        && end.chars().all(|c| c.is_ascii_alphabetic())
        && !FILES.contains(&&*end.to_ascii_lowercase());
    is_host.then_some(
        "has no scheme, so that browsers look for it on the site itself: begin it with https://",
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
            "https://localhost/privacy",
            "https://localhost:8080",
            "https://127.0.0.1/",
            "https://192.168.0.7/privacy",
            "https://[::1]/",
            "https://nas.local/",
            "https://",
            "https:///privacy",
            "https:privacy",
            "https://p%2eexample/",
            "https://g\u{43e}\u{43e}gle.com/",
        ] {
            assert!(fault_of(url).is_some(), "{url:?}");
        }
    }

    #[test]
    fn safe_addresses_have_none() {
        for url in [
            "https://p.example/",
            "HTTPS://p.example/a?b=@c#d",
            "/privacy",
            "#privacy",
            "mailto:dpo@p.example",
            "https://p.example/@user",
            "privacy.html?x=1:2",
            "https://p.example:8443/",
            "https://203.0.113.7/",
            "https://bücher.example/",
            "https://пример.example/",
            "https://localhost.example/",
            "../privacy",
            "./privacy.v2",
            "privacy",
        ] {
            assert_eq!(fault_of(url), None, "{url:?}");
            assert_eq!(fault_without_scheme(url), None, "{url:?}");
        }
        for url in [
            "#",
            "www.p.example/privacy",
            "p.example",
            "policies.p.example?x",
        ] {
            assert!(fault_without_scheme(url).is_some(), "{url:?}");
        }
        let text = Text::from("Write to dpo@p.example, or see (http://p.example/) or javascript:x");
        assert_eq!(faults_in(&text).len(), 2);
        for text in ["See «javascript:alert(1)»", "[p](https://localhost/x)."] {
            assert_eq!(faults_in(&Text::from(text)).len(), 1, "{text}");
        }
        assert!(faults_in(&Text::from("See https://p.example/x.")).is_empty());
        assert!(faults_in(&Text::from("dpo@p.example; data: none; javascript: none")).is_empty());
    }
}
