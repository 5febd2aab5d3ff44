//! Words and phrases in the languages that most sites write in, in lower case. A stem that ends in a blank is a whole
//! word.

use std::fmt;

/// A purpose that titles name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Advertising,
    Statistics,
    Content,
    Settings,
    Necessary,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Advertising => "advertising",
            Self::Statistics => "statistics",
            Self::Content => "content of others",
            Self::Settings => "settings",
            Self::Necessary => "what is necessary",
        })
    }
}

/// The stems of each purpose. The first purpose of a part counts: personalised advertising is advertising.
pub(super) const PURPOSES: [(Purpose, &[&str]); 5] = [
    (
        Purpose::Advertising,
        &[
            "advert",
            "ads ",
            "ad ",
            "marketing",
            "targeting",
            "retargeting",
            "publicit",
            "publicid",
            "pubblicit",
            "werbung",
            "werbe",
            "annonc",
            "reclam",
            "reklam",
            "ciblage",
            "mainon",
            "mainos",
            "markedsf",
            "marknadsf",
            "hirdet",
            "διαφημ",
            "oglaš",
            "рекл",
        ],
    ),
    (
        Purpose::Statistics,
        &[
            "statist",
            "statisz",
            "statyst",
            "estad",
            "estat",
            "analyt",
            "analys",
            "análi",
            "analít",
            "anali",
            "measur",
            "mesur",
            "messung",
            "metric",
            "metrik",
            "audience",
            "publikumsm",
            "reichweite",
            "medición",
            "medicion",
            "misura",
            "performance",
            "tilast",
            "στατιστ",
            "статист",
        ],
    ),
    (
        Purpose::Content,
        &[
            "social", "sociaux", "sociau", "sozial", "sociale", "sociala", "redes ", "video",
            "vidéo", "vídeo", "film", "map ", "maps ", "carte", "karte", "kaart", "media ",
            "medias ", "médias ", "medien", "embed",
        ],
    ),
    (
        Purpose::Settings,
        &[
            "personali",
            "personnali",
            "preferen",
            "préféren",
            "präferen",
            "functional",
            "fonctionnel",
            "funktional",
            "funktionell",
            "funcional",
            "funzional",
            "functionel",
            "comfort",
            "komfort",
        ],
    ),
    (
        Purpose::Necessary,
        &[
            "necessary ",
            "essential ",
            "essentials ",
            "nécessaire",
            "essentiel",
            "notwendig",
            "erforderlich",
            "necesari",
            "necessari",
            "necessári",
            "noodzakelijk",
            "nödvändig",
            "nødvendig",
            "niezbędn",
            "indispensab",
        ],
    ),
];

/// The words that join two things.
pub(super) const SEPARATORS: [&str; 19] = [
    "and", "or", "und", "oder", "et", "ou", "y", "e", "o", "ed", "en", "och", "og", "ja", "oraz",
    "i", "és", "și", "και",
];

/// The stems of words that call something necessary.
pub(super) const NECESSARY: [&str; 20] = [
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
];

/// The words that deny the next ones.
pub(super) const NEGATIONS: [&str; 22] = [
    "not", "non", "no", "without", "nicht", "kein", "keine", "keiner", "ohne", "pas", "sans",
    "sin", "niet", "geen", "zonder", "não", "sem", "inte", "ikke", "ej", "ei", "nie",
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
