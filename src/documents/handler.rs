//! What happens at a start tag.

use std::sync::{Arc, Mutex};

use lol_html::send::Element;

use super::{
    ahead::Ahead,
    content::Content,
    element,
    loads::contains_text,
    namespaces::Namespace,
    state::{Coming, PROBE, State, lock},
    stopped::Stopped,
    tag::Tag,
};

pub(crate) type HandlerResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Decides about an element, and how its content is read.
pub(crate) fn on_element(
    shared: &Arc<Mutex<State>>,
    element: &mut Element<'_, '_>,
) -> HandlerResult {
    let mut state = lock(shared);
    state.interrupt_content();
    if let Some(stopped) = state.stopped {
        return Err(stopped.into());
    }
    let tag = Tag::read(element);
    if state.probe.is_some()
        && tag.name == "track"
        && element.source_location().bytes().len() == PROBE.len()
    {
        state.probe = Some(true);
        return Ok(());
    }
    let restarted = state.restart.take();
    let namespace = restarted.unwrap_or_else(|| state.enter(&tag));
    let is_text = namespace == Namespace::Html && contains_text(&tag.name);
    // The parser calls a `<title>` of SVG one of HTML.
    let is_unclear = tag.name == "title" && state.namespaces.is_odd();
    if is_text && (tag.namespace != Namespace::Html || is_unclear) && restarted.is_none() {
        state.restart = Some(namespace);
        state.namespaces.restart();
        return Err(Stopped::Ambiguous.into());
    }
    let is_doubtful = state.doubts(&tag, namespace);
    let is_ahead = state.look_ahead(&tag, is_text);
    let around = state.open_body(&tag);
    let standing = state.standing(namespace);
    state.is_plain = false;
    let decision = element::decide(&tag, standing, &mut state.questions);
    let content = state.content(&tag, namespace, is_text);
    let is_media = standing.place.is_some()
        && state.questions.placeholders.is_some()
        && matches!(&*tag.name, "video" | "audio");
    let is_read = is_doubtful
        || is_media
        || match content {
            Content::Markup => matches!(&*tag.name, "select" | "template"),
            Content::Text => state.namespaces.may_have_cdata() || state.looks_for_body(),
            _ => true,
        };
    if is_doubtful {
        state.watch();
    }
    let has_end = element.can_have_content();
    state.coming = Some(Coming {
        decision,
        content: if has_end { content } else { Content::Markup },
        around,
    });
    drop(state);
    if is_ahead && has_end {
        on_end_ahead(Arc::clone(shared), element)?;
    }
    if is_read && has_end {
        on_end(Arc::clone(shared), element, is_media)?;
    }
    Ok(())
}

/// Ends the element's content at its end tag.
fn on_end(
    shared: Arc<Mutex<State>>,
    element: &mut Element<'_, '_>,
    is_media: bool,
) -> HandlerResult {
    element.on_end_tag(Box::new(move |end| {
        let mut state = lock(&shared);
        state.end_content();
        state.leave(&end.name());
        if is_media && let Some(placeholders) = state.questions.placeholders.clone() {
            state.after = placeholders.end_media(state.questions.ground());
        }
        Ok(())
    }))?;
    Ok(())
}

/// Ends the element for browsers that scan ahead, too, at an end tag that all see.
fn on_end_ahead(shared: Arc<Mutex<State>>, element: &mut Element<'_, '_>) -> HandlerResult {
    element.on_end_tag(Box::new(move |end| {
        let mut state = lock(&shared);
        if state
            .ahead
            .as_ref()
            .is_some_and(|ahead| ahead.is_of(&end.name()))
        {
            state.ahead = None;
        }
        Ok(())
    }))?;
    Ok(())
}

/// Takes note of what the document says about itself.
pub(crate) fn on_html(shared: &Arc<Mutex<State>>, element: &mut Element<'_, '_>) -> HandlerResult {
    let mut state = lock(shared);
    let language = element.get_attribute("lang");
    if let (Some(language), Some(placeholders)) = (&language, &state.questions.placeholders) {
        placeholders.speak(language);
    }
    let tag = Tag::read(element);
    let charset = state.questions.charset;
    if let Some(inserts) = &mut state.inserts {
        let is_amp = tag.attributes.iter().any(|attribute| {
            let name = charset.of_parser(&attribute.name);
            // A flash of lightning, or the word.
            let kind = name
                .strip_prefix('\u{26a1}')
                .or_else(|| name.strip_prefix("amp"))
                .map(|kind| kind.trim_start_matches('\u{fe0f}'));
            matches!(kind, Some("" | "4ads" | "4email"))
        });
        inserts.html(language.as_deref(), is_amp);
    }
    Ok(())
}

impl State {
    /// Returns what is put into the page at this tag: before it, and behind it.
    fn open_body(&mut self, tag: &Tag) -> (String, String) {
        let Some(inserts) = self.inserts.as_mut().filter(|it| it.is_head()) else {
            return Default::default();
        };
        // A template was counted when it began.
        if self.templates > usize::from(tag.name == "template") {
            return Default::default();
        }
        if tag.name == "meta" {
            inserts.meta(tag, &self.questions);
        }
        inserts.tag(&tag.name, &self.questions)
    }

    /// Takes note of a start tag; returns the element's namespace.
    fn enter(&mut self, tag: &Tag) -> Namespace {
        let was_outside = self.namespaces.is_outside();
        match &*tag.name {
            "select" => self.in_select = true,
            // From here on browsers ignore nearly everything.
            "frameset" => {
                self.after_frameset = true;
                self.namespaces.give_up();
            }
            // Some browsers ignore it there.
            "svg" | "math" if self.in_select => self.namespaces.give_up(),
            "template" => {
                self.templates += 1;
                // Inside of it, browsers ignore the end of the `select`, which is one for the parser.
                self.select_holds_template |= self.in_select;
            }
            _ => {}
        }
        if was_outside && !matches!(&*tag.name, "svg" | "math") {
            return Namespace::Html;
        }
        let namespace = self.namespaces.start(&tag.outline(self.questions.charset));
        if was_outside && !self.namespaces.is_outside() {
            self.enter_foreign();
        }
        namespace
    }

    fn leave(&mut self, name: &str) {
        match name {
            "select" => self.in_select = self.select_holds_template,
            "template" => self.templates = self.templates.saturating_sub(1),
            _ => {}
        }
    }

    /// Takes note of an element whose content is markup, and text for browsers that scan ahead; returns `true`
    /// if its end tag ends that text.
    fn look_ahead(&mut self, tag: &Tag, is_text: bool) -> bool {
        let is_markup = tag.namespace != Namespace::Html || tag.name == "title" && !is_text;
        if self.ahead.is_none() && is_markup && contains_text(&tag.name) {
            self.ahead = Some(Ahead::of(&tag.name));
        }
        self.ahead.as_ref().is_some_and(|it| it.is_of(&tag.name))
    }

    /// May a browser read as markup what the parser takes for the text of this element?
    fn doubts(&mut self, tag: &Tag, namespace: Namespace) -> bool {
        // The parser calls what is inside of SVG's `<title>` HTML, and the element itself too.
        let is_svg_title = namespace == Namespace::Svg && tag.name == "title";
        if tag.namespace != Namespace::Html || !contains_text(&tag.name) || is_svg_title {
            return false;
        }
        if namespace != Namespace::Html {
            self.namespaces.give_up();
        }
        self.namespaces.is_uncertain()
            || self.in_select && tag.name != "script"
            || self.after_frameset && tag.name != "noframes"
    }
}
