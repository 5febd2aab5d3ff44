//! Everything that can be wrong with the preferences cookie.

use super::{
    Basis, Category, CookieDeclaration, CookiePolicy, CookiePolicyBuilder, Kind, PolicyProblem,
    SameSite,
    attributes::domain_fault,
    names::{first_other, is_token_byte},
};
use crate::{
    consent::{Choice, encoded_value},
    wire,
};

const MOST_BYTES: usize = 4_096;

/// What a request is searched for; a codec that reads more is not one for cookies.
const MOST_NAMES: usize = 16;

pub(super) fn check(policy: &CookiePolicyBuilder, problems: &mut Vec<PolicyProblem>) {
    let cookie = &policy.preferences_cookie;
    let name = &cookie.name;
    // `*` is a token's, but at the end of a declared name it makes a pattern.
    let character = first_other(name, |byte| is_token_byte(byte) && byte != b'*');
    if name.is_empty() || character.is_some() {
        problems.push(PolicyProblem::PreferencesName {
            name: name.clone(),
            character,
        });
    }

    let prefixes = [
        (
            "__Host-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Host-",
            cookie.domain.is_some(),
            "with a Domain; remove the domain",
        ),
        (
            "__Secure-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Http-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Http-",
            !cookie.http_only,
            "without HttpOnly; set http_only to true",
        ),
        (
            "__Host-Http-",
            !cookie.http_only,
            "without HttpOnly; set http_only to true",
        ),
    ];
    for (prefix, violated, fault) in prefixes {
        if violated && wire::has_prefix(name, prefix) {
            let name = name.clone();
            problems.push(PolicyProblem::PreferencesPrefix {
                name,
                prefix,
                fault,
            });
        }
    }

    if cookie.same_site == SameSite::None && !cookie.secure {
        problems.push(PolicyProblem::PreferencesSameSite { name: name.clone() });
    }
    if let Some(domain) = &cookie.domain
        && let Some(fault) = domain_fault(domain)
    {
        problems.push(PolicyProblem::PreferencesDomain {
            name: name.clone(),
            domain: domain.clone(),
            fault,
        });
    }

    let names = cookie.names_read();
    if !names.contains(name) || names.len() > MOST_NAMES {
        problems.push(PolicyProblem::CodecNames {
            name: name.clone(),
            names: names.clone(),
        });
    }
    for read in names.iter().filter(|read| *read != name) {
        let character = first_other(read, wire::is_name_byte);
        if read.is_empty() || character.is_some() {
            problems.push(PolicyProblem::CodecName {
                name: name.clone(),
                read: read.clone(),
                character,
            });
        }
    }
    let not_necessary = |category: &&Category| category.basis != Basis::Necessary;
    for category in policy.categories.iter().filter(not_necessary) {
        for name in &names {
            let declares =
                |cookie: &CookieDeclaration| cookie.kind == Kind::Cookie && cookie.name == *name;
            if category.cookies.iter().any(declares) {
                problems.push(PolicyProblem::PreferencesBasis {
                    category: category.id.clone(),
                    name: name.clone(),
                    basis: category.basis,
                });
            }
        }
    }
}

/// Whether the longest choice fits into one cookie: browsers keep 4,096 bytes of name and value
/// (RFC 6265bis, section 5.6).
pub(super) fn check_size(policy: &CookiePolicy) -> Option<PolicyProblem> {
    let name = policy.preferences_cookie().name();
    let value = encoded_value(policy, &Choice::longest(policy), None);
    let size = name.len() + value.len();
    (size > MOST_BYTES).then(|| PolicyProblem::ChoiceSize {
        name: name.to_owned(),
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consent::{Decoded, PreferencesCodec, Unreadable},
        policy::PreferencesCookie,
    };

    fn problems(preferences: PreferencesCookie) -> Vec<PolicyProblem> {
        CookiePolicy::builder()
            .preferences_cookie(preferences)
            .category(Category::consent("ads"))
            .build()
            .map_or_else(|error| error.problems().to_vec(), |_| Vec::new())
    }

    #[test]
    fn a_full_choice_fits_into_4096_bytes_of_name_and_value() {
        let value = {
            let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
            encoded_value(&policy, &Choice::longest(&policy), None)
        };
        let longest = "p".repeat(MOST_BYTES - value.len());
        assert_eq!(problems(PreferencesCookie::new(longest.as_str())), []);
        let found = problems(PreferencesCookie::new(format!("{longest}p")));
        let [problem @ PolicyProblem::ChoiceSize { size: 4_097, .. }] = &found[..] else {
            panic!("{found:?}");
        };
        let text = problem.to_string();
        assert!(text.contains("takes 4097 bytes"), "{text}");
    }

    /// Says which names it reads, and nothing else.
    #[derive(Debug)]
    struct Names(Vec<String>);

    impl PreferencesCodec for Names {
        fn names(&self) -> Vec<String> {
            self.0.clone()
        }

        fn decode(&self, _: &CookiePolicy, _: &[Option<&[u8]>]) -> Result<Decoded, Unreadable> {
            Err(Unreadable::Format)
        }

        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> String {
            String::new()
        }
    }

    #[test]
    fn a_codec_reads_names_that_browsers_agree_on() {
        for (name, character) in [
            ("", None),
            (" p", Some(' ')),
            ("old prefs", Some(' ')),
            ("_ga;", Some(';')),
            ("a=b", Some('=')),
            ("\u{e9}", Some('\u{e9}')),
            ("\u{20ac}", Some('\u{20ac}')),
        ] {
            let read = vec!["p".to_owned(), name.to_owned()];
            let found = problems(PreferencesCookie::new("p").codec(Names(read)));
            let expected = PolicyProblem::CodecName {
                name: "p".to_owned(),
                read: name.to_owned(),
                character,
            };
            assert_eq!(found, [expected], "{name:?}");
            let text = found[0].to_string();
            assert!(
                text.contains(&format!("its codec reads {name:?}")),
                "{text}"
            );
        }
        let read = ["p", "euconsent-v2", "a[b]", "a*"].map(str::to_owned);
        let found = problems(PreferencesCookie::new("p").codec(Names(read.to_vec())));
        assert_eq!(found, []);
    }

    #[test]
    fn a_codec_reads_the_preferences_cookie_and_at_most_16_names() {
        let names = |others: usize| (0..others).map(|number| format!("n{number}"));
        let own = || ["p".to_owned()].into_iter();
        for (read, fits) in [
            (own().chain(names(15)).collect(), true),
            (own().chain(names(16)).collect(), false),
            (names(1).collect(), false),
        ] {
            let found = problems(PreferencesCookie::new("p").codec(Names(read)));
            match &found[..] {
                [] => assert!(fits),
                [problem @ PolicyProblem::CodecNames { .. }] => {
                    assert!(!fits);
                    let text = problem.to_string();
                    assert!(
                        text.contains("16 at most") && text.contains("\"n0\""),
                        "{text}"
                    );
                }
                _ => panic!("{found:?}"),
            }
        }
    }
}
