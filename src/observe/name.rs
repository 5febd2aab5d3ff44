use std::fmt;

/// The longest part of a name that is shown.
const MOST_BYTES: usize = 64;

/// So many hexadecimal digits at the end of a name look generated, if a number is among them …
const GENERATED_HEX: usize = 8;

/// … and so many decimal ones.
const GENERATED_DIGITS: usize = 6;

/// A cookie's name as it may be shown: escaped, cut at 64 bytes, and with `*` in place of an end
/// that looks generated (eight hexadecimal digits or more, six decimal ones or more), since that may
/// be the number of a visitor. What is left is the pattern that declares it.
///
/// The name of a declaration is shown whole: the site wrote it itself.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::Event;
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

/// What stands in place of the rest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Whole,
    Generated,
    Cut,
}

impl<'a> ShownName<'a> {
    /// A name off the wire.
    pub(crate) fn new(name: &'a [u8]) -> Self {
        let stem = without_generated_end(name);
        let masked = Self::whole(stem);
        match masked.end {
            End::Whole if stem.len() < name.len() => Self {
                end: End::Generated,
                ..masked
            },
            // The cut may go through what looks generated.
            End::Cut => Self {
                shown: without_generated_end(masked.shown),
                ..masked
            },
            _ => masked,
        }
    }

    /// A name that the site itself declares.
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

    /// Whether its end was masked, because it looks generated. See [the example](Self).
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.end == End::Generated
    }

    /// Whether it was too long to be shown whole. See [the example](Self).
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
                // Or it would look like the mark of a generated end, and like a pattern.
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

/// The name up to a number or a hash at its end, dashes of a UUID included. Words of the letters a
/// to f (`facade`) are no hash.
fn without_generated_end(name: &[u8]) -> &[u8] {
    let stem = without_end(name, |byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mut end = name.get(stem.len()..).unwrap_or_default();
    // Up to a dash there may be a word, or the end of one.
    let mut in_word = stem.last().is_some_and(u8::is_ascii_alphanumeric);
    while let Some(dash) = end.iter().position(|byte| *byte == b'-')
        && (in_word || !end.iter().take(dash).any(u8::is_ascii_digit))
    {
        end = end.get(dash + 1..).unwrap_or_default();
        in_word = false;
    }
    let digits = end.iter().filter(|byte| **byte != b'-').count();
    if digits >= GENERATED_HEX && end.iter().any(u8::is_ascii_digit) {
        return name.strip_suffix(end).unwrap_or(name);
    }
    let stem = without_end(name, |byte| byte.is_ascii_digit());
    if name.len() - stem.len() >= GENERATED_DIGITS {
        stem
    } else {
        name
    }
}

fn without_end(name: &[u8], is_end: fn(u8) -> bool) -> &[u8] {
    let last = name.iter().rposition(|byte| !is_end(*byte));
    name.get(..last.map_or(0, |last| last + 1)).unwrap_or(name)
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
        let within = format!("id-{}-of-somebody-or-other", "0123456789abcdef".repeat(4));
        assert_eq!(ShownName::new(within.as_bytes()).to_string(), "id-…");
        let accents = ShownName::new("\u{e9}".repeat(40).as_bytes()).to_string();
        assert_eq!(accents, format!("{}…", r"\xc3\xa9".repeat(32)));
        assert_eq!(
            ShownName::new(&[b'x'; 65]).to_string(),
            format!("{}…", "x".repeat(64))
        );
        assert_eq!(ShownName::new(&[b'x'; 64]).to_string(), "x".repeat(64));
    }

    #[test]
    fn an_end_that_looks_generated_is_masked() {
        for (name, shown) in [
            ("SESS49960de5880e8c687434170f6476605b", "SESS*"),
            ("_hjSession_1234567", "_hjSession_*"),
            ("id-123e4567-e89b-12d3-a456-426614174000", "id-*"),
            ("visit.20261123", "visit.*"),
            ("0123456789abcdef", "*"),
            ("ab_decade-12345678", "ab_decade-*"),
            ("abcd-efab-cdef-abcd", "abcd-efab-cdef-abcd"),
            ("_pk_id.1.fe4c", "_pk_id.1.fe4c"),
            ("route66", "route66"),
            ("ab_decade", "ab_decade"),
            ("effaced-facade", "effaced-facade"),
            ("", ""),
        ] {
            assert_eq!(ShownName::new(name.as_bytes()).to_string(), shown, "{name}");
            let whole = ShownName::whole(name.as_bytes());
            assert_eq!(whole.to_string(), name);
        }
    }
}
