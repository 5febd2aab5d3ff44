/// Removes the spaces before cells. The project itself reads its file this way (pandas, with
/// `skipinitialspace`), and the CSV reader ignores a quote that does not begin its cell.
pub(super) fn without_spaces_before_cells(csv: &[u8]) -> Vec<u8> {
    #[derive(Clone, Copy)]
    enum At {
        Start,
        Bare,
        Quoted,
        /// After a quote in a quoted cell: its end, or the first of two.
        Quote,
    }
    let mut at = At::Start;
    let mut text = Vec::with_capacity(csv.len());
    for &byte in csv {
        at = match (at, byte) {
            (At::Start, b' ') => continue,
            (At::Start | At::Quote, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (_, b',' | b'\n' | b'\r') => At::Start,
            _ => At::Bare,
        };
        text.push(byte);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_go_before_cells_and_nowhere_else() {
        for (csv, text) in [
            ("a, b,  \"c, d\" ,e\n f", "a,b,\"c, d\" ,e\nf"),
            ("\"a\"\", b\", \"\"", "\"a\"\", b\",\"\""),
            ("a \"b, c\"", "a \"b,c\""),
            ("\"one\n two\", x", "\"one\n two\",x"),
            ("", ""),
        ] {
            let left = without_spaces_before_cells(csv.as_bytes());
            assert_eq!(String::from_utf8_lossy(&left), text);
        }
    }
}
