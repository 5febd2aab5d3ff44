//! URLs as a browser resolves them: against the document's URL, or the first `<base href>`.

use url::Url;

use super::{
    judge::{Held, Judge, Judgement, Place},
    origin::Located,
};

/// A document in which more than this many elements may be the first base is not tried further.
const MAX_BASES: usize = 8;

/// The URLs against which the document's URLs are resolved.
#[derive(Clone, Debug)]
pub(crate) struct Bases {
    document: Url,
    /// Nobody said the scheme of the document.
    is_guessed: bool,
    /// Usually one. Several where a parser without a tree can't tell which `<base>` counts (one in
    /// a template does not): then a URL loads only if it does against each of them.
    in_force: Vec<Url>,
    /// Is the first `<base href>` known?
    settled: bool,
    /// Was there a first base that may not count?
    doubtful: bool,
    /// Did a relative URL pass, which a later `<base>` would send elsewhere where the browser
    /// resolves it late (`ping`, `loading=lazy`)?
    relative_passed: bool,
}

impl Bases {
    pub(crate) fn new(address: Located) -> Self {
        Self {
            in_force: vec![address.url.clone()],
            document: address.url,
            is_guessed: address.is_guessed,
            settled: false,
            doubtful: false,
            relative_passed: false,
        }
    }

    /// Returns the same bases for a document inside this one (`srcdoc`, `noscript`), which has no
    /// first base of its own yet.
    pub(crate) fn inner(&self) -> Self {
        Self {
            settled: false,
            doubtful: false,
            relative_passed: false,
            ..self.clone()
        }
    }

    /// Takes note of the bases of a document inside this one that may be a part of it (`noscript`).
    pub(crate) fn join(&mut self, inner: &Self) {
        for url in &inner.in_force {
            if !self.in_force.contains(url) && self.in_force.len() < MAX_BASES {
                self.in_force.push(url.clone());
            }
        }
    }

    /// Takes note of a `<base href>` and returns its judgement: held where it points to a third
    /// party after relative URLs have passed.
    pub(crate) fn base(&mut self, href: &str, sure: bool, judge: &dyn Judge) -> Judgement {
        if self.settled {
            return Judgement::Loads;
        }
        // The HTML standard, "set the frozen base URL", lets such a first base count for nothing;
        // browsers that scan ahead take the next one then (`tests/data/url_spellings.jsonl`).
        let usable = self.document.join(href).ok().filter(has_host);
        let Some(url) = usable else {
            self.doubtful = true;
            return Judgement::Loads;
        };
        let judgement = judge.url(&url);
        if judgement.is_held() && self.relative_passed {
            judge.held(&Held {
                place: Place {
                    element: "base",
                    attribute: "href",
                },
                url: Some(&url),
                judgement,
            });
            return judgement;
        }
        if sure && !self.doubtful && self.in_force.len() == 1 {
            self.settled = true;
            self.in_force = vec![url];
        } else if self.in_force.len() < MAX_BASES {
            self.in_force.push(url);
        } else {
            // Nothing relative is certain any more: held.
            self.settled = true;
            return Judgement::FOR_GOOD;
        }
        Judgement::Loads
    }

    /// Judges the URL that `text` is for a browser, and reports it if it is held back. What has no
    /// host loads nothing from elsewhere.
    pub(crate) fn judge(&mut self, text: &str, judge: &dyn Judge, place: Place<'_>) -> Judgement {
        let mut result = Judgement::Loads;
        let relative = self.in_force.iter().map(|base| base.join(text).ok());
        let absolute = match self.is_guessed && lacks_slashes(text) {
            true => Url::parse(text).ok().map(Some),
            false => None,
        };
        for url in relative.chain(absolute) {
            let judgement = match &url {
                Some(url) if has_host(url) => judge.url(url),
                Some(_) => Judgement::Loads,
                // Not a URL for the standard, but browsers accept hosts that it does not.
                None => Judgement::FOR_GOOD,
            };
            if judgement.is_held() {
                judge.held(&Held {
                    place,
                    url: url.as_ref(),
                    judgement,
                });
            }
            result = result.and(judgement);
        }
        if !result.is_held() && !self.relative_passed {
            self.relative_passed = Url::parse(text).is_err();
        }
        result
    }

    /// Returns the URL that `text` is for a browser, as far as it is known.
    pub(crate) fn resolve(&self, text: &str) -> Option<Url> {
        self.in_force.first()?.join(text).ok().filter(has_host)
    }

    /// Returns the URL that `text` is by the first base.
    pub(crate) fn absolute(&self, text: &str) -> Option<Url> {
        self.in_force.first()?.join(text).ok()
    }

    /// Returns the document's own URL if there is another base for its links.
    pub(crate) fn elsewhere(&self) -> Option<&Url> {
        (self.in_force.first() != Some(&self.document)).then_some(&self.document)
    }
}

/// Is this an address like `https:host`, without two slashes after the scheme? It is relative to a
/// document of the same scheme, and absolute for any other (the URL standard, "scheme state").
fn lacks_slashes(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c <= ' ');
    let is_http = start
        .bytes()
        .next()
        .is_some_and(|byte| matches!(byte | 0x20, b'h' | b'w' | b'f'));
    let Some((_, rest)) = start.split_once(':').filter(|_| is_http) else {
        return false;
    };
    let mut rest = rest.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r'));
    let mut next_is_slash = || matches!(rest.next(), Some('/' | '\\'));
    !(next_is_slash() && next_is_slash())
}

/// Schemes that send a request to a host. The others load nothing (`mailto:`), or nothing from
/// elsewhere (`data:`, `blob:`).
fn has_host(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{super::cases::Hosts, Bases, Located, Place};

    #[test]
    fn addresses_without_slashes_are_read_both_ways() {
        let place = Place {
            element: "img",
            attribute: "src",
        };
        let url: Url = "https://own.example/dir/page".parse().expect("a URL");
        for (text, is_held) in [
            ("https:other.example/x", true),
            ("HTTPS:/other.example/x", true),
            (" h\nttps:\t/\nother.example/x", true),
            ("https:own.example/x", false),
            ("https:?x", false),
            ("x:y", false),
            ("//own.example/x", false),
            ("https://own.example/x", false),
        ] {
            let held = |address| {
                let mut bases = Bases::new(address);
                bases.judge(text, &Hosts::default(), place).is_held()
            };
            let is_guessed = true;
            let url = url.clone();
            assert_eq!(held(Located { url, is_guessed }), is_held, "{text}");
        }
        let mut known = Bases::new(url.into());
        assert!(
            !known
                .judge("https:other.example/x", &Hosts::default(), place)
                .is_held()
        );
    }
}
