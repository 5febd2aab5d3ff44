//! What the parser's callbacks share. The parser itself changes nothing: its output, which is its
//! input byte for byte, passes through here, where each start tag is known when it comes by.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    ahead::Ahead,
    charset::Charset,
    content::{Content, MAX_SCRIPT, Script},
    css::Css,
    decision::{Decision, Standing},
    edits::Edits,
    element::{self, Reading},
    inserts::Inserts,
    judge::Place,
    namespaces::{Namespace, Namespaces},
    nested::Inner,
    questions::Questions,
    scan::{Found, Next, Scan, Watch},
    stopped::Stopped,
    tag::Tag,
};

/// An element that the parser reports.
pub(crate) const PROBE: &[u8] = b"<track>";

/// A start tag that is about to come by.
#[derive(Debug)]
pub(crate) struct Coming {
    pub(crate) decision: Decision,
    pub(crate) content: Content,
    /// What is put into the page before it and behind it, if its body begins here.
    pub(crate) around: (String, String),
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) out: Vec<u8>,
    /// How many bytes came from the parser.
    pub(crate) received: usize,
    pub(crate) coming: Option<Coming>,
    content: Content,
    watch: Option<Watch>,
    /// The element of SVG or `MathML` that browsers that scan ahead are still in.
    pub(crate) ahead: Option<Ahead>,
    scan: Scan,
    pub(crate) questions: Questions,
    pub(crate) namespaces: Namespaces,
    /// Inside of `<select>`, or after `<frameset>`, browsers ignore some elements.
    pub(crate) in_select: bool,
    /// It is not certain where a `<select>` ends.
    pub(crate) select_holds_template: bool,
    pub(crate) after_frameset: bool,
    pub(crate) templates: usize,
    pub(crate) stopped: Option<Stopped>,
    /// The parser has to start anew at this tag, whose namespace is this one.
    pub(crate) restart: Option<Namespace>,
    pub(crate) changed: bool,
    pub(crate) depth: u8,
    pub(crate) memory: usize,
    /// Is this a part of the document around it?
    pub(crate) is_part: bool,
    /// Was the element that is written last seen?
    pub(crate) probe: Option<bool>,
    /// Is the element that begins here inside of a link or a button?
    pub(crate) is_plain: bool,
    /// What comes behind the end tag that is about to come by.
    pub(crate) after: Option<String>,
    /// The banner and the footer.
    pub(crate) inserts: Option<Box<Inserts>>,
    /// Nothing that comes from the parser is a part of the document any more.
    pub(crate) is_over: bool,
}

impl State {
    pub(crate) fn new(questions: Questions, depth: u8, memory: usize) -> Self {
        Self {
            out: Vec::new(),
            received: 0,
            coming: None,
            content: Content::Markup,
            watch: None,
            ahead: None,
            scan: Scan::default(),
            questions,
            namespaces: Namespaces::default(),
            in_select: false,
            select_holds_template: false,
            after_frameset: false,
            templates: 0,
            stopped: None,
            restart: None,
            changed: false,
            depth,
            memory,
            is_part: false,
            probe: None,
            is_plain: false,
            after: None,
            inserts: None,
            is_over: false,
        }
    }

    pub(crate) fn standing(&self, namespace: Namespace) -> Standing {
        Standing {
            namespace: (!self.namespaces.is_uncertain()).then_some(namespace),
            depth: self.depth,
            memory: self.memory,
            // Some browsers leave out what is inside of a `select`.
            sure: self.templates == 0 && !self.in_select && !self.namespaces.is_uncertain(),
            place: self.has_place(namespace).then_some(self.is_plain),
        }
    }

    /// Can there be a placeholder for an element of this namespace?
    fn has_place(&self, namespace: Namespace) -> bool {
        namespace == Namespace::Html
            && self.namespaces.is_outside()
            && !self.namespaces.is_uncertain()
            && !self.in_select
            && !self.after_frameset
    }

    /// Is there something for the end of the document?
    pub(crate) fn has_end(&self) -> bool {
        let placeholders = self.questions.placeholders.as_ref();
        let has_forms = placeholders.is_some_and(|it| it.has_end());
        let is_open = matches!(self.content, Content::Markup | Content::Text);
        self.depth == 0
            && is_open
            && (has_forms || self.inserts.as_ref().is_some_and(|it| it.has_end()))
    }

    /// Adds the forms of the placeholders, and the footer. Whatever comes behind the body is put at its
    /// end. A form that does not end would take in theirs, so it ends before them.
    pub(crate) fn add_end(&mut self) {
        let placeholders = self.questions.placeholders.as_ref();
        let mut added = placeholders.map(|it| it.end()).unwrap_or_default();
        if let Some(inserts) = &mut self.inserts {
            added.push_str(&inserts.end(&self.questions));
        }
        if !added.is_empty() {
            self.changed = true;
            self.out.extend_from_slice(b"</form>");
            self.out.extend_from_slice(added.as_bytes());
        }
    }

    /// Is markup that comes at the end of the document a part of its body?
    pub(crate) fn ends_in_body(&self) -> bool {
        self.probe == Some(true)
            && self.namespaces.is_outside()
            && !self.in_select
            && !self.after_frameset
            && self.templates == 0
    }

    /// Has the document's body not begun, and is that of interest?
    pub(crate) fn looks_for_body(&self) -> bool {
        self.inserts.as_ref().is_some_and(|it| it.is_head())
    }

    /// Does nothing go on behind this part of a document?
    pub(crate) fn is_clear(&self) -> bool {
        self.probe == Some(true)
            && self.namespaces.is_outside()
            && !self.namespaces.is_odd()
            && !self.in_select
            && !self.after_frameset
            && self.templates == 0
    }

    pub(crate) fn take_content(&mut self) -> Content {
        std::mem::take(&mut self.content)
    }

    /// Begins to look for markup in the text that follows.
    pub(crate) fn watch(&mut self) {
        self.watch = Some(Watch::default());
    }

    /// Begins to read what is in an `<svg>` or `<math>`.
    pub(crate) fn enter_foreign(&mut self) {
        self.scan = Scan::default();
    }

    /// Returns the way to read the content of an element.
    pub(crate) fn content(&self, tag: &Tag, namespace: Namespace, is_text: bool) -> Content {
        match element::reading(tag, namespace, &self.questions) {
            Reading::Css if namespace == Namespace::Svg || self.namespaces.is_uncertain() => {
                Content::SvgCss(Vec::new())
            }
            Reading::Css => Content::Css(Css::new(self.questions.charset)),
            reading @ (Reading::Script | Reading::SpeculationRules) => Content::Script(Script {
                tag: tag.clone(),
                rules: reading == Reading::SpeculationRules,
                is_markup: namespace != Namespace::Html,
                start: Vec::new(),
                edits: Edits::default(),
                text: Vec::new(),
            }),
            Reading::Noscript => {
                let standing = self.standing(namespace);
                match (self.questions.nest)(Inner::Noscript, standing, &self.questions) {
                    Some(gate) => Content::Noscript(gate),
                    None => Content::Text,
                }
            }
            Reading::Pass if is_text => Content::Text,
            Reading::Pass => Content::Markup,
        }
    }

    /// Takes what comes from the parser.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        let after = self.after.take();
        self.receive_part(bytes);
        if let Some(after) = after {
            self.changed = true;
            self.out.extend_from_slice(after.as_bytes());
        }
    }

    fn receive_part(&mut self, bytes: &[u8]) {
        self.received += bytes.len();
        if self.stopped.is_some() || bytes.is_empty() || self.probe == Some(true) || self.is_over {
            return;
        }
        if self.ahead.as_mut().is_some_and(|ahead| ahead.sees(bytes)) {
            self.stopped = Some(Stopped::Ambiguous);
            return;
        }
        if let Some(coming) = self.coming.take() {
            return self.receive_tag(coming, bytes);
        }
        if self.watch.as_mut().is_some_and(|watch| watch.sees(bytes)) {
            self.stopped = Some(Stopped::Ambiguous);
            return;
        }
        let is_markup = match &self.content {
            Content::Markup | Content::SvgCss(_) => true,
            Content::Script(script) => script.is_markup,
            _ => false,
        };
        if is_markup && self.namespaces.may_have_cdata() {
            self.look_for_ends(bytes);
        }
        self.receive_markup(bytes);
    }

    /// Takes everything but the start tags that were looked at; puts in the banner where the body begins.
    fn receive_markup(&mut self, bytes: &[u8]) {
        let opens = match &mut self.inserts {
            Some(inserts) if self.templates == 0 && matches!(self.content, Content::Markup) => {
                inserts.read(bytes, &self.questions)
            }
            _ => None,
        };
        let Some((at, inserted)) = opens else {
            return self.receive_content(bytes);
        };
        let (before, behind) = bytes.split_at(at);
        self.out.extend_from_slice(before);
        self.add(&inserted);
        self.out.extend_from_slice(behind);
    }

    fn add(&mut self, inserted: &str) {
        self.changed |= !inserted.is_empty();
        self.out.extend_from_slice(inserted.as_bytes());
    }

    fn receive_tag(&mut self, coming: Coming, bytes: &[u8]) {
        if self.namespaces.may_have_cdata() && self.scan.tag() {
            self.stopped = Some(Stopped::Ambiguous);
            return;
        }
        let Coming {
            decision,
            content,
            around: (first, last),
        } = coming;
        self.add(&first);
        let Decision {
            edits,
            disabled,
            before,
            inside,
        } = decision;
        self.content = content;
        self.changed |= !(edits.is_empty() && before.is_empty() && inside.is_empty());
        self.out.extend_from_slice(before.as_bytes());
        match &mut self.content {
            Content::Script(script) if !disabled => {
                script.start = bytes.to_vec();
                script.edits = edits;
            }
            content => {
                if matches!(content, Content::Script(_)) {
                    *content = Content::Text;
                }
                edits.apply(bytes, &mut self.out);
            }
        }
        self.out.extend_from_slice(inside.as_bytes());
        self.add(&last);
    }

    fn receive_content(&mut self, bytes: &[u8]) {
        match &mut self.content {
            Content::Markup | Content::Text => self.out.extend_from_slice(bytes),
            Content::Css(css) => {
                let mut held = is_held(&mut self.questions);
                self.changed |= css.write(bytes, &mut held, &mut self.out);
                if css.waiting() > self.memory {
                    self.stopped = Some(Stopped::Memory);
                }
            }
            Content::SvgCss(text) => {
                text.extend_from_slice(bytes);
                if text.len() > self.memory {
                    self.stopped = Some(Stopped::Memory);
                }
            }
            Content::Script(script) => {
                script.text.extend_from_slice(bytes);
                if script.text.len() >= MAX_SCRIPT {
                    self.end_script();
                    self.content = Content::Text;
                }
            }
            Content::Noscript(gate) => {
                if let Err(stopped) = gate.write(bytes) {
                    self.stopped = Some(stopped);
                }
                self.out.append(&mut gate.take());
            }
        }
    }

    /// Follows the end tags in SVG and `MathML`, and stops at what only some parsers see.
    fn look_for_ends(&mut self, bytes: &[u8]) {
        let Self {
            scan,
            namespaces,
            stopped,
            ..
        } = self;
        if namespaces.is_outside() {
            scan.leave();
        }
        scan.write(bytes, &mut |found| {
            match found {
                Found::End(name) => namespaces.end(&name),
                Found::Tag => namespaces.give_up(),
                Found::Cdata => *stopped = Some(Stopped::Ambiguous),
            }
            match namespaces.is_outside() {
                false => Next::Inside,
                true if namespaces.may_have_cdata() => Next::Outside,
                true => Next::Stop,
            }
        });
    }

    /// Ends the content that is being read where another element begins inside of it. A style sheet
    /// goes on behind that one.
    pub(crate) fn interrupt_content(&mut self) {
        if matches!(self.content, Content::SvgCss(_)) {
            self.stopped = Some(Stopped::Ambiguous);
        }
        self.end_content();
    }

    /// Ends the content that is being read: its end tag has come, or another element.
    pub(crate) fn end_content(&mut self) {
        self.watch = None;
        match self.take_content() {
            Content::Markup | Content::Text => {}
            Content::Css(mut css) => {
                let mut held = is_held(&mut self.questions);
                self.changed |= css.end(&mut held, &mut self.out);
            }
            Content::SvgCss(text) => self.end_svg_css(&text),
            script @ Content::Script(_) => {
                self.content = script;
                self.end_script();
                self.content = Content::Markup;
            }
            Content::Noscript(mut gate) => {
                if let Err(stopped) = gate.end() {
                    self.stopped = Some(stopped);
                }
                self.out.append(&mut gate.take());
                self.changed |= gate.has_changed();
                gate.leave_bases(&mut self.questions.bases);
            }
        }
    }
}

pub(crate) fn is_held(questions: &mut Questions) -> impl FnMut(&str) -> bool + '_ {
    let place = Place {
        element: "style",
        attribute: "",
    };
    move |url| questions.of_sheet(url, place, 0).is_held()
}

/// The charset of documents inside of others.
pub(crate) fn inner_charset(inner: Inner, charset: Charset) -> Charset {
    match inner {
        Inner::Srcdoc => Charset::UTF_8,
        Inner::Noscript => charset,
    }
}

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
