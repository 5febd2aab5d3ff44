//! The stylesheet and the script: named after their content, so that caches may store them.

use bytes::Bytes;

pub(super) const STYLE: &str = include_str!("style.css");
pub(super) const SCRIPT: &str = include_str!("script.js");

/// A file whose content never changes under its name.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    pub(super) name: String,
    pub(super) content_type: &'static str,
    pub(super) content: Bytes,
}

impl Asset {
    pub(super) fn style(content: String) -> Self {
        Self::new("style", "css", "text/css; charset=utf-8", content)
    }

    /// The script without its comments and indentation, which make up a fifth of it, and without the ends
    /// of lines that nothing depends on. (It has no text of several lines.)
    pub(super) fn script() -> Self {
        let lines = SCRIPT.lines().map(str::trim_start);
        let code = lines.filter(|line| !line.starts_with("//"));
        let end = |line: &str| match line.ends_with([';', '{', ',', '(']) {
            true => "",
            false => "\n",
        };
        let content: String = code.flat_map(|line| [line, end(line)]).collect();
        let content = content.replace("\n}", "}");
        Self::new("script", "js", "text/javascript; charset=utf-8", content)
    }

    fn new(stem: &str, extension: &str, content_type: &'static str, content: String) -> Self {
        Self {
            name: format!("{stem}-{:016x}.{extension}", fnv(content.as_bytes())),
            content_type,
            content: Bytes::from(content),
        }
    }
}

/// Computes the 64-bit FNV-1a hash (RFC 9923), which distinguishes versions but does not protect
/// anything.
fn fnv(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_content_changes_the_name() {
        let (one, two) = (Asset::style("a{}".into()), Asset::style("b{}".into()));
        assert_ne!(one.name, two.name);
        assert_eq!(one.name, Asset::style("a{}".into()).name);
        // A test vector of RFC 9923.
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn the_script_is_under_9_kilobytes() {
        let script = Asset::script().content;
        assert!(script.len() < 9_000, "{}", script.len());
    }
}
