//! The contents that wait for their end: scripts, and style sheets of SVG.

use std::borrow::Cow;

use super::{
    attribute,
    content::{Content, MAX_SCRIPT},
    css::Css,
    edits::Edits,
    element,
    judge::{Judgement, Place},
    state::{State, is_held},
    stopped::Stopped,
};

impl State {
    /// Sends on a script, held or not.
    pub(crate) fn end_script(&mut self) {
        let Content::Script(script) = self.take_content() else {
            return;
        };
        let place = Place {
            element: "script",
            attribute: "",
        };
        let text = self.questions.charset.decode(&script.text).into_owned();
        let mut judgement = self.questions.script(&text, place);
        if script.rules {
            judgement = judgement.and(match script.text.len() < MAX_SCRIPT {
                true => self.questions.rules(&text, place),
                // The rest has not come.
                false => self.questions.report(place, Judgement::FOR_GOOD),
            });
        }
        let mut edits = script.edits;
        let is_waiting = element::is_waiting(&script.tag, self.questions.charset);
        if is_waiting && judgement.is_held() {
            let mut labelled = Edits::default();
            element::relabel(&script.tag, judgement, &self.questions, &mut labelled);
            self.changed |= !labelled.is_empty();
            edits.add(labelled);
            judgement = Judgement::Loads;
        } else if !is_waiting {
            let label = self.questions.label(&script.tag);
            judgement = judgement.and(self.questions.report(place, label));
        }
        if judgement.is_held() {
            self.changed = true;
            edits.add(element::held_script(
                &script.tag,
                judgement,
                &self.questions,
            ));
        }
        edits.apply(&script.start, &mut self.out);
        self.out.extend_from_slice(&script.text);
    }

    /// Sends on a style sheet of SVG, or one of which it is not certain.
    pub(crate) fn end_svg_css(&mut self, text: &[u8]) {
        if let Some((start, sheet, end)) = in_cdata(text)
            && !self.namespaces.is_uncertain()
        {
            self.out.extend_from_slice(start);
            self.write_css(sheet);
            self.out.extend_from_slice(end);
            return;
        }
        let charset = self.questions.charset;
        let read = charset.decode(text);
        let decoded = characters(&read);
        if decoded != read {
            let mut held = is_held(&mut self.questions);
            if let Some(replaced) = super::css::rewrite(&decoded, &mut held) {
                if self.namespaces.is_uncertain() {
                    self.stopped = Some(Stopped::Ambiguous);
                    return;
                }
                self.changed = true;
                self.out
                    .extend_from_slice(attribute::escape(&replaced).as_bytes());
                return;
            }
        }
        self.write_css(text);
    }

    fn write_css(&mut self, text: &[u8]) {
        let mut css = Css::new(self.questions.charset);
        let mut held = is_held(&mut self.questions);
        self.changed |= css.write(text, &mut held, &mut self.out);
        self.changed |= css.end(&mut held, &mut self.out);
    }
}

/// Returns what is before, in, and behind a CDATA section that has all of a style sheet.
fn in_cdata(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (open, close) = (b"<![CDATA[", b"]]>");
    let from = text.len() - text.trim_ascii_start().len() + open.len();
    let to = text.trim_ascii_end().len().checked_sub(close.len())?;
    let inside = text.get(from..to)?;
    let is_one = text[..from].ends_with(open)
        && text[to..].starts_with(close)
        && memchr::memmem::find(inside, close).is_none();
    // In Shift_JIS and the like, a bracket may be a part of a character.
    (is_one && text.is_ascii()).then(|| (&text[..from], inside, &text[to..]))
}

/// Returns the text of an element of SVG: with character references read, without comments, and what is in CDATA as
/// it is.
fn characters(markup: &str) -> Cow<'_, str> {
    let mut rest = markup;
    let mut all = String::new();
    while let Some(at) = section_in(rest) {
        let (before, found) = rest.split_at(at);
        let (raw, after) = section(found);
        all += &attribute::decode(before);
        all += raw;
        rest = after;
    }
    match all.is_empty() && rest.len() == markup.len() {
        true => attribute::decode(markup),
        false => (all + &attribute::decode(rest)).into(),
    }
}

/// Finds the next comment or CDATA section.
fn section_in(markup: &str) -> Option<usize> {
    let mut all = memchr::memchr_iter(b'<', markup.as_bytes());
    all.find(|at| matches!(markup.as_bytes().get(at + 1), Some(b'!' | b'?')))
}

/// Returns the text that a comment, which has none, or a CDATA section is for browsers, and what comes behind it.
fn section(markup: &str) -> (&str, &str) {
    if let Some(data) = markup.strip_prefix("<![CDATA[") {
        return data.split_once("]]>").unwrap_or((data, ""));
    }
    let is_comment = markup.starts_with("<!--");
    let ends = |at: &usize| {
        let before = &markup[2..*at];
        // `<!-->` is a whole comment, and `<!--!>` is none.
        !is_comment || before.ends_with("--") || (before.len() > 4 && before.ends_with("--!"))
    };
    let end = memchr::memchr_iter(b'>', markup.as_bytes()).find(ends);
    ("", end.map_or("", |at| &markup[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::characters;

    #[test]
    fn style_sheets_of_svg_are_read_as_browsers_do() {
        for (markup, text) in [
            ("a{b:&quot;c&quot;}", "a{b:\"c\"}"),
            ("u<!---->rl(x)", "url(x)"),
            ("u<![CDATA[rl(x)]]>", "url(x)"),
            ("<![CDATA[&lt;<!-- -->]]>&lt;", "&lt;<!-- --><"),
            ("<!-- /* -->a<!-- */ -->", "a"),
            ("@im<!x>port<?y z>", "@import"),
            ("a<!-->b<!--->c", "abc"),
            ("a<!--!>b--!>c<!---!>d-->e", "ace"),
            ("a<!-- b", "a"),
            ("a<![CDATA[b", "ab"),
            ("&am<!---->p;", "&amp;"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(characters(markup), text, "{markup}");
        }
    }
}
