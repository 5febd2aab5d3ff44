//! Rule 11: shared caches store no response that was changed for one visitor.

use crate::{
    NOW,
    exchange::Done,
    reference::{
        cache::{self, NAMES},
        name, removal,
    },
    scene::{Scene, values},
    show_all,
};

/// Checks that the headers for caches are closed as far as the changes ask for it, and otherwise
/// stay as they are.
pub fn check(scene: &Scene, done: &Done, spared: bool) {
    let (before, after) = (scene.set_cookies(), done.set_cookies());
    let chooses = before
        .iter()
        .any(|field| name::of_set_cookie(field) == Some(scene.site.preferences));
    let kept = cache::is_kept(&scene.response);
    let ours = |field: &Vec<u8>| removal::is_of_our_making(field, NOW, &scene.host());
    // Its removals are for this visitor, or its choice is.
    let has_to_be_closed = spared || after.len() > before.len() || (chooses && kept == Some(true));
    let may_be_closed =
        has_to_be_closed || after.last().is_some_and(ours) || (chooses && kept.is_none());
    for name in NAMES {
        let field = Field {
            name,
            before: values(&scene.response, name),
            after: values(&done.sent, name),
        };
        field.check_untouched_or_closed();
        if before == after && !may_be_closed {
            field.check_untouched();
        }
        if has_to_be_closed {
            field.check_closed();
        }
        if !may_be_closed && cache::speaks_of_sharing(name, &field.before) == Some(true) {
            field.check_untouched();
        }
        let silent = || cache::speaks_of_sharing(name, &field.before) == Some(false);
        if before != after && silent() {
            field.check_closed();
        }
    }
}

/// The fields of one header.
struct Field {
    name: &'static str,
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

impl Field {
    fn check_untouched(&self) {
        self.check(self.before == self.after, "unchanged");
    }

    fn closes(&self) -> bool {
        cache::is_closing(self.name, &self.before, &self.after)
    }

    fn check_untouched_or_closed(&self) {
        self.check(self.before == self.after || self.closes(), "the same");
        if cache::is_closed(self.name, &self.before) == Some(true) && !self.before.is_empty() {
            self.check_untouched();
        }
    }

    fn check_closed(&self) {
        // A cache that has no header of its own reads `Cache-Control`.
        let present = self.name == "cache-control" || !self.before.is_empty();
        if present && cache::is_closed(self.name, &self.before) == Some(false) {
            self.check(self.closes(), "closed");
        }
    }

    fn check(&self, holds: bool, what: &str) {
        let (before, after) = (show_all(&self.before), show_all(&self.after));
        assert!(
            holds,
            "{} is not {what}: {before} became {after}",
            self.name
        );
    }
}
