//! What hides between start tags: end tags and CDATA inside SVG and `MathML`, and markup in what the
//! parser takes for text.

/// Longer names are none that counts.
const MAX_NAME: usize = 32;

/// What a scan has found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An end tag, with its name in lower case.
    End(String),
    /// A start tag that nobody announced, so one that does not end; or an end tag of which it is not
    /// plain where it ends.
    Tag,
    /// CDATA that contains markup for a parser that takes it for a comment, or the reverse.
    Cdata,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Data,
    Open,
    EndName(String),
    EndRest(String),
    Bang(Vec<u8>),
    /// The last bytes of a comment.
    Comment(Vec<u8>),
    Cdata {
        after_bracket: bool,
        brackets: u8,
    },
    Bogus,
}

/// How a scan goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Inside of SVG or `MathML`.
    Inside,
    /// Outside, where only CDATA counts.
    Outside,
    /// Outside, where nothing counts.
    Stop,
}

/// Receives what was found.
type Report<'a> = dyn FnMut(Found) -> Next + 'a;

/// Reads the bytes between start tags.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    state: State,
    /// Looks for CDATA alone, also inside of tags and comments, since start tags are not left out.
    flat: bool,
}

impl Scan {
    /// Goes on outside of SVG and `MathML`.
    pub(crate) fn leave(&mut self) {
        self.flat = true;
    }

    /// Takes note of a start tag, which is left out. Returns `true` if there should be none: inside
    /// of a comment.
    pub(crate) fn tag(&mut self) -> bool {
        let state = std::mem::take(&mut self.state);
        matches!(state, State::Comment(_) | State::Bogus)
            || matches!(
                state,
                State::Cdata {
                    after_bracket: true,
                    ..
                }
            )
    }

    pub(crate) fn write(&mut self, bytes: &[u8], found: &mut Report<'_>) {
        let mut rest = bytes;
        loop {
            if matches!(self.state, State::Data) {
                let Some(at) = memchr::memchr(b'<', rest) else {
                    return;
                };
                self.state = State::Open;
                rest = &rest[at + 1..];
            }
            let Some((&byte, after)) = rest.split_first() else {
                return;
            };
            rest = after;
            let state = std::mem::take(&mut self.state);
            let mut event = None;
            self.state = if self.flat {
                step_flat(state, byte, &mut event)
            } else {
                step(state, byte, &mut event)
            };
            if let Some(event) = event {
                match found(event) {
                    Next::Inside => {}
                    Next::Outside => self.flat = true,
                    Next::Stop => return self.state = State::Data,
                }
            }
        }
    }
}

fn step_flat(state: State, byte: u8, found: &mut Option<Found>) -> State {
    match (state, byte) {
        (State::Open, b'!') => State::Bang(Vec::new()),
        (State::Open | State::Bang(_), b'<') => State::Open,
        (State::Bang(mut start), byte) => {
            start.push(byte);
            if start == CDATA {
                cdata()
            } else if CDATA.starts_with(&start) {
                State::Bang(start)
            } else {
                State::Data
            }
        }
        (state @ State::Cdata { .. }, byte) => step(state, byte, found),
        _ => State::Data,
    }
}

const CDATA: &[u8] = b"[CDATA[";

fn cdata() -> State {
    State::Cdata {
        after_bracket: false,
        brackets: 0,
    }
}

fn step(state: State, byte: u8, found: &mut Option<Found>) -> State {
    match state {
        State::Data => State::Data,
        State::Open => match byte {
            b'/' => State::EndName(String::new()),
            b'!' => State::Bang(Vec::new()),
            b'?' => State::Bogus,
            b'<' => State::Open,
            byte if byte.is_ascii_alphabetic() => {
                *found = Some(Found::Tag);
                State::Data
            }
            _ => State::Data,
        },
        State::EndName(name) => step_end_name(name, byte, found),
        State::EndRest(name) => match byte {
            b'>' => {
                *found = Some(Found::End(name));
                State::Data
            }
            // An end tag with attributes: which `>` ends it?
            b'"' | b'\'' => {
                *found = Some(Found::Tag);
                State::Data
            }
            _ => State::EndRest(name),
        },
        State::Bang(mut start) => {
            start.push(byte);
            if start == b"--" {
                State::Comment(b"--".to_vec())
            } else if start == CDATA {
                cdata()
            } else if b"--".starts_with(&start) || CDATA.starts_with(&start) {
                State::Bang(start)
            } else if byte == b'>' {
                State::Data
            } else {
                State::Bogus
            }
        }
        State::Comment(mut last) => {
            last.push(byte);
            // `<!-->` and `<!--->` are comments too.
            if last.ends_with(b"-->") || last.ends_with(b"--!>") {
                State::Data
            } else {
                let from = last.len().saturating_sub(3);
                State::Comment(last.split_off(from))
            }
        }
        State::Cdata {
            after_bracket,
            brackets,
        } => step_cdata(after_bracket, brackets, byte, found),
        State::Bogus if byte == b'>' => State::Data,
        State::Bogus => State::Bogus,
    }
}

/// Reads the name of an end tag.
fn step_end_name(mut name: String, byte: u8, found: &mut Option<Found>) -> State {
    match byte {
        b'>' => {
            if !name.is_empty() {
                *found = Some(Found::End(name));
            }
            State::Data
        }
        b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' if !name.is_empty() => State::EndRest(name),
        byte if name.is_empty() && !byte.is_ascii_alphabetic() => State::Bogus,
        byte if name.len() < MAX_NAME => {
            name.push(char::from(byte.to_ascii_lowercase()));
            State::EndName(name)
        }
        _ => State::EndName(name),
    }
}

fn step_cdata(after_bracket: bool, brackets: u8, byte: u8, found: &mut Option<Found>) -> State {
    match byte {
        // For a parser outside of SVG this is a comment that ends at its first `>`.
        b'>' if brackets >= 2 => State::Data,
        b'>' => State::Cdata {
            after_bracket: true,
            brackets: 0,
        },
        b'<' if after_bracket => {
            *found = Some(Found::Cdata);
            State::Data
        }
        b']' => State::Cdata {
            after_bracket,
            brackets: brackets.saturating_add(1),
        },
        _ => State::Cdata {
            after_bracket,
            brackets: 0,
        },
    }
}

/// Looks for what would be markup if the parser were wrong to take it for text.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    after_bracket: bool,
}

impl Watch {
    /// Returns `true` at the first `<` before a letter, `/`, `!` or `?`.
    pub(crate) fn sees(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            if self.after_bracket
                && (byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
            {
                return true;
            }
            self.after_bracket = byte == b'<';
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Next, Scan, Watch};

    fn scan(text: &str) -> (String, bool) {
        let mut results = Vec::new();
        for size in [1, 2, 3, 1000] {
            let (mut log, mut scan) = (String::new(), Scan::default());
            for chunk in text.as_bytes().chunks(size) {
                scan.write(chunk, &mut |found| match found {
                    Found::End(name) => {
                        log.push_str(&format!("/{name} "));
                        match &*name {
                            "svg" => Next::Outside,
                            "math" => Next::Stop,
                            _ => Next::Inside,
                        }
                    }
                    found => {
                        log.push_str(&format!("{found:?} "));
                        Next::Inside
                    }
                });
            }
            results.push((log, scan.tag()));
        }
        results.dedup();
        assert_eq!(results.len(), 1, "{text}: {results:?}");
        results.remove(0)
    }

    #[test]
    fn end_tags_and_hidden_markup_are_found() {
        for (text, found) in [
            ("a < b </G> </g\n>", "/g /g "),
            ("<!-- </g> <x> --!></g>", "/g "),
            ("<!--></g>", "/g "),
            ("<!---></g>", "/g "),
            ("<![CDATA[ a>b ]]></g>", "/g "),
            ("<![CDATA[ <x> ]]></g>", "/g "),
            ("<![CDATA[ > <x ]]>", "Cdata "),
            ("<![CDATA[]]></g>", "/g "),
            ("<!x </g> </g>", "/g "),
            ("</g a=\">\">", "Tag "),
            ("</ g></g>", "/g "),
            ("</svg><p a='<!--'></g><![CDATA[ > < ]]>", "/svg Cdata "),
        ] {
            assert_eq!(scan(text).0, found, "{text}");
        }
        assert!(scan("<!-- ").1);
        assert!(scan("<![CDATA[>").1);
        assert!(!scan("a < b").1);
    }

    #[test]
    fn watch_sees_markup_only() {
        assert!(!Watch::default().sees(b"1<2 < x <= y <"));
        assert!(Watch::default().sees(b"x <!-- y"));
        assert!(Watch::default().sees(b"x <img>"));
        assert!(Watch::default().sees(b"x </p>"));
    }
}
