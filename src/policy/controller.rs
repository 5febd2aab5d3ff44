//! The controller of the site's data.

use super::{Text, json::object};

object! {
    /// The controller of the site's data, with contact details (GDPR, art. 13(1)).
    ///
    /// ```
    /// use tower_cookie_consent::policy::Controller;
    ///
    /// let controller = Controller::new("Example Ltd")
    ///     .address("1 High Street, Exampleton")
    ///     .contact("privacy@example.org")
    ///     .dpo("dpo@example.org");
    /// assert_eq!(controller.name().get("en", "en"), Some(("en", "Example Ltd")));
    /// assert!(controller.get_address().is_some() && controller.get_contact().is_some());
    /// assert!(controller.get_dpo().is_some());
    ///
    /// // For receipts of consent.
    /// let controller = controller.countries(["DE"]).jurisdiction("DE");
    /// assert_eq!(controller.get_countries(), ["DE"]);
    /// assert_eq!(controller.get_jurisdiction(), Some("DE"));
    /// ```
    #[must_use]
    pub struct Controller: "a controller" {
        keys {
            name: Text = Text::from(""),
            #[serde(skip_serializing_if = "Option::is_none")]
            address: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            contact: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            dpo: Option<Text> = None,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            countries: Vec<String> = Vec::new(),
            #[serde(skip_serializing_if = "Option::is_none")]
            jurisdiction: Option<String> = None,
        }
        others {}
    }
}

impl Controller {
    /// Creates a controller with this name.
    pub fn new(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::empty()
        }
    }

    /// Sets the postal address.
    pub fn address(mut self, address: impl Into<Text>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sets how to reach the controller: an e-mail address, a telephone number, a page.
    pub fn contact(mut self, contact: impl Into<Text>) -> Self {
        self.contact = Some(contact.into());
        self
    }

    /// Sets how to reach the data protection officer (GDPR, art. 13(1)(b)).
    pub fn dpo(mut self, dpo: impl Into<Text>) -> Self {
        self.dpo = Some(dpo.into());
        self
    }

    /// Sets the countries in which the controller stores data, as codes of two letters (ISO 3166-1).
    pub fn countries<S: Into<String>>(mut self, countries: impl IntoIterator<Item = S>) -> Self {
        self.countries = countries.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the country whose law applies to the processing, as a code of two letters (ISO 3166-1).
    pub fn jurisdiction(mut self, country: impl Into<String>) -> Self {
        self.jurisdiction = Some(country.into());
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// Returns the postal address.
    #[must_use]
    pub fn get_address(&self) -> Option<&Text> {
        self.address.as_ref()
    }

    /// Returns the contact details of the controller.
    #[must_use]
    pub fn get_contact(&self) -> Option<&Text> {
        self.contact.as_ref()
    }

    /// Returns the contact details of the data protection officer.
    #[must_use]
    pub fn get_dpo(&self) -> Option<&Text> {
        self.dpo.as_ref()
    }

    /// Returns the countries in which data is stored.
    #[must_use]
    pub fn get_countries(&self) -> &[String] {
        &self.countries
    }

    /// Returns the country whose law applies.
    #[must_use]
    pub fn get_jurisdiction(&self) -> Option<&str> {
        self.jurisdiction.as_deref()
    }

    /// Returns every text with its key.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        [
            ("name", Some(&self.name)),
            ("address", self.address.as_ref()),
            ("contact", self.contact.as_ref()),
            ("dpo", self.dpo.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, text)| Some((key, text?)))
    }
}
