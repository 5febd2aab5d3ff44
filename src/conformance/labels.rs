//! What requests are called: by method and path, and by a number where several share these.

use std::collections::BTreeMap;

use http::Method;

/// Names requests so that none of a plan or of a capture is taken for another, without their
/// queries and bodies, which hold values.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// How many of one method and path are known, and how many were named.
    counts: BTreeMap<String, (usize, usize)>,
}

impl Labels {
    /// Makes one known: where a name comes twice, each of them is numbered.
    pub(super) fn expect(&mut self, method: &Method, path: &str) {
        self.counts.entry(bare(method, path)).or_default().0 += 1;
    }

    /// The name of the next request of this method and path.
    pub(super) fn next(&mut self, method: &Method, path: &str) -> String {
        let bare = bare(method, path);
        let (known, named) = self.counts.entry(bare.clone()).or_default();
        *named += 1;
        match *known > 1 || *named > 1 {
            true => format!("{bare} #{named}"),
            false => bare,
        }
    }
}

fn bare(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_path_are_numbered() {
        let mut labels = Labels::default();
        for (method, path) in [
            (Method::GET, "/"),
            (Method::POST, "/a"),
            (Method::POST, "/a"),
        ] {
            labels.expect(&method, path);
        }
        let mut next = |method, path| labels.next(&method, path);
        assert_eq!(next(Method::GET, "/"), "GET /");
        assert_eq!(next(Method::POST, "/a"), "POST /a #1");
        assert_eq!(next(Method::POST, "/a"), "POST /a #2");
        // Found later, as links are.
        assert_eq!(next(Method::GET, "/"), "GET / #2");
        assert_eq!(next(Method::GET, "/a"), "GET /a");
    }
}
