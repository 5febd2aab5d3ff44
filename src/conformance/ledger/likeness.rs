//! Compares what a site does with doubtful preferences with what it does with those that they may be taken for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    CookiePolicy,
    conformance::{doubts::Doubt, scenes},
    policy::Service,
};

/// The effects of a choice on a response.
#[derive(Debug)]
pub(in crate::conformance) struct Effect {
    status: u16,
    /// The cookies that need consent.
    set: BTreeSet<String>,
    /// The number of tags in the body: a banner, or an embedded film.
    tags: usize,
    /// The number of addresses of services in it.
    addresses: usize,
}

impl Effect {
    pub(in crate::conformance) fn of(
        policy: &CookiePolicy,
        status: u16,
        set: &BTreeSet<String>,
        body: &str,
    ) -> Self {
        let services = policy.services().iter();
        let services = services.filter_map(|number| policy.service_at(number));
        let origins = services.flat_map(Service::get_origins);
        let addresses = origins.map(|origin| addresses_of(origin, body)).sum();
        Self {
            status,
            set: set.clone(),
            tags: body.matches('<').count(),
            addresses,
        }
    }

    /// Returns `true` if nothing more is granted by one of them.
    fn grants_like(&self, other: &Self) -> bool {
        (self.status, self.addresses) == (other.status, other.addresses) && self.set == other.set
    }
}

fn addresses_of(origin: &str, body: &str) -> usize {
    let host = origin.rsplit("://").next().unwrap_or_default();
    let host = host.trim_start_matches("*.");
    let is_address = |at: &usize| {
        let before = body.get(..*at).unwrap_or_default();
        before.ends_with(['/', '.'])
    };
    let places = body.match_indices(host).map(|(at, _)| at);
    places.filter(is_address).count()
}

/// The effects of responses in situations that are compared, by the label of the request.
#[derive(Debug, Default)]
pub(in crate::conformance) struct Likeness {
    effects: BTreeMap<String, BTreeMap<String, Effect>>,
    /// A page or a request names a service.
    pub(in crate::conformance) names_services: bool,
}

impl Likeness {
    /// Returns `true` if this situation is compared.
    pub(in crate::conformance) fn compares(situation: &str) -> bool {
        let known = [
            scenes::UNDECIDED,
            scenes::ACCEPTED,
            scenes::ACCEPTED_PLANTED,
            scenes::REFUSED,
        ];
        known.contains(&situation)
            || situation.starts_with(scenes::ONE_SERVICE)
            || Doubt::of(situation).is_some()
    }

    /// Takes note of the first response to a request in a situation.
    pub(in crate::conformance) fn note(&mut self, situation: &str, label: &str, effect: Effect) {
        let effects = self.effects.entry(situation.to_owned()).or_default();
        effects.entry(label.to_owned()).or_insert(effect);
    }

    /// Returns the reason to excuse what was found in a situation, if there is one.
    pub(in crate::conformance) fn excuse(&self, situation: &str) -> Option<&'static str> {
        let doubt = Doubt::of(situation)?;
        let all = |one: &Effect, other: &Effect| one.grants_like(other) && one.tags == other.tags;
        // A site may set only what the browser does not have.
        let accepts = || {
            let accepted = [scenes::ACCEPTED, scenes::ACCEPTED_PLANTED];
            accepted.iter().any(|it| self.is_like(situation, it, all))
        };
        let refuses = || self.is_like(situation, scenes::REFUSED, Effect::grants_like);
        let is_excused = match doubt {
            Doubt::Long | Doubt::Twice => accepts(),
            Doubt::LastYes => accepts() || refuses(),
            Doubt::LastNo => refuses(),
            Doubt::Service => !self.names_services && !self.reads_services() && accepts(),
        };
        is_excused.then(|| doubt.excuse())
    }

    /// Returns `true` if consent to a service alone changes anything.
    fn reads_services(&self) -> bool {
        let mut situations = self.effects.keys();
        situations.any(|it| {
            it.starts_with(scenes::ONE_SERVICE)
                && !self.is_like(it, scenes::UNDECIDED, Effect::grants_like)
        })
    }

    /// Returns `true` if the responses of one situation are like those of the other.
    fn is_like(&self, one: &str, other: &str, is_like: impl Fn(&Effect, &Effect) -> bool) -> bool {
        let Some((one, other)) = self.effects.get(one).zip(self.effects.get(other)) else {
            return false;
        };
        let pairs = one.iter();
        let pairs = pairs.filter_map(|(label, effect)| Some((effect, other.get(label)?)));
        let mut pairs = pairs.peekable();
        pairs.peek().is_some() && pairs.all(|(effect, other)| is_like(effect, other))
    }
}

/// Returns `true` if a field of a page, or a member of JSON, names something with this id.
pub(in crate::conformance) fn names(body: &str, id: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '[' | ']' | ':');
    body.match_indices(id).any(|(at, _)| {
        let (before, rest) = body.split_at_checked(at).unwrap_or_default();
        let after = rest.get(id.len()..).unwrap_or_default();
        let is_member = before.ends_with('"') && after.starts_with("\":");
        let before = before.trim_end_matches(is_of_name);
        let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
        let attribute = before.strip_suffix('=').unwrap_or_default();
        let attribute = attribute.rsplit(char::is_whitespace).next();
        let is_field =
            attribute.is_some_and(|it| matches!(it, "name" | "value") || it.starts_with("data-"));
        is_member || (is_field && !after.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_members_name_services() {
        for (body, expected) in [
            ("<input name=films>", true),
            (
                "<input type=checkbox name=\"service\" value=\"films\">",
                true,
            ),
            ("<input name='services[films]' value=1>", true),
            ("<div data-consent=films></div>", true),
            (r#"{"films":false}"#, true),
            ("<a href=/films>films</a>", false),
            ("<iframe data-src=https://www.films.example/1>", false),
            ("A film of films.example.", false),
        ] {
            assert_eq!(names(body, "films"), expected, "{body}");
        }
    }

    #[test]
    fn addresses_of_services_are_counted() {
        let body = "<iframe src=https://www.films.example/1></iframe> of films.example";
        assert_eq!(addresses_of("https://www.films.example", body), 1);
        assert_eq!(addresses_of("*.films.example", body), 1);
        assert_eq!(addresses_of("https://maps.example", body), 0);
    }
}
