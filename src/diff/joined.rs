//! Joins what is said of the same visitors.

use super::asked::AskedAgain;

/// Joins entries that differ in their answers, and those that differ in ranges of revisions which touch.
pub(super) fn joined(all: Vec<AskedAgain>, newest: u32) -> Vec<AskedAgain> {
    let mut by_answer: Vec<AskedAgain> = Vec::new();
    for asked in all {
        let same = by_answer.iter_mut().find(|it| {
            AskedAgain {
                answers: asked.answers.clone(),
                ..(**it).clone()
            } == asked
        });
        match same {
            Some(known) => known.answers.extend(asked.answers),
            None => by_answer.push(asked),
        }
    }
    let mut joined: Vec<AskedAgain> = Vec::new();
    for asked in by_answer {
        let Some((first, last)) = asked.revisions else {
            continue;
        };
        let touches = joined.iter_mut().find(|it| {
            let is_before = it
                .revisions
                .is_some_and(|(_, end)| end.checked_add(1) == Some(first));
            is_before
                && AskedAgain {
                    revisions: asked.revisions,
                    ..(**it).clone()
                } == asked
        });
        match touches {
            Some(known) => known.revisions = known.revisions.map(|(start, _)| (start, last)),
            None => joined.push(asked),
        }
    }
    for asked in &mut joined {
        asked.everybody &= asked.service.is_none();
        if asked.revisions == Some((1, newest)) {
            asked.revisions = None;
        }
    }
    joined
}
