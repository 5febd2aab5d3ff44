//! Services: named tools and third parties inside a category.

use super::{
    CookieDeclaration, Placeholder, Text,
    json::{self, object},
};

object! {
    /// One named tool or third party inside a [`Category`](crate::Category): a film
    /// player, a map, an analytics tool.
    ///
    /// A visitor can answer for it separately. Its own answer wins over that of its category; without
    /// one, the category's answer counts. Its id is a key in the preferences cookie like that of a
    /// category, so it must be unique among both.
    ///
    /// Methods that set something have a plain name, and those that read it are called `get_…`, as
    /// in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, Consent, CookieDeclaration, CookiePolicy, policy::{Placeholder, Service},
    /// };
    ///
    /// let films = Service::new("youtube")
    ///     .title("YouTube")
    ///     .provider("Google Ireland Limited")
    ///     .controller("Google Ireland Limited")
    ///     .purposes(["playing films", "advertising"])
    ///     .countries(["IE", "US"])
    ///     .privacy_url("https://policies.google.com/privacy")
    ///     .origins(["https://www.youtube-nocookie.com", "https://*.ytimg.com"])
    ///     .markers(["youtube.com/iframe_api"])
    ///     .since(1)
    ///     .sensitive(false)
    ///     .cookies(["player"].map(CookieDeclaration::new))
    ///     .cookie(CookieDeclaration::new("VISITOR_INFO1_LIVE").third_party("youtube.com"));
    /// assert_eq!((films.id(), films.get_since()), ("youtube", 1));
    /// assert!(films.get_title().is_some() && films.get_provider().is_some());
    /// assert!(films.get_controller().is_some() && !films.get_sensitive());
    /// assert_eq!((films.get_purposes().len(), films.get_countries().len()), (2, 2));
    /// assert_eq!(films.get_privacy_url(), Some("https://policies.google.com/privacy"));
    /// assert_eq!((films.get_origins().len(), films.get_markers().len()), (2, 1));
    /// assert_eq!(films.get_cookies().len(), 2);
    /// assert_eq!(films.get_placeholder(), Placeholder::Frame);
    /// assert_eq!(films.extra("x-owner"), None, "such keys come from a file");
    ///
    /// let policy = CookiePolicy::new([Category::consent("media").service(films)])?;
    /// let consent = Consent::undecided(policy);
    /// let consent = consent.with_choice(consent.choose([("youtube", true)])?);
    /// assert!(consent.allows("youtube") && !consent.allows("media"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub struct Service: "a service" {
        keys {
            #[serde(skip_serializing_if = "String::is_empty")]
            id: String = String::new(),
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            provider: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            controller: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            purposes: Option<Vec<Text>> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            countries: Option<Vec<String>> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            privacy_url: Option<String> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            origins: Option<Vec<String>> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            markers: Option<Vec<String>> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            placeholder: Option<Placeholder> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            since: Option<u32> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            sensitive: Option<bool> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            cookies: Option<Vec<CookieDeclaration>> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            r#use: Option<String> = None,
        }
        others {
            /// The category's `since`, once it is part of a policy.
            default_since: u32 = 1,
        }
    }
}

impl Service {
    /// Declares a service with this id: 1 to 32 letters, digits, `-`, `.`, `_` or `~`, as of a
    /// category. It is checked when the policy is built.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::empty()
        }
    }

    /// Takes a service from the catalogue, such as `youtube`. What is set on it takes the place of
    /// the catalogue's, field by field; an empty list too. In JSON: `{"use": "youtube"}`. An id that the
    /// catalogue does not have is an error when the policy is built.
    ///
    /// The catalogue is `src/policy/catalogue/services.json`, with a source for each row. It suggests:
    /// check it against what you embed, and decide on the category yourself.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, policy::Service};
    ///
    /// let films = Service::from_catalogue("youtube").title("Films");
    /// let policy = CookiePolicy::new([Category::consent("media").service(films)])?;
    /// let films = policy.service("youtube").unwrap();
    /// assert!(films.get_origins().contains(&"https://www.youtube-nocookie.com".to_owned()));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[cfg(feature = "documents")]
    pub fn from_catalogue(id: impl Into<String>) -> Self {
        Self {
            r#use: Some(id.into()),
            ..Self::empty()
        }
    }

    /// Sets the name that pages show (default: the id).
    pub fn title(mut self, title: impl Into<Text>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the company that provides the service.
    pub fn provider(mut self, provider: impl Into<Text>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets the controller of the data that the service receives.
    pub fn controller(mut self, controller: impl Into<Text>) -> Self {
        self.controller = Some(controller.into());
        self
    }

    /// Sets the purposes for which the controller uses the data, each as a short phrase.
    pub fn purposes<T: Into<Text>>(mut self, purposes: impl IntoIterator<Item = T>) -> Self {
        self.purposes = Some(purposes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the countries that the data is sent to, as codes of two letters (ISO 3166-1).
    pub fn countries<S: Into<String>>(mut self, countries: impl IntoIterator<Item = S>) -> Self {
        self.countries = Some(countries.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the address of the provider's privacy information.
    pub fn privacy_url(mut self, url: impl Into<String>) -> Self {
        self.privacy_url = Some(url.into());
        self
    }

    /// Sets the origins that the service loads from: a scheme, a host and, if it is not the default
    /// one, a port. A bare host means `https`, and `*.` before a host means every host below it. An
    /// origin with `https` covers its WebSockets (`wss`), one with `http` those with `ws`. An
    /// origin with a path or a query is an error, and so is a public suffix such as `co.uk`.
    pub fn origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Sets texts that occur in inline scripts which load the service, such as `fbq(`.
    pub fn markers<S: Into<String>>(mut self, markers: impl IntoIterator<Item = S>) -> Self {
        self.markers = Some(markers.into_iter().map(Into::into).collect());
        self
    }

    /// Sets what is shown in place of an element that is held back (default: a frame).
    ///
    /// ```
    /// use tower_cookie_consent::policy::{Placeholder, Service};
    ///
    /// let map = Service::new("osm").placeholder(Placeholder::Map);
    /// assert_eq!(map.get_placeholder(), Placeholder::Map);
    /// assert_eq!(Service::new("yt").get_placeholder(), Placeholder::Frame);
    /// ```
    pub fn placeholder(mut self, placeholder: Placeholder) -> Self {
        self.placeholder = Some(placeholder);
        self
    }

    /// Sets the revision of the policy in which the service was added or last changed. A yes given
    /// under an older revision does not cover it. At most the policy's revision; default: the
    /// category's own `since`.
    pub fn since(mut self, revision: u32) -> Self {
        self.since = Some(revision);
        self
    }

    /// Marks the service as sensitive: what it learns says something about health, religion,
    /// sexuality or the like (default: false). Its category must then ask for consent (GDPR, art. 9).
    pub fn sensitive(mut self, sensitive: bool) -> Self {
        self.sensitive = Some(sensitive);
        self
    }

    /// Adds a cookie. Those that the service stores for its own site are
    /// [third-party](CookieDeclaration::third_party).
    pub fn cookie(mut self, cookie: CookieDeclaration) -> Self {
        self.cookies.get_or_insert_default().push(cookie);
        self
    }

    /// Adds cookies.
    pub fn cookies(mut self, cookies: impl IntoIterator<Item = CookieDeclaration>) -> Self {
        self.cookies.get_or_insert_default().extend(cookies);
        self
    }

    /// Returns the key of the visitor's answer in the preferences cookie.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name that pages show.
    #[must_use]
    pub fn get_title(&self) -> Option<&Text> {
        self.title.as_ref()
    }

    /// Returns the company that provides it.
    #[must_use]
    pub fn get_provider(&self) -> Option<&Text> {
        self.provider.as_ref()
    }

    /// Returns the controller of the data.
    #[must_use]
    pub fn get_controller(&self) -> Option<&Text> {
        self.controller.as_ref()
    }

    /// Returns the purposes of the controller.
    #[must_use]
    pub fn get_purposes(&self) -> &[Text] {
        self.purposes.as_deref().unwrap_or_default()
    }

    /// Returns the countries that the data is sent to.
    #[must_use]
    pub fn get_countries(&self) -> &[String] {
        self.countries.as_deref().unwrap_or_default()
    }

    /// Returns the address of the provider's privacy information.
    #[must_use]
    pub fn get_privacy_url(&self) -> Option<&str> {
        self.privacy_url.as_deref()
    }

    /// Returns the origins that it loads from, as declared.
    #[must_use]
    pub fn get_origins(&self) -> &[String] {
        self.origins.as_deref().unwrap_or_default()
    }

    /// Returns the texts that occur in inline scripts which load it.
    #[must_use]
    pub fn get_markers(&self) -> &[String] {
        self.markers.as_deref().unwrap_or_default()
    }

    /// Returns what is shown in place of an element that is held back.
    #[must_use]
    pub fn get_placeholder(&self) -> Placeholder {
        self.placeholder.unwrap_or_default()
    }

    /// Returns the [`since`](Self::since) in effect: the service's own, or else that of its category
    /// (1 outside a policy).
    #[must_use]
    pub fn get_since(&self) -> u32 {
        self.since.unwrap_or(self.default_since)
    }

    /// Returns `true` if it is marked as sensitive.
    #[must_use]
    pub fn get_sensitive(&self) -> bool {
        self.sensitive.unwrap_or_default()
    }

    /// Returns the declarations in declared order.
    pub fn get_cookies(&self) -> &[CookieDeclaration] {
        self.cookies.as_deref().unwrap_or_default()
    }

    /// Returns the JSON text of a key that begins with `x-`, as read from the file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }

    /// Leaves out what means the same as its absence.
    pub(super) fn leave_out_defaults(&mut self) {
        self.purposes.take_if(|list| list.is_empty());
        self.cookies.take_if(|list| list.is_empty());
        for list in [&mut self.countries, &mut self.origins, &mut self.markers] {
            list.take_if(|list| list.is_empty());
        }
        self.sensitive.take_if(|sensitive| !*sensitive);
    }

    /// Returns every text with its key.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        let single = [
            ("title", self.title.as_ref()),
            ("provider", self.provider.as_ref()),
            ("controller", self.controller.as_ref()),
        ];
        let single = single
            .into_iter()
            .filter_map(|(key, text)| Some((key, text?)));
        single.chain(self.get_purposes().iter().map(|text| ("purposes", text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookiePolicy};

    #[test]
    fn writes_only_what_is_set() {
        let json = serde_json::to_string(&Service::new("a")).unwrap();
        assert_eq!(json, r#"{"id":"a"}"#);
    }

    #[test]
    fn a_policy_writes_no_defaults() {
        let service: Service = serde_json::from_str(
            r#"{"id": "a", "purposes": [], "countries": [], "origins": [], "markers": [],
                "sensitive": false, "cookies": []}"#,
        )
        .unwrap();
        let policy =
            |service| CookiePolicy::new([Category::consent("c").service(service)]).unwrap();
        let plain = policy(Service::new("a"));
        assert_eq!(policy(service).service("a"), plain.service("a"));
    }

    #[test]
    fn reads_every_key() {
        let service: Service = serde_json::from_str(
            r#"{"id": "films", "title": {"fr": "Films"}, "provider": "P", "controller": "C",
                "purposes": ["a", {"en": "b"}], "countries": ["FR"], "privacy_url": "https://p.example/",
                "origins": ["https://p.example"], "markers": ["m("], "placeholder": "video",
                "since": 2, "sensitive": true, "cookies": [{"name": "c"}], "x-own": 1}"#,
        )
        .unwrap();
        let made = Service::new("films")
            .title([("fr", "Films")])
            .provider("P")
            .controller("C")
            .purposes([Text::from("a"), Text::from([("en", "b")])])
            .countries(["FR"])
            .privacy_url("https://p.example/")
            .origins(["https://p.example"])
            .markers(["m("])
            .placeholder(Placeholder::Video)
            .since(2)
            .sensitive(true)
            .cookie(CookieDeclaration::new("c"));
        assert_eq!(service.extra("x-own").as_deref(), Some("1"));
        let without_extra = Service {
            extra: json::Extra::default(),
            ..service
        };
        assert_eq!(without_extra, made);
    }
}
