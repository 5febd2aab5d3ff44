//! Labels of requests: method and path, and a number if several share these.

use std::collections::BTreeMap;

/// Labels requests unambiguously within a plan or a capture, without their queries and bodies,
/// which contain values.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// The number of known and of labelled requests, by method and path.
    counts: BTreeMap<String, (usize, usize)>,
}

impl Labels {
    /// Registers a request: if a label occurs twice, both are numbered.
    pub(super) fn expect(&mut self, method: &str, path: &str) {
        self.counts.entry(bare(method, path)).or_default().0 += 1;
    }

    /// Returns the label of the next request with this method and path.
    pub(super) fn next(&mut self, method: &str, path: &str) -> String {
        let bare = bare(method, path);
        let (known, named) = self.counts.entry(bare.clone()).or_default();
        *named += 1;
        match *known > 1 || *named > 1 {
            true => format!("{bare} #{named}"),
            false => bare,
        }
    }
}

fn bare(method: &str, path: &str) -> String {
    format!("{method} {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_path_are_numbered() {
        let mut labels = Labels::default();
        for (method, path) in [("GET", "/"), ("POST", "/a"), ("POST", "/a")] {
            labels.expect(method, path);
        }
        let mut next = |method, path| labels.next(method, path);
        assert_eq!(next("GET", "/"), "GET /");
        assert_eq!(next("POST", "/a"), "POST /a #1");
        assert_eq!(next("POST", "/a"), "POST /a #2");
        // Found later, like links.
        assert_eq!(next("GET", "/"), "GET / #2");
        assert_eq!(next("GET", "/a"), "GET /a");
    }
}
