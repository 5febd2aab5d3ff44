//! One row of the table of cookies.

use serde::{Deserialize, Serialize};

use super::{
    Reason, Retention, Text,
    json::{self, object},
};

/// The kind of a [`CookieDeclaration`]. Cookies and headers are enforced; the others inform
/// visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrackerKind {
    /// A cookie.
    #[default]
    Cookie,
    /// An entry in the browser's local or session storage: its key, or the beginning of keys and `*`.
    /// The script of the feature `pages` removes it after a refusal.
    Storage,
    /// A tracking pixel.
    Pixel,
    /// A response header that the browser stores, such as `ETag` or `Accept-CH`. It is enforced:
    /// see [`state_headers`](crate::CookieConsentLayer::state_headers).
    Header,
    /// Anything else that is stored on or read from the visitor's device.
    Other,
}

impl TrackerKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Storage => "storage",
            Self::Pixel => "pixel",
            Self::Header => "header",
            Self::Other => "other",
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
    pub(crate) fn is_cookie(&self) -> bool {
        *self == Self::Cookie
    }
}

object! {
    /// One row of the table of cookies: a cookie, its provider, purpose and retention.
    ///
    /// The name is exact, or a pattern: a prefix followed by `*`. Names are case-sensitive and
    /// consist of visible ASCII without `"` `,` `;` `=` `\`. An exact name takes precedence over a
    /// pattern, and a longer pattern over a shorter one. A [header](TrackerKind::Header) has the
    /// name of a response header, ignoring case, or a pattern. The other [kinds](TrackerKind) have
    /// a name of any visible characters.
    ///
    /// Each name is checked separately: if a library splits a long cookie `X` into `XC1`, `XC2`, …,
    /// declare `XC*` as well as `X`.
    ///
    /// Methods that set something have a plain name, and those that read it are called `get_…`, as
    /// in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::{CookieDeclaration, policy::{Reason, Retention, TrackerKind}};
    ///
    /// let session = CookieDeclaration::new("sessionid")
    ///     .reason(Reason::Authentication)
    ///     .provider("Opendatasoft")
    ///     .service("Login")
    ///     .purpose([("fr", "Garde votre session ouverte"), ("en", "Keeps you logged in")])
    ///     .retention(Retention::weeks(2));
    /// assert_eq!((session.name(), session.get_kind()), ("sessionid", TrackerKind::Cookie));
    /// assert_eq!(session.get_reason(), Some(&Reason::Authentication));
    /// assert_eq!(session.get_retention(), Some(Retention::weeks(2)));
    /// assert!(session.get_provider().is_some() && session.get_service().is_some());
    /// assert_eq!(session.get_purpose().and_then(|text| text.get("en", "en")).unwrap().1, "Keeps you logged in");
    ///
    /// let maps = CookieDeclaration::new("_maps_*")
    ///     .path("/map")
    ///     .domain("example.org")
    ///     .partitioned(true)
    ///     .controller("Maps Ltd")
    ///     .privacy_url("https://maps.example/privacy");
    /// assert_eq!(maps.paths().collect::<Vec<_>>(), ["/map"]);
    /// assert_eq!(maps.domains().collect::<Vec<_>>(), ["example.org"]);
    /// assert!(maps.get_partitioned() && maps.get_controller().is_some());
    /// assert_eq!(maps.get_privacy_url(), Some("https://maps.example/privacy"));
    /// assert_eq!(maps.extra("x-owner"), None, "such keys come from a file");
    ///
    /// let elsewhere = CookieDeclaration::new("viewer").third_party("films.example"); // informs only
    /// assert_eq!(elsewhere.get_third_party(), Some("films.example"));
    ///
    /// let pixel = CookieDeclaration::new("a pixel of Maps Ltd").kind(TrackerKind::Pixel); // informs only
    /// let validator = CookieDeclaration::new("ETag").kind(TrackerKind::Header); // stripped without consent
    /// ```
    #[must_use]
    pub struct CookieDeclaration: "a cookie" {
        keys {
            name: String = String::new(),
            #[serde(skip_serializing_if = "TrackerKind::is_cookie")]
            kind: TrackerKind = TrackerKind::Cookie,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<Reason> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            provider: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            service: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            purpose: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            retention: Option<Retention> = None,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            path: Vec<String> = Vec::new(),
            #[serde(skip_serializing_if = "Vec::is_empty")]
            domain: Vec<String> = Vec::new(),
            #[serde(skip_serializing_if = "Option::is_none")]
            third_party: Option<String> = None,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            partitioned: bool = false,
            #[serde(skip_serializing_if = "Option::is_none")]
            controller: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            privacy_url: Option<String> = None,
        }
        others {}
    }
}

impl CookieDeclaration {
    /// Declares an exact name, or a pattern that ends in `*`, as used in `Set-Cookie`. It is
    /// checked when the policy is built.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::empty()
        }
    }

    /// Sets the provider: the site, or a company.
    pub fn provider(mut self, provider: impl Into<Text>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets the service that it belongs to, and the location of its data.
    pub fn service(mut self, service: impl Into<Text>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Sets its purpose.
    pub fn purpose(mut self, purpose: impl Into<Text>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// Sets the retention shown on the cookie policy page. In an exempt category, it must not
    /// exceed 13 months (CNIL). Otherwise it is informational: the lifetime in `Set-Cookie` does
    /// not change.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Sets the reason why it is necessary; every cookie of a necessary category should have one.
    pub fn reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Adds a path at which it is expired (default: `/`).
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path.push(path.into());
        self
    }

    /// Adds a domain at which it is expired: a host name in ASCII, without a port. The policy
    /// stores it in lower case and without a leading dot. Default: the host of the request and its
    /// parents.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain.push(domain.into());
        self
    }

    /// Marks it as a cookie of another site: a host name, or its registrable domain, in ASCII. It
    /// informs visitors. The layer neither judges nor expires a cookie of this name, which no
    /// response of this site can reach, and another declaration may have the same name.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};
    ///
    /// let cookie = CookieDeclaration::new("VISITOR_INFO1_LIVE").third_party("youtube.com");
    /// assert_eq!(cookie.get_third_party(), Some("youtube.com"));
    /// let policy = CookiePolicy::new([Category::consent("media").cookie(cookie)])?;
    /// assert!(policy.declaration_of("VISITOR_INFO1_LIVE").is_none());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn third_party(mut self, site: impl Into<String>) -> Self {
        self.third_party = Some(site.into());
        self
    }

    /// Marks it as set with `Partitioned`, so that its removals have the attribute too (default:
    /// false).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// Sets the controller of the data, if that is not the site.
    pub fn controller(mut self, controller: impl Into<Text>) -> Self {
        self.controller = Some(controller.into());
        self
    }

    /// Sets the address of the provider's privacy information.
    pub fn privacy_url(mut self, url: impl Into<String>) -> Self {
        self.privacy_url = Some(url.into());
        self
    }

    /// Sets its kind (default: a cookie). Cookies and headers are enforced, anything else is
    /// informational.
    pub fn kind(mut self, kind: TrackerKind) -> Self {
        self.kind = kind;
        self
    }

    /// Returns the exact name, or the pattern with its `*`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its kind.
    #[must_use]
    pub fn get_kind(&self) -> TrackerKind {
        self.kind
    }

    /// Returns the reason why it is necessary.
    #[must_use]
    pub fn get_reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Returns the provider.
    #[must_use]
    pub fn get_provider(&self) -> Option<&Text> {
        self.provider.as_ref()
    }

    /// Returns the service that it belongs to.
    #[must_use]
    pub fn get_service(&self) -> Option<&Text> {
        self.service.as_ref()
    }

    /// Returns its purpose.
    #[must_use]
    pub fn get_purpose(&self) -> Option<&Text> {
        self.purpose.as_ref()
    }

    /// Returns the retention.
    #[must_use]
    pub fn get_retention(&self) -> Option<Retention> {
        self.retention
    }

    /// Returns the paths at which it is expired; `/` if none is declared.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let default = self.path.is_empty().then_some("/");
        self.path.iter().map(String::as_str).chain(default)
    }

    /// Returns `true` for a cookie that may have a path other than `/`.
    pub(crate) fn is_below_root(&self) -> bool {
        self.is_own_cookie() && self.path.iter().any(|path| path != "/")
    }

    /// Returns the declared domains, none by default.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domain.iter().map(String::as_str)
    }

    /// Returns the other site that the cookie belongs to.
    #[must_use]
    pub fn get_third_party(&self) -> Option<&str> {
        self.third_party.as_deref()
    }

    /// Returns `true` for a cookie of this site.
    pub(crate) fn is_own_cookie(&self) -> bool {
        self.kind == TrackerKind::Cookie && self.third_party.is_none()
    }

    /// Returns `true` for an entry in the browser's storage.
    #[cfg(feature = "pages")]
    pub(crate) fn is_storage(&self) -> bool {
        self.kind == TrackerKind::Storage
    }

    /// Returns `true` if it is set with `Partitioned`.
    #[must_use]
    pub fn get_partitioned(&self) -> bool {
        self.partitioned
    }

    /// Returns the controller of the data.
    #[must_use]
    pub fn get_controller(&self) -> Option<&Text> {
        self.controller.as_ref()
    }

    /// Returns the address of the provider's privacy information.
    #[must_use]
    pub fn get_privacy_url(&self) -> Option<&str> {
        self.privacy_url.as_deref()
    }

    /// Returns the JSON text of a key that begins with `x-`, as read from the file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }

    /// Returns every text with its key.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        [
            ("reason", self.reason.as_ref().and_then(Reason::text)),
            ("provider", self.provider.as_ref()),
            ("service", self.service.as_ref()),
            ("purpose", self.purpose.as_ref()),
            ("controller", self.controller.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, text)| Some((key, text?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_only_what_is_set() {
        let json = serde_json::to_string(&CookieDeclaration::new("a")).unwrap();
        assert_eq!(json, r#"{"name":"a"}"#);
        assert_eq!(
            CookieDeclaration::new("a").paths().collect::<Vec<_>>(),
            ["/"]
        );
        let two = CookieDeclaration::new("a").path("/x").path("/y");
        assert_eq!(two.paths().collect::<Vec<_>>(), ["/x", "/y"]);
    }

    #[test]
    fn writes_kinds_as_words() {
        for kind in [
            TrackerKind::Cookie,
            TrackerKind::Storage,
            TrackerKind::Pixel,
            TrackerKind::Header,
            TrackerKind::Other,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
