//! Checks the codecs of the preferences cookie and of former ones: their names, their settings, and the
//! size of what they write.

use super::{
    problem::{PolicyProblem, PolicyProblemKind as Kind},
    shared::{Problems, check_unknown, name_fault, place_of_preferences as place},
};
use crate::{
    policy::{
        CookiePolicy, FormerCookie, PreferencesCookie, location::domain_fault, names::first_other,
    },
    preferences::{Choice, EncodeError, RegimeNumber, encoded_value},
    wire::{self, MAX_PAIR},
};

/// The number of cookies that a codec may read; each is searched for in every request.
const MAX_CODEC_NAMES: usize = 16;

pub(super) fn check_names(cookie: &PreferencesCookie, problems: &mut Problems) {
    let name = cookie.name();
    let mut push = |kind, message: String| {
        problems.push(PolicyProblem::new(kind, place(name), message));
    };
    let Some(names) = cookie.names_read() else {
        push(Kind::InvalidValue, panics_in("names"));
        return;
    };
    if names.len() > MAX_CODEC_NAMES {
        let message = format!("its codec reads {names:?}: it may read {MAX_CODEC_NAMES} at most");
        push(Kind::InvalidValue, message);
    }
    for read in names.iter().filter(|read| **read != *name) {
        let character = first_other(read, wire::is_name_byte);
        if read.is_empty() || character.is_some() {
            let fault = name_fault(character);
            let message =
                format!("its codec reads {read:?}: {fault}, give the name as in Set-Cookie");
            push(Kind::InvalidName, message);
        }
    }
}

/// Checks the cookies that stored the choice earlier.
pub(super) fn check_former(cookie: &PreferencesCookie, problems: &mut Problems) {
    let own = cookie.name();
    let Some(names) = cookie.former_names() else {
        let message = panics_in("names");
        problems.push(PolicyProblem::new(Kind::InvalidValue, place(own), message));
        return;
    };
    let mut known = cookie.names_read().unwrap_or_default();
    let own_names = known.len();
    for (former, names) in cookie.get_also_read().zip(names) {
        let name = former.name();
        let of_json = || format!("{}, also_read {name:?}", place(own));
        check_unknown(of_json, &former.unknown, FormerCookie::KEYS, problems);
        let mut push = |kind, message: String| {
            problems.push(PolicyProblem::new(kind, place(own), message));
        };
        if let Some(domain) = former.get_domain()
            && let Some(fault) = domain_fault(domain)
        {
            let message = format!("also_read {name:?}: invalid domain {domain:?}: {fault}");
            push(Kind::InvalidValue, message);
        }
        if name == own {
            if former.get_domain().is_none() {
                let message = format!(
                    "also_read {name:?} is the preferences cookie itself: remove it, or give the \
                     domain that it had"
                );
                push(Kind::Conflict, message);
            }
            continue;
        }
        for read in names {
            let character = first_other(&read, wire::is_name_byte);
            if read.is_empty() || character.is_some() {
                let fault = name_fault(character);
                let message =
                    format!("also_read {read:?}: {fault}, give the name as in Set-Cookie");
                push(Kind::InvalidName, message);
            } else if known.contains(&read) {
                let message = format!("also_read {read:?} is read already: remove one of the two");
                push(Kind::Duplicate, message);
            } else {
                known.push(read);
            }
        }
    }
    if known.len() > MAX_CODEC_NAMES && own_names <= MAX_CODEC_NAMES {
        let message =
            format!("{known:?} are too many names: it may read {MAX_CODEC_NAMES} at most");
        problems.push(PolicyProblem::new(Kind::InvalidValue, place(own), message));
    }
}

fn panics_in(method: &str) -> String {
    format!("its codec panics in `{method}`: fix the codec, it must not panic for any choice")
}

/// Returns `true` if a choice reads the same whatever regime it was made in: what was allowed under laxer
/// rules would count under stricter ones.
fn loses_regime(policy: &CookiePolicy) -> bool {
    let longest = Choice::longest(policy);
    let without = Choice {
        regime: RegimeNumber::OWN,
        ..longest
    };
    longest.regime != RegimeNumber::OWN
        && encoded_value(policy, &without, None) == encoded_value(policy, &longest, None)
}

/// Checks the codec with the policy itself: that they fit together, and that the longest choice fits
/// into one cookie: browsers store 4,096 bytes of name and value (RFC 6265bis, section 5.6).
pub(in crate::policy) fn check_codec(policy: &CookiePolicy) -> Problems {
    let cookie = policy.preferences_cookie();
    let problem = |kind, message| PolicyProblem::new(kind, place(cookie.name()), message);
    let Some(misfits) = cookie.problems(policy) else {
        return vec![problem(Kind::InvalidValue, panics_in("problems"))];
    };
    let misfits = misfits.into_iter();
    let mut problems: Problems = misfits
        .map(|misfit| problem(Kind::InvalidValue, format!("its codec: {misfit}")))
        .collect();
    let written = encoded_value(policy, &Choice::longest(policy), None);
    policy.set_read_only(written == Err(EncodeError::ReadOnly));
    if written.is_ok() && loses_regime(policy) {
        let message = "its codec does not write the regime of a choice, and the policy has regimes: use the \
                       crate's own codec";
        problems.push(problem(Kind::Conflict, message.to_owned()));
    }
    match written {
        Err(EncodeError::ReadOnly) => {
            if let Some(former) = cookie.get_also_read().next() {
                let message = format!(
                    "also_read {:?}: the preferences cookie is another tool's and only read, so it \
                     can't take a choice over: remove it",
                    former.name()
                );
                problems.push(problem(Kind::Conflict, message));
            }
            if cookie.is_signed() {
                let message = "its codec only reads, so that nobody signs it: remove signed(key)";
                problems.push(problem(Kind::Conflict, message.to_owned()));
            }
            return problems;
        }
        Err(EncodeError::CodecPanicked) => {
            problems.push(problem(Kind::InvalidValue, panics_in("encode")));
        }
        Ok(value) if cookie.name().len() + value.len() > MAX_PAIR => {
            let message = format!(
                "a full choice takes {} bytes, and browsers keep {MAX_PAIR}: declare fewer \
                 categories or shorter ids",
                cookie.name().len() + value.len()
            );
            problems.push(problem(Kind::TooLarge, message));
        }
        Ok(_) => {}
    }
    let names: Vec<_> = policy.preferences_names().collect();
    if !names.contains(&cookie.name()) {
        let message = format!(
            "its codec reads {names:?}, and writes {:?}: it must read that too",
            cookie.name()
        );
        problems.push(problem(Kind::InvalidValue, message));
    }
    problems
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{
        policy::{Category, PreferencesCodec, PreferencesCookie, check::problem::Shown},
        preferences::{DecodeError, Decoded},
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
            encoded_value(&policy, &Choice::longest(&policy), None).unwrap()
        };
        let longest = "p".repeat(MAX_PAIR - value.len());
        assert_eq!(problems(PreferencesCookie::new(longest.as_str())), []);
        let found = problems(PreferencesCookie::new(format!("{longest}p")));
        let text = found[0].to_string();
        assert!(text.contains("takes 4097 bytes"), "{text}");
        assert_eq!((found.len(), found[0].kind()), (1, Kind::TooLarge));
    }

    /// Returns the names that it reads, and does nothing else.
    #[derive(Debug)]
    struct Names(Vec<String>);

    impl PreferencesCodec for Names {
        fn names(&self, _: &str) -> Vec<String> {
            self.0.clone()
        }

        fn decode(
            &self,
            _: &CookiePolicy,
            _: &[Option<&[u8]>],
            _: SystemTime,
        ) -> Result<Decoded, DecodeError> {
            Err(DecodeError::Format)
        }

        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
            Some(String::new())
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
            assert_eq!(
                (found.len(), found[0].kind()),
                (1, Kind::InvalidName),
                "{name:?}"
            );
            let text = found[0].to_string();
            assert!(
                text.contains(&format!("its codec reads {name:?}")),
                "{text}"
            );
            let shown = character.map_or("empty".to_owned(), |c| Shown(c).to_string());
            assert!(text.contains(&shown), "{text}");
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
                [problem] => {
                    assert!(!fits);
                    let text = problem.to_string();
                    let fault = text.contains("16 at most") || text.contains("must read that too");
                    assert!(fault && text.contains("\"n0\""), "{text}");
                }
                _ => panic!("{found:?}"),
            }
        }
    }
}
