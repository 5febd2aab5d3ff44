//! Rule 2: names as browsers read them.

/// Returns `true` if a name may contain this byte: visible ASCII without `"`, `,`, `;`, `=` and
/// `\`.
fn may_occur_in_a_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && !br#"",;=\"#.contains(&byte)
}

fn without_spaces(mut text: &[u8]) -> &[u8] {
    while text.first() == Some(&b' ') {
        text = &text[1..];
    }
    while text.last() == Some(&b' ') {
        text = &text[..text.len() - 1];
    }
    text
}

/// Returns the parts before and after the first `separator`.
fn split_at_first(separator: u8, text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Returns `None` if browsers don't agree on the name.
fn plain_name(name: &[u8]) -> Option<&str> {
    let plain = !name.is_empty() && name.iter().all(|&byte| may_occur_in_a_name(byte));
    plain.then(|| str::from_utf8(name).expect("ASCII"))
}

/// The name in a `Set-Cookie` field: cut at the first `;`, split at the first `=`, spaces trimmed.
pub fn of_set_cookie(field: &[u8]) -> Option<&str> {
    let pair = field.split(|&byte| byte == b';').next()?;
    let (name, _) = split_at_first(b'=', pair)?;
    plain_name(without_spaces(name))
}

/// The value in a `Set-Cookie` field.
pub fn value_of_set_cookie(field: &[u8]) -> &[u8] {
    let pair = field.split(|&byte| byte == b';').next().unwrap_or_default();
    split_at_first(b'=', pair).map_or(b"", |(_, value)| without_spaces(value))
}

/// Returns the pairs of a `Cookie` header without leading spaces, skipping blank ones.
pub fn pairs(field: &[u8]) -> Vec<&[u8]> {
    field
        .split(|&byte| byte == b';')
        .map(|pair| {
            let blanks = pair.iter().take_while(|&&byte| byte == b' ').count();
            &pair[blanks..]
        })
        .filter(|pair| !pair.is_empty())
        .collect()
}

/// Returns the name and value of such a pair. Browsers send no space before `=`, and servers read
/// it differently, so a name followed by one is not a name.
pub fn of_pair(pair: &[u8]) -> Option<(&str, &[u8])> {
    let (name, value) = split_at_first(b'=', pair)?;
    Some((plain_name(name)?, without_spaces(value)))
}
