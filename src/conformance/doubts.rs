//! Situations in which a correct site may read more than it should: it is compared with what its preferences would
//! otherwise be.

/// A doubt about how a site may read its preferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The preferences are longer than browsers store.
    Long,
    /// Each answer is declared twice, and grants both times. Of members of one name, most readers of JSON take the last.
    Twice,
    LastYes,
    LastNo,
    /// A service of an allowed category is refused, and the site may ask for categories alone.
    Service,
}

/// The situations of which each is one doubt.
const NAMED: [(&str, Doubt); 5] = [
    ("preferences that are too long", Doubt::Long),
    ("preferences with a member that is too long", Doubt::Long),
    ("preferences with each answer twice", Doubt::Twice),
    (
        "preferences with each answer twice, the last one true",
        Doubt::LastYes,
    ),
    (
        "preferences with each answer twice, the last one false",
        Doubt::LastNo,
    ),
];

impl Doubt {
    /// Returns the doubt about a situation, if there is one.
    pub(super) fn of(situation: &str) -> Option<Self> {
        let named = NAMED.iter().find(|(name, _)| *name == situation);
        let is_of_service = situation.starts_with("after consent to ")
            && situation.contains(" and refusal of its service ");
        named
            .map(|(_, doubt)| *doubt)
            .or_else(|| is_of_service.then_some(Self::Service))
    }

    /// Returns the reason why what is found is excused.
    pub(super) const fn excuse(self) -> &'static str {
        match self {
            Self::Long => {
                "no browser stores preferences of this length, and the site takes them for what they would be if shorter"
            }
            Self::Twice | Self::LastYes | Self::LastNo => {
                "the site takes members of the same name for the last of them, as most readers of JSON do"
            }
            Self::Service => "the site asks for categories alone, and never stores such a choice",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{
        Category, CookiePolicy, Gpc, conformance::scenes::scenes, policy::Service, wire::DAY,
    };

    #[test]
    fn there_are_situations_of_each_doubt() {
        let media = Category::consent("media").service(Service::new("films"));
        let policy = CookiePolicy::new([media]).unwrap();
        let now = UNIX_EPOCH + std::time::Duration::from_secs(20_000 * DAY);
        let scenes = scenes(&policy, Gpc::Honour, now);
        let doubts = scenes.iter().filter_map(|it| Doubt::of(&it.situation));
        let doubts: Vec<_> = doubts.collect();
        for doubt in [
            Doubt::Long,
            Doubt::Twice,
            Doubt::LastYes,
            Doubt::LastNo,
            Doubt::Service,
        ] {
            assert!(doubts.contains(&doubt), "{doubt:?} {doubts:?}");
        }
        assert_eq!(doubts.len(), NAMED.len() + 1);
    }
}
