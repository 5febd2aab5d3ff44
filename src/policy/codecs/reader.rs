//! The part that all readers share: which of the tool's keys answer for which category or service.

use std::{borrow::Cow, time::SystemTime};

use super::format::{Date, Format, Said, Undated};
use crate::{
    policy::{Basis, CookiePolicy, Service, names::nearest},
    preferences::{Choice, DecodeError, Decoded, unix_seconds},
};

/// A tool's format, and what its keys answer for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reader<F> {
    pub(super) format: F,
    /// The ids of categories and services, each with the keys that all have to be granted. If there
    /// are none, every id is its own key.
    pub(super) answers: Vec<(String, Vec<String>)>,
}

impl<F: Format> Reader<F> {
    pub(super) fn answer(&mut self, id: String, keys: Vec<String>) {
        match self.answers.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => known.extend(keys),
            None => self.answers.push((id, keys)),
        }
    }

    pub(super) fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: SystemTime,
    ) -> Result<Decoded, DecodeError> {
        let now = unix_seconds(now);
        let Said::Answers(said) = self.format.read(values, now)? else {
            return Ok(Decoded::undecided());
        };
        let decided_at = match said.date {
            Date::At(seconds) => seconds,
            Date::None(_) => now,
        };
        // Some tools count from 0, a policy from 1.
        let revision = said.revision.unwrap_or(1).max(1);
        let mut choice = Choice::at(decided_at).with_revision(revision);
        for (id, keys) in self.all_answers(policy) {
            let answers: Vec<_> = keys.iter().map(|key| said.get(key)).collect();
            let granted = match () {
                () if answers.contains(&Some(false)) => false,
                () if answers.contains(&None) || answers.is_empty() => continue,
                () => true,
            };
            // Unknown and necessary ids were found when the policy was built.
            choice.answer(policy, id, granted).ok();
        }
        if choice.answered().is_empty() {
            return Ok(Decoded::undecided());
        }
        let decoded = Decoded::from(choice);
        Ok(match said.date {
            Date::None(Undated::NoGrants) => decoded.undated(),
            _ => decoded,
        })
    }

    /// Returns the ids that can be answered, with their keys.
    fn all_answers<'a>(
        &'a self,
        policy: &'a CookiePolicy,
    ) -> impl Iterator<Item = (&'a str, Cow<'a, [String]>)> {
        let own = self.answers.iter();
        let own = own.map(|(id, keys)| (&**id, Cow::Borrowed(&**keys)));
        let ids = self.answers.is_empty().then(|| ids(policy));
        let ids = ids.into_iter().flatten();
        // The tool does not ask about others.
        let ids = ids.filter(|id| F::KEYS.is_none_or(|keys| keys.contains(id)));
        own.chain(ids.map(|id| (id, Cow::Owned(vec![id.to_owned()]))))
    }

    /// Returns what is mapped to a key that the tool grants without a question, though it needs consent.
    fn unasked(&self, policy: &CookiePolicy) -> Vec<String> {
        let mut problems = Vec::new();
        for (id, keys) in self.all_answers(policy) {
            for key in keys.iter().filter(|key| !self.format.asks_about(key)) {
                if needs_consent(policy, id) {
                    let tool = F::ID;
                    problems.push(format!(
                        "{tool} allows {key:?} without a question, so it can't answer for {id:?}, \
                         which needs consent: see the documentation of the reader"
                    ));
                }
            }
        }
        problems
    }

    pub(super) fn problems(&self, policy: &CookiePolicy) -> Vec<String> {
        let known: Vec<_> = ids(policy).collect();
        let mut problems = Vec::new();
        problems.extend(F::name_problem(policy.preferences_cookie().name()));
        for (id, keys) in &self.answers {
            if !known.contains(&&**id) {
                problems.push(unknown(policy, id, &known));
            }
            if keys.is_empty() {
                problems.push(format!(
                    "{id:?} has no keys: name those of the tool that it needs, or leave it out"
                ));
            }
            for key in keys {
                problems.extend(unknown_key::<F>(key));
            }
        }
        problems.extend(self.unasked(policy));
        let fits = |id: &&str| unknown_key::<F>(id).is_none();
        if self.answers.is_empty() && !known.is_empty() && !known.iter().any(fits) {
            let keys = F::KEYS
                .map(|keys| format!(", {keys:?}"))
                .unwrap_or_default();
            problems.push(format!(
                "no id of the policy is a key of {}{keys}: say which keys answer for which category \
                 or service",
                F::ID
            ));
        }
        problems
    }
}

/// Returns `true` for a category that needs consent, and for a service of one.
fn needs_consent(policy: &CookiePolicy, id: &str) -> bool {
    let mut consenting = policy
        .categories()
        .filter(|category| category.basis() == Basis::Consent);
    consenting.any(|category| {
        let mut services = category.get_services().iter();
        category.id() == id || services.any(|service| service.id() == id)
    })
}

/// Returns the ids of all categories and services that can be answered.
fn ids(policy: &CookiePolicy) -> impl Iterator<Item = &str> {
    let categories = policy.categories();
    let optional = categories.filter(|category| category.basis() != Basis::Necessary);
    optional.flat_map(|category| {
        let services = category.get_services().iter().map(Service::id);
        std::iter::once(category.id()).chain(services)
    })
}

fn unknown(policy: &CookiePolicy, id: &str, known: &[&str]) -> String {
    if policy.category(id).is_some() {
        return format!("{id:?} is necessary, so it is not asked about: leave it out");
    }
    let fix = match nearest(id, known) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("use one of {known:?}"),
    };
    format!("{id:?} is not a category or service of the policy: {fix}")
}

fn unknown_key<F: Format>(key: &str) -> Option<String> {
    if let Some(problem) = F::key_problem(key) {
        return Some(problem);
    }
    let keys = F::KEYS.filter(|keys| !keys.contains(&key))?;
    let tool = F::ID;
    let fix = match nearest(key, keys) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("use one of {keys:?}"),
    };
    Some(format!("{key:?} is not a key of {tool}: {fix}"))
}

/// Declares the public reader of a format.
macro_rules! reader {
    ($(#[$meta:meta])* $name:ident: $format:ty) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[must_use]
        pub struct $name(pub(super) $crate::policy::codecs::reader::Reader<$format>);

        impl $name {
            /// Creates a reader in which every category and service is answered by the tool's key of
            /// the same name, until [`answer`](Self::answer) is called.
            pub fn new() -> Self {
                Self::default()
            }

            /// Adds the tool's keys that answer for a category or service: it is granted if the
            /// visitor granted all of them, denied if one of them is denied, and otherwise not
            /// answered. What is not added is not answered either.
            pub fn answer<Key: Into<String>>(
                mut self,
                id: impl Into<String>,
                keys: impl IntoIterator<Item = Key>,
            ) -> Self {
                let keys = keys.into_iter().map(Into::into).collect();
                self.0.answer(id.into(), keys);
                self
            }
        }

        impl $crate::policy::PreferencesCodec for $name {
            fn names(&self, own: &str) -> Vec<String> {
                $crate::policy::codecs::format::Format::names(&self.0.format, own)
            }

            fn default_name(&self) -> Option<&str> {
                Some(<$format as $crate::policy::codecs::format::Format>::NAME)
            }

            fn problems(&self, policy: &$crate::policy::CookiePolicy) -> Vec<String> {
                self.0.problems(policy)
            }

            fn decode(
                &self,
                policy: &$crate::policy::CookiePolicy,
                values: &[Option<&[u8]>],
                now: std::time::SystemTime,
            ) -> Result<$crate::preferences::Decoded, $crate::preferences::DecodeError> {
                self.0.decode(policy, values, now)
            }
        }
    };
}

pub(super) use reader;
