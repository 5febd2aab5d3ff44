//! Combines the values of the preferences cookies into one reading, failing closed if they differ.

use smallvec::SmallVec;

use super::{CategorySet, Choice, DecodeError, Decoded, Terms};
use crate::wire::{self, DAY, MAX_PAIR};

/// Requests with more preferences cookies than this are not read: browsers do not store that many
/// of one name for a site, and a client that makes them up must not make the request expensive.
const MOST_COOKIES: usize = 16;

/// The most that a timestamp may be ahead of the server's clock: a device with a wrong time zone.
const CLOCK_TOLERANCE: u64 = DAY;

/// The reason why a response can't set preferences cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One of them can't be read.
    Unreadable,
    /// One of them contains something that is neither part of the choice nor kept.
    UnknownMembers,
}

/// The combined meaning of all preferences cookies of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Reading<'a> {
    /// Only what all grant is granted, what any denies is denied, and the oldest date counts. If
    /// one of them can't be read, it contains the readable denials, dated now.
    pub(crate) choice: Option<Choice>,
    /// The categories and services that every one of them denies: only those are ever expired.
    pub(crate) denied_by_all: CategorySet,
    /// The reason why one of them can't be read, if so. Nothing is granted then.
    pub(crate) unreadable: Option<DecodeError>,
    /// Several were received, and they may differ.
    pub(crate) several: bool,
    /// The preferences cookie's own value, if it is the only one and has other members that are
    /// kept when a new choice is written.
    pub(crate) previous: Option<&'a [u8]>,
    /// The reason why a response can't set one of them: it can't be read, or contains members that
    /// are neither part of the choice nor kept.
    pub(crate) fault: Option<Fault>,
    /// The choice is from a cookie that stored it earlier.
    pub(crate) former: bool,
}

impl Reading<'_> {
    pub(crate) const NONE: Self = Self {
        choice: None,
        denied_by_all: CategorySet::EMPTY,
        unreadable: None,
        several: false,
        previous: None,
        fault: None,
        former: false,
    };

    fn unreadable(why: DecodeError) -> Self {
        Self {
            unreadable: Some(why),
            fault: Some(Fault::Unreadable),
            ..Self::NONE
        }
    }
}

/// The raw values of the preferences cookies of one message, in order.
#[derive(Default)]
pub(crate) struct PreferencesValues<'a> {
    /// The number of the codec's name, and the value.
    found: SmallVec<[(usize, &'a [u8]); 2]>,
    overflow: bool,
}

impl<'a> PreferencesValues<'a> {
    /// Collects them from the `Cookie` headers of a request.
    pub(crate) fn of_request(policy: &impl Terms, fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut values = Self::default();
        for field in fields {
            values.look_for(policy, field);
        }
        values
    }

    /// Collects them from one `Cookie` header.
    pub(crate) fn look_for(&mut self, policy: &impl Terms, field: &'a [u8]) {
        for (which, name) in policy.preferences_names().enumerate() {
            for value in wire::values(field, name.as_bytes()) {
                self.push(which, value);
            }
        }
    }

    /// Takes the value if the policy's codec reads `name`. Returns `true` if it does.
    pub(crate) fn offer(&mut self, policy: &impl Terms, name: &[u8], value: &'a [u8]) -> bool {
        let Some(which) = number(policy, name) else {
            return false;
        };
        self.push(which, value);
        true
    }

    /// Returns the names of the former cookies that were received, each once.
    pub(crate) fn former_names<'p>(&self, policy: &'p impl Terms) -> impl Iterator<Item = &'p str> {
        let formers = policy
            .preferences_names()
            .enumerate()
            .skip(policy.own_names());
        formers
            .filter(|(which, _)| self.occurrences(*which).next().is_some())
            .map(|(_, name)| name)
    }

    /// Returns the values, so that they outlive the request, if the codec reads several cookies:
    /// only with those does a response not carry the whole choice.
    pub(crate) fn keep_several(&self, policy: &impl Terms) -> ReceivedValues {
        if policy.preferences_names().len() == 1 {
            return ReceivedValues::NONE;
        }
        let own = |(which, value): &(usize, &[u8])| (*which, Box::from(*value));
        ReceivedValues(self.found.iter().map(own).collect())
    }

    /// Also takes what was `received` under names that are not in `replaced`.
    #[allow(single_use_lifetimes, reason = "it outlives what it fills")]
    pub(crate) fn fill<'r: 'a>(
        &mut self,
        policy: &impl Terms,
        received: &PreferencesValues<'r>,
        replaced: &[&[u8]],
    ) {
        let names: SmallVec<[_; 2]> = replaced
            .iter()
            .filter_map(|name| number(policy, name))
            .collect();
        for (which, value) in &received.found {
            if !names.contains(which) {
                self.push(*which, value);
            }
        }
    }

    fn push(&mut self, which: usize, value: &'a [u8]) {
        if self.found.len() < MOST_COOKIES {
            self.found.push((which, value));
        } else {
            self.overflow = true;
        }
    }

    /// Returns `true` if a value was received under a name other than that of the preferences
    /// cookie.
    fn has_other_than_own(&self, policy: &impl Terms) -> bool {
        let own = policy.cookie_name();
        let mut names = policy
            .preferences_names()
            .take(policy.own_names())
            .enumerate();
        names.len() > 1
            && names.any(|(which, name)| name != own && self.occurrences(which).next().is_some())
    }

    /// Returns `true` if some name was received more than once, readable or not.
    #[inline]
    pub(crate) fn several(&self) -> bool {
        let repeated = |(at, (which, _)): (usize, &(usize, _))| {
            let mut before = self.found.iter().take(at);
            before.any(|(other, _)| other == which)
        };
        self.overflow || self.found.iter().enumerate().any(repeated)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn occurrences(&self, which: usize) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.found
            .iter()
            .filter_map(move |(name, value)| (*name == which).then_some(*value))
    }
}

/// The values of a request whose codec reads several cookies, for its response; otherwise nothing.
#[derive(Debug)]
pub(crate) struct ReceivedValues(Vec<(usize, Box<[u8]>)>);

impl ReceivedValues {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) const fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn values(&self) -> PreferencesValues<'_> {
        let mut values = PreferencesValues::default();
        for (which, value) in &self.0 {
            values.push(*which, value);
        }
        values
    }
}

/// Returns the number of this name among those that the policy's codec reads.
fn number(policy: &impl Terms, name: &[u8]) -> Option<usize> {
    let mut names = policy.preferences_names();
    names.position(|known| known.as_bytes() == name)
}

/// Combines the values. If a name was received several times, each of its values takes part in a
/// separate reading, and the readings are narrowed to what they have in common.
#[inline]
pub(crate) fn read<'a>(
    policy: &impl Terms,
    values: &PreferencesValues<'a>,
    now: u64,
) -> Reading<'a> {
    if values.is_empty() {
        return Reading::NONE;
    }
    read_all(policy, values, now)
}

fn read_all<'a>(policy: &impl Terms, values: &PreferencesValues<'a>, now: u64) -> Reading<'a> {
    if values.overflow {
        return Reading {
            several: true,
            ..Reading::unreadable(DecodeError::TooManyCookies)
        };
    }
    // Nearly always there is one value of one name.
    if let [(_, value)] = values.found[..]
        && policy.preferences_names().len() == 1
    {
        return read_slots(policy, &[Some(value)], now);
    }
    let mut reading = read_one(policy, values, 0, now);
    let most = (0..policy.preferences_names().len())
        .map(|which| values.occurrences(which).count())
        .max()
        .unwrap_or(0);
    for round in 1..most {
        let next = read_one(policy, values, round, now);
        reading = Reading {
            choice: match (reading.choice, next.choice) {
                (Some(one), Some(other)) => {
                    let (one, other) = (known(policy, one), known(policy, other));
                    Some(one.narrowed_by(other))
                }
                (Some(one), None) | (None, Some(one)) => Some(Choice {
                    granted: CategorySet::EMPTY,
                    ..one
                }),
                (None, None) => None,
            },
            denied_by_all: reading.denied_by_all & next.denied_by_all,
            unreadable: reading.unreadable.or(next.unreadable),
            several: true,
            // Another host may have planted one of them.
            previous: None,
            fault: reading.fault.or(next.fault),
            former: reading.former,
        };
    }
    // The values of the codec's other names remain next to what a response sets.
    reading.several |= values.has_other_than_own(policy);
    if reading.unreadable.is_some()
        && let Some(choice) = &mut reading.choice
    {
        choice.granted = CategorySet::EMPTY;
    }
    reading
}

/// Returns the choice without what it grants under a revision above the policy's, since the lowest
/// of several revisions counts.
fn known(policy: &impl Terms, choice: Choice) -> Choice {
    if choice.revision <= policy.revision() {
        return choice;
    }
    Choice {
        granted: CategorySet::EMPTY,
        ..choice
    }
}

/// Reads the `round`-th value of each name, or its last one if there are fewer.
fn read_one<'a>(
    policy: &impl Terms,
    values: &PreferencesValues<'a>,
    round: usize,
    now: u64,
) -> Reading<'a> {
    let mut slots: SmallVec<[Option<&'a [u8]>; 2]> = SmallVec::new();
    for which in 0..policy.preferences_names().len().min(MOST_COOKIES) {
        let mut of_name = values.occurrences(which);
        slots.push(match of_name.nth(round) {
            Some(value) => Some(value),
            None => values.occurrences(which).next_back(),
        });
    }
    read_slots(policy, &slots, now)
}

/// Reads these values, one for each of the codec's names.
#[inline]
fn read_slots<'a>(policy: &impl Terms, slots: &[Option<&'a [u8]>], now: u64) -> Reading<'a> {
    if slots.iter().flatten().any(|value| value.len() > MAX_PAIR) {
        return Reading::unreadable(DecodeError::TooLong);
    }
    match policy.decode(slots, now) {
        Err(why) => Reading::unreadable(why),
        Ok(decoded) if decoded.undecided => Reading::NONE,
        Ok(
            decoded @ Decoded {
                denials_only: Some(why),
                ..
            },
        ) => denials(decoded, why, now),
        Ok(decoded) if decoded.choice.decided_at > now.saturating_add(CLOCK_TOLERANCE) => {
            denials(decoded, DecodeError::FutureTimestamp, now)
        }
        Ok(decoded) => Reading {
            choice: Some(decoded.choice.counted(policy)),
            denied_by_all: policy.denied_by(&decoded.choice),
            unreadable: None,
            several: false,
            previous: match decoded.keep_value {
                true => own_value(policy, slots),
                false => None,
            },
            fault: fault(&decoded),
            former: decoded.former,
        },
    }
}

/// Returns what remains of a choice with an unusable date: denials do not need one. Whoever writes
/// it again dates it now.
#[cold]
fn denials<'a>(decoded: Decoded, why: DecodeError, now: u64) -> Reading<'a> {
    let denials = Choice {
        granted: CategorySet::EMPTY,
        decided_at: now,
        ..decoded.choice
    };
    if denials.denied.is_empty() {
        return Reading::unreadable(why);
    }
    Reading {
        choice: Some(denials),
        fault: fault(&decoded),
        former: decoded.former,
        ..Reading::unreadable(why)
    }
}

fn fault(decoded: &Decoded) -> Option<Fault> {
    if decoded.denials_only == Some(DecodeError::Signature) {
        return Some(Fault::Unreadable);
    }
    decoded.unknown_members.then_some(Fault::UnknownMembers)
}

/// Returns the value of the preferences cookie itself among those of all names that the codec
/// reads.
fn own_value<'a>(policy: &impl Terms, slots: &[Option<&'a [u8]>]) -> Option<&'a [u8]> {
    let own = policy.cookie_name();
    let mut values = policy.preferences_names().zip(slots);
    *values.find(|(name, _)| *name == own)?.1
}

#[cfg(test)]
mod tests {
    use super::{
        super::{EncodeError, RegimeNumber},
        *,
    };

    /// A policy without categories, whose codec reads two cookies.
    struct TwoCookies;

    impl Terms for TwoCookies {
        fn own_regime(&self) -> RegimeNumber {
            RegimeNumber::OWN
        }

        fn regime_number(&self, _: &[u8]) -> RegimeNumber {
            RegimeNumber::UNKNOWN
        }

        fn regime_id(&self, _: RegimeNumber) -> Option<&str> {
            None
        }

        fn longest_regime(&self) -> RegimeNumber {
            RegimeNumber::OWN
        }

        fn laxer(&self, _: RegimeNumber) -> CategorySet {
            self.consenting()
        }

        fn revision(&self) -> u32 {
            1
        }

        fn index_of(&self, _: &[u8]) -> Option<u8> {
            None
        }

        fn id_at(&self, _: u8) -> Option<&str> {
            None
        }

        fn encoded_keys(&self) -> impl Iterator<Item = (u8, &[u8])> {
            std::iter::empty()
        }

        fn necessary(&self) -> CategorySet {
            CategorySet::EMPTY
        }

        fn consenting(&self) -> CategorySet {
            CategorySet::EMPTY
        }

        fn optional(&self) -> CategorySet {
            CategorySet::EMPTY
        }

        fn denied_by(&self, choice: &Choice) -> CategorySet {
            choice.denied
        }

        fn cookie_name(&self) -> &str {
            "choice"
        }

        fn preferences_names(&self) -> impl ExactSizeIterator<Item = &str> {
            ["other", "choice"].into_iter()
        }

        fn own_names(&self) -> usize {
            2
        }

        fn keeps(&self, _: &[u8]) -> bool {
            false
        }

        fn decode(&self, values: &[Option<&[u8]>], _: u64) -> Result<Decoded, DecodeError> {
            if values.contains(&Some(b"?")) {
                return Ok(Decoded::undecided());
            }
            let mut choice = Choice::at(0);
            choice.answer_at(0, true);
            choice.answer_at(1, false);
            Ok(choice.into())
        }

        fn encode(&self, _: &Choice, _: Option<&[u8]>) -> Result<String, EncodeError> {
            Err(EncodeError::ReadOnly)
        }

        fn sign(&self, value: String) -> String {
            value
        }

        fn room(&self) -> usize {
            MAX_PAIR
        }
    }

    fn values(field: &str) -> PreferencesValues<'_> {
        PreferencesValues::of_request(&TwoCookies, std::iter::once(field.as_bytes()))
    }

    #[test]
    fn several_means_repeated_or_too_many() {
        let too_often = "choice=1; other=2; ".repeat(MOST_COOKIES);
        for (field, several) in [
            ("", false),
            ("choice=1", false),
            ("choice=1; other=1", false),
            ("other=1; choice=1; x=1; x=1", false),
            ("choice=1; choice=1", true),
            ("choice=1; other=1; choice=2", true),
            ("other=1; other=1", true),
            (&too_often, true),
        ] {
            assert_eq!(values(field).several(), several, "{field}");
        }
        // Apart from what exceeds the limit, no name was received twice.
        let overflow = PreferencesValues {
            overflow: true,
            ..values("choice=1")
        };
        assert!(overflow.several());
    }

    #[test]
    fn a_value_without_an_answer_next_to_a_choice_takes_its_grants() {
        let choice = |field| read(&TwoCookies, &values(field), 0).choice;
        assert_eq!(choice("choice=?"), None);
        assert_eq!(choice("choice=?; choice=?"), None);
        assert!(choice("choice=1").is_some_and(|choice| choice.granted.contains(0)));
        for field in ["choice=?; choice=1", "choice=1; choice=?"] {
            let reading = read(&TwoCookies, &values(field), 0);
            let choice = reading.choice.unwrap();
            assert!(
                choice.granted.is_empty() && choice.denied.contains(1),
                "{field}"
            );
            assert!(reading.denied_by_all.is_empty() && reading.unreadable.is_none());
        }
    }

    #[test]
    fn a_second_cookie_name_may_stay_beside_the_one_set() {
        for (field, several) in [
            ("choice=1", false),
            ("other=1", true),
            ("choice=1; other=1", true),
            ("choice=1; choice=1", true),
        ] {
            assert_eq!(
                read(&TwoCookies, &values(field), 0).several,
                several,
                "{field}"
            );
        }
    }
}
