//! The only place that decides what passes. Both filters, the consent, the pages, the inventory and
//! the conformance kit ask [`Rules`]; none decides for itself.

use super::{
    judgement::{Judgement, Standing},
    verdict::{Verdict, Withheld},
};
use crate::policy::{CategorySet, CookiePolicy, Named};

/// The treatment of cookies that the policy does not declare.
///
/// The purpose of an undeclared cookie is unknown, so by default it does not leave the service.
/// Cookies that the browser already has may belong to others (single sign-on of a parent domain, a
/// load balancer in front), so by default they still reach the service.
///
/// ```
/// use tower_cookie_consent::{CookieConsentLayer, CookiePolicy, Undeclared};
/// # use tower_cookie_consent::Category;
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).undeclared(Undeclared::Hide);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undeclared {
    /// Strips them from responses, and passes them to the service in requests. The default.
    #[default]
    Withhold,
    /// Passes them both ways, until everything is declared.
    Allow,
    /// Strips them from responses and hides them from the service.
    Hide,
}

/// The switches of a layer that allow or withhold names. A new one is a field here, a line in
/// [`Rules`], and a method of the layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    pub(crate) undeclared: Undeclared,
    pub(crate) filter_request: bool,
}

impl Switches {
    pub(crate) const DEFAULT: Self = Self {
        undeclared: Undeclared::Withhold,
        filter_request: true,
    };
}

/// The names that pass in one direction, under one consent and the layer's switches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    allowed: CategorySet,
    denied: CategorySet,
    standing: Standing,
    policy: &'a CookiePolicy,
}

impl<'a> Rules<'a> {
    /// Returns the rules for the cookies that the service sees.
    #[inline]
    pub(crate) fn of_request(
        policy: &'a CookiePolicy,
        judgement: Judgement,
        switches: Switches,
    ) -> Self {
        Self::new(policy, judgement)
            .allowing(Named::UNDECLARED, switches.undeclared != Undeclared::Hide)
            .allowing_everything(!switches.filter_request)
    }

    /// Returns the rules for the cookies that the service sets.
    #[inline]
    pub(crate) fn of_response(
        policy: &'a CookiePolicy,
        judgement: Judgement,
        switches: Switches,
    ) -> Self {
        Self::new(policy, judgement)
            .allowing(Named::UNDECLARED, switches.undeclared == Undeclared::Allow)
    }

    /// Returns the rules for the other headers that browsers store.
    pub(crate) fn of_headers(
        policy: &'a CookiePolicy,
        judgement: Judgement,
        undeclared: bool,
        everything: bool,
    ) -> Self {
        Self::new(policy, judgement)
            .allowing(Named::UNDECLARED, undeclared)
            .allowing_everything(everything)
    }

    fn new(policy: &'a CookiePolicy, judgement: Judgement) -> Self {
        Self {
            allowed: judgement.allowed.with(Named::PREFERENCES),
            denied: judgement.denied,
            standing: judgement.standing,
            policy,
        }
    }

    fn allowing(self, named: Named, allow: bool) -> Self {
        match allow {
            true => Self {
                allowed: self.allowed.with(named),
                ..self
            },
            false => self,
        }
    }

    fn allowing_everything(self, allow: bool) -> Self {
        match allow {
            true => Self {
                allowed: CategorySet::EVERYTHING,
                ..self
            },
            false => self,
        }
    }

    /// Returns the standing of the choice.
    pub(crate) const fn standing(&self) -> Standing {
        self.standing
    }

    /// Returns `true` if all of `seen` passes.
    #[inline]
    pub(crate) fn allow(&self, seen: CategorySet) -> bool {
        (seen - self.allowed).is_empty()
    }

    /// Decides about one name.
    #[inline]
    pub(crate) fn verdict(&self, named: Named) -> Verdict {
        if self.allowed.has(named) {
            Verdict::Allowed
        } else {
            Verdict::Withheld(self.reason(named))
        }
    }

    /// Returns `true` for a service of a denied category.
    fn is_inside_denied(&self, service: u8) -> bool {
        let category = self.policy.category_number_of(service);
        category.is_some_and(|category| self.denied.contains(category))
    }

    /// Returns the reason why a name is withheld.
    fn reason(&self, named: Named) -> Withheld {
        let Some(category) = named.category() else {
            return match named {
                Named::UNCLASSIFIABLE => Withheld::Unclassifiable,
                _ => Withheld::Undeclared,
            };
        };
        if self.denied.contains(category) || self.is_inside_denied(category) {
            return Withheld::Denied;
        }
        let objectable = self.policy.objectable().contains(category);
        match self.standing {
            Standing::Unreadable => Withheld::Unreadable,
            Standing::Overridden => Withheld::Signal,
            Standing::CrossSite if objectable => Withheld::CrossSite,
            // No other reason withholds a category that nobody denied and that needs no consent.
            _ if objectable => Withheld::Signal,
            Standing::Undecided | Standing::CrossSite => Withheld::Undecided,
            Standing::Expired => Withheld::Expired,
            Standing::Decided => Withheld::Pending,
        }
    }
}
