//! Finds where the body of a document begins: behind the tag `<body>`, or where it is omitted, before
//! the first text or element that belongs in a body (the HTML standard, "optional tags", and the
//! insertion modes up to "after head").
//!
//! It reads the bytes of markup as they come by, outside of the text of `<title>`, scripts and the like,
//! and outside of templates.

/// Where the body begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Further on.
    NotYet,
    /// At this offset.
    At(usize),
    /// This document has none, or is none.
    Never,
}

/// Where the body begins, seen from one start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfTag {
    Further,
    Before,
    Behind,
    Never,
}

/// How sure it is that a response is a page and not a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whole {
    /// The request navigates to it.
    Asked,
    /// It has to begin like one.
    Unknown,
}

/// Where in a construct without a name the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Markup,
    /// Behind `<!`, and this many letters of `doctype` or dashes of `--`.
    Declaration(usize),
    Dash,
    /// A comment, by what came last.
    Comment(Last),
    /// What ends at the next `>`.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Start,
    StartDash,
    Text,
    Dash,
    Dashes,
    Bang,
}

#[derive(Debug)]
pub(crate) struct Reader {
    inside: Inside,
    /// The head has ended.
    after_head: bool,
    /// Does the start have what only documents have?
    is_whole: bool,
    /// How many bytes of a byte order mark came; all of them once something else did.
    mark: usize,
    /// There is more than white space.
    has_content: bool,
}

const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
const DOCTYPE: &[u8] = b"doctype";

impl Reader {
    pub(crate) fn new(whole: Whole) -> Self {
        Self {
            inside: Inside::Markup,
            after_head: false,
            is_whole: whole == Whole::Asked,
            mark: 0,
            has_content: false,
        }
    }

    /// Reads markup without the tags that `tag` reads.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Opening {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.inside != Inside::Markup {
                self.continue_inside(byte, &mut at);
                continue;
            }
            if MARK.get(self.mark) == Some(&byte) {
                self.mark += 1;
                at += 1;
                continue;
            }
            self.mark = MARK.len();
            self.has_content |= byte == b'<';
            match byte {
                b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' => at += 1,
                b'<' => match self.markup(&bytes[at..]) {
                    Ok(length) => at += length,
                    Err(OfTag::Further) => return Opening::NotYet,
                    Err(OfTag::Never) => return Opening::Never,
                    Err(OfTag::Before) => return self.here(at),
                    Err(OfTag::Behind) => return self.here(at + tag_length(&bytes[at..])),
                },
                _ => return self.here(at),
            }
        }
        Opening::NotYet
    }

    /// Is this known to be a document, as far as it was read?
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole && self.has_content
    }

    fn here(&self, at: usize) -> Opening {
        match self.is_whole {
            true => Opening::At(at),
            false => Opening::Never,
        }
    }

    /// Reads what begins with `<`; returns its length, or what it says about the body.
    fn markup(&mut self, bytes: &[u8]) -> Result<usize, OfTag> {
        match bytes {
            [_, b'!', ..] => {
                self.inside = Inside::Declaration(0);
                Ok(2)
            }
            [_, b'?', ..] => {
                self.inside = Inside::Other;
                Ok(2)
            }
            [_, b'/', b'>', ..] => Ok(3),
            [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => {
                let name = name(&bytes[2..]);
                match &*name {
                    "body" | "html" | "br" => Err(OfTag::Before),
                    _ => {
                        self.after_head |= name == "head";
                        self.length(bytes)
                    }
                }
            }
            [_, b'/', _, ..] => {
                self.inside = Inside::Other;
                Ok(2)
            }
            [_, letter, ..] if letter.is_ascii_alphabetic() => {
                match self.tag(&name(&bytes[1..])) {
                    OfTag::Further => self.length(bytes),
                    // A tag that does not end is none.
                    _ if tag_length(bytes) == 0 => Err(OfTag::Further),
                    found => Err(found),
                }
            }
            _ => Err(OfTag::Before),
        }
    }

    #[allow(clippy::unused_self, reason = "beside its callers")]
    fn length(&self, bytes: &[u8]) -> Result<usize, OfTag> {
        match tag_length(bytes) {
            0 => Err(OfTag::Further),
            length => Ok(length),
        }
    }

    /// Reads a start tag.
    pub(crate) fn tag(&mut self, name: &str) -> OfTag {
        (self.mark, self.has_content) = (MARK.len(), true);
        self.is_whole |= matches!(
            name,
            "html" | "head" | "body" | "title" | "meta" | "frameset"
        );
        match name {
            "body" if self.is_whole => OfTag::Behind,
            "frameset" => OfTag::Never,
            "html" | "head" | "base" | "basefont" | "bgsound" | "link" | "meta" | "noframes"
            | "script" | "style" | "template" | "title" => OfTag::Further,
            "noscript" if !self.after_head => OfTag::Further,
            _ if self.is_whole => OfTag::Before,
            _ => OfTag::Never,
        }
    }

    fn continue_inside(&mut self, byte: u8, at: &mut usize) {
        *at += 1;
        self.inside = match (self.inside, byte) {
            (Inside::Declaration(0), b'-') => Inside::Dash,
            (Inside::Declaration(_) | Inside::Other | Inside::Dash, b'>') => Inside::Markup,
            (Inside::Declaration(letters), _)
                if DOCTYPE.get(letters) == Some(&byte.to_ascii_lowercase()) =>
            {
                let is_doctype = letters + 1 == DOCTYPE.len();
                self.is_whole |= is_doctype;
                match is_doctype {
                    true => Inside::Other,
                    false => Inside::Declaration(letters + 1),
                }
            }
            (Inside::Dash, b'-') => Inside::Comment(Last::Start),
            (Inside::Comment(last), _) => last.then(byte),
            (Inside::Declaration(_) | Inside::Dash | Inside::Other, _) => Inside::Other,
            (Inside::Markup, _) => Inside::Markup,
        };
    }
}

impl Last {
    fn then(self, byte: u8) -> Inside {
        let last = match (self, byte) {
            (Self::Start | Self::StartDash | Self::Dashes | Self::Bang, b'>') => {
                return Inside::Markup;
            }
            (Self::Start, b'-') => Self::StartDash,
            (Self::StartDash | Self::Dash | Self::Dashes, b'-') => Self::Dashes,
            (Self::Text | Self::Bang, b'-') => Self::Dash,
            (Self::Dashes, b'!') => Self::Bang,
            _ => Self::Text,
        };
        Inside::Comment(last)
    }
}

fn name(bytes: &[u8]) -> String {
    let ends = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ' | b'/' | b'>');
    let end = bytes.iter().position(ends).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase()
}

/// Returns the length of the tag that begins here; 0 if it does not end.
fn tag_length(bytes: &[u8]) -> usize {
    /// The tokenizer's states.
    enum At {
        TagName,
        BeforeName,
        Name,
        AfterName,
        BeforeValue,
        Unquoted,
        Quoted(u8),
    }
    let mut at = At::TagName;
    for (offset, &byte) in bytes.iter().enumerate().skip(1) {
        let is_space = matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
        at = match (at, byte) {
            (At::Quoted(quote), _) if byte == quote => At::BeforeName,
            (quoted @ At::Quoted(_), _) => quoted,
            (_, b'>') => return offset + 1,
            (At::BeforeValue, b'"' | b'\'') => At::Quoted(byte),
            (At::BeforeValue, _) if is_space => At::BeforeValue,
            (At::BeforeValue, _) => At::Unquoted,
            (At::Unquoted, _) if !is_space => At::Unquoted,
            (At::Unquoted, _) | (_, b'/') => At::BeforeName,
            (At::TagName | At::BeforeName, _) if is_space => At::BeforeName,
            (At::TagName, _) => At::TagName,
            (At::BeforeName, _) => At::Name,
            (At::Name | At::AfterName, b'=') => At::BeforeValue,
            (At::Name | At::AfterName, _) if is_space => At::AfterName,
            (At::Name | At::AfterName, _) => At::Name,
        };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(document: &str, whole: Whole, size: usize) -> Option<usize> {
        let mut reader = Reader::new(whole);
        let mut done = 0;
        // Tags come whole.
        let mut rest = document.as_bytes();
        while !rest.is_empty() {
            let length = match rest[0] {
                b'<' if rest
                    .get(1)
                    .is_some_and(|it| it.is_ascii_alphabetic() || *it == b'/') =>
                {
                    match tag_length(rest) {
                        // It does not end.
                        0 => rest.len(),
                        length => length,
                    }
                }
                // The parser keeps a `<` until it knows what it begins.
                b'<' => size.max(2).min(rest.len()),
                _ => size.min(
                    rest.iter()
                        .skip(1)
                        .position(|it| *it == b'<')
                        .map_or(rest.len(), |it| it + 1),
                ),
            };
            match reader.read(&rest[..length]) {
                Opening::NotYet => {}
                Opening::At(at) => return Some(done + at),
                Opening::Never => return None,
            }
            done += length;
            rest = &rest[length..];
        }
        None
    }

    /// `^` is where the body begins.
    #[test]
    fn body_begins_where_browsers_begin_it() {
        for (document, whole) in [
            (
                "<!doctype html><html><head></head><body class='>'>^<p>x",
                Whole::Unknown,
            ),
            (
                "<!DOCTYPE html>\n<meta charset=utf-8>\n^Hello",
                Whole::Unknown,
            ),
            ("\u{feff}<!doctype html>^Hello", Whole::Unknown),
            ("\u{feff}^Hello", Whole::Asked),
            ("^Hello", Whole::Asked),
            ("Hello", Whole::Unknown),
            ("<p>Hello", Whole::Unknown),
            ("  ^<p>Hello", Whole::Asked),
            ("<!-- <body> --><!-----><!--!> --!><body>^", Whole::Unknown),
            ("<!--><?x ?><!x><!-x></x a='>'></><body>^", Whole::Unknown),
            ("</ x><body a=\">\" b=c\">^", Whole::Unknown),
            ("<body ='>^'>", Whole::Unknown),
            ("<body a ='>'b=/>^", Whole::Unknown),
            ("<html>^</html>", Whole::Unknown),
            ("<html><link><base>^</br>", Whole::Unknown),
            ("<html></head><link>^<noscript>", Whole::Unknown),
            ("<html><noscript></noscript>^<div>", Whole::Unknown),
            ("<!doctype html><frameset><frame>", Whole::Asked),
            ("<html>^< p", Whole::Unknown),
            ("<html><body", Whole::Unknown),
            ("<link><script></script><p>", Whole::Unknown),
            ("<head/>^<br>", Whole::Unknown),
            ("<html>^<bodyx>", Whole::Unknown),
            ("<!doctype html>\u{c}\t\r^\0", Whole::Unknown),
        ] {
            let plain = document.replace('^', "");
            for size in [1, 2, 3, usize::MAX] {
                let found = opened(&plain, whole, size);
                assert_eq!(found, document.find('^'), "{document} in pieces of {size}");
            }
        }
    }
}
