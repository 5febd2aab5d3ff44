//! Compares what two visitors get who differ in their choice alone: what is in each response to one of them, and in
//! none to the other, depends on the choice. Tokens, times and counters do not.

use std::collections::HashSet;

use http::{
    HeaderMap, StatusCode,
    header::{LINK, LOCATION},
};

type Words = HashSet<Vec<u8>>;

/// The words that all responses to one visitor have, and those that some has.
#[derive(Debug, Default)]
struct Side {
    always: Option<Words>,
    ever: Words,
}

impl Side {
    fn add(&mut self, words: Words) {
        self.ever.extend(words.iter().cloned());
        self.always = Some(match self.always.take() {
            Some(mut always) => {
                always.retain(|word| words.contains(word));
                always
            }
            None => words,
        });
    }

    /// Returns `true` if each response has a word that the other visitor never got.
    fn differs_from(&self, other: &Self) -> bool {
        let mut always = self.always.iter().flatten();
        always.any(|word| !other.ever.contains(word))
    }
}

/// The responses to the same request of two visitors.
#[derive(Debug, Default)]
pub(in crate::conformance) struct Contrast {
    one: Side,
    other: Side,
}

/// One response, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::conformance) struct Content<'a> {
    pub(in crate::conformance) status: StatusCode,
    pub(in crate::conformance) headers: &'a HeaderMap,
    pub(in crate::conformance) body: &'a [u8],
}

impl Contrast {
    /// Adds a response to each visitor. Returns `true` if something still sets them apart.
    pub(in crate::conformance) fn add(&mut self, one: Content<'_>, other: Content<'_>) -> bool {
        self.one.add(words(one));
        self.other.add(words(other));
        self.one.differs_from(&self.other) || self.other.differs_from(&self.one)
    }
}

fn words(content: Content<'_>) -> Words {
    let mut words = Words::new();
    words.insert(format!("status {}", content.status.as_u16()).into_bytes());
    if let Some(location) = content.headers.get(LOCATION) {
        words.insert([b"location ", location.as_bytes()].concat());
    }
    for link in content.headers.get_all(LINK) {
        words.insert([b"link ", link.as_bytes()].concat());
    }
    let long = content
        .body
        .split(|byte| byte.is_ascii_whitespace() || b"<>".contains(byte));
    // JSON and scripts have no blanks, and a token beside the choice would hide it.
    let short = content.body.split(|byte| !byte.is_ascii_alphanumeric());
    words.extend(long.chain(short).map(<[u8]>::to_vec));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(pairs: &[(&str, &str)]) -> bool {
        let mut contrast = Contrast::default();
        let headers = HeaderMap::new();
        let content = |body: &'static str| body.as_bytes();
        let mut left = true;
        for (one, other) in pairs {
            let of = |body: &str| content(body.to_owned().leak());
            let [one, other] = [of(one), of(other)].map(|body| Content {
                status: StatusCode::OK,
                headers: &headers,
                body,
            });
            left = contrast.add(one, other);
        }
        left
    }

    #[test]
    fn only_what_follows_the_choice_counts() {
        assert!(differ(&[
            ("<p>a<iframe>", "<p>a"),
            ("<p>a<iframe>", "<p>a")
        ]));
        assert!(differ(&[
            (r#"{"t":1,"ads":true}"#, r#"{"t":2,"ads":false}"#),
            (r#"{"t":3,"ads":true}"#, r#"{"t":4,"ads":false}"#),
        ]));
        assert!(!differ(&[("<p>a", "<p>a")]));
        assert!(!differ(&[("t1 x", "t2 x"), ("t3 x", "t4 x")]));
        assert!(!differ(&[("red", "blue"), ("blue", "red")]));
    }
}
