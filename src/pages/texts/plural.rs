//! Plural forms of whole numbers.

use super::fill;

/// Selects the form of `forms` (separated by `|`) for `count`, with the count filled in.
pub(in crate::pages) fn counted(language: &str, forms: &str, count: u32) -> String {
    let index = form(language, count);
    let chosen = forms.split('|').nth(index);
    let chosen = chosen.or_else(|| forms.rsplit('|').next()).unwrap_or(forms);
    fill(chosen, &[("count", &count.to_string())])
}

/// Returns the position of the form among those that the language has for whole numbers: the
/// cardinal rules of the Unicode CLDR for `v = 0`, without the form for whole millions. Languages
/// that are not listed have one and other.
fn form(language: &str, n: u32) -> usize {
    let (tens, hundreds) = (n % 10, n % 100);
    let teen = (11..=19).contains(&hundreds);
    let few = (2..=4).contains(&tens) && !(12..=14).contains(&hundreds);
    let primary = language.split('-').next().unwrap_or(language);
    match primary {
        "fr" => usize::from(n > 1),
        "cs" | "sk" => match n {
            1 => 0,
            2..=4 => 1,
            _ => 2,
        },
        "pl" if n == 1 => 0,
        "hr" if tens == 1 && hundreds != 11 => 0,
        "pl" | "hr" => 2 - usize::from(few),
        "sl" => match hundreds {
            1 => 0,
            2 => 1,
            3 | 4 => 2,
            _ => 3,
        },
        "lt" if teen || tens == 0 => 2,
        "lt" => usize::from(tens != 1),
        "lv" if teen || tens == 0 => 0,
        "lv" => 1 + usize::from(tens != 1),
        "ro" => match n {
            1 => 0,
            _ if n == 0 || (1..=19).contains(&hundreds) => 1,
            _ => 2,
        },
        "ga" => match n {
            1 => 0,
            2 => 1,
            3..=6 => 2,
            7..=10 => 3,
            _ => 4,
        },
        "mt" => match n {
            1 => 0,
            2 => 1,
            _ if n == 0 || (3..=10).contains(&hundreds) => 2,
            _ if teen => 3,
            _ => 4,
        },
        _ => usize::from(n != 1),
    }
}

/// Returns the number of forms of a language.
#[cfg(test)]
pub(super) fn forms_of(language: &str) -> usize {
    (0..=1_000).map(|n| form(language, n)).max().unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_takes_the_form_of_its_language() {
        for (language, expected) in [
            ("en", [1, 0, 1, 1, 1, 1, 1, 1]),
            ("fr", [0, 0, 1, 1, 1, 1, 1, 1]),
            ("cs", [2, 0, 1, 2, 2, 2, 2, 2]),
            ("pl", [2, 0, 1, 2, 2, 2, 2, 1]),
            ("hr", [2, 0, 1, 2, 2, 2, 0, 1]),
            ("sl", [3, 0, 1, 3, 3, 3, 3, 3]),
            ("lt", [2, 0, 1, 1, 2, 2, 0, 1]),
            ("lv", [0, 1, 2, 2, 0, 0, 1, 2]),
            ("ro", [1, 0, 1, 1, 1, 1, 2, 2]),
            ("ga", [4, 0, 1, 2, 4, 4, 4, 4]),
            ("mt", [2, 0, 1, 2, 3, 3, 4, 4]),
            ("br", [1, 0, 1, 1, 1, 1, 1, 1]),
        ] {
            let found = [0, 1, 2, 6, 11, 12, 21, 22].map(|n| form(language, n));
            // 6 represents numbers that are neither one, two nor a few in most languages.
            assert_eq!(found, expected, "{language}");
        }
        assert_eq!(counted("fr-CA", "{count} jour|{count} jours", 2), "2 jours");
        assert_eq!(counted("pl", "{count} x", 5), "5 x");
    }
}
