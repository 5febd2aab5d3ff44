//! Labels with words of two lists: those that accept and go on, and those that only go on.

use super::words::{LONGEST_LABEL, List, begins, list, spaced};

/// Returns `true` if each word that begins one list is within a phrase of the other.
fn is_within(words: &str, of: List, allowed: List) -> bool {
    let found = |of: List| {
        list(of).iter().flat_map(|beginning| {
            let all = words.match_indices(beginning.as_str());
            let starts = |at: usize| words.get(..at).is_some_and(|before| before.ends_with(' '));
            all.filter(move |(at, _)| starts(*at))
                .map(|(at, phrase)| at..at + phrase.len())
        })
    };
    let allowed: Vec<_> = found(allowed).collect();
    found(of).all(|word| allowed.iter().any(|phrase| phrase.contains(&word.start)))
}

/// Returns `true` for a label that only goes on, such as "Continue".
pub(super) fn goes_on(text: &str) -> bool {
    let words = spaced(text);
    begins(&words, List::Save) && is_within(&words, List::Save, List::Onward)
}

/// Returns `true` for an acceptance that also goes on, or says that it is of what is optional: "Accept and continue".
/// It may save a part if there are choices beside it.
pub(super) fn accepts_onward(text: &str) -> bool {
    let words = spaced(text);
    let first = words.strip_prefix(" i ").unwrap_or(&words).trim_start();
    let is_yes = ["yes ", "oui ", "ja "]
        .iter()
        .any(|yes| first.starts_with(yes));
    let accepts = list(List::Accept)
        .iter()
        .any(|it| first.starts_with(it.as_str()));
    accepts
        && !is_yes
        && words.len() <= LONGEST_LABEL
        && !begins(&words, List::Withdraw)
        && !begins(&words, List::Refuse)
        && (!begins(&words, List::Limited) || begins(&words, List::Optional))
        && is_within(&words, List::Save, List::Onward)
        && is_within(&words, List::Settings, List::Optional)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptances_may_go_on() {
        for (text, expected) in [
            ("Accept and continue", true),
            ("Agree and proceed", true),
            ("I agree, continue", true),
            ("Accept optional cookies", true),
            ("Accept recommended settings", true),
            ("Allow essential and optional cookies", true),
            ("Accepter et continuer", true),
            ("Akzeptieren und weiter", true),
            ("Allow essential cookies and continue", false),
            ("Continue without accepting", false),
            ("Accept selection", false),
            ("Accept my choices", false),
            ("Accept settings", false),
            ("Accept and save", false),
            ("Yes, continue", false),
            ("Continue", false),
        ] {
            assert_eq!(accepts_onward(text), expected, "{text}");
        }
        for (text, expected) in [
            ("Continue", true),
            ("Weiter", true),
            ("Save and continue", false),
            ("Confirm", false),
            ("Accept", false),
        ] {
            assert_eq!(goes_on(text), expected, "{text}");
        }
    }
}
