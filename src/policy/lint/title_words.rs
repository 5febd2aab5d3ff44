//! The words by which titles name purposes, and join them, in lower case. A stem that ends in a blank is a whole word.

use std::fmt;

/// A purpose that titles name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Advertising,
    Statistics,
    Content,
    Settings,
    Necessary,
    Operation,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Advertising => "advertising",
            Self::Statistics => "statistics",
            Self::Content => "content of others",
            Self::Settings => "settings",
            Self::Necessary => "what is necessary",
            Self::Operation => "the working of the site",
        })
    }
}

/// The stems of each purpose. The first purpose of a part counts: personalised advertising is advertising.
pub(super) const PURPOSES: [(Purpose, &[&str]); 6] = [
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
            "reklám",
            "reklā",
            "reklaam",
            "ciblage",
            "mainon",
            "mainos",
            "markedsf",
            "marknadsf",
            "hirdet",
            "διαφημ",
            "oglaš",
            "oglas",
            "anunci",
            "anúnci",
            "fógra",
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
            "measurement",
            "measuring",
            "mesure ",
            "mesurer ",
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
            "štatist",
            "staitist",
            "mätning",
            "måling",
            "στατιστ",
            "μέτρηση",
            "ανάλυσ",
            "статист",
            "анализ",
        ],
    ),
    (
        Purpose::Content,
        &[
            "social", "sociaux", "sociau", "sozial", "sociale", "sociala", "sociál", "sosial",
            "redes ", "video", "vidéo", "vídeo", "film", "map ", "maps ", "carte", "karte",
            "kaart", "media ", "medias ", "médias ", "medien", "embed",
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
            "necesar",
            "necessari",
            "necessári",
            "noodzakelijk",
            "nödvändig",
            "nødvendig",
            "niezbędn",
            "indispensab",
            "nezbytn",
            "nevyhnutn",
            "szükséges",
            "välttämät",
            "απαραίτητ",
            "необходим",
        ],
    ),
    (
        Purpose::Operation,
        &[
            "secur",
            "sécur",
            "sicherheit",
            "segur",
            "sicurezz",
            "beveilig",
            "säkerhet",
            "sikkerhed",
            "bezpiecze",
            "login ",
            "connexion ",
            "anmeldung",
            "authent",
            "fraud",
            "payment",
            "paiement",
            "zahlung",
            "pago ",
            "pagos ",
            "pagament",
            "betaling",
            "cart ",
            "basket ",
            "panier ",
            "warenkorb",
        ],
    ),
];

/// The words that join two things.
pub(super) const SEPARATORS: &[&str] = &[
    "and", "or", "und", "oder", "et", "ou", "y", "e", "o", "ed", "en", "och", "og", "ja", "oraz",
    "i", "és", "și", "şi", "και", "agus", "ir", "и", "і", "та", "ve",
];

/// The words that join two things in one language, and mean something else in others.
pub(super) const SEPARATORS_OF: &[(&str, &[&str])] = &[
    ("a", &["cs", "sk"]),
    ("in", &["sl"]),
    ("u", &["mt"]),
    ("un", &["lv"]),
];

/// The words that join two things only where a purpose is on both sides, in a text of an unknown language.
pub(super) const NARROW_SEPARATORS: &[&str] = &["a", "u"];

/// Words that join two things in some languages, and are prepositions in these.
pub(super) const PREPOSITIONS: &[(&str, &[&str])] = &[("en", &["ca", "es", "fr", "gl"])];

/// The first words of what only tells more about the words before.
pub(super) const OF: &[&str] = &[
    "of", "de", "des", "du", "d", "del", "di", "von", "der", "van", "av", "af",
];

/// The stems of words for what is also done with advertising.
pub(super) const MEASUREMENT: &[&str] = &["measur", "mesur", "messung"];

/// The words by which a part of a title says what it is without.
pub(super) const WITHOUT: &[&str] = &[
    "free", "excluded", "except", "never", "frei", "hors", "sauf", "jamais", "niemals", "libre",
    "nunca", "mai",
];
