//! A site's own texts.

use super::{error::PagesError, settings::Pages};
use crate::policy::{regimes, text::is_language_tag};

impl Pages {
    /// Replaces texts of a language, or adds a language: a JSON object of keys and texts, see
    /// [`Words`](super::Words). A new language needs all of them.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let pages = Pages::at("/cookies", policy)?.language("fr", r#"{"save": "Garder mes choix"}"#)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Words`] with the fault.
    pub fn language(self, tag: &str, words: &str) -> Result<Self, PagesError> {
        if !is_language_tag(tag) {
            return Err(PagesError::Words {
                language: tag.to_owned(),
                problem: "not a BCP 47 language tag".to_owned(),
            });
        }
        let languages = self.0.languages.clone().with(tag, words)?;
        Ok(self.with(|settings| settings.languages = languages))
    }

    /// Replaces texts of a language in one regime, by its id: `strictest`, a preset, or one that the policy
    /// declares. They also count in regimes that are based on that preset. What
    /// [`language`](Self::language) replaces counts in all regimes, and what this one does goes before it.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let pages = Pages::at("/cookies", policy)?
    ///     .language_in_regime("us-opt-out", "en", r#"{"opt_out_button": "Do not sell my data"}"#)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for an unknown regime, and [`PagesError::Words`] with the fault; the pages
    /// have to have the language.
    pub fn language_in_regime(
        self,
        regime: &str,
        tag: &str,
        words: &str,
    ) -> Result<Self, PagesError> {
        let is_declared = self.0.policy.regimes().any(|id| id == regime);
        if !is_declared && !regimes::is_known(regime) {
            return Err(PagesError::Setting {
                setting: "language_in_regime",
                value: regime.to_owned(),
                help: "use the id of a preset, of a regime of the pages' policy, or `strictest`",
            });
        }
        let languages = self.0.languages.clone().with_in(regime, tag, words)?;
        let languages = languages.ok_or_else(|| PagesError::Words {
            language: tag.to_owned(),
            problem: "not a language of the pages: add all of its texts with `language` first"
                .to_owned(),
        })?;
        Ok(self.with(|settings| settings.languages = languages))
    }
}
