//! The fingerprint of the texts that visitors are shown.

use super::{
    CookieDeclaration, CookiePolicy, Fingerprint, Reason, Text,
    fingerprint::{Bytes, HashedForm},
};

impl CookiePolicy {
    /// Returns the fingerprint of what a reader of this language is shown: every category and
    /// declaration in declared order, with its texts [as that reader sees them](super::Text::get),
    /// its reason and its retention; and the id of the [regime](Self::regime) that the policy is in, since
    /// pages have a wording of its own in some. Two languages without translations have the same fingerprint.
    ///
    /// It is computed on each call, so store it if you need it often.
    #[must_use]
    pub fn text_fingerprint(&self, language: &str) -> Fingerprint {
        texts(self, language)
    }

    /// Returns the fingerprint of the same that forms carry.
    #[cfg(feature = "pages")]
    pub(crate) fn form_texts(&self, language: &str) -> String {
        form_texts(self, language)
    }
}

/// Writes everything in declared order, which is the order in which it is shown.
fn texts(policy: &CookiePolicy, language: &str) -> Fingerprint {
    let mut form = HashedForm::new("tower-cookie-consent/texts/1");
    shown_texts(&mut form, policy, language);
    form.finish()
}

/// Returns the same for a form: with records, of a hash for which nobody can find two texts.
#[cfg(feature = "pages")]
fn form_texts(policy: &CookiePolicy, language: &str) -> String {
    #[cfg(not(feature = "records"))]
    return texts(policy, language).to_string();
    #[cfg(feature = "records")]
    {
        use sha2::Digest;

        let mut form = HashedForm(sha2::Sha256::new());
        form.string("tower-cookie-consent/texts/1");
        shown_texts(&mut form, policy, language);
        let hash = form.0.finalize();
        let half = hash
            .first_chunk()
            .map_or(0, |half| u128::from_be_bytes(*half));
        format!("sha256-128:{half:032x}")
    }
}

fn shown_texts<H: Bytes>(form: &mut HashedForm<H>, policy: &CookiePolicy, language: &str) {
    let default = policy.default_language();
    let shown = |text: Option<&Text>| -> Option<String> {
        text.and_then(|text| text.get(language, default))
            .map(|(_, text)| text.to_owned())
    };
    form.count(policy.categories().len());
    for category in policy.categories() {
        form.string(category.id());
        form.string(category.basis().word());
        form.option(shown(category.get_title()).as_deref());
        form.option(shown(category.get_description()).as_deref());
        rows(form, category.get_cookies(), &shown);
        for service in category.get_services() {
            form.string("service");
            form.string(service.id());
            form.option(shown(service.get_title()).as_deref());
            form.option(shown(service.get_provider()).as_deref());
            form.option(shown(service.get_controller()).as_deref());
            form.count(service.get_purposes().len());
            for purpose in service.get_purposes() {
                form.option(shown(Some(purpose)).as_deref());
            }
            form.count(service.get_countries().len());
            for country in service.get_countries() {
                form.string(country);
            }
            form.option(service.get_privacy_url());
            rows(form, service.get_cookies(), &shown);
        }
    }
    // Last, so that a policy without regimes keeps its fingerprint.
    if let Some(regime) = policy.regime() {
        form.string("regime");
        form.string(regime.id());
    }
}

fn rows<H: Bytes>(
    form: &mut HashedForm<H>,
    rows: &[CookieDeclaration],
    shown: &dyn Fn(Option<&Text>) -> Option<String>,
) {
    form.count(rows.len());
    for cookie in rows {
        form.string(cookie.name());
        form.string(cookie.get_kind().word());
        form.option(cookie.get_reason().map(Reason::word));
        form.option(shown(cookie.get_reason().and_then(Reason::text)).as_deref());
        form.option(shown(cookie.get_provider()).as_deref());
        form.option(shown(cookie.get_service()).as_deref());
        form.option(shown(cookie.get_purpose()).as_deref());
        form.option(
            cookie
                .get_retention()
                .map(|kept| kept.to_string())
                .as_deref(),
        );
        form.option(shown(cookie.get_controller()).as_deref());
        form.option(cookie.get_privacy_url());
        if let Some(site) = cookie.get_third_party() {
            form.string("third party");
            form.string(site);
        }
    }
}
