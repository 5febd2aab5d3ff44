//! The declarations of a site, as tables: for the policy, and for the reference.

use tower_cookie_consent::{
    Basis, Category, CookieDeclaration, CookiePolicy, PolicyError,
    policy::TrackerKind,
    preferences::{PreferencesCookie, SameSite},
};

/// The declarations of a site.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub categories: &'a [Declared<'a>],
    /// The name of the preferences cookie.
    pub preferences: &'a str,
    /// The other members that are kept in its value.
    pub keep: &'a [&'a str],
    pub domain: Option<&'a str>,
    pub same_site: SameSite,
    pub revision: u32,
    pub choice_lifetime_days: u64,
}

/// A category.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    pub id: &'a str,
    pub basis: Basis,
    pub since: u32,
    pub gpc: bool,
    pub names: &'a [&'a str],
    /// Names of response headers, in lower case.
    pub headers: &'a [&'a str],
}

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Preferences,
    Category(usize),
}

impl<'a> Declared<'a> {
    /// Creates a category of the first edition that only has cookies.
    pub const fn new(id: &'a str, basis: Basis, names: &'a [&'a str]) -> Self {
        Self {
            id,
            basis,
            since: 1,
            gpc: false,
            names,
            headers: &[],
        }
    }
}

impl<'a> Site<'a> {
    /// Creates the first edition of a site with defaults.
    pub const fn new(categories: &'a [Declared<'a>]) -> Self {
        Self {
            categories,
            preferences: "cookies_preferences",
            keep: &[],
            domain: None,
            same_site: SameSite::Lax,
            revision: 1,
            // Six months.
            choice_lifetime_days: 182,
        }
    }

    /// The ids of the categories.
    pub fn ids(&self) -> Vec<&'a str> {
        self.categories.iter().map(|category| category.id).collect()
    }

    /// All names and patterns, each with the number of its category.
    fn names(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let categories = self.categories.iter().enumerate();
        categories.flat_map(|(number, category)| {
            let names = category.names.iter();
            names.map(move |name| (number, *name))
        })
    }

    /// The exact name, or else the longest pattern.
    fn declaration(&self, name: &str) -> Option<(usize, &'a str)> {
        let is_exact = |declared: &str| declared == name && !name.ends_with('*');
        let fits = |declared: &str| {
            let prefix = declared.strip_suffix('*');
            prefix.is_some_and(|prefix| name.starts_with(prefix))
        };
        let exact = self.names().find(|(_, declared)| is_exact(declared));
        let patterns = self.names().filter(|(_, declared)| fits(declared));
        exact.or_else(|| patterns.max_by_key(|(_, declared)| declared.len()))
    }

    /// The name or the pattern under which this name is declared.
    pub fn declared(&self, name: &str) -> Option<&'a str> {
        self.declaration(name).map(|(_, declared)| declared)
    }

    /// The meaning of a name.
    pub fn find(&self, name: &str) -> Option<Found> {
        if name == self.preferences {
            return Some(Found::Preferences);
        }
        let found = self.declaration(name);
        found.map(|(number, _)| Found::Category(number))
    }

    /// The category that declares a response header.
    pub fn find_header(&self, name: &str) -> Option<usize> {
        let mut categories = self.categories.iter();
        categories.position(|category| category.headers.contains(&name))
    }

    /// The crate's policy of these declarations.
    pub fn policy(&self) -> Result<CookiePolicy, PolicyError> {
        let mut preferences = PreferencesCookie::new(self.preferences)
            .same_site(self.same_site)
            .keep(self.keep.iter().copied());
        if let Some(domain) = self.domain {
            preferences = preferences.domain(domain);
        }
        CookiePolicy::builder()
            .revision(self.revision)
            .preferences_cookie(preferences)
            .categories(self.categories.iter().map(Declared::category))
            .build()
    }
}

impl Declared<'_> {
    fn category(&self) -> Category {
        let category = match self.basis {
            Basis::Necessary => Category::necessary(self.id),
            Basis::Exempt => Category::exempt(self.id).gpc(self.gpc),
            Basis::Consent => Category::consent(self.id),
            Basis::OptOut => Category::opt_out(self.id),
        };
        let header = |name: &&str| CookieDeclaration::new(*name).kind(TrackerKind::Header);
        category
            .since(self.since)
            .title(self.id)
            .description("What it is for.")
            .cookies(self.names.iter().map(|name| CookieDeclaration::new(*name)))
            .cookies(self.headers.iter().map(header))
    }
}
