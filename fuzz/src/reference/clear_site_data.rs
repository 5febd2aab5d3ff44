//! `Clear-Site-Data` (W3C): a list of quoted types. Chromium and Firefox cut it at every comma,
//! trim blanks, and compare what is left byte for byte, with its quotes.

/// The types that `"*"` includes besides cookies, by the specification.
const SPECIFIED: [&[u8]; 3] = [b"\"cache\"", b"\"executionContexts\"", b"\"storage\""];

/// Further types of browsers, for `"*"`.
const OF_BROWSERS: [&[u8]; 3] = [
    b"\"clientHints\"",
    b"\"prefetchCache\"",
    b"\"prerenderCache\"",
];

fn types(fields: &[Vec<u8>]) -> Vec<&[u8]> {
    let types = fields
        .iter()
        .flat_map(|field| field.split(|&byte| byte == b','));
    types
        .map(<[u8]>::trim_ascii)
        .filter(|it| !it.is_empty())
        .collect()
}

fn is_cookies(it: &[u8]) -> bool {
    it.eq_ignore_ascii_case(b"\"cookies\"")
}

/// Whether the response makes browsers delete the site's cookies; `None` if that is written in
/// another case.
pub fn clears_cookies(fields: &[Vec<u8>]) -> Option<bool> {
    let types = types(fields);
    match types.contains(&&b"\"cookies\""[..]) || types.contains(&&b"\"*\""[..]) {
        true => Some(true),
        false => (!types.iter().any(|it| is_cookies(it))).then_some(false),
    }
}

/// Returns `true` if `after` clears what `before` does, apart from cookies, and nothing else.
pub fn is_all_but_cookies(before: &[Vec<u8>], after: &[Vec<u8>]) -> bool {
    let (before, after) = (types(before), types(after));
    let all = before.contains(&&b"\"*\""[..]);
    let named: Vec<&[u8]> = before
        .into_iter()
        .filter(|it| *it != b"\"*\"" && !is_cookies(it))
        .collect();
    if !all {
        return after == named;
    }
    let known =
        |it: &&[u8]| named.contains(it) || SPECIFIED.contains(it) || OF_BROWSERS.contains(it);
    let asked = || named.iter().chain(&SPECIFIED);
    after.iter().all(known) && asked().all(|it| after.contains(it))
}
