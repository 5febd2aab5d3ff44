use std::fmt;

use super::mask::first_generated;

/// The longest part of a name that is shown.
const MOST_BYTES: usize = 64;

/// A cookie's name in a form that may be shown: escaped, cut at 64 bytes, and with a `*` in place
/// of everything from the first part that looks generated, since that may be a visitor's number or
/// address: `cart_*` for `cart_4f2a9c81d0e3_items`. The result is the pattern that would declare
/// it.
///
/// These look generated: eight hexadecimal digits that include a decimal one, six decimal digits,
/// e-mail and IP addresses with anything that may belong to them, and words that mix letters and
/// digits, or small and capital letters, as tokens do. This is a heuristic: four digits could be
/// somebody's number, too.
///
/// The name of a declaration is shown in full, because the site chose it.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::observe::Event;
///
/// let names = Arc::new(Mutex::new(Vec::new()));
/// let seen = Arc::clone(&names);
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(move |event: &Event<'_>| {
///     if let Some(name) = event.name() {
///         seen.lock().unwrap().push(name.to_string()); // "SESS*" for SESS49960de5880e8c68
///         if name.is_masked() || name.is_cut() {
///             println!("{name} is not the whole name");
///         }
///     }
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShownName<'a> {
    shown: &'a [u8],
    end: End,
}

/// The mark that replaces the rest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Whole,
    Generated,
    Cut,
}

impl<'a> ShownName<'a> {
    /// Creates a name received from the wire.
    pub(crate) fn new(name: &'a [u8]) -> Self {
        let Some(generated) = first_generated(name, 0) else {
            return Self::whole(name);
        };
        let stem = Self::whole(name.get(..generated.start).unwrap_or_default());
        match stem.end {
            End::Cut => stem,
            _ => Self {
                end: End::Generated,
                ..stem
            },
        }
    }

    /// Creates a name that the site itself declares.
    pub(crate) fn whole(name: &'a [u8]) -> Self {
        match name.get(..MOST_BYTES) {
            Some(shown) if shown.len() < name.len() => Self {
                shown,
                end: End::Cut,
            },
            _ => Self {
                shown: name,
                end: End::Whole,
            },
        }
    }

    /// Returns `true` if its end was masked, from the part that looks generated.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.end == End::Generated
    }

    /// Returns `true` if it was too long to be shown in full.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.end == End::Cut
    }
}

impl fmt::Display for ShownName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.shown {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                // Otherwise it would look like the mark of a masked end, and like a pattern.
                b'*' => f.write_str("\\x2a")?,
                b'!'..=b'~' => write!(f, "{}", char::from(*byte))?,
                other => write!(f, "\\x{other:02x}")?,
            }
        }
        f.write_str(match self.end {
            End::Whole => "",
            End::Generated => "*",
            End::Cut => "…",
        })
    }
}

impl fmt::Debug for ShownName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_escaped_and_cut() {
        assert_eq!(ShownName::new(b"_ga").to_string(), "_ga");
        assert_eq!(ShownName::new(b"it's").to_string(), "it's");
        assert_eq!(ShownName::new(b"a\x1b[2Jb").to_string(), r"a\x1b[2Jb");
        assert_eq!(ShownName::new(b"a\"\xff").to_string(), r#"a\"\xff"#);
        assert_eq!(ShownName::new(b"a*").to_string(), r"a\x2a");
        let long = format!("{}1234567890-and-more", "id-".repeat(22));
        let shown = ShownName::new(long.as_bytes()).to_string();
        assert_eq!(shown, format!("{}i…", "id-".repeat(21)));
        let accents = ShownName::new("\u{e9}".repeat(40).as_bytes()).to_string();
        assert_eq!(accents, format!("{}…", r"\xc3\xa9".repeat(32)));
        assert_eq!(
            ShownName::new(&[b'x'; 65]).to_string(),
            format!("{}…", "x".repeat(64))
        );
        assert_eq!(ShownName::new(&[b'x'; 64]).to_string(), "x".repeat(64));
    }

    #[test]
    fn names_are_shown_up_to_what_looks_generated() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/masks.json")).unwrap();
        let cases = cases["names"].as_object().unwrap();
        assert!(cases.len() > 50);
        for (name, expected) in cases {
            let shown = ShownName::new(name.as_bytes());
            assert_eq!(shown.to_string(), expected.as_str().unwrap(), "{name}");
            assert_eq!(shown.is_masked(), shown.to_string() != *name, "{name}");
            assert_eq!(ShownName::whole(name.as_bytes()).to_string(), *name);
        }
    }
}
