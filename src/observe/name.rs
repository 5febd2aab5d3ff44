use std::fmt;

/// The longest part of a name that is shown.
const MOST_BYTES: usize = 64;

/// A cookie's name as it may be shown: escaped, and cut at 64 bytes.
#[derive(Clone, Copy)]
pub(crate) struct ShownName<'a>(pub(crate) &'a [u8]);

impl fmt::Display for ShownName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = *self;
        let shown = name.get(..MOST_BYTES).unwrap_or(name);
        write!(f, "{}", shown.escape_ascii())?;
        if shown.len() < name.len() {
            f.write_str("…")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_escaped_and_cut() {
        assert_eq!(ShownName(b"_ga").to_string(), "_ga");
        assert_eq!(ShownName(b"a\x1b[2Jb").to_string(), r"a\x1b[2Jb");
        assert_eq!(
            ShownName(&[b'x'; 65]).to_string(),
            format!("{}…", "x".repeat(64))
        );
    }
}
