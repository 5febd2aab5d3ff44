use std::{collections::HashMap, sync::LazyLock};

use foldhash::fast::FixedState;
use serde::Deserialize;

/// A country, or a part of one: an ISO 3166-1 code of two capital letters, alone or with an ISO 3166-2
/// subdivision (`FR`, `US-CA`). `CA` is Canada, `US-CA` California.
///
/// ```
/// use tower_cookie_consent::regimes::Place;
///
/// let preset = |code| Place::parse(code).and_then(Place::preset);
/// assert_eq!(preset("FR"), Some("fr"));
/// assert_eq!((preset("US-CA"), preset("CA-QC")), (Some("us-opt-out"), Some("quebec")));
/// assert_eq!((preset("CA"), preset("XX")), (None, None));
/// assert!(Place::parse("fr").is_none() && Place::parse("FR, US").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// A hyphen and zeros where there is no subdivision.
    code: [u8; 6],
    length: u8,
}

impl Place {
    /// Reads a code. Returns `None` for anything else.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code.split_once('-') {
            None => Self::new(code, None),
            Some((country, subdivision)) => Self::new(country, Some(subdivision)),
        }
    }

    /// Joins the codes of a country and of a subdivision, as the headers of some networks have them.
    /// Returns `None` if one of them is something else.
    ///
    /// ```
    /// # use tower_cookie_consent::regimes::Place;
    /// assert_eq!(Place::new("US", Some("CA")), Place::parse("US-CA"));
    /// assert_eq!(Place::new("US", Some("California")), None);
    /// ```
    #[must_use]
    pub fn new(country: &str, subdivision: Option<&str>) -> Option<Self> {
        let is_country = country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase());
        let is_empty = subdivision.is_some_and(str::is_empty);
        let subdivision = subdivision.unwrap_or_default();
        let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !is_country || is_empty || subdivision.len() > 3 || !subdivision.bytes().all(is_part) {
            return None;
        }
        let mut code = *b"00-000";
        for (slot, byte) in code.iter_mut().zip(country.bytes()) {
            *slot = byte;
        }
        for (slot, byte) in code.iter_mut().skip(3).zip(subdivision.bytes()) {
            *slot = byte;
        }
        let length = match subdivision.len() {
            0 => 2,
            part => 3 + u8::try_from(part).ok()?,
        };
        Some(Self { code, length })
    }

    fn code(&self) -> &[u8] {
        self.code.get(..self.length.into()).unwrap_or_default()
    }

    /// Returns the preset that applies there, by a table of countries and their parts. `None` for a place
    /// that the table does not have, for which the strictest rules apply.
    #[must_use]
    pub fn preset(self) -> Option<&'static str> {
        let of = |code: &[u8]| PLACES.get(code).map(String::as_str);
        of(self.code()).or_else(|| of(self.code.get(..2)?))
    }
}

#[derive(Default, Deserialize)]
struct Table(HashMap<String, Vec<String>>);

static PLACES: LazyLock<HashMap<Vec<u8>, String, FixedState>> = LazyLock::new(|| {
    // A test reads it.
    let Table(table) = serde_json::from_str(include_str!("places.json")).unwrap_or_default();
    let places = table.into_iter().flat_map(|(preset, places)| {
        let place = move |place: String| (place.into_bytes(), preset.clone());
        places.into_iter().map(place)
    });
    places.collect()
});

/// The place, or the regime, of a visitor, as the hook of a layer knows it.
///
/// ```
/// use tower_cookie_consent::regimes::{Place, Whereabouts};
///
/// let france = Whereabouts::from(Place::parse("FR"));
/// assert_eq!(france.and(Whereabouts::Unknown), france);
/// assert_eq!(france.and(Place::parse("DE").into()), Whereabouts::Contradictory);
/// assert_eq!(france.and(Whereabouts::Contradictory).and(france), Whereabouts::Contradictory);
/// assert_eq!(Whereabouts::from(None), Whereabouts::Unknown);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whereabouts {
    /// Nobody knows: field by field the strictest rules apply.
    #[default]
    Unknown,
    /// Sources contradict each other, or one of them is malformed: the strictest rules apply, whatever a
    /// further source says.
    Contradictory,
    /// A place, whose preset the table of [`Place::preset`] has.
    Place(Place),
    /// A regime of the policy, or a preset, by its id. An id that is neither is unknown.
    Regime(&'static str),
}

impl Whereabouts {
    /// Combines two sources: what one of them knows, and a contradiction if they know different things.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            _ => Self::Contradictory,
        }
    }

    /// Returns the id of the regime.
    #[inline]
    pub(crate) fn regime(self) -> Option<&'static str> {
        match self {
            Self::Unknown | Self::Contradictory => None,
            Self::Place(place) => place.preset(),
            Self::Regime(id) => Some(id),
        }
    }
}

impl From<Place> for Whereabouts {
    fn from(place: Place) -> Self {
        Self::Place(place)
    }
}

impl From<Option<Place>> for Whereabouts {
    fn from(place: Option<Place>) -> Self {
        place.map_or(Self::Unknown, Self::Place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::regimes::preset::Preset;

    #[test]
    fn each_place_of_the_table_is_one_and_has_a_preset() {
        assert!(PLACES.len() >= 40, "{}", PLACES.len());
        for (place, preset) in PLACES.iter() {
            let code = str::from_utf8(place).unwrap();
            let found = Place::parse(code).and_then(Place::preset);
            assert_eq!(found, Some(preset.as_str()), "{code}");
            assert!(Preset::of(preset).is_some(), "{code}: {preset}");
            assert!(preset != "us-notice" && preset != "none", "{code}");
        }
    }

    #[test]
    fn codes_in_any_other_form_are_not_places() {
        for code in [
            "",
            "F",
            "FRA",
            "fr",
            "Fr",
            "F1",
            "FR-",
            "FR-ABCD",
            "FR-a",
            "-FR",
            "FR ",
            " FR",
            "É",
            "US_CA",
            "US-CA-1",
            "US-C\u{e9}",
            "EU;q=1",
        ] {
            assert_eq!(Place::parse(code), None, "{code:?}");
        }
    }

    #[test]
    fn a_subdivision_that_the_table_lacks_follows_its_country() {
        let preset = |code| Place::parse(code).and_then(Place::preset);
        assert_eq!(preset("US-TX"), Some("us-opt-out"));
        assert_eq!(preset("FR-75"), Some("fr"));
        assert_eq!(preset("CA-ON"), None);
    }
}
