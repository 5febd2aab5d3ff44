//! The gate: a document goes in piece by piece and comes out as it was, but for what is held back.

use std::sync::{Arc, LazyLock, Mutex};

use encoding_rs::WINDOWS_1252;
use lol_html::{
    AsciiCompatibleEncoding, MemorySettings, OutputSink, Selector,
    errors::RewritingError,
    send::{Element, ElementContentHandlers, HtmlRewriter, Settings},
};

use super::{
    bases::Bases,
    charset::Charset,
    decision::Standing,
    handler::{on_element, on_html},
    inserts::Inserts,
    judge::Judge,
    loads::SELECTOR,
    nested::{Inner, Nested},
    origin::Located,
    placeholder::{Placeholders, SELECTORS_OF_PLAIN},
    questions::Questions,
    state::{PROBE, State, inner_charset, lock},
    stopped::Stopped,
};

/// The memory that a document may take up by default.
pub(crate) const MEMORY: usize = 2 * 1024 * 1024;

/// Documents inside of documents, `srcdoc` in `srcdoc`, are read to this depth.
const MAX_DEPTH: u8 = 8;

/// How often the parser may start anew.
const MAX_RESTARTS: usize = 256;

/// The parser's buffer at the start, in bytes.
const PREALLOCATED: usize = 1024;

/// What a gate needs to know.
pub(crate) struct Setup {
    pub(crate) judge: Arc<dyn Judge>,
    /// The document's URL.
    pub(crate) document: Located,
    pub(crate) charset: Charset,
    /// The memory that the document may take up, in bytes.
    pub(crate) memory: usize,
    /// Reports, and changes nothing.
    pub(crate) report_only: bool,
    /// Passes charsets that can't be read.
    pub(crate) pass_charsets: bool,
    /// It has no type, so that its first bytes say whether it is HTML.
    pub(crate) is_guessed: bool,
    /// Shows visitors what is missing.
    pub(crate) placeholders: Option<Arc<Placeholders>>,
    /// The banner and the footer.
    pub(crate) inserts: Option<Box<Inserts>>,
}

/// Takes what the parser gives.
#[derive(Debug)]
struct Sink(Arc<Mutex<State>>);

impl OutputSink for Sink {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        lock(&self.0).receive(chunk);
    }
}

/// A document on its way.
#[derive(Debug)]
pub(crate) struct Gate {
    parser: Option<HtmlRewriter<'static, Sink>>,
    state: Arc<Mutex<State>>,
    /// How many bytes the parser was given.
    given: usize,
    /// What the parser was given and has not given back.
    tail: Vec<u8>,
    restarts: usize,
}

impl Gate {
    pub(crate) fn new(setup: Setup) -> Self {
        let questions = Questions {
            judge: setup.judge,
            bases: Bases::new(setup.document),
            charset: setup.charset,
            report_only: setup.report_only,
            placeholders: setup.placeholders,
            nest,
        };
        let mut state = State::new(questions, 0, setup.memory);
        state.inserts = setup.inserts;
        Self::of(state)
    }

    fn of(state: State) -> Self {
        let memory = state.memory;
        let state = Arc::new(Mutex::new(state));
        Self {
            parser: Some(parser(&state, memory)),
            state,
            given: 0,
            tail: Vec::new(),
            restarts: 0,
        }
    }

    /// Takes a piece of the document. After an error nothing more comes out.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), Stopped> {
        let Some(parser) = &mut self.parser else {
            return Err(self.reason());
        };
        let result = parser.write(piece);
        self.given += piece.len();
        self.keep(piece);
        match result {
            Ok(()) if lock(&self.state).stopped.is_none() => Ok(()),
            Ok(()) => Err(self.stop(None)),
            Err(error) => self.restart(&error),
        }
    }

    /// Ends the document.
    pub(crate) fn end(&mut self) -> Result<(), Stopped> {
        self.probe()?;
        let ends_in_body = loop {
            let ends_in_body = self.ends_in_body()?;
            let Some(parser) = self.parser.take() else {
                return Err(self.reason());
            };
            match parser.end() {
                Ok(()) => break ends_in_body,
                Err(error) => self.restart(&error)?,
            }
        };
        let mut state = lock(&self.state);
        state.end_content();
        if ends_in_body {
            state.add_end();
        }
        state.stopped.map_or(Ok(()), Err)
    }

    /// Returns what has come out since the last time.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.state).out)
    }

    fn keep(&mut self, piece: &[u8]) {
        let kept = self.given - lock(&self.state).received;
        if kept <= piece.len() {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - kept..]);
        } else {
            self.tail.extend_from_slice(piece);
            self.tail.drain(..self.tail.len().saturating_sub(kept));
        }
    }

    /// What begins inside of `noscript` and does not end there goes on behind it, for browsers that
    /// run no scripts: only if one more element would be seen, the parser is at the start again.
    fn probe(&mut self) -> Result<(), Stopped> {
        {
            let mut state = lock(&self.state);
            if !state.is_part {
                return Ok(());
            }
            state.probe = Some(false);
        }
        self.write(PROBE)?;
        let is_clear = lock(&self.state).is_clear();
        if is_clear {
            Ok(())
        } else {
            Err(self.stop(Some(Stopped::Ambiguous)))
        }
    }

    /// Is markup at the end of the document a part of its body? Behind a tag that does not end it would
    /// end it, where browsers drop that tag; and comments, text, templates and the like would take it in.
    /// Only called when there is no more of the document.
    fn ends_in_body(&mut self) -> Result<bool, Stopped> {
        {
            let mut state = lock(&self.state);
            if !self.tail.is_empty() || state.is_part || !state.has_end() {
                return Ok(false);
            }
            state.is_over = true;
            state.probe = Some(false);
        }
        self.write(PROBE)?;
        let mut state = lock(&self.state);
        let ends_in_body = state.ends_in_body();
        state.probe = None;
        Ok(ends_in_body)
    }

    /// Goes on with a new parser where the old one took SVG for what follows it, or ends.
    fn restart(&mut self, error: &RewritingError) -> Result<(), Stopped> {
        let reason = match error {
            RewritingError::MemoryLimitExceeded(_) => Stopped::Memory,
            _ => Stopped::Ambiguous,
        };
        let (wanted, memory) = {
            let state = lock(&self.state);
            (
                state.restart.is_some() && state.stopped.is_none(),
                state.memory,
            )
        };
        self.restarts += 1;
        if !wanted || self.restarts > MAX_RESTARTS {
            return Err(self.stop(Some(reason)));
        }
        lock(&self.state).received = 0;
        self.given = 0;
        self.parser = Some(parser(&self.state, memory));
        let rest = std::mem::take(&mut self.tail);
        self.write(&rest)
    }

    fn stop(&mut self, reason: Option<Stopped>) -> Stopped {
        self.parser = None;
        let mut state = lock(&self.state);
        let reason = state.stopped.or(reason).unwrap_or(Stopped::Ambiguous);
        state.stopped = Some(reason);
        reason
    }

    fn reason(&self) -> Stopped {
        lock(&self.state).stopped.unwrap_or(Stopped::Ambiguous)
    }
}

/// Returns the gate for a document inside of another one; `None` if it is too deep inside. It has half of the
/// memory that is left around it, so that all of them together take up at most as much as the outermost.
pub(crate) fn nest(inner: Inner, standing: Standing, outer: &Questions) -> Option<Box<dyn Nested>> {
    let questions = Questions {
        judge: Arc::clone(&outer.judge),
        bases: outer.bases.inner(),
        charset: inner_charset(inner, outer.charset),
        report_only: outer.report_only,
        // From a document inside of this one, no form would lead back to its place.
        placeholders: outer
            .placeholders
            .as_ref()
            .filter(|_| inner == Inner::Noscript)
            .map(Arc::clone),
        nest: outer.nest,
    };
    (standing.depth < MAX_DEPTH).then(|| {
        let mut state = State::new(questions, standing.depth + 1, standing.memory / 2);
        state.is_part = inner == Inner::Noscript;
        Box::new(Gate::of(state)) as Box<dyn Nested>
    })
}

impl Nested for Gate {
    fn write(&mut self, piece: &[u8]) -> Result<(), Stopped> {
        self.write(piece)
    }

    fn end(&mut self) -> Result<(), Stopped> {
        self.end()
    }

    fn take(&mut self) -> Vec<u8> {
        self.take()
    }

    fn has_changed(&self) -> bool {
        lock(&self.state).changed
    }

    fn leave_bases(&self, bases: &mut Bases) {
        bases.join(&lock(&self.state).questions.bases);
    }
}

static ELEMENTS: LazyLock<Option<Selector>> = LazyLock::new(|| SELECTOR.parse().ok());

/// The element that says the language of the document, and what kind of one it is.
static HTML: LazyLock<Option<Selector>> = LazyLock::new(|| "html".parse().ok());

/// The elements inside of a link or a button, where a placeholder can have none.
static PLAIN: LazyLock<Option<Selector>> = LazyLock::new(|| SELECTORS_OF_PLAIN.parse().ok());

fn parser(state: &Arc<Mutex<State>>, memory: usize) -> HtmlRewriter<'static, Sink> {
    let mut settings = Settings::new_send()
        .with_strict(false)
        .with_memory_settings(
            MemorySettings::new()
                .with_max_allowed_memory_usage(memory)
                .with_preallocated_parsing_buffer_size(memory.min(PREALLOCATED))
                .with_graceful_bail_out_on_memory_limit_exceeded(false),
        );
    if let Some(encoding) = AsciiCompatibleEncoding::new(WINDOWS_1252) {
        settings = settings.with_encoding(encoding);
    }
    let (has_placeholders, has_inserts) = {
        let state = lock(state);
        (
            state.questions.placeholders.is_some(),
            state.inserts.is_some(),
        )
    };
    if let Some(elements) = HTML.as_ref().filter(|_| has_placeholders || has_inserts) {
        let shared = Arc::clone(state);
        let handlers = ElementContentHandlers::default()
            .element(move |element: &mut Element<'_, '_>| on_html(&shared, element));
        settings = settings
            .append_element_content_handler((std::borrow::Cow::Borrowed(elements), handlers));
    }
    if let Some(elements) = PLAIN.as_ref().filter(|_| has_placeholders) {
        let shared = Arc::clone(state);
        let handlers = ElementContentHandlers::default().element(move |_: &mut Element<'_, '_>| {
            lock(&shared).is_plain = true;
            Ok(())
        });
        settings = settings
            .append_element_content_handler((std::borrow::Cow::Borrowed(elements), handlers));
    }
    if let Some(elements) = &*ELEMENTS {
        let shared = Arc::clone(state);
        let handlers = ElementContentHandlers::default()
            .element(move |element: &mut Element<'_, '_>| on_element(&shared, element));
        settings = settings
            .append_element_content_handler((std::borrow::Cow::Borrowed(elements), handlers));
    }
    HtmlRewriter::new(settings, Sink(Arc::clone(state)))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{gate, gate_in_pieces, table};

    #[test]
    fn held_elements_are_renamed_and_nothing_else() {
        for (before, after) in table(include_str!("../../tests/data/documents/pages.txt")) {
            assert_eq!(gate(&before).as_deref(), Ok(&*after), "from:\n{before}");
            for size in [1, 2, 3, 7, 50] {
                let pieces = gate_in_pieces(&before, size);
                assert_eq!(
                    pieces.as_deref(),
                    Ok(&*after),
                    "from, in pieces of {size}:\n{before}"
                );
            }
        }
    }

    #[test]
    fn ambiguous_markup_ends_the_document() {
        for (before, _) in table(include_str!("../../tests/data/documents/ambiguous.txt")) {
            for size in [1, 3, 1_000_000] {
                let result = gate_in_pieces(&before, size);
                assert_eq!(result, Err(super::Stopped::Ambiguous), "{before}");
            }
        }
    }
}
