//! The contents that wait for their end: scripts, and style sheets of SVG.

use super::{
    content::{Content, MAX_SCRIPT},
    css::Css,
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
        let label = self.questions.label(&script.tag);
        judgement = judgement.and(self.questions.report(place, label));
        let mut edits = script.edits;
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
        let charset = self.questions.charset;
        let read = charset.decode(text);
        let decoded = super::attribute::decode(&read);
        if decoded != read {
            let mut held = is_held(&mut self.questions);
            if let Some(replaced) = super::css::rewrite(&decoded, &mut held) {
                if self.namespaces.is_uncertain() {
                    self.stopped = Some(Stopped::Ambiguous);
                    return;
                }
                self.changed = true;
                // CDATA is not read inside of what is escaped, and has no meaning for CSS.
                let plain = replaced.replace("<![CDATA[", "").replace("]]>", "");
                self.out
                    .extend_from_slice(super::attribute::escape(&plain).as_bytes());
                return;
            }
        }
        let mut css = Css::new(charset);
        let mut held = is_held(&mut self.questions);
        self.changed |= css.write(text, &mut held, &mut self.out);
        self.changed |= css.end(&mut held, &mut self.out);
    }
}
