//! Look-up of categories and declarations by the names and ids on the wire.

use std::{ops::Range, sync::Arc};

use super::{
    Category, CategorySet, CookieDeclaration, CookiePolicy, Named, Service, index::Found,
    mistakes::Mistakes, names::pattern_prefix,
};
use crate::{
    preferences::{DecodeError, Decoded},
    wire::{self, NameLengths},
};

/// Used by the rest of the crate for its decisions. Categories and services are numbers here: first
/// the categories in declared order, then the services.
impl CookiePolicy {
    /// Returns the declaration of a name on the wire. Only names that browsers agree on can be
    /// declared, so the bytes of an exactly declared name need not be checked.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<Found> {
        self.entry(name).copied()
    }

    /// Finds the same, in place: for paths where a copy would cost as much as the look-up.
    #[inline]
    pub(crate) fn entry(&self, name: &[u8]) -> Option<&Found> {
        self.0.compiled.names.index.find(name)
    }

    /// Returns the declaration of a response header, by its name in lower case.
    pub(crate) fn find_header(&self, name: &str) -> Option<Found> {
        self.0.compiled.names.headers.find(name)
    }

    /// Returns the categories that declare response headers.
    pub(crate) fn header_categories(&self) -> CategorySet {
        self.0.compiled.names.headers.categories()
    }

    /// Returns the lengths of names that a response is searched for: `Set-Cookie`, and headers that
    /// browsers store.
    pub(crate) fn header_lengths(&self) -> &NameLengths {
        self.0.compiled.names.headers.lengths()
    }

    /// Classifies a name on the wire. The bytes of an exactly declared name need not be checked:
    /// only names that browsers agree on can be declared.
    #[inline]
    pub(crate) fn classify(&self, name: &[u8]) -> Named {
        match self.entry(name) {
            Some(found) if !found.by_pattern => found.named,
            found => Self::classify_inexact(name, found),
        }
    }

    /// Out of line, so that declared names, which most are, do not pay for it.
    #[inline(never)]
    fn classify_inexact(name: &[u8], found: Option<&Found>) -> Named {
        match wire::check_name(name) {
            Ok(()) => found.map_or(Named::UNDECLARED, |found| found.named),
            Err(_) => Named::UNCLASSIFIABLE,
        }
    }

    /// Returns the names of the cookies with the choice: one, unless the codec reads several.
    /// Returns the mistakes that were made under this policy.
    #[inline]
    pub(crate) fn mistakes(&self) -> &Mistakes {
        &self.0.compiled.mistakes
    }

    /// Returns `true` if they are one policy, and not only equal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn set_read_only(&self, is_read_only: bool) {
        // It is set once, when the policy is built.
        let _ = self.0.compiled.is_read_only.set(is_read_only);
        for variant in self.variants() {
            variant.set_read_only(is_read_only);
        }
    }

    /// Returns `true` if the preferences cookie is another tool's, so that no choice can be set.
    pub(crate) fn is_read_only(&self) -> bool {
        self.0.compiled.is_read_only.get() == Some(&true)
    }

    /// Returns the number of the [`preferences_names`](Self::preferences_names) before which those of
    /// former cookies begin.
    pub(crate) fn own_names(&self) -> usize {
        self.0.compiled.names.own
    }

    /// Returns the [`preferences_names`](Self::preferences_names) without those of former cookies.
    #[cfg(feature = "records")]
    #[inline]
    pub(crate) fn own_preferences_names(&self) -> &[String] {
        let names = &self.0.compiled.names;
        names.preferences.get(..names.own).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn has_formers(&self) -> bool {
        !self.0.compiled.names.formers.is_empty()
    }

    /// Returns `true` for the name of a former preferences cookie.
    pub(crate) fn is_former(&self, name: &[u8]) -> bool {
        let formers = self.preferences_names().skip(self.own_names());
        formers.into_iter().any(|former| former.as_bytes() == name)
    }

    /// Reads the values of the preferences cookie, or else of the first former one that was received.
    ///
    /// # Errors
    ///
    /// The reason why they can't be read.
    #[inline]
    pub(super) fn decode_preferences(
        &self,
        values: &[Option<&[u8]>],
        now: u64,
    ) -> Result<Decoded, DecodeError> {
        let cookie = self.preferences_cookie();
        match self.0.compiled.names.formers.is_empty() {
            true => cookie.decode(self, values, now),
            false => self.decode_with_formers(values, now),
        }
    }

    #[cold]
    fn decode_with_formers(
        &self,
        values: &[Option<&[u8]>],
        now: u64,
    ) -> Result<Decoded, DecodeError> {
        let received = |range: Range<usize>| {
            let values = values.get(range).unwrap_or_default();
            values.iter().any(Option::is_some).then_some(values)
        };
        let cookie = self.preferences_cookie();
        if let Some(values) = received(0..self.own_names()) {
            return cookie.decode(self, values, now);
        }
        for (number, range) in self.0.compiled.names.formers.iter().enumerate() {
            if let Some(values) = received(range.clone()) {
                let decoded = cookie.decode_former(number, self, values, now)?;
                if !decoded.undecided {
                    return Ok(decoded.former());
                }
            }
        }
        Ok(Decoded::undecided())
    }

    pub(crate) fn preferences_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.compiled.names.preferences.iter().map(String::as_str)
    }

    /// Returns the id of each category and service, which needs no escapes, as the key of a member of
    /// percent-encoded JSON with its colon.
    pub(crate) fn encoded_keys(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let keys = &self.0.compiled.names.encoded_keys;
        (0..).zip(keys.iter().map(|key| &**key))
    }

    pub(crate) fn index_of(&self, id: &[u8]) -> Option<u8> {
        self.0.compiled.names.by_id.get(id).copied()
    }

    pub(crate) fn category_at(&self, index: u8) -> Option<&Category> {
        self.0.declared.categories.get(usize::from(index))
    }

    pub(crate) fn declaration_at(&self, declaration: u32) -> Option<&CookieDeclaration> {
        let first = &self.0.compiled.names.first_declaration;
        let group = first
            .partition_point(|first| *first <= declaration)
            .checked_sub(1)?;
        let offset = declaration - first.get(group)?;
        let group = u8::try_from(group).ok()?;
        self.cookies_at(group)?.get(usize::try_from(offset).ok()?)
    }

    /// Returns the declarations of a category or service.
    pub(crate) fn cookies_at(&self, number: u8) -> Option<&[CookieDeclaration]> {
        match self.category_at(number) {
            Some(category) => Some(category.get_cookies()),
            None => Some(self.service_at(number)?.get_cookies()),
        }
    }

    /// Returns the id of a category or service.
    pub(crate) fn id_at(&self, number: u8) -> Option<&str> {
        match self.category_at(number) {
            Some(category) => Some(category.id()),
            None => Some(self.service_at(number)?.id()),
        }
    }

    pub(crate) fn necessary(&self) -> CategorySet {
        self.0.compiled.necessary
    }

    pub(crate) fn exempt(&self) -> CategorySet {
        self.0.compiled.exempt
    }

    pub(crate) fn consenting(&self) -> CategorySet {
        self.0.compiled.consenting
    }

    /// Returns the categories that are allowed until the visitor objects: exempt and opt-out ones.
    pub(crate) fn objectable(&self) -> CategorySet {
        self.0.compiled.objectable
    }

    /// Returns the categories that are allowed until the visitor opts out.
    pub(crate) fn opt_out(&self) -> CategorySet {
        self.0.compiled.opt_out
    }

    /// Returns what can be objected to, in this regime or in another of the policy.
    pub(crate) fn objectable_somewhere(&self) -> CategorySet {
        self.0.compiled.objectable_somewhere
    }

    /// Returns those that `Sec-GPC: 1` objects to.
    pub(crate) fn objectable_under_gpc(&self) -> CategorySet {
        self.0.compiled.objectable_under_gpc
    }

    /// Returns everything that the visitor can refuse.
    pub(crate) fn optional(&self) -> CategorySet {
        self.objectable() | self.consenting()
    }

    /// Returns the categories with a cookie whose path is not `/`.
    pub(crate) fn below_root(&self) -> CategorySet {
        self.0.compiled.below_root
    }

    /// Returns the lowest revision under which consent to this category or service counts; out of
    /// reach for one that does not exist.
    pub(crate) fn since_at(&self, number: u8) -> u32 {
        match self.category_at(number) {
            Some(category) => category.get_since(),
            None => self.service_at(number).map_or(u32::MAX, Service::get_since),
        }
    }

    /// Returns the exact cookie names of these categories and services, in order.
    pub(crate) fn exact_names(
        &self,
        categories: CategorySet,
    ) -> impl Iterator<Item = (&str, &CookieDeclaration)> {
        categories
            .iter()
            .filter_map(|number| self.cookies_at(number))
            .flatten()
            .filter(|cookie| cookie.is_own_cookie() && pattern_prefix(cookie.name()).is_none())
            .map(|cookie| (cookie.name(), cookie))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::policy::tests::policy, *};
    use crate::policy::PreferencesCookie;

    #[test]
    fn finds_categories_and_declarations() {
        let policy = policy();
        let ids: Vec<_> = policy.categories().map(Category::id).collect();
        assert_eq!(ids, ["z", "stats", "audience", "ads"]);
        for (position, id) in (0..).zip(ids) {
            assert_eq!(policy.index_of(id.as_bytes()), Some(position));
            assert_eq!(policy.category(id).map(Category::id), Some(id));
        }
        for id in ["", "a", "adt", "zz", "Ads"] {
            assert_eq!(policy.index_of(id.as_bytes()), None);
            assert!(policy.category(id).is_none());
        }
        for (name, category) in [
            ("s", "z"),
            ("_pk", "audience"),
            ("_pk_", "audience"),
            ("_ga", "ads"),
        ] {
            assert_eq!(
                policy.category_of(name).map(Category::id),
                Some(category),
                "{name}"
            );
        }
        let declared = |name| policy.declaration_of(name).map(CookieDeclaration::name);
        assert_eq!(declared("_pk"), Some("_pk"));
        assert_eq!(declared("_pk_"), Some("_pk*"));
        assert_eq!(declared("_ga"), Some("_ga"));
        assert_eq!(declared("k"), None);
        assert_eq!(declared("cookies_preferences"), None);
        let all: Vec<_> = (0..7)
            .map(|at| policy.declaration_at(at).map(CookieDeclaration::name))
            .collect();
        assert_eq!(
            all,
            [
                Some("s"),
                Some("k"),
                Some("_pk*"),
                Some("_pk"),
                Some("_ga"),
                None,
                None
            ]
        );
        assert!(policy.declaration_at(u32::MAX).is_none());
    }

    #[test]
    fn holds_its_categories_as_sets() {
        let policy = policy();
        assert_eq!(policy.necessary().bits(), 0b0001);
        assert_eq!(policy.exempt().bits(), 0b0110);
        assert_eq!(policy.consenting().bits(), 0b1000);
        assert_eq!(policy.objectable_under_gpc().bits(), 0b0100);
        let since: Vec<_> = (0..5).map(|index| policy.since_at(index)).collect();
        assert_eq!(since, [2, 2, 2, 4, u32::MAX]);
        assert_eq!(policy.category("stats").map(Category::get_since), Some(2));
        let names = |set| {
            policy
                .exact_names(set)
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(policy.optional()), ["_pk", "_ga"]);
        assert_eq!(names(CategorySet::EMPTY), [""; 0]);
        assert_eq!(
            names(CategorySet::from_bits(u128::MAX)),
            ["s", "_pk", "_ga"]
        );
    }

    #[test]
    fn always_knows_the_preferences_cookie() {
        let found = policy().find(b"cookies_preferences").unwrap();
        assert_eq!(
            (found.is_preferences(), found.category(), found.declaration),
            (true, None, u32::MAX)
        );
        let declared = Category::necessary("n").cookie(CookieDeclaration::new("p"));
        let pattern = Category::consent("c").cookie(CookieDeclaration::new("p*"));
        let policy = CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::new("p"))
            .categories([pattern, declared])
            .build()
            .unwrap();
        let found = policy.find(b"p").unwrap();
        assert_eq!(
            (found.is_preferences(), found.category(), found.declaration),
            (true, Some(1), 1)
        );
    }
}
