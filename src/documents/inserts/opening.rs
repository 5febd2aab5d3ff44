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
    /// A tag, without its `<`.
    Tag(Part),
    /// What ends at the next `>`.
    Other,
}

/// A part of a tag: the tokenizer's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Unquoted,
    Quoted(u8),
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
    /// The tag that is being read begins the body.
    begins_body: bool,
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
            begins_body: false,
        }
    }

    /// Reads markup without the tags that `tag` reads. A piece may end anywhere but in a name or between
    /// it and its `<`.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Opening {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.inside != Inside::Markup {
                self.continue_inside(byte, &mut at);
                if self.begins_body && self.inside == Inside::Markup {
                    return self.here(at);
                }
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
                    (OfTag::Never, _) => return Opening::Never,
                    (OfTag::Before, _) => return self.here(at),
                    (of_tag, length) => {
                        self.begins_body = of_tag == OfTag::Behind;
                        at += length;
                    }
                },
                _ => return self.here(at),
            }
        }
        Opening::NotYet
    }

    /// Is this known to be a document, as far as it was read, and outside of a tag or comment that does
    /// not end?
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole && self.has_content && matches!(self.inside, Inside::Markup)
    }

    fn here(&self, at: usize) -> Opening {
        match self.is_whole {
            true => Opening::At(at),
            false => Opening::Never,
        }
    }

    /// Reads what begins with `<`: what it says about the body, and how much of it was read.
    fn markup(&mut self, bytes: &[u8]) -> (OfTag, usize) {
        let (of_tag, length);
        (of_tag, self.inside, length) = match bytes {
            [_, b'!', ..] => (OfTag::Further, Inside::Declaration(0), 2),
            [_, b'?', ..] => (OfTag::Further, Inside::Other, 2),
            [_, b'/', b'>', ..] => (OfTag::Further, Inside::Markup, 3),
            [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => {
                let name = name(&bytes[2..]);
                self.after_head |= name == "head";
                let of_tag = match &*name {
                    "body" | "html" | "br" => OfTag::Before,
                    _ => OfTag::Further,
                };
                (of_tag, Inside::Tag(Part::TagName), 2)
            }
            [_, b'/', _, ..] => (OfTag::Further, Inside::Other, 2),
            [_, letter, ..] if letter.is_ascii_alphabetic() => {
                let of_tag = self.tag(&name(&bytes[1..]));
                (of_tag, Inside::Tag(Part::TagName), 1)
            }
            _ => (OfTag::Before, Inside::Markup, 0),
        };
        (of_tag, length)
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
            (Inside::Tag(part), _) => part.then(byte),
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

impl Part {
    fn then(self, byte: u8) -> Inside {
        let is_space = matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
        Inside::Tag(match (self, byte) {
            (Self::Quoted(quote), _) if byte == quote => Self::BeforeName,
            (quoted @ Self::Quoted(_), _) => quoted,
            (_, b'>') => return Inside::Markup,
            (Self::BeforeValue, b'"' | b'\'') => Self::Quoted(byte),
            (Self::BeforeValue, _) if is_space => Self::BeforeValue,
            (Self::BeforeValue, _) => Self::Unquoted,
            (Self::Unquoted, _) if !is_space => Self::Unquoted,
            (Self::Unquoted, _) | (_, b'/') => Self::BeforeName,
            (Self::TagName | Self::BeforeName, _) if is_space => Self::BeforeName,
            (Self::TagName, _) => Self::TagName,
            (Self::BeforeName, _) => Self::Name,
            (Self::Name | Self::AfterName, b'=') => Self::BeforeValue,
            (Self::Name | Self::AfterName, _) if is_space => Self::AfterName,
            (Self::Name | Self::AfterName, _) => Self::Name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(document: &str, whole: Whole, size: usize) -> Option<usize> {
        let mut reader = Reader::new(whole);
        let mut done = 0;
        let mut rest = document.as_bytes();
        while !rest.is_empty() {
            let mut length = size.min(rest.len());
            // The parser keeps a `<` until it knows what it begins.
            while length < rest.len() && has_open_name(&rest[..length]) {
                length += 1;
            }
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

    fn has_open_name(bytes: &[u8]) -> bool {
        let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'/';
        let rest = bytes.iter().rposition(|byte| *byte == b'<');
        rest.is_some_and(|at| bytes[at + 1..].iter().all(is_of_name))
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
            ("<html>^<p title='", Whole::Unknown),
            ("</img src='>'>^x", Whole::Asked),
            ("<link><script></script><p>", Whole::Unknown),
            ("<head/>^<br>", Whole::Unknown),
            ("<html>^<bodyx>", Whole::Unknown),
            ("</img src=\"a>b\" c='<body>'><html>^x", Whole::Unknown),
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
