//! Dictionaries of Structured Fields (RFC 8941, section 3.2; RFC 9651 adds dates and display
//! strings), as far as cache directives need them.

/// The value of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member<'a> {
    Boolean(bool),
    /// An integer, and whether it is positive.
    Integer(bool),
    /// A string or token, with escapes left as they are.
    Text(&'a [u8]),
    Other,
}

/// Passes every member of a header to the callback. Returns `None` if the header is empty or not a
/// dictionary; members before the error have been passed by then.
pub(super) fn members<'a>(
    field: &'a [u8],
    mut tell: impl FnMut(&'a [u8], Member<'a>),
) -> Option<()> {
    let mut rest = field.trim_ascii();
    loop {
        let (name, after) = key(rest)?;
        let (member, after) = match after.strip_prefix(b"=") {
            Some(value) => value_of_member(value)?,
            None => (Member::Boolean(true), after),
        };
        let after = parameters(after)?;
        tell(name, member);
        let after = skip(after, b" \t");
        if after.is_empty() {
            return Some(());
        }
        // The last comma must be followed by a member.
        rest = skip(after.strip_prefix(b",")?, b" \t");
    }
}

fn skip<'a>(bytes: &'a [u8], blanks: &[u8]) -> &'a [u8] {
    split(bytes, |byte| blanks.contains(&byte)).1
}

/// Splits the bytes before the first that does not belong.
fn split(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| !belongs(byte));
    bytes.split_at(end.unwrap_or(bytes.len()))
}

fn key(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = bytes.first()?;
    let belongs =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte);
    (first.is_ascii_lowercase() || *first == b'*').then(|| split(bytes, belongs))
}

fn value_of_member(bytes: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let Some(mut rest) = bytes.strip_prefix(b"(") else {
        return item(bytes);
    };
    loop {
        let after = skip(rest, b" ");
        if let Some(after) = after.strip_prefix(b")") {
            return Some((Member::Other, after));
        }
        let after = parameters(item(after)?.1)?;
        if !matches!(after.first()?, b' ' | b')') {
            return None;
        }
        rest = after;
    }
}

fn parameters(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b";") {
        let (_, after) = key(skip(after, b" "))?;
        rest = match after.strip_prefix(b"=") {
            Some(value) => item(value)?.1,
            None => after,
        };
    }
    Some(rest)
}

fn item(bytes: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        b'?' => match rest.split_first()? {
            (b'1', rest) => Some((Member::Boolean(true), rest)),
            (b'0', rest) => Some((Member::Boolean(false), rest)),
            _ => None,
        },
        b'"' => string(rest),
        b'%' => Some((Member::Other, string(rest.strip_prefix(b"\"")?)?.1)),
        b':' => {
            let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let (_, rest) = split(rest, belongs);
            Some((Member::Other, rest.strip_prefix(b":")?))
        }
        b'@' => match number(rest)? {
            (Member::Integer(_), rest) => Some((Member::Other, rest)),
            _ => None,
        },
        b'-' | b'0'..=b'9' => number(bytes),
        b'*' | b'A'..=b'Z' | b'a'..=b'z' => {
            let belongs =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
            let (token, rest) = split(bytes, belongs);
            Some((Member::Text(token), rest))
        }
        _ => None,
    }
}

/// Reads a string after its opening quote.
fn string(bytes: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => {
                let (text, rest) = bytes.split_at(at);
                return Some((Member::Text(text), rest.get(1..)?));
            }
            b'\\' if matches!(bytes.get(at + 1)?, b'"' | b'\\') => at += 2,
            b'\\' => return None,
            b' '..=b'~' => at += 1,
            _ => return None,
        }
    }
}

fn number(bytes: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let positive = bytes.strip_prefix(b"-");
    let (digits, rest) = split(positive.unwrap_or(bytes), |byte| byte.is_ascii_digit());
    let Some(fraction) = rest.strip_prefix(b".") else {
        let above_zero = positive.is_none() && digits.iter().any(|&digit| digit != b'0');
        let fits = (1..=15).contains(&digits.len());
        return fits.then_some((Member::Integer(above_zero), rest));
    };
    let (fraction, rest) = split(fraction, |byte| byte.is_ascii_digit());
    let fits = (1..=12).contains(&digits.len()) && (1..=3).contains(&fraction.len());
    fits.then_some((Member::Other, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_only_as_a_whole_dictionary() {
        for field in [
            "a",
            " a , b=1,c ",
            "a=?1, b=?0",
            "a=-1;x;y=\"z\", *b=tok/en",
            "a=(1 \"b\";c  d);e, f=:YQ==:",
            "a=1.5, b=@1659578233, c=%\"f%c3%bc\"",
            r#"a="\"\\""#,
            "a=()",
        ] {
            assert_eq!(members(field.as_bytes(), |_, _| ()), Some(()), "{field}");
        }
        for field in [
            "",
            " ",
            ",",
            "a,",
            ",a",
            "a,,b",
            "A",
            "1",
            "a=",
            "a b",
            "a =1",
            "a= 1",
            "a=(1",
            "a=(1,2)",
            "a=\"b",
            "a=\"\\n\"",
            "a=\"é\"",
            "a=1234567890123456",
            "a=1.",
            "a=.5",
            "a=1.2345",
            "a=?2",
            "a=:x",
            "a;",
            "a;A",
            "a=@1.5",
            "a=%x",
            "a=&",
            "-a",
        ] {
            assert_eq!(members(field.as_bytes(), |_, _| ()), None, "{field}");
        }
    }

    #[test]
    fn members_come_with_the_type_of_their_value() {
        let mut seen = Vec::new();
        let field = br#"a, b=0, c=00060;x, d=-1, e="x, y", f=?0, g=tok"#;
        members(field, |key, member| seen.push((key, member))).unwrap();
        assert_eq!(
            seen,
            [
                (&b"a"[..], Member::Boolean(true)),
                (b"b", Member::Integer(false)),
                (b"c", Member::Integer(true)),
                (b"d", Member::Integer(false)),
                (b"e", Member::Text(b"x, y")),
                (b"f", Member::Boolean(false)),
                (b"g", Member::Text(b"tok")),
            ]
        );
    }
}
