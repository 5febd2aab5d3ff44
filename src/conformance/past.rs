//! Knowledge about the browser's cookies so far, from a capture.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderValue, header::SET_COOKIE};

use super::{
    har::HarEntry,
    host::{is_within, without_dot},
    jar::Cookie,
    judge::{AnswerJudgement, names_in, text},
};
use crate::wire;

#[derive(Debug, Default)]
pub(super) struct Past {
    /// The names that existed at the start or that a response set; `None` before the first request.
    known: Option<BTreeSet<String>>,
    /// The cookies that the site's responses have set and not removed.
    set: BTreeSet<Cookie>,
    /// The names that they have removed.
    removed: BTreeSet<String>,
    /// The names that another host set for the site, with that host.
    shared: BTreeMap<String, String>,
}

/// The origin of a cookie that no response of the site has set.
pub(super) enum Whence<'a> {
    /// A response of this host of the same domain.
    Host(&'a str),
    /// A script wrote it.
    Script,
    /// It was removed, and is back.
    Again,
}

impl Past {
    /// Returns the names of a request with an unknown origin; none in the first.
    pub(super) fn unheard(&mut self, entry: &HarEntry) -> Vec<String> {
        let carried = names_in(&entry.sent).map(text).collect();
        let Some(known) = &mut self.known else {
            self.known = Some(carried);
            return Vec::new();
        };
        let unheard = carried.into_iter();
        unheard.filter(|name| known.insert(name.clone())).collect()
    }

    pub(super) fn whence(&self, name: &str) -> Whence<'_> {
        match self.shared.get(name) {
            Some(host) => Whence::Host(host),
            None if self.removed.contains(name) => Whence::Again,
            None => Whence::Script,
        }
    }

    /// Returns `true` if these removals leave no cookie of a name. A cookie older than the capture
    /// may be in a partition or not.
    pub(super) fn is_gone(&self, name: &str, removed: &BTreeSet<Cookie>) -> bool {
        let of_name = |cookie: &&Cookie| cookie.name == name;
        let mut set = self.set.iter().filter(of_name).peekable();
        match set.peek() {
            Some(_) => set.all(|cookie| removed.contains(cookie)),
            None => removed.iter().any(|cookie| cookie.name == name),
        }
    }

    /// Records a response of the site.
    pub(super) fn remember(&mut self, entry: &HarEntry, told: &AnswerJudgement) {
        for (name, field) in named_fields(entry) {
            let cookie = Cookie::of(&name, field);
            if !told.removed.contains(&cookie) {
                self.known.get_or_insert_default().insert(name);
                self.set.insert(cookie);
                continue;
            }
            self.set.remove(&cookie);
            if !self.set.iter().any(|cookie| cookie.name == name) {
                self.known.get_or_insert_default().remove(&name);
                self.shared.remove(&name);
                self.removed.insert(name);
            }
        }
    }

    /// Records a response of another host, whose cookies may be for the site too.
    pub(super) fn remember_shared(&mut self, entry: &HarEntry, site: &str) {
        let Some(host) = entry.url.host_str().map(without_dot) else {
            return;
        };
        for (name, field) in named_fields(entry) {
            let Some(domain) = wire::scope(field).and_then(|scope| scope.domain) else {
                continue;
            };
            let domain = domain.trim_start_matches('.').to_ascii_lowercase();
            if is_within(host, &domain) && is_within(site, &domain) {
                self.shared.insert(name, host.to_owned());
            }
        }
    }
}

fn named_fields(entry: &HarEntry) -> impl Iterator<Item = (String, &[u8])> {
    let fields = entry.received.get_all(SET_COOKIE).iter();
    fields
        .map(HeaderValue::as_bytes)
        .filter_map(|field| Some((text(wire::name(field).ok()?), field)))
}
