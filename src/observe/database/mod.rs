//! The feature `cookie-database`: public knowledge about cookie names.

mod csv_text;
mod entry;
mod suggestion;

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

pub use self::suggestion::Suggestion;
use self::{
    csv_text::without_spaces_before_cells,
    entry::{DatabaseEntry, Row, best},
};
use super::{Draft, DraftCookie};
use crate::policy::TrackerKind;

/// The shortest prefix of a wildcard; shorter ones match too much.
const SHORTEST_PREFIX: usize = 4;

/// A copy of the [Open Cookie Database](https://github.com/jkwakman/Open-Cookie-Database), which
/// adds providers, purposes and suggested categories to a [`Draft`] (feature `cookie-database`).
///
/// The site provides the file; the crate does not include or download one. The database only makes
/// suggestions, and never suggests that a cookie is necessary: names are reused, and it lists
/// `sessionid` as a marketing cookie of another site. It prefers an exact name in a row for the
/// cookie's own domain, or else for any site, and then the longest wildcard of at least four bytes.
/// Where rows contradict each other, it suggests nothing.
///
/// ```
/// use tower_cookie_consent::observe::CookieDatabase;
///
/// let database = CookieDatabase::from_csv(
///     "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,\
///      Data Controller,User Privacy & GDPR Rights Portals,Wildcard match\n\
///      1,Google Analytics,Analytics,_ga_,advertiser's website domain (1st party),\
///      ID used to identify users,2 years,Google,https://privacy.google.com/,1\n"
///         .as_bytes(),
/// )?;
/// let suggestion = database.suggest("_ga_PORTAIL", &[]).unwrap();
/// assert_eq!(suggestion.provider.as_deref(), Some("Google"));
/// assert_eq!(suggestion.category.as_deref(), Some("analytics"));
///
/// // For all that an inventory has found:
/// # let inventory = tower_cookie_consent::Inventory::new();
/// println!("{}", inventory.report().draft().with_database(&database));
/// # Ok::<(), tower_cookie_consent::observe::CookieDatabaseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CookieDatabase {
    exact: HashMap<String, Vec<DatabaseEntry>>,
    /// The wildcards by prefix.
    wildcards: BTreeMap<String, Vec<DatabaseEntry>>,
}

/// The reason why a [`CookieDatabase`] can't be loaded.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CookieDatabaseError(Cause);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("not the CSV of the Open Cookie Database: {0}")]
    Csv(#[source] csv::Error),
    #[error("not the JSON of the Open Cookie Database: {0}")]
    Json(#[source] serde_json::Error),
}

impl CookieDatabase {
    /// Reads `open-cookie-database.csv`.
    ///
    /// # Errors
    ///
    /// If it can't be read, is not CSV, or has no column of names.
    pub fn from_csv(csv: impl Read) -> Result<Self, CookieDatabaseError> {
        Self::read_csv(csv).map_err(|error| CookieDatabaseError(Cause::Csv(error)))
    }

    fn read_csv(mut csv: impl Read) -> Result<Self, csv::Error> {
        let mut text = Vec::new();
        csv.read_to_end(&mut text)?;
        let text = without_spaces_before_cells(&text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(&text[..]);
        let mut database = Self::default();
        let columns = reader.headers()?.clone();
        for record in reader.records() {
            let record = record?;
            // With a misplaced quote, cells are not what they should be.
            if record.len() <= columns.len() {
                database.add(&record.deserialize(Some(&columns))?);
            }
        }
        Ok(database)
    }

    /// Reads `open-cookie-database.json`: platforms with their cookies.
    ///
    /// ```no_run
    /// use std::fs::File;
    /// use tower_cookie_consent::observe::CookieDatabase;
    ///
    /// let database = CookieDatabase::from_json(File::open("open-cookie-database.json")?)?;
    /// # let _ = database;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it can't be read, or is other JSON.
    pub fn from_json(json: impl Read) -> Result<Self, CookieDatabaseError> {
        let platforms: BTreeMap<String, Vec<Row>> = serde_json::from_reader(json)
            .map_err(|error| CookieDatabaseError(Cause::Json(error)))?;
        let mut database = Self::default();
        for (platform, rows) in platforms {
            for mut row in rows {
                row.platform.clone_from(&platform);
                database.add(&row);
            }
        }
        Ok(database)
    }

    fn add(&mut self, row: &Row) {
        // One name ends in a tab.
        let name = row.name.trim();
        let entry = DatabaseEntry::of(row);
        let prefix = name.trim_end_matches('*');
        if row.wildcard.trim() == "1" || prefix.len() < name.len() {
            if prefix.len() >= SHORTEST_PREFIX {
                self.wildcards
                    .entry(prefix.to_owned())
                    .or_default()
                    .push(entry);
            }
        } else if !name.is_empty() {
            self.exact.entry(name.to_owned()).or_default().push(entry);
        }
    }

    /// Suggests details for a name (or a pattern that ends in `*`) set with these domains.
    #[must_use]
    pub fn suggest(&self, name: &str, domains: &[String]) -> Option<Suggestion> {
        let stem = name.trim_end_matches('*');
        let exact = self
            .exact
            .get(stem)
            .and_then(|entries| best(entries, domains));
        exact.or_else(|| {
            let lengths = (SHORTEST_PREFIX..=stem.len()).rev();
            lengths
                .filter_map(|length| self.wildcards.get(stem.get(..length)?))
                .find_map(|entries| best(entries, domains))
        })
    }
}

impl Draft {
    /// Fills empty fields with suggestions from the [`CookieDatabase`] (feature `cookie-database`).
    #[must_use]
    pub fn with_database(mut self, database: &CookieDatabase) -> Self {
        let cookies = self.cookies.iter_mut();
        for cookie in cookies.filter(|row| row.kind == TrackerKind::Cookie) {
            if let Some(known) = database.suggest(&cookie.name, &cookie.domain) {
                let DraftCookie {
                    provider,
                    purpose,
                    suggested_category,
                    ..
                } = cookie;
                *provider = provider.take().or(known.provider);
                *purpose = purpose.take().or(known.purpose);
                *suggested_category = suggested_category.take().or(known.category);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "\
ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Data Controller,\
User Privacy & GDPR Rights Portals,Wildcard match
1,Instagram,Marketing,sessionid,instagram.com (3rd party),Marks a user,1 year,Meta,,0
2,Google Analytics,Analytics,_ga,google-analytics.com (3rd party) or advertiser's website domain (1st party),\"Tells
users apart\",2 years,Google,https://privacy.google.com,0
3,Google Analytics,Analytics,_ga_,Advertiser's website domain (1st party),By property,2 years,Google,,1
4,A,Marketing,uid,,One,1 day,A,,0
5,B,Analytics,uid,,Two,1 day,B,,0
6,Short,Marketing,s_*,,Too short,1 day,S,,1
7,Odd,Strictly Necessary,login_hint\t,,Knows you,1 day,#N/A,,0
8,Own,Functional,uid,tracker.example,Own,1 day,Own,,0
9,Odd,Marketing,spaced,, \"One, two\",1 day,Odd,,0
10,Odd,Marketing,shifted,,x \"One, two\",1 day,Odd,,0
11,Odd,Marketing,starred*,odd,Three,1 day,Odd,,0
12,Odd,Marketing,starred*,,Four,1 day,Odd,,0
";

    fn known(name: &str, domains: &[&str]) -> Option<[String; 3]> {
        let database = CookieDatabase::from_csv(CSV.as_bytes()).unwrap();
        let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        let known = database.suggest(name, &domains)?;
        Some([known.provider, known.purpose, known.category].map(Option::unwrap_or_default))
    }

    #[test]
    fn a_row_of_another_site_says_nothing() {
        assert_eq!(known("sessionid", &[]), None);
        assert_eq!(known("sessionid", &["shop.example"]), None);
        assert_eq!(known("sessionid", &["notinstagram.com"]), None);
        let there = known("sessionid", &["www.instagram.com"]).unwrap();
        assert_eq!(there, ["Meta", "Marks a user", "marketing"]);
    }

    #[test]
    fn an_exact_name_is_preferred_to_the_longest_wildcard() {
        assert_eq!(known("_ga", &[]).unwrap()[1], "Tells users apart");
        assert_eq!(known("_ga_X", &[]).unwrap()[1], "By property");
        assert_eq!(known("_ga_*", &[]).unwrap()[1], "By property");
        assert_eq!(known("_g", &[]), None);
        assert_eq!(known("_gaX", &[]), None);
        assert_eq!(known("s_x", &[]), None, "a wildcard of two bytes");
        assert_eq!(known("_gaé", &[]), None);
        assert_eq!(known("shifted", &[]), None, "a row whose cells are shifted");
        assert_eq!(known("spaced", &[]).unwrap()[1], "One, two");
        assert_eq!(known("starred_1", &[]).unwrap()[1], "Four");
    }

    #[test]
    fn what_rows_contradict_each_other_about_is_left_out() {
        assert_eq!(known("uid", &[]).unwrap(), ["", "", ""]);
        let own = known("uid", &[".tracker.example"]).unwrap();
        assert_eq!(own, ["Own", "Own", "functional"]);
    }

    #[test]
    fn nothing_is_ever_suggested_to_be_necessary() {
        assert_eq!(known("login_hint", &[]).unwrap(), ["Odd", "Knows you", ""]);
    }

    #[test]
    fn the_json_says_the_same_as_the_csv() {
        let json = r#"{"Google Analytics": [{"id": "3", "category": "Analytics", "cookie": "_ga_",
            "domain": "", "description": "By property", "retentionPeriod": "2 years",
            "dataController": "", "privacyLink": "", "wildcardMatch": "1"}]}"#;
        let database = CookieDatabase::from_json(json.as_bytes()).unwrap();
        let known = database.suggest("_ga_X", &[]).unwrap();
        assert_eq!(known.provider.as_deref(), Some("Google Analytics"));
        assert_eq!(known.category.as_deref(), Some("analytics"));
    }

    #[test]
    fn another_file_is_an_error() {
        let other = CookieDatabase::from_csv("a,b\n1,2\n".as_bytes()).unwrap_err();
        assert!(
            other.to_string().contains("Open Cookie Database"),
            "{other}"
        );
        assert!(CookieDatabase::from_json("[]".as_bytes()).is_err());
    }
}
