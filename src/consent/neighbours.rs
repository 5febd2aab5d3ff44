//! The preferences cookies of outer and inner consent layers. The choice in such a cookie is for
//! its own layer to judge, and the cookie is necessary there, as this layer's is here.

use std::sync::Arc;

use http::Extensions;

use super::{PreferencesValues, read};
use crate::{policy::CookiePolicy, wire};

/// The policies of other layers around the same service; nearly always empty.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours(Option<Arc<[CookiePolicy]>>);

/// Left in the extensions of a response for outer layers: the response sets the preferences cookies
/// of these policies. Nothing on the wire could be trusted for this.
#[derive(Clone, Debug)]
struct Within(Neighbours);

impl Neighbours {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) const fn are_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns `true` if one of them has this very policy.
    #[cold]
    pub(crate) fn include(&self, policy: &CookiePolicy) -> bool {
        self.all().any(|known| known.is(policy))
    }

    fn all(&self) -> impl Iterator<Item = &CookiePolicy> {
        self.0.iter().flat_map(|all| all.iter())
    }

    /// Adds a policy, unless it is included already.
    pub(crate) fn and(&self, policy: &CookiePolicy) -> Self {
        if self.all().any(|known| known == policy) {
            return self.clone();
        }
        Self(Some(self.all().chain([policy]).cloned().collect()))
    }

    /// Returns the inner layers that set their preferences cookies in this response.
    #[inline]
    pub(crate) fn within(extensions: &Extensions) -> Self {
        match extensions.get::<Within>() {
            Some(Within(within)) => within.clone(),
            None => Self::NONE,
        }
    }

    /// Leaves this for outer layers.
    #[cold]
    pub(crate) fn tell(self, extensions: &mut Extensions) {
        extensions.insert(Within(self));
    }

    /// Returns `true` if one of them stores its choice in a cookie of this name.
    pub(crate) fn have_choice(&self, name: &str) -> bool {
        self.all().any(|policy| {
            let found = policy.find(name.as_bytes());
            found.is_some_and(|found| found.is_preferences())
        })
    }

    /// Returns `true` if the header sets the preferences cookie of one of them to a choice that it
    /// can read.
    pub(crate) fn carry(&self, field: &[u8], now: u64) -> bool {
        let Ok(name) = wire::name(field) else {
            return false;
        };
        self.all().any(|policy| {
            let mut values = PreferencesValues::default();
            values.offer(policy, name, wire::value(field))
                && read(policy, &values, now).fault.is_none()
        })
    }
}
