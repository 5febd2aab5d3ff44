//! URLs in style sheets: only the characters of a held URL are replaced.

use cssparser::{Parser, ParserInput, Token};

use super::{
    charset::{Charset, Mask},
    css_context::Context,
};

/// Replaces a held URL.
pub(crate) const INVALID: &str = "about:invalid";

/// The number of characters behind a token that may say what it is, as in `<!--`.
const LOOK_AHEAD: usize = 4;

/// Answers for the text of each URL: is it held back?
pub(crate) type IsHeld<'a> = dyn FnMut(&str) -> bool + 'a;

/// A style sheet on its way. What may be the start of a longer token waits for the rest.
#[derive(Debug)]
pub(crate) struct Css {
    charset: Charset,
    mask: Mask,
    /// The bytes that wait, and what the tokenizer sees of them.
    bytes: Vec<u8>,
    view: String,
    /// The number of bytes that must have come before a long token is tried again.
    try_at: usize,
    context: Context,
}

impl Css {
    pub(crate) fn new(charset: Charset) -> Self {
        Self {
            charset,
            mask: Mask::new(charset),
            bytes: Vec::new(),
            view: String::new(),
            try_at: 0,
            context: Context::default(),
        }
    }

    /// Returns how many bytes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// Appends to `out` what is certain. Returns `true` if it replaced something.
    pub(crate) fn write(&mut self, bytes: &[u8], held: &mut IsHeld<'_>, out: &mut Vec<u8>) -> bool {
        self.mask.write(bytes, &mut self.view);
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < self.try_at {
            return false;
        }
        self.process(false, held, out)
    }

    /// Appends the rest.
    pub(crate) fn end(&mut self, held: &mut IsHeld<'_>, out: &mut Vec<u8>) -> bool {
        self.process(true, held, out)
    }

    fn process(&mut self, last: bool, held: &mut IsHeld<'_>, out: &mut Vec<u8>) -> bool {
        let mut replaced = false;
        let mut done = 0;
        let mut from = 0;
        // Blocks are read flat: the tokenizer starts anew after each bracket, so that nesting costs
        // no stack.
        'block: loop {
            let mut input = ParserInput::new(&self.view[from..]);
            let mut parser = Parser::new(&mut input);
            loop {
                let start = from + parser.position().byte_index();
                let Ok(token) = parser.next_including_whitespace_and_comments() else {
                    break 'block;
                };
                let token = token.clone();
                let end = from + parser.position().byte_index();
                if end + LOOK_AHEAD > self.view.len() && !last {
                    break 'block;
                }
                let raw = &self.bytes[start..end];
                let is_url = self.context.is_url(&token);
                match is_url.then(|| url_of(raw, self.charset, &token)).flatten() {
                    // A part of the document itself is not loaded, whatever the base is.
                    Some(url) if !url.starts_with('#') && held(&url) => {
                        replace(raw, &self.view.as_bytes()[start..end], out);
                        replaced = true;
                    }
                    _ => out.extend_from_slice(raw),
                }
                self.context.pass(&token);
                done = end;
                if is_opening(&token) {
                    from = end;
                    continue 'block;
                }
            }
        }
        if last {
            out.extend_from_slice(&self.bytes[done..]);
            done = self.bytes.len();
        }
        self.bytes.drain(..done);
        self.view.drain(..done);
        // A token of any length is read a number of times that grows with its logarithm.
        self.try_at = self.bytes.len() * 2;
        replaced
    }
}

/// Rewrites the value of a `style` attribute; `None` if nothing is held back.
pub(crate) fn rewrite(text: &str, held: &mut IsHeld<'_>) -> Option<String> {
    let mut css = Css::new(Charset::UTF_8);
    let mut out = Vec::new();
    css.mask.write(text.as_bytes(), &mut css.view);
    css.bytes.extend_from_slice(text.as_bytes());
    let replaced = css.end(held, &mut out);
    replaced.then(|| String::from_utf8_lossy(&out).into_owned())
}

fn is_opening(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Function(_)
            | Token::ParenthesisBlock
            | Token::SquareBracketBlock
            | Token::CurlyBracketBlock
    )
}

/// Returns the URL's text, escapes read.
fn url_of(raw: &[u8], charset: Charset, token: &Token<'_>) -> Option<String> {
    if raw.is_ascii() {
        return text_of(token);
    }
    let decoded = charset.decode(raw);
    let mut input = ParserInput::new(&decoded);
    let mut parser = Parser::new(&mut input);
    text_of(parser.next_including_whitespace_and_comments().ok()?)
}

fn text_of(token: &Token<'_>) -> Option<String> {
    match token {
        Token::UnquotedUrl(url) | Token::QuotedString(url) => Some(url.as_ref().to_owned()),
        _ => None,
    }
}

/// Writes the token with another URL: `"…"`, or `url( … )`.
fn replace(raw: &[u8], view: &[u8], out: &mut Vec<u8>) {
    let (before, after) = match view {
        [quote @ (b'"' | b'\''), rest @ ..] => {
            let closed = rest.last() == Some(quote) && !ends_in_escape(rest);
            (1, if closed { view.len() - 1 } else { view.len() })
        }
        _ => {
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
            let open = view
                .iter()
                .position(|&byte| byte == b'(')
                .map_or(0, |at| at + 1);
            let space = view[open..]
                .iter()
                .take_while(|byte| is_space(byte))
                .count();
            if view.last() == Some(&b')') && !ends_in_escape(&view[open..]) {
                let url = &view[open + space..view.len() - 1];
                let spaces = url.iter().rev().take_while(|byte| is_space(byte)).count();
                (open + space, view.len() - 1 - spaces)
            } else {
                (open + space, view.len())
            }
        }
    };
    out.extend_from_slice(&raw[..before]);
    out.extend_from_slice(INVALID.as_bytes());
    out.extend_from_slice(&raw[after..]);
}

/// Is the last byte escaped, as where the style sheet ends inside a string?
fn ends_in_escape(text: &[u8]) -> bool {
    let slashes = text[..text.len() - 1]
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'\\');
    slashes.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::{super::charset::Charset, Css, rewrite};

    fn is_third(url: &str) -> bool {
        url.contains("third")
    }

    #[test]
    fn held_urls_are_replaced() {
        for case in include_str!("../../tests/data/documents/css.txt").split("\n---\n") {
            let (before, after) = case
                .trim_end()
                .split_once("\n=>\n")
                .unwrap_or((case.trim_end(), ""));
            let expected = if after.is_empty() { before } else { after };
            let text = rewrite(before, &mut |url| is_third(url));
            assert_eq!(text.as_deref().unwrap_or(before), expected);
            for size in 1..4 {
                let mut css = Css::new(Charset::UTF_8);
                let mut out = Vec::new();
                for chunk in before.as_bytes().chunks(size) {
                    css.write(chunk, &mut |url| is_third(url), &mut out);
                }
                css.end(&mut |url| is_third(url), &mut out);
                assert_eq!(
                    String::from_utf8_lossy(&out),
                    expected,
                    "in pieces of {size}"
                );
            }
        }
    }

    #[test]
    fn long_tokens_are_not_read_again_and_again() {
        let mut css = Css::new(Charset::UTF_8);
        let (mut out, mut asked) = (Vec::new(), 0);
        css.write(b"a{b:url(https://third/", &mut |_| true, &mut out);
        for _ in 0..200_000 {
            css.write(b"xxxx", &mut |_| true, &mut out);
        }
        css.end(
            &mut |url| {
                asked += url.len();
                true
            },
            &mut out,
        );
        assert_eq!(asked, 800_014);
        assert_eq!(out, b"a{b:url(about:invalid");
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let text = format!("{}url(//third)", "a(".repeat(100_000));
        assert!(rewrite(&text, &mut |url| is_third(url)).is_some());
    }

    #[test]
    fn other_charsets_are_read_as_browsers_do() {
        let mut css = Css::new(Charset::new(encoding_rs::SHIFT_JIS).expect("known"));
        let mut out = Vec::new();
        css.write(
            b"a{font:\"\x95\\\";b:url(//third/\x95\\)}",
            &mut |url| is_third(url),
            &mut out,
        );
        css.end(&mut |url| is_third(url), &mut out);
        assert_eq!(out, b"a{font:\"\x95\\\";b:url(about:invalid)}");
    }
}
