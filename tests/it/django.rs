//! A real Django portal behind the reverse proxy, visited by a plain HTTP client and by a browser.
//!
//! Both take the same steps, and after each step their cookies are compared with those allowed.

mod browser;
mod cookie_consent;
mod plain;
mod portal;
mod visitor;

/// A visitor's step, and the cookies that they have afterwards.
struct Step {
    does: Does,
    keeps: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
enum Does {
    Open,
    SignIn,
    /// Switches to French.
    SwitchLanguage,
    /// Posts a comment, under CSRF protection.
    Comment,
    /// Presses a button of the form that keeps the choice.
    Answer(&'static str),
    SignOut,
}

/// Django sets `_ga`, `_ga_ABCDEF`, `parcours`, `recommandations` (HttpOnly), `_pk_id.1.abcd` and
/// the undeclared `ab_group` with every response.
const WALK: [Step; 10] = [
    Step {
        does: Does::Open,
        keeps: &["_pk_id.1.abcd", "csrftoken"],
    },
    Step {
        does: Does::SignIn,
        keeps: &["_pk_id.1.abcd", "csrftoken", "sessionid"],
    },
    Step {
        does: Does::SwitchLanguage,
        keeps: &["_pk_id.1.abcd", "csrftoken", "django_language", "sessionid"],
    },
    Step {
        does: Does::Comment,
        keeps: &["_pk_id.1.abcd", "csrftoken", "django_language", "sessionid"],
    },
    Step {
        does: Does::Answer("refuse"),
        keeps: &[
            "cookies_preferences",
            "csrftoken",
            "django_language",
            "sessionid",
        ],
    },
    Step {
        does: Does::Answer("accept"),
        keeps: &[
            "_ga",
            "_ga_ABCDEF",
            "_pk_id.1.abcd",
            "cookies_preferences",
            "csrftoken",
            "django_language",
            "parcours",
            "recommandations",
            "sessionid",
        ],
    },
    Step {
        does: Does::Answer("withdraw"),
        keeps: &[
            "_pk_id.1.abcd",
            "cookies_preferences",
            "csrftoken",
            "django_language",
            "parcours",
            "recommandations",
            "sessionid",
        ],
    },
    // The HttpOnly one too, that no script could remove.
    Step {
        does: Does::Answer("refuse"),
        keeps: &[
            "cookies_preferences",
            "csrftoken",
            "django_language",
            "sessionid",
        ],
    },
    Step {
        does: Does::Comment,
        keeps: &[
            "cookies_preferences",
            "csrftoken",
            "django_language",
            "sessionid",
        ],
    },
    Step {
        does: Does::SignOut,
        keeps: &["cookies_preferences", "csrftoken", "django_language"],
    },
];
