use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::CategorySet;

/// A visitor's choice: the granted and denied categories, its time, the revision of the policy, and
/// whether the browser sent `Sec-GPC: 1` at that moment.
///
/// The preferences cookie contains a choice. It is small and `Copy`. Its answers belong to the
/// policy that it was made under, so reading one requires that policy. Handlers create choices with
/// [`Consent::accept_all`](crate::Consent::accept_all), [`refuse_all`](crate::Consent::refuse_all)
/// and [`choose`](crate::Consent::choose); a
/// [`PreferencesCodec`](crate::preferences::PreferencesCodec) creates them from cookie values:
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use tower_cookie_consent::{Category, Choice, CookiePolicy, preferences::ChoiceError};
///
/// let policy = CookiePolicy::new([Category::necessary("base"), Category::consent("ads")])?;
/// let at = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
/// let mut choice = Choice::new(at).with_revision(2).with_gpc(true);
/// choice.answer(&policy, "ads", false)?;
/// assert_eq!(choice.get(&policy, "ads"), Some(false));
/// assert_eq!(choice.get(&policy, "base"), None, "not answered");
/// let answers: Vec<_> = choice.answers(&policy).map(|(category, yes)| (category.id(), yes)).collect();
/// assert_eq!(answers, [("ads", false)]);
/// assert_eq!((choice.decided_at(), choice.revision(), choice.gpc()), (at, 2, true));
///
/// let error = choice.answer(&policy, "base", false).unwrap_err();
/// assert_eq!(error, ChoiceError::NecessaryCategory { id: "base".to_owned() });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub(crate) granted: CategorySet,
    pub(crate) denied: CategorySet,
    /// Seconds since 1970.
    pub(crate) decided_at: u64,
    pub(crate) revision: u32,
    pub(crate) gpc: bool,
    /// The regime under which it was made.
    pub(crate) regime: RegimeNumber,
    /// It is for the policy as a whole, so earlier answers for services no longer count.
    pub(crate) whole: bool,
}

/// A choice read back does not show how it was made.
impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        let parts = |choice: &Self| {
            let Self {
                granted,
                denied,
                decided_at,
                revision,
                gpc,
                regime,
                whole: _,
            } = *choice;
            (granted, denied, decided_at, revision, gpc, regime)
        };
        parts(self) == parts(other)
    }
}

impl Eq for Choice {}

impl Choice {
    /// Creates a choice without answers, made at `decided_at` (in whole seconds; times before 1970
    /// count as 1970), under revision 1, without the Global Privacy Control signal.
    #[must_use]
    pub fn new(decided_at: SystemTime) -> Self {
        Self::at(unix_seconds(decided_at))
    }

    /// Creates a choice without answers, like [`new`](Self::new), from whole seconds since 1970, as
    /// in most formats. Any number is accepted; a time in the future is handled like any other (see
    /// [`DecodeError::FutureTimestamp`](crate::preferences::DecodeError::FutureTimestamp)).
    ///
    /// ```
    /// use tower_cookie_consent::Choice;
    ///
    /// let choice = Choice::from_unix_seconds(1_790_000_000);
    /// assert_eq!(choice.unix_seconds(), 1_790_000_000);
    /// assert_eq!(Choice::from_unix_seconds(u64::MAX).unix_seconds(), u64::MAX);
    /// ```
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self::at(seconds)
    }

    pub(crate) const fn at(decided_at: u64) -> Self {
        Self {
            granted: CategorySet::EMPTY,
            denied: CategorySet::EMPTY,
            decided_at,
            revision: 1,
            gpc: false,
            regime: RegimeNumber::OWN,
            whole: false,
        }
    }

    /// Sets the revision of the policy that the visitor saw. Visitors are asked again about
    /// categories with a higher `since`. Revisions of a policy begin with 1: for a tool that counts from
    /// 0, give 1 at least, or nothing that it grants counts.
    #[must_use]
    pub const fn with_revision(mut self, revision: u32) -> Self {
        self.revision = revision;
        self
    }

    /// Sets whether the browser sent `Sec-GPC: 1` with the choice. Consent given with the signal on
    /// counts while it is on.
    #[must_use]
    pub const fn with_gpc(mut self, gpc: bool) -> Self {
        self.gpc = gpc;
        self
    }

    pub(crate) fn answer_at(&mut self, index: u8, granted: bool) {
        if !granted {
            self.denied.insert(index);
            self.granted = self.granted - self.denied;
        } else if !self.denied.contains(index) {
            self.granted.insert(index);
        }
    }

    /// Returns the time of the choice in whole seconds, or 1970 if the system can't represent it.
    #[must_use]
    pub fn decided_at(&self) -> SystemTime {
        time_of(self.decided_at)
    }

    /// Returns the time of the choice in whole seconds since 1970.
    ///
    /// ```
    /// # use tower_cookie_consent::Choice;
    /// assert_eq!(Choice::from_unix_seconds(1_790_000_000).unix_seconds(), 1_790_000_000);
    /// ```
    #[must_use]
    pub const fn unix_seconds(&self) -> u64 {
        self.decided_at
    }

    /// Returns the revision of the policy under which the choice was made.
    #[must_use]
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// Returns `true` if the browser sent `Sec-GPC: 1` with the choice.
    #[must_use]
    pub const fn gpc(&self) -> bool {
        self.gpc
    }

    /// Returns the categories and services that it answers.
    pub(crate) fn answered(self) -> CategorySet {
        self.granted | self.denied
    }

    /// Combines two choices received together: only what both grant is granted, what either denies
    /// is denied, and the older date counts.
    pub(crate) fn narrowed_by(self, other: Self) -> Self {
        Self {
            granted: self.granted & other.granted,
            denied: self.denied | other.denied,
            decided_at: self.decided_at.min(other.decided_at),
            revision: self.revision.min(other.revision),
            gpc: self.gpc && other.gpc,
            regime: match self.regime == other.regime {
                true => self.regime,
                false => RegimeNumber::UNKNOWN,
            },
            whole: false,
        }
    }
}

/// A regime of a policy, by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegimeNumber(pub(crate) u8);

impl RegimeNumber {
    /// The policy's own bases.
    pub(crate) const OWN: Self = Self(0);
    /// One that the policy does not have: of no yes is it known what was asked.
    pub(crate) const UNKNOWN: Self = Self(u8::MAX);

    /// That of visitors who are minors: no choice is made in it.
    pub(crate) const MINOR: Self = Self(u8::MAX - 1);

    /// Returns the number of the regime at this index.
    pub(crate) fn nth(index: usize) -> Self {
        let number = u8::try_from(index)
            .ok()
            .and_then(|index| index.checked_add(1));
        let number = number.map(Self).filter(|number| *number != Self::MINOR);
        number.unwrap_or(Self::UNKNOWN)
    }

    /// Returns the index of the regime, if the policy has it.
    pub(crate) fn index(self) -> Option<usize> {
        match self {
            Self::UNKNOWN | Self::MINOR => None,
            Self(number) => usize::from(number).checked_sub(1),
        }
    }
}

/// The error for a [`Choice`] that is invalid under the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The policy has no such category.
    #[error("the policy has no category {id:?}: use one of its declared ids")]
    UnknownCategory {
        /// The requested id.
        id: String,
    },
    /// Necessary cookies can't be refused.
    #[error("the category {id:?} is necessary and can't be denied: leave it out of the choice")]
    NecessaryCategory {
        /// The id of the necessary category.
        id: String,
    },
}

/// Returns whole seconds since 1970, or 0 for earlier times.
#[inline]
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Returns the time of these seconds since 1970, or 1970 if the system can't represent it.
pub(crate) fn time_of(seconds: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(UNIX_EPOCH)
}
