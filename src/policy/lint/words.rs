//! Words and phrases in the languages that most sites write in, in lower case. A stem that ends in a blank is a whole
//! word.

/// Returns the words of a text in lower case.
pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Compares a word with a stem; one that ends in a blank is a whole word.
pub(super) fn begins(word: &str, stem: &str) -> bool {
    match stem.strip_suffix(' ') {
        Some(whole) => word == whole,
        None => word.starts_with(stem),
    }
}

/// The stems of words that call something necessary.
pub(super) const NECESSARY: &[&str] = &[
    "necessary ",
    "essential ",
    "essentials ",
    "required ",
    "mandatory ",
    "indispensab",
    "nécessaire",
    "essentiel",
    "obligatoire",
    "notwendig",
    "erforderlich",
    "unverzichtbar",
    "necesari",
    "esencial",
    "necessari",
    "necessári",
    "noodzakelijk",
    "nödvändig",
    "nødvendig",
    "niezbędn",
    "nezbytn",
    "nevyhnutn",
    "szükséges",
    "välttämät",
    "απαραίτητ",
    "необходим",
];

/// The words that deny the next ones.
pub(super) const NEGATIONS: &[&str] = &[
    "not", "non", "no", "without", "nicht", "kein", "keine", "keiner", "ohne", "pas", "sans",
    "sin", "niet", "geen", "zonder", "não", "sem", "inte", "ikke", "ej", "ei", "nie", "nem", "nu",
    "nav", "gan", "mhux", "δεν", "μη", "не",
];

/// The stems of words that recommend, at the end of a title.
pub(super) const RECOMMENDED: [&str; 14] = [
    "recommended ",
    "recommandé",
    "conseillé",
    "empfohlen",
    "recomendad",
    "consigliat",
    "raccomandat",
    "aanbevolen ",
    "aanbevolen",
    "rekommender",
    "anbefal",
    "suositel",
    "zalecan",
    "priporoč",
];

/// Phrases that press visitors to agree.
pub(super) const PRESSING: [&str; 40] = [
    "we recommend that you",
    "we recommend accepting",
    "we recommend to accept",
    "is recommended",
    "are recommended",
    "highly recommended",
    "best experience",
    "best possible experience",
    "optimal experience",
    "better experience",
    "full experience",
    "please accept",
    "please agree",
    "must accept",
    "have to accept",
    "should accept",
    "nous vous recommandons",
    "nous recommandons d",
    "meilleure expérience",
    "expérience optimale",
    "veuillez accepter",
    "merci d'accepter",
    "wir empfehlen ihnen",
    "wir empfehlen,",
    "beste erlebnis",
    "beste erfahrung",
    "bestmögliche",
    "optimale erlebnis",
    "bitte akzeptieren",
    "bitte stimmen",
    "le recomendamos",
    "mejor experiencia",
    "experiencia óptima",
    "le consigliamo",
    "migliore esperienza",
    "beste ervaring",
    "optimale ervaring",
    "melhor experiência",
    "bästa upplevelse",
    "bedste oplevelse",
];

/// The stems of words that say how long something is kept, in lower case.
pub(super) const KEPT: [&str; 30] = [
    "kept",
    "keeps",
    "store",
    "stored",
    "expire",
    "lasts",
    "valid",
    "retain",
    "deleted after",
    "conserv",
    "dure",
    "durée",
    "expir",
    "gespeichert",
    "speicher",
    "gültig",
    "läuft",
    "gelöscht nach",
    "guarda",
    "caduc",
    "dura",
    "scad",
    "bewaard",
    "bewaart",
    "verloopt",
    "armazen",
    "sparas",
    "lagras",
    "gemmes",
    "przechow",
];

/// Words for units, in lower case, with their days in parts of 48: a month has 1461/48 days.
pub(super) const UNITS: [(&[&str], u64); 4] = [
    (
        &[
            "day", "days", "jour", "jours", "tag", "tage", "tagen", "día", "días", "dia", "dias",
            "giorno", "giorni", "dag", "dagen", "dagar", "dage", "dni",
        ],
        48,
    ),
    (
        &[
            "week",
            "weeks",
            "semaine",
            "semaines",
            "woche",
            "wochen",
            "semana",
            "semanas",
            "settimana",
            "settimane",
            "weken",
            "veckor",
            "uger",
        ],
        336,
    ),
    (
        &[
            "month",
            "months",
            "mois",
            "monat",
            "monate",
            "monaten",
            "mes",
            "meses",
            "mese",
            "mesi",
            "maand",
            "maanden",
            "mês",
            "månader",
            "måneder",
            "miesięcy",
            "miesiące",
        ],
        1_461,
    ),
    (
        &[
            "year", "years", "an", "ans", "année", "années", "jahr", "jahre", "jahren", "año",
            "años", "anno", "anni", "jaar", "ano", "anos", "år", "rok", "lata", "lat",
        ],
        17_532,
    ),
];
