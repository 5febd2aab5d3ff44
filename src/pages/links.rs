//! The links between the pages, as seen from the page that contains them. All links are relative,
//! so it does not matter what a proxy or a router strips from the path.

use serde::Serialize;

use super::{return_to::is_path_of_this_site, source::Source};
use crate::consent::Consent;

/// The requested resource, and the links from there to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PagePlace {
    /// The path below that of the pages, without the leading slash: empty for the cookie policy
    /// page.
    pub(super) resource: String,
    /// The link from here to the path of the pages with a trailing slash.
    pub(super) base: String,
    /// The link from here to the cookie policy page.
    pub(super) charter: String,
    /// The link from here to the site's root.
    pub(super) home: String,
}

/// The most levels that links go up.
const DEEPEST: usize = 64;

impl PagePlace {
    /// Returns the links from the page of the site that the consent was judged for, or the
    /// [path](super::Pages::at) itself if there was no layer.
    pub(super) fn of_site(mount: &str, consent: &Consent) -> Self {
        let link = |to: &str| match consent.target() {
            Some(target) => relative(target.path(), to),
            None => to.to_owned(),
        };
        let charter = link(mount);
        Self {
            resource: String::new(),
            base: format!("{charter}/"),
            charter,
            home: link("/"),
        }
    }

    /// Finds the place of a request. `target` is the path as the layer saw it, and `seen` as a
    /// router left it. Returns `None` if the path is not one of the pages at `mount`.
    pub(super) fn find(mount: &str, target: &str, seen: &str) -> Option<Self> {
        let below = |path: &str| -> Option<String> {
            let rest = path.strip_prefix(mount)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        // If a prefix was stripped, the rest is below the pages: `nest_service`.
        let stripped = || (target != seen && target.starts_with('/')).then(|| seen.to_owned());
        let rest = below(target).or_else(|| below(seen)).or_else(stripped)?;
        let resource = rest.trim_start_matches('/').to_owned();
        // Each level is a `../` in each link, and no page is that deep.
        if resource.matches('/').count() > DEEPEST {
            return None;
        }
        let home = relative(target, "/");
        let own = target.strip_suffix(resource.as_str()).unwrap_or(mount);
        let name = own
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if resource.is_empty() && !target.ends_with('/') {
            // The dot keeps a colon from being read as the end of a scheme, and backslashes as the
            // slashes before a host.
            let dot = if name.contains([':', '\\']) { "./" } else { "" };
            let (base, charter) = (format!("{dot}{name}/"), format!("{dot}{name}"));
            return Some(Self {
                resource,
                base,
                charter,
                home,
            });
        }
        let base = "../".repeat(resource.matches('/').count());
        let charter = format!("{base}../{name}");
        Some(Self {
            resource,
            base,
            charter,
            home,
        })
    }
}

/// The relative links from the page to the resources, in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LinksView {
    /// The site's root.
    pub home: String,
    /// The cookie policy page.
    pub charter: String,
    /// The form, and the address it is submitted to.
    pub preferences: String,
    /// The form, with this page as the one to return to.
    pub choose: String,
    /// The opt-out page, which only some regimes have.
    pub opt_out: String,
    /// The current consent as JSON.
    pub state: String,
    /// The stylesheet.
    pub style: String,
    /// The script.
    pub script: String,
}

impl LinksView {
    pub(super) fn new(source: Source<'_>, place: &PagePlace, query: &str) -> Self {
        let base = &place.base;
        Self {
            home: place.home.clone(),
            charter: format!("{}{query}", place.charter),
            preferences: format!("{base}preferences{query}"),
            choose: format!("{base}preferences{query}"),
            opt_out: format!("{base}opt-out{query}"),
            state: format!("{base}state"),
            style: format!("{base}{}", source.style),
            script: format!("{base}{}", source.script),
        }
    }

    /// Changes each link.
    #[cfg(feature = "documents")]
    pub(crate) fn resolve(&mut self, change: impl Fn(&str) -> String) {
        for link in [
            &mut self.home,
            &mut self.charter,
            &mut self.preferences,
            &mut self.choose,
            &mut self.opt_out,
            &mut self.state,
            &mut self.style,
            &mut self.script,
        ] {
            *link = change(link);
        }
    }

    /// Returns the visitor to `path` after the choice; returns it if it is a path of this site.
    pub(super) fn lead_back_to(&mut self, path: Option<&str>) -> Option<String> {
        let path = path.filter(|path| is_path_of_this_site(path));
        let form = &self.preferences;
        self.choose = path.map_or_else(
            || form.clone(),
            |path| {
                let path: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
                let mark = if form.contains('?') { '&' } else { '?' };
                format!("{form}{mark}return_to={path}")
            },
        );
        path.map(str::to_owned)
    }
}

/// Returns the link from the page at `from` to the absolute path `to` of the same site: relative, since a proxy
/// may have cut a prefix, but for pages so deep that only somebody who wants long links asks for them.
pub(super) fn relative(from: &str, to: &str) -> String {
    let up = from.matches('/').count().saturating_sub(1);
    let to = to.trim_start_matches('/');
    match up {
        // The dot keeps a colon in the first segment from being read as a scheme.
        0 => format!("./{to}"),
        _ if up > DEEPEST => format!("/{to}"),
        _ => format!("{}{to}", "../".repeat(up)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_deep_addresses_stay_short() {
        let deep = format!("/cookies/{}", "a/".repeat(16_000));
        assert!(PagePlace::find("/cookies", &deep, &deep).is_none());
        assert_eq!(relative(&deep, "/cookies"), "/cookies");
        assert_eq!(relative("/a/b", "/cookies"), "../cookies");
    }

    #[test]
    fn links_are_right_wherever_a_router_or_a_proxy_has_cut() {
        for (target, seen, resource, base, charter, home) in [
            ("/cookies", "/cookies", "", "cookies/", "cookies", "./"),
            ("/cookies/", "/cookies/", "", "", "../cookies", "../"),
            (
                "/cookies/state",
                "/cookies/state",
                "state",
                "",
                "../cookies",
                "../",
            ),
            ("/cookies/state", "/state", "state", "", "../cookies", "../"),
            ("/cookies", "/", "", "cookies/", "cookies", "./"),
            (
                "/shop/cookies/state",
                "/cookies/state",
                "state",
                "",
                "../cookies",
                "../../",
            ),
            (
                "/shop/consent/state",
                "/state",
                "state",
                "",
                "../consent",
                "../../",
            ),
            ("/shop/consent", "/", "", "consent/", "consent", "../"),
            ("/x:y", "/", "", "./x:y/", "./x:y", "./"),
            ("/\\\\x", "/", "", "./\\\\x/", "./\\\\x", "./"),
            (
                "/cookies/a/b",
                "/cookies/a/b",
                "a/b",
                "../",
                "../../cookies",
                "../../",
            ),
        ] {
            let place = PagePlace::find("/cookies", target, seen).unwrap();
            let found = (
                &*place.resource,
                &*place.base,
                &*place.charter,
                &*place.home,
            );
            assert_eq!(found, (resource, base, charter, home), "{target} {seen}");
        }
        assert_eq!(PagePlace::find("/cookies", "/cookiesx", "/cookiesx"), None);
        assert_eq!(PagePlace::find("/cookies", "/state", "/state"), None);
    }

    #[test]
    fn a_relative_link_leads_to_the_same_site_from_any_depth() {
        for (from, to, link) in [
            ("/", "/cookies", "./cookies"),
            ("/a", "/cookies", "./cookies"),
            ("/a/", "/cookies", "../cookies"),
            ("/a/b/c", "/a?b=c", "../../a?b=c"),
            ("/a", "/b:c", "./b:c"),
            ("/cookies/preferences", "/", "../"),
        ] {
            assert_eq!(relative(from, to), link, "{from} {to}");
        }
    }
}
