//! What becomes of one element: which attributes are renamed, and how its content is read.

use super::{
    charset::Charset,
    css,
    decision::{Decision, Standing},
    edits::{Edits, PREFIX},
    judge::{Judgement, Place},
    loads::{If, Loads, is_data_block, link_loads, loads},
    namespaces::Namespace,
    nested::Inner,
    placeholder::{Found, source_of},
    questions::Questions,
    tag::{Attribute, Tag},
};
use crate::policy::CategorySet;

/// How the content of an element is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Pass,
    Css,
    /// An inline script, which waits until its text is known.
    Script,
    /// The rules by which browsers load pages in advance.
    SpeculationRules,
    /// Markup for browsers that run no scripts.
    Noscript,
}

/// Decides about the attributes of an element.
pub(crate) fn decide(tag: &Tag, standing: Standing, questions: &mut Questions) -> Decision {
    let mut edits = Edits::default();
    // A script that is only data loads no code. Its other attributes are those of any element.
    let is_inert = tag.name == "script" && is_inert(tag, questions);
    let label = match is_inert {
        true => Judgement::Loads,
        false => questions.label(tag),
    };
    let mut held = Judgement::Loads;
    let mut disabled = false;
    let (mut source, mut has_document) = (None, false);
    for attribute in tag.effective() {
        let Some((loads, condition)) = loads(standing.namespace, &tag.name, &attribute.name) else {
            continue;
        };
        let is_code = matches!(loads, Loads::Url | Loads::Reference);
        if !applies(condition, tag, questions) || is_inert && is_code {
            continue;
        }
        let at = At {
            tag,
            attribute,
            standing,
        };
        let Some((judgement, is_changed)) = judge(at, loads, questions, &mut edits) else {
            continue;
        };
        let judgement = judgement.and(questions.report(place(tag, attribute), label));
        if loads == Loads::Srcdoc {
            has_document = !judgement.is_held() && !is_changed;
        } else if source_of(&tag.name) == Some(&attribute.name) {
            source = Some(judgement);
        }
        if judgement.is_held() {
            rename(tag, attribute, &mut edits);
            held = held.and(judgement);
            disabled |= tag.name == "script" && is_code;
        }
    }
    // Marked, it would be started after consent.
    if held.is_held() && !is_inert {
        let all = held.and(marked(tag, standing, questions));
        mark(tag, all, disabled, questions, &mut edits);
    } else if tag.get("data-consent").is_some() {
        let waiting = held.and(marked(tag, standing, questions));
        relabel(tag, waiting, questions, &mut edits);
    }
    let mut decision = Decision {
        edits,
        disabled,
        ..Decision::default()
    };
    if let (Some(plain), Some(placeholders)) = (standing.place, questions.placeholders.clone()) {
        let found = Found {
            tag,
            source,
            label,
            has_document,
            plain,
        };
        placeholders.place(found, questions.ground(), &mut decision);
    }
    decision
}

/// An attribute where it is.
#[derive(Clone, Copy)]
struct At<'a> {
    tag: &'a Tag,
    attribute: &'a Attribute,
    standing: Standing,
}

/// Judges an attribute, and changes what is inside of its value: the second answer is `true` if it did.
/// `None` for what is settled with that.
fn judge(
    at: At<'_>,
    loads: Loads,
    questions: &mut Questions,
    edits: &mut Edits,
) -> Option<(Judgement, bool)> {
    let (tag, attribute) = (at.tag, at.attribute);
    match loads {
        Loads::Css => {
            rewrite_style(tag, attribute, questions, edits);
            None
        }
        Loads::Srcdoc => {
            let value = attribute.value(questions.charset);
            let changed = match srcdoc(&value, at.standing, questions) {
                Ok(changed) => changed,
                Err(judgement) => return Some((judgement, false)),
            };
            let is_changed = changed.is_some();
            if let Some(value) = changed {
                edits.value(attribute.value_at(), value);
            }
            Some((Judgement::Loads, is_changed))
        }
        Loads::Base => {
            let href = attribute.value(questions.charset);
            if questions.base(&href, at.standing.sure).is_held() {
                rename(tag, attribute, edits);
            }
            None
        }
        loads => Some((questions.attribute(tag, attribute, loads), false)),
    }
}

/// Replaces the addresses in a `style` attribute that are held back.
fn rewrite_style(tag: &Tag, attribute: &Attribute, questions: &mut Questions, edits: &mut Edits) {
    let value = attribute.value(questions.charset);
    let place = place(tag, attribute);
    let mut is_held = |url: &str| questions.url(url, place).is_held();
    if let Some(value) = css::rewrite(&value, &mut is_held) {
        edits.value(attribute.value_at(), value);
    }
}

/// Returns the changes that hold back an inline script.
pub(crate) fn held_script(tag: &Tag, judgement: Judgement, questions: &Questions) -> Edits {
    let mut edits = Edits::default();
    mark(tag, judgement, true, questions, &mut edits);
    edits
}

/// Says how the content is read.
pub(crate) fn reading(tag: &Tag, namespace: Namespace, questions: &Questions) -> Reading {
    match (&*tag.name, namespace) {
        ("style", Namespace::Html | Namespace::Svg) => Reading::Css,
        ("noscript", Namespace::Html) => Reading::Noscript,
        ("script", Namespace::Html | Namespace::Svg) => {
            let kind = tag.value("type", questions.charset).unwrap_or_default();
            let outside: &[_] = match namespace {
                Namespace::Html => &["src"],
                _ => &["href", "xlink:href"],
            };
            if kind.trim().eq_ignore_ascii_case("speculationrules") {
                Reading::SpeculationRules
            } else if is_waiting(tag, questions.charset)
                && !outside.iter().any(|name| tag.get(name).is_some())
            {
                Reading::Script
            } else if is_data_block(&kind) || outside.iter().any(|name| tag.get(name).is_some()) {
                Reading::Pass
            } else {
                Reading::Script
            }
        }
        _ => Reading::Pass,
    }
}

fn is_inert(tag: &Tag, questions: &Questions) -> bool {
    tag.value("type", questions.charset)
        .is_some_and(|kind| is_data_block(&kind))
}

fn applies(condition: If, tag: &Tag, questions: &Questions) -> bool {
    let value = |name| tag.value(name, questions.charset).unwrap_or_default();
    match condition {
        If::Always | If::Animates => true,
        If::ImageInput => value("type").eq_ignore_ascii_case("image"),
        If::Link => link_loads(&value("rel")),
        If::Refresh => value("http-equiv").eq_ignore_ascii_case("refresh"),
    }
}

fn place<'a>(tag: &'a Tag, attribute: &'a Attribute) -> Place<'a> {
    Place {
        element: &tag.name,
        attribute: &attribute.name,
    }
}

/// Renames an attribute wherever the tag repeats it: without the first, the second would count.
fn rename(tag: &Tag, attribute: &Attribute, edits: &mut Edits) {
    for repeated in tag
        .attributes
        .iter()
        .filter(|other| other.name == attribute.name)
    {
        edits.rename(repeated.at);
    }
}

/// Marks a held element with the services that it waits for, and disables a script.
fn mark(tag: &Tag, judgement: Judgement, disable: bool, questions: &Questions, edits: &mut Edits) {
    let mut added = String::new();
    let services = match judgement {
        Judgement::Held(services) => services,
        Judgement::Loads => CategorySet::EMPTY,
    };
    // The first attribute of a name counts, so that this one wins over the site's own.
    if !services.is_empty() || tag.get("data-consent").is_some() {
        let ids: Vec<_> = services
            .iter()
            .map(|service| super::attribute::escape(questions.judge.id(service)))
            .collect();
        added = format!(" data-consent=\"{}\"", ids.join(" "));
    }
    if disable {
        added.push_str(" type=\"text/plain\"");
        if let Some(kind) = tag.get("type") {
            rename(tag, kind, edits);
        }
    }
    if !added.is_empty() {
        edits.insert(tag.name_end(), added);
    }
}

/// Judges what an element loads once it is started: the attributes that are renamed already, and all of a script that the
/// site itself keeps from running.
fn marked(tag: &Tag, standing: Standing, questions: &mut Questions) -> Judgement {
    let waits = is_waiting(tag, questions.charset);
    let mut result = Judgement::Loads;
    for attribute in tag.effective() {
        let real = attribute.name.strip_prefix(PREFIX);
        let name = real.unwrap_or(&attribute.name);
        let loads = loads(standing.namespace, &tag.name, name);
        let Some((loads, condition)) = loads else {
            continue;
        };
        let is_code = matches!(loads, Loads::Url | Loads::Reference);
        if real.is_none() && !(waits && is_code) {
            continue;
        }
        // The script of the pages starts no document, and no base.
        let is_started = !matches!(loads, Loads::Css | Loads::Srcdoc | Loads::Base);
        if is_started && applies(condition, tag, questions) {
            result = result.and(questions.attribute(tag, attribute, loads));
        }
    }
    result
}

/// Is this a script that waits for consent?
pub(crate) fn is_waiting(tag: &Tag, charset: Charset) -> bool {
    let kind = || tag.value("type", charset).unwrap_or_default();
    tag.name == "script"
        && tag.get("data-consent").is_some()
        && kind().eq_ignore_ascii_case("text/plain")
}

/// Adds to the site's own label what else the element waits for: nothing may be started by the consent to another
/// service.
pub(crate) fn relabel(tag: &Tag, waiting: Judgement, questions: &Questions, edits: &mut Edits) {
    let label = tag
        .value("data-consent", questions.charset)
        .unwrap_or_default();
    let mut ids: Vec<_> = label.split_ascii_whitespace().collect();
    let Judgement::Held(services) = waiting else {
        return;
    };
    let before = ids.len();
    if before == 0 {
        // It waits for nobody.
        return;
    }
    match services.is_empty() {
        true => ids.clear(),
        false => {
            let others = services.iter().map(|service| questions.judge.id(service));
            let others: Vec<_> = others.filter(|id| !ids.contains(id)).collect();
            ids.extend(others);
        }
    }
    if ids.len() != before {
        let added = format!(
            " data-consent=\"{}\"",
            super::attribute::escape(&ids.join(" "))
        );
        edits.insert(tag.name_end(), added);
    }
}

/// Gates a document in an attribute: `Ok(Some)` if it changes, `Err` if it can't be read.
fn srcdoc(
    document: &str,
    standing: Standing,
    questions: &Questions,
) -> Result<Option<String>, Judgement> {
    let held = Err(Judgement::FOR_GOOD);
    // The document itself is in memory already.
    let left = standing.memory.checked_sub(document.len());
    let standing = left.map(|memory| Standing { memory, ..standing });
    let nest = |standing| (questions.nest)(Inner::Srcdoc, standing, questions);
    let Some(mut gate) = standing.and_then(nest) else {
        return held;
    };
    if gate.write(document.as_bytes()).is_err() || gate.end().is_err() {
        return held;
    }
    let gated = gate.take();
    Ok(gate
        .has_changed()
        .then(|| String::from_utf8_lossy(&gated).into_owned()))
}
