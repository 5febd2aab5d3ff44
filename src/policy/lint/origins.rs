//! Words that sites use to name where cookies come from, instead of their purpose.

/// Words for the origin of cookies, as parts of ids and titles, in lower case. Pairs such as "third
/// party" are compared joined.
const ORIGINS: [&str; 32] = [
    "firstparty",
    "thirdparty",
    "1stparty",
    "3rdparty",
    "1p",
    "3p",
    "internal",
    "external",
    // French
    "interne",
    "internes",
    "externe",
    "externes",
    "tiers",
    "tierces",
    "premierepartie",
    "tiercepartie",
    "premièrepartie",
    // German
    "erstanbieter",
    "drittanbieter",
    "eigene",
    "fremde",
    // Spanish, Italian, Portuguese
    "propias",
    "terceros",
    "propri",
    "terzi",
    "terzeparti",
    "primeparti",
    "proprios",
    "próprios",
    "terceiros",
    // Dutch
    "derden",
    "derdepartij",
];

/// Returns the first word of the text, or pair of words, that names an origin.
pub(super) fn word_in(text: &str) -> Option<String> {
    let words: Vec<_> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_origin = |word: &str| ORIGINS.contains(&word.to_lowercase().as_str());
    let single = words.iter().find(|word| is_origin(word));
    let pair = || words.windows(2).find(|pair| is_origin(&pair.concat()));
    single
        .map(|word| (*word).to_owned())
        .or_else(|| pair().map(|pair| pair.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_whole_and_pairs_joined() {
        for (text, word) in [
            ("Cookies TIERS", Some("TIERS")),
            ("third-party", Some("third party")),
            ("3rd_party", Some("3rd party")),
            ("Première partie", Some("Première partie")),
            ("internes", Some("internes")),
            ("frontiers", None),
            ("First the party", None),
            ("", None),
        ] {
            assert_eq!(word_in(text).as_deref(), word, "{text}");
        }
    }
}
