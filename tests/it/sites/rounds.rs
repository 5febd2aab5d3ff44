//! Shows pages before consent, with it, and after it was withdrawn.

use std::{collections::BTreeSet, time::Duration};

use super::{MODES, is_complete, named};
use crate::support::{
    browser::{Browser, Kind},
    hosts::{AFTER, Hosts, Visit},
};

/// The time without a request after which a page is done.
const QUIET: Duration = Duration::from_millis(250);

/// Without the proxy, nobody knows what is to come.
const LONG_QUIET: Duration = Duration::from_millis(700);

/// Where services load from, those of the catalogue over TLS only.
const SERVICES: [(&str, &[&str]); 10] = [
    ("shop", &["http://shop.test"]),
    ("films", &["http://films.test", "https://i.films.test"]),
    ("cdnjs", &["https://cdnjs.cloudflare.com"]),
    (
        "font-awesome",
        &["https://use.fontawesome.com", "https://kit.fontawesome.com"],
    ),
    (
        "google-fonts",
        &["https://fonts.googleapis.com", "https://fonts.gstatic.com"],
    ),
    (
        "google-maps",
        &["https://maps.googleapis.com", "https://www.google.com"],
    ),
    ("jsdelivr", &["https://cdn.jsdelivr.net"]),
    (
        "youtube",
        &[
            "https://www.youtube.com",
            "https://i.ytimg.com",
            "https://s.ytimg.com",
        ],
    ),
    ("google-analytics", &["https://www.googletagmanager.com"]),
    ("openstreetmap", &["https://tile.openstreetmap.org"]),
];

/// Pages that are shown under the same choices.
pub(super) struct Group {
    pub(super) site: &'static str,
    pub(super) pages: Vec<String>,
    /// The services that a visitor allows, one after the other; the first one in every run.
    pub(super) services: &'static [&'static str],
    /// They are made for this test: each mode gets every round, and what they send when they are left
    /// counts.
    pub(super) has_traps: bool,
}

/// A page without the proxy.
struct Plain<'a> {
    path: &'a str,
    own: BTreeSet<String>,
    others: BTreeSet<String>,
    named: BTreeSet<String>,
    ahead: BTreeSet<String>,
}

pub(super) struct Rounds<'a> {
    browser: &'a Browser,
    kind: Kind,
    hosts: &'a Hosts,
    faults: Vec<String>,
    counts: Vec<(String, usize)>,
    /// The services that were allowed before, in this group and mode.
    allowed: Vec<&'static str>,
}

fn host(url: &str) -> &str {
    let rest = url.split_once("//").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.split(':').next().unwrap_or_default()
}

fn is_of(service: &str, url: &str) -> bool {
    let (_, origins) = SERVICES.iter().find(|(id, _)| *id == service).unwrap();
    origins.iter().any(|origin| {
        let rest = url.strip_prefix(origin);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

impl<'a> Rounds<'a> {
    pub(super) fn of(browser: &'a Browser, kind: Kind, hosts: &'a Hosts) -> Self {
        Self {
            browser,
            kind,
            hosts,
            faults: Vec::new(),
            counts: Vec::new(),
            allowed: Vec::new(),
        }
    }

    pub(super) fn show(&mut self, group: &Group) {
        let plain: Vec<_> = group
            .pages
            .iter()
            .map(|path| self.plain(group, path))
            .collect();
        let count = if is_complete() {
            group.services.len()
        } else {
            1
        };
        for mode in MODES {
            self.browser.forget_cookies();
            self.allowed.clear();
            self.round(group, mode, "", &plain);
            if mode == "gate" {
                self.browser.run_scripts(false);
                self.round_without_scripts(group, &plain);
                self.browser.run_scripts(true);
            }
            for service in &group.services[..count] {
                self.choose(group, mode, service);
                self.allowed.push(service);
                self.round(group, mode, service, &plain);
                self.choose(group, mode, "");
                self.round(group, mode, "", &plain);
            }
        }
    }

    /// Panics with everything that was wrong.
    #[allow(
        clippy::print_stdout,
        reason = "the figures, for those who ask for the output"
    )]
    pub(super) fn finish(self) {
        for (line, count) in &self.counts {
            println!("{:?} {line}: {count}", self.kind);
        }
        let faults = self.faults.join("\n");
        assert!(faults.is_empty(), "{:?}:\n{faults}", self.kind);
    }

    fn count(&mut self, line: String, count: usize) {
        match self.counts.iter_mut().find(|(other, _)| *other == line) {
            Some((_, sum)) => *sum += count,
            None => self.counts.push((line, count)),
        }
    }

    fn plain<'b>(&mut self, group: &Group, path: &'b str) -> Plain<'b> {
        let origin = format!("http://plain.{}.localhost", group.site);
        let url = format!("{origin}{path}");
        let visit = self
            .hosts
            .visit(self.browser, &url, LONG_QUIET, group.has_traps, |_| true);
        let others: BTreeSet<_> = visit.others.iter().cloned().collect();
        let asked: BTreeSet<_> = others.iter().map(|url| host(url)).collect();
        self.count("pages".to_owned(), 1);
        self.count("requests without the proxy".to_owned(), visit.others.len());
        self.count("hosts without the proxy".to_owned(), asked.len());
        // A browser that knows the certificate of a host connects to it, and does not ask the one here.
        if others.is_empty() && visit.connected.is_empty() {
            self.faults
                .push(format!("{path}: asks nobody without the proxy"));
        }
        let text = self
            .hosts
            .text(&format!("plain.{}.localhost", group.site), path);
        Plain {
            path,
            own: visit.own,
            others,
            named: named::hosts(&text),
            ahead: named::ahead(&text),
        }
    }

    /// Allows one service in the form, or none.
    fn choose(&self, group: &Group, mode: &str, service: &str) {
        let url = format!("http://{mode}.{}.localhost/cookies/preferences", group.site);
        self.browser.go(&url);
        self.browser.run(&format!(
            "for (const box of document.querySelectorAll('[name=category], [name=service]')) \
             box.checked = box.value === '{service}'"
        ));
        self.browser.follow("button[value=save]");
        let allowed = "return [...document.querySelectorAll('[name=service]:checked')].map((it) => it.value).join()";
        assert_eq!(self.browser.run(allowed), service);
    }

    fn round(&mut self, group: &Group, mode: &str, service: &str, plain: &[Plain<'_>]) {
        for page in plain {
            let url = format!("http://{mode}.{}.localhost{}", group.site, page.path);
            let allowed =
                |url: &&String| is_of("shop", url) || (!service.is_empty() && is_of(service, url));
            let expected: BTreeSet<_> = page.others.iter().filter(allowed).cloned().collect();
            let visit = self
                .hosts
                .visit(self.browser, &url, QUIET, group.has_traps, |visit| {
                    let all = |url: &String| visit.others.contains(url);
                    page.own
                        .iter()
                        .all(|path| visit.own.contains(path) || self.varies(path))
                        && expected.iter().all(all)
                });
            let when = match service {
                "" => "without consent",
                _ => "with a service",
            };
            self.count(format!("{mode} {when}, requests"), visit.others.len());
            let at = format!("{mode} {} {service:?}", page.path);
            self.judge(mode, &at, page, &expected, &visit);
        }
    }

    fn judge(
        &mut self,
        mode: &str,
        at: &str,
        page: &Plain<'_>,
        expected: &BTreeSet<String>,
        visit: &Visit,
    ) {
        let asked: BTreeSet<_> = visit.others.iter().cloned().collect();
        for url in expected.difference(&asked) {
            self.faults.push(format!("{at}: does not ask {url}"));
        }
        for url in asked.difference(expected) {
            if !is_beyond(mode, page, url) {
                self.faults.push(format!("{at}: asks {url}"));
            }
        }
        let hosts: BTreeSet<_> = asked.iter().map(|url| host(url)).collect();
        for host in visit.connected.iter().filter(|it| !hosts.contains(&***it)) {
            let is_of_page = page.named.contains(host) || host.ends_with(".markup.test");
            let is_ahead = mode == "csp" && page.ahead.contains(host);
            // Chromium learns where a site loads from, and connects there when it is visited again.
            let url = format!("https://{host}/");
            let is_learned = self.allowed.iter().any(|service| is_of(service, &url));
            if is_of_page && !is_ahead && !is_learned && !is_beyond(mode, page, &url) {
                self.faults.push(format!("{at}: connects to {host}"));
            }
        }
        let changed = visit.own.symmetric_difference(&page.own);
        // The stylesheet and the script of the banner are ours.
        let is_ours = |path: &str| path.starts_with("/cookies/");
        let changed: Vec<_> = changed
            .filter(|path| !self.varies(path) && !is_ours(path))
            .collect();
        for path in changed {
            let change = if page.own.contains(path) {
                "not"
            } else {
                "newly"
            };
            let fault = format!("{at}: {change} requested: {path}");
            self.faults.push(fault);
        }
    }

    /// Returns `true` for an own path of which the browser decides by itself if it asks for it. Firefox
    /// looks ahead in style sheets, and takes a host with an escape for a path of the site; it asks for
    /// one of a site's icons, and not always for the same one; and it keeps the fonts of a site from its
    /// first visit, before the first service is allowed.
    fn varies(&self, path: &str) -> bool {
        let is_kept = [".woff", ".ttf"];
        path.contains(".markup.test")
            || path.contains("-icon.png")
            || (!self.allowed.is_empty() && is_kept.iter().any(|part| path.contains(part)))
    }

    fn round_without_scripts(&mut self, group: &Group, plain: &[Plain<'_>]) {
        for page in plain {
            let url = format!("http://gate.{}.localhost{}", group.site, page.path);
            let visit = self
                .hosts
                .visit(self.browser, &url, QUIET, group.has_traps, |_| true);
            self.count(
                "gate without scripts, requests".to_owned(),
                visit.others.len(),
            );
            for url in &visit.others {
                // The rest is in the site's own style sheets, or beyond the gate.
                let is_of_script = host(url).ends_with(".script.test");
                let is_beyond = is_beyond("gate", page, url) && !is_of_script;
                if !(is_of("shop", url) || is_beyond) {
                    self.faults
                        .push(format!("gate {} without scripts: asks {url}", page.path));
                }
            }
        }
    }
}

/// Returns `true` for what this line of defence can't stop.
fn is_beyond(mode: &str, page: &Plain<'_>, url: &str) -> bool {
    let host = host(url);
    match mode {
        // What scripts or own style sheets make up.
        "gate" => {
            let is_named = page.named.contains(host) && !host.ends_with(".script.test");
            host == AFTER || !(is_named || host.ends_with(".markup.test"))
        }
        // A navigation.
        "csp" => host == "away.markup.test",
        _ => false,
    }
}
